/** A WebSocket of which the test is the server. */

/** The newest one last. @type {FakeSocket[]} */
export const sockets = [];

export class FakeSocket {
  readyState = 0;
  bufferedAmount = 0;
  /** What the client sent, as objects. @type {any[]} */
  sent = [];

  constructor() {
    sockets.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  /** The server takes the connection, and the client says hello. */
  opens() {
    this.readyState = 1;
    this.onopen?.();
  }

  /** The server tells. */
  tells(...messages) {
    for (const message of messages) this.onmessage?.({ data: JSON.stringify({ at: 1, ...message }) });
  }

  /** The connection breaks. */
  breaks() {
    this.readyState = 3;
    this.onclose?.({ code: 1006 });
  }

  /** What was sent since the last look. */
  takes() {
    return this.sent.splice(0);
  }
}

globalThis.WebSocket = FakeSocket;

/** Connects again, or at first, and greets. @param {{hello(name: string): void, hurry(): void, status: {state: string}}} client */
export function connects(client) {
  if (client.status.state === 'waiting') client.hurry();
  else client.hello('me');
  const socket = sockets.at(-1);
  socket.opens();
  socket.takes();
  return socket;
}

/** @param {boolean} resumed @param {string[]} rooms All with no news. */
export function welcome(resumed, rooms = [], number = 3) {
  const limits = { unanswered: 256, body_bytes: 4096 };
  return { type: 'welcome', user: 'me', token: 't', resumed, resumable_ms: 300_000, limits, rooms: rooms.map((room) => ({ room, epoch: 1, number })) };
}

/** What a join is answered with, of a room with one event before it. */
export function joins(re, room, number = 2) {
  return [
    { type: 'members', re, room, epoch: 1, number, fresh: true, total: 1, users: ['me'] },
    { type: 'joined', room, epoch: 1, number: number + 1, user: 'me' },
  ];
}
