// @ts-check
/** Files come by a button, by drag and drop, or pasted. */

import { find } from './dom.js';

/** @param {(files: File[]) => void} offer */
export function listenToFiles(offer) {
  const input = find('file-input', HTMLInputElement);
  const target = find('drop');
  find('file-button').addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    offer([...(input.files ?? [])]);
    input.value = '';
  });
  // Entering a child leaves its parent: only what is counted down to zero has left.
  let depth = 0;
  const has = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false;
  const show = (/** @type {number} */ now) => {
    depth = Math.max(0, now);
    target.hidden = depth === 0;
  };
  addEventListener('dragenter', (event) => has(event) && show(depth + 1));
  addEventListener('dragleave', (event) => has(event) && show(depth - 1));
  addEventListener('dragover', (event) => has(event) && event.preventDefault());
  addEventListener('drop', (event) => {
    if (!has(event)) return;
    event.preventDefault();
    show(0);
    offer([...(event.dataTransfer?.files ?? [])]);
  });
}
