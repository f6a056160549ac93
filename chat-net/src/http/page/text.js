// @ts-check
/** A message's text as nodes: links can be clicked, one's own name stands out, and nothing is ever markup. */

import { make } from './dom.js';

const LINK = /\bhttps?:\/\/[^\s<>"'`\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/gi;
/** What ends a sentence rather than an address. */
const TAIL = /[.,;:!?…]+$/;
const PAIRS = /** @type {const} */ ([['(', ')'], ['[', ']'], ['{', '}']]);

/** @param {string} text @param {string} [name] One's own, to be marked. @returns {(Node | string)[]} */
export function rich(text, name = '') {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const address = trimmed(match[0]);
    const url = safe(address);
    if (!url) continue;
    nodes.push(...marked(text.slice(from, match.index), name), link(url, address));
    from = match.index + address.length;
  }
  nodes.push(...marked(text.slice(from), name));
  return nodes;
}

/** @param {string} address */
function trimmed(address) {
  for (;;) {
    const before = address;
    address = address.replace(TAIL, '');
    for (const [open, close] of PAIRS) {
      const isSurplus = address.endsWith(close) && address.split(close).length > address.split(open).length;
      if (isSurplus) address = address.slice(0, -1);
    }
    if (address === before) return address;
  }
}

/** @param {string} address */
function safe(address) {
  try {
    const url = new URL(address);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
  } catch {
    return null;
  }
}

/** @param {string} href @param {string} text */
function link(href, text) {
  return make('a', { href, title: href, target: '_blank', rel: 'noopener noreferrer nofollow' }, text);
}

/** @param {string} text @param {string} name @returns {(Node | string)[]} */
function marked(text, name) {
  if (!text || !name) return text ? [text] : [];
  const escaped = name.replace(/[.\-]/g, '\\$&');
  const parts = text.split(new RegExp(`((?<![\\w.-])@?${escaped}(?![\\w-]))`, 'gi'));
  return parts.filter(Boolean).map((part) => (part.replace('@', '').toLowerCase() === name.toLowerCase() ? make('mark', {}, part) : part));
}

/** Makes what cannot be seen visible, and keeps a foreign direction from spilling over: for names of files. @param {string} text */
export function plain(text) {
  const shown = text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (character) => {
    return `<U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}>`;
  });
  return make('bdi', {}, shown);
}

/** One of twelve colours, always the same for a name. @param {string} name */
export function colourOf(name) {
  let hash = 0;
  for (const character of name.toLowerCase()) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return `c${((hash ^ (hash >>> 9)) >>> 0) % 12}`;
}
