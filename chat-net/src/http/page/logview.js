// @ts-check
/** The messages of the active place: drawn, fetched when one scrolls up, jumped to. */

import { find, setText, soon } from './dom.js';
import { Lines } from './lines.js';
import { paint } from './paint.js';
import { listenToMessages } from './picking.js';
import { Rows } from './rows.js';
import { Scroll } from './scroll.js';

/**
 * @typedef {import('./place.js').Place} Place
 * @typedef {import('./chat-client.js').Message} Message
 * @typedef {import('./menu.js').Spot} Spot
 */

const PAGE = 100;
/** How often cards of files are drawn anew. */
const PROGRESS_MS = 120;
/** So near the top, the page before is fetched. */
const EARLY = 900;

export class LogView {
  /**
   * @param {import('./model.js').Model} model
   * @param {{query: (query: Message) => Promise<{answer: Message, events: Message[]}>, file: (transfer: import('./transfers.js').Transfer) => HTMLElement,
   *   failed: (error: unknown) => void, read: () => void, enter: (room: string) => void, menu: (line: import('./lines.js').Line, at: Element | Spot) => void}} hooks
   */
  constructor(model, hooks) {
    this.model = model;
    this.hooks = hooks;
    this.box = find('log');
    this.button = find('to-end', HTMLButtonElement);
    this.rows = new Rows(model.ignored);
    this.key = '';
    /** @type {Set<import('./transfers.js').Transfer>} */
    this.stale = new Set();
    this.scroll = new Scroll(this.box, {
      paint: (row) => paint(row, { me: model.me, file: hooks.file, enter: hooks.enter }),
      moved: () => this.moved(),
    });
    this.button.addEventListener('click', () => this.toEnd());
    listenToMessages(this);
  }

  /** The line that is drawn there. @param {Element} element @returns {import('./lines.js').Line | undefined} */
  lineAt(element) {
    return [...this.scroll.drawn.values()].find((drawn) => drawn.element === element)?.row.line;
  }

  draw() {
    const place = this.model.here;
    setText(find('empty'), place ? '' : 'You are in no room. Join one, for example with /join lobby.');
    if (!place) {
      this.scroll.turn(null);
      this.key = '';
      return;
    }
    if (this.key !== place.key) this.turn(place);
    this.rows.update(place);
    this.scroll.show(this.rows.all);
    this.note(place);
    if (place.isRoom && place.live.all.length < PAGE / 2 && place.shown.more && place.epoch) this.fetch(place, 'before');
  }

  /** @param {Place} place */
  turn(place) {
    const before = this.model.places.get(this.key);
    if (before) before.anchor = this.scroll.anchor;
    this.key = place.key;
    this.rows = new Rows(this.model.ignored);
    this.scroll.turn(place.anchor);
    this.box.setAttribute('aria-label', `Messages in ${place.label}`);
  }

  moved() {
    const place = this.model.here;
    if (!place) return;
    this.note(place);
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    if (scrollTop < EARLY && place.shown.more) this.fetch(place, 'before');
    if (place.shown.newer && scrollHeight - scrollTop - clientHeight < EARLY) this.fetch(place, 'after');
  }

  /** @param {Place} place */
  note(place) {
    const isAtEnd = this.scroll.isAtEnd && !place.apart;
    this.model.isReading = isAtEnd;
    this.model.reading = this.scroll.anchor?.key ?? '';
    if (isAtEnd && place.unread > 0 && !document.hidden) {
      this.model.read();
      this.hooks.read();
    }
    this.button.hidden = isAtEnd;
    const news = place.unread > 0 ? `${place.unread} new below` : 'Latest messages';
    setText(/** @type {Element} */ (this.button.lastElementChild), news);
  }

  toEnd() {
    const place = this.model.here;
    if (!place) return;
    place.apart = null;
    this.rows.update(place);
    this.scroll.rows = this.rows.all;
    this.scroll.toEnd();
    this.note(place);
  }

  /** Goes to the end of a place, shown or not: what one says oneself is seen. @param {Place} place */
  follow(place) {
    place.apart = null;
    place.anchor = null;
    if (this.key === place.key && this.model.here === place) this.toEnd();
  }

  /** Shows what was said before what is on the screen; whether there is any. */
  back() {
    if (this.box.scrollTop === 0 && !this.model.here?.shown.more) return false;
    this.scroll.page(-1);
    return true;
  }

  /** Fetches the page before or after what is shown. @param {Place} place @param {'before' | 'after'} side */
  async fetch(place, side) {
    if (place.isFetching || !place.isRoom) return;
    place.isFetching = true;
    const lines = place.shown;
    const edge = side === 'before' ? lines.lowest : lines.highest;
    const anchor = edge ? { [side]: edge } : {};
    try {
      const { answer, events } = await this.hooks.query({ type: 'history', room: place.name, limit: PAGE, ...anchor });
      if (answer.epoch !== place.epoch || !(lines === place.live || lines === place.apart)) return;
      lines.addPage(events.map((event) => this.model.message(event)));
      if (side === 'before') lines.more = answer.more;
      else lines.newer = answer.newer;
      place.mend();
    } catch (error) {
      lines.more = false;
      this.hooks.failed(error);
    } finally {
      place.isFetching = false;
      soon(this.drawAgain);
    }
  }

  drawAgain = () => this.draw();

  /** A file moved on: its card is drawn anew, with the next picture. @param {import('./transfers.js').Transfer} transfer */
  changed(transfer) {
    if (this.stale.size === 0) setTimeout(() => soon(this.drawFiles), PROGRESS_MS);
    this.stale.add(transfer);
  }

  drawFiles = () => {
    for (const row of this.rows.all) {
      if (row.kind === 'file' && this.stale.has(row.line.data)) this.scroll.redraw(row.key);
    }
    this.stale.clear();
    this.scroll.draw();
  };

  /** Shows one message, fetching what is around it if need be. @param {Place} place @param {number} number */
  async jump(place, number) {
    const there = () => [place.shown, place.live].find((lines) => lines.all[lines.place({ number, sub: 0 })]?.number === number);
    if (!there()) {
      const { answer, events } = await this.hooks.query({ type: 'history', room: place.name, limit: PAGE, around: number });
      place.apart = new Lines();
      place.apart.newer = answer.newer;
      place.apart.more = answer.more;
      place.apart.addPage(events.map((event) => this.model.message(event)));
      place.mend();
    } else if (there() === place.live) {
      place.apart = null;
    }
    this.draw();
    const row = this.rows.all.find((row) => row.line.number === number && row.line.sub === 0 && (row.kind === 'said' || row.kind === 'removed'));
    const element = row && this.scroll.reveal(row.key);
    if (!element) return;
    element.classList.add('found');
    element.focus({ preventScroll: true });
    setTimeout(() => element.classList.remove('found'), 3_000);
  }
}
