// @ts-check
/**
 * What a client remembers so that it says and hears everything exactly once. docs/protocol.md, section 8, is what it follows.
 *
 * @typedef {import('./chat-client.js').Message} Message
 * @typedef {import('./chat-client.js').Since} Since
 * @typedef {import('./chat-client.js').Verdict} Verdict
 * @typedef {import('./chat-client.js').Unanswered} Unanswered
 */

/**
 * One room of which there is a copy: all up to `at` was handed on, or is known to be lost.
 *
 * @typedef {object} Copy
 * @property {Since} at
 * @property {number | null} unseen Set while the join was taken but its answer never came: the last number at the welcome.
 * @property {boolean} doubtful Whether membership waits for the answer to a join.
 * @property {{last: number, upto: number, topic: number} | null} past Open while messages from before the join may come.
 * @property {string} [key] What was given to come in, if the room has a key.
 * @property {Since[]} topics Topics that joins told before what was missed was told, among which they may come again.
 */

/** More than these, and the connection is cut: a resume tells what was missed, and no topic before. */
const EARLY_TOPICS = 8;
const FORMER_ROOMS = 128;

/**
 * What a client remembers so that it says and hears everything exactly once: its unanswered asks, and where its copy of
 * each room ends. It knows no connection.
 */
export class Mirror {
  /** @param {any} [kept] */
  constructor(kept) {
    this.lastId = /** @type {number} */ (kept?.lastId ?? 0);
    this.whispers = /** @type {number} */ (kept?.whispers ?? 0);
    // As whom the server knows this client, by the last welcome.
    this.user = '';
    /** @type {Map<string, Copy>} */
    this.rooms = new Map((kept?.rooms ?? []).map((/** @type {[string, Copy]} */ [name, copy]) => [name, { ...copy, past: null }]));
    /** @type {Map<string, Since>} */
    this.former = new Map(kept?.former ?? []);
    /** @type {Map<number, Unanswered>} */
    this.unanswered = new Map();
    for (const entry of kept?.unanswered ?? []) this.unanswered.set(entry.id, entry);
  }

  /** Without the keys of rooms: what is kept is read by whoever opens this browser. */
  kept() {
    const rooms = [...this.rooms].map(([name, { key, ...copy }]) => [name, copy]);
    const asks = [...this.unanswered.values()].filter(({ ask }) => ask.type !== 'enter');
    const unanswered = asks.map(({ id, ask, sent }) => ({ id, ask, sent }));
    return { lastId: this.lastId, whispers: this.whispers, rooms, former: [...this.former], unanswered };
  }

  unusedId() {
    return ++this.lastId;
  }

  /** @param {Message} ask @param {Unanswered['done']} [done] @param {Unanswered['failed']} [failed] @returns {Unanswered} */
  ask(ask, done, failed) {
    const entry = { id: this.unusedId(), ask, sent: false, done, failed };
    this.unanswered.set(entry.id, entry);
    return entry;
  }

  /** @param {string} user @param {boolean} resumed @param {({room: string} & Since)[]} rooms */
  welcomed(user, resumed, rooms) {
    this.user = user;
    return resumed ? this.resumed(rooms) : this.begun();
  }

  /** @param {({room: string} & Since)[]} heads */
  resumed(heads) {
    for (const [name, copy] of [...this.rooms]) {
      const head = heads.find((head) => head.room === name);
      if (head) resumeCopy(copy, head);
      else if (!copy.doubtful) this.forgetRoom(name, copy);
    }
    for (const { room, epoch, number } of heads) {
      // The answer to the join was lost with the connection.
      if (!this.rooms.has(room)) this.rooms.set(room, unseenCopy({ epoch, number }, this.takeFormer(room)));
    }
    return { repeat: [...this.unanswered.values()], rejoin: /** @type {Unanswered[]} */ ([]), uncertain: /** @type {Unanswered[]} */ ([]) };
  }

  begun() {
    const lost = [...this.unanswered.values()];
    const joins = /** @type {Message[]} */ ([]);
    for (const [name, copy] of [...this.rooms]) {
      const last = lost.findLast(({ ask }) => (isJoin(ask) || ask.type === 'leave') && names(ask.room, name));
      // Who asked to leave wants to be out, and is.
      if (last?.ask.type === 'leave') {
        this.forgetRoom(name, copy);
        continue;
      }
      copy.doubtful = true;
      copy.past = null;
      const how = copy.key === undefined ? { type: 'join' } : { type: 'enter', key: copy.key };
      joins.push({ ...how, room: name, ...(copy.unseen === null && { since: copy.at }) });
    }
    this.whispers = 0;
    this.unanswered.clear();
    // The rooms first: what waits may be for them.
    const rejoin = joins.map((ask) => this.ask(ask));
    // What never left this side is simply said in the new session. Transfers have no meaning there.
    const isLost = (/** @type {Unanswered} */ { ask, sent }) => sent || 'transfer' in ask;
    const uncertain = lost.filter(isLost);
    const repeat = lost.filter((entry) => !isLost(entry));
    for (const entry of repeat) {
      entry.id = this.unusedId();
      this.unanswered.set(entry.id, entry);
    }
    return { repeat, rejoin, uncertain };
  }

  /**
   * Judges an event, and remembers it. Every event goes through here once, in the order it came; only what answers a
   * query does not.
   * @param {Message} event
   * @returns {Verdict | 'answer' | 'duplicate' | 'broken'}
   */
  told(event) {
    const re = event.re ?? 0;
    const ask = this.unanswered.get(re)?.ask;
    this.unanswered.delete(re);
    const copy = this.rooms.get(event.room);
    switch (event.type) {
      case 'joined':
      case 'left':
      case 'churned':
      case 'said':
      case 'topic_changed':
      case 'role_changed':
      case 'kicked':
      case 'restricted':
      case 'lifted':
      case 'modes_changed':
      case 'deleted':
      case 'removed':
        if (event.type === 'kicked' && names(event.user, this.user) && !(event.past && copy)) return this.putOut(event);
        if (ask?.type === 'leave') return this.left(event);
        if (copy) return take(copy, re !== 0, event);
        return re ? 'answer' : event.past ? 'duplicate' : 'broken';
      case 'caught_up':
        return copy ? caughtUp(copy, event) : 'new';
      case 'gap':
        if (copy) gap(copy, event);
        return 'new';
      case 'whispered':
        if (!event.number) break;
        if (event.number <= this.whispers) return 'duplicate';
        this.whispers = event.number;
        return event.past ? 'missed' : 'new';
    }
    if (re && !ask) return 'duplicate';
    if (event.type === 'members') return this.members(event, ask);
    if (event.type === 'refused') return this.refused(ask);
    return event.past ? 'missed' : 'new';
  }

  /** @param {Message} event */
  left(event) {
    const copy = this.rooms.get(event.room);
    if (!copy) return 'answer';
    const rejoins = [...this.unanswered.values()].some(({ ask }) => isJoin(ask) && names(ask.room, event.room));
    const before = copy.unseen === null ? { ...copy.at } : null;
    const verdict = take(copy, true, event);
    const older = before && before.epoch === event.epoch && event.number < before.number;
    if (rejoins) copy.doubtful = true;
    else if (!older) this.forgetRoom(event.room, copy);
    return verdict;
  }

  /**
   * This client was put out of a room, in place of its own `left`; or it is told so at its return.
   * @param {Message} event @returns {'new' | 'missed' | 'duplicate'}
   */
  putOut(event) {
    const copy = this.rooms.get(event.room);
    const known = this.former.get(event.room);
    if (copy) {
      // Whatever is missing before it is not owed any more.
      take(copy, (event.re ?? 0) !== 0, event);
      this.forgetRoom(event.room, copy);
    } else if (known && known.epoch === event.epoch && event.number <= known.number) {
      return 'duplicate';
    }
    return event.past ? 'missed' : 'new';
  }

  /** @param {Message} event @param {Message} [ask] @returns {'new'} */
  members(event, ask) {
    const copy = this.rooms.get(event.room);
    // The repeat of a join that was undone since: a member would count.
    if (!event.fresh && event.total === 0) {
      if (copy) this.forgetRoom(event.room, copy);
      return 'new';
    }
    const since = /** @type {Since | undefined} */ (ask && isJoin(ask) ? ask.since : undefined);
    if (copy) membersOf(copy, event, since);
    else this.rooms.set(event.room, joinedCopy(event, since, this.takeFormer(event.room)));
    const entered = this.rooms.get(event.room);
    // A new session needs the key again.
    if (ask?.type === 'enter' && entered) entered.key = ask.key;
    return 'new';
  }

  /** @param {Message} [ask] @returns {'answer' | 'new'} */
  refused(ask) {
    if (ask && isJoin(ask)) {
      for (const [name, copy] of this.rooms) {
        if (copy.doubtful && names(ask.room, name)) this.forgetRoom(name, copy);
      }
    }
    return ask ? 'answer' : 'new';
  }

  /** @param {string} name @param {Copy} copy */
  forgetRoom(name, copy) {
    this.rooms.delete(name);
    if (copy.unseen !== null) return;
    if (this.former.size >= FORMER_ROOMS) this.former.delete(/** @type {string} */ (this.former.keys().next().value));
    this.former.set(name, copy.at);
  }

  /** @param {string} name */
  takeFormer(name) {
    const at = this.former.get(name);
    this.former.delete(name);
    return at;
  }
}

/** @param {Message} ask */
function isJoin(ask) {
  return ask.type === 'join' || ask.type === 'enter';
}

/** @param {string} text As a user wrote it. @param {string} room */
function names(text, room) {
  return text.replace(/^#/, '').toLowerCase() === room.toLowerCase();
}

/** @param {Since} head @param {Since} [floor] @returns {Copy} */
function unseenCopy(head, floor) {
  const number = floor && floor.epoch === head.epoch ? floor.number : 0;
  return { at: { epoch: head.epoch, number }, unseen: head.number, doubtful: false, past: null, topics: [] };
}

/** @param {Message} head @param {Since} [since] @param {Since} [floor] @returns {Copy} */
function joinedCopy(head, since, floor) {
  const seen = floor && floor.epoch === head.epoch ? floor.number : 0;
  /** @type {Copy} */
  const copy = { at: { epoch: head.epoch, number: head.number }, unseen: null, doubtful: false, past: null, topics: [] };
  if (since) copy.at = { epoch: since.epoch, number: since.epoch === head.epoch ? Math.max(since.number, seen) : since.number };
  else if (head.fresh) copy.past = { last: seen, upto: head.number, topic: 0 };
  return copy;
}

/** A copy that is ahead of the room holds what never happened there: it is given up. @param {Copy} copy @param {Since} head */
function resumeCopy(copy, head) {
  copy.doubtful = false;
  copy.past = null;
  const ahead = copy.at.epoch === head.epoch && copy.at.number > head.number;
  if (ahead) Object.assign(copy, unseenCopy(head));
  else if (copy.unseen !== null) Object.assign(copy, unseenCopy(head, copy.at));
}

/** @param {Copy} copy @param {Message} head @param {Since} [since] */
function membersOf(copy, head, since) {
  copy.doubtful = false;
  if (!head.fresh) return;
  if (since) {
    if (copy.unseen !== null) Object.assign(copy, { at: { ...since }, unseen: null });
    return;
  }
  const same = copy.at.epoch === head.epoch;
  // The first answer, told again: the copy is further already.
  if (copy.unseen === null && same && head.number <= copy.at.number) return;
  copy.past = { last: same ? copy.at.number : 0, upto: head.number, topic: 0 };
  copy.at = { epoch: head.epoch, number: head.number };
  copy.unseen = null;
}

/**
 * Judges an event of the room. An answer may come before what it follows; nothing else may.
 * @param {Copy} copy @param {boolean} answers @param {Message} event
 */
function take(copy, answers, event) {
  const past = event.past ?? false;
  const same = event.epoch === copy.at.epoch;
  const isNext = same && follows(copy, answers, past, event.number);
  const isOld = same && event.number <= copy.at.number;
  if (past && !answers && event.type === 'topic_changed' && !isOld && !isNext) return earlyTopic(copy, event);
  if (isOld) return !answers && past && takePast(copy, event) ? 'past' : 'duplicate';
  if (!isNext) return answers ? 'answer' : 'broken';
  copy.at.number = event.number;
  copy.unseen = null;
  const told = copy.topics.some((topic) => topic.epoch === event.epoch && topic.number === event.number);
  if (told) {
    forgetTopics(copy);
    return 'duplicate';
  }
  if (past) return 'missed';
  // The own `joined` stands between the answer to the join and what was said before.
  if (!(event.type === 'joined' && copy.past?.upto === event.number - 1)) copy.past = null;
  return 'new';
}

/** @param {Copy} copy @param {boolean} answers @param {boolean} past @param {number} number */
function follows(copy, answers, past, number) {
  if (copy.unseen === null) return number === copy.at.number + 1;
  if (answers) return false;
  return past ? number > copy.at.number && number <= copy.unseen + 1 : number === copy.unseen + 1;
}

/** Whether this message from before the join was not told yet. @param {Copy} copy @param {Message} event */
function takePast(copy, event) {
  const past = copy.past;
  if (!past || event.number <= past.last || event.number > past.upto || event.number === past.topic) return false;
  if (event.type === 'topic_changed' && !past.topic) past.topic = event.number;
  else past.last = event.number;
  return true;
}

/** @param {Copy} copy @param {Message} event */
function earlyTopic(copy, { epoch, number }) {
  if (copy.topics.some((topic) => topic.epoch === epoch && topic.number === number)) return 'duplicate';
  if (copy.topics.length >= EARLY_TOPICS) return 'broken';
  copy.topics.push({ epoch, number });
  return 'past';
}

/** Those that the copy has passed cannot come again. @param {Copy} copy */
function forgetTopics(copy) {
  copy.topics = copy.topics.filter((topic) => topic.epoch === copy.at.epoch && topic.number > copy.at.number);
}

/** @param {Copy} copy @param {Message} event @returns {'new' | 'broken'} */
function caughtUp(copy, event) {
  copy.past = null;
  if (copy.unseen !== null) {
    copy.unseen = null;
    copy.at = { epoch: event.epoch, number: event.number };
  }
  return event.epoch === copy.at.epoch && event.number <= copy.at.number ? 'new' : 'broken';
}

/** Part of the room is gone: the copy goes on with the first that is available. @param {Copy} copy @param {Message} event */
function gap(copy, event) {
  const seen = copy.at.epoch === event.epoch ? copy.at.number : 0;
  copy.at = { epoch: event.epoch, number: Math.max(event.first_available - 1, seen) };
  copy.unseen = null;
  forgetTopics(copy);
  copy.past = { last: seen, upto: copy.at.number, topic: 0 };
}
