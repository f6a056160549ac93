// @ts-check
/**
 * A client of the chat protocol over a WebSocket: this module and `mirror.js`, no DOM, nothing to build.
 *
 *     import { ChatClient } from './chat-client.js';
 *     const chat = new ChatClient({
 *       url: 'ws://127.0.0.1:8080/ws',
 *       told: (event) => console.log(event.type, event.from, event.body),
 *       status: (status) => console.log(status.state),
 *     });
 *     chat.hello('alice');
 *     await chat.ask({ type: 'say', room: 'lobby', body: 'hi' });
 *
 * It keeps the session's token, the positions and the unanswered asks, comes back after a lost connection, asks
 * again what has no answer, and hands on every event once. docs/protocol.md describes it.
 *
 * @typedef {{type: string, [field: string]: any}} Message A JSON object of the protocol.
 * @typedef {{epoch: number, number: number}} Since
 * @typedef {'new' | 'missed' | 'past'} Verdict It happened now; while away; before one joined (to be read, no news).
 * @typedef {{state: 'idle'}
 *   | {state: 'connecting'}
 *   | {state: 'naming', refusal: Message | null}
 *   | {state: 'online', welcome: Message}
 *   | {state: 'waiting', until: number, why: string}
 *   | {state: 'ended', code: number, reason: string, message: string}} Status
 * @typedef {{id: number, ask: Message, sent: boolean, done?: (answer: Message) => void, failed?: (error: Error) => void}} Unanswered
 * @typedef {{name: string, token: string, isAccount?: boolean, mirror: object}} Kept What a session is resumed from; JSON.
 * @typedef {object} Options
 * @property {string} url Where the WebSocket is.
 * @property {(event: Message, verdict: Verdict) => void} told Each event, once, in order. Also `chunk`, `credit`, `stop`.
 * @property {(status: Status) => void} [status] Each change of the connection.
 * @property {(kept: Kept, now: boolean) => void} [keep] What to store, so that a later page can go on; `now`: before
 *   anything else happens (an ask is about to be sent), else when it suits.
 * @property {(ask: Message, answer: Message | null) => void} [answered] The answer to an ask of an earlier page, whose
 *   promise is gone; null: nobody knows whether it was taken.
 * @property {Kept | null} [kept] What `keep` was given by an earlier page.
 * @property {string[]} [rooms] The rooms to begin in; left out: the server's start room.
 */

import { Mirror } from './mirror.js';

/** A refusal: `code`, `reason` and a sentence. */
export class Refused extends Error {
  /** @param {Message} answer */
  constructor(answer) {
    super(answer.message);
    this.code = answer.code;
    this.reason = answer.reason;
    this.retryAfterMs = answer.retry_after_ms;
  }
}

/** How long nothing may come before the server is asked for a sign, and before the connection counts as dead. */
const QUIET_MS = 20_000;
const DEAD_MS = 10_000;
const WATCH_MS = 2_500;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 20_000;
/** A connection that stood so long was a good one: the next delay is the first one again. */
const GOOD_MS = 5_000;
/** A hello has at most 4 KiB; positions that do not fit are left out, what is told twice is dropped. */
const HELLO_BYTES = 3_500;
const KEEP_MS = 250;
const LEFT = 405;
/** From here on closes say that the session itself is over. */
const FIRST_PUT_OUT = 409;
/** What was said waits until the server's own password has been. */
const PASSWORD_REQUIRED = 135;
const SUBPROTOCOL = 'chat.v1.json';

export class ChatClient {
  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    this.name = options.kept?.name ?? '';
    this.token = options.kept?.token ?? '';
    this.isAccount = options.kept?.isAccount ?? false;
    this.mirror = new Mirror(options.kept?.mirror);
    /** How one comes in, until the server has judged it: secrets are kept for no longer. @type {{type: 'login' | 'register', password: string} | null} */
    this.proof = null;
    /** The server's own password, said on each connection. */
    this.serverPassword = '';
    this.isUnlocked = false;
    this.limit = 256;
    /** @type {Status} */
    this.status = { state: 'idle' };
    /** @type {WebSocket | null} */
    this.socket = null;
    /** `isOnce`: not to be repeated. @type {Map<number, {query: Message, isOnce?: boolean, events: Message[], done: (page: {answer: Message, events: Message[]}) => void, failed: (error: Error) => void}>} */
    this.queries = new Map();
    this.attempts = 0;
    this.welcomedAt = 0;
    this.heardAt = 0;
    this.pingedAt = 0;
    /** @type {any} */
    this.timer = 0;
    /** @type {any} */
    this.keeper = 0;
    /** @type {Message | null} */
    this.closing = null;
    /** @type {any} */
    this.watcher = 0;
  }

  /** Says who one is: connects, or, after a refused name, tries another on the same connection. @param {string} name */
  hello(name) {
    this.introduce(name, null);
  }

  /** Comes in as an account. @param {string} name @param {string} password */
  login(name, password) {
    this.introduce(name, { type: 'login', password });
  }

  /** Makes an account, and comes in as it. @param {string} name @param {string} password */
  register(name, password) {
    this.introduce(name, { type: 'register', password });
  }

  /** Says the server's own password, and goes on with the name or session that waits for it. It is kept as long as this object. @param {string} password */
  unlock(password) {
    this.serverPassword = password;
    this.isUnlocked = false;
    this.speak();
  }

  /** @param {string} name @param {ChatClient['proof']} proof */
  introduce(name, proof) {
    this.name = name;
    this.proof = proof;
    if (proof) this.token = '';
    this.speak();
  }

  speak() {
    if (this.socket?.readyState === 1 && this.status.state === 'naming') this.greet();
    else if (!this.socket) this.connect();
  }

  /** Changes the password of one's account, and ends its other sessions. @param {string} old @param {string} password */
  changePassword(old, password) {
    return this.once({ type: 'password', old, new: password });
  }

  /** Ends all other sessions of one's account. */
  logOutEverywhere() {
    return this.once({ type: 'log_out_everywhere' });
  }

  /** Goes on with the kept session. */
  resume() {
    if (!this.socket) this.connect();
  }

  /**
   * Asks for a change. It is asked again after a lost connection, and done once.
   * @param {Message} ask
   * @returns {Promise<Message>} The event that answers; rejected with `Refused`, or an Error if nobody knows.
   */
  ask(ask) {
    if (this.mirror.unanswered.size >= this.limit) {
      return Promise.reject(new Error('too many asks wait for an answer, wait for one of them first'));
    }
    return new Promise((done, failed) => {
      const entry = this.mirror.ask(ask, done, failed);
      this.keep(true);
      if (this.isOnline()) this.sendAsk(entry);
    });
  }

  /**
   * Reads something. It is repeated after a lost connection.
   * @param {Message} query
   * @returns {Promise<{answer: Message, events: Message[]}>} The answer, and the messages of a `history` or `search`.
   */
  query(query) {
    return this.want(query, false);
  }

  /** Wants something that is not repeated after a break. @param {Message} wanted */
  once(wanted) {
    if (!this.isOnline()) return Promise.reject(new Error('there is no connection now, try again when it is back'));
    return this.want(wanted, true);
  }

  /** @param {Message} query @param {boolean} isOnce @returns {Promise<{answer: Message, events: Message[]}>} */
  want(query, isOnce) {
    return new Promise((done, failed) => {
      const id = this.mirror.unusedId();
      this.queries.set(id, { query, isOnce, events: [], done, failed });
      if (this.isOnline()) this.send({ ...query, id });
    });
  }

  /** Sends what is not answered (`chunk`, `received`); false if there is no connection. @param {Message} message */
  send(message) {
    if (this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** How many bytes wait in the browser to be sent. */
  get waiting() {
    return this.socket?.bufferedAmount ?? 0;
  }

  /** Leaves every room and ends the session. */
  bye() {
    if (!this.send({ type: 'bye' })) this.ended(LEFT, 'left', 'goodbye');
  }

  /** Asks for a sign of life, where the connection may be dead without anyone having noticed. */
  probe = () => {
    if (!this.isOnline() || this.pingedAt) return;
    this.pingedAt = Date.now();
    this.send({ type: 'ping', nonce: 1 });
  };

  /** Tries again at once, if it is waiting to. */
  hurry = () => {
    if (this.status.state === 'waiting') this.connect();
    else this.probe();
  };

  /** Nothing is kept of a room that was left: who joins it again is told what was told before. @param {string} room */
  forget(room) {
    this.mirror.former.delete(room);
  }

  isOnline() {
    return this.status.state === 'online';
  }

  /** @param {Status} status */
  become(status) {
    this.status = status;
    this.options.status?.(status);
  }

  connect() {
    clearTimeout(this.timer);
    if (!this.watcher) {
      this.watcher = setInterval(() => this.watch(), WATCH_MS);
      globalThis.addEventListener?.('online', this.hurry);
      globalThis.addEventListener?.('offline', this.probe);
    }
    this.closing = null;
    this.isUnlocked = false;
    this.pingedAt = 0;
    this.heardAt = Date.now();
    const socket = new WebSocket(this.options.url, SUBPROTOCOL);
    this.socket = socket;
    this.become({ state: 'connecting' });
    socket.onopen = () => {
      if (socket === this.socket) this.greet();
    };
    socket.onmessage = (message) => {
      if (socket === this.socket) this.heard(message.data);
    };
    socket.onclose = (close) => {
      if (socket === this.socket) this.closed(close.code);
    };
  }

  greet() {
    if (this.serverPassword && !this.isUnlocked) return this.send({ type: 'unlock', password: this.serverPassword });
    if (!this.name) return this.become({ state: 'naming', refusal: null });
    /** @type {Message} */
    const hello = { type: 'hello', name: this.name, positions: [], whispers: this.mirror.whispers, ...this.proof };
    if (this.token) hello.resume = this.token;
    // Rooms of an earlier session are joined again by `rejoin`, with where the copy of each ends.
    if (this.mirror.rooms.size > 0) hello.rooms = [];
    else if (this.options.rooms) hello.rooms = this.options.rooms;
    let bytes = JSON.stringify(hello).length;
    for (const [room, copy] of this.token ? this.mirror.rooms : []) {
      if (copy.unseen !== null) continue;
      const position = { room, ...copy.at };
      bytes += JSON.stringify(position).length + 1;
      if (bytes > HELLO_BYTES) break;
      hello.positions.push(position);
    }
    this.send(hello);
  }

  /** @param {string} data */
  heard(data) {
    this.heardAt = Date.now();
    this.pingedAt = 0;
    const message = /** @type {Message} */ (JSON.parse(data));
    switch (message.type) {
      case 'ping':
        return this.send({ type: 'pong', nonce: message.nonce });
      case 'pong':
        return;
      case 'welcome':
        return this.welcomed(message);
      case 'closing':
        this.closing = message;
        return;
      case 'chunk':
      case 'credit':
      case 'stop':
        return this.options.told(message, 'new');
    }
    if (!this.isOnline() && message.type === 'refused') return this.nameRefused(message);
    if (!this.isOnline() && message.type === 'done') {
      this.isUnlocked = true;
      return this.greet();
    }
    if (message.re && this.queries.has(message.re)) return this.queried(message.re, message);
    if ('at' in message) this.event(message);
  }

  /** @param {Message} welcome */
  welcomed(welcome) {
    this.name = welcome.user;
    this.token = welcome.token;
    this.isAccount = welcome.resumed ? this.isAccount : this.proof !== null;
    this.proof = null;
    this.limit = welcome.limits?.unanswered ?? this.limit;
    this.welcomedAt = Date.now();
    const { repeat, rejoin, uncertain } = this.mirror.welcomed(welcome.user, welcome.resumed, welcome.rooms);
    for (const entry of rejoin) {
      entry.done = () => {};
      entry.failed = (error) => this.lost(entry.ask, error);
    }
    // The page is told only when these are on their way: what it asks then has higher ids, and ids have to rise.
    this.status = { state: 'online', welcome };
    this.keep(true);
    for (const entry of [...rejoin, ...repeat]) this.sendAsk(entry);
    for (const [id, query] of this.queries) {
      // The answer comes anew, from its beginning.
      query.events = [];
      this.send({ ...query.query, id });
    }
    this.become(this.status);
    this.keep(false);
    for (const entry of uncertain) {
      const why = 'the session was lost before an answer came, look whether it was taken';
      if (entry.failed) entry.failed(new Error(why));
      else this.options.answered?.(entry.ask, null);
    }
  }

  /** A room that could not be joined again. @param {Message} ask @param {Error} error */
  lost(ask, error) {
    // If this session was lost, too, the next one joins it.
    if (!(error instanceof Refused)) return;
    const { message, code, reason } = error;
    this.options.answered?.(ask, { type: 'refused', message, code, reason });
  }

  /** @param {Message} refusal */
  nameRefused(refusal) {
    const isUnlocking = this.serverPassword !== '' && !this.isUnlocked;
    const isLocked = isUnlocking || refusal.code === PASSWORD_REQUIRED;
    if (refusal.code >= 200 && !isUnlocking && !this.proof) {
      this.closing = { ...refusal, type: 'closing', ...(refusal.code < 400 && { code: 300, reconnect_after_ms: refusal.retry_after_ms }) };
      this.socket?.close();
      return;
    }
    if (isUnlocking) this.serverPassword = '';
    if (!isLocked) {
      // Somebody else has the name now, or the session is over: nothing is left to go on with.
      this.proof = null;
      this.token = '';
    }
    this.become({ state: 'naming', refusal });
  }

  /** @param {number} id @param {Message} message */
  queried(id, message) {
    const query = this.queries.get(id);
    if (!query) return;
    if (message.type === 'lingering' || (message.past && (message.type === 'said' || message.type === 'removed'))) {
      query.events.push(message);
      return;
    }
    this.queries.delete(id);
    if (message.type === 'refused') query.failed(new Refused(message));
    else query.done({ answer: message, events: query.events });
  }

  /** @param {Message} event */
  event(event) {
    const entry = this.mirror.unanswered.get(event.re);
    const verdict = this.mirror.told(event);
    if (verdict === 'broken') {
      // What is missing is told after a resume.
      this.socket?.close();
      this.closed(1006);
      return;
    }
    if (verdict === 'new' || verdict === 'missed' || verdict === 'past') this.options.told(event, verdict);
    if (entry) {
      if (!entry.done) this.options.answered?.(entry.ask, event);
      else if (event.type === 'refused') entry.failed?.(new Refused(event));
      else entry.done(event);
    }
    this.keep(false);
  }

  /** @param {number} wsCode */
  closed(wsCode) {
    this.socket = null;
    for (const [id, { isOnce, failed }] of this.queries) {
      if (!isOnce) continue;
      this.queries.delete(id);
      failed(new Error('the connection was lost before an answer came, look whether it was done'));
    }
    const code = this.closing?.code ?? (wsCode > 4000 ? wsCode - 4000 : 0);
    const message = this.closing?.message ?? (this.welcomedAt ? 'the connection was lost' : 'the server cannot be reached');
    // A person takes longer to think of a name than a program has: the next name opens another connection.
    if (this.status.state === 'naming') return;
    if (code >= 400) return this.ended(code, this.closing?.reason ?? '', message);
    if (Date.now() - this.welcomedAt > GOOD_MS && this.isOnline()) this.attempts = 0;
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.attempts++);
    const delay = longest * (0.5 + Math.random() / 2) + (this.closing?.reconnect_after_ms ?? 0);
    this.become({ state: 'waiting', until: Date.now() + delay, why: message });
    this.timer = setTimeout(() => this.connect(), delay);
  }

  /** @param {number} code @param {string} reason @param {string} message */
  ended(code, reason, message) {
    const { socket } = this;
    this.socket = null;
    // One that still connects would greet.
    socket?.close();
    clearTimeout(this.timer);
    clearInterval(this.watcher);
    this.watcher = 0;
    globalThis.removeEventListener?.('online', this.hurry);
    globalThis.removeEventListener?.('offline', this.probe);
    // Who has left or was put out has no session to go on with.
    if (code === LEFT || code >= FIRST_PUT_OUT) this.token = '';
    this.proof = null;
    for (const query of this.queries.values()) query.failed(new Error(message));
    this.queries.clear();
    this.become({ state: 'ended', code, reason, message });
  }

  /** Looks whether the other end is still there. */
  watch() {
    if (!this.socket) return;
    const now = Date.now();
    if (this.pingedAt ? now - this.pingedAt > DEAD_MS : !this.isOnline() && now - this.heardAt > QUIET_MS) {
      if (this.status.state === 'naming') return;
      this.socket.close();
      this.closing = null;
      this.closed(1006);
    } else if (now - this.heardAt > QUIET_MS) {
      this.probe();
    }
  }

  /** @param {Unanswered} entry */
  sendAsk(entry) {
    entry.sent = this.send({ ...entry.ask, id: entry.id }) || entry.sent;
  }

  /** @param {boolean} now */
  keep(now) {
    if (now) {
      clearTimeout(this.keeper);
      this.keeper = 0;
      this.options.keep?.(this.kept(), true);
    } else if (!this.keeper) {
      this.keeper = setTimeout(() => {
        this.keeper = 0;
        this.options.keep?.(this.kept(), false);
      }, KEEP_MS);
    }
  }

  /** What a later page can go on with. @returns {Kept} */
  kept() {
    return { name: this.name, token: this.token, isAccount: this.isAccount, mirror: this.mirror.kept() };
  }
}
