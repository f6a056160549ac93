import assert from 'node:assert/strict';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';
import { LineClient } from './wire.mjs';

/** More than a screen of talk, and somebody who came to its end. */
async function longTalk(t, browser, options) {
  const server = await Server.start(t, '--trusted');
  const nina = await LineClient.enter(t, server, 'nina');
  const omar = await LineClient.enter(t, server, 'omar');
  for (let number = 1; number <= 60; number++) nina.types(`this is line ${number}`);
  await omar.hears('line 60');
  const anna = await Person.enter(browser, server, 'anna', options);
  await anna.sees('this is line 60', 'nina');
  return anna;
}

/** Waits until all that waited for a picture is drawn. @param {Person} person */
function settles({ page }) {
  return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** By how much a row ends below the fold. @param {Person} person @param {import('playwright-core').Locator} row */
async function below({ log }, row) {
  const [rowBox, logBox] = [await row.boundingBox(), await log.boundingBox()];
  return rowBox.y + rowBox.height - logBox.y - logBox.height;
}

for (const viewport of [{ width: 375, height: 700 }, { width: 1280, height: 800 }]) {
  inBrowser(`a message of many lines is seen whole by who says it, at ${viewport.width} px`, async (t, browser) => {
    const anna = await longTalk(t, browser, { viewport });
    await anna.box.focus();
    for (let number = 1; number <= 7; number++) {
      await anna.page.keyboard.type(`verse ${number}`);
      await anna.page.keyboard.press('Shift+Enter');
      await settles(anna);
      assert.equal(await anna.button('Latest messages').count(), 0, `at the end still, with ${number} lines typed`);
    }
    await anna.page.keyboard.type('the last verse');
    await anna.page.keyboard.press('Enter');
    await anna.sees('the last verse', 'anna');
    await settles(anna);
    assert.ok((await below(anna, anna.message('the last verse'))) <= 1);
    assert.equal(await anna.button('Latest messages').count(), 0);
    anna.isWell();
  });
}

inBrowser('older messages are shown by a command, until there are none', async (t, browser) => {
  const anna = await longTalk(t, browser);
  const first = anna.message(/this is line 1$/);
  for (let turn = 0; turn < 20 && (await first.count()) === 0; turn++) {
    await anna.types('/history');
    await settles(anna);
  }
  await first.waitFor();
  await anna.log.evaluate((log) => log.scrollTo(0, 0));
  await settles(anna);
  await anna.types('/history');
  await anna.reads('There is nothing before this.');
  anna.isWell();
});

inBrowser('what one says, and what is answered, is seen wherever one was reading', async (t, browser) => {
  const anna = await longTalk(t, browser);
  for (const [line, shown] of [['said from above', anna.message('said from above')], ['/topic', anna.log.getByText('There is no topic.')]]) {
    await anna.log.hover();
    await anna.page.mouse.wheel(0, -900);
    await anna.button('Latest messages').waitFor();
    await anna.types(line);
    await shown.waitFor();
    await anna.button('Latest messages').waitFor({ state: 'hidden' });
    assert.ok((await below(anna, shown)) <= 1);
  }
  anna.isWell();
});

inBrowser('how much is too long stands beside the way to the latest messages', async (t, browser) => {
  const anna = await longTalk(t, browser, { viewport: { width: 320, height: 560 } });
  await anna.log.hover();
  await anna.page.mouse.wheel(0, -900);
  await anna.button('Latest messages').waitFor();
  await anna.box.fill('a'.repeat(5000));
  const [one, other] = [await anna.page.getByText('904 bytes too long').boundingBox(), await anna.button('Latest messages').boundingBox()];
  assert.ok(one.x + one.width <= other.x || one.y >= other.y + other.height, `${JSON.stringify([one, other])}`);
  anna.isWell();
});
