/** What those who listen to the page are told, and what they are spared. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reader } from '../../chat-net/src/http/page/announce.js';
import { Composer } from '../../chat-net/src/http/page/compose.js';
import { StatusLine } from '../../chat-net/src/http/page/status.js';
import { fakeDocument } from './elements.mjs';

Object.defineProperty(globalThis, 'navigator', { value: { onLine: true }, configurable: true });

test('a countdown is seen and not announced', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { element, announced } = fakeDocument();
  const status = new StatusLine({ retry() {}, again() {} });
  const text = () => element('status-text').textContent;
  for (let attempt = 0; attempt < 3; attempt++) {
    status.show({ state: 'waiting', until: Date.now() + 5_000, why: 'the connection was lost' });
    assert.equal(text(), 'Offline: the connection was lost. Trying again in 5 s.');
    t.mock.timers.tick(2_000);
    assert.equal(text(), 'Offline: the connection was lost. Trying again in 3 s.');
    status.show({ state: 'connecting' });
    assert.equal(text(), 'Connecting…');
  }
  status.show({ state: 'online', welcome: { type: 'welcome' } });
  status.back(2, true);
  const sentences = ['Offline: the connection was lost.', 'Back: you missed 2 messages, here they are.'];
  assert.deepEqual(announced, sentences);
  t.mock.timers.tick(10_000);
  assert.ok(element('status').hidden);
  assert.equal(element('announcer').childElementCount, 0);
  status.show({ state: 'waiting', until: Date.now(), why: 'the connection was lost' });
  assert.deepEqual(announced, [...sentences, sentences[0]], 'another time it is news again');
});

test('the length is announced when it crosses the limit, not at every key', () => {
  const { element, announced } = fakeDocument();
  const submitted = [];
  const composer = new Composer({ submit: (line) => submitted.push(line), limit: () => 10, files() {} });
  for (const text of ['12345678', '123456789', '1234567890', '12345678901', '123456789012']) composer.set(text);
  assert.equal(element('count').textContent, '2 bytes too long');
  assert.deepEqual(announced, ['Too long to be sent']);
  composer.submit();
  composer.set('123456');
  composer.submit();
  assert.deepEqual(announced.slice(1), ['Not sent: 2 bytes too long', 'Short enough to be sent']);
  assert.deepEqual(submitted, ['123456']);
});

test('one message is read, and of many it is said how many they are', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const said = [];
  const reader = new Reader((text) => said.push(text));
  reader.read('bob: hi', false);
  assert.deepEqual(said, ['bob: hi'], 'at once');
  for (let number = 1; number <= 12; number++) reader.read(`bob: ${number}`, number < 3);
  assert.equal(said.length, 1);
  t.mock.timers.tick(2_000);
  reader.read('carol: one more', false);
  t.mock.timers.tick(2_000);
  assert.deepEqual(said.slice(1), ['12 messages, 2 for you', 'carol: one more']);
  t.mock.timers.tick(60_000);
  reader.read('bob: later', false);
  assert.deepEqual(said.slice(3), ['bob: later']);
});
