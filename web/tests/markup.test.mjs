import assert from 'node:assert/strict';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';

/** What would show itself, or run, if anything took it for markup. */
const hostile = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(2)</script>',
  '"><svg/onload=alert(3)>',
  'javascript:alert(4) and https://example.org/"onmouseover="alert(5)',
  '<a href="javascript:alert(6)">here</a>',
  '{{constructor.constructor("alert(7)")()}} ${alert(8)} &lt;b&gt;',
  '<iframe srcdoc="<script>parent.alert(9)</script>"></iframe><base href=//example.org>',
];

inBrowser('markup and script in what others say is text, and runs nowhere', async (t, browser) => {
  const server = await Server.start(t, '--trusted');
  const anna = await Person.enter(browser, server, 'anna');
  const ben = await Person.enter(browser, server, 'ben');
  const before = await ben.page.locator('script, iframe, base, object, embed').count();
  for (const text of hostile) {
    await anna.types(text);
    await ben.sees(text, 'anna');
  }
  assert.deepEqual(await ben.bodies(), hostile);

  await anna.types(`/topic ${hostile[0]}`);
  await ben.button(`Topic: ${hostile[0]}. Change it`).waitFor();
  await anna.types(`/msg ben ${hostile[1]}`);
  await ben.button('@anna, 1 unread').click();
  await ben.sees(hostile[1], 'anna');
  await ben.goes('#lobby');
  await ben.types('/search onerror');
  await ben.page.getByRole('list', { name: 'Matches' }).getByText(hostile[0]).first().waitFor();

  await anna.goes('#lobby');
  for (const name of ['<img src=x onerror=alert(10)>.png', '"><script>alert(11)<.script>.txt']) {
    const chooser = anna.page.waitForEvent('filechooser');
    await anna.button('Send a file').click();
    await (await chooser).setFiles({ name, mimeType: 'text/plain', buffer: Buffer.from('text') });
    const card = ben.page.getByRole('group').filter({ hasText: name });
    await card.getByRole('button', { name: 'Accept', exact: true }).click();
    await card.getByRole('link', { name: `Save ${name}` }).waitFor();
  }

  const links = await ben.log.getByRole('link').evaluateAll((all) => all.map((link) => link.protocol));
  assert.deepEqual(links.filter((protocol) => !['https:', 'http:', 'blob:'].includes(protocol)), []);
  assert.equal(await ben.page.locator('script, iframe, base, object, embed').count(), before);
  assert.equal(await ben.page.locator('[onerror], [onload], [onmouseover], img').count(), 0);
  await ben.page.reload();
  await ben.sees(hostile[0], 'anna');
  anna.isWell();
  ben.isWell();
});
