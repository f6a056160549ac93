// @ts-check
/** Dark or light: as the system says, or as was chosen. */

import { find, icon } from './dom.js';
import { choice, choose } from './session.js';

const THEMES = /** @type {const} */ (['auto', 'light', 'dark']);
const SIGNS = {
  auto: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  light: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M19 5l-1.4 1.4M6.4 17.6L5 19',
  dark: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
};

/** Applies what was chosen, and lets the button choose the next. */
export function followTheme() {
  const button = find('theme-button', HTMLButtonElement);
  /** @type {'auto' | 'light' | 'dark'} */
  let theme = THEMES.find((theme) => theme === choice('theme')) ?? 'auto';
  const apply = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.replaceChildren(icon(SIGNS[theme]));
    button.title = `Theme: ${theme === 'auto' ? 'as the system' : theme}`;
    button.setAttribute('aria-label', button.title);
  };
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
    choose('theme', theme);
    apply();
  });
  apply();
}
