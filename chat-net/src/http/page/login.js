// @ts-check
/** The first screen: a name, and the passwords that the server wants with it. */

import { UNKNOWN, mayRegister } from './door.js';
import { find, make, setText } from './dom.js';
import { choice, choose, rememberName, rememberedName } from './session.js';
import { sentence } from './text.js';

/**
 * @typedef {import('./chat-client.js').Message} Message
 * @typedef {'guest' | 'login' | 'register' | 'unlock'} Way
 */

/** Refusals that say which field to look at, or which way to take instead. */
const CODES = { loginRequired: 131, badLogin: 132, passwordRequired: 135, weakPassword: 136, accountExists: 137, tooManyLogins: 207 };
const LEAST = 8;

/** @type {Record<Way, {title: string, button: string, name: boolean, password: string, autocomplete: AutoFill}>} */
const WAYS = {
  guest: { title: 'Chat', button: 'Start chatting', name: true, password: '', autocomplete: 'off' },
  login: { title: 'Log in', button: 'Log in', name: true, password: 'Password', autocomplete: 'current-password' },
  register: { title: 'Make an account', button: 'Make account', name: true, password: 'New password', autocomplete: 'new-password' },
  unlock: { title: 'This server has a password', button: 'Go on', name: false, password: 'Password of the server', autocomplete: 'off' },
};

export class Login {
  /** @param {{hello: (name: string) => void, login: (name: string, password: string) => void, register: (name: string, password: string) => void, unlock: (password: string) => void}} hooks */
  constructor(hooks) {
    this.hooks = hooks;
    this.screen = find('login');
    this.form = find('login-form', HTMLFormElement);
    this.name = find('name', HTMLInputElement);
    this.password = find('password', HTMLInputElement);
    this.seen = find('password-seen', HTMLInputElement);
    this.button = find('enter', HTMLButtonElement);
    this.error = find('login-error');
    this.ways = find('login-ways');
    this.door = UNKNOWN;
    /** @type {Way} */
    this.way = 'guest';
    /** Where it goes on once the server's own password is said. @type {Way} */
    this.next = 'guest';
    /** @type {any} */
    this.timer = 0;
    this.name.value = rememberedName();
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    for (const input of [this.name, this.password]) input.addEventListener('input', () => this.refuse(''));
    // Who has to wait may come in as somebody else.
    this.name.addEventListener('input', () => this.timer && this.busy(false));
    find('password-plain').hidden = isSecureContext;
    this.seen.addEventListener('change', () => (this.password.type = this.seen.checked ? 'text' : 'password'));
  }

  /** What the server wants is known. @param {import('./door.js').Door} door */
  opens(door) {
    this.door = door;
    this.next = door.accounts === 'required' || (door.accounts === 'optional' && choice('account') === true) ? 'login' : 'guest';
    this.take(door.password ? 'unlock' : this.next);
  }

  /** The same, where it was not asked for at once. @param {import('./door.js').Door} door */
  knows(door) {
    this.door = door;
    if (door.accounts === 'required' && this.next === 'guest') this.next = 'login';
    this.offerWays();
  }

  submit() {
    const name = this.name.value.trim().replace(/^@/, '');
    const password = this.password.value;
    const { way } = this;
    if (way !== 'unlock' && !name) return this.refuse('A name has at least one letter or digit.', this.name);
    if (way !== 'guest' && !password) return this.refuse('Type the password.', this.password);
    if (way === 'register' && password.length < LEAST) return this.refuse(`A password has at least ${LEAST} characters.`, this.password);
    this.busy(true);
    if (way === 'guest') this.hooks.hello(name);
    else if (way === 'unlock') this.hooks.unlock(password);
    else this.hooks[way](name, password);
  }

  /** Asks for what this way of coming in takes. @param {Way} way */
  take(way) {
    this.way = way;
    const { title, name, password, autocomplete } = WAYS[way];
    setText(find('login-title'), title);
    this.busy(false);
    find('name-part').hidden = !name;
    find('password-part').hidden = !password;
    setText(find('password-label'), password);
    find('password-hint').hidden = way !== 'register';
    this.password.autocomplete = autocomplete;
    this.password.value = '';
    this.refuse('');
    this.offerWays();
    const field = !name || (password && this.name.value) ? this.password : this.name;
    field.focus();
    field.select();
  }

  /** The other ways in. */
  offerWays() {
    const { accounts } = this.door;
    /** @type {(Way | false)[]} */
    const all = this.way === 'unlock' ? [] : [accounts !== 'required' && 'guest', accounts !== 'off' && 'login', mayRegister(this.door) && 'register'];
    const texts = { guest: 'Come in without an account', login: 'Log in', register: 'Make an account', unlock: '' };
    const others = all.filter((way) => way !== false && way !== this.way);
    const buttons = /** @type {Way[]} */ (others).map((way) => make('button', { type: 'button', class: 'link', click: () => this.take(way) }, texts[way]));
    this.ways.hidden = buttons.length === 0;
    this.ways.replaceChildren(...buttons);
  }

  show() {
    this.screen.hidden = false;
    find('chat').hidden = true;
    this.busy(false);
    const field = this.way === 'guest' ? this.name : this.password;
    field.focus();
    field.select();
  }

  hide() {
    this.screen.hidden = true;
    find('chat').hidden = false;
    this.password.value = '';
    this.busy(false);
  }

  /** @param {string} name @param {boolean} isAccount */
  keep(name, isAccount) {
    this.name.value = name;
    rememberName(name);
    choose('account', isAccount);
  }

  /** @param {boolean} isBusy */
  busy(isBusy) {
    clearInterval(this.timer);
    this.timer = 0;
    this.button.disabled = isBusy;
    setText(this.button, isBusy ? 'Connecting…' : WAYS[this.way].button);
  }

  /** The server wants to know more, or something else. @param {Message | null} refusal Null: it has taken its own password. */
  asked(refusal) {
    this.show();
    if (!refusal) return this.take(this.next);
    const { code, message } = refusal;
    const { way, door } = this;
    if (code === CODES.passwordRequired) {
      if (way === 'unlock') return this.refuse(message, this.password);
      this.next = way;
      return this.take('unlock');
    }
    if (way === 'unlock' && code !== CODES.tooManyLogins) this.take(this.next);
    if (code === CODES.loginRequired && this.way === 'guest') {
      if (door.accounts === 'off') this.door = { accounts: /** @type {const} */ ('optional'), register: true, password: door.password };
      this.take('login');
      return this.refuse(message, this.password);
    }
    if (code === CODES.accountExists) this.take('login');
    if (code === CODES.tooManyLogins && refusal.retry_after_ms) return this.wait(message, refusal.retry_after_ms);
    const isPassword = code === CODES.badLogin || code === CODES.weakPassword || code === CODES.accountExists;
    this.refuse(message, this.way === 'unlock' || isPassword ? this.password : this.name);
  }

  /** Counts down until the next try. @param {string} message @param {number} ms */
  wait(message, ms) {
    const until = Date.now() + ms;
    // Only the button counts: what is announced is said once.
    this.refuse(message.replace(/,? try again in .*$/, ''), this.password);
    const count = () => {
      const seconds = Math.ceil((until - Date.now()) / 1000);
      this.button.disabled = true;
      setText(this.button, `Try again in ${seconds} s`);
      if (seconds <= 0) this.busy(false);
    };
    this.timer = setInterval(count, 500);
    count();
  }

  /** @param {string} message Empty: nothing is wrong. @param {HTMLInputElement} [field] */
  refuse(message, field) {
    this.error.hidden = message === '';
    setText(this.error, message && sentence(message));
    for (const input of [this.name, this.password]) {
      if (message !== '' && input === field) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
    }
    if (!message) return;
    this.busy(false);
    field?.focus();
    field?.select();
  }

  /** The session was ended: says why, and what to do. @param {string} title @param {string} text @param {string} button @param {() => void} go */
  over(title, text, button, go) {
    this.screen.hidden = false;
    find('chat').hidden = true;
    this.form.hidden = true;
    find('over').hidden = false;
    find('over-title').textContent = title;
    find('over-text').textContent = text;
    const next = find('over-button', HTMLButtonElement);
    next.textContent = button;
    next.onclick = go;
    next.focus();
  }
}
