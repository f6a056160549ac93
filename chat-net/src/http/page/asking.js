// @ts-check
/** Small dialogs that ask for one thing: yes or no, a reason, for how long, a key, a password. */

import { showDialog } from './dialogs.js';
import { make } from './dom.js';
import { sentenceOf } from './text.js';

/** Whether it was said to go on. @param {string} title @param {string} text @param {string} yes @returns {Promise<boolean>} */
export function confirm(title, text, yes) {
  return new Promise((done) => {
    const go = () => {
      done(true);
      dialog.close();
    };
    const cancel = make('button', { type: 'button', class: 'plain', click: () => dialog.close() }, 'Cancel');
    const button = make('button', { type: 'button', class: 'primary', click: go }, yes);
    const dialog = showDialog(title, [make('p', {}, text), make('div', { class: 'buttons' }, button, cancel)]);
    dialog.addEventListener('close', () => done(false));
    cancel.focus();
  });
}

/**
 * A form of labelled fields in a dialog. What the server refuses stands below them, and they can be mended.
 * @param {string} title @param {(Node | string)[]} fields @param {string} yes
 * @param {() => unknown} submit A promise that is rejected with why it was refused.
 */
export function showForm(title, fields, yes, submit) {
  const complaint = make('p', { class: 'error', role: 'alert', hidden: true });
  const button = make('button', { class: 'primary' }, yes);
  const form = make('form', { class: 'fields' }, ...fields, complaint, make('div', { class: 'buttons' }, button));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    complaint.hidden = true;
    button.disabled = true;
    try {
      await submit();
      dialog.close();
    } catch (error) {
      complaint.textContent = sentenceOf(error);
      complaint.hidden = false;
      /** @type {HTMLElement | null} */ (form.querySelector('input:not([hidden])'))?.focus();
    } finally {
      button.disabled = false;
    }
  });
  const dialog = showDialog(title, [form]);
  /** @type {HTMLElement | null} */ (form.querySelector('input:not([hidden]), select'))?.focus();
  return dialog;
}

/** @param {string} text @param {HTMLElement} field */
export const labelled = (text, field) => make('label', { class: 'field' }, make('span', {}, text), field);

/** Asks for a text that may be empty. @param {string} title @param {string} label @param {string} yes @param {(text: string) => unknown} given */
export function showText(title, label, yes, given) {
  const input = make('input', { maxlength: 400, autocomplete: 'off' });
  showForm(title, [labelled(label, input)], yes, () => given(input.value.trim()));
}

/** @type {[text: string, ms: number | null][]} */
const TIMES = [['10 minutes', 600_000], ['1 hour', 3_600_000], ['1 day', 86_400_000], ['1 week', 604_800_000], ['30 days', 2_592_000_000], ['until it is lifted', null]];

/** Asks for how long, and why. @param {'ban' | 'mute'} what @param {string} user @param {string} label @param {(forMs: number | null, reason: string) => unknown} given */
export function showRestrict(what, user, label, given) {
  const [title, yes] = what === 'ban' ? [`Ban ${user} from ${label}`, 'Ban'] : [`Mute ${user} in ${label}`, 'Mute'];
  const select = make('select', {}, ...TIMES.map(([text], index) => make('option', { value: index, selected: index === 1 }, text)));
  const input = make('input', { maxlength: 400, autocomplete: 'off' });
  const fields = [labelled('For how long', select), labelled('Reason, if you want to give one', input)];
  showForm(title, fields, yes, () => given(TIMES[Number(select.value)]?.[1] ?? null, input.value.trim()));
}

/** Asks for the key of a room. @param {string} room @param {(key: string) => Promise<unknown>} enter */
export function showKey(room, enter) {
  const input = make('input', { maxlength: 64, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' });
  const hint = make('p', { class: 'hint' }, 'Somebody inside can tell it to you, or invite you.');
  showForm(`#${room} has a key`, [labelled(`Key of #${room}`, input), hint], 'Join', () => {
    if (!input.value) throw new Error('type the key of the room');
    return enter(input.value);
  });
}
