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

for (const colorScheme of ['light', 'dark']) {
  for (const width of [360, 1280]) {
    inBrowser(`accounts and order at ${width} px, ${colorScheme}: accessible, nothing cut off; pictures are kept`, async (t, browser) => {
      const server = await Server.start(t, '--accounts', 'optional');
      await server.user('correct horse\n', 'add', 'anna', '--operator', '--password-stdin');
      const look = { viewport: { width, height: width === 360 ? 740 : 800 }, colorScheme, reducedMotion: 'reduce' };
      await mkdir(pictures, { recursive: true });
      const anna = await Person.open(browser, server, look);
      const { page } = anna;
      /** @param {string} what */
      const holds = async (what) => {
        await isAccessible(anna, what);
        await fits(anna, what);
        await page.screenshot({ path: `${pictures}${what}-${colorScheme}-${width}.png` });
      };
      await anna.button('Make an account').click();
      await holds('register');
      await anna.button('Log in').click();
      await page.getByRole('textbox', { name: 'What is your name?' }).fill('anna');
      await page.getByLabel('Password', { exact: true }).fill('wrong horse');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText(/wrong/).waitFor();
      await holds('login');
      await page.getByLabel('Password', { exact: true }).fill('correct horse');
      await page.keyboard.press('Enter');
      await anna.box.waitFor();
      await anna.types('/join den');
      await page.getByRole('heading', { name: '#den' }).waitFor();
      const ben = await Person.enter(browser, server, 'ben');
      await ben.types('/join den');
      await ben.page.getByRole('heading', { name: '#den' }).waitFor();
      await ben.types('something that had better not been said, and at some length');
      await anna.sees('something', 'ben');
      await ben.types('and something else');
      await anna.sees('something else', 'ben');
      await anna.types('/delete 3');
      await anna.types('/mute ben 2h Words of a reason that are many enough to need more than one line on a phone');
      await ben.types('/join elsewhere');
      await ben.page.getByRole('heading', { name: '#elsewhere' }).waitFor();
      await ben.types('/invite anna');
      await ben.reads('You invited anna');
      await anna.message('and something else').click({ button: 'left' });
      await anna.message('and something else').getByRole('button', { name: /^More/ }).click();
      await page.getByRole('menu').waitFor();
      await holds('message-menu');
      await page.getByRole('menuitem', { name: 'Ban…' }).click();
      await page.getByRole('dialog', { name: 'Ban ben from #den' }).waitFor();
      await holds('ban');
      await page.keyboard.press('Escape');
      await anna.button('About this room').click();
      await page.getByRole('list', { name: 'Muted' }).waitFor();
      await holds('about');
      await anna.button('Change modes…').click();
      await page.getByRole('dialog', { name: 'Modes of #den' }).waitFor();
      await holds('modes');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      if (width === 360) await anna.button(/^\d members$/).click();
      await page.getByRole('button', { name: 'More about ben', exact: true }).click();
      await page.getByRole('menu').waitFor();
      await holds('member-menu');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await anna.types('/audit');
      await page.getByRole('list', { name: 'Acts' }).getByRole('listitem').first().waitFor();
      await holds('audit');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Alt+Shift+ArrowDown');
      await page.getByRole('group', { name: 'Invitation to #elsewhere from ben' }).waitFor();
      await holds('invitation');
      const { page: muted } = ben;
      await ben.goes('#den');
      await muted.getByText(/^You are muted/).first().waitFor();
      await muted.setViewportSize({ width, height: 700 });
      await isAccessible(ben, 'muted');
      await fits(ben, 'muted');
      await muted.screenshot({ path: `${pictures}muted-${colorScheme}-${width}.png` });
      await server.user('', 'disable', 'anna');
      await page.getByRole('heading', { name: 'This account is disabled' }).waitFor();
      await holds('over');
      anna.isWell();
      ben.isWell();
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
