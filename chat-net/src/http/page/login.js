// @ts-check
/** The first screen: what is your name? */

import { find, setText } from './dom.js';
import { rememberName, rememberedName } from './session.js';

export class Login {
  /** @param {(name: string) => void} chosen */
  constructor(chosen) {
    this.screen = find('login');
    this.input = find('name', HTMLInputElement);
    this.button = find('enter', HTMLButtonElement);
    this.error = find('name-error');
    this.input.value = rememberedName();
    find('login-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const name = this.input.value.trim().replace(/^@/, '');
      if (!name) return this.refuse('A name has at least one letter or digit.');
      this.busy(true);
      chosen(name);
    });
    this.input.addEventListener('input', () => this.refuse(''));
  }

  show() {
    this.screen.hidden = false;
    find('chat').hidden = true;
    this.busy(false);
    this.input.focus();
    this.input.select();
  }

  hide() {
    this.screen.hidden = true;
    find('chat').hidden = false;
    this.busy(false);
  }

  /** @param {string} name */
  keep(name) {
    this.input.value = name;
    rememberName(name);
  }

  /** @param {boolean} isBusy */
  busy(isBusy) {
    this.button.disabled = isBusy;
    setText(this.button, isBusy ? 'Connecting…' : 'Start chatting');
  }

  /** @param {string} message */
  refuse(message) {
    this.error.hidden = message === '';
    setText(this.error, message && message.charAt(0).toUpperCase() + message.slice(1));
    this.input.toggleAttribute('aria-invalid', message !== '');
    if (!message) return;
    this.input.setAttribute('aria-invalid', 'true');
    this.busy(false);
    this.input.focus();
    this.input.select();
  }
}
