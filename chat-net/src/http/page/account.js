// @ts-check
/** One's own account: its menu, its password, and what is told when a session is ended from elsewhere. */

import { confirm, labelled, showForm } from './asking.js';
import { UNKNOWN, mayRegister, readDoor } from './door.js';
import { find, make } from './dom.js';

/** How a session ends that is over for good, by the code of the close. @type {Record<number, [title: string, text: string]>} */
export const ENDS = {
  134: ['This session was ended', 'A secret of it came back that was used up already, so somebody else may have had it. Come in again; if you have an account and did not copy this tab, change its password.'],
  409: ['This account is disabled', 'It cannot come in any more. Ask whoever runs this server.'],
  411: ['You were logged out', 'This session was ended from another device, or the password of the account was changed. Log in again.'],
  412: ['This session was ended', 'A secret of it came back that was used up already, so somebody else may have it. Come in again; if you have an account and did not copy this tab, change its password.'],
};

const NO_ACCOUNT = 'You are here without an account. /register makes one.';

export class Account {
  /** @param {import('./main.js').TheApp} app */
  constructor(app) {
    this.app = app;
    this.button = find('own-name');
    this.button.addEventListener('click', () => app.menu('Your account', this.items(), this.button));
  }

  draw() {
    const { me } = this.app.model;
    this.button.textContent = me;
    this.button.setAttribute('aria-label', `${me}, your account`);
  }

  items() {
    const { app } = this;
    const { actions, client, login } = app;
    /** @type {import('./menu.js').Item[]} */
    const items = client.isAccount
      ? [
          { text: 'Change password…', act: () => this.password() },
          { text: 'Log out everywhere else…', act: () => this.logOut() },
          { text: 'Log out', act: () => actions.quit() },
        ]
      : [{ text: 'Leave the chat', act: () => actions.quit() }];
    if (!client.isAccount && mayRegister(login.door)) items.unshift({ text: 'Make an account…', act: () => this.register() });
    if (actions.order.isOperator()) items.unshift({ text: 'Audit', act: () => actions.order.audit() });
    return items;
  }

  password() {
    const { client, actions } = this.app;
    if (!client.isAccount) return actions.tell(NO_ACCOUNT);
    const old = secret('current-password');
    const next = secret('new-password');
    const plain = make('p', { class: 'error', hidden: isSecureContext }, find('password-plain').textContent ?? '');
    const fields = [plain, username(client.name), labelled('Password so far', old), labelled('New password', next), hint()];
    showForm('Change your password', [...fields, make('p', { class: 'hint' }, 'Your other sessions are ended by it.')], 'Change', async () => {
      isStrong(next.value);
      await client.changePassword(old.value, next.value);
      actions.tell('Your password is changed, and your other sessions are ended.');
    });
  }

  async logOut() {
    const { client, actions } = this.app;
    if (!client.isAccount) return actions.tell(NO_ACCOUNT);
    if (!(await confirm('Log out everywhere else?', 'All other sessions of your account are ended. This one stays.', 'Log out'))) return;
    client.logOutEverywhere().then(() => actions.tell('Your other sessions are ended.'), actions.failed);
  }

  /** Asks, leaves and goes on at the first screen: a session never turns into another one's. */
  async register() {
    const { actions, client, login } = this.app;
    if (client.isAccount) return actions.tell('You have an account already.');
    if (login.door === UNKNOWN) login.knows(await readDoor());
    if (!mayRegister(login.door)) return actions.tell('No accounts can be made here.');
    const text = 'You leave, and come in again with a password, into the rooms that let you in. A role that you have here is lost.';
    if (!(await confirm('Make an account?', text, 'Leave and make it'))) return;
    if (client.isOnline()) this.app.register();
    else actions.tell('There is no connection now: try again when it is back.');
  }
}

/** @param {AutoFill} autocomplete */
const secret = (autocomplete) => make('input', { type: 'password', autocomplete, maxlength: 1024, required: true });

/** For password managers: whose password it is. @param {string} name */
const username = (name) => make('input', { type: 'text', autocomplete: 'username', value: name, hidden: true, readonly: true });

const hint = () => make('p', { class: 'hint' }, 'At least 8 characters; long is better than odd.');

/** @param {string} password */
function isStrong(password) {
  if (password.length < 8) throw new Error('a password has at least 8 characters');
}
