// @ts-check
/** On narrow screens the rooms and the members slide over the talk. */

import { find } from './dom.js';

const BUTTONS = { side: 'menu', members: 'members-button' };

export class Drawers {
  constructor() {
    for (const [drawer, button] of Object.entries(BUTTONS)) {
      find(button).addEventListener('click', () => this.toggle(drawer));
    }
    find('shade').addEventListener('click', () => this.close());
    document.querySelector('.close-drawer')?.addEventListener('click', () => this.close());
  }

  /** @param {string} drawer */
  toggle(drawer) {
    const isOpen = document.body.dataset.drawer === drawer;
    this.close();
    if (isOpen) return;
    document.body.dataset.drawer = drawer;
    find(BUTTONS[/** @type {'side' | 'members'} */ (drawer)]).setAttribute('aria-expanded', 'true');
    // What is still hidden cannot be focused.
    requestAnimationFrame(() => requestAnimationFrame(() => find(drawer).querySelector('button')?.focus()));
  }

  /** Whether there was one to close. */
  close() {
    const drawer = document.body.dataset.drawer;
    if (!drawer) return false;
    delete document.body.dataset.drawer;
    const button = find(BUTTONS[/** @type {'side' | 'members'} */ (drawer)]);
    button.setAttribute('aria-expanded', 'false');
    if (find(drawer).contains(document.activeElement)) button.focus();
    return true;
  }
}
