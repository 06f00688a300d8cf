import assert from 'node:assert/strict';
import {mkdirSync} from 'node:fs';
import {chromium} from 'playwright-core';

/** Where the server is, and where pictures of the page are written. */
export const address = process.env.LANGEVIN_PAGE;
const shots = process.env.LANGEVIN_SHOTS;

/** No test waits longer for anything, in milliseconds. */
export const PATIENCE = 60_000;

/** Steps that take long enough to be cancelled and left. */
export const MANY = '400';

let browser;

export async function start() {
  browser = await chromium.launch({executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb']});
}

export async function stop() {
  await browser.close();
}

/**
 * Opens the page as a new visitor, does what is to be done, and checks that the browser had nothing to complain of.
 *
 * @param options of the visitor: `width`, `height`, `colorScheme`, `touch`, `complaints` that are expected
 */
export async function visit(act, {width = 1360, height = 860, colorScheme = 'light', touch = false, complaints = []} = {}) {
  const context = await browser.newContext({viewport: {width, height}, colorScheme, hasTouch: touch, locale: 'en-GB'});
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const heard = [];
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) {
      heard.push(message.text());
    }
  });
  page.on('pageerror', error => heard.push(String(error.stack)));
  try {
    await open(page);
    await act(page);
    const unexpected = heard.filter(text => !complaints.some(each => each.test(text)));
    assert.deepEqual(unexpected, [], 'what the browser complained of');
  } catch (error) {
    if (shots) {
      await page.screenshot({path: `${shots}/failed.png`}).catch(() => {});
    }
    throw error;
  } finally {
    await context.close();
  }
}

/** Loads the page, and waits until it can be used. */
export async function open(page) {
  await page.goto(address);
  await ready(page);
}

export const ready = page => page.waitForSelector('html[data-ready]');

/** Asks for a picture, by the form's labels. */
export async function ask(page, fields) {
  for (const [label, value] of Object.entries(fields)) {
    await page.getByLabel(label, {exact: true}).fill(value);
  }
  await page.getByRole('button', {name: 'Generate'}).click();
}

/** Waits until the gallery holds that many. */
export async function pictures(page, count) {
  await page.waitForFunction(wanted => document.querySelectorAll('#gallery li').length === wanted
      || !document.querySelector('#error').hidden, count);
  assert.equal(await page.locator('#error').textContent(), '', 'what the page says is wrong');
}

/** Waits until a preview is shown. */
export async function preview(page) {
  await page.waitForSelector('#frame img[src^="data:"], #error:not([hidden])');
  assert.equal(await page.locator('#error').textContent(), '', 'what the page says is wrong');
}

/** Waits until nothing runs or waits. */
export const idle = page => page.waitForSelector('#stage:not(.running)');

/** The pixels of an image of the page as [r, g, b, a, ...] of its own size. */
export const pixels = (page, selector) => page.evaluate(async found => {
  const image = document.querySelector(found);
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  return {width: canvas.width, height: canvas.height, data: [...context.getImageData(0, 0, canvas.width, canvas.height).data]};
}, selector);

/** Writes what is seen, where that is asked for. */
export async function shot(page, name) {
  if (shots) {
    mkdirSync(shots, {recursive: true});
    await page.screenshot({path: `${shots}/${name}.png`, animations: 'disabled'});
  }
}
