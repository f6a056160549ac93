// @ts-check
/**
 * Lines become rows: a line of its own per day, messages of one author in a row grouped, who came and went folded.
 *
 * @typedef {import('./lines.js').Line} Line
 * @typedef {object} Row
 * @property {string} key
 * @property {'day' | 'mark' | 'moves' | Line['kind']} kind
 * @property {Line} line The first line of it.
 * @property {Line[]} lines All that are folded in it.
 * @property {boolean} first Whether it shows its author.
 * @property {number} height Measured in pixels; 0 if it was not yet.
 */

import { sameDay } from './time.js';

/** Messages of one author that are closer than this stand under one name. */
const GROUP_MS = 5 * 60_000;
const MOVES = new Set(['joined', 'left', 'churned']);

/** The rows of one place; told what changed, it only makes what is new. */
export class Rows {
  /** @param {import('./ignored.js').Ignored} ignored */
  constructor(ignored) {
    this.ignored = ignored;
    this.hidden = -1;
    /** @type {Row[]} */
    this.all = [];
    /** @type {import('./lines.js').Lines | null} */
    this.lines = null;
    this.revision = -1;
    this.done = 0;
    this.mark = 0;
    this.pendingFrom = 0;
  }

  /** Brings the rows up to date. @param {import('./place.js').Place} place */
  update(place) {
    const lines = place.shown;
    this.all.length = this.pendingFrom;
    const isSame = this.lines === lines && this.revision === lines.revision && this.hidden === this.ignored.revision;
    if (!isSame || this.mark !== place.mark) {
      const heights = this.lines === lines ? new Map(this.all.map((row) => [row.key, row])) : new Map();
      Object.assign(this, { lines, revision: lines.revision, mark: place.mark, hidden: this.ignored.revision, done: 0, all: [] });
      this.append();
      for (const row of this.all) {
        const old = heights.get(row.key);
        if (old && old.line === row.line && old.first === row.first && old.lines.length === row.lines.length) row.height = old.height;
      }
    } else {
      this.append();
    }
    this.pendingFrom = this.all.length;
    if (!lines.newer) for (const line of place.pending) this.push(line);
  }

  append() {
    const lines = /** @type {import('./lines.js').Lines} */ (this.lines).all;
    for (; this.done < lines.length; this.done++) this.push(/** @type {Line} */ (lines[this.done]));
  }

  /** @param {Line} line */
  push(line) {
    if (this.ignored.hides(line)) return;
    const before = this.all.at(-1);
    const previous = before?.lines.at(-1);
    const isNewDay = !previous || !sameDay(previous.at, line.at);
    if (isNewDay) this.all.push(row(`day ${line.key}`, 'day', line));
    const isMark = this.mark > 0 && line.sub === 0 && line.number >= this.mark && (!previous || previous.number < this.mark);
    if (isMark) this.all.push(row('mark', 'mark', line));
    if (MOVES.has(line.kind)) {
      if (before?.kind === 'moves' && !isNewDay && !isMark) {
        before.lines.push(line);
        before.height = 0;
      } else {
        this.all.push(row(line.key, 'moves', line));
      }
      return;
    }
    const made = row(line.key, line.kind, line);
    const follows = previous && isMessage(before) && previous.from === line.from && line.at - previous.at < GROUP_MS;
    made.first = !(isMessage(made) && follows && !isNewDay && !isMark);
    this.all.push(made);
  }
}

/** @param {Row} [row] */
function isMessage(row) {
  return row !== undefined && (row.kind === 'said' || row.kind === 'removed' || row.kind === 'whisper' || row.kind === 'pending');
}

/** @param {string} key @param {Row['kind']} kind @param {Line} line @returns {Row} */
function row(key, kind, line) {
  return { key, kind, line, lines: [line], first: true, height: 0 };
}
