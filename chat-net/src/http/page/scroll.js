// @ts-check
/**
 * A list of rows of any height of which only what can be seen, and a little more, is in the document.
 *
 * Above and below stand two empty boxes as high as what is left out: measured where it was seen before, else estimated. What
 * is being read (the anchor) stays where it is whatever happens above it; at the end, the end stays in sight.
 *
 * @typedef {import('./rows.js').Row} Row
 */

import { make, soon } from './dom.js';

/** How far beyond the edges rows are kept ready, in pixels. */
const MARGIN = 600;
const ESTIMATE = 40;
/** So near the end, one is at the end. */
const NEAR = 40;

export class Scroll {
  /**
   * @param {HTMLElement} box What scrolls.
   * @param {{paint: (row: Row) => HTMLElement, moved: () => void}} hooks
   */
  constructor(box, hooks) {
    this.box = box;
    this.hooks = hooks;
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Map<string, {row: Row, lines: number, first: boolean, element: HTMLElement}>} */
    this.drawn = new Map();
    this.above = make('div', { class: 'spacer' });
    this.below = make('div', { class: 'spacer' });
    box.append(this.above, this.below);
    /** What to keep where it is: null for the end. @type {{key: string, offset: number} | null} */
    this.anchor = null;
    this.width = box.clientWidth;
    /** How high the box was when it was drawn. */
    this.tall = 0;
    this.ignored = -1;
    box.addEventListener('scroll', () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.resized()).observe(box);
  }

  get isAtEnd() {
    return this.anchor === null;
  }

  /** @param {Row[]} rows */
  show(rows) {
    // Scrolled since, and not told of it yet.
    if (this.rows.length > 0 && this.wasScrolled()) this.anchor = this.findAnchor();
    this.rows = rows;
    this.draw();
  }

  /** Forgets what is drawn, for another place. @param {{key: string, offset: number} | null} anchor */
  turn(anchor) {
    for (const { element } of this.drawn.values()) element.remove();
    this.drawn.clear();
    this.rows = [];
    this.anchor = anchor;
  }

  /** Draws one row anew. @param {string} key */
  redraw(key) {
    const drawn = this.drawn.get(key);
    if (!drawn) return;
    const focused = drawn.element.contains(document.activeElement) ? document.activeElement?.textContent : null;
    const element = this.hooks.paint(drawn.row);
    drawn.element.replaceWith(element);
    drawn.element = element;
    // Whoever was about to press a button still is.
    if (focused) [...element.querySelectorAll('button')].find((button) => button.textContent === focused)?.focus();
  }

  toEnd() {
    this.anchor = null;
    this.draw();
    this.hooks.moved();
  }

  /** Brings a row into the middle. @param {string} key */
  reveal(key) {
    this.anchor = { key, offset: Math.round(this.box.clientHeight / 3) };
    this.draw();
    // Heights that were estimated are known now.
    this.draw();
    this.hooks.moved();
    return this.drawn.get(key)?.element;
  }

  /** @param {number} pages */
  page(pages) {
    this.box.scrollBy({ top: this.box.clientHeight * 0.85 * pages });
  }

  scrolled() {
    if (!this.wasScrolled()) return;
    this.ignored = -1;
    this.anchor = this.findAnchor();
    soon(this.drawAgain);
    this.hooks.moved();
  }

  /** Whether somebody did. At its end, a list that grows or shrinks is moved by the browser, and drawn at its end at once. */
  wasScrolled() {
    const { scrollTop, clientHeight } = this.box;
    return Math.abs(scrollTop - this.ignored) >= 2 && !(this.isAtEnd && clientHeight !== this.tall);
  }

  drawAgain = () => this.draw();

  /** @returns {{key: string, offset: number} | null} */
  findAnchor() {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    if (scrollHeight - scrollTop - clientHeight < NEAR) return null;
    let top = 0;
    for (const row of this.rows) {
      const height = row.height || ESTIMATE;
      // Day lines come and go with what is above them.
      const holds = row.kind !== 'day' && row.kind !== 'mark';
      if (holds && top + height > scrollTop) return { key: row.key, offset: top - scrollTop };
      top += height;
    }
    return null;
  }

  resized() {
    if (this.box.clientWidth !== this.width) {
      this.width = this.box.clientWidth;
      for (const row of this.rows) row.height = 0;
    }
    this.draw();
  }

  draw() {
    const { box, rows } = this;
    if (box.clientHeight === 0) return;
    this.tall = box.clientHeight;
    let index = this.anchor ? rows.findIndex((row) => row.key === this.anchor?.key) : -1;
    if (index < 0) {
      if (this.anchor && rows.length > 0) this.anchor = null;
      index = rows.length;
    }
    const [from, to] = this.window(index, this.anchor?.offset ?? box.clientHeight);
    this.place(from, to);
    this.measure(from, to);
    this.above.style.height = `${this.heightOf(0, from)}px`;
    this.below.style.height = `${this.heightOf(to, rows.length)}px`;
    const top = this.anchor ? this.heightOf(0, index) - this.anchor.offset : box.scrollHeight;
    if (Math.abs(box.scrollTop - top) > 1) box.scrollTop = top;
    this.ignored = box.scrollTop;
  }

  /** Which rows to have in the document, so that row `index` begins `offset` below the top. @param {number} index @param {number} offset */
  window(index, offset) {
    const { rows, box } = this;
    let from = index;
    for (let top = offset; from > 0 && top > -MARGIN; ) top -= this.height(--from);
    let to = index;
    for (let bottom = offset; to < rows.length && bottom < box.clientHeight + MARGIN; ) bottom += this.height(to++);
    return /** @type {const} */ ([from, to]);
  }

  /** @param {number} from @param {number} to */
  place(from, to) {
    const wanted = new Set();
    for (let index = from; index < to; index++) wanted.add(this.rows[index]?.key);
    for (const [key, { element }] of this.drawn) {
      if (wanted.has(key)) continue;
      element.remove();
      this.drawn.delete(key);
    }
    /** @type {Element} */
    let before = this.above;
    for (let index = from; index < to; index++) {
      const row = /** @type {Row} */ (this.rows[index]);
      let drawn = this.drawn.get(row.key);
      if (!drawn || drawn.lines !== row.lines.length || drawn.first !== row.first || drawn.row.line !== row.line) {
        drawn?.element.remove();
        drawn = { row, lines: row.lines.length, first: row.first, element: this.hooks.paint(row) };
        this.drawn.set(row.key, drawn);
        row.height = 0;
      }
      drawn.row = row;
      if (before.nextElementSibling !== drawn.element) before.after(drawn.element);
      before = drawn.element;
    }
  }

  /** @param {number} from @param {number} to */
  measure(from, to) {
    for (let index = from; index < to; index++) {
      const row = /** @type {Row} */ (this.rows[index]);
      // Cards of files grow and shrink by themselves.
      if (row.height === 0 || row.kind === 'file') row.height = this.drawn.get(row.key)?.element.getBoundingClientRect().height ?? 0;
    }
  }

  /** @param {number} index */
  height(index) {
    return this.rows[index]?.height || ESTIMATE;
  }

  /** @param {number} from @param {number} to */
  heightOf(from, to) {
    let sum = 0;
    for (let index = from; index < to; index++) sum += this.height(index);
    return sum;
  }
}
