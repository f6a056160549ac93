// @ts-check
/** The head of the active place: its name and its topic, which can be changed where it stands. */

import { find, fit, setText } from './dom.js';

export class Header {
  /** @param {import('./model.js').Model} model @param {{topic: (topic: string) => void, about: () => void, done: () => void}} hooks `done`: a topic was typed. */
  constructor(model, hooks) {
    this.model = model;
    this.hooks = hooks;
    this.button = find('topic', HTMLButtonElement);
    this.form = find('topic-form', HTMLFormElement);
    this.input = find('topic-input', HTMLTextAreaElement);
    this.shown = '';
    find('about-button').addEventListener('click', () => hooks.about());
    this.button.addEventListener('click', () => this.edit());
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.isComposing) {
        event.preventDefault();
        return this.set();
      }
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.close();
    });
    this.input.addEventListener('input', () => fit(this.input, this.form));
    this.input.addEventListener('blur', () => this.close(false));
  }

  set() {
    // A topic has one line, whatever was pasted.
    const topic = this.input.value.replace(/\s+/g, ' ').trim();
    if (topic !== this.model.here?.topic) this.hooks.topic(topic);
    this.close();
    this.hooks.done();
  }

  draw() {
    const place = this.model.here;
    setText(find('title'), place?.label ?? 'Chat');
    const isRoom = place?.isRoom ?? false;
    this.button.hidden = !isRoom || !this.form.hidden;
    find('about-button').hidden = !isRoom;
    find('private').hidden = isRoom || !place;
    if (!place) return;
    if (!isRoom) setText(find('private'), `Only you and ${place.name} can read this.`);
    const topic = place.topic || 'Set a topic';
    if (this.shown !== topic) {
      this.shown = topic;
      // Links would be buttons in a button: here the topic is only read.
      this.button.textContent = topic;
      this.button.title = place.topic;
      this.button.setAttribute('aria-label', place.topic ? `Topic: ${place.topic}. Change it` : 'Set a topic');
    }
    this.button.classList.toggle('none', place.topic === '');
  }

  edit() {
    this.input.value = this.model.here?.topic ?? '';
    this.form.hidden = false;
    this.button.hidden = true;
    // What has no room beside the name is read here.
    fit(this.input, this.form);
    this.input.focus();
    this.input.select();
  }

  close(focus = true) {
    if (this.form.hidden) return;
    this.form.hidden = true;
    this.draw();
    if (focus) this.button.focus();
  }
}
