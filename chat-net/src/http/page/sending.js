// @ts-check
/** The bytes of one file that is offered: read as the server gives leave, in passes, behind the talk. */

import { toBase64 } from './base64.js';
import { Hashing } from './hashing.js';

/** More than this in the browser's own buffer, and no chunk is added: what is said meanwhile must not wait for long. */
const MOST_WAITING = 256 * 1024;
const PAUSE_MS = 4;

export class Sending {
  /**
   * @param {import('./chat-client.js').ChatClient} client
   * @param {{transfer: number, size: number, chunk_bytes: number}} offer @param {File} file
   * @param {(why: 'source_changed' | 'failed') => void} broken
   */
  constructor(client, offer, file, broken) {
    this.client = client;
    this.offer = offer;
    this.file = file;
    this.broken = broken;
    /** @type {Map<number, {next: number, until: number}>} */
    this.passes = new Map();
    this.isPumping = false;
    this.isOver = false;
    this.hashing = new Hashing();
    this.hashing.file(file).then(
      (hash) => client.ask({ type: 'hash', transfer: offer.transfer, hash }).catch(() => this.fail('failed')),
      () => this.fail('source_changed'),
    );
  }

  /** @param {import('./chat-client.js').Message} credit */
  credit({ pass, next, until }) {
    const known = this.passes.get(pass);
    // `next` says how far the server got; what was sent since is on its way.
    if (known) known.until = Math.max(known.until, until);
    else this.passes.set(pass, { next, until });
    this.pump();
  }

  /** @param {number} pass */
  stop(pass) {
    this.passes.delete(pass);
  }

  /** The connection broke: the passes that go on are told again. */
  cut() {
    this.passes.clear();
  }

  end() {
    this.isOver = true;
    this.passes.clear();
    this.hashing.stop();
  }

  /** Compares what a receiver has already. @param {number} from @param {string} prefix */
  async begins(from, prefix) {
    try {
      return (await new Hashing().file(this.file.slice(0, from))) === prefix;
    } catch {
      return false;
    }
  }

  /** One chunk of each pass in turn, for as long as there is leave. */
  async pump() {
    if (this.isPumping) return;
    this.isPumping = true;
    try {
      for (let has = true; has; ) {
        has = false;
        for (const [number, pass] of this.passes) has = (await this.chunk(number, pass)) || has;
      }
    } finally {
      this.isPumping = false;
    }
  }

  /** @param {number} number @param {{next: number, until: number}} pass @returns {Promise<boolean>} */
  async chunk(number, pass) {
    const { next } = pass;
    const end = Math.min(pass.until, next + this.offer.chunk_bytes);
    if (next >= end || this.isOver) return false;
    while (this.client.waiting > MOST_WAITING) await new Promise((done) => setTimeout(done, PAUSE_MS));
    let bytes;
    try {
      bytes = new Uint8Array(await this.file.slice(next, end).arrayBuffer());
    } catch {
      this.fail('source_changed');
      return false;
    }
    // Something may have stopped it meanwhile.
    if (this.passes.get(number) !== pass || !this.client.isOnline()) return false;
    pass.next = end;
    return this.client.send({ type: 'chunk', transfer: this.offer.transfer, pass: number, offset: next, data: toBase64(bytes) });
  }

  /** @param {'source_changed' | 'failed'} why */
  fail(why) {
    if (this.isOver) return;
    this.end();
    this.broken(why);
  }
}
