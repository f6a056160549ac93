// @ts-check
/** Who is in the room. */

import { find, make, setText } from './dom.js';
import { isAtLeast } from './order.js';
import { colourOf } from './text.js';

const byName = new Intl.Collator();
/** More names than these are not listed. */
const MOST = 500;

export class Members {
  /** @param {import('./model.js').Model} model @param {{whisper: (name: string) => void, menu: (name: string, at: Element | import('./menu.js').Spot) => void}} hooks */
  constructor(model, hooks) {
    this.model = model;
    this.hooks = hooks;
    this.list = find('member-list');
    this.drawn = '';
    /** By what is shown of them. @type {Map<string, HTMLElement>} */
    this.items = new Map();
    /** @type {any} */
    this.timer = 0;
  }

  draw() {
    const { model } = this;
    const place = model.here;
    const isRoom = place?.isRoom ?? false;
    find('members').hidden = !isRoom;
    find('members-button').hidden = !isRoom;
    if (!place || !isRoom) return;
    const ends = place.order.nextEnd(Date.now());
    const drawn = `${place.key} ${place.crowd} ${place.total} ${model.me} ${place.order.revision} ${model.ignored.revision} ${ends}`;
    clearTimeout(this.timer);
    if (ends < Infinity) this.timer = setTimeout(() => this.draw(), Math.min(ends - Date.now() + 50, 2 ** 30));
    if (this.drawn === drawn) return;
    this.drawn = drawn;
    const { order } = place;
    const names = [...place.members.values()].sort((a, b) => Number(isAbove(order, b)) - Number(isAbove(order, a)) || byName.compare(a, b)).slice(0, MOST);
    const label = place.total === 1 ? '1 member' : `${place.total} members`;
    setText(find('members-head'), label);
    setText(find('members-count'), String(place.total));
    find('members-button').setAttribute('aria-label', label);
    find('members-more').hidden = place.total <= names.length;
    const focused = this.focused();
    const shown = names.map((name) => ({ name, marks: this.marksOf(place, name) }));
    const wanted = new Set(shown.map(({ name, marks }) => `${name} ${marks}`));
    for (const [key, item] of this.items) {
      if (wanted.has(key)) continue;
      item.remove();
      this.items.delete(key);
    }
    for (const [index, { name, marks }] of shown.entries()) {
      const item = this.items.get(`${name} ${marks}`) ?? this.make(name, marks);
      if (this.list.children[index] !== item) this.list.insertBefore(item, this.list.children[index] ?? null);
      if (focused?.name === name) /** @type {HTMLElement | undefined} */ (item.children[focused.index])?.focus({ preventScroll: true });
    }
  }

  /** Whose button has the focus, and which: its item may be made anew. */
  focused() {
    for (const [key, item] of this.items) {
      const index = [...item.children].indexOf(/** @type {Element} */ (document.activeElement));
      if (index >= 0) return { name: key.split(' ')[0], index };
    }
    return null;
  }

  /** What one is besides a member, in words. @param {import('./place.js').Place} place @param {string} name */
  marksOf({ order, lingering }, name) {
    const role = order.roleOf(name);
    const marks = [role !== 'member' && role, lingering.has(name.toLowerCase()) && 'no connection', order.muteOf(name, Date.now()) && 'muted', this.model.ignored.has(name) && 'ignored'];
    return marks.filter(Boolean).join(', ');
  }

  /** @param {string} name @param {string} marks */
  make(name, marks) {
    const isMe = name === this.model.me;
    const dot = make('span', { class: `dot ${colourOf(name)}`, 'data-letter': name.charAt(0).toUpperCase() });
    const about = marks && `, ${marks}`;
    const label = (isMe ? `${name} (you)` : `Whisper to ${name}`) + about;
    const text = make('span', { class: 'name' }, name + (isMe ? ' (you)' : ''));
    // Drawn by the style sheet: the label of the button says it in words.
    const mark = make('small', { class: 'role', 'data-marks': marks });
    const button = make('button', { type: 'button', 'aria-label': label, click: () => this.hooks.whisper(name) }, dot, text, mark);
    const more = make('button', { type: 'button', class: 'icon more', 'aria-haspopup': 'menu', 'aria-label': `More about ${name}`, click: () => this.hooks.menu(name, more) });
    const menu = (/** @type {MouseEvent} */ event) => {
      event.preventDefault();
      this.hooks.menu(name, event.clientX || event.clientY ? { x: event.clientX, y: event.clientY } : more);
    };
    const item = make('li', { contextmenu: menu }, button, more);
    this.items.set(`${name} ${marks}`, item);
    return item;
  }
}

/** @param {import('./order.js').Order} order @param {string} name */
const isAbove = (order, name) => isAtLeast(order.roleOf(name), 'moderator');
