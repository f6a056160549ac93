// @ts-check
/** The line that says how the connection is. */

import { find, setText } from './dom.js';

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
      this.say('wait', 'Connecting…', '');
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
    const seconds = Math.max(0, Math.ceil((this.status.until - Date.now()) / 1000));
    const off = navigator.onLine ? 'Offline' : 'Your device is offline';
    this.say('bad', `${off}: ${this.status.why}. Trying again in ${seconds} s.`, 'Try now');
    this.timer = setTimeout(() => this.count(), 500);
  }

  /** @param {string} mood @param {string} text @param {string} button */
  say(mood, text, button) {
    this.line.hidden = false;
    this.line.dataset.mood = mood;
    setText(this.text, text);
    this.button.hidden = button === '';
    setText(this.button, button);
  }

  hide() {
    this.line.hidden = true;
  }
}

/** @param {string} text */
function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');
}
