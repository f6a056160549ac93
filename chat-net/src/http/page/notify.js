// @ts-check
/** Notifications of the system, for what is meant for oneself while the page is not looked at; only if they were asked for. */

import { find, icon } from './dom.js';
import { choice, choose } from './session.js';

const BELL = 'M6 16v-5a6 6 0 0 1 12 0v5l2 2H4zM10 21h4';
const MUTED = `${BELL}M4 3l16 18`;
/** More text than this is cut. */
const MOST = 160;

export class Notifier {
  /** @param {(key: string) => void} show */
  constructor(show) {
    this.show = show;
    this.button = find('notify-button', HTMLButtonElement);
    this.isOn = choice('notify') === true;
    this.button.addEventListener('click', () => this.toggle());
    this.draw();
  }

  /** A page that did not come over a safe way may not notify; then there is no button. */
  get isPossible() {
    return 'Notification' in globalThis && isSecureContext;
  }

  get isAllowed() {
    return this.isOn && this.isPossible && Notification.permission === 'granted';
  }

  async toggle() {
    if (this.isAllowed) this.isOn = false;
    else this.isOn = (await Notification.requestPermission()) === 'granted';
    choose('notify', this.isOn);
    this.draw();
  }

  draw() {
    this.button.hidden = !this.isPossible;
    this.button.replaceChildren(icon(this.isAllowed ? BELL : MUTED));
    const isDenied = this.isPossible && Notification.permission === 'denied';
    this.button.title = `Notifications: ${this.isAllowed ? 'on' : isDenied ? 'forbidden in the browser' : 'off'}`;
    this.button.setAttribute('aria-label', this.button.title);
  }

  /** @param {import('./model.js').News} news */
  news({ place, line, isLive }) {
    const isForMe = line.mention || !place.isRoom;
    if (!isLive || !isForMe || !document.hidden || !this.isAllowed) return;
    const title = place.isRoom ? `${line.from} in ${place.label}` : `${line.from}`;
    try {
      const note = new Notification(title, { body: (line.body ?? '').slice(0, MOST), tag: place.key, icon: 'icon.svg' });
      note.onclick = () => {
        focus();
        this.show(place.key);
        note.close();
      };
    } catch {
      // Some telephones have the word and not the thing.
    }
  }
}
