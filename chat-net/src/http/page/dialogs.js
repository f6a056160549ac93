// @ts-check
/** Dialogs: one at a time, closed by Escape, made when they are needed. */

import { Refused } from './chat-client.js';
import { COMMANDS } from './commands.js';
import { find, make } from './dom.js';
import { KEYS } from './keys.js';
import { sentenceOf } from './text.js';

/** The room has a key, which was not given. */
export const BAD_KEY = 129;

/** Shows a dialog, and takes it away when it is closed. @param {string} title @param {(Node | string)[]} content @param {string} [id] */
export function showDialog(title, content, id) {
  const close = make('button', { type: 'button', class: 'icon', 'aria-label': 'Close', click: () => dialog.close() }, '×');
  const head = make('div', { class: 'side-head' }, make('h2', {}, title), close);
  const dialog = make('dialog', { 'aria-label': title, id }, head, ...content);
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  find('dialogs').append(dialog);
  dialog.showModal();
  return dialog;
}

/** What can be typed and pressed. */
export function showHelp() {
  const commands = COMMANDS.flatMap(([command, what, does]) => [make('dt', {}, `${command} ${what}`), make('dd', {}, does)]);
  const keys = KEYS.flatMap(([key, does]) => [make('dt', {}, key), make('dd', {}, does)]);
  const text = 'Type a line to say it. A line that begins with / is a command; with // it begins with a slash.';
  showDialog('Help', [
    make('p', { class: 'hint' }, text),
    make('h3', {}, 'Commands'),
    make('dl', {}, ...commands),
    make('h3', {}, 'Keys'),
    make('dl', {}, ...keys),
  ]);
}

/**
 * Asks which room, and shows which there are. A name that is refused can be mended where it was typed.
 * @param {import('./chat-client.js').ChatClient} client
 * @param {{enter: (room: string, key?: string) => Promise<string>, open: (room: string) => void, failed: (error: unknown) => void}} hooks
 */
export function showJoin(client, { enter, open, failed }) {
  const input = make('input', { 'aria-label': 'Name of the room', placeholder: 'Name of the room', maxlength: 65, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' });
  const list = make('div', { class: 'room-list' });
  const more = make('p', { class: 'hint', role: 'status' }, 'Reading which rooms there are…');
  const key = make('input', { 'aria-label': 'Key', placeholder: 'Key', maxlength: 64, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', hidden: true });
  /** @param {string} name */
  const go = async (name) => {
    complaint.hidden = true;
    try {
      const room = await enter(name, key.hidden ? '' : key.value);
      dialog.close();
      open(room);
    } catch (error) {
      // Closed meanwhile: said in the room, as any other answer.
      if (!dialog.open) return failed(error);
      complaint.textContent = sentenceOf(error);
      complaint.hidden = false;
      const isLocked = error instanceof Refused && error.code === BAD_KEY;
      if (isLocked) {
        input.value = name;
        key.hidden = false;
      }
      (isLocked ? key : input).focus();
    }
  };
  input.addEventListener('input', () => (key.hidden = true));
  const complaint = make('p', { class: 'error', role: 'alert', hidden: true });
  const form = make('form', {}, input, key, make('button', { class: 'primary' }, 'Join'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (input.value.trim()) go(input.value.trim());
  });
  const dialog = showDialog('Join a room', [form, complaint, more, list]);
  input.focus();
  client.query({ type: 'rooms' }).then(
    ({ answer }) => {
      more.textContent = answer.total === 0 ? 'There are no rooms yet.' : answer.more ? `${answer.total} rooms; these are the first:` : '';
      for (const { room, members, topic } of answer.rooms) {
        const about = `${members} here${topic ? ` · ${topic}` : ''}`;
        list.append(make('button', { type: 'button', click: () => go(room) }, make('span', {}, `#${room}`), make('small', {}, about)));
      }
    },
    (error) => (more.textContent = error.message),
  );
}
