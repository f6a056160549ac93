// @ts-check
/** About one room: its modes, and who is what there; and for operators of the server, what was done for order. */

import { labelled, showForm } from './asking.js';
import { showDialog } from './dialogs.js';
import { make } from './dom.js';
import { durationOf, durationTyped, modeWords } from './modes.js';
import { isAtLeast } from './order.js';
import { sentenceOf } from './text.js';
import { exactTimeOf, momentOf } from './time.js';

/**
 * @typedef {import('./order.js').RoomUser} RoomUser
 * @typedef {import('./order.js').Modes} Modes
 * @typedef {import('./place.js').Place} Place
 */

/** Reads the room anew and shows it. @param {import('./main.js').TheApp} app @param {Place} place @param {{lift: (what: 'unban' | 'unmute', user: string, place: Place) => Promise<unknown> | void}} acts */
export function showRoom(app, place, { lift }) {
  const { client } = app;
  const modes = make('div');
  const users = make('div');
  const state = make('p', { class: 'hint', role: 'status' }, 'Reading about the room…');
  const dialog = showDialog(`About ${place.label}`, [state, modes, users]);
  const read = async () => {
    try {
      const { answer } = await client.query({ type: 'room', room: place.name });
      place.order.read(answer, app.model.me);
      place.crowd++;
      state.textContent = `You are ${answer.rank === 'member' ? 'a member' : answer.rank === 'moderator' ? 'a moderator' : `an ${answer.rank}`} here.`;
      modes.replaceChildren(...modesPart(place, answer.modes, () => changeModes(app, place, read)));
      users.replaceChildren(...usersPart(answer.users, answer.more, isAtLeast(answer.rank, 'moderator'), lifted));
      app.model.hooks.changed();
    } catch (error) {
      state.textContent = sentenceOf(error);
    }
  };
  /** @param {'unban' | 'unmute'} what @param {string} user */
  const lifted = async (what, user) => {
    await lift(what, user, place);
    await read();
    /** @type {HTMLElement | null} */ (dialog.querySelector('button'))?.focus();
  };
  read();
}

/** @param {Place} place @param {Modes} modes @param {() => void} change */
function modesPart(place, modes, change) {
  const words = modeWords(modes);
  const list = words.length > 0 ? make('ul', { class: 'plain-list' }, ...words.map((word) => make('li', {}, word))) : make('p', { class: 'hint' }, 'None is on: everybody may come in and talk.');
  /** @type {Node[]} */
  const parts = [make('h3', {}, 'Modes'), list];
  if (isAtLeast(place.order.rank, 'moderator')) parts.push(make('button', { type: 'button', class: 'plain', click: change }, 'Change modes…'));
  return parts;
}

/** @param {RoomUser[]} users @param {boolean} more @param {boolean} mayLift @param {(what: 'unban' | 'unmute', user: string) => void} lift */
function usersPart(users, more, mayLift, lift) {
  const parts = [];
  /** @param {string} title @param {RoomUser[]} those @param {(user: RoomUser) => string} about @param {'unban' | 'unmute'} [what] */
  const part = (title, those, about, what) => {
    if (those.length === 0) return;
    const items = those.map((user) => {
      const text = make('span', {}, make('b', {}, user.user), make('small', {}, about(user)));
      const click = () => what && lift(what, user.user);
      const button = make('button', { type: 'button', class: 'plain', 'aria-label': `Lift the ${what === 'unban' ? 'ban' : 'mute'} of ${user.user}`, click }, 'Lift');
      return make('li', {}, text, ...(what && mayLift ? [button] : []));
    });
    parts.push(make('h3', {}, title), make('ul', { class: 'standing', 'aria-label': title }, ...items));
  };
  part('Owners and moderators', users.filter(({ role }) => role !== 'member'), ({ role }) => ` ${role}`);
  part('Banned', users.filter(({ banned }) => banned), ({ banned }) => limits(banned), 'unban');
  part('Muted', users.filter(({ muted }) => muted), ({ muted }) => limits(muted), 'unmute');
  part('Invited', users.filter(({ invited }) => invited), () => '');
  if (more) parts.push(make('p', { class: 'hint' }, 'The others are too many to list.'));
  return parts;
}

/** @param {import('./order.js').Restricted | undefined} restricted */
function limits(restricted) {
  if (!restricted) return '';
  const until = restricted.until === null ? ' until it is lifted' : ` until ${momentOf(restricted.until)}`;
  return until + (restricted.reason ? `: ${restricted.reason}` : '');
}

/** @param {import('./main.js').TheApp} app @param {Place} place @param {() => void} done */
function changeModes(app, place, done) {
  const { modes, rank } = place.order;
  const isOwner = isAtLeast(rank, 'owner');
  const fields = modeFields(modes, !isOwner);
  const nodes = isOwner ? fields.nodes : [...fields.nodes, make('p', { class: 'hint' }, 'Moderators change how one talks; the rest is for owners.')];
  showForm(`Modes of ${place.label}`, nodes, 'Change', async () => {
    const wanted = fields.read();
    if (Object.keys(wanted).length > 0) await app.client.ask({ type: 'set_modes', room: place.name, modes: wanted });
    done();
  });
}

/** The fields for modes, and what differs in them from how it was. @param {Modes} modes @param {boolean} isClosed Whether only the pace may be set. */
function modeFields(modes, isClosed) {
  const check = (/** @type {string} */ text, /** @type {boolean} */ checked, disabled = isClosed) => {
    const input = make('input', { type: 'checkbox', checked, disabled });
    return { input, node: make('label', { class: 'check' }, input, ' ', text) };
  };
  const invite = check('Only who is invited comes in', modes.invite_only);
  const moderated = check('Only moderators talk', modes.moderated, false);
  const join = check('Members read only what came after they joined', modes.history === 'join');
  const drop = check('Remove the key', false);
  const key = make('input', { maxlength: 64, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', disabled: isClosed, placeholder: modes.has_key ? 'there is one; type another' : 'none' });
  const slow = make('input', { type: 'number', min: 0, max: 120, value: modes.slow_s });
  const kept = make('input', { autocomplete: 'off', disabled: isClosed, placeholder: 'as the server does; or 12h, 7d, 4w', value: modes.retention_ms ? durationTyped(modes.retention_ms) : '' });
  const nodes = [
    moderated.node, labelled('Slow mode: seconds between two messages of one member (0: off)', slow),
    invite.node, join.node, labelled('Key, without which nobody comes in', key), ...(modes.has_key ? [drop.node] : []), labelled('Keep messages for', kept),
  ];
  const read = () => {
    const retention = kept.value.trim() === '' ? 0 : durationOf(kept.value.trim()) || null;
    if (retention === null) throw new Error('how long messages are kept is written like 12h, 7d or 4w');
    /** @type {Record<string, any>} */
    const now = { invite_only: invite.input.checked, moderated: moderated.input.checked, slow_s: Number(slow.value), history: join.input.checked ? 'join' : 'start', retention_ms: retention };
    const wanted = Object.fromEntries(Object.entries(now).filter(([field, value]) => value !== modes[/** @type {keyof Modes} */ (field)]));
    if (key.value) wanted.key = key.value;
    else if (drop.input.checked) wanted.key = '';
    return wanted;
  };
  return { nodes, read };
}

/** What was done for order on the whole server, the newest first. @param {import('./chat-client.js').ChatClient} client */
export function showAudit(client) {
  const list = make('ul', { class: 'standing', 'aria-label': 'Acts' });
  const state = make('p', { class: 'hint', role: 'status' });
  const more = make('button', { type: 'button', class: 'link', hidden: true, click: () => page() }, 'Older acts');
  let before = 0;
  const page = async () => {
    state.textContent = 'Reading…';
    more.hidden = true;
    try {
      const { answer } = await client.query({ type: 'audit', ...(before && { before }) });
      for (const act of answer.entries) list.append(actItem(act));
      before = answer.entries.at(-1)?.number ?? before;
      more.hidden = !answer.more;
      state.textContent = list.childElementCount === 0 ? 'Nothing was done yet.' : '';
    } catch (error) {
      state.textContent = sentenceOf(error);
    }
  };
  showDialog('Audit', [make('p', { class: 'hint' }, 'What was done for order on this server, the newest first.'), list, state, more]);
  page();
}

/** @param {import('./chat-client.js').Message} act */
function actItem({ at, by, act, room, user, until, reason }) {
  const what = `${by ?? 'the server'}: ${act}${user ? ` ${user}` : ''}${room ? ` in #${room}` : ''}`;
  const limit = (until ? ` until ${momentOf(until)}` : '') + (reason ? `: ${reason}` : '');
  const time = make('time', { title: exactTimeOf(at) }, momentOf(at));
  return make('li', {}, make('span', {}, make('bdi', {}, what + limit), ' ', time));
}
