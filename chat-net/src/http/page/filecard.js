// @ts-check
/** A file among the messages: what it is, how far it is, and what can be done. */

import { make } from './dom.js';
import { colourOf, plain } from './text.js';
import { sizeOf } from './time.js';
import { safeName } from './receiving.js';

/** @typedef {import('./transfers.js').Transfer} Transfer */

/** @param {Transfer} transfer @param {import('./transfers.js').Transfers} transfers */
export function fileCard(transfer, transfers) {
  const { offer } = transfer;
  const who = transfer.isMine ? 'You offer' : offer.from;
  const from = make('span', { class: transfer.isMine ? 'who' : `who ${colourOf(offer.from)}` }, who);
  const title = make('p', {}, from, transfer.isMine ? '' : ' offers');
  const what = make('p', { class: 'what' }, plain(offer.name), ` (${sizeOf(offer.size)})`);
  const card = make('div', { class: 'card', role: 'group', 'aria-label': `${offer.name} from ${offer.from}` }, title, what);
  if (transfer.isMine) card.append(...copies(transfer));
  else if (transfer.receiving && ['running', 'paused', 'checking'].includes(transfer.state)) card.append(...bar(transfer, transfer.receiving.offset));
  if (transfer.note) card.append(make('p', { class: 'hint', role: 'status' }, transfer.note));
  const buttons = buttonsOf(transfer, transfers);
  if (buttons.length > 0) card.append(make('div', { class: 'buttons' }, ...buttons));
  return card;
}

/** @param {Transfer} transfer @param {number} offset @param {string} [user] */
function bar(transfer, offset, user) {
  const { name, size } = transfer.offer;
  const share = size === 0 ? 1 : offset / size;
  const seconds = (Date.now() - transfer.began) / 1000;
  const rate = transfer.state === 'running' && transfer.began && seconds > 0.5 && offset > transfer.base ? `, ${sizeOf((offset - transfer.base) / seconds)}/s` : '';
  const states = { paused: ', paused', checking: ', checking' };
  const state = states[/** @type {'paused'} */ (transfer.state)] ?? '';
  const text = `${user ? `${user}: ` : ''}${Math.floor(share * 100)} % of ${sizeOf(size)}${rate}${state}`;
  const progress = make('progress', { max: 1, value: share, 'aria-label': user ? `${name} to ${user}` : name });
  return [progress, make('p', { class: 'hint' }, text)];
}

/** @param {Transfer} transfer */
function copies(transfer) {
  const parts = [];
  for (const [user, { state, offset }] of transfer.copies) {
    if (state === 'running') parts.push(...bar(transfer, offset, user));
    else if (state) parts.push(make('p', { class: 'hint' }, `${user}: ${state}`));
  }
  if (parts.length === 0 && transfer.state === 'offered') {
    const target = transfer.offer.room ? `somebody in #${transfer.offer.room}` : transfer.offer.to;
    parts.push(make('p', { class: 'hint' }, `Waiting for ${target} to accept.`));
  }
  return parts;
}

/** @param {Transfer} transfer @param {import('./transfers.js').Transfers} transfers */
function buttonsOf(transfer, transfers) {
  const button = (/** @type {string} */ text, /** @type {() => void} */ click, kind = 'plain') => make('button', { type: 'button', class: kind, click }, text);
  const { state } = transfer;
  if (transfer.isMine) return state === 'offered' || state === 'running' ? [button('Cancel', () => transfers.cancel(transfer))] : [];
  if (transfer.url) return [make('a', { href: transfer.url, download: safeName(transfer.offer.name) }, 'Save ', plain(transfer.offer.name))];
  if (state === 'offered') return [button('Accept', () => transfers.accept(transfer), 'primary'), button('Decline', () => transfers.decline(transfer))];
  if (state === 'running' || state === 'paused') return [button('Cancel', () => transfers.cancel(transfer))];
  if (state === 'over' && transfer.isOpen) return [button('Accept after all', () => transfers.accept(transfer))];
  return [];
}
