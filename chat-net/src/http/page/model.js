// @ts-check
/** What the page knows: the places and their lines, from what the client is told. It draws nothing. */

import { Ignored } from './ignored.js';
import { nextSub } from './lines.js';
import { Order } from './order.js';
import { Place, keyOf } from './place.js';

/**
 * @typedef {import('./chat-client.js').Message} Message
 * @typedef {import('./chat-client.js').Verdict} Verdict
 * @typedef {import('./lines.js').Line} Line
 * @typedef {{place: Place, line: Line, isLive: boolean}} News A line that is worth an unread mark.
 */

export class Model {
  /** @param {{changed: () => void, closed: (place: Place) => void, news: (news: News) => void, gone?: (gone: Message, body: string) => void}} hooks `gone`: a message was deleted. */
  constructor(hooks) {
    this.hooks = hooks;
    this.me = '';
    this.ignored = new Ignored();
    /** @type {Map<string, Place>} */
    this.places = new Map();
    this.active = '';
    /** Whether the end of the active place is on the screen. */
    this.isReading = true;
    /** The key of the line at the top of the screen; empty at the end. */
    this.reading = '';
    /** How many messages came while away, by the last count. */
    this.missed = 0;
  }

  /** @returns {Place | undefined} */
  get here() {
    return this.places.get(this.active);
  }

  /** The place of that name, made if there is none. @param {string} name */
  open(name) {
    const key = keyOf(name);
    let place = this.places.get(key);
    if (!place) {
      place = new Place(name);
      this.places.set(key, place);
      if (!this.active) this.active = key;
    }
    return place;
  }

  /** @param {string} key */
  show(key) {
    const left = this.here;
    if (left && left.key !== key) left.mark = 0;
    this.active = key;
    const place = this.here;
    if (place) {
      if (place.unread > 0) place.mark = place.read + 1;
      this.read();
    }
    this.hooks.changed();
  }

  /** What is on the screen is read. */
  read() {
    const place = this.here;
    if (!place || !this.isReading || document.hidden) return;
    place.unread = 0;
    place.mentions = 0;
    place.read = Math.max(place.read, place.live.all.at(-1)?.number ?? 0);
  }

  /** @param {string} key */
  close(key) {
    const place = this.places.get(key);
    if (!place) return;
    this.places.delete(key);
    this.hooks.closed(place);
    if (this.active === key) {
      this.active = '';
      const next = this.places.keys().next().value;
      if (next) this.show(next);
    }
    this.hooks.changed();
  }

  /** Takes an event. @param {Message} event @param {Verdict} verdict */
  told(event, verdict) {
    switch (event.type) {
      case 'members':
        this.joinedRoom(event);
        break;
      case 'joined':
      case 'left':
      case 'churned':
        this.moved(event, verdict);
        break;
      case 'said':
        this.said(event, verdict);
        break;
      case 'topic_changed':
        this.topicChanged(event, verdict);
        break;
      case 'role_changed':
      case 'restricted':
      case 'lifted':
      case 'modes_changed':
        this.ordered(event);
        break;
      case 'ranked':
        this.places.get(keyOf(event.room))?.order.told(event, this.me);
        break;
      case 'kicked':
        this.kicked(event);
        break;
      case 'deleted':
        this.deleted(event);
        break;
      case 'removed':
        this.removed(event);
        break;
      case 'invited':
        this.invited(event, verdict);
        break;
      case 'whispered':
        this.whispered(event, verdict);
        break;
      case 'gap':
        this.gap(event);
        break;
      default:
        return;
    }
    this.hooks.changed();
  }

  /** @param {Message} event */
  room(event) {
    const place = this.open(event.room);
    place.name = event.room;
    if (place.epoch && place.epoch !== event.epoch) {
      place.live.clear();
      Object.assign(place, { apart: null, kept: [], files: new Map(), gone: new Map(), last: 0, read: 0, mark: 0, topicNumber: 0 });
    }
    place.epoch = event.epoch;
    place.out = null;
    place.last = Math.max(place.last, event.number);
    return place;
  }

  /** @param {Message} event */
  joinedRoom(event) {
    const isOut = !event.fresh && event.total === 0;
    if (isOut) return;
    const place = this.room(event);
    if (event.fresh) place.order = new Order();
    place.total = event.total;
    place.setMembers(event.users);
    place.total = event.total;
  }

  /** @param {Message} event @param {Verdict} verdict */
  moved(event, verdict) {
    // One that was missed was an earlier session's, and one has joined since.
    if (event.type === 'left' && event.user === this.me && verdict === 'new') {
      this.close(keyOf(event.room));
      return;
    }
    const place = this.room(event);
    if (event.type === 'churned') {
      place.total = event.total;
      place.order.churned(event.left_users, event.joined_users);
    } else if (event.type === 'joined') {
      place.order.joined(event.user, verdict !== 'new');
      if (!place.members.has(event.user.toLowerCase())) place.total++;
      place.members.set(event.user.toLowerCase(), event.user);
    } else {
      place.order.left(event.user);
      if (place.members.delete(event.user.toLowerCase())) place.total--;
    }
    place.crowd++;
    this.add(place, lineOf(event), false);
  }

  /** Something of the room's order. @param {Message} event */
  ordered(event) {
    const place = this.room(event);
    place.order.told(event, this.me);
    place.crowd++;
    this.add(place, lineOf(event), false);
  }

  /** @param {Message} event */
  kicked(event) {
    const place = this.room(event);
    place.order.left(event.user);
    if (place.members.delete(event.user.toLowerCase())) place.total--;
    place.crowd++;
    this.add(place, lineOf(event), false);
    if (event.user !== this.me) return;
    place.out = { by: event.by, reason: event.reason, banned: event.banned };
    place.order = new Order();
    place.setMembers([]);
    place.total = 0;
  }

  /** A message is deleted: its text goes from everywhere, and a tombstone takes its place. @param {Message} event */
  deleted(event) {
    const place = this.room(event);
    const { target, by } = event;
    place.gone.set(target, by);
    let body = '';
    for (const lines of [place.live, place.apart]) {
      const there = lines?.all[lines.place({ number: target, sub: 0 })];
      if (!there || there.number !== target || there.kind !== 'said') continue;
      body = there.body ?? '';
      lines?.replace(tombstone(there.data, by));
    }
    this.hooks.gone?.(event, body);
  }

  /** What history has where a message was deleted. @param {Message} event */
  removed(event) {
    const place = this.room(event);
    const line = lineOf(event);
    if (!place.live.replace(line)) this.add(place, line, false);
  }

  /** @param {Message} event @param {Verdict} verdict */
  invited(event, verdict) {
    if (event.user !== this.me || this.ignored.has(event.by)) return;
    const place = this.open(`@${event.by}`);
    const sub = nextSub();
    /** @type {Line} */
    const line = { key: `i${sub}`, kind: 'invited', at: event.at, number: sub, sub, from: event.by, body: `invites you to #${event.room}`, data: event };
    this.add(place, line, true, verdict === 'new');
  }

  /** @param {Message} event @param {Verdict} verdict */
  said(event, verdict) {
    const place = this.room(event);
    if (event.from === this.me && verdict === 'new') place.order.spoke(Date.now());
    const line = this.message(event);
    this.add(place, line, verdict !== 'past' && event.from !== this.me, verdict === 'new');
    if (verdict === 'missed') this.missed++;
  }

  /** A line of a message. @param {Message} event @returns {Line} */
  message(event) {
    // A page of history may have set out before its message was deleted.
    const by = this.places.get(keyOf(event.room))?.gone.get(event.number);
    if (by && event.type === 'said') return tombstone(event, by);
    const line = lineOf(event);
    if (line.kind === 'removed') return line;
    line.mention = event.from !== this.me && mentions(event.body, this.me);
    return line;
  }

  /** @param {Message} event @param {Verdict} verdict */
  topicChanged(event, verdict) {
    const place = this.room(event);
    if (event.number >= place.topicNumber) {
      place.topic = event.topic ?? '';
      place.topicNumber = event.number;
    }
    if (verdict !== 'past') this.add(place, lineOf(event), false);
  }

  /** @param {Message} event @param {Verdict} verdict */
  whispered(event, verdict) {
    if (this.ignored.has(event.from)) return;
    // Another device of one's own account said it.
    const isOwn = event.from === this.me && (event.number === 0 || event.to !== this.me);
    const place = this.open(`@${isOwn ? event.to : event.from}`);
    const sub = nextSub();
    /** @type {Line} */
    const line = { key: `w${sub}`, kind: 'whisper', at: event.at, number: sub, sub, from: event.from, body: event.body };
    this.add(place, line, !isOwn, verdict === 'new');
    if (verdict === 'missed') this.missed++;
  }

  /** @param {Message} event */
  gap(event) {
    const place = this.room(event);
    place.hasGap = true;
    place.order.missed(this.me);
    place.live.clear();
    place.live.more = event.why !== 'new_epoch';
    const why = {
      new_epoch: 'The room was made anew while you were away.',
      not_kept: 'Some of what you missed is not told again.',
      corrupt: 'Some of what you missed is damaged and cannot be shown.',
    }[/** @type {string} */ (event.why)];
    this.add(place, note(event.first_available - 1, event.at, why ?? 'Something is missing here.'), false);
  }

  /** Adds a line without a number at the end of a place. @param {Place} place @param {string} text */
  note(place, text) {
    place.live.add(note(place.isRoom ? place.last : nextSub(), Date.now(), text));
    this.hooks.changed();
  }

  /** @param {Place} place @param {Line} line @param {boolean} counts @param {boolean} [isLive] */
  add(place, line, counts, isLive = false) {
    if (!place.live.add(line)) return;
    if (this.ignored.hides(line)) counts = false;
    place.trim(place === this.here ? this.reading : '');
    const isSeen = place === this.here && this.isReading && !document.hidden;
    if (isSeen) place.read = Math.max(place.read, line.number);
    if (counts && (line.number > place.read || line.sub > 0) && !isSeen) {
      if (place.unread === 0 && place === this.here) place.mark = line.number;
      place.unread++;
      if (line.mention || !place.isRoom) place.mentions++;
    }
    if (counts) this.hooks.news({ place, line, isLive });
  }
}

/** Lines that have another name than their events. @type {Record<string, Line['kind']>} */
const KINDS = { topic_changed: 'topic', role_changed: 'order', restricted: 'order', lifted: 'order', modes_changed: 'order', kicked: 'order' };

/** @param {Message} event @returns {Line} */
export function lineOf(event) {
  const kind = KINDS[event.type] ?? /** @type {Line['kind']} */ (event.type);
  const key = `${event.epoch}/${event.number}`;
  return { key, kind, at: event.at, number: event.number, sub: 0, from: event.from, body: event.body, data: event };
}

/** What stands where a message was. @param {Message} said @param {string} by @returns {Line} */
function tombstone({ at, room, epoch, number, from }, by) {
  return lineOf({ type: 'removed', at, room, epoch, number, from, by });
}

/** @param {number} number @param {number} at @param {string} body @returns {Line} */
export function note(number, at, body) {
  const sub = nextSub();
  return { key: `n${sub}`, kind: 'note', at, number, sub, body };
}

/** Whether the name stands in the text as a word. @param {string} text @param {string} name */
export function mentions(text, name) {
  if (!name) return false;
  const escaped = name.replace(/[.\-]/g, '\\$&');
  return new RegExp(`(?<![\\w.-])@?${escaped}(?![\\w-])`, 'i').test(text);
}
