// @ts-check
/** Whom this user does not want to hear: known to this browser only, for each server. */

import { choice, choose } from './session.js';

/** More names than these are not kept. */
const MOST = 500;

export class Ignored {
  constructor() {
    this.key = `ignored ${globalThis.location?.pathname ?? ''}`;
    const kept = choice(this.key);
    /** By lower-case name. @type {Map<string, string>} */
    this.names = new Map((Array.isArray(kept) ? kept : []).map((name) => [String(name).toLowerCase(), String(name)]));
    /** Changes when the names do. */
    this.revision = 0;
  }

  /** @param {string | undefined} user */
  has(user) {
    return user !== undefined && this.names.has(user.toLowerCase());
  }

  /** Whether a line is not shown: what such a user said, offered, and whether it came or went. @param {import('./lines.js').Line} line */
  hides({ kind, from, data }) {
    if (this.names.size === 0) return false;
    return this.has(kind === 'joined' || kind === 'left' ? data.user : from);
  }

  /** @param {string} user */
  add(user) {
    if (this.names.size >= MOST) return false;
    this.names.set(user.toLowerCase(), user);
    this.changed();
    return true;
  }

  /** Whether it was ignored. @param {string} user */
  remove(user) {
    const was = this.names.delete(user.toLowerCase());
    this.changed();
    return was;
  }

  changed() {
    this.revision++;
    choose(this.key, [...this.names.values()]);
  }
}
