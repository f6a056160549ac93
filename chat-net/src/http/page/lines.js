// @ts-check
/**
 * The lines of one room or whisper, in the room's order, each once.
 *
 * @typedef {object} Line
 * @property {string} key Names it for as long as the page lives.
 * @property {'said' | 'removed' | 'whisper' | 'joined' | 'left' | 'churned' | 'topic' | 'order' | 'note' | 'file' | 'invited' | 'pending'} kind
 * @property {number} at The server's time.
 * @property {number} number The room's number; of a line without one, the number that it came after.
 * @property {number} sub 0 for a line with a number; others rise.
 * @property {string} [from]
 * @property {string} [body]
 * @property {boolean} [mention]
 * @property {boolean} [failed]
 * @property {() => void} [again] Sends a failed line once more.
 * @property {() => void} [drop] Takes it away.
 * @property {any} [data]
 */

/** More lines than these are let go at the far end; scrolling there fetches them again. */
const MOST = 12_000;
const KEPT = 10_000;
/** So many lines around the one that is being read stay. */
const AROUND = 500;

let counter = 0;

/** A number for lines that have none. */
export function nextSub() {
  return ++counter;
}

/** Lines without a hole between them. */
export class Lines {
  constructor() {
    /** @type {Line[]} */
    this.all = [];
    /** Changes when anything but the end does. */
    this.revision = 0;
    /** Whether older ones can be fetched. */
    this.more = true;
    /** Whether there are newer ones that are not here. */
    this.newer = false;
  }

  /** @param {Line} line @returns {boolean} Whether it was not there. */
  add(line) {
    const { all } = this;
    const last = all.at(-1);
    if (!last || compare(last, line) < 0) {
      all.push(line);
      return true;
    }
    const index = this.place(line);
    const there = all[index];
    if (there && compare(there, line) === 0) return false;
    all.splice(index, 0, line);
    this.revision++;
    return true;
  }

  /** Puts another line where a message is; returns what was there. @param {Line} line @returns {Line | undefined} */
  replace(line) {
    const index = this.place(line);
    const there = this.all[index];
    if (!there || compare(there, line) !== 0) return undefined;
    this.all[index] = line;
    this.revision++;
    return there;
  }

  /** Adds a page of history at once. @param {Line[]} page */
  addPage(page) {
    const merged = [...this.all, ...page].sort(compare);
    this.all = merged.filter((line, index) => index === 0 || compare(/** @type {Line} */ (merged[index - 1]), line) !== 0);
    this.revision++;
  }

  /** Where the line is or would be. @param {{number: number, sub: number}} line */
  place(line) {
    let low = 0;
    let high = this.all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(/** @type {Line} */ (this.all[middle]), line) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get isLong() {
    return this.all.length > MOST;
  }

  /** Whether the oldest can be let go while this line is read. @param {number} index */
  canTrim(index) {
    return index - AROUND >= this.all.length - KEPT;
  }

  /** Ends a little after this line, one of the oldest, and returns the newest ones; what was between is let go. @param {number} index */
  part(index) {
    const newest = new Lines();
    newest.all = this.all.slice(-KEPT / 2);
    this.all.length = index + AROUND;
    this.newer = true;
    this.revision++;
    return newest;
  }

  /** Lets go of the oldest. */
  trim() {
    this.all.splice(0, this.all.length - KEPT);
    this.more = true;
    this.revision++;
  }

  clear() {
    this.all = [];
    this.revision++;
  }

  /** The lowest and highest number of a message, 0 if there is none. */
  get lowest() {
    return this.all.find((line) => line.sub === 0)?.number ?? 0;
  }

  get highest() {
    return this.all.findLast((line) => line.sub === 0)?.number ?? 0;
  }
}

/** @param {{number: number, sub: number}} a @param {{number: number, sub: number}} b */
function compare(a, b) {
  return a.number - b.number || a.sub - b.sub;
}
