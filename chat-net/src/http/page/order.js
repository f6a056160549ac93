// @ts-check
/**
 * Order in one room: its modes, who may do what, and what oneself may not for now.
 *
 * @typedef {import('./chat-client.js').Message} Message
 * @typedef {'member' | 'moderator' | 'owner' | 'operator'} Rank
 * @typedef {{invite_only: boolean, has_key: boolean, moderated: boolean, slow_s: number, history: 'start' | 'join', retention_ms: number}} Modes
 * @typedef {{until: number | null, reason: string | null}} Restricted
 * @typedef {{user: string, role: Rank, banned?: Restricted, muted?: Restricted, invited: boolean}} RoomUser
 */

/** From the lowest to the highest. @type {Rank[]} */
const RANKS = ['member', 'moderator', 'owner', 'operator'];

/** @type {Modes} */
const OPEN = { invite_only: false, has_key: false, moderated: false, slow_s: 0, history: 'start', retention_ms: 0 };

/** Between two readings where one failed, or where many come and go. */
export const PAUSE_MS = 30_000;

/** @param {Rank} rank */
const height = (rank) => RANKS.indexOf(rank);

/** @param {Rank} rank @param {Rank} least */
export const isAtLeast = (rank, least) => height(rank) >= height(least);

export class Order {
  constructor() {
    /** Whether the server was asked, and whether it is being asked. */
    this.isRead = false;
    this.isReading = false;
    /** It is not asked before: it did not answer, or the room is a big one. */
    this.readAfter = 0;
    /** What oneself may do here. @type {Rank} */
    this.rank = 'member';
    /** @type {Modes} */
    this.modes = OPEN;
    /** Those who are more than members, by lower-case name. @type {Map<string, Rank>} */
    this.roles = new Map();
    /** Those who may not talk, by lower-case name, as far as one was told. @type {Map<string, Restricted>} */
    this.mutes = new Map();
    /** Who left and had a mute: the next of that name may be another guest. @type {Set<string>} */
    this.gone = new Set();
    /** Before that, slow mode lets one say nothing. */
    this.slowUntil = 0;
    /** Changes when anything here does. */
    this.revision = 0;
  }

  /** @param {Message} answer To a query `room`. @param {string} me */
  read({ modes, rank, users, more }, me) {
    this.isRead = true;
    this.rank = rank;
    this.modes = modes;
    this.roles.clear();
    const own = me.toLowerCase();
    // Who is no moderator is told of no other's mute. The own one is in the list, if that is whole.
    for (const key of [...this.mutes.keys()]) {
      if (key === own ? !more : isAtLeast(rank, 'moderator')) this.mutes.delete(key);
    }
    for (const { user, role, muted } of /** @type {RoomUser[]} */ (users)) {
      if (role !== 'member') this.roles.set(user.toLowerCase(), role);
      if (muted) this.mutes.set(user.toLowerCase(), muted);
    }
    this.revision++;
  }

  /** Something is missing: all of it is read anew, and until then nobody but oneself is known to be muted. @param {string} me */
  missed(me) {
    const own = this.muteOf(me, 0);
    this.isRead = false;
    this.readAfter = 0;
    this.roles.clear();
    this.mutes.clear();
    if (own) this.mutes.set(me.toLowerCase(), own);
    this.revision++;
  }

  /** @param {string} user */
  left(user) {
    const key = user.toLowerCase();
    this.roles.delete(key);
    if (this.mutes.delete(key)) this.gone.add(key);
    this.revision++;
  }

  /** Whoever is more than a member is `ranked` next, unless it happened while one was away. @param {string} user @param {boolean} isPast */
  joined(user, isPast) {
    if (this.gone.delete(user.toLowerCase()) || isPast) this.isRead = false;
  }

  /** Many came and went, of whom not all are named: read anew, but not with each digest. @param {string[]} left @param {string[]} joined */
  churned(left, joined) {
    for (const user of left) this.left(user);
    for (const user of joined) this.gone.delete(user.toLowerCase());
    if (this.isRead) this.readAfter = Date.now() + PAUSE_MS;
    this.isRead = false;
  }

  /** Takes an event. @param {Message} event @param {string} me */
  told(event, me) {
    const key = event.user?.toLowerCase();
    const isMe = key === me.toLowerCase();
    switch (event.type) {
      case 'role_changed':
        if (event.role === 'member') this.roles.delete(key);
        else this.roles.set(key, event.role);
        if (isMe && this.rank !== 'operator') this.rank = event.role;
        break;
      case 'ranked':
        this.roles.set(key, event.role);
        break;
      case 'restricted':
        if (event.what === 'mute') this.mutes.set(key, { until: event.until, reason: event.reason });
        else this.roles.delete(key);
        break;
      case 'lifted':
        if (event.what === 'mute') this.mutes.delete(key);
        break;
      case 'modes_changed':
        this.modes = event.modes;
        if (!event.modes.slow_s) this.slowUntil = 0;
        break;
      default:
        return;
    }
    this.revision++;
  }

  /** @param {string} user @returns {Rank} */
  roleOf(user) {
    return this.roles.get(user.toLowerCase()) ?? 'member';
  }

  /** The mute that holds. @param {string} user @param {number} now @returns {Restricted | null} */
  muteOf(user, now) {
    const mute = this.mutes.get(user.toLowerCase());
    return mute && (mute.until === null || mute.until > now) ? mute : null;
  }

  /** When the next of the mutes is over. @param {number} now */
  nextEnd(now) {
    return Math.min(...[...this.mutes.values()].map(({ until }) => (until !== null && until > now ? until : Infinity)));
  }

  /** Whether one may act against somebody: those of a lower rank. @param {string} user @param {Rank} [least] */
  isOver(user, least = 'moderator') {
    return isAtLeast(this.rank, least) && (this.rank === 'operator' || height(this.rank) > height(this.roleOf(user)));
  }

  get mayInvite() {
    return !this.modes.invite_only || isAtLeast(this.rank, 'moderator');
  }

  /** Whether one may delete what somebody said. @param {string} from @param {string} me */
  mayDelete(from, me) {
    return from === me || this.isOver(from);
  }

  /** The server says how long slow mode lets one wait. @param {number} [ms] */
  waits(ms = 0) {
    this.slowUntil = Date.now() + ms;
    this.revision++;
  }

  /** Said just now: slow mode begins to count. @param {number} now */
  spoke(now) {
    if (this.modes.slow_s && !isAtLeast(this.rank, 'moderator')) this.slowUntil = now + this.modes.slow_s * 1_000;
  }
}
