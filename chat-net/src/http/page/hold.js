// @ts-check
/** What keeps one from talking in the room that is shown: said above the box one types in, and until when. */

import { announce } from './announce.js';
import { find, setText } from './dom.js';
import { isAtLeast } from './order.js';
import { momentOf } from './time.js';

export class Hold {
  /** @param {import('./model.js').Model} model @param {{again: (room: string) => void}} hooks */
  constructor(model, hooks) {
    this.model = model;
    this.line = find('hold');
    this.text = find('hold-text');
    this.button = find('hold-button', HTMLButtonElement);
    /** What was announced last, without what counts down. */
    this.said = '';
    /** @type {any} */
    this.timer = 0;
    this.button.addEventListener('click', () => model.here && hooks.again(model.here.name));
  }

  draw() {
    clearTimeout(this.timer);
    const place = this.model.here;
    const now = Date.now();
    const found = place?.isRoom ? reason(place, this.model.me, now) : null;
    this.line.hidden = found === null;
    this.button.hidden = !place?.out;
    if (!found) {
      this.said = '';
      setText(this.text, '');
      return;
    }
    const { text, until } = found;
    const seconds = until ? Math.ceil((until - now) / 1000) : 0;
    setText(this.text, found.counts ? `${text} You can say the next in ${seconds} s.` : text);
    setText(this.button, 'Join again');
    const what = `${place?.key} ${text}`;
    if (this.said !== what) announce(text);
    this.said = what;
    if (until) this.timer = setTimeout(() => this.draw(), found.counts ? 500 : Math.min(until - now + 50, 2 ** 30));
  }
}

/** @param {import('./place.js').Place} place @param {string} me @param {number} now @returns {{text: string, until?: number, counts?: boolean} | null} */
function reason(place, me, now) {
  const { order, out } = place;
  const why = (/** @type {string | null} */ reason) => (reason ? `: ${reason}` : '.');
  if (out) return { text: `${out.by} put you out of ${place.label}${out.banned ? ', and you are banned' : ''}${why(out.reason)}` };
  const mute = order.muteOf(me, now);
  if (mute) {
    const until = mute.until === null ? 'until that is lifted' : `until ${momentOf(mute.until)}`;
    return { text: `You are muted and can only read, ${until}${why(mute.reason)}`, ...(mute.until !== null && { until: mute.until }) };
  }
  if (order.modes.moderated && !isAtLeast(order.rank, 'moderator')) return { text: 'This room is moderated: only moderators talk.' };
  if (order.slowUntil > now) return { text: `Slow mode: ${order.modes.slow_s} s between two messages.`, until: order.slowUntil, counts: true };
  return null;
}
