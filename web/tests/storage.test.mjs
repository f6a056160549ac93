/** What is kept in the browser, where it may be and where it may not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

const page = '../../chat-net/src/http/page';

/** As a browser that blocks cookies does. */
function blocked() {
  throw new DOMException('access is denied', 'SecurityError');
}

test('a page that may store nothing begins anew, and nothing else changes', async () => {
  for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(globalThis, name, { configurable: true, get: blocked });
  globalThis.BroadcastChannel = class {
    constructor() {
      blocked();
    }
  };
  const session = await import(`${page}/session.js`);
  assert.equal(await session.restored(), null);
  assert.equal(session.rememberedName(), '');
  assert.equal(session.choice('theme'), null);
  session.choose('theme', 'dark');
  session.rememberName('anna');
  session.keep({ label: session.label() });
  session.forget();
});
