// @ts-check
/** A message's text as nodes: links can be clicked, one's own name stands out, and nothing is ever markup. */

import { make } from './dom.js';

const LINK = /\bhttps?:\/\/[^\s<>"'`\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/gi;
/** What ends a sentence rather than an address. */
const TAIL = '.,;:!?…';
/** @type {[open: string, close: string][]} */
const PAIRS = [['(', ')'], ['[', ']'], ['{', '}']];

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

/** An address without what ends the sentence around it, found in one walk: anybody may send a very long one. @param {string} address */
export function trimmed(address) {
  const surplus = new Map(PAIRS.map(([open, close]) => [close, count(address, close) - count(address, open)]));
  let end = address.length;
  for (; end > 0; end--) {
    const last = address.charAt(end - 1);
    if (TAIL.includes(last)) continue;
    const more = surplus.get(last) ?? 0;
    if (more <= 0) break;
    surplus.set(last, more - 1);
  }
  return address.slice(0, end);
}

/** @param {string} text @param {string} character */
function count(text, character) {
  return text.split(character).length - 1;
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

/** Why it failed. @param {unknown} error */
export function sentenceOf(error) {
  return sentence(error instanceof Error ? error.message : String(error));
}

/** @param {string} text */
export function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
