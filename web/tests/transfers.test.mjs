/** What the page makes of the files that it is told of, when the connection breaks and when the server forgets. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { connects, joins, welcome } from './socket.mjs';

/** The parts of a browser that are asked for here. Every hash is `h`. */
globalThis.addEventListener ??= () => {};
globalThis.document ??= { hidden: false, createElement: () => ({ click() {} }) };
globalThis.Worker ??= class {
  constructor() {
    queueMicrotask(() => this.onmessage({ data: {} }));
  }

  postMessage({ id, file, end }) {
    if (file || end) queueMicrotask(() => this.onmessage({ data: { id, hash: 'h' } }));
  }
};

const { ChatClient } = await import('../../chat-net/src/http/page/chat-client.js');
const { Model } = await import('../../chat-net/src/http/page/model.js');
const { Transfers } = await import('../../chat-net/src/http/page/transfers.js');
const { timeOf } = await import('../../chat-net/src/http/page/time.js');

/** The page's parts behind its views, in the lobby. */
function begins(t) {
  const app = {};
  app.client = new ChatClient({
    url: 'ws://test/ws',
    rooms: [],
    told: (event, verdict) => app.transfers.told(event, verdict) || app.model.told(event, verdict),
    status: (status) => {
      if (status.state === 'online') app.transfers.online(status.welcome.resumed);
      else app.transfers.offline();
    },
  });
  const closed = (place) => {
    app.client.forget(place.name);
    app.transfers.placeClosed(place);
  };
  app.model = new Model({ changed() {}, closed, news() {} });
  app.model.me = 'me';
  app.actions = { ask: (ask) => app.client.ask(ask).catch(() => null) };
  app.transfers = new Transfers(app, () => {});
  t.after(() => app.client.ended(405, 'left', ''));
  const socket = connects(app.client);
  socket.tells(welcome(false));
  app.client.ask({ type: 'join', room: 'lobby' });
  socket.tells(...joins(socket.sent.at(-1).id, 'lobby'));
  socket.takes();
  return { app, socket };
}

const offered = (transfer, more = {}) => ({ type: 'offered', transfer, from: 'bob', room: 'lobby', name: 'f.bin', size: 3, chunk_bytes: 1024, expires: 9e15, ...more });
const accepted = (re, transfer, from = 0) => ({ type: 'accepted', re, transfer, user: 'me', from });
const chunk = (transfer, offset, text) => ({ type: 'chunk', transfer, offset, data: Buffer.from(text).toString('base64') });
const cards = (app) => app.model.places.get('lobby').live.all.filter(({ kind }) => kind === 'file').map(({ data }) => data);
const types = (sent) => sent.map(({ type }) => type);

/** Takes a file of three bytes to its end. */
async function receives(app, socket, transfer) {
  const held = app.transfers.all.get(transfer);
  app.transfers.accept(held);
  await settled();
  socket.tells(accepted(socket.takes().at(-1).id, transfer), { type: 'hashed', transfer, hash: 'h' });
  await settled();
  socket.tells(chunk(transfer, 0, 'abc'));
  await settled();
  socket.tells({ type: 'finished', re: socket.takes().at(-1).id, transfer, user: 'me' });
  await settled();
  return held;
}

test('a file that was accepted while away is accepted once, and comes', async (t) => {
  const { app, socket } = begins(t);
  socket.tells(offered(1));
  socket.breaks();
  const transfer = app.transfers.all.get(1);
  app.transfers.accept(transfer);
  await settled();
  const again = connects(app.client);
  again.tells(welcome(true, ['lobby']));
  const sent = again.takes();
  assert.deepEqual(types(sent), ['accept']);
  again.tells(accepted(sent[0].id, 1));
  await settled();
  assert.deepEqual(again.takes(), []);
  assert.equal(transfer.state, 'running');
});

test('an accept that the break may have undone is asked anew when its repeat is answered', async (t) => {
  const { app, socket } = begins(t);
  socket.tells(offered(1));
  app.transfers.accept(app.transfers.all.get(1));
  await settled();
  const { id } = socket.takes()[0];
  socket.breaks();
  const again = connects(app.client);
  again.tells(welcome(true, ['lobby']));
  assert.deepEqual(again.takes().map((ask) => [ask.type, ask.id]), [['accept', id]]);
  again.tells(accepted(id, 1));
  await settled();
  const [anew] = again.takes();
  assert.ok(anew.type === 'accept' && anew.id > id);
  again.tells(accepted(anew.id, 1));
  await settled();
  assert.deepEqual(again.takes(), []);
});

test('a server that counts its files anew is believed, and the old cards stay', (t) => {
  const { app, socket } = begins(t);
  socket.tells(offered(1, { name: 'old.bin' }));
  socket.breaks();
  const again = connects(app.client);
  again.tells(welcome(false));
  again.tells(...joins(again.takes()[0].id, 'lobby', 3), offered(1, { name: 'new.bin' }));
  assert.deepEqual(cards(app).map(({ offer, state }) => [offer.name, state]), [['old.bin', 'over'], ['new.bin', 'offered']]);
});

test('what is left of an earlier session asks nothing under its numbers', (t) => {
  const { app, socket } = begins(t);
  socket.tells(offered(1, { name: 'old.bin' }), { type: 'cancelled', transfer: 1, user: 'me', why: 'cancelled' });
  const old = app.transfers.all.get(1);
  assert.deepEqual([old.state, old.isOpen], ['over', true]);
  socket.breaks();
  const again = connects(app.client);
  again.tells(welcome(false));
  again.tells(...joins(again.takes()[0].id, 'lobby', 3), offered(1, { name: 'new.bin' }));
  assert.equal(old.isOpen, false);
  app.transfers.cancel(old, 'failed');
  assert.deepEqual(again.takes(), []);
});

test('an offer whose answer was lost keeps its file', async (t) => {
  const { app, socket } = begins(t);
  const file = new File(['abc'], 'mine.bin');
  app.transfers.offer([file], app.model.places.get('lobby'));
  const { id } = socket.takes()[0];
  socket.breaks();
  const again = connects(app.client);
  const mine = offered(1, { from: 'me', name: 'mine.bin' });
  again.tells(welcome(true, ['lobby']), { ...mine, past: true }, { type: 'credit', transfer: 1, pass: 1, next: 0, until: 3 }, { ...mine, re: id });
  for (let turn = 0; turn < 5; turn++) await settled();
  const sent = again.takes();
  assert.deepEqual(types(sent).sort(), ['chunk', 'hash', 'offer'], 'it is not called off, and the leave that was given is used');
  assert.equal(app.transfers.all.get(1).state, 'offered');
});

test('a file that an earlier page offered is called off', (t) => {
  const { app, socket } = begins(t);
  socket.tells({ ...offered(1, { from: 'me' }), past: true });
  assert.deepEqual(types(socket.takes()), ['cancel']);
  assert.equal(app.transfers.all.get(1).state, 'over');
});

test('what was received is let go when its place closes, and the oldest when there is too much', async (t) => {
  const { app, socket } = begins(t);
  const revoked = t.mock.method(URL, 'revokeObjectURL');
  socket.tells(offered(1), offered(2), offered(3));
  const first = await receives(app, socket, 1);
  const second = await receives(app, socket, 2);
  assert.match(first.url, /^blob:/);
  assert.equal(revoked.mock.callCount(), 0);
  first.offer.size = 600 * 1024 * 1024;
  const third = await receives(app, socket, 3);
  assert.deepEqual([first.url, revoked.mock.callCount()], ['', 1]);
  app.model.close('lobby');
  assert.deepEqual([second.url, third.url, revoked.mock.callCount()], ['', '', 3]);
});

test('a file that cannot be written is called off with that sentence, and can be taken anew', async (t) => {
  const { app, socket } = begins(t);
  const sink = { write: () => Promise.reject(new Error('full')), close: async () => {}, abort: async () => {} };
  globalThis.showSaveFilePicker = async () => ({ createWritable: async () => sink });
  t.after(() => delete globalThis.showSaveFilePicker);
  socket.tells(offered(1, { size: 100 * 1024 * 1024 }));
  const transfer = app.transfers.all.get(1);
  app.transfers.accept(transfer);
  await settled();
  socket.tells(accepted(socket.takes().at(-1).id, 1));
  await settled();
  socket.tells(chunk(1, 0, 'abc'));
  await settled();
  const [cancel, ...more] = socket.takes();
  assert.deepEqual([cancel.type, cancel.why, more.length], ['cancel', 'failed', 0]);
  socket.tells({ type: 'cancelled', re: cancel.id, transfer: 1, user: 'me', why: 'failed' });
  assert.deepEqual([transfer.note, transfer.state, transfer.isOpen], ['It could not be written.', 'over', true]);
});

test('a room that is left and joined again has its topic', (t) => {
  const { app, socket } = begins(t);
  const topic = { type: 'topic_changed', room: 'lobby', epoch: 1, by: 'bob', topic: 'tea' };
  socket.tells({ ...topic, number: 4 });
  app.client.ask({ type: 'leave', room: 'lobby' });
  socket.tells({ type: 'left', re: socket.takes()[0].id, room: 'lobby', epoch: 1, number: 5, user: 'me', why: 'asked' });
  assert.equal(app.model.places.size, 0);
  app.client.ask({ type: 'join', room: 'lobby' });
  socket.tells(...joins(socket.takes()[0].id, 'lobby', 5), { ...topic, number: 4, past: true });
  assert.equal(app.model.places.get('lobby').topic, 'tea');
});

test('whoever takes a file of a sender that is lost is told how long it waits', async (t) => {
  const { app, socket } = begins(t);
  socket.tells(offered(1));
  const transfer = app.transfers.all.get(1);
  app.transfers.accept(transfer);
  await settled();
  const at = 1_763_733_909_123;
  socket.tells(accepted(socket.takes().at(-1).id, 1), { type: 'paused', at, transfer: 1, user: 'bob', why: 'lost' });
  await settled();
  assert.equal(transfer.note, `bob lost the connection; it waits until bob is back, until ${timeOf(at + 300_000)} at most.`);
  socket.tells({ type: 'resumed', at, transfer: 1, user: 'bob' });
  assert.equal(transfer.note, '');
});
