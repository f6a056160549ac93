// @ts-check
/** Finding messages, and going to where they were said. */

import { find, make, setText } from './dom.js';
import { colourOf, sentenceOf } from './text.js';
import { dayOf, timeOf } from './time.js';

/** @typedef {import('./chat-client.js').Message} Message */

const PAGE = 30;

/** @param {Message} message */
const keyOfMessage = ({ room, epoch, number }) => `${room}/${epoch}/${number}`;

export class Search {
  /** @param {import('./main.js').TheApp} app */
  constructor(app) {
    this.app = app;
    this.panel = find('search');
    this.input = find('search-input', HTMLInputElement);
    this.here = find('search-here', HTMLInputElement);
    this.where = find('search-where');
    this.label = find('search-here-label');
    this.nowhere = find('search-nowhere');
    this.state = find('search-state');
    this.list = find('search-list');
    this.more = find('search-more', HTMLButtonElement);
    this.button = find('search-button');
    this.oldest = 0;
    this.count = 0;
    this.run = 0;
    /** What stands for messages that were deleted while the page looked on. @type {Map<string, string>} */
    this.gone = new Map();
    this.button.addEventListener('click', () => (this.panel.hidden ? this.open('') : this.close()));
    this.panel.querySelector('.close-search')?.addEventListener('click', () => this.close());
    this.more.addEventListener('click', () => this.page());
    find('search-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.start();
    });
  }

  /** @param {string} words */
  open(words) {
    this.panel.hidden = false;
    this.button.setAttribute('aria-expanded', 'true');
    this.input.focus();
    if (!words) return this.input.select();
    this.input.value = words;
    this.start();
  }

  /** Says where it searches: the place may change under it. */
  draw() {
    const place = this.app.model.here;
    const isRoom = place?.isRoom ?? false;
    this.where.hidden = !isRoom;
    this.nowhere.hidden = isRoom;
    if (place) setText(this.label, `only in ${place.label}`);
  }

  /** Whether it was open. */
  close() {
    if (this.panel.hidden) return false;
    this.panel.hidden = true;
    this.button.setAttribute('aria-expanded', 'false');
    this.app.composer.box.focus();
    return true;
  }

  start() {
    const words = this.input.value.trim();
    if (!words) return;
    const place = this.app.model.here;
    /** @type {Message} */
    this.query = { type: 'search', words, limit: PAGE, ...(this.here.checked && place?.isRoom && { room: place.name }) };
    this.oldest = 0;
    this.count = 0;
    this.list.replaceChildren();
    this.page();
  }

  async page() {
    if (!this.query) return;
    const run = ++this.run;
    this.more.hidden = true;
    setText(this.state, 'Searching…');
    try {
      const query = { ...this.query, ...(this.oldest && { before_time: this.oldest }) };
      const { answer, events } = await this.app.client.query(query);
      if (run !== this.run) return;
      this.count += events.length;
      this.oldest = events[0]?.at ?? this.oldest;
      for (const event of events.reverse()) {
        if (!this.app.model.ignored.has(event.from)) this.list.append(this.item(event));
      }
      this.more.hidden = !answer.more;
      setText(this.state, this.count === 0 ? 'Nothing was found.' : `${this.count} found${answer.more ? ' so far' : ''}, the newest first.`);
    } catch (error) {
      setText(this.state, sentenceOf(error));
    }
  }

  /** @param {Message} event */
  item(event) {
    const head = make('div', {}, make('span', { class: `who ${colourOf(event.from)}` }, event.from), ' ', make('time', {}, `#${event.room}, ${dayOf(event.at)}, ${timeOf(event.at)}`));
    // Links are text here: the whole is a button.
    const text = make('p', { dir: 'auto' }, event.body);
    const place = keyOfMessage(event);
    if (this.gone.has(place)) text.textContent = this.gone.get(place) ?? '';
    return make('li', { 'data-message': place }, make('button', { type: 'button', click: () => this.go(event) }, head, text));
  }

  /** A message was deleted: its text goes from the matches, and from those that are on their way. @param {Message} event `deleted` */
  forget(event) {
    const place = keyOfMessage({ ...event, number: event.target });
    const text = `[message deleted by ${event.by}]`;
    this.gone.set(place, text);
    for (const item of this.list.children) {
      if (!(item instanceof HTMLElement) || item.dataset.message !== place) continue;
      const { room, epoch, at } = event;
      item.replaceWith(this.item({ type: 'removed', room, epoch, number: event.target, at, from: item.querySelector('.who')?.textContent ?? '', body: text }));
    }
  }

  /** @param {Message} event */
  go(event) {
    const { model, log, actions } = this.app;
    const place = model.places.get(event.room.toLowerCase());
    if (!place) return;
    if (matchMedia('(max-width: 720px)').matches) this.close();
    if (model.here !== place) model.show(place.key);
    this.app.draw();
    log.jump(place, event.number).catch(actions.failed);
  }
}
