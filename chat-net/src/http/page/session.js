// @ts-check
/**
 * What outlives a reload: the session in this tab's own storage, the name and the choices in the browser's.
 *
 * A duplicated or twice restored tab begins with a copy of that storage. Two tabs with one session would throw each other
 * out for ever, so a page asks first whether somebody has it already.
 */

const KEPT = 'chat.session';
const NAME = 'chat.name';
const ASK_MS = 120;

/** Session storage may be full or forbidden: then a reload begins anew, and nothing else changes. @param {() => void} store */
function attempt(store) {
  try {
    store();
  } catch {
    // As said above.
  }
}

/** Where cookies are blocked, naming a storage throws already. @param {() => Storage} storage @param {string} key @returns {any} */
function load(storage, key) {
  try {
    return JSON.parse(storage().getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** @param {string} key */
export const choice = (key) => load(() => localStorage, `chat.${key}`);
/** @param {string} key @param {unknown} value */
export const choose = (key, value) => attempt(() => localStorage.setItem(`chat.${key}`, JSON.stringify(value)));

export const rememberedName = () => load(() => localStorage, NAME) ?? '';
/** @param {string} name */
export const rememberName = (name) => attempt(() => localStorage.setItem(NAME, JSON.stringify(name)));

/** @param {object} kept */
export const keep = (kept) => attempt(() => sessionStorage.setItem(KEPT, JSON.stringify(kept)));
export const forget = () => attempt(() => sessionStorage.removeItem(KEPT));

const self = crypto.getRandomValues(new Uint32Array(2)).join('-');
let held = '';

/** The session this tab had before it was loaded again; null if there is none, or another tab has it. */
export async function restored() {
  const kept = load(() => sessionStorage, KEPT);
  if (!kept?.client?.token) return null;
  const label = kept.label ?? '';
  if (await claim(label)) return kept;
  forget();
  return null;
}

/** A name for a new session, by which tabs tell theirs apart; it is no secret. */
export function label() {
  held ||= self;
  listen();
  return held;
}

/** @type {BroadcastChannel | null} */
let channel = null;

function listen() {
  if (channel || typeof BroadcastChannel === 'undefined') return;
  // It throws where storage is blocked; then no other tab has a session either.
  attempt(() => {
    channel = new BroadcastChannel('chat.tabs');
    channel.onmessage = answerTab;
  });
}

/** Another tab asks, or answers. @param {MessageEvent} message */
function answerTab({ data }) {
  // Of two that come at once, the smaller one has it.
  if (data.type === 'whose' && data.label === held && (isSure || self < data.tab)) channel?.postMessage({ type: 'mine', to: data.tab });
  if (data.type === 'mine' && data.to === self) refuse();
}

let isSure = true;
let refuse = () => {};

/** @param {string} label @returns {Promise<boolean>} */
function claim(label) {
  held = label;
  isSure = false;
  listen();
  if (!channel) {
    isSure = true;
    return Promise.resolve(true);
  }
  return new Promise((done) => {
    refuse = () => {
      held = '';
      isSure = true;
      done(false);
    };
    channel?.postMessage({ type: 'whose', label, tab: self });
    setTimeout(() => {
      isSure = true;
      done(true);
    }, ASK_MS);
  });
}
