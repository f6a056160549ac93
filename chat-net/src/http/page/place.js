// @ts-check
/** A room, or the whispers with one user: what one can talk in. */

import { Lines } from './lines.js';
import { Order } from './order.js';

/** @typedef {{by: string, reason: string | null, banned: boolean}} Put */

export class Place {
  /** @param {string} name A room's name, or with `@` a user's. */
  constructor(name) {
    this.isRoom = !name.startsWith('@');
    /** Without a sign. */
    this.name = this.isRoom ? name : name.slice(1);
    this.key = keyOf(name);
    this.live = new Lines();
    this.live.more = this.isRoom;
    /** An older part that was jumped to, apart from the live one. @type {Lines | null} */
    this.apart = null;
    /** What is not answered yet. @type {import('./lines.js').Line[]} */
    this.pending = [];
    /** By lower-case name. @type {Map<string, string>} */
    this.members = new Map();
    /** How many there are: in a big room more than are in the list. */
    this.total = 0;
    /** Changes when the members do. */
    this.crowd = 0;
    this.topic = '';
    this.topicNumber = 0;
    this.epoch = 0;
    /** The last number of the room that was told. */
    this.last = 0;
    this.unread = 0;
    this.mentions = 0;
    /** The last number that was read, and the one before which the line "new" stands. */
    this.read = 0;
    this.mark = 0;
    this.draft = '';
    /** What an earlier page knew of who came and went, until the messages around it are here. @type {import('./lines.js').Line[]} */
    this.kept = [];
    /** Where an earlier page had files that may be told of again, by their numbers. @type {Map<number, {number: number, sub: number}>} */
    this.files = new Map();
    this.isFetching = false;
    /** Whether something is missing that may have changed the members. */
    this.hasGap = false;
    this.order = new Order();
    /** Who has no connection and may come back, by lower-case name. @type {Set<string>} */
    this.lingering = new Set();
    /** Messages that were deleted while the page looked on, and by whom. @type {Map<number, string>} */
    this.gone = new Map();
    /** How one was put out of the room, as long as one is. @type {Put | null} */
    this.out = null;
    /** Where it was scrolled to; null at the end. @type {{key: string, offset: number} | null} */
    this.anchor = null;
  }

  /** As it is shown and typed. */
  get label() {
    return this.isRoom ? `#${this.name}` : `@${this.name}`;
  }

  /** The lines on the screen. */
  get shown() {
    return this.apart ?? this.live;
  }

  /** These linger, and nobody else. @param {string[]} users */
  linger(users) {
    this.lingering = new Set(users.map((user) => user.toLowerCase()));
    this.crowd++;
  }

  /** @param {string[]} users */
  setMembers(users) {
    this.members = new Map(users.map((user) => [user.toLowerCase(), user]));
    this.total = Math.max(this.total, this.members.size);
    this.crowd++;
  }

  /** Lets go of lines when there are very many, and never of what is read. @param {string} reading The key of that line; empty at the end. */
  trim(reading) {
    // A page that is on its way belongs to where the lines begin now.
    if (!this.live.isLong || this.isFetching) return;
    const index = reading && !this.apart ? this.live.all.findIndex(({ key }) => key === reading) : -1;
    if (index < 0 || this.live.canTrim(index)) {
      this.live.trim();
    } else if (this.isRoom) {
      const newest = this.live.part(index);
      this.apart = this.live;
      this.live = newest;
    }
  }

  /** Puts what an earlier page knew between the messages that are here. What is older waits: there may be messages between. */
  recall() {
    const { live } = this;
    const from = live.more ? live.lowest || Infinity : 0;
    const lines = this.kept.filter(({ number }) => number >= from);
    if (lines.length === 0) return;
    this.kept = this.kept.filter(({ number }) => number < from);
    live.addPage(lines);
  }

  /** Joins the older part with the live one as soon as they touch; for when older messages have come. */
  mend() {
    const { apart, live } = this;
    if (apart && !(apart.newer && apart.highest < live.lowest)) {
      apart.addPage(live.all);
      apart.newer = false;
      this.live = apart;
      this.apart = null;
    }
    this.recall();
  }
}

/** Names differ by more than case. @param {string} name */
export function keyOf(name) {
  return name.toLowerCase();
}
