// @ts-check
/** Keys that work everywhere on the page. */

/** Those that are shown in the help. @type {[keys: string, does: string][]} */
export const KEYS = [
  ['Enter', 'send; with Shift or Alt a new line'],
  ['Alt ↑ ↓', 'the room above or below'],
  ['Alt Shift ↑ ↓', 'the next one with something unread'],
  ['Page Up, Page Down', 'scroll'],
  ['Ctrl Shift F', 'search'],
  ['Ctrl Shift K', 'join a room'],
  ['Ctrl Shift E', 'emoji; or type :name:'],
  ['Tab', 'complete a command, a name or an emoji'],
  ['↑ in an empty box', 'what you sent before'],
  ['Enter in the messages', 'pick one; ↑ ↓ go on, Enter shows what can be done'],
  ['Escape', 'close; then to the latest messages'],
  ['?', 'this help, outside of a text'],
];

/** @param {import('./main.js').TheApp} app */
export function listenToKeys(app) {
  const { box } = app.composer;
  box.addEventListener('keydown', (event) => {
    if (!app.completer.key(event)) app.composer.key(event);
  });
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || !app.login.screen.hidden) return;
    if (everywhere(app, event)) event.preventDefault();
    else startTyping(app, event);
  });
}

/** @param {import('./main.js').TheApp} app @param {KeyboardEvent} event @returns {boolean | void} */
function everywhere(app, event) {
  const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
  if (document.querySelector('dialog[open]')) return;
  if (altKey && (key === 'ArrowUp' || key === 'ArrowDown')) {
    app.sidebar.step(key === 'ArrowUp' ? -1 : 1, shiftKey);
    return true;
  }
  if ((ctrlKey || metaKey) && shiftKey) {
    const does = { F: () => app.search.open(''), K: () => app.join(), E: () => app.emoji() }[key.toUpperCase()];
    does?.();
    return does !== undefined;
  }
  if (key === 'Escape') return escape(app);
  if (key === '?' && !isText(event.target)) {
    app.help();
    return true;
  }
  if (event.target === app.composer.box && (key === 'PageUp' || key === 'PageDown')) {
    app.log.scroll.page(key === 'PageUp' ? -1 : 1);
    return true;
  }
}

/** @param {import('./main.js').TheApp} app */
function escape(app) {
  if (app.closeDrawers()) return true;
  app.log.toEnd();
  app.composer.box.focus();
  return true;
}

/** A letter that is typed anywhere is meant for the message. @param {import('./main.js').TheApp} app @param {KeyboardEvent} event */
function startTyping(app, event) {
  const isLetter = event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey && !event.altKey;
  const isFree = event.target === document.body || event.target === app.log.box;
  if (isLetter && isFree) app.composer.box.focus();
}

/** @param {EventTarget | null} target */
function isText(target) {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
