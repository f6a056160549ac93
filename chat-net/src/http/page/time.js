// @ts-check
/** Times, days and sizes in the words of the reader's language. */

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

/** @param {number} at */
export const timeOf = (at) => clock.format(at);
/** @param {number} at */
export const exactTimeOf = (at) => exact.format(at);
/** @param {number} at */
export const isoOf = (at) => new Date(at).toISOString();

/** @param {number} a @param {number} b */
export function sameDay(a, b) {
  if (Math.abs(a - b) > 86_400_000) return false;
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** @param {number} at */
export function dayOf(at) {
  const now = Date.now();
  if (sameDay(at, now)) return 'Today';
  if (sameDay(at, now - 86_400_000)) return 'Yesterday';
  return day.format(at);
}

const moment = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });

/** A time that is not far: with its day, unless that is today. @param {number} at */
export const momentOf = (at) => (sameDay(at, Date.now()) ? timeOf(at) : moment.format(at));

/** @param {number} bytes */
export function sizeOf(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${unit === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
}
