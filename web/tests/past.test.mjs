import assert from 'node:assert/strict';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';
import { LineClient } from './wire.mjs';

inBrowser('what was said before is fetched by scrolling up, and found by searching', async (t, browser) => {
  const server = await Server.start(t, '--trusted');
  const nina = await LineClient.enter(t, server, 'nina');
  const omar = await LineClient.enter(t, server, 'omar');
  const count = 400;
  for (let number = 1; number <= count; number++) nina.types(`this is line ${number}${number === 7 ? ', about a quokka' : ''}`);
  await omar.hears(`line ${count}`);
  const anna = await Person.enter(browser, server, 'anna');
  await anna.sees(`this is line ${count}`, 'nina');

  /** Every line that was ever in the document. */
  const seen = new Set();
  await anna.log.hover();
  for (let turn = 0; turn < 400 && !seen.has(1); turn++) {
    const texts = await anna.log.getByRole('article').allTextContents();
    for (const text of texts) seen.add(Number(/this is line (\d+)/.exec(text)[1]));
    await anna.page.mouse.wheel(0, -600);
  }
  assert.deepEqual([...seen].sort((a, b) => a - b), Array.from({ length: count }, (_, index) => index + 1));

  await anna.button('Latest messages').click();
  await anna.sees(`this is line ${count}`, 'nina');
  await anna.button('Search').click();
  await anna.page.getByRole('searchbox', { name: 'Words to find' }).fill('quokka');
  await anna.page.keyboard.press('Enter');
  const matches = anna.page.getByRole('list', { name: 'Matches' }).getByRole('listitem');
  await matches.first().waitFor();
  assert.equal(await matches.count(), 1);
  await matches.getByRole('button').click();
  const found = anna.message('about a quokka', 'nina');
  await found.waitFor();
  assert.ok(await found.evaluate((element) => element === document.activeElement), 'the match has the focus');

  await anna.types('/msg nina between us');
  await anna.page.getByText('Rooms are searched, whispers are not.').waitFor();
  const only = anna.page.getByRole('checkbox');
  assert.equal(await only.count(), 0, 'there is no "here"');
  await matches.getByRole('button').click();
  await found.waitFor();
  await only.and(anna.page.getByLabel('only in #lobby')).waitFor();
  await anna.page.getByRole('searchbox').fill('a word that nobody said');
  await anna.page.getByRole('searchbox').press('Enter');
  await anna.page.getByText('Nothing was found.').waitFor();
  anna.isWell();
});
