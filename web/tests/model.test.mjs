/** What the page knows and what it leaves for itself, without anything drawn. */

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { snapshot } from '../../chat-net/src/http/page/keepsake.js';
import { Model } from '../../chat-net/src/http/page/model.js';
import { makeModeration } from '../../chat-net/src/http/page/moderate.js';

globalThis.document = { hidden: false };

function model() {
  const model = new Model({ changed() {}, closed() {}, news() {} });
  model.me = 'me';
  return model;
}

const whispered = (from, body, number) => ({ type: 'whispered', at: 0, from, to: 'me', body, number });

test('whispers that do not fit the storage are let go from the oldest on, and the places stay', () => {
  const it = model();
  it.told({ type: 'topic_changed', at: 0, room: 'lobby', epoch: 1, number: 1, by: 'bob', topic: 'the topic' }, 'new');
  it.open('lobby').draft = 'a draft';
  const people = ['bob', 'carol', 'dora'];
  const body = (number) => `${number} ${'x'.repeat(4_000)}`;
  for (let number = 1; number <= 360; number++) it.told(whispered(people[number % 3], body(number), number), 'new');

  const kept = snapshot(it);
  assert.ok(JSON.stringify(kept).length <= 1_000_000);
  const [lobby, ...rest] = kept.places;
  assert.deepEqual([lobby.name, lobby.topic, lobby.draft], ['lobby', 'the topic', 'a draft']);
  const numbers = rest.flatMap(({ whispers }) => whispers.map(({ body }) => Number.parseInt(body, 10))).sort((a, b) => a - b);
  assert.ok(numbers.length > 200, `${numbers.length} are kept`);
  assert.deepEqual(numbers, Array.from({ length: numbers.length }, (_, index) => 361 - numbers.length + index), 'the newest ones');
});

test('of whispers that fit, the last hundred of each are left', () => {
  const it = model();
  for (let number = 1; number <= 150; number++) it.told(whispered('bob', 'psst', number), 'new');
  assert.deepEqual(snapshot(it).places.map(({ name, whispers }) => [name, whispers.length]), [['@bob', 100]]);
});

const said = (number) => ({ type: 'said', at: 0, room: 'lobby', epoch: 1, number, from: 'bob', body: `line ${number}` });
const range = (lines) => [lines.lowest, lines.highest];

/** In a room where this many lines were told. @param {number} count */
function talk(count) {
  const it = model();
  for (let number = 1; number <= count; number++) it.told(said(number), 'new');
  return it;
}

test('of very many lines the oldest are let go, also while one reads a little above the end', () => {
  const it = talk(11_000);
  Object.assign(it, { isReading: false, reading: '1/10900' });
  for (let number = 11_001; number <= 30_000; number++) it.told(said(number), 'new');
  const { live, apart } = it.here;
  const kept = live.all.length + (apart?.all.length ?? 0);
  assert.ok(kept <= 15_000, `${kept} lines`);
  assert.equal(live.highest, 30_000);
  assert.ok(it.here.shown.all.some(({ key }) => key === '1/10900'), 'what is read stays');
});

test('who reads the oldest lines keeps them, apart from the newest, and what is between can be fetched', () => {
  const it = talk(11_900);
  Object.assign(it, { isReading: false, reading: '1/100' });
  for (let number = 11_901; number <= 12_001; number++) it.told(said(number), 'new');
  const place = it.here;
  const { apart, live } = place;
  assert.deepEqual([range(apart), range(live)], [[1, 599], [7_002, 12_001]]);
  assert.deepEqual([place.shown === apart, apart.newer, live.newer], [true, true, false]);
  for (let number = 600; number < 7_002; number += 100) {
    apart.addPage(Array.from({ length: 100 }, (_, index) => it.message(said(number + index))));
    place.mend();
  }
  assert.deepEqual([place.apart, range(place.live)], [null, [1, 12_001]]);
  assert.equal(new Set(place.live.all.map(({ number }) => number)).size, 12_001, 'without a hole, each once');
});

test('nothing is let go while a page is on its way to the lines', () => {
  const it = talk(12_000);
  it.here.isFetching = true;
  for (let number = 12_001; number <= 12_010; number++) it.told(said(number), 'new');
  assert.equal(it.here.live.all.length, 12_010);
  it.here.isFetching = false;
  it.told(said(12_011), 'new');
  assert.deepEqual(range(it.here.live), [2_012, 12_011]);
});

test('who came and went before a reload is told again where the messages around it are', () => {
  const it = model();
  const place = it.room({ room: 'lobby', epoch: 1, number: 200 });
  const left = (number) => ({ key: `1/${number}`, kind: 'left', at: 0, number, sub: 0, data: { type: 'left', user: 'bob' } });
  place.kept = [left(3), left(150)];
  place.recall();
  assert.equal(place.live.all.length, 0, 'no message is here');
  const page = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => it.message(said(from + index)));
  place.live.addPage(page(101, 149));
  place.live.addPage(page(151, 200));
  place.mend();
  assert.deepEqual([range(place.live), place.live.all[49].kind], [[101, 200], 'left'], 'what is older leaves no hole');
  assert.equal(snapshot(it).places[0].kept.length, 2, 'and waits over another reload');
  place.live.addPage(page(4, 100));
  place.live.more = false;
  place.mend();
  assert.deepEqual([range(place.live), place.kept], [[3, 200], []]);
});

const at = (number) => ({ at: 0, room: 'lobby', epoch: 1, number });
const mute = (number, user) => ({ type: 'restricted', ...at(number), what: 'mute', user, until: null, reason: null });
const answer = (users, rank = 'member', more = false) => ({ modes: {}, rank, users, more });

/** A room in which bob moderates and is muted, and oneself, too, is muted; it is read. */
function ordered() {
  const it = model();
  it.told({ type: 'members', ...at(1), fresh: true, total: 2, users: ['bob', 'me'] }, 'new');
  const { order } = it.open('lobby');
  order.read(answer([{ user: 'Bob', role: 'moderator' }]), 'me');
  it.told(mute(2, 'bob'), 'new');
  it.told(mute(3, 'me'), 'new');
  return { it, order, known: () => [order.roleOf('bob'), order.muteOf('bob', 0) !== null, order.muteOf('me', 0) !== null, order.isRead] };
}

test('a role and a mute go with who had them: the next of that name may be another', () => {
  const { it, order, known } = ordered();
  assert.deepEqual(known(), ['moderator', true, true, true]);
  it.told({ type: 'left', ...at(4), user: 'BOB', why: 'quit' }, 'new');
  assert.deepEqual(known(), ['member', false, true, true]);
  it.told({ type: 'joined', ...at(5), user: 'carl' }, 'new');
  assert.ok(order.isRead, 'of others nothing was forgotten');
  it.told({ type: 'joined', ...at(6), user: 'bob' }, 'new');
  assert.deepEqual(known(), ['member', false, true, false], 'to be read again');
});

test('whoever comes with a role is told to have it, without a reading', () => {
  const { it, order, known } = ordered();
  it.told({ type: 'left', ...at(4), user: 'bob', why: 'quit' }, 'new');
  order.gone.clear();
  it.told({ type: 'joined', ...at(5), user: 'bob' }, 'new');
  assert.deepEqual(known(), ['member', false, true, true]);
  it.told({ type: 'ranked', at: 0, room: 'lobby', user: 'bob', role: 'owner' }, 'new');
  assert.deepEqual(known(), ['owner', false, true, true]);
  it.told({ type: 'joined', ...at(6), user: 'carl', past: true }, 'missed');
  assert.ok(!order.isRead, 'who came while one was away is read');
});

test('who is put out, and many who come and go, take their roles along, too', () => {
  const kicked = ordered();
  kicked.it.told({ type: 'kicked', ...at(4), user: 'bob', by: 'me', reason: null, banned: false }, 'new');
  assert.deepEqual(kicked.known(), ['member', false, true, true]);
  const digest = ordered();
  digest.it.told({ type: 'churned', ...at(4), joined: 0, left: 1, total: 600, joined_users: [], left_users: ['bob'] }, 'new');
  assert.deepEqual(digest.known(), ['member', false, true, false]);
  assert.ok(digest.order.readAfter > Date.now(), 'not with each digest');
});

test('after a gap the order of the room is read again, and tells whether one is muted still', () => {
  const { it, order, known } = ordered();
  it.told({ type: 'gap', ...at(9), first_available: 8, why: 'not_kept' }, 'new');
  assert.deepEqual(known(), ['member', false, true, false]);
  order.read(answer([], 'member', true), 'me');
  assert.ok(order.muteOf('me', 0), 'the list was not whole');
  order.read(answer([{ user: 'me', role: 'member', muted: { until: null, reason: null } }]), 'me');
  assert.ok(order.muteOf('me', 0));
  order.read(answer([]), 'me');
  assert.deepEqual(known(), ['member', false, false, true]);
});

test('an order that could not be read is read again after a while', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { it, order } = ordered();
  order.missed('me');
  let asked = 0;
  const client = { query: async () => (++asked < 2 ? Promise.reject(new Error('no')) : { answer: answer([{ user: 'bob', role: 'owner' }]) }) };
  const { read } = makeModeration({ model: it, client }, { ask: async () => null, tell() {} });
  await read(it.here);
  assert.deepEqual([asked, order.isRead, order.isReading], [1, false, false]);
  const again = read(it.here);
  mock.timers.tick(29_000);
  assert.equal(asked, 1);
  mock.timers.tick(1_000);
  await again;
  assert.deepEqual([asked, order.isRead, order.roleOf('bob')], [2, true, 'owner']);
  mock.timers.reset();
});

test('what is done from a menu or a dialog is done in the room in which that was opened', () => {
  const { it, order } = ordered();
  order.rank = 'owner';
  it.told({ type: 'members', ...at(1), room: 'other', fresh: true, total: 2, users: ['bob', 'me'] }, 'new');
  const asked = [];
  const ask = async (ask) => void asked.push(ask);
  const { memberItems, attempt } = makeModeration({ model: it, client: { ask }, actions: {} }, { ask, tell() {} });
  const items = memberItems('bob');
  const den = it.here;
  it.show('other');
  for (const text of ['Take the role away', 'Unmute']) items.find((item) => item.text === text).act();
  attempt(den, 'kick', 'bob');
  const acts = ['set_role', 'unmute', 'kick'].map((type) => ({ type, room: 'lobby', user: 'bob' }));
  assert.deepEqual(asked.map(({ type, room, user }) => ({ type, room, user })), acts);
});

test('the leave of an earlier session of the same name closes no room that one has joined again', () => {
  const it = model();
  it.told({ type: 'members', ...at(4), fresh: true, total: 1, users: ['bob'] }, 'new');
  it.told(said(3), 'missed');
  it.told({ type: 'left', ...at(4), user: 'me', why: 'quit' }, 'missed');
  it.told({ type: 'joined', ...at(5), user: 'me' }, 'missed');
  assert.deepEqual([it.here.total, [...it.here.members.values()], it.here.live.all.length], [2, ['bob', 'me'], 3]);
  it.told({ type: 'left', ...at(6), user: 'me', why: 'quit' }, 'new');
  assert.equal(it.places.size, 0);
});
