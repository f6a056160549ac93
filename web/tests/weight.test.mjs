import assert from 'node:assert/strict';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';
import { LineClient } from './wire.mjs';

const MOST_BYTES = 130 * 1024;
const MOST_NODES = 2_000;

inBrowser('the whole page is at most 130 KB, and shows its first line soon', async (t, browser) => {
  const server = await Server.start(t);
  const nina = await LineClient.enter(t, server, 'nina');
  nina.types('the first line');
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  let files = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    files++;
  });
  const anna = new Person(page);
  await page.goto(server.url, { waitUntil: 'networkidle' });
  await anna.login('anna');
  await anna.sees('the first line', 'nina');
  assert.ok(files > 3, 'the files of the page were counted');
  t.diagnostic(`${files} files, ${bytes} bytes with their headers, of at most ${MOST_BYTES}`);
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);

  // With a session kept, nobody has to type: from opening to the first line.
  await page.reload({ waitUntil: 'commit' });
  await anna.sees('the first line', 'nina');
  const ms = await page.evaluate(() => performance.now());
  t.diagnostic(`first line at most ${Math.round(ms)} ms after it was opened`);
  anna.isWell();
});

inBrowser('ten thousand lines are few elements, and a hundred messages a second leave room for pictures', async (t, browser) => {
  const server = await Server.start(t, '--trusted');
  const anna = await Person.enter(browser, server, 'anna');
  const nina = await LineClient.enter(t, server, 'nina');
  await anna.reads(/nina joined/);
  const nodes = () => anna.page.evaluate(() => document.querySelectorAll('*').length);
  for (let number = 1; number <= 10_000; number++) nina.types(`line ${number} of very many`);
  await anna.message('line 10000 of very many').waitFor({ timeout: 60_000 });
  const atEnd = await nodes();
  await anna.log.hover();
  await anna.page.mouse.wheel(0, -100_000);
  await anna.button('Latest messages').waitFor();
  t.diagnostic(`${atEnd} elements at the end of 10,000 lines, ${await nodes()} in the midst of them`);
  assert.ok(atEnd < MOST_NODES && (await nodes()) < MOST_NODES, `${atEnd}, ${await nodes()}`);
  await anna.button('Latest messages').click();

  await anna.page.evaluate(() => {
    globalThis.frames_ = [];
    const count = (now) => {
      globalThis.frames_.push(now);
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
  let sent = 0;
  await new Promise((done) => {
    const timer = setInterval(() => {
      // paced: a hundred a second, for three seconds
      for (let more = 0; more < 10; more++) nina.types(`fast ${++sent}`);
      if (sent < 300) return;
      clearInterval(timer);
      done();
    }, 100);
  });
  await anna.message('fast 300').waitFor();
  const frames = await anna.page.evaluate(() => globalThis.frames_);
  const gaps = frames.slice(1).map((now, index) => now - frames[index]);
  const seconds = (frames.at(-1) - frames[0]) / 1000;
  const rate = frames.length / seconds;
  t.diagnostic(`${rate.toFixed(0)} pictures a second at 100 messages a second, the longest pause ${Math.round(Math.max(...gaps))} ms`);
  // On a busy machine all is slow; a page that stands still is told apart all the same.
  assert.ok(rate > 2, `${rate} pictures a second`);
  anna.isWell();
});
