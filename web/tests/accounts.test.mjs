/** Coming in: with an account, with the server's own password, and how sessions end from elsewhere. */

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';
import { LineClient } from './wire.mjs';

const RIGHT = 'correct horse';

/** Fills the first screen and sends it off. @param {Person} person @param {string} name Empty: it stands there already. @param {string} password */
async function fill({ page }, name, password) {
  if (name) await page.getByRole('textbox', { name: 'What is your name?' }).fill(name);
  await page.getByLabel(/password/i).first().fill(password);
  await page.keyboard.press('Enter');
}

/** A page in which somebody has logged in. */
async function loggedIn(browser, server, name, options) {
  const person = await Person.open(browser, server, options);
  const { page } = person;
  await person.button(/^(Log in|Start chatting)$/).first().waitFor();
  if (await page.getByRole('heading', { name: 'Chat' }).count()) await person.button('Log in').click();
  await fill(person, name, RIGHT);
  await person.box.waitFor();
  return person;
}

/** The sentence beside the fields. @param {Person} person @param {RegExp} text */
const refusal = ({ page }, text) => page.getByRole('alert').getByText(text).waitFor();

inBrowser('an account is made on the first screen, its name asks for its password, and a wrong one is refused in a sentence', async (t, browser) => {
  const server = await Server.start(t, '--accounts', 'optional');
  const anna = await Person.open(browser, server);
  await anna.button('Make an account').click();
  const password = anna.page.getByLabel('New password', { exact: true });
  assert.equal(await password.getAttribute('autocomplete'), 'new-password');
  assert.equal(await anna.page.getByRole('textbox', { name: 'What is your name?' }).getAttribute('autocomplete'), 'username');
  await fill(anna, 'anna', 'short');
  await refusal(anna, /at least 8 characters/);
  await fill(anna, '', RIGHT);
  await anna.box.waitFor();

  const other = await Person.open(browser, server);
  await other.page.getByRole('textbox', { name: 'What is your name?' }).fill('anna');
  await other.button('Start chatting').click();
  await refusal(other, /belongs to an account/);
  const known = other.page.getByLabel('Password', { exact: true });
  assert.equal(await known.getAttribute('autocomplete'), 'current-password');
  assert.ok(await known.evaluate((box) => box === document.activeElement), 'it can be typed at once');
  await fill(other, '', 'wrong horse');
  await refusal(other, /password is wrong/);
  await fill(other, '', RIGHT);
  await other.box.waitFor();
  await other.page.getByRole('complementary', { name: '1 member' }).waitFor();
  await other.types('from my other device');
  await anna.sees('from my other device', 'anna');
  assert.equal(await anna.button(/#lobby, \d unread/).count(), 0, 'what one says oneself is no news');

  const ben = await Person.enter(browser, server, 'ben');
  await ben.types('I have no account');
  await anna.sees('I have no account', 'ben');
  await ben.types('/join den sesame');
  await ben.page.getByRole('heading', { name: '#den' }).waitFor();
  await ben.types('/mode key sesame');
  await anna.types('/join den sesame');
  await ben.button('Whisper to anna').waitFor();
  await ben.goes('#lobby');
  await ben.types('/register');
  const dialog = ben.page.getByRole('dialog', { name: 'Make an account?' });
  await dialog.getByText(/role that you have here is lost/).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await ben.button('ben, your account').click();
  await ben.page.getByRole('menuitem', { name: 'Make an account…' }).click();
  await dialog.getByRole('button', { name: 'Leave and make it' }).click();
  await ben.page.getByRole('heading', { name: 'Make an account' }).waitFor();
  await anna.reads(/ben left/);
  assert.equal(await ben.page.evaluate(() => sessionStorage.getItem('chat.session')), null);
  await fill(ben, 'anna', RIGHT + '!');
  await refusal(ben, /There is an account of that name/);
  await ben.button('Come in without an account').click();
  await ben.page.getByRole('textbox', { name: 'What is your name?' }).fill('ben');
  await ben.button('Start chatting').click();
  await ben.types('as the guest I was');
  await anna.goes('#lobby');
  await anna.sees('as the guest I was', 'ben');
  await ben.goes('#den');
  await ben.button('Whisper to anna').waitFor();
  await ben.goes('#lobby');
  await ben.types('/register');
  await dialog.getByRole('button', { name: 'Leave and make it' }).click();
  await fill(ben, '', RIGHT);
  await ben.types('now I have one');
  await anna.sees('now I have one', 'ben');
  await ben.button('ben, your account').click();
  await ben.page.getByRole('menuitem', { name: 'Change password…' }).waitFor();
  for (const person of [anna, other, ben]) person.isWell();
});

inBrowser('an account is not offered where none is made, and who could not leave for one stays a guest', async (t, browser) => {
  const closed = await Server.start(t);
  const carl = await Person.enter(browser, closed, 'carl');
  await carl.types('/register');
  await carl.reads('No accounts can be made here.');
  await carl.button('carl, your account').click();
  assert.deepEqual(await carl.page.getByRole('menuitem').allTextContents(), ['Leave the chat']);

  const server = await Server.start(t, '--accounts', 'optional');
  const ben = await Person.open(browser, server);
  let isCut = false;
  await ben.page.routeWebSocket(/ws$/, (page) => {
    const there = page.connectToServer();
    page.onMessage((message) => {
      if (isCut || JSON.parse(message).type !== 'bye') return there.send(message);
      isCut = true;
      page.close();
      there.close();
    });
  });
  await ben.page.reload();
  await ben.login('ben');
  await ben.types('before');
  await ben.sees('before', 'ben');
  await ben.types('/register');
  await ben.button('Leave and make it').click();
  await ben.types('still here');
  await ben.sees('still here', 'ben');
  assert.ok(isCut);
  await ben.page.reload();
  await ben.sees('still here', 'ben');
  await ben.button('ben, your account').click();
  await ben.page.getByRole('menuitem', { name: 'Make an account…' }).waitFor();
  await ben.page.keyboard.press('Escape');
  await ben.button('Leave the chat').click();
  await ben.button('Come back').waitFor();
  carl.isWell();
  ben.isWell();
});

inBrowser('where only accounts get in, the first screen asks for one; wrong passwords have to wait, and it counts down', async (t, browser) => {
  const server = await Server.start(t, '--accounts', 'required');
  await server.user(`${RIGHT}\n`, 'add', 'anna', '--password-stdin');
  const anna = await Person.open(browser, server);
  await anna.page.getByRole('heading', { name: 'Log in' }).waitFor();
  assert.equal(await anna.button('Come in without an account').count(), 0);
  await fill(anna, 'anna', 'wrong horse 1');
  for (let count = 2; count <= 6; count++) {
    await refusal(anna, /password is wrong/);
    await fill(anna, '', `wrong horse ${count}`);
    await anna.button('Connecting…').waitFor({ state: 'detached' });
  }
  await refusal(anna, /^Too many wrong passwords\.$/);
  await anna.button(/^Try again in \d+ s$/).waitFor();
  assert.ok(await anna.button(/^Try again/).isDisabled());
  await anna.button('Make an account').click();
  assert.ok(await anna.button('Make account').isEnabled(), 'another way in is open');
  await anna.button('Log in').click();
  await fill(anna, 'anna', 'wrong horse 7');
  await anna.button(/^Try again in \d+ s$/).waitFor();
  await anna.page.getByRole('textbox', { name: 'What is your name?' }).fill('ben');
  assert.ok(await anna.button('Log in').isEnabled(), 'and so is another name');
  anna.isWell();
});

inBrowser('where a password would go over the network as it is, the page says so above the field', async (t, browser) => {
  const server = await Server.start(t, '--accounts', 'optional');
  await server.user(`${RIGHT}\n`, 'add', 'anna', '--password-stdin');
  const warning = (page) => page.getByText('Nothing here is encrypted');
  for (const isPlain of [false, true]) {
    const anna = await Person.open(browser, server);
    // On this machine all is safe, and there may be no other: the browser is told that it is elsewhere.
    if (isPlain) await anna.page.addInitScript(() => Object.defineProperty(globalThis, 'isSecureContext', { value: false }));
    await anna.page.reload();
    await anna.button('Start chatting').waitFor();
    assert.equal(await warning(anna.page).isVisible(), false, 'a name is no secret');
    await anna.button('Log in').click();
    await anna.page.getByLabel('Password', { exact: true }).waitFor();
    assert.equal(await warning(anna.page).isVisible(), isPlain);
    await fill(anna, 'anna', RIGHT);
    await anna.box.waitFor();
    await anna.types('/passwd');
    const dialog = anna.page.getByRole('dialog', { name: 'Change your password' });
    await dialog.waitFor();
    assert.equal(await warning(dialog).isVisible(), isPlain);
    anna.isWell();
  }
});

inBrowser("the server's own password is asked for once, kept nowhere, and asked for again by a page that is loaded again, which goes on", async (t, browser) => {
  const file = join(tmpdir(), `chat-password-${process.pid}`);
  await writeFile(file, 'open sesame\n', { mode: 0o600 });
  const server = await Server.start(t, '--password-file', file);
  const anna = await Person.open(browser, server);
  const field = anna.page.getByLabel('Password of the server');
  const unlock = async (password) => {
    await field.fill(password);
    await anna.button('Go on').click();
  };
  await unlock('open barley');
  await refusal(anna, /not the server.s password/);
  await unlock('open sesame');
  await anna.login('anna');
  const ben = await Person.open(browser, server);
  await ben.page.getByLabel('Password of the server').fill('open sesame');
  await ben.button('Go on').click();
  await ben.login('ben');
  await anna.types('before');
  await ben.sees('before', 'anna');
  const kept = await anna.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.ok(kept.includes('token') && !kept.includes('sesame'));
  await anna.page.reload();
  await unlock('open sesame');
  await anna.sees('before', 'anna');
  await anna.types('after');
  await ben.sees('after', 'anna');
  assert.doesNotMatch(await ben.log.innerText(), /anna.*(joined|left)/s, 'nobody saw it go');
  anna.isWell();
  ben.isWell();
});

inBrowser('secrets change with each reload; a duplicated tab logs in by itself; a secret that comes back ends the session, and says so', async (t, browser) => {
  const server = await Server.start(t, '--accounts', 'optional');
  await server.user(`${RIGHT}\n`, 'add', 'anna', '--password-stdin');
  const anna = await loggedIn(browser, server, 'anna');
  const token = () => anna.page.evaluate(() => JSON.parse(sessionStorage.getItem('chat.session')).client.token);
  const tokens = [await token()];
  for (let turn = 1; turn <= 3; turn++) {
    await anna.page.reload();
    await anna.button('Whisper').or(anna.button('anna, your account')).first().waitFor();
    await anna.types(`turn ${turn}`);
    await anna.sees(`turn ${turn}`, 'anna');
    tokens.push(await token());
  }
  assert.equal(new Set(tokens).size, 4, 'each welcome told another');

  const opened = anna.page.waitForEvent('popup');
  await anna.page.evaluate(() => void open(location.href));
  const copy = new Person(await opened);
  await copy.page.getByRole('heading', { name: 'Log in' }).waitFor();
  await fill(copy, '', RIGHT);
  await copy.box.waitFor();
  await copy.types('from the copy');
  await anna.sees('from the copy', 'anna');
  await copy.page.reload();
  await copy.sees('from the copy', 'anna');

  const thief = new LineClient(connect(server.port, '127.0.0.1'));
  t.after(() => thief.socket.destroy());
  thief.types(JSON.stringify({ type: 'hello', name: 'anna', resume: tokens[0] }));
  await thief.hears('token_revoked');
  await anna.page.getByRole('heading', { name: 'This session was ended' }).waitFor();
  assert.equal(await anna.page.getByText('from the copy').isVisible(), false, 'what was said is not shown any more');
  await anna.button('Come in again').click();
  await fill(anna, '', RIGHT);
  await anna.sees('from the copy', 'anna');
  await copy.types('still here');
  await anna.sees('still here', 'anna');
  anna.isWell();
  copy.isWell();
});

inBrowser('logging out everywhere, another password and a disabled account close the other pages, and each says why', async (t, browser) => {
  const server = await Server.start(t, '--accounts', 'required');
  await server.user(`${RIGHT}\n`, 'add', 'anna', '--password-stdin');
  const anna = await loggedIn(browser, server, 'anna');
  const other = await loggedIn(browser, server, 'anna');
  await anna.button('anna, your account').click();
  await anna.page.getByRole('menuitem', { name: 'Log out everywhere else…' }).click();
  await anna.page.getByRole('dialog').getByRole('button', { name: 'Log out' }).click();
  await anna.reads('Your other sessions are ended.');
  await other.page.getByRole('heading', { name: 'You were logged out' }).waitFor();
  await other.button('Come in again').click();
  await fill(other, '', RIGHT);
  await other.box.waitFor();

  await anna.types('/passwd');
  const dialog = anna.page.getByRole('dialog', { name: 'Change your password' });
  await dialog.getByLabel('Password so far').fill('wrong horse');
  await dialog.getByLabel('New password').fill('battery staple');
  await dialog.getByRole('button', { name: 'Change' }).click();
  await dialog.getByRole('alert').getByText(/not your password so far/).waitFor();
  await dialog.getByLabel('Password so far').fill(RIGHT);
  await dialog.getByRole('button', { name: 'Change' }).click();
  await anna.reads('Your password is changed, and your other sessions are ended.');
  await other.page.getByRole('heading', { name: 'You were logged out' }).waitFor();
  await other.button('Come in again').click();
  await fill(other, '', 'battery staple');
  await other.box.waitFor();

  await server.user('', 'disable', 'anna');
  for (const person of [anna, other]) {
    await person.page.getByRole('heading', { name: 'This account is disabled' }).waitFor();
    person.isWell();
  }
});

inBrowser('an operator reads who did what, and keeps order where others may not', async (t, browser) => {
  const server = await Server.start(t, '--accounts', 'optional');
  await server.user(`${RIGHT}\n`, 'add', 'olga', '--operator', '--password-stdin');
  const olga = await loggedIn(browser, server, 'olga');
  const nina = await LineClient.enter(t, server, 'nina');
  await olga.reads(/nina joined/);
  await olga.types('/mute nina 10m too <i>loud</i>');
  await olga.reads(/olga muted nina until .*: too <i>loud<\/i>/);
  nina.types('hello?');
  await nina.hears('muted');
  await olga.button('olga, your account').click();
  await olga.page.getByRole('menuitem', { name: 'Audit' }).click();
  const acts = olga.page.getByRole('dialog', { name: 'Audit' }).getByRole('list', { name: 'Acts' });
  await acts.getByText(/^olga: mute nina in #lobby until .*: too <i>loud<\/i>/).waitFor();
  await olga.page.keyboard.press('Escape');
  await olga.types('/kick nina enough');
  await nina.hears('enough');
  olga.isWell();
  const ben = await Person.enter(browser, server, 'ben');
  await ben.types('/audit');
  await ben.page.getByRole('dialog', { name: 'Audit' }).getByText(/operators/).waitFor();
  await ben.page.keyboard.press('Escape');
  await ben.button('ben, your account').click();
  assert.deepEqual(await ben.page.getByRole('menuitem').allTextContents(), ['Make an account…', 'Leave the chat']);
  ben.isWell();
});
