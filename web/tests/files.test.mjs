import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Accepts the file, saves it, and returns its bytes. @param {Person} person */
async function receives(person, name) {
  const card = person.page.getByRole('group', { name: new RegExp(`^${name} from`) });
  await card.getByRole('button', { name: 'Accept', exact: true }).click();
  const saved = person.page.waitForEvent('download');
  await card.getByRole('link', { name: `Save ${name}` }).click();
  const download = await saved;
  assert.equal(download.suggestedFilename(), name);
  return readFile(await download.path());
}

inBrowser('files go both ways, by the button and by a drop, while both talk', async (t, browser) => {
  const server = await Server.start(t);
  const anna = await Person.enter(browser, server, 'anna');
  const ben = await Person.enter(browser, server, 'ben');

  const chosen = randomBytes(6 * 1024 * 1024 + 17);
  const chooser = anna.page.waitForEvent('filechooser');
  await anna.button('Send a file').click();
  await (await chooser).setFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: chosen });
  const received = receives(ben, 'photo.jpg');
  await anna.types('it is on its way');
  await ben.sees('it is on its way', 'anna');
  assert.equal(hash(await received), hash(chosen));
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
  assert.equal(hash(await receives(anna, 'notes.bin')), hash(expected));

  const refused = anna.page.waitForEvent('filechooser');
  await anna.button('Send a file').click();
  await (await refused).setFiles({ name: 'unwanted.txt', mimeType: 'text/plain', buffer: Buffer.from('no') });
  const card = ben.page.getByRole('group', { name: 'unwanted.txt from anna' });
  await card.getByRole('button', { name: 'Decline' }).click();
  await anna.page.getByRole('group', { name: 'unwanted.txt from anna' }).getByText(/ben: declined/).waitFor();
  anna.isWell();
  ben.isWell();
});
