import assert from 'node:assert/strict';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';
import { LineClient } from './wire.mjs';

inBrowser('two pages and somebody with nc talk, whisper, come and go', async (t, browser) => {
  const server = await Server.start(t);
  const anna = await Person.enter(browser, server, 'anna');
  const ben = await Person.enter(browser, server, 'ben');
  const nina = await LineClient.enter(t, server, 'nina');
  await anna.reads(/ben and nina joined/);
  await anna.page.getByRole('complementary', { name: '3 members' }).waitFor();

  await anna.types('hello from a page');
  await ben.sees('hello from a page', 'anna');
  await nina.hears('hello from a page');
  nina.types('hello from nc');
  await anna.sees('hello from nc', 'nina');
  await ben.sees('hello from nc', 'nina');
  await ben.types('hello to you both');
  await anna.sees('hello to you both', 'ben');
  const said = ['hello from a page', 'hello from nc', 'hello to you both'];
  assert.deepEqual(await anna.bodies(), said);
  assert.deepEqual(await ben.bodies(), said);

  await anna.button('Whisper to ben').click();
  await anna.page.getByRole('heading', { name: '@ben' }).waitFor();
  await anna.types('between us');
  await ben.button('@anna, 1 unread').waitFor();
  await ben.goes('@anna');
  await ben.sees('between us', 'anna');
  await ben.types('/msg nina psst');
  await nina.hears('psst');
  nina.types('/msg anna psst as well');
  await anna.button('@nina, 1 unread').waitFor();
  assert.ok(!nina.heard.includes('between us'), 'a whisper is for one only');

  await anna.button('Join a room').click();
  const dialog = anna.page.getByRole('dialog', { name: 'Join a room' });
  const name = dialog.getByRole('textbox', { name: 'Name of the room' });
  await name.fill('tea time');
  await dialog.getByRole('button', { name: 'Join', exact: true }).click();
  await dialog.getByRole('alert').getByText(/^[A-Z].*\.$/).waitFor();
  assert.equal(await name.inputValue(), 'tea time', 'what was typed is there to be mended');
  await name.fill('tea-time');
  await name.press('Enter');
  await anna.page.getByRole('heading', { name: '#tea-time' }).waitFor();
  await dialog.waitFor({ state: 'detached' });
  assert.ok(await anna.box.evaluate((box) => box === document.activeElement), 'one can type at once');

  await anna.goes('#lobby');
  await anna.button('Set a topic').click();
  await anna.page.getByRole('textbox', { name: 'Topic' }).fill('tests and tea');
  await anna.page.keyboard.press('Enter');
  await ben.goes('#lobby');
  await ben.button('Topic: tests and tea. Change it').waitFor();
  await nina.hears('tests and tea');

  nina.types('/quit');
  await anna.reads(/nina left/);
  await anna.page.getByRole('complementary', { name: '2 members' }).waitFor();
  await ben.button('Leave the chat').click();
  await ben.status.getByText('Goodbye.').waitFor();
  await anna.page.getByRole('complementary', { name: '1 member' }).waitFor();
  anna.isWell();
  ben.isWell();
});
