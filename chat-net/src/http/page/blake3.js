// @ts-check
/** BLAKE3, computed while the bytes come: the hash by which both ends of a file know that it is whole. */

const IV = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const [CHUNK_START, CHUNK_END, PARENT, ROOT] = /** @type {const} */ ([1, 2, 4, 8]);
const CHUNK = 1024;
const BLOCK = 64;

/** Which word of the block each round takes, one after the other. */
const SCHEDULE = (() => {
  const step = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
  const all = [Array.from({ length: 16 }, (_, index) => index)];
  while (all.length < 7) all.push(step.map((index) => /** @type {number[]} */ (all.at(-1))[index] ?? 0));
  return Uint8Array.from(all.flat());
})();

export class Blake3 {
  constructor() {
    this.value = Int32Array.from(IV);
    this.block = new Uint8Array(BLOCK);
    this.words = new Int32Array(16);
    /** Bytes in the block; it is only compressed when more come, because the last one is marked. */
    this.filled = 0;
    this.blocks = 0;
    this.chunks = 0;
    /** The subtrees that are complete, the largest first. @type {Int32Array[]} */
    this.stack = [];
  }

  /** @param {Uint8Array} bytes */
  update(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; ) {
      if (this.filled === BLOCK) this.full();
      if (this.filled === 0 && bytes.length - at > BLOCK && this.blocks < CHUNK / BLOCK - 1) {
        // Straight from where it lies.
        for (let index = 0; index < 16; index++) this.words[index] = view.getInt32(at + 4 * index, true);
        this.compressBlock(BLOCK, 0);
        this.blocks++;
        at += BLOCK;
        continue;
      }
      const taken = Math.min(BLOCK - this.filled, bytes.length - at);
      this.block.set(bytes.subarray(at, at + taken), this.filled);
      this.filled += taken;
      at += taken;
    }
    return this;
  }

  /** The block is full and more comes. */
  full() {
    this.load();
    if (this.blocks < CHUNK / BLOCK - 1) {
      this.compressBlock(BLOCK, 0);
      this.blocks++;
    } else {
      this.compressBlock(BLOCK, CHUNK_END);
      this.push(this.value);
      this.value = Int32Array.from(IV);
      this.blocks = 0;
    }
    this.filled = 0;
  }

  load() {
    this.block.fill(0, this.filled);
    const view = new DataView(this.block.buffer);
    for (let index = 0; index < 16; index++) this.words[index] = view.getInt32(4 * index, true);
  }

  /** @param {number} length @param {number} flags */
  compressBlock(length, flags) {
    compress(this.value, this.words, this.chunks, length, flags | (this.blocks === 0 ? CHUNK_START : 0));
  }

  /** A chunk is complete: joins the subtrees that are complete with it. @param {Int32Array} value */
  push(value) {
    this.chunks++;
    for (let total = this.chunks; total % 2 === 0; total /= 2) value = parent(/** @type {Int32Array} */ (this.stack.pop()), value, 0);
    this.stack.push(value);
  }

  /** The hash of all so far, as 64 hexadecimal digits; more may come after it. */
  hex() {
    this.load();
    let value = this.value.slice();
    const isAlone = this.stack.length === 0;
    const start = this.blocks === 0 ? CHUNK_START : 0;
    compress(value, this.words, this.chunks, this.filled, start | CHUNK_END | (isAlone ? ROOT : 0));
    for (let index = this.stack.length - 1; index >= 0; index--) {
      value = parent(/** @type {Int32Array} */ (this.stack[index]), value, index === 0 ? ROOT : 0);
    }
    const bytes = new DataView(new ArrayBuffer(32));
    for (const [index, word] of value.entries()) bytes.setInt32(4 * index, word, true);
    return Array.from(new Uint8Array(bytes.buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}

/** @param {Int32Array} left @param {Int32Array} right @param {number} flags */
function parent(left, right, flags) {
  const words = new Int32Array(16);
  words.set(left);
  words.set(right, 8);
  const value = Int32Array.from(IV);
  compress(value, words, 0, BLOCK, PARENT | flags);
  return value;
}

const v = new Int32Array(16);

/** @param {Int32Array} value Is changed. @param {Int32Array} m @param {number} counter @param {number} length @param {number} flags */
function compress(value, m, counter, length, flags) {
  v.set(value);
  for (let index = 0; index < 4; index++) v[8 + index] = IV[index] ?? 0;
  v[12] = counter | 0;
  v[13] = (counter / 0x100000000) | 0;
  v[14] = length;
  v[15] = flags;
  for (let s = 0; s < 112; s += 16) round(m, s);
  for (let index = 0; index < 8; index++) value[index] = at(v, index) ^ at(v, index + 8);
}

/** @param {Int32Array} m @param {number} s */
function round(m, s) {
  mix(0, 4, 8, 12, m, s);
  mix(1, 5, 9, 13, m, s + 2);
  mix(2, 6, 10, 14, m, s + 4);
  mix(3, 7, 11, 15, m, s + 6);
  mix(0, 5, 10, 15, m, s + 8);
  mix(1, 6, 11, 12, m, s + 10);
  mix(2, 7, 8, 13, m, s + 12);
  mix(3, 4, 9, 14, m, s + 14);
}

/** @param {number} a @param {number} b @param {number} c @param {number} d @param {Int32Array} m @param {number} s */
function mix(a, b, c, d, m, s) {
  let va = at(v, a);
  let vb = at(v, b);
  let vc = at(v, c);
  let vd = at(v, d);
  va = (va + vb + at(m, at(SCHEDULE, s))) | 0;
  vd ^= va;
  vd = (vd >>> 16) | (vd << 16);
  vc = (vc + vd) | 0;
  vb ^= vc;
  vb = (vb >>> 12) | (vb << 20);
  va = (va + vb + at(m, at(SCHEDULE, s + 1))) | 0;
  vd ^= va;
  vd = (vd >>> 8) | (vd << 24);
  vc = (vc + vd) | 0;
  vb ^= vc;
  vb = (vb >>> 7) | (vb << 25);
  v[a] = va;
  v[b] = vb;
  v[c] = vc;
  v[d] = vd;
}

/** An element that is there. @param {Int32Array | Uint8Array} array @param {number} index */
function at(array, index) {
  return /** @type {number} */ (array[index]);
}
