import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';
import { LineClient } from './wire.mjs';

const pictures = fileURLToPath(new URL('../../target/page/', import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** @param {Person} person @param {string} what */
async function isAccessible({ page }, what) {
  const violations = await page.evaluate(`(async () => {
    ${axe};
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html + ' ' + node.failureSummary).join('; '));
  })()`);
  assert.deepEqual(violations, [], what);
}

/** @param {Person} person @param {string} what */
async function fits({ page }, what) {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= window, `${what}: ${wide} px in a window of ${window}`);
}

/** Something of everything there is to see. */
async function furnish(t, server, browser) {
  const ben = await Person.enter(browser, server, 'ben');
  const nina = await LineClient.enter(t, server, 'nina');
  await ben.types('/topic Where to go on Saturday');
  await ben.reads(/set the topic/);
  nina.types('Good morning! Is anybody up for a walk?');
  await ben.sees('up for a walk');
  await ben.types('Yes :) The weather should be fine, see https://example.org/weather?where=somewhere&when=saturday-morning-or-maybe-a-little-later');
  await ben.types('averylongwordwithoutanyspaceinit'.repeat(8));
  await ben.sees('averylong');
  nina.types('👍');
  return { ben, nina };
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [360, 1280]) {
    inBrowser(`the page at ${width} px, ${colorScheme}: accessible, nothing cut off; a picture is kept`, async (t, browser) => {
      const server = await Server.start(t);
      const { ben, nina } = await furnish(t, server, browser);
      const look = { viewport: { width, height: width === 360 ? 740 : 800 }, colorScheme, reducedMotion: 'reduce' };
      const name = `${colorScheme}-${width}`;
      await mkdir(pictures, { recursive: true });
      const picture = (what) => anna.page.screenshot({ path: `${pictures}${what}-${name}.png` });

      const anna = await Person.open(browser, server, { ...look, allowed: /WebSocket|ERR_|net::/ });
      await anna.page.getByRole('textbox', { name: 'What is your name?' }).waitFor();
      await isAccessible(anna, 'first screen');
      await fits(anna, 'first screen');
      await picture('enter');
      await anna.login('anna');
      await anna.types('Hello you two, I am in. @ben, shall I bring tea?');
      await ben.sees('bring tea', 'anna');
      const chooser = ben.page.waitForEvent('filechooser');
      await ben.button('Send a file').click();
      await (await chooser).setFiles({ name: 'map of the walk.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(70_000) });
      await anna.page.getByRole('group', { name: /^map of the walk/ }).waitFor();
      await ben.types('/join mountains');
      await ben.page.getByRole('heading', { name: '#mountains' }).waitFor();
      nina.types('/msg anna only for you');
      await anna.sees('bring tea', 'anna');
      await isAccessible(anna, 'a room');
      await fits(anna, 'a room');
      await picture('room');

      await anna.button('Search').click();
      await anna.page.getByRole('searchbox', { name: 'Words to find' }).fill('walk');
      await anna.page.keyboard.press('Enter');
      await anna.page.getByRole('list', { name: 'Matches' }).getByRole('listitem').first().waitFor();
      await isAccessible(anna, 'search');
      await fits(anna, 'search');
      await picture('search');
      await anna.button('Close search').click();

      await anna.page.keyboard.press('Control+Shift+K');
      await anna.page.getByRole('dialog', { name: 'Join a room' }).getByRole('button', { name: /^#?mountains/ }).waitFor();
      await isAccessible(anna, 'join a room');
      await fits(anna, 'join a room');
      await anna.page.keyboard.press('Escape');
      await anna.page.keyboard.press('Control+Shift+E');
      await anna.page.getByRole('dialog', { name: 'Emoji' }).waitFor();
      await isAccessible(anna, 'emoji');
      await fits(anna, 'emoji');
      await picture('emoji');
      await anna.page.keyboard.press('Escape');

      if (width === 360) {
        await anna.button('Rooms', { exact: true }).click();
        await anna.page.getByRole('navigation', { name: 'Rooms and whispers' }).waitFor();
        await isAccessible(anna, 'the list of rooms');
        await picture('rooms');
        await anna.page.keyboard.press('Escape');
        await anna.button(/^\d members$/).click();
        await anna.page.getByRole('complementary', { name: /members/ }).waitFor();
        await isAccessible(anna, 'the list of members');
        await picture('members');
        await anna.page.keyboard.press('Escape');
      }
      await anna.types('/help');
      await anna.page.getByRole('dialog', { name: 'Help' }).waitFor();
      await isAccessible(anna, 'help');
      await fits(anna, 'help');
      await anna.page.keyboard.press('Escape');
      await anna.page.setViewportSize({ width: 320, height: 560 });
      await fits(anna, 'at 320 px');
      await anna.types('Even on a very small screen');
      await anna.sees('Even on a very small screen', 'anna');
      await fits(anna, 'at 320 px, having typed');
      ben.isWell();
      await ben.page.close();
      await server.kill();
      await anna.status.getByText(/Trying again/).waitFor();
      await isAccessible(anna, 'without a server');
      await fits(anna, 'without a server, at 320 px');
      await picture('offline');
      anna.isWell();
    });
  }
}

inBrowser('on a phone a long topic is read in full where it is changed, and covers nothing', async (t, browser) => {
  const server = await Server.start(t);
  const anna = await Person.enter(browser, server, 'anna', { viewport: { width: 375, height: 700 } });
  const topic = 'Where to go on Saturday, who brings what, and what to do if it rains. '.repeat(5).trim();
  await anna.types(`/topic ${topic}`);
  await anna.button(`Topic: ${topic}. Change it`).click();
  const input = anna.page.getByRole('textbox', { name: 'Topic' });
  const [whole, shown] = await input.evaluate((box) => [box.scrollHeight, box.clientHeight]);
  assert.ok(whole <= shown, `${whole} px of text in ${shown}`);
  const [name, box] = [await anna.page.getByRole('heading', { name: '#lobby' }).boundingBox(), await input.boundingBox()];
  const ring = 3;
  assert.ok(box.y - ring >= name.y + name.height, `${JSON.stringify([name, box])}`);
  await mkdir(pictures, { recursive: true });
  await anna.page.screenshot({ path: `${pictures}topic-375.png` });
  await fits(anna, 'a long topic');
  await input.fill('short');
  await input.press('Enter');
  await anna.button('Topic: short. Change it').waitFor();
  assert.ok(await anna.box.evaluate((box) => box === document.activeElement), 'one can type at once');
  anna.isWell();
});
