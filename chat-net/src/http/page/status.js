// @ts-check
/** The line that says how the connection is. It counts down, so it is announced by what it says anew and not by itself. */

import { announce } from './announce.js';
import { find, setText } from './dom.js';
import { sentence } from './text.js';

/** @typedef {import('./chat-client.js').Status} Status */

const BACK_MS = 6_000;

export class StatusLine {
  /** @param {{retry: () => void, again: () => void}} hooks */
  constructor(hooks) {
    this.line = find('status');
    this.text = find('status-text');
    this.button = find('status-button', HTMLButtonElement);
    this.hooks = hooks;
    /** @type {Status} */
    this.status = { state: 'idle' };
    this.wasAway = false;
    /** What was announced last. */
    this.said = '';
    /** @type {any} */
    this.timer = 0;
    this.button.addEventListener('click', () => (this.status.state === 'ended' ? hooks.again() : hooks.retry()));
  }

  /** @param {Status} status */
  show(status) {
    this.status = status;
    clearTimeout(this.timer);
    if (status.state === 'waiting') {
      this.wasAway = true;
      this.count();
    } else if (status.state === 'ended') {
      this.say('bad', sentence(status.message), status.code === 404 ? 'Go on here' : 'Come back');
    } else if (status.state === 'online') {
      if (!this.wasAway) this.hide();
    } else {
      this.write('wait', 'Connecting…', '');
    }
  }

  /** What was missed is all there now. @param {number} missed @param {boolean} resumed */
  back(missed, resumed) {
    if (!this.wasAway) return;
    this.wasAway = false;
    const what = missed === 0 ? 'you missed nothing' : missed === 1 ? 'you missed 1 message, here it is' : `you missed ${missed} messages, here they are`;
    this.say('good', `Back: ${what}.${resumed ? '' : ' A new session has begun.'}`, '');
    this.timer = setTimeout(() => this.hide(), BACK_MS);
  }

  count() {
    if (this.status.state !== 'waiting') return;
    const off = `${navigator.onLine ? 'Offline' : 'Your device is offline'}: ${this.status.why}.`;
    const seconds = Math.max(0, Math.ceil((this.status.until - Date.now()) / 1000));
    this.write('bad', `${off} Trying again in ${seconds} s.`, 'Try now');
    this.announce(off);
    this.timer = setTimeout(() => this.count(), 500);
  }

  /** @param {string} mood @param {string} text @param {string} button */
  say(mood, text, button) {
    this.write(mood, text, button);
    this.announce(text);
  }

  /** Each attempt fails for the same reason, which is said once. @param {string} text */
  announce(text) {
    if (this.said !== text) announce(text);
    this.said = text;
  }

  /** @param {string} mood @param {string} text @param {string} button */
  write(mood, text, button) {
    this.line.hidden = false;
    this.line.dataset.mood = mood;
    setText(this.text, text);
    this.button.hidden = button === '';
    setText(this.button, button);
  }

  hide() {
    this.line.hidden = true;
    this.said = '';
  }
}
