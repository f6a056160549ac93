// @ts-check
/** Completion of commands, names and `:emoji:` in the box one types in. */

import { COMMANDS } from './commands.js';
import { find, make } from './dom.js';
import { emojiNamed } from './emoji.js';

/** `whole`: what one may have typed in full already. @typedef {{text: string, shown: string, about: string, whole?: string}} Choice */

const MOST = 8;

export class Completer {
  /** @param {import('./compose.js').Composer} composer @param {import('./model.js').Model} model */
  constructor(composer, model) {
    this.composer = composer;
    this.model = model;
    this.list = find('completions');
    /** @type {Choice[]} */
    this.choices = [];
    this.at = 0;
    this.from = 0;
    this.word = '';
    composer.box.addEventListener('input', () => this.look(false));
    composer.box.addEventListener('blur', () => setTimeout(() => this.close(), 150));
    this.list.addEventListener('pointerdown', (event) => event.preventDefault());
  }

  /** Whether the key was for the list. @param {KeyboardEvent} event */
  key(event) {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return false;
    const isOpen = !this.list.hidden;
    if (event.key === 'Tab' && !event.shiftKey && !isOpen && this.composer.box.value !== '') {
      this.look(true);
      if (this.list.hidden) return false;
      if (this.choices.length === 1) this.take(0);
      event.preventDefault();
      return true;
    }
    if (!isOpen) return false;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const { length } = this.choices;
      this.mark((this.at + (event.key === 'ArrowDown' ? 1 : -1) + length) % length);
    } else if (event.key === 'Enter' && this.choices[this.at]?.whole === this.word.toLowerCase()) {
      // There is nothing left to complete: it is sent.
      this.close();
      return false;
    } else if (event.key === 'Tab' || (event.key === 'Enter' && !event.shiftKey)) {
      this.take(this.at);
    } else if (event.key === 'Escape') {
      this.close();
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  }

  /** Looks what could be meant. @param {boolean} isAsked By Tab: names without a sign, too. */
  look(isAsked) {
    const { box } = this.composer;
    const before = box.value.slice(0, box.selectionStart);
    const word = /\S*$/.exec(before)?.[0] ?? '';
    this.from = before.length - word.length;
    this.word = word;
    this.choices = this.find(word, isAsked, before).slice(0, MOST);
    if (this.choices.length === 0) return this.close();
    this.list.hidden = false;
    this.list.replaceChildren(
      ...this.choices.map((choice, index) =>
        make('li', { role: 'option', id: `completion-${index}`, click: () => this.take(index) }, choice.shown, make('small', {}, choice.about)),
      ),
    );
    this.mark(0);
  }

  /** @param {string} word @param {boolean} isAsked @param {string} before @returns {Choice[]} */
  find(word, isAsked, before) {
    if (word.startsWith('/') && this.from === 0) {
      const commands = COMMANDS.filter(([command]) => command.startsWith(word.toLowerCase()));
      return commands.map(([command, what, does]) => ({ text: `${command} `, shown: `${command} ${what}`, about: does, whole: command }));
    }
    const whole = /^:([\w+-]+):$/.exec(word);
    const [exact] = whole ? emojiNamed(whole[1] ?? '').filter(({ names }) => names.includes(whole[1] ?? '')) : [];
    if (exact) {
      this.composer.box.setRangeText(exact.emoji, this.from, this.from + word.length, 'end');
      return [];
    }
    if (/^:[\w+-]{2,}$/.test(word)) {
      return emojiNamed(word.slice(1)).map(({ emoji, names }) => ({ text: `${emoji} `, shown: `${emoji} :${names[0]}:`, about: '' }));
    }
    if (word.startsWith('@') || (isAsked && word)) return this.names(word.replace('@', ''), before);
    return [];
  }

  /** @param {string} start @param {string} before @returns {Choice[]} */
  names(start, before) {
    const place = this.model.here;
    if (!place) return [];
    const end = this.from === 0 ? ': ' : ' ';
    const isCommand = before.startsWith('/');
    const people = place.isRoom ? [...place.members.values()] : [place.name];
    const matches = people.filter((name) => name.toLowerCase().startsWith(start.toLowerCase()) && name !== this.model.me);
    return matches.sort().map((name) => ({ text: name + (isCommand ? ' ' : end), shown: name, about: '', whole: `@${name.toLowerCase()}` }));
  }

  /** @param {number} index */
  mark(index) {
    this.at = index;
    for (const [at, item] of [...this.list.children].entries()) {
      item.setAttribute('aria-selected', String(at === index));
      if (at === index) item.scrollIntoView({ block: 'nearest' });
    }
    this.composer.box.setAttribute('aria-activedescendant', `completion-${index}`);
  }

  /** @param {number} index */
  take(index) {
    const choice = this.choices[index];
    const { box } = this.composer;
    if (choice) box.setRangeText(choice.text, this.from, box.selectionStart, 'end');
    this.composer.grew();
    this.close();
    box.focus();
  }

  close() {
    this.list.hidden = true;
    this.composer.box.removeAttribute('aria-activedescendant');
  }
}
