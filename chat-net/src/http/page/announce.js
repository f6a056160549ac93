// @ts-check
/** What is said to those who listen to the page. */

import { find, make } from './dom.js';

/** More lines than these are not waiting to be read, and none for longer. */
const LINES = 5;
const STAYS_MS = 10_000;
/** What comes within this time of what was said is said together. */
const GATHER_MS = 2_000;

/** Says something, once. @param {string} text */
export function announce(text) {
  const announcer = find('announcer');
  const line = make('p', {}, text);
  announcer.append(line);
  while (announcer.childElementCount > LINES) announcer.firstElementChild?.remove();
  setTimeout(() => line.remove(), STAYS_MS);
}

/** What was deleted is read to nobody any more. @param {string} text */
export function unsay(text) {
  if (!text) return;
  for (const line of [...find('announcer').children]) {
    if (line.textContent?.includes(text)) line.remove();
  }
}

/** Messages as they come: one is read, and of many, faster than anyone could listen, how many there are. */
export class Reader {
  /** @param {(text: string) => void} say */
  constructor(say) {
    this.say = say;
    /** @type {{text: string, isForMe: boolean}[]} */
    this.waiting = [];
    this.isPausing = false;
  }

  /** @param {string} text @param {boolean} isForMe */
  read(text, isForMe) {
    this.waiting.push({ text, isForMe });
    if (!this.isPausing) this.next();
  }

  /** What was deleted. @param {string} text */
  forget(text) {
    if (text) this.waiting = this.waiting.filter((line) => !line.text.endsWith(text));
  }

  next() {
    const [first, ...more] = this.waiting;
    this.isPausing = first !== undefined;
    if (!first) return;
    this.say(more.length === 0 ? first.text : this.number());
    this.waiting = [];
    setTimeout(() => this.next(), GATHER_MS);
  }

  number() {
    const forMe = this.waiting.filter(({ isForMe }) => isForMe).length;
    return `${this.waiting.length} messages${forMe > 0 ? `, ${forMe} for you` : ''}`;
  }
}
