/** The worker that hashes, when it cannot be fetched at once and when it breaks. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';

/** Every worker that was made, and what it was sent. */
const made = [];
globalThis.Worker = class {
  constructor() {
    this.orders = [];
    made.push(this);
  }

  postMessage(order) {
    this.orders.push(order);
  }

  terminate() {
    this.isGone = true;
  }

  isFetched() {
    this.onmessage({ data: {} });
  }

  breaks(message = '') {
    this.onerror({ message, preventDefault() {} });
  }
};

const { Hashing, prepare } = await import('../../chat-net/src/http/page/hashing.js');

test('a worker that the network kept away is fetched until it comes, and then does all that waits, in order', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const hashing = new Hashing();
  let isTaken = false;
  hashing.update(new Uint8Array([1])).then(() => (isTaken = true));
  hashing.update(new Uint8Array([2]));
  const hash = hashing.end();
  assert.equal(made.length, 1);
  made[0].breaks();
  t.mock.timers.tick(250);
  assert.equal(made.length, 2);
  made[1].breaks();
  t.mock.timers.tick(250);
  assert.equal(made.length, 2, 'later each time');
  t.mock.timers.tick(250);
  assert.equal(made.length, 3);
  await settled();
  assert.ok(!isTaken, 'no more is asked for meanwhile');
  made[2].isFetched();
  await settled();
  assert.ok(isTaken);
  assert.deepEqual(made[2].orders.map(({ bytes, end }) => end ?? bytes[0]), [1, 2, true]);
  made[2].onmessage({ data: { id: hashing.id, hash: 'h' } });
  assert.equal(await hash, 'h');
  assert.ok(made[0].isGone && made[1].isGone);
});

test('a worker that breaks fails what it hashed, and the next hash has another one', async () => {
  const hash = new Hashing().end();
  made[2].breaks('out of memory');
  await assert.rejects(hash, /it could not be hashed: out of memory/);
  prepare();
  assert.equal(made.length, 4);
  made[3].isFetched();
  const another = new Hashing();
  const right = another.end();
  assert.deepEqual(made[3].orders, [{ id: another.id, end: true }]);
  made[3].onmessage({ data: { id: another.id, hash: 'i' } });
  assert.equal(await right, 'i');
});
