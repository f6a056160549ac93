// @ts-check
/** The bytes of one file that is received: kept by the page until they are whole, or written to a file one chose. */

import { fromBase64 } from './base64.js';
import { Hashing } from './hashing.js';

/** The largest file that is kept in the page; a larger one needs a browser that lets a page write to a file. */
export const MOST_KEPT = 512 * 1024 * 1024;
/** From here on it is asked where to write, where that is possible. */
const ASKED_FROM = 64 * 1024 * 1024;
/** So many bytes become one blob, which the browser may keep on its disk. */
const PIECE = 4 * 1024 * 1024;

/** @typedef {{write(bytes: Uint8Array): Promise<void>, close(): Promise<void>, abort(): Promise<void>}} Sink */

/** Whether this browser lets a page write to a file that the user chose. */
export const canWrite = () => 'showSaveFilePicker' in globalThis;

/**
 * Where to put a file of that size: null for the page itself. Has to be called by a click.
 * @param {string} name @param {number} size @returns {Promise<Sink | null>} Rejected if the user chose none.
 */
export async function chooseSink(name, size) {
  if (size <= ASKED_FROM || !canWrite()) return null;
  const handle = await /** @type {any} */ (globalThis).showSaveFilePicker({ suggestedName: safeName(name) });
  return handle.createWritable();
}

/** A name no browser takes for anything but a name. @param {string} name */
export function safeName(name) {
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff/\\:*?"<>|]/g, '_').replace(/^[.\-\s]+|[.\s]+$/g, '') || 'file';
}

export class Receiving {
  /** @param {{transfer: number, size: number}} offer @param {Sink | null} sink */
  constructor(offer, sink) {
    this.offer = offer;
    this.sink = sink;
    this.offset = 0;
    /** @type {Blob[]} */
    this.blobs = [];
    /** @type {Uint8Array<ArrayBuffer>[]} */
    this.pieces = [];
    this.held = 0;
    this.hashing = new Hashing();
    /** What is still being written: one after the other. */
    this.writing = Promise.resolve();
    this.isOver = false;
  }

  /** Takes the next bytes, and says when they are written and on their way to be hashed: until then no more than a window of them comes. @param {import('./chat-client.js').Message} chunk @returns {Promise<number> | null} */
  take(chunk) {
    if (this.isOver || chunk.offset !== this.offset) return null;
    const bytes = fromBase64(chunk.data);
    this.offset += bytes.length;
    const end = this.offset;
    const { sink } = this;
    if (sink) {
      this.writing = this.writing.then(() => sink.write(bytes.slice()));
    } else {
      this.pieces.push(bytes);
      this.held += bytes.length;
      if (this.held >= PIECE) this.pack();
    }
    const hashed = this.hashing.update(bytes.slice());
    return Promise.all([this.writing, hashed]).then(() => end);
  }

  pack() {
    this.blobs.push(new Blob(this.pieces));
    this.pieces = [];
    this.held = 0;
  }

  get isWhole() {
    return this.offset === this.offer.size;
  }

  /** All is there: the hash of it. */
  async hash() {
    await this.writing;
    return this.hashing.end();
  }

  /** Its hash is right: to be saved from the page, or null if it is where it was written. @returns {Promise<Blob | null>} */
  async keep() {
    this.isOver = true;
    if (this.sink) {
      await this.sink.close();
      return null;
    }
    this.pack();
    return new Blob(this.blobs, { type: 'application/octet-stream' });
  }

  /** It comes to nothing: what was written goes. */
  drop() {
    if (this.isOver) return;
    this.isOver = true;
    this.hashing.stop();
    this.blobs = [];
    this.pieces = [];
    this.sink?.abort().catch(() => {});
  }
}
