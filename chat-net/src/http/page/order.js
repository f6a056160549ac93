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

/** @param {Rank} rank */
const height = (rank) => RANKS.indexOf(rank);

/** @param {Rank} rank @param {Rank} least */
export const isAtLeast = (rank, least) => height(rank) >= height(least);

export class Order {
  constructor() {
    /** Whether the server was asked, and whether it is being asked. */
    this.isRead = false;
    this.isReading = false;
    /** What oneself may do here. @type {Rank} */
    this.rank = 'member';
    /** @type {Modes} */
    this.modes = OPEN;
    /** Those who are more than members, by lower-case name. @type {Map<string, Rank>} */
    this.roles = new Map();
    /** Those who may not talk, by lower-case name, as far as one was told. @type {Map<string, Restricted>} */
    this.mutes = new Map();
    /** Before that, slow mode lets one say nothing. */
    this.slowUntil = 0;
    /** Changes when anything here does. */
    this.revision = 0;
  }

  /** @param {Message} answer To a query `room`. */
  read({ modes, rank, users }) {
    this.isRead = true;
    this.rank = rank;
    this.modes = modes;
    this.roles.clear();
    // Who is no moderator is told of nobody's mute, the own one included.
    if (isAtLeast(rank, 'moderator')) this.mutes.clear();
    for (const { user, role, muted } of /** @type {RoomUser[]} */ (users)) {
      if (role !== 'member') this.roles.set(user.toLowerCase(), role);
      if (muted) this.mutes.set(user.toLowerCase(), muted);
    }
    this.revision++;
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
