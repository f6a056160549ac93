// @ts-check
/** A menu at a member or a message: arrow keys, a letter, Enter, Escape. */

import { find, make } from './dom.js';

/**
 * @typedef {{text: string, act: () => void, isGrave?: boolean}} Item
 * @typedef {{x: number, y: number}} Spot
 */

/** Between the menu and the edge of the window. */
const EDGE = 8;

/** Shows a menu beside an element, or where a finger is. @param {string} label @param {Item[]} items @param {Element | Spot} at */
export function showMenu(label, items, at) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const opener = at instanceof HTMLElement ? at : before;
  const menu = make('div', { class: 'menu', role: 'menu', 'aria-label': label });
  /** @param {boolean} back */
  const close = (back) => {
    removeEventListener('pointerdown', outside, true);
    removeEventListener('resize', away);
    menu.removeEventListener('focusout', left);
    menu.remove();
    if (opener instanceof HTMLButtonElement) opener.setAttribute('aria-expanded', 'false');
    if (back) opener?.focus({ preventScroll: true });
  };
  const outside = (/** @type {Event} */ event) => menu.contains(/** @type {Node} */ (event.target)) || close(false);
  const away = () => close(false);
  const left = (/** @type {FocusEvent} */ event) => event.relatedTarget && !menu.contains(/** @type {Node} */ (event.relatedTarget)) && close(false);
  for (const { text, act, isGrave } of items) {
    const click = () => {
      close(true);
      act();
    };
    menu.append(make('button', { type: 'button', role: 'menuitem', tabindex: -1, class: isGrave ? 'grave' : undefined, click }, text));
  }
  menu.addEventListener('keydown', (event) => keyed(event, menu, close));
  menu.addEventListener('focusout', left);
  addEventListener('pointerdown', outside, true);
  addEventListener('resize', away);
  find('talk').append(menu);
  put(menu, at);
  if (opener instanceof HTMLButtonElement) opener.setAttribute('aria-expanded', 'true');
  /** @type {HTMLElement | null} */ (menu.firstElementChild)?.focus();
}

/** @param {KeyboardEvent} event @param {HTMLElement} menu @param {(back: boolean) => void} close */
function keyed(event, menu, close) {
  const all = /** @type {HTMLElement[]} */ ([...menu.children]);
  const here = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const { length } = all;
  const ends = { ArrowDown: (here + 1) % length, ArrowUp: (here - 1 + length) % length, Home: 0, End: length - 1 };
  const to = ends[/** @type {'Home'} */ (event.key)];
  if (to !== undefined) all[to]?.focus();
  else if (event.key === 'Escape' || event.key === 'Tab') close(true);
  else if (event.key.length === 1 && event.key !== ' ') begins(all, here, event.key)?.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** The next one that begins with that letter. @param {HTMLElement[]} all @param {number} here @param {string} letter */
function begins(all, here, letter) {
  const turned = [...all.slice(here + 1), ...all.slice(0, here + 1)];
  return turned.find(({ textContent }) => textContent?.toLowerCase().startsWith(letter.toLowerCase()));
}

/** Within the window, below what it belongs to or above it. @param {HTMLElement} menu @param {Element | Spot} at */
function put(menu, at) {
  const box = at instanceof Element ? at.getBoundingClientRect() : { left: at.x, right: at.x, top: at.y, bottom: at.y };
  const { width, height } = menu.getBoundingClientRect();
  const isBelow = box.bottom + height + EDGE <= innerHeight;
  // A whole message is wide: its menu stands near its beginning.
  const left = box.right - box.left > width ? box.left + 72 : box.right - width;
  menu.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
  menu.style.top = `${Math.max(EDGE, isBelow ? box.bottom : box.top - height)}px`;
}
