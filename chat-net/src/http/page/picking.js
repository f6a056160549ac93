// @ts-check
/** One message is picked out: by pointing at it, by holding a finger on it, or by the arrow keys from the list of messages. */

/** What can be picked. */
const MESSAGE = '[role="article"]';

/** @param {import('./logview.js').LogView} log */
export function listenToMessages(log) {
  const { box, hooks } = log;
  /** @param {EventTarget | null} target @returns {Element | null} */
  const messageAt = (target) => (target instanceof Element ? target.closest(MESSAGE) : null);
  /** @param {Element} element @param {Element | import('./menu.js').Spot} at */
  const open = (element, at) => {
    const line = log.lineAt(element);
    if (line) hooks.menu(line, at);
  };
  box.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('.more') : null;
    const element = messageAt(button);
    if (button && element) open(element, button);
  });
  box.addEventListener('contextmenu', (event) => {
    const element = messageAt(event.target);
    const isFinger = /** @type {PointerEvent} */ (event).pointerType === 'touch';
    // With a mouse the browser's own menu is wanted; a key asks for this one.
    if (!element || !(isFinger || element === document.activeElement)) return;
    event.preventDefault();
    open(element, isFinger ? { x: event.clientX, y: event.clientY } : element);
  });
  box.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const from = messageAt(document.activeElement);
    if (event.key === 'Enter' && (event.target === box || event.target === from)) {
      const all = [...box.querySelectorAll(MESSAGE)];
      const seen = all.filter((element) => element.getBoundingClientRect().top < box.getBoundingClientRect().bottom);
      if (from) open(from, from);
      else /** @type {HTMLElement | undefined} */ (seen.at(-1))?.focus({ preventScroll: true });
    } else if (from && event.target === from && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      step(from, event.key === 'ArrowUp' ? -1 : 1)?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
}

/** @param {Element} from @param {number} by @returns {HTMLElement | null} */
function step(from, by) {
  const next = (/** @type {Element | null} */ element) => (by < 0 ? element?.previousElementSibling : element?.nextElementSibling) ?? null;
  let element = next(from);
  while (element && !element.matches(MESSAGE)) element = next(element);
  return /** @type {HTMLElement | null} */ (element);
}
