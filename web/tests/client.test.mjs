/** What the client in a browser sends, and in which order. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatClient } from '../../chat-net/src/http/page/chat-client.js';
import { connects, joins, sockets, welcome } from './socket.mjs';

/** A client in the lobby. `online` is what a page does when it is told so. */
function begins(t, online = () => {}) {
  const told = [];
  const answered = [];
  const states = [];
  const client = new ChatClient({
    url: 'ws://test/ws',
    rooms: [],
    told: (event) => told.push(event),
    answered: (ask, answer) => answered.push({ ask, answer }),
    status: (status) => {
      states.push(status.state);
      if (status.state === 'online') online(client);
    },
  });
  t.after(() => client.ended(405, 'left', ''));
  const socket = connects(client);
  socket.tells(welcome(false));
  client.ask({ type: 'join', room: 'lobby' });
  socket.tells(...joins(socket.sent.at(-1).id, 'lobby'));
  socket.takes();
  return { client, socket, told, answered, states };
}

const rises = (sent) => sent.every(({ id }, index) => index === 0 || id > sent[index - 1].id);

test('after a resume the repeats go before what the page asks then, and ids rise', (t) => {
  const { client, socket } = begins(t, (client) => client.ask({ type: 'accept', transfer: 1, from: 0 }).catch(() => {}));
  socket.breaks();
  client.ask({ type: 'say', room: 'lobby', body: 'offline' }).catch(() => {});
  const again = connects(client);
  again.tells(welcome(true, ['lobby']));
  const sent = again.takes();
  assert.equal(sent.at(-2).type, 'say');
  assert.equal(sent.at(-1).type, 'accept');
  assert.ok(rises(sent), JSON.stringify(sent));
});

test('in a new session the rooms are joined before what waits is said, however much waits', (t) => {
  const { client, socket } = begins(t);
  socket.breaks();
  for (let number = 0; number < 256; number++) client.ask({ type: 'say', room: 'lobby', body: `${number}` }).catch(() => {});
  const again = connects(client);
  again.tells(welcome(false));
  const sent = again.takes();
  assert.deepEqual(sent.slice(0, 2).map(({ type }) => type), ['join', 'say']);
  assert.deepEqual(sent[0].since, { epoch: 1, number: 3 });
  assert.equal(sent.length, 257);
  assert.ok(rises(sent));
});

test('a room that cannot be joined again is told of', (t) => {
  const { client, socket, answered } = begins(t);
  socket.breaks();
  const again = connects(client);
  again.tells(welcome(false));
  again.tells({ type: 'refused', re: again.sent.at(-1).id, code: 102, reason: 'x', message: 'no' });
  assert.equal(answered.length, 1);
  assert.equal(answered[0].ask.room, 'lobby');
  assert.equal(answered[0].answer.message, 'no');
});

test('a room that two sessions in a row have to join again is no failure', (t) => {
  const { client, socket, answered } = begins(t);
  socket.breaks();
  for (let session = 0; session < 2; session++) {
    const again = connects(client);
    again.tells(welcome(false));
    assert.deepEqual(again.takes().map(({ type }) => type), ['join']);
    again.breaks();
  }
  assert.deepEqual(answered, []);
});

test('what was never sent of a transfer ends with the session', async (t) => {
  const { client, socket } = begins(t);
  socket.breaks();
  const finish = client.ask({ type: 'finish', transfer: 1 });
  const again = connects(client);
  again.tells(welcome(false));
  assert.deepEqual(again.takes().map(({ type }) => type), ['join']);
  await assert.rejects(finish, /session was lost/);
});

test('a query that was cut in the middle of its answer has every hit once', async (t) => {
  const { client, socket } = begins(t);
  const page = client.query({ type: 'search', words: 'hi' });
  const { id } = socket.takes()[0];
  const hit = { type: 'said', re: id, past: true, room: 'lobby', epoch: 1, number: 1, from: 'bob', body: 'hi' };
  socket.tells(hit);
  socket.breaks();
  const again = connects(client);
  again.tells(welcome(true, ['lobby']), hit, { type: 'found', re: id, more: false });
  assert.equal((await page).events.length, 1);
});

test('who leaves while it connects is gone', (t) => {
  const { client, socket, states } = begins(t);
  socket.breaks();
  client.hurry();
  const connecting = sockets.at(-1);
  client.bye();
  assert.equal(connecting.readyState, 3);
  connecting.opens();
  connecting.tells(welcome(true, ['lobby']));
  assert.deepEqual(connecting.sent, []);
  assert.equal(states.at(-1), 'ended');
});
