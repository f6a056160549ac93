/** Where an address in a sentence ends, and how who came and went is told in one. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folded } from '../../chat-net/src/http/page/paint.js';
import { trimmed } from '../../chat-net/src/http/page/text.js';

test('what ends the sentence is no part of the address', () => {
  const cases = {
    'http://a.example/b.': 'http://a.example/b',
    'http://a.example/b).': 'http://a.example/b',
    'http://a.example/b_(c)': 'http://a.example/b_(c)',
    'http://a.example/b_(c)).': 'http://a.example/b_(c)',
    'http://a.example/[b]?!': 'http://a.example/[b]',
    'http://a.example/b]})…': 'http://a.example/b',
    'http://a.example/..x': 'http://a.example/..x',
    'http://[::1]/)': 'http://[::1]/',
  };
  for (const [address, end] of Object.entries(cases)) assert.equal(trimmed(address), end);
});

test('a long address takes no longer for being made to', () => {
  const long = 40_000;
  const began = performance.now();
  assert.equal(trimmed('http://a' + ')'.repeat(long)), 'http://a');
  assert.equal(trimmed('http://a' + ').'.repeat(long)), 'http://a');
  const dots = `http://a${'.'.repeat(long)}x`;
  assert.equal(trimmed(dots), dots);
  const ms = performance.now() - began;
  assert.ok(ms < 500, `${Math.round(ms)} ms`);
});

test('who came and who went is one sentence, and a lost one is lost at its end', () => {
  const told = (...moves) => folded(moves.map(([user, type, why]) => ({ data: { user, type, why } })));
  const [anna, ben, nina] = [['anna', 'left', 'lost'], ['ben', 'left', 'quit'], ['nina', 'joined']];
  assert.equal(told(anna), 'anna left (lost)');
  assert.equal(told(anna, ben, nina), 'nina joined, ben left, anna left (lost)');
  assert.equal(told(anna, ['omar', 'left', 'lost']), 'anna and omar left (lost)');
  assert.equal(told(anna, ['anna', 'joined']), 'anna joined');
});
