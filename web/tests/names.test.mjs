import { Person, inBrowser } from './browser.mjs';
import { Server } from './server.mjs';

inBrowser('whoever takes a name that somebody has chooses again', async (t, browser) => {
  const server = await Server.start(t);
  const anna = await Person.enter(browser, server, 'anna');
  const other = await Person.open(browser, server);
  const name = other.page.getByRole('textbox', { name: 'What is your name?' });
  for (const [bad, why] of [['Anna', /taken/i], ['two words', /name/i], ['<b>', /name/i], ['admin', /reserved|name/i]]) {
    await name.fill(bad);
    await other.button('Start chatting').click();
    await other.page.getByRole('alert').getByText(why).waitFor();
  }
  await name.fill('ben');
  await other.button('Start chatting').click();
  await other.box.waitFor();
  await other.types('another name it is');
  await anna.sees('another name it is', 'ben');
  anna.isWell();
  other.isWell();
});
