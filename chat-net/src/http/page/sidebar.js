// @ts-check
/** The list of rooms and whispers, with what is unread in each. */

import { find, make, setText } from './dom.js';

/** @typedef {import('./place.js').Place} Place */

const byName = new Intl.Collator();

export class Sidebar {
  /** @param {import('./model.js').Model} model @param {{show: (key: string) => void, close: (place: Place) => void}} hooks */
  constructor(model, hooks) {
    this.model = model;
    this.hooks = hooks;
    /** @type {Map<string, HTMLElement>} */
    this.items = new Map();
  }

  draw() {
    const places = this.ordered();
    for (const [key, item] of this.items) {
      if (this.model.places.has(key)) continue;
      item.remove();
      this.items.delete(key);
    }
    for (const isRoom of [true, false]) {
      const list = find(isRoom ? 'rooms' : 'whispers');
      const wanted = places.filter((place) => place.isRoom === isRoom).map((place) => this.item(place));
      for (const [index, item] of wanted.entries()) {
        if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
      }
    }
    find('whispers-head').hidden = !places.some((place) => !place.isRoom);
    const unread = places.reduce((sum, place) => sum + (place.isRoom ? place.mentions : place.unread), 0);
    const any = places.some((place) => place.unread > 0);
    document.title = `${unread > 0 ? `(${unread}) ` : any ? '• ' : ''}${this.model.here?.label ?? 'Chat'} · Chat`;
    find('menu').classList.toggle('news', any);
  }

  /** Rooms by name, then whispers by name: the order of the list and of the keys. */
  ordered() {
    const places = [...this.model.places.values()];
    return places.sort((a, b) => Number(b.isRoom) - Number(a.isRoom) || byName.compare(a.name, b.name));
  }

  /** @param {Place} place */
  item(place) {
    const item = this.items.get(place.key) ?? this.make(place);
    const isHere = place.key === this.model.active;
    const [open, close] = /** @type {[HTMLElement, HTMLElement]} */ (/** @type {unknown} */ ([...item.children]));
    item.classList.toggle('here', isHere);
    item.classList.toggle('unread', place.unread > 0);
    item.classList.toggle('out', place.out !== null);
    if (isHere) open.setAttribute('aria-current', 'true');
    else open.removeAttribute('aria-current');
    const [name, badge] = /** @type {[HTMLElement, HTMLElement]} */ (/** @type {unknown} */ ([...open.children]));
    setText(name, place.label);
    badge.hidden = place.unread === 0;
    badge.classList.toggle('loud', place.mentions > 0);
    // Drawn by the style sheet: the label of the button says it in words.
    badge.dataset.count = place.unread > 999 ? '999+' : String(place.unread);
    const mentions = place.isRoom && place.mentions > 0 ? `, ${place.mentions} for you` : '';
    const out = place.out ? ', you were put out' : '';
    open.setAttribute('aria-label', place.label + out + (place.unread > 0 ? `, ${place.unread} unread${mentions}` : ''));
    close.setAttribute('aria-label', place.isRoom && !place.out ? `Leave ${place.label}` : `Close ${place.label}`);
    return item;
  }

  /** @param {Place} place */
  make(place) {
    const open = make('button', { type: 'button', class: 'place', click: () => this.hooks.show(place.key) }, make('span'), make('span', { class: 'badge' }));
    const close = make('button', { type: 'button', class: 'icon close', click: () => this.hooks.close(place) }, '×');
    const item = make('li', {}, open, close);
    this.items.set(place.key, item);
    return item;
  }

  /** Shows the one above or below. @param {number} step @param {boolean} isUnread Only those with something unread. */
  step(step, isUnread) {
    const places = this.ordered();
    let index = places.findIndex((place) => place.key === this.model.active);
    for (let count = 0; count < places.length; count++) {
      index = (index + step + places.length) % places.length;
      const place = places[index];
      if (place && (!isUnread || place.unread > 0)) return this.hooks.show(place.key);
    }
  }
}
