/** What the page knows and what it leaves for itself, without anything drawn. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { snapshot } from '../../chat-net/src/http/page/keepsake.js';
import { Model } from '../../chat-net/src/http/page/model.js';

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
