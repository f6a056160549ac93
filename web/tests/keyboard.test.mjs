import assert from 'node:assert/strict';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';

inBrowser('everything can be done without a mouse', async (t, browser) => {
  const server = await Server.start(t);
  const ben = await Person.enter(browser, server, 'ben');
  const anna = await Person.open(browser, server);
  const { keyboard } = anna.page;
  /** What has the focus, by role and name. */
  const isOn = (locator) => locator.evaluate((element) => element === document.activeElement);
  const tabsTo = async (locator) => {
    for (let count = 0; count < 60 && !(await isOn(locator)); count++) await keyboard.press('Tab');
    assert.ok(await isOn(locator), `Tab comes to ${locator}`);
  };

  await anna.page.getByRole('textbox', { name: 'What is your name?' }).waitFor();
  await keyboard.type('anna');
  await keyboard.press('Enter');
  await anna.box.waitFor();
  await keyboard.type('hello b');
  await keyboard.press('Shift+Enter');
  await keyboard.type('second line');
  await keyboard.press('Enter');
  await ben.sees('second line', 'anna');
  assert.deepEqual(await ben.bodies(), ['hello b\nsecond line']);
  await keyboard.type('@be');
  await keyboard.press('Tab');
  assert.match(await anna.box.inputValue(), /^@?ben/);
  await keyboard.press('Control+A');
  await keyboard.press('Delete');
  await keyboard.type('and you, @ben');
  await anna.page.getByRole('listbox', { name: 'Completions' }).waitFor();
  await keyboard.press('Enter');
  await ben.sees('and you, @ben', 'anna');
  await keyboard.press('ArrowUp');
  await keyboard.press('ArrowUp');
  assert.equal(await anna.box.inputValue(), 'hello b\nsecond line');
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowDown');

  await keyboard.press('Control+Shift+K');
  await anna.page.getByRole('dialog', { name: 'Join a room' }).waitFor();
  await keyboard.type('tea');
  await keyboard.press('Enter');
  await anna.page.getByRole('heading', { name: '#tea' }).waitFor();
  await keyboard.press('Alt+ArrowUp');
  await anna.page.getByRole('heading', { name: '#lobby' }).waitFor();
  await ben.types('/join tea');
  // What is typed before it opens waits in the lobby.
  await ben.page.getByRole('heading', { name: '#tea' }).waitFor();
  await ben.types('come here');
  await anna.button('#tea, 1 unread').waitFor();
  await keyboard.press('Alt+Shift+ArrowDown');
  await anna.sees('come here', 'ben');

  await keyboard.press('Control+Shift+F');
  await keyboard.type('second');
  await keyboard.press('Enter');
  const match = anna.page.getByRole('list', { name: 'Matches' }).getByRole('button');
  await match.waitFor();
  await tabsTo(match);
  await keyboard.press('Enter');
  await anna.sees('second line', 'anna');
  await keyboard.press('Escape');
  await anna.page.getByRole('search').waitFor({ state: 'hidden' });

  const topic = anna.button('Set a topic');
  await tabsTo(topic);
  await keyboard.press('Enter');
  await keyboard.type('by keys alone');
  await keyboard.press('Enter');
  await anna.button('Topic: by keys alone. Change it').waitFor();
  const ask = anna.button('Help and keys');
  await tabsTo(ask);
  await keyboard.press('Enter');
  await anna.page.getByRole('dialog', { name: 'Help' }).waitFor();
  await keyboard.press('Escape');
  await anna.page.getByRole('dialog', { name: 'Help' }).waitFor({ state: 'detached' });
  anna.isWell();
  ben.isWell();
});
