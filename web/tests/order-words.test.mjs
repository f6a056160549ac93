/** What is typed to keep order, and what the table of rights allows, without a page. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../../chat-net/src/http/page/commands.js';
import { durationTyped, durationWords } from '../../chat-net/src/http/page/modes.js';
import { Order } from '../../chat-net/src/http/page/order.js';

/** What is typed, and what it says; lines are read by the same table. */
const table = JSON.parse(readFileSync(new URL('../../chat-net/tests/typed_times.json', import.meta.url), 'utf8'));

/** What a line does: the names of the acts and what they are given. @param {string} line */
function typed(line) {
  const done = [];
  const acts = new Proxy({}, { get: (_, name) => (...given) => void done.push([name, ...given]) });
  const order = new Proxy({}, { get: (_, name) => (...given) => void done.push([name, ...given]) });
  const isDone = run(line, new Proxy(acts, { get: (all, name) => (name === 'order' ? order : all[name]) }));
  return [isDone, ...done];
}

test('a command about a user has its name, its time and its reason', () => {
  for (const [line, ...acts] of [
    ['/op @ben', ['setRole', 'ben', 'moderator']],
    ['/deop ben', ['setRole', 'ben', 'member']],
    ['/owner ben', ['setRole', 'ben', 'owner']],
    ['/kick ben too  loud', ['kick', 'ben', 'too  loud']],
    ['/unban ben', ['lift', 'unban', 'ben']],
    ['/delete', ['removeLast']],
    ['/delete #17', ['removeNumber', 17]],
    ['/join den open  sesame', ['join', 'den', 'open  sesame']],
    ['/mode', ['modes']],
    ['/ignore', ['ignored']],
    ['/list', ['rooms']],
  ]) {
    assert.deepEqual(typed(line), [true, ...acts], line);
  }
});

test('what lacks something, or is none, is answered in a sentence', () => {
  for (const line of ['/op', '/ban', '/invite', '/delete x', '/mode loud on', '/mode constructor on', '/join', '/nonsense']) {
    const [isDone, [told, sentence], ...more] = typed(line);
    assert.deepEqual([isDone, told, more], [false, 'tell', []], line);
    assert.match(sentence, /^[A-Z“].*\.$/, line);
  }
});

test('a time stands before the reason, and a slip in it is no ban for ever', () => {
  for (const what of ['ban', 'mute']) {
    for (const [rest, ...limits] of table.restrict) assert.deepEqual(typed(`/${what} ben ${rest}`), [true, ['restrict', what, 'ben', ...limits]], rest);
    for (const rest of table.refused) {
      const [isDone, [told, sentence], ...more] = typed(`/${what} ben ${rest}`);
      assert.deepEqual([isDone, told, more], [false, 'tell', []], rest);
      assert.match(sentence, /a time like 30s/, rest);
    }
  }
  const durations = [1, 1_500, 90_000, 3_600_000, 172_800_000];
  assert.deepEqual(durations.map(durationWords), ['1 millisecond', '1500 milliseconds', '90 seconds', '1 hour', '2 days']);
  assert.deepEqual(durations.map(durationTyped), ['1ms', '1500ms', '90s', '1h', '2d']);
});

test('modes are set several at once', () => {
  for (const [rest, modes] of table.modes) assert.deepEqual(typed(`/mode ${rest} `), [true, ['setModes', modes]], rest);
  for (const rest of table.no_modes) {
    const [isDone, [told, sentence]] = typed(`/mode ${rest}`);
    assert.deepEqual([isDone, told], [false, 'tell'], rest);
    assert.match(sentence, /Modes are:/, rest);
  }
});

test('one may act on lower ranks only, an operator on all', () => {
  const order = new Order();
  const roles = { owen: 'owner', mona: 'moderator', meg: 'member' };
  for (const [user, role] of Object.entries(roles)) order.told({ type: 'role_changed', user, role }, 'me');
  const over = (rank) => {
    order.rank = rank;
    return ['owen', 'mona', 'meg'].map((user) => order.isOver(user));
  };
  assert.deepEqual(['member', 'moderator', 'owner', 'operator'].map(over), [
    [false, false, false],
    [false, false, true],
    [false, true, true],
    [true, true, true],
  ]);
  order.rank = 'member';
  assert.deepEqual([order.mayDelete('me', 'me'), order.mayDelete('meg', 'me'), order.mayInvite], [true, false, true]);
  order.told({ type: 'modes_changed', modes: { invite_only: true } }, 'me');
  assert.equal(order.mayInvite, false);
});

test('a mute holds until its time, or until it is lifted', () => {
  const order = new Order();
  order.told({ type: 'restricted', what: 'mute', user: 'Ben', until: 100, reason: null }, 'me');
  assert.deepEqual([order.muteOf('ben', 99) !== null, order.muteOf('ben', 100)], [true, null]);
  order.told({ type: 'restricted', what: 'mute', user: 'Ben', until: null, reason: null }, 'me');
  assert.notEqual(order.muteOf('BEN', 1e15), null);
  order.told({ type: 'lifted', what: 'mute', user: 'ben' }, 'me');
  assert.equal(order.muteOf('ben', 0), null);
});
