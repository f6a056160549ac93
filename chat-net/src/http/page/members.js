// @ts-check
/** Who is in the room. */

import { find, make, setText } from './dom.js';
import { colourOf } from './text.js';

const byName = new Intl.Collator();
/** More names than these are not listed. */
const MOST = 500;

export class Members {
  /** @param {import('./model.js').Model} model @param {{whisper: (name: string) => void}} hooks */
  constructor(model, hooks) {
    this.model = model;
    this.hooks = hooks;
    this.list = find('member-list');
    this.drawn = '';
    /** @type {Map<string, HTMLElement>} */
    this.items = new Map();
  }

  draw() {
    const place = this.model.here;
    const isRoom = place?.isRoom ?? false;
    find('members').hidden = !isRoom;
    find('members-button').hidden = !isRoom;
    if (!place || !isRoom) return;
    const drawn = `${place.key} ${place.crowd} ${place.total} ${this.model.me}`;
    if (this.drawn === drawn) return;
    this.drawn = drawn;
    const names = [...place.members.values()].sort(byName.compare).slice(0, MOST);
    const label = place.total === 1 ? '1 member' : `${place.total} members`;
    setText(find('members-head'), label);
    setText(find('members-count'), String(place.total));
    find('members-button').setAttribute('aria-label', label);
    find('members-more').hidden = place.total <= names.length;
    const wanted = new Set(names);
    for (const [name, item] of this.items) {
      if (wanted.has(name)) continue;
      item.remove();
      this.items.delete(name);
    }
    for (const [index, name] of names.entries()) {
      const item = this.items.get(name) ?? this.make(name);
      if (this.list.children[index] !== item) this.list.insertBefore(item, this.list.children[index] ?? null);
    }
  }

  /** @param {string} name */
  make(name) {
    const isMe = name === this.model.me;
    const dot = make('span', { class: `dot ${colourOf(name)}`, 'data-letter': name.charAt(0).toUpperCase() });
    const label = isMe ? `${name} (you)` : `Whisper to ${name}`;
    const button = make('button', { type: 'button', 'aria-label': label, click: () => this.hooks.whisper(name) }, dot, make('span', {}, name + (isMe ? ' (you)' : '')));
    const item = make('li', {}, button);
    this.items.set(name, item);
    return item;
  }
}
