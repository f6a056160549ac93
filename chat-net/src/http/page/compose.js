// @ts-check
/** The box one types in: it grows, keeps a draft for each place, and remembers what was sent. */

import { announce } from './announce.js';
import { find, fit } from './dom.js';

/** More characters than this and the count is shown. */
const NEAR_LIMIT = 0.8;
const HISTORY = 50;
const encoder = new TextEncoder();

export class Composer {
  /** @param {{submit: (line: string) => boolean, limit: () => number, files: (files: File[]) => void}} hooks */
  constructor(hooks) {
    this.hooks = hooks;
    this.box = find('text', HTMLTextAreaElement);
    this.form = find('compose', HTMLFormElement);
    this.count = find('count');
    this.isOver = false;
    /** @type {string[]} */
    this.sent = [];
    this.at = 0;
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    this.box.addEventListener('input', () => this.grew());
    this.box.addEventListener('paste', (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      hooks.files(files);
    });
  }

  /** What no list of completions took. @param {KeyboardEvent} event */
  key(event) {
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === 'Enter' && event.altKey) {
      event.preventDefault();
      this.insert('\n');
    } else if (event.key === 'ArrowUp' && this.box.value === '' && !event.altKey) {
      this.recall(event, -1);
    } else if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && this.at < this.sent.length && !event.altKey) {
      this.recall(event, event.key === 'ArrowUp' ? -1 : 1);
    }
  }

  /** @param {KeyboardEvent} event @param {number} step */
  recall(event, step) {
    if (this.sent.length === 0) return;
    if (this.at < this.sent.length && this.box.value !== this.sent[this.at]) {
      this.at = this.sent.length;
      return;
    }
    event.preventDefault();
    this.at = Math.min(this.sent.length, Math.max(0, this.at + step));
    this.set(this.sent[this.at] ?? '');
  }

  submit() {
    const line = this.box.value.replace(/\s+$/, '');
    if (line.trim() === '') return;
    if (this.bytes(line) > this.hooks.limit()) {
      this.grew();
      return announce(`Not sent: ${this.count.textContent}`);
    }
    if (!this.hooks.submit(line)) return;
    if (this.sent.at(-1) !== line) this.sent.push(line);
    if (this.sent.length > HISTORY) this.sent.shift();
    this.at = this.sent.length;
    this.set('');
  }

  /** What one said is deleted: it is not brought back either. @param {string} text */
  forget(text) {
    this.sent = this.sent.filter((line) => line !== text);
    this.at = this.sent.length;
  }

  /** @param {string} text */
  set(text) {
    this.box.value = text;
    this.grew();
  }

  /** Puts text where the cursor is. @param {string} text */
  insert(text) {
    this.box.setRangeText(text, this.box.selectionStart, this.box.selectionEnd, 'end');
    this.grew();
    this.box.focus();
  }

  /** Makes ready to type; where a keyboard would come up over half of the screen, that is left to a touch. */
  focus() {
    if (matchMedia('(hover: hover)').matches) this.box.focus();
  }

  /** @param {string} text */
  bytes(text) {
    return encoder.encode(text).length;
  }

  grew() {
    fit(this.box, this.form);
    const limit = this.hooks.limit();
    const bytes = this.bytes(this.box.value);
    this.count.hidden = bytes < limit * NEAR_LIMIT;
    const isOver = bytes > limit;
    this.count.classList.toggle('over', isOver);
    this.count.textContent = isOver ? `${bytes - limit} bytes too long` : `${limit - bytes} bytes left`;
    // Said at each key, it would drown what is typed.
    if (isOver !== this.isOver) announce(isOver ? 'Too long to be sent' : 'Short enough to be sent');
    this.isOver = isOver;
  }

  /** Keeps what is typed for the place one leaves, and shows what was typed in the other. @param {import('./place.js').Place} [from] @param {import('./place.js').Place} [to] */
  turn(from, to) {
    if (from) from.draft = this.box.value;
    this.box.placeholder = to ? `Message ${to.label}` : 'Type /join and the name of a room';
    this.box.setAttribute('aria-label', this.box.placeholder);
    this.set(to?.draft ?? '');
  }
}
