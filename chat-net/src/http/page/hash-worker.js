// @ts-check
/** Hashes beside the page, so that the page stays quick: whole files, or what comes piece by piece. */

import { Blake3 } from './blake3.js';

/**
 * @typedef {{id: number, file?: Blob, bytes?: Uint8Array, end?: boolean, stop?: boolean}} Order
 * @typedef {{id: number, hash?: string, failed?: string}} Result
 */

const STEP = 1 << 20;

/** @type {Map<number, Blake3>} */
const hashers = new Map();

self.addEventListener('message', async (/** @type {MessageEvent<Order>} */ { data: { id, file, bytes, end, stop } }) => {
  const hasher = hashers.get(id) ?? new Blake3();
  hashers.set(id, hasher);
  if (stop) hashers.delete(id);
  else if (file) await read(id, hasher, file);
  else if (bytes) hasher.update(bytes);
  else if (end) done({ id, hash: hasher.hex() });
});

/** @param {number} id @param {Blake3} hasher @param {Blob} file */
async function read(id, hasher, file) {
  try {
    for (let at = 0; at < file.size; at += STEP) {
      hasher.update(new Uint8Array(await file.slice(at, at + STEP).arrayBuffer()));
      if (!hashers.has(id)) return;
    }
    done({ id, hash: hasher.hex() });
  } catch (error) {
    done({ id, failed: String(error) });
  }
}

/** @param {Result} result */
function done(result) {
  hashers.delete(result.id);
  self.postMessage(result);
}

// The page waits for this before it sends anything.
self.postMessage({});
