// @ts-check
/** Hashes, computed by the worker. */

/** How long after a failure the worker is fetched again: at first, and at most. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 20_000;

/** @type {Worker | null} */
let worker = null;
/** Once its code is there: what it has to do waits for that, as the network may be gone when it is fetched. @type {Promise<Worker> | null} */
let ready = null;
let last = 0;
/** @type {Map<number, {done: (hash: string) => void, failed: (error: Error) => void}>} */
const waiting = new Map();

/** Fetches the worker, so that it is there when it is needed. */
export function prepare() {
  ready ??= new Promise((done) => start(done, FIRST_DELAY_MS));
  return ready;
}

/** @param {(worker: Worker) => void} done @param {number} delay */
function start(done, delay) {
  const fetched = new Worker(new URL('./hash-worker.js', import.meta.url), { type: 'module' });
  fetched.onmessage = () => {
    worker = fetched;
    fetched.onmessage = ({ data }) => answered(data);
    fetched.onerror = (event) => broke(event.message);
    done(fetched);
  };
  fetched.onerror = (event) => {
    event.preventDefault();
    fetched.terminate();
    setTimeout(() => start(done, Math.min(LONGEST_DELAY_MS, delay * 2)), delay);
  };
}

/** @param {import('./hash-worker.js').Result} result */
function answered({ id, hash, failed }) {
  const waits = waiting.get(id);
  waiting.delete(id);
  if (hash) waits?.done(hash);
  else waits?.failed(new Error(failed));
}

/** The worker is of no use any more, and what it hashed is lost. @param {string} why */
function broke(why) {
  worker?.terminate();
  worker = ready = null;
  for (const { failed } of waiting.values()) failed(new Error(`it could not be hashed: ${why}`));
  waiting.clear();
}

/** @param {import('./hash-worker.js').Order} order @param {Transferable[]} [moved] @returns {Promise<void>} When the worker has it. */
async function send(order, moved = []) {
  (worker ?? (await prepare())).postMessage(order, moved);
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

  /** @param {Uint8Array} bytes Not to be used after it. @returns {Promise<void>} When the worker has them. */
  update(bytes) {
    return send({ id: this.id, bytes }, [bytes.buffer]);
  }

  /** @returns {Promise<string>} */
  end() {
    send({ id: this.id, end: true });
    return this.result();
  }

  stop() {
    waiting.delete(this.id);
    send({ id: this.id, stop: true });
  }

  /** @returns {Promise<string>} */
  result() {
    return new Promise((done, failed) => waiting.set(this.id, { done, failed }));
  }
}
