// @ts-check
/** One row as an element. */

import { make } from './dom.js';
import { modeWords } from './modes.js';
import { colourOf, rich } from './text.js';
import { dayOf, exactTimeOf, isoOf, momentOf, timeOf } from './time.js';

/**
 * @typedef {import('./rows.js').Row} Row
 * @typedef {import('./lines.js').Line} Line
 * @typedef {{me: string, file: (transfer: import('./transfers.js').Transfer) => HTMLElement, enter: (room: string) => void}} Context
 */

/** @param {Row} row @param {Context} context @returns {HTMLElement} */
export function paint(row, context) {
  switch (row.kind) {
    case 'day':
      return make('div', { class: 'row day' }, make('span', {}, dayOf(row.line.at)));
    case 'mark':
      return make('div', { class: 'row mark' }, make('span', {}, 'New messages'));
    case 'moves':
      return make('div', { class: 'row quiet' }, folded(row.lines), ' ', time(/** @type {Line} */ (row.lines.at(-1)).at));
    case 'topic':
      return make('div', { class: 'row quiet' }, ...topic(row.line), ' ', time(row.line.at));
    case 'order':
      return make('div', { class: 'row quiet' }, ...orderOf(row.line.data), ' ', time(row.line.at));
    case 'invited':
      return make('div', { class: 'row file' }, invitation(row.line, context));
    case 'note':
      return make('div', { class: 'row quiet' }, row.line.body ?? '');
    case 'file':
      return make('div', { class: 'row file' }, context.file(row.line.data));
    default:
      return message(row, context);
  }
}

/** @param {Row} row @param {Context} context */
function message({ kind, line, first }, context) {
  const from = line.from ?? '';
  const isGone = kind === 'removed';
  const classes = ['row', 'message', isGone && 'gone', first && 'first', line.mention && 'mention', kind === 'pending' && 'pending', line.failed && 'failed'];
  const label = `${from}, ${timeOf(line.at)}`;
  const head = make('div', { class: 'head' }, make('span', { class: `who ${colourOf(from)}` }, from), ' ', time(line.at));
  const text = isGone ? [`[message deleted by ${line.data.by}]`] : rich(line.body ?? '', context.me);
  const body = make('div', { class: 'body', dir: 'auto' }, ...text);
  if (isOnlyEmoji(line.body ?? '')) body.classList.add('big');
  const element = make('div', { class: classes.filter(Boolean).join(' '), role: 'article', 'aria-label': label, tabindex: -1 });
  if (line.sub === 0 && line.number) element.dataset.number = String(line.number);
  element.append(first ? head : make('span', { class: 'aside', 'aria-hidden': 'true' }, timeOf(line.at)), body);
  if (kind === 'pending') element.append(state(line));
  else if (!isGone) element.append(make('button', { type: 'button', class: 'more icon', tabindex: -1, 'aria-haspopup': 'menu', 'aria-label': `More about this message of ${from}` }));
  return element;
}

/** @param {Line} line */
function state(line) {
  if (!line.failed) return make('p', { class: 'state' }, 'Sending…');
  const text = make('p', { class: 'state', role: 'alert' }, line.data ?? 'Not sent.', ' ');
  if (line.again) text.append(make('button', { type: 'button', class: 'link', click: line.again }, 'Send again'));
  if (line.drop) text.append(make('button', { type: 'button', class: 'link', click: line.drop }, 'Discard'));
  return text;
}

/** @param {number} at */
function time(at) {
  return make('time', { datetime: isoOf(at), title: exactTimeOf(at) }, timeOf(at));
}

/** @param {Line} line */
function topic({ data }) {
  if (!data.topic) return [name(data.by), ' cleared the topic'];
  return [name(data.by), ' set the topic: ', make('bdi', {}, ...rich(data.topic))];
}

/** What somebody did for the room's order, as a sentence. @param {import('./chat-client.js').Message} event @returns {(Node | string)[]} */
function orderOf(event) {
  const by = name(event.by);
  const user = event.user ? name(event.user) : '';
  const why = event.reason ? [': ', make('bdi', {}, event.reason)] : [];
  switch (event.type) {
    case 'role_changed':
      return [by, ' made ', user, ` ${event.role === 'owner' ? 'an' : 'a'} ${event.role}`];
    case 'kicked':
      return [by, ' put ', user, ' out', event.banned ? ', who is banned' : '', ...why];
    case 'restricted':
      return [by, event.what === 'ban' ? ' banned ' : ' muted ', user, event.until === null ? ' until lifted' : ` until ${momentOf(event.until)}`, ...why];
    case 'lifted':
      return [by, ` lifted the ${event.what} of `, user];
    default:
      return [by, ' set the modes of the room: ', modeWords(event.modes).join(', ') || 'none'];
  }
}

/** @param {Line} line @param {Context} context */
function invitation({ data }, { enter }) {
  const text = make('p', {}, make('span', { class: `who ${colourOf(data.by)}` }, data.by), ' invites you');
  const what = make('p', { class: 'what' }, `#${data.room}`);
  const join = make('button', { type: 'button', class: 'primary', click: () => enter(data.room) }, 'Join');
  return make('div', { class: 'card', role: 'group', 'aria-label': `Invitation to #${data.room} from ${data.by}` }, text, what, make('div', { class: 'buttons' }, join));
}

/** @param {string} text */
const name = (text) => make('b', {}, text);

/** Who came and who went, in one sentence. @param {Line[]} lines */
export function folded(lines) {
  let joined = /** @type {string[]} */ ([]);
  let left = /** @type {string[]} */ ([]);
  let lost = /** @type {string[]} */ ([]);
  let moreJoined = 0;
  let moreLeft = 0;
  for (const { data } of lines) {
    const others = (/** @type {string[]} */ names) => names.filter((user) => user !== data.user);
    if (data.type === 'joined') [joined, left, lost] = [put(joined, data.user), others(left), others(lost)];
    else if (data.type === 'left' && data.why === 'lost') lost = put(lost, data.user);
    else if (data.type === 'left') left = put(left, data.user);
    else {
      for (const user of data.joined_users) joined = put(joined, user);
      for (const user of data.left_users) left = put(left, user);
      moreJoined += data.joined - data.joined_users.length;
      moreLeft += data.left - data.left_users.length;
    }
  }
  const parts = [];
  if (joined.length + moreJoined) parts.push(`${list(joined, moreJoined)} joined`);
  if (left.length + moreLeft) parts.push(`${list(left, moreLeft)} left`);
  if (lost.length) parts.push(`${list(lost, 0)} left (lost)`);
  return parts.join(', ');
}

/** @param {string[]} names @param {string} name */
const put = (names, name) => (names.includes(name) ? names : [...names, name]);

/** @param {string[]} names @param {number} more */
function list(names, more) {
  const shown = names.slice(0, 6);
  const rest = names.length - shown.length + more;
  const all = rest > 0 ? [...shown, `${rest} more`] : shown;
  return all.length > 1 ? `${all.slice(0, -1).join(', ')} and ${all.at(-1)}` : (all[0] ?? '');
}

/** @param {string} text */
function isOnlyEmoji(text) {
  return text.length <= 24 && /^(\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f|\s)+$/u.test(text);
}
