// @ts-check
/** Making and finding elements. Text only ever becomes text nodes; no markup is parsed anywhere on the page. */

/** @typedef {Record<string, string | number | boolean | undefined | ((event: any) => void)>} Properties */

/**
 * An element with attributes, listeners (functions) and children.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Properties} [properties] @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

/** Makes a box as high as its text; the style sheet says how high at most. @param {HTMLTextAreaElement} box @param {HTMLElement} form */
export function fit(box, form) {
  // Measured in a form that keeps its height: the list of messages would scroll while the box is small.
  form.style.height = `${form.offsetHeight}px`;
  box.style.height = 'auto';
  box.style.height = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
  form.style.height = '';
}

const SVG = 'http://www.w3.org/2000/svg';

/** A drawing of one line. @param {string} d The path, on 24 by 24. */
export function icon(d) {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', d);
  svg.append(path);
  return svg;
}

/** An element of index.html. @template {HTMLElement} T @param {string} id @param {new () => T} [type] @returns {T} */
export function find(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof (type ?? HTMLElement))) throw new Error(`index.html has no such #${id}`);
  return /** @type {T} */ (element);
}

/** Sets text only where it differs, so that nothing is announced or drawn again. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @type {Set<() => void>} */
const waiting = new Set();
/** A page that is not looked at gets no frames; what it has to show is still put in order. */
const LATEST_MS = 250;
let frame = 0;
/** @type {any} */
let timer = 0;

/** Runs `draw` before the next picture, once, however often it is asked for. @param {() => void} draw */
export function soon(draw) {
  if (waiting.size === 0) {
    frame = requestAnimationFrame(run);
    timer = setTimeout(run, LATEST_MS);
  }
  waiting.add(draw);
}

function run() {
  cancelAnimationFrame(frame);
  clearTimeout(timer);
  const draws = [...waiting];
  waiting.clear();
  for (const draw of draws) draw();
}
