// @ts-check
/** Modes, durations and reasons as they are typed and as they are shown. */

/** @typedef {import('./order.js').Modes} Modes */

/** The modes that are on, in words. @param {Modes} modes @returns {string[]} */
export function modeWords(modes) {
  const words = [];
  if (modes.invite_only) words.push('invite-only');
  if (modes.has_key) words.push('with a key');
  if (modes.moderated) words.push('moderated');
  if (modes.slow_s) words.push(`slow mode ${modes.slow_s} s`);
  if (modes.history === 'join') words.push('history from the join on');
  if (modes.retention_ms) words.push(`messages kept for ${durationWords(modes.retention_ms)}`);
  return words;
}

/** @type {[letter: string, ms: number, word: string][]} */
const UNITS = [['w', 604_800_000, 'week'], ['d', 86_400_000, 'day'], ['h', 3_600_000, 'hour'], ['m', 60_000, 'minute'], ['s', 1_000, 'second'], ['ms', 1, 'millisecond']];

/** `500ms`, `30s`, `10m`, `2h`, `7d`, `1w`; null if it is no duration. What is too long is the longest there is. @param {string} text */
export function durationOf(text) {
  const [, count, letter] = /^(\d+)(ms|[wdhms])$/.exec(text.toLowerCase()) ?? [];
  if (!letter) return null;
  const size = UNITS.find(([unit]) => unit === letter)?.[1] ?? 1;
  return Math.min(Number(count) * size, Number.MAX_SAFE_INTEGER);
}

/** How many of the largest unit that it is whole ones of. @param {number} ms @returns {[count: number, letter: string, word: string]} */
function whole(ms) {
  const [letter, size, word] = UNITS.find(([, size]) => ms % size === 0) ?? ['ms', 1, 'millisecond'];
  return [ms / size, letter, word];
}

/** A duration as one says it. @param {number} ms */
export function durationWords(ms) {
  const [count, , word] = whole(ms);
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** A duration as it is typed. @param {number} ms */
export const durationTyped = (ms) => whole(ms).slice(0, 2).join('');

/** A reason, and a time before it; null for a slip in the time, which must not become a ban for ever. @param {string} rest @returns {[forMs: number | null, reason: string] | null} */
export function timeAndReason(rest) {
  const [, first = '', more = ''] = /^([^ \t\n]*)[ \t\n]*([^]*)$/.exec(rest) ?? [];
  const forMs = durationOf(first);
  if (forMs) return [forMs, more];
  return /^\d/.test(first) ? null : [null, rest];
}

/** What `/mode` was told to change; a string says what is wrong with it. @param {string} rest @returns {Record<string, any> | string} */
export function modesOf(rest) {
  /** @type {Record<string, any>} */
  const modes = {};
  const words = rest.split(/[ \t\n]+/);
  for (let at = 0; at < words.length; at += 2) {
    const [mode = '', value = ''] = words.slice(at);
    const known = Object.hasOwn(MODES, mode.toLowerCase()) ? MODES[mode.toLowerCase()] : undefined;
    if (!known) return `There is no mode “${mode}”. ${USAGE}`;
    const [field, read] = known;
    modes[field] = read(value);
    if (modes[field] === undefined) return `“${mode}” cannot be “${value}”. ${USAGE}`;
  }
  return modes;
}

const USAGE = 'Modes are: invite-only on|off, key WORD|off, moderated on|off, slow SECONDS|off, history start|join, retention 7d|off.';
/** @param {string} value */
const isOn = (value) => ({ on: true, off: false })[/** @type {'on'} */ (value.toLowerCase())];
/** `10`, `10s`, `2m`; part of a second is a whole one, and the server says how much is too much. @param {string} value */
function secondsOf(value) {
  const ms = durationOf(/^\d+$/.test(value) ? `${value}s` : value);
  return ms === null ? undefined : Math.min(Math.ceil(ms / 1_000), 2 ** 32 - 1);
}
/** @type {Record<string, [field: string, read: (value: string) => any]>} */
const MODES = {
  'invite-only': ['invite_only', isOn],
  moderated: ['moderated', isOn],
  key: ['key', (value) => (value === '' ? undefined : value.toLowerCase() === 'off' ? '' : value)],
  slow: ['slow_s', (value) => (value.toLowerCase() === 'off' ? 0 : secondsOf(value))],
  history: ['history', (value) => (/^(start|join)$/i.test(value) ? value.toLowerCase() : undefined)],
  retention: ['retention_ms', (value) => (value.toLowerCase() === 'off' ? 0 : durationOf(value) || undefined)],
};
