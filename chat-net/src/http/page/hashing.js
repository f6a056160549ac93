// @ts-check
/** Hashes, computed by the worker. */

/** @type {Worker | null} */
let worker = null;
let last = 0;
/** @type {Map<number, {done: (hash: string) => void, failed: (error: Error) => void}>} */
const waiting = new Map();

/** @param {import('./hash-worker.js').Order} order @param {Transferable[]} [moved] */
function send(order, moved = []) {
  if (!worker) {
    worker = new Worker(new URL('./hash-worker.js', import.meta.url), { type: 'module' });
    worker.onmessage = (/** @type {MessageEvent<import('./hash-worker.js').Result>} */ { data }) => {
      const waits = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.hash) waits?.done(data.hash);
      else waits?.failed(new Error(data.failed));
    };
  }
  worker.postMessage(order, moved);
}

/** One hash: of a whole file, or of bytes that are given one after the other. */
export class Hashing {
  constructor() {
    this.id = ++last;
  }

  /** @param {Blob} file @returns {Promise<string>} Rejected if it cannot be read. */
  file(file) {
    send({ id: this.id, file });
    return this.result();
  }

  /** @param {Uint8Array} bytes Not to be used after it. */
  update(bytes) {
    send({ id: this.id, bytes }, [bytes.buffer]);
  }

  /** @returns {Promise<string>} */
  end() {
    send({ id: this.id, end: true });
    return this.result();
  }

  stop() {
    waiting.delete(this.id);
    if (worker) send({ id: this.id, stop: true });
  }

  /** @returns {Promise<string>} */
  result() {
    return new Promise((done, failed) => waiting.set(this.id, { done, failed }));
  }
}
