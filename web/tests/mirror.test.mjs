/** What a client in a browser makes of what it is told: the same stories as those of chat-core's mirror. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Mirror } from '../../chat-net/src/http/page/mirror.js';

const place = (epoch, number) => ({ room: 'lobby', epoch, number });
const said = (number, epoch = 1) => ({ type: 'said', ...place(epoch, number), from: 'bob', body: 'hi' });
const topic = (number) => ({ type: 'topic_changed', ...place(1, number), by: 'bob', topic: 't' });
const joined = (number) => ({ type: 'joined', ...place(1, number), user: 'me' });
const members = (number, fresh = true, total = 2) => ({ type: 'members', ...place(1, number), fresh, total, users: [] });
const caughtUp = (number) => ({ type: 'caught_up', ...place(1, number) });
const gap = (head, first, why = 'not_kept', epoch = 1) => ({ type: 'gap', ...place(epoch, head), first_available: first, why });
const head = (number, epoch = 1) => [{ room: 'lobby', epoch, number }];

const tell = (mirror, past, ...events) => events.map((event) => mirror.told({ ...event, ...(past && { past }) }));
const position = (mirror) => mirror.rooms.get('lobby')?.at;

/** A mirror that joined the lobby as its `number`-th event and has seen nothing since. */
function member(number) {
  const mirror = new Mirror();
  const { id } = mirror.ask({ type: 'join', room: '#Lobby' });
  assert.equal(mirror.told({ ...members(number - 1), re: id }), 'new');
  assert.equal(mirror.told(joined(number)), 'new');
  return mirror;
}

test('a joiner reads the past once and then the news', () => {
  const mirror = member(11);
  const verdicts = tell(mirror, true, topic(9), said(5), said(6), said(6), said(5), topic(9), said(10), said(12));
  assert.deepEqual(verdicts, ['past', 'past', 'past', 'duplicate', 'duplicate', 'duplicate', 'past', 'missed']);
  assert.deepEqual(tell(mirror, false, said(13), said(13)), ['new', 'duplicate']);
  assert.deepEqual(tell(mirror, true, said(7)), ['duplicate'], 'the past is over when news comes');
  assert.deepEqual(position(mirror), { epoch: 1, number: 13 });
});

test('a hole is broken, and moves nothing', () => {
  const mirror = member(3);
  assert.deepEqual(tell(mirror, false, said(5)), ['broken']);
  assert.deepEqual(tell(mirror, true, said(5), said(4, 2)), ['broken', 'broken']);
  assert.deepEqual(tell(mirror, false, { ...said(1), room: 'dev' }), ['broken'], 'a room that one is not in');
  assert.deepEqual(position(mirror), { epoch: 1, number: 3 });
});

test('what was missed comes in order and then the news', () => {
  const mirror = member(3);
  mirror.welcomed('me', true, head(6));
  assert.deepEqual(tell(mirror, true, said(4), said(5), said(6)), ['missed', 'missed', 'missed']);
  assert.deepEqual(tell(mirror, false, caughtUp(6), said(7)), ['new', 'new']);
});

test('a cut while catching up goes on where it was, and what was not told is noticed', () => {
  const mirror = member(3);
  mirror.welcomed('me', true, head(9));
  tell(mirror, true, said(4), said(5));
  mirror.welcomed('me', true, head(9));
  assert.deepEqual(tell(mirror, true, said(5), said(6)), ['duplicate', 'missed']);
  assert.deepEqual(tell(mirror, false, caughtUp(9)), ['broken'], '7 to 9 were not told');
});

test('a gap moves the copy on, and another epoch begins anew', () => {
  const mirror = member(3);
  mirror.welcomed('me', true, head(60));
  assert.deepEqual(tell(mirror, false, gap(60, 58)), ['new']);
  assert.deepEqual(tell(mirror, true, said(58), said(59), said(60)), ['missed', 'missed', 'missed']);
  assert.deepEqual(tell(mirror, false, gap(2, 1, 'new_epoch', 2)), ['new']);
  assert.deepEqual(tell(mirror, true, said(1, 2), said(2, 2)), ['missed', 'missed']);
  assert.deepEqual(position(mirror), { epoch: 2, number: 2 });
});

test('a copy that is ahead of the room is given up', () => {
  const mirror = member(30);
  mirror.welcomed('me', true, head(4));
  assert.deepEqual(tell(mirror, true, said(3), said(4)), ['missed', 'missed']);
  assert.deepEqual(tell(mirror, false, caughtUp(4), said(5)), ['new', 'new']);
});

test('an answer counts once, and is asked for again under its id until it comes', () => {
  const mirror = member(3);
  const say = mirror.ask({ type: 'say', room: 'lobby', body: 'hi' });
  say.sent = true;
  assert.deepEqual(mirror.welcomed('me', true, head(4)).repeat, [say]);
  assert.equal(mirror.told({ ...said(4), re: say.id }), 'new');
  assert.equal(mirror.told({ ...said(4), re: say.id }), 'duplicate');
  assert.deepEqual(mirror.welcomed('me', true, head(4)).repeat, []);
});

test('a new session joins again from where the copies end; what may have been taken is uncertain, what was never sent is said', () => {
  const mirror = member(3);
  const sent = mirror.ask({ type: 'say', room: 'lobby', body: 'sent' });
  sent.sent = true;
  const kept = mirror.ask({ type: 'say', room: 'lobby', body: 'kept' });
  const { repeat, rejoin, uncertain } = mirror.welcomed('me', false, []);
  assert.deepEqual(rejoin.map(({ ask }) => ask), [{ type: 'join', room: 'lobby', since: { epoch: 1, number: 3 } }]);
  assert.deepEqual([repeat, uncertain], [[kept], [sent]]);
  assert.ok(sent.id < rejoin[0].id && rejoin[0].id < kept.id, 'ids rise');
});

test('who asked to leave is not joined again', () => {
  const mirror = member(3);
  mirror.ask({ type: 'leave', room: '#LOBBY' }).sent = true;
  assert.deepEqual(mirror.welcomed('me', false, []).rejoin, []);
});

test('whispers that are told again are no news', () => {
  const mirror = new Mirror();
  const whisper = (number) => ({ type: 'whispered', from: 'bob', to: 'me', body: 'psst', number });
  assert.deepEqual(tell(mirror, false, whisper(1), whisper(2)), ['new', 'new']);
  assert.deepEqual(tell(mirror, true, whisper(2), whisper(4)), ['duplicate', 'missed']);
});

test('a page that is loaded again goes on with what was kept', () => {
  const before = member(3);
  before.ask({ type: 'say', room: 'lobby', body: 'hi' });
  const mirror = new Mirror(JSON.parse(JSON.stringify(before.kept())));
  assert.deepEqual(position(mirror), { epoch: 1, number: 3 });
  const [say] = mirror.welcomed('me', true, head(5)).repeat;
  assert.deepEqual(say.ask, { type: 'say', room: 'lobby', body: 'hi' });
  assert.deepEqual(tell(mirror, true, said(4), said(5)), ['missed', 'missed']);
});

const kicked = (number, user = 'me') => ({ type: 'kicked', ...place(1, number), user, by: 'bob', reason: null, banned: false });

test('whoever is put out is in the room no more, and reads of it after coming back', () => {
  const mirror = member(5);
  mirror.welcomed('me', true, head(5));
  assert.deepEqual(tell(mirror, false, kicked(6, 'carol'), kicked(7, 'ME')), ['new', 'new']);
  assert.equal(position(mirror), undefined);
  const { id } = mirror.ask({ type: 'join', room: 'lobby', since: { epoch: 1, number: 6 } });
  assert.equal(mirror.told({ ...members(11), re: id }), 'new');
  assert.deepEqual(tell(mirror, true, kicked(7), said(8)), ['duplicate', 'missed']);
  assert.deepEqual(position(mirror), { epoch: 1, number: 8 });
});

test('whoever was put out while away is told, and a kick before what was missed ends the copy all the same', () => {
  const away = member(5);
  away.welcomed('me', true, []);
  assert.deepEqual(tell(away, true, kicked(8), kicked(5)), ['missed', 'duplicate']);
  const behind = member(5);
  behind.welcomed('me', true, head(9));
  assert.deepEqual(tell(behind, false, kicked(14)), ['new']);
  assert.deepEqual(tell(behind, true, said(6)), ['duplicate']);
});

test('a new session comes in by the key that opened the room', () => {
  const mirror = new Mirror();
  const { id } = mirror.ask({ type: 'enter', room: '#Lobby', key: 'sesame' });
  tell(mirror, false, { ...members(4), re: id }, joined(5));
  const [entry] = mirror.welcomed('me', false, []).rejoin;
  assert.deepEqual(entry.ask, { type: 'enter', key: 'sesame', room: 'lobby', since: { epoch: 1, number: 5 } });
  assert.equal(mirror.told({ type: 'refused', re: entry.id, code: 129 }), 'answer');
  assert.equal(position(mirror), undefined);
});

test('no key of a room is kept for a page that is loaded again', () => {
  const mirror = new Mirror();
  const { id } = mirror.ask({ type: 'enter', room: 'lobby', key: 'sesame' });
  mirror.told({ ...members(3), re: id });
  mirror.ask({ type: 'say', room: 'lobby', body: 'hi' });
  mirror.ask({ type: 'enter', room: 'den', key: 'sesame, too' });
  const kept = mirror.kept();
  assert.ok(!JSON.stringify(kept).includes('sesame'));
  assert.deepEqual(kept.unanswered.map(({ ask }) => ask.type), ['say']);
  const later = new Mirror(JSON.parse(JSON.stringify(kept)));
  assert.deepEqual([later.lastId, later.begun().rejoin[0].ask.type, mirror.begun().rejoin[0].ask.key], [3, 'join', 'sesame']);
});
