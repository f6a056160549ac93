import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';
import { LineClient } from './wire.mjs';

inBrowser('over TLS, the page, openssl and curl all reach the same port', async (t, browser) => {
  const server = await Server.start(t, '--tls', 'self-signed');
  const secure = { url: `https://127.0.0.1:${server.port}/` };
  const anna = await Person.open(browser, secure, { ignoreHTTPSErrors: true });
  const socket = anna.page.waitForEvent('websocket');
  await anna.login('anna');
  assert.match((await socket).url(), /^wss:/);

  const openssl = spawn('openssl', ['s_client', '-quiet', '-connect', `127.0.0.1:${server.port}`], { stdio: ['pipe', 'pipe', 'ignore'] });
  t.after(() => openssl.kill());
  const nina = new LineClient(Duplex.from({ readable: openssl.stdout, writable: openssl.stdin }));
  await nina.hears('name');
  nina.types('nina');
  await nina.hears('lobby');
  await anna.types('nobody on the way can read this');
  await nina.hears('nobody on the way can read this');
  nina.types('nor this');
  await anna.sees('nor this', 'nina');

  const { stdout } = await promisify(execFile)('curl', ['-sk', `${secure.url}healthz`]);
  assert.deepEqual(JSON.parse(stdout), { status: 'ok' });
  anna.isWell();
});
