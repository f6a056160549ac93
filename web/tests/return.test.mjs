import assert from 'node:assert/strict';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';
import { LineClient, Wire } from './wire.mjs';

/** What a browser says of itself when the network is gone. */
const broken = /WebSocket|ERR_|net::/;

inBrowser('a page that is loaded again goes on where it was', async (t, browser) => {
  const server = await Server.start(t);
  const anna = await Person.enter(browser, server, 'anna');
  const ben = await Person.enter(browser, server, 'ben');
  await anna.types('before');
  await ben.sees('before', 'anna');
  await anna.button('Whisper to ben').click();
  await anna.types('only you');
  await anna.sees('only you');
  await anna.goes('#lobby');
  await anna.box.fill('a draft');

  await anna.page.reload();
  await anna.message('before', 'anna').waitFor();
  assert.equal(await anna.box.inputValue(), 'a draft');
  await ben.types('after');
  await anna.sees('after', 'ben');
  await anna.page.reload();
  await anna.sees('after', 'ben');
  assert.deepEqual(await anna.bodies(), ['before', 'after']);
  await anna.goes('@ben');
  assert.deepEqual(await anna.bodies(), ['only you']);
  assert.doesNotMatch(await ben.log.innerText(), /anna.*(joined|left)/, 'nobody saw it go');
  assert.deepEqual(await ben.bodies(), ['before', 'after']);
  anna.isWell();
  ben.isWell();
});

inBrowser('whoever has lost the connection is marked in the list, in words, until it is back', async (t, browser) => {
  const server = await Server.start(t);
  const wire = await Wire.to(t, server);
  const anna = await Person.enter(browser, server, 'anna');
  const ben = await Person.enter(browser, wire, 'ben', { allowed: broken });
  await anna.button('Whisper to ben').waitFor();
  wire.cut();
  await anna.button('Whisper to ben, no connection').waitFor();
  // Whoever comes now is told, too.
  const carl = await Person.enter(browser, server, 'carl');
  await carl.button('Whisper to ben, no connection').waitFor();
  wire.mend();
  for (const person of [anna, carl]) await person.page.getByRole('button', { name: 'Whisper to ben', exact: true }).waitFor();
  assert.doesNotMatch(await anna.log.innerText(), /ben left/);
  for (const person of [anna, ben, carl]) person.isWell();
});

inBrowser('a page that is loaded again has who came and went, and what was offered, where they were', async (t, browser) => {
  const server = await Server.start(t);
  const anna = await Person.enter(browser, server, 'anna');
  const ben = await Person.enter(browser, server, 'ben');
  await anna.types('one');
  await ben.sees('one', 'anna');
  const nina = await LineClient.enter(t, server, 'nina');
  await anna.reads(/nina joined/);
  await ben.types('two');
  await anna.sees('two', 'ben');
  for (const place of ['#lobby', '@anna']) {
    if (place === '@anna') await ben.types('/msg anna psst');
    const chooser = ben.page.waitForEvent('filechooser');
    await ben.button('Send a file').click();
    await (await chooser).setFiles({ name: `map for ${place}.txt`, mimeType: 'text/plain', buffer: Buffer.from('a map') });
    await ben.page.getByRole('group', { name: `map for ${place}.txt from ben` }).waitFor();
    await ben.types('look there');
    await ben.sees('look there', 'ben');
  }
  nina.types('/quit');
  await anna.reads(/nina left/);
  await anna.types('three');
  await anna.sees('three', 'anna');

  /** What stands in the log, from top to bottom. */
  const order = async () => {
    const text = await anna.log.innerText();
    const marks = [...text.matchAll(/one$|nina joined|two|map for \S+|psst|look there|nina left|three/gm)];
    return marks.map(([mark]) => mark);
  };
  const card = (place) => anna.page.getByRole('group', { name: `map for ${place}.txt from ben` });
  const lobby = ['one', 'nina joined', 'two', 'map for #lobby.txt', 'look there', 'nina left', 'three'];
  for (let turn = 1; turn <= 2; turn++) {
    await anna.goes('@ben');
    await card('@anna').getByRole('button', { name: 'Accept', exact: true }).waitFor();
    assert.deepEqual(await order(), ['psst', 'map for @anna.txt', 'look there']);
    await anna.goes('#lobby');
    await card('#lobby').getByRole('button', { name: 'Accept', exact: true }).waitFor();
    await anna.reads(/nina left/);
    assert.deepEqual(await order(), lobby);
    await anna.page.reload();
    await anna.sees('three', 'anna');
  }
  await card('#lobby').waitFor();
  assert.deepEqual(await order(), lobby);
  anna.isWell();
  ben.isWell();
});

inBrowser('a server that ends and comes back loses nothing and tells nothing twice', async (t, browser) => {
  const server = await Server.start(t);
  const anna = await Person.enter(browser, server, 'anna', { allowed: broken });
  const ben = await Person.enter(browser, server, 'ben', { allowed: broken });
  await anna.types('one');
  await ben.sees('one', 'anna');
  assert.equal(await server.end(), 0);
  await anna.status.getByText(/Trying again|Connecting/).waitFor();
  await anna.types('said while it was away');
  await server.run();
  await anna.sees('said while it was away', 'anna');
  await ben.sees('said while it was away', 'anna');
  await ben.types('two');
  await anna.sees('two', 'ben');
  await server.kill();
  await ben.status.getByText(/Trying again|Connecting/).waitFor();
  await server.run();
  await anna.types('three');
  await ben.sees('three', 'anna');
  const all = ['one', 'said while it was away', 'two', 'three'];
  assert.deepEqual(await ben.bodies(), all);
  assert.deepEqual(await anna.bodies(), all);
  anna.isWell();
  ben.isWell();
});

inBrowser('a network that goes and comes back is told of, and nothing is missing', async (t, browser) => {
  const server = await Server.start(t);
  const wire = await Wire.to(t, server);
  const anna = await Person.enter(browser, wire, 'anna', { allowed: broken });
  const nina = await LineClient.enter(t, server, 'nina');
  const omar = await LineClient.enter(t, server, 'omar');
  await anna.types('here');
  await nina.hears('here');
  await anna.page.context().setOffline(true);
  wire.cut();
  await anna.status.getByText(/offline.*Trying again/).waitFor();
  for (let number = 1; number <= 5; number++) nina.types(`missed ${number}`);
  await omar.hears('missed 5');
  await anna.types('typed without a network');
  wire.mend();
  await anna.page.context().setOffline(false);
  await anna.sees('missed 5', 'nina');
  await anna.sees('typed without a network', 'anna');
  await nina.hears('typed without a network');
  const missed = [1, 2, 3, 4, 5].map((number) => `missed ${number}`);
  assert.deepEqual(await anna.bodies(), ['here', ...missed, 'typed without a network']);
  assert.equal(nina.heard.split('typed without a network').length, 2, 'it was said once');
  assert.ok(!/anna.*left/.test(nina.heard), 'a drop is no leave');
  anna.isWell();
});

inBrowser('a server that is gone for good is told of in a sentence', async (t, browser) => {
  const server = await Server.start(t);
  const anna = await Person.enter(browser, server, 'anna', { allowed: broken });
  const late = await Person.open(browser, server, { allowed: broken });
  await server.kill();
  await anna.status.getByText(/Offline: .+\. Trying again in \d+ s\./).waitFor();
  await anna.button('Try now').click();
  await anna.status.getByText(/Offline: .+\. Trying again in \d+ s\./).waitFor();
  await late.page.getByRole('textbox', { name: 'What is your name?' }).fill('late');
  await late.button('Start chatting').click();
  await late.page.getByRole('alert').getByText(/Trying again/).waitFor();
  anna.isWell();
  late.isWell();
});

inBrowser('a duplicated tab is a visitor of its own, and throws nobody out', async (t, browser) => {
  const server = await Server.start(t);
  const anna = await Person.enter(browser, server, 'anna');
  await anna.types('in the first tab');
  await anna.sees('in the first tab');
  // Opened by a page, a tab begins with a copy of its storage, as a duplicated one does.
  const opened = anna.page.waitForEvent('popup');
  await anna.page.evaluate(() => void open(location.href));
  const second = new Person(await opened);
  await second.login('anna-two');
  await second.types('in the second tab');
  await anna.sees('in the second tab', 'anna-two');
  await anna.types('still here');
  await second.sees('still here', 'anna');
  await anna.sees('still here', 'anna');
  assert.deepEqual(await anna.bodies(), ['in the first tab', 'in the second tab', 'still here']);
  anna.isWell();
  second.isWell();
});

inBrowser('a page that may store nothing lets one in all the same', async (t, browser) => {
  const server = await Server.start(t);
  const context = await browser.newContext();
  // As where cookies are blocked.
  await context.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(globalThis, name, {
        get() {
          throw new DOMException('access is denied', 'SecurityError');
        },
      });
    }
  });
  const anna = new Person(await context.newPage());
  await anna.page.goto(server.url);
  await anna.login('anna');
  await anna.types('here I am');
  await anna.sees('here I am', 'anna');
  anna.isWell();
});
