/** Order in a room: who may do what, and what the others see of it. */

import assert from 'node:assert/strict';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';
import { LineClient } from './wire.mjs';

/** Owner of #den, and somebody else there. @param {import('node:test').TestContext} t @param {import('playwright-core').Browser} browser */
async function den(t, browser) {
  const server = await Server.start(t);
  const anna = await Person.enter(browser, server, 'anna');
  await anna.types('/join den');
  await anna.page.getByRole('heading', { name: '#den' }).waitFor();
  const ben = await Person.enter(browser, server, 'ben');
  await ben.types('/join den');
  await ben.page.getByRole('heading', { name: '#den' }).waitFor();
  await anna.button('Whisper to ben').waitFor();
  return { server, anna, ben };
}

/** Chooses from the menu at a member. @param {Person} person @param {string} name @param {string} item */
async function choose({ page }, name, item) {
  await page.getByRole('button', { name: `More about ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

inBrowser('a menu has only what one may do, roles are told in words, and who is kicked is told why and can come back', async (t, browser) => {
  const { anna, ben } = await den(t, browser);
  await ben.button('Whisper to anna, owner').waitFor();
  await ben.page.getByRole('button', { name: 'More about anna', exact: true }).click();
  assert.deepEqual(await ben.page.getByRole('menuitem').allTextContents(), ['Whisper', 'Ignore']);
  await ben.page.keyboard.press('Escape');
  await ben.page.getByRole('menu').waitFor({ state: 'detached' });

  await choose(anna, 'ben', 'Make a moderator');
  await ben.reads('anna made ben a moderator');
  await anna.button('Whisper to ben, moderator').waitFor();
  await ben.types('/kick anna');
  await ben.reads('In #den only an operator may do that.');
  await choose(anna, 'ben', 'Take the role away');
  await ben.reads('anna made ben a member');

  await choose(anna, 'ben', 'Kick…');
  const dialog = anna.page.getByRole('dialog', { name: 'Kick ben from #den' });
  await dialog.getByRole('textbox').fill('<b>too</b> loud');
  await dialog.getByRole('button', { name: 'Kick' }).click();
  await dialog.waitFor({ state: 'detached' });
  await anna.reads('anna put ben out: <b>too</b> loud');
  await ben.page.getByText('anna put you out of #den: <b>too</b> loud').first().waitFor();
  await anna.page.getByRole('complementary', { name: '1 member' }).waitFor();
  await ben.button('#den, you were put out').waitFor();
  await ben.page.reload();
  await ben.page.getByText('anna put you out of #den').first().waitFor();
  await ben.button('Join again').click();
  await ben.types('here again');
  await anna.sees('here again', 'ben');
  anna.isWell();
  ben.isWell();
});

inBrowser('a ban says why and for how long, stands in the list of the room, and can be lifted there', async (t, browser) => {
  const { anna, ben } = await den(t, browser);
  await choose(anna, 'ben', 'Ban…');
  const dialog = anna.page.getByRole('dialog', { name: 'Ban ben from #den' });
  await dialog.getByRole('combobox', { name: 'For how long' }).selectOption({ label: '1 day' });
  await dialog.getByRole('textbox').fill('spam');
  await dialog.getByRole('button', { name: 'Ban', exact: true }).click();
  await ben.page.getByText('anna put you out of #den, and you are banned: spam').first().waitFor();
  await ben.button('Join again').click();
  await ben.page.getByText(/banned.*spam/i).nth(1).waitFor();
  await anna.button('About this room').click();
  const about = anna.page.getByRole('dialog', { name: 'About #den' });
  await about.getByText('You are an owner here.').waitFor();
  await about.getByRole('list', { name: 'Banned' }).getByText(/ben until .*: spam/).waitFor();
  await about.getByRole('button', { name: 'Lift the ban of ben' }).click();
  await about.getByRole('list', { name: 'Banned' }).waitFor({ state: 'detached' });
  await anna.page.keyboard.press('Escape');
  await anna.reads('anna lifted the ban of ben');
  await ben.button('Join again').click();
  await anna.button('Whisper to ben').waitFor();
  anna.isWell();
  ben.isWell();
});

inBrowser('whoever is muted, in a moderated room or in slow mode is told so where one types, and until when', async (t, browser) => {
  const { anna, ben } = await den(t, browser);
  await anna.types('/mute ben 5s');
  await anna.button('Whisper to ben, muted').waitFor();
  await anna.button('Whisper to ben', { exact: true }).waitFor();
  await anna.types('/mute ben 1h be nice');
  await ben.page.getByText(/^You are muted and can only read, until .*: be nice$/).first().waitFor();
  await anna.button('Whisper to ben, muted').waitFor();
  await ben.types('may I?');
  await ben.page.getByRole('alert').getByText(/muted/).waitFor();
  await ben.button('Discard').click();
  await ben.page.reload();
  await ben.page.getByText(/^You are muted and can only read/).first().waitFor();
  await choose(anna, 'ben', 'Unmute');
  await ben.page.getByText(/^You are muted and can only read/).first().waitFor({ state: 'hidden' });

  await anna.types('/mode moderated on slow 30');
  await ben.page.getByText('This room is moderated: only moderators talk.').first().waitFor();
  await anna.types('/mode moderated off');
  await ben.reads('anna set the modes of the room: slow mode 30 s');
  await ben.types('one');
  await anna.sees('one', 'ben');
  await ben.page.getByText(/^Slow mode: 30 s between two messages. You can say the next in \d+ s\.$/).waitFor();
  await ben.types('two');
  await ben.page.getByRole('alert').getByText(/slow/).waitFor();
  assert.deepEqual(await anna.bodies(), ['one']);
  anna.isWell();
  ben.isWell();
});

inBrowser('a room with a key asks for it, and a private room is none for those outside until they are invited', async (t, browser) => {
  const { server, anna, ben } = await den(t, browser);
  await anna.button('About this room').click();
  await anna.button('Change modes…').click();
  const modes = anna.page.getByRole('dialog', { name: 'Modes of #den' });
  await modes.getByRole('textbox', { name: /^Key/ }).fill('séSame "1"');
  await modes.getByRole('button', { name: 'Change' }).click();
  await modes.waitFor({ state: 'detached' });
  await anna.page.getByRole('dialog', { name: 'About #den' }).getByText('with a key').waitFor();
  await anna.page.keyboard.press('Escape');
  const carl = await Person.enter(browser, server, 'carl');
  await carl.types('/join den');
  const key = carl.page.getByRole('dialog', { name: '#den has a key' });
  await key.getByRole('textbox').fill('wrong');
  await key.getByRole('button', { name: 'Join' }).click();
  await key.getByRole('alert').getByText(/key/).waitFor();
  await key.getByRole('textbox').fill('séSame "1"');
  await key.getByRole('button', { name: 'Join' }).click();
  await carl.page.getByRole('heading', { name: '#den' }).waitFor();
  await anna.button('Whisper to carl').waitFor();
  await carl.types('/leave');
  await carl.page.getByRole('heading', { name: '#lobby' }).waitFor();

  await carl.types('/join den séSame "1"');
  await carl.page.getByRole('heading', { name: '#den' }).waitFor();
  await carl.types('there');
  await anna.sees('there', 'carl');
  assert.doesNotMatch(await carl.page.evaluate(() => JSON.stringify({ ...sessionStorage })), /Same/, 'the key is kept nowhere');
  // The session is lost together with the page: its secret is not the server's any more.
  await carl.page.addInitScript(() => {
    const kept = JSON.parse(sessionStorage.getItem('chat.session') ?? 'null');
    if (!kept || localStorage.getItem('isLost')) return;
    kept.client.token = [...kept.client.token].reverse().join('');
    sessionStorage.setItem('chat.session', JSON.stringify(kept));
    localStorage.setItem('isLost', 'yes');
  });
  await carl.page.reload();
  await carl.login('carla');
  await key.getByRole('textbox').fill('séSame "1"');
  await key.getByRole('button', { name: 'Join' }).click();
  await carl.button('Whisper to anna, owner').waitFor();
  await carl.types('/leave');
  await carl.page.getByRole('heading', { name: '#lobby' }).waitFor();

  await anna.types('/mode invite-only on key off');
  await anna.reads('anna set the modes of the room: invite-only');
  await carl.button('Join a room').click();
  const join = carl.page.getByRole('dialog', { name: 'Join a room' });
  await join.getByRole('button', { name: /^#?lobby/ }).waitFor();
  assert.equal(await join.getByRole('button', { name: /den/ }).count(), 0, 'it is in no list');
  await join.getByRole('textbox', { name: 'Name of the room' }).fill('den');
  await carl.page.keyboard.press('Enter');
  await join.getByRole('alert').getByText(/cannot be joined/).waitFor();
  await carl.page.keyboard.press('Escape');

  await anna.types('/invite carla');
  await anna.reads('You invited carla to #den.');
  await carl.button('@anna, 1 unread').click();
  const card = carl.page.getByRole('group', { name: 'Invitation to #den from anna' });
  await carl.page.reload();
  await card.getByRole('button', { name: 'Join' }).click();
  await carl.page.getByRole('heading', { name: '#den' }).waitFor();
  await ben.reads(/carla joined/);
  for (const person of [anna, ben, carl]) person.isWell();
});

inBrowser('a deleted message is a tombstone on every page, in the matches of a search, and after a reload', async (t, browser) => {
  const { server, anna, ben } = await den(t, browser);
  await ben.types('the secret is xyzzy');
  await anna.sees('xyzzy', 'ben');
  await anna.types('nothing to see');
  await ben.sees('nothing to see', 'anna');
  await ben.button('Search').click();
  await ben.page.getByRole('searchbox', { name: 'Words to find' }).fill('xyzzy');
  await ben.page.keyboard.press('Enter');
  const match = ben.page.getByRole('list', { name: 'Matches' }).getByRole('listitem');
  await match.getByText('the secret is xyzzy').waitFor();

  await anna.message('xyzzy').hover();
  await anna.message('xyzzy').getByRole('button', { name: 'More about this message of ben' }).click();
  await anna.page.getByRole('menuitem', { name: 'Delete…' }).click();
  await anna.page.getByRole('dialog', { name: 'Delete this message?' }).getByRole('button', { name: 'Delete' }).click();
  const bodies = ['[message deleted by anna]', 'nothing to see'];
  for (const person of [anna, ben]) {
    await person.message('[message deleted by anna]', 'ben').waitFor();
    assert.deepEqual(await person.bodies(), bodies);
    assert.ok(!(await person.page.content()).includes('the secret is'), 'nothing on the page has it');
  }
  await match.getByText('[message deleted by anna]').waitFor();
  await ben.button('Close search').click();
  await ben.box.press('ArrowUp');
  assert.equal(await ben.box.inputValue(), '/join den', 'what was sent is not brought back either');
  await ben.box.fill('');
  await ben.page.reload();
  await ben.message('nothing to see').waitFor();
  await ben.message('[message deleted by anna]').waitFor();
  const carl = await Person.enter(browser, server, 'carl');
  await carl.types('/join den');
  await carl.message('[message deleted by anna]').waitFor();
  assert.deepEqual(await carl.bodies(), bodies);

  await ben.types('mine');
  await anna.sees('mine', 'ben');
  await ben.types('/delete');
  await anna.message('[message deleted by ben]', 'ben').waitFor();
  for (const person of [anna, ben, carl]) person.isWell();
});

inBrowser('nothing is shown of whom one ignores, over a reload, until one ignores them no longer', async (t, browser) => {
  const server = await Server.start(t);
  const anna = await Person.enter(browser, server, 'anna');
  const nina = await LineClient.enter(t, server, 'nina');
  await anna.reads(/nina joined/);
  nina.types('before');
  await anna.sees('before', 'nina');
  await choose(anna, 'nina', 'Ignore');
  await anna.reads(/^You ignore nina in this browser/);
  await anna.button('Whisper to nina, ignored').waitFor();
  nina.types('anna, do you hear me?');
  nina.types('/msg anna psst');
  const omar = await LineClient.enter(t, server, 'omar');
  omar.types('I am here');
  await anna.sees('I am here', 'omar');
  assert.deepEqual(await anna.bodies(), ['I am here']);
  assert.equal(await anna.button(/^@nina/).count(), 0, 'no whisper came');
  await anna.page.reload();
  await anna.sees('I am here', 'omar');
  assert.deepEqual(await anna.bodies(), ['I am here']);
  await anna.types('/unignore nina');
  await anna.sees('do you hear me?', 'nina');
  assert.deepEqual(await anna.bodies(), ['before', 'anna, do you hear me?', 'I am here']);
  anna.isWell();
});

inBrowser('a message is picked, read out and deleted without a mouse, and so is a member', async (t, browser) => {
  const { anna, ben } = await den(t, browser);
  const { keyboard } = anna.page;
  for (const text of ['one', 'two']) {
    await anna.types(text);
    await ben.sees(text, 'anna');
  }
  await anna.log.focus();
  await keyboard.press('Enter');
  await keyboard.press('ArrowUp');
  await keyboard.press('Enter');
  await anna.page.getByRole('menu').waitFor();
  await keyboard.press('d');
  await keyboard.press('Enter');
  await anna.page.getByRole('dialog', { name: 'Delete this message?' }).waitFor();
  await keyboard.press('Shift+Tab');
  await keyboard.press('Enter');
  await ben.message('[message deleted by anna]').waitFor();
  assert.deepEqual(await ben.bodies(), ['[message deleted by anna]', 'two']);

  await anna.button('More about ben').focus();
  await keyboard.press('Enter');
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await ben.reads('anna made ben a moderator');
  assert.equal(await anna.page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'More about ben');
  anna.isWell();
  ben.isWell();
});
