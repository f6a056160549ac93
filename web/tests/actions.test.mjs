/** What the user can do, with a client that only answers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeActions } from '../../chat-net/src/http/page/actions.js';
import { Mirror } from '../../chat-net/src/http/page/mirror.js';
import { Model } from '../../chat-net/src/http/page/model.js';

globalThis.document = { hidden: false };

/** The page without its views. @param {(ask: object) => object} answer Throws to refuse. */
function page(answer = () => ({})) {
  const asked = [];
  const app = {
    model: new Model({ changed() {}, closed() {}, news() {} }),
    client: {
      mirror: new Mirror(),
      ask: async (ask) => {
        asked.push(ask);
        return answer(ask);
      },
    },
    statusLine: { say() {} },
    waiting: new Set(),
    arrived: (room) => app.waiting.delete(room),
    transfers: { lost() {} },
    drawers: { close() {} },
    composer: { focus() {} },
    log: { follow() {} },
  };
  return { app, asked, actions: makeActions(app) };
}

const rooms = ({ model }) => [...model.places.values()].map(({ label }) => label);
const notes = ({ model }) => model.here.live.all.map(({ body }) => body);

test('a room that one leaves is closed by the answer, which need be no news', async () => {
  const { app, asked, actions } = page(({ room }) => ({ type: 'left', room, epoch: 0, number: 0, user: 'me' }));
  app.model.open('lobby');
  app.model.open('big');
  app.waiting.add('big');
  actions.submit('/leave big');
  actions.close(app.model.open('@bob'));
  await new Promise(setImmediate);
  assert.deepEqual(asked, [{ type: 'leave', room: 'big' }]);
  assert.deepEqual(rooms(app), ['#lobby']);
  assert.equal(app.waiting.size, 0, 'nothing more of it is waited for');
});

test('a room that cannot be left stays, and it is said why', async () => {
  const { app, actions } = page(() => {
    throw new Error('no');
  });
  await actions.close(app.model.open('lobby'));
  assert.deepEqual([rooms(app), notes(app)], [['#lobby'], ['No.']]);
});

test('a room that could not be joined again is not waited for', () => {
  const { app, actions } = page();
  app.model.open('lobby');
  app.waiting.add('lobby').add('dev');
  actions.answered({ type: 'join', room: 'dev' }, { type: 'refused', message: 'the room is full' });
  assert.deepEqual([[...app.waiting], notes(app)], [['lobby'], ['The room is full.']]);
});

test('a command that means nothing in a whisper, or in no room, is answered in a sentence', () => {
  const { app, asked, actions } = page();
  const said = [];
  app.statusLine.say = (mood, text) => said.push(text);
  const lines = ['/topic', '/topic tea', '/users'];
  for (const line of [...lines, '/leave', '/sendfile']) actions.submit(line);
  assert.deepEqual(said, Array(5).fill('You are in no room: /join one first.'));
  app.model.open('@pat');
  for (const line of lines) actions.submit(line);
  const topic = 'A whisper has no topic, only rooms have.';
  assert.deepEqual([asked, notes(app)], [[], [topic, topic, 'Only you and pat can read this.']]);
});

test('the rooms there are stand in lines, and what is typed next is said', async () => {
  const { app, asked, actions } = page(() => ({ type: 'said' }));
  app.model.open('lobby');
  const rooms = [{ room: 'dev', members: 1, topic: 'tea' }, { room: 'lobby', members: 2 }];
  app.client.query = async () => ({ answer: { type: 'rooms', rooms, total: 2, more: false }, events: [] });
  actions.submit('/rooms');
  await new Promise(setImmediate);
  assert.deepEqual(notes(app), ['2 rooms:\n#dev, 1 here: tea\n#lobby, 2 here']);
  actions.submit('hi');
  assert.deepEqual(asked, [{ type: 'say', room: 'lobby', body: 'hi' }]);
});

test('a line waits for its answer, and can be sent again if that is a refusal', async () => {
  let isRefused = true;
  const { app, asked, actions } = page(() => {
    if (isRefused) throw new Error('too fast');
    return { type: 'said' };
  });
  const lobby = app.model.open('lobby');
  actions.submit('hi');
  assert.deepEqual(lobby.pending.map(({ body, failed }) => [body, failed]), [['hi', undefined]]);
  await new Promise(setImmediate);
  const [failed] = lobby.pending;
  assert.deepEqual([failed.failed, failed.data], [true, 'Not sent: too fast.']);
  isRefused = false;
  failed.again();
  await new Promise(setImmediate);
  assert.deepEqual([lobby.pending, asked.length], [[], 2]);
});

test('what an earlier page asked has a line until it is answered', () => {
  const { app, actions } = page();
  const [said, whispered] = [{ type: 'say', room: '#lobby', body: 'one' }, { type: 'whisper', to: 'bob', body: 'two' }];
  for (const ask of [said, whispered]) actions.waitsStill(ask);
  const pending = (name) => app.model.open(name).pending.map(({ body, data }) => data ?? body);
  assert.deepEqual([pending('lobby'), pending('@bob')], [['one'], ['two']]);
  actions.answered(said, { type: 'said' });
  actions.answered(whispered, null);
  assert.deepEqual(pending('lobby'), []);
  assert.match(pending('@bob')[0], /^Not sent: the session was lost/);
});
