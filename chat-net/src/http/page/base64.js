// @ts-check
/** Base64, by the browser's own means where it has them. */

/** @param {Uint8Array} bytes @returns {string} */
export function toBase64(bytes) {
  const own = /** @type {any} */ (bytes).toBase64;
  if (own) return own.call(bytes);
  let text = '';
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64(text) {
  const own = /** @type {any} */ (Uint8Array).fromBase64;
  if (own) return own.call(Uint8Array, text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
