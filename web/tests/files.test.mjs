import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';
import { Wire } from './wire.mjs';

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Chooses a file of these bytes by the button. @param {Person} person */
async function offers(t, person, name, bytes) {
  const folder = await mkdtemp(join(tmpdir(), 'chat-file-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, name), bytes);
  const chooser = person.page.waitForEvent('filechooser');
  await person.button('Send a file').click();
  await (await chooser).setFiles(join(folder, name));
}

/** @param {Person} person */
async function accepts({ page }, name) {
  await page.getByRole('group', { name: `${name} from` }).getByRole('button', { name: 'Accept', exact: true }).click();
}

/** Saves a file when it is complete, and returns its bytes. @param {Person} person */
async function saves({ page }, name) {
  const link = page.getByRole('link', { name: `Save ${name}` });
  await link.waitFor();
  const saved = page.waitForEvent('download');
  await link.click();
  const download = await saved;
  assert.equal(download.suggestedFilename(), name);
  return readFile(await download.path());
}

inBrowser('files go both ways, by the button and by a drop, while both talk', async (t, browser) => {
  const server = await Server.start(t);
  const anna = await Person.enter(browser, server, 'anna');
  const ben = await Person.enter(browser, server, 'ben');

  const chosen = randomBytes(6 * 1024 * 1024 + 17);
  await offers(t, anna, 'photo.jpg', chosen);
  await accepts(ben, 'photo.jpg');
  await anna.types('it is on its way');
  await ben.sees('it is on its way', 'anna');
  assert.equal(hash(await saves(ben, 'photo.jpg')), hash(chosen));
  await anna.page.getByRole('group', { name: 'photo.jpg from anna' }).getByText(/^ben: (done|verified|complete|has it)/).waitFor();

  // What is dropped has to be made in the page: here of bytes that both sides can compute.
  const dropped = await ben.page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(300_000).map((_, index) => (index * index) >> 3)], 'notes.bin'));
    return transfer;
  });
  for (const type of ['dragenter', 'dragover']) await ben.log.dispatchEvent(type, { dataTransfer: dropped });
  await ben.page.getByText('Drop files to send them').waitFor();
  await ben.log.dispatchEvent('drop', { dataTransfer: dropped });
  const expected = new Uint8Array(300_000).map((_, index) => (index * index) >> 3);
  await accepts(anna, 'notes.bin');
  assert.equal(hash(await saves(anna, 'notes.bin')), hash(expected));

  await offers(t, anna, 'unwanted.txt', 'no');
  const card = ben.page.getByRole('group', { name: 'unwanted.txt from anna' });
  await card.getByRole('button', { name: 'Decline' }).click();
  await anna.page.getByRole('group', { name: 'unwanted.txt from anna' }).getByText(/ben: declined/).waitFor();
  anna.isWell();
  ben.isWell();
});

inBrowser('a file goes on where it was when the network of either breaks, and when the server ends', async (t, browser) => {
  const server = await Server.start(t);
  const [near, far] = [await Wire.to(t, server), await Wire.to(t, server)];
  const allowed = /WebSocket|ERR_|net::/;
  const anna = await Person.enter(browser, near, 'anna', { allowed });
  const ben = await Person.enter(browser, far, 'ben', { allowed });
  const bytes = randomBytes(12 * 1024 * 1024);
  await offers(t, anna, 'long.bin', bytes);
  await ben.page.getByRole('group', { name: 'long.bin from anna' }).waitFor();

  const broke = far.cutAfter(3 * 1024 * 1024);
  await accepts(ben, 'long.bin');
  await broke;
  await ben.status.getByText(/Trying again|Connecting/).waitFor();
  const again = near.cutAfter(3 * 1024 * 1024);
  far.mend();
  await again;
  await anna.status.getByText(/Trying again|Connecting/).waitFor();
  near.mend();
  await far.cutAfter(3 * 1024 * 1024);
  await server.kill();
  await server.run();
  far.mend();
  assert.equal(hash(await saves(ben, 'long.bin')), hash(bytes));
  await ben.types('I have it');
  await anna.sees('I have it', 'ben');
  anna.isWell();
  ben.isWell();
});
