/**
 * Debian's Chromium, and a person who uses the page in it. What is on the page is found by role and name only; the table of
 * them is at the top of `chat-net/src/http/page/main.js`.
 */

import assert from 'node:assert/strict';
import { accessSync } from 'node:fs';
import test from 'node:test';
import { chromium } from 'playwright-core';

const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Where there is no Chromium, a test says that it was skipped; in CI it fails. */
function missing() {
  try {
    accessSync(program);
    return false;
  } catch {
    return process.env.CI ? false : `there is no ${program}; set CHROMIUM, or install it`;
  }
}

/** A test of its own browser, with a profile of its own. @param {string} name @param {(t: import('node:test').TestContext, browser: import('playwright-core').Browser) => Promise<void>} body */
export function inBrowser(name, body) {
  test(name, { skip: missing() }, async (t) => {
    const browser = await chromium.launch({ executablePath: program, headless: true, args: flags });
    t.after(() => browser.close());
    try {
      await body(t, browser);
    } catch (error) {
      for (const page of browser.contexts().flatMap((context) => context.pages())) {
        t.diagnostic(`what was on a page:\n${await page.locator('body').ariaSnapshot().catch(String)}`);
      }
      throw error;
    }
  });
}

/** Tells the tests of what a page must not do. */
function watch() {
  addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
}

export class Person {
  /** Opens the page, and comes in. @param {import('playwright-core').Browser} browser @param {{url: string}} server @param {object} [options] Of the context, and `allowed`: errors that belong to the test. */
  static async enter(browser, server, name, options = {}) {
    const person = await Person.open(browser, server, options);
    await person.login(name);
    return person;
  }

  static async open(browser, server, { allowed, ...options } = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const person = new Person(await context.newPage(), allowed);
    await person.page.goto(server.url);
    return person;
  }

  /** @param {import('playwright-core').Page} page @param {RegExp} [allowed] */
  constructor(page, allowed) {
    this.page = page;
    /** Dialogs, errors and breaches of the page's policy. @type {string[]} */
    this.problems = [];
    const note = (text) => allowed?.test(text) || this.problems.push(text);
    page.on('pageerror', (error) => note(`error: ${error.message}`));
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && note(`console: ${message.text()}`));
    page.on('dialog', (dialog) => {
      note(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.addInitScript(watch);
    page.setDefaultTimeout(45_000);
  }

  async login(name) {
    this.name = name;
    await this.page.getByRole('textbox', { name: 'What is your name?' }).fill(name);
    await this.page.getByRole('button', { name: 'Start chatting' }).click();
    await this.box.waitFor();
  }

  get box() {
    return this.page.getByRole('textbox', { name: /^(Message|Type)/ });
  }

  get log() {
    return this.page.getByRole('log');
  }

  get status() {
    return this.page.getByRole('status');
  }

  button(name, options = {}) {
    return this.page.getByRole('button', { name, ...options });
  }

  /** Types a line, or a command. */
  async types(line) {
    await this.box.fill(line);
    await this.box.press('Enter');
  }

  /** One message. @param {string | RegExp} text @param {string} [from] */
  message(text, from = '') {
    return this.page.getByRole('article', { name: new RegExp(`^${from}`) }).filter({ hasText: text });
  }

  /** Waits until it is there, and has been taken by the server. */
  async sees(text, from) {
    await this.message(text, from).first().waitFor();
    await this.page.getByText('Sending…').first().waitFor({ state: 'detached' });
  }

  /** Waits for a line that is nobody's message. @param {string | RegExp} text */
  async reads(text) {
    await this.log.getByText(text).first().waitFor();
  }

  /** The bodies of the messages in the document, from top to bottom. */
  async bodies() {
    return this.log.getByRole('article').locator('.body').allTextContents();
  }

  async goes(place) {
    await this.button(new RegExp(`^${place}(,|$)`)).click();
    await this.page.getByRole('heading', { name: place, exact: true }).waitFor();
  }

  /** Nothing went wrong on this page that nobody saw. */
  isWell() {
    assert.deepEqual(this.problems, []);
  }
}
