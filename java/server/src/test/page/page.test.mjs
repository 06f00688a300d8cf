import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {createRequire} from 'node:module';
import {address, ask, idle, MANY, open, pictures, pixels, preview, ready, shot, start, stop, visit} from './browser.mjs';
import {png} from './png.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

before(start);
after(stop);

test('generates with a preview and progress, and keeps the picture with its parameters', () => visit(async page => {
  await ask(page, {Prompt: 'red heart', Steps: '200', Seed: '7'});
  await preview(page);
  await page.waitForFunction(() => /^Step [1-9]\d* of \d+ · red heart$/.test(document.querySelector('#state').textContent));
  assert.ok(await page.locator('#progress').evaluate(bar => bar.value) > 0);
  await pictures(page, 1);
  await idle(page);
  assert.match(await page.locator('#state').textContent(), /^Done in \d+\.\d s$/);
  const shown = await pixels(page, '#frame img');
  assert.ok(new Set(shown.data).size > 20, 'the picture is not one colour');

  await page.locator('#gallery button').click();
  const facts = await page.locator('#viewer dl').innerText();
  for (const each of ['red heart', '200', '7', 'emoji', `${shown.width} × ${shown.height}`]) {
    assert.ok(facts.includes(each), `${each} in ${facts}`);
  }
}));

test('gives the same picture for the same parameters', () => visit(async page => {
  await ask(page, {Prompt: 'red heart', Steps: '4', Seed: '7'});
  await pictures(page, 1);
  await idle(page);
  await page.getByLabel('Prompt', {exact: true}).fill('something else');
  await page.getByLabel('Steps').fill('3');
  await page.locator('#gallery button').click();
  await page.getByRole('button', {name: 'Use these'}).click();
  assert.equal(await page.getByLabel('Prompt', {exact: true}).inputValue(), 'red heart');
  assert.equal(await page.getByLabel('Steps').inputValue(), '4');
  await page.getByRole('button', {name: 'Generate'}).click();
  await pictures(page, 2);
  const [first, second] = [await pixels(page, '#gallery li:nth-child(1) img'), await pixels(page, '#gallery li:nth-child(2) img')];
  assert.deepEqual(first, second);
}));

test('cancels with Escape what runs and with its button what waits', () => visit(async page => {
  await ask(page, {Prompt: 'a', Steps: MANY});
  await ask(page, {Prompt: 'b', Steps: MANY});
  await preview(page);
  await page.getByRole('button', {name: 'Cancel: b'}).click();
  await page.waitForFunction(() => document.querySelectorAll('#queue li').length === 0);
  await page.keyboard.press('Escape');
  await idle(page);
  assert.equal(await page.locator('#state').textContent(), 'Cancelled.');
  assert.equal(await page.locator('#gallery li').count(), 0);

  await ask(page, {Prompt: 'c', Steps: '2'});
  await pictures(page, 1);
}));

test('goes on with its jobs when it is loaded anew, and still has its pictures', () => visit(async page => {
  await ask(page, {Prompt: 'kept', Steps: '2'});
  await pictures(page, 1);
  await ask(page, {Prompt: 'on its way', Steps: '300'});
  await preview(page);
  await page.reload();
  await ready(page);
  assert.equal(await page.getByLabel('Prompt', {exact: true}).inputValue(), 'on its way');
  await pictures(page, 2);
  await idle(page);
  await open(page);
  await pictures(page, 2);
  assert.match(await page.locator('#gallery button').first().getAttribute('aria-label'), /^on its way, seed \d+$/);
}));

test('paints a part of a picture anew and leaves the rest', () => visit(async page => {
  await ask(page, {Prompt: 'red heart', Steps: '10', Seed: '3'});
  await pictures(page, 1);
  await page.locator('#gallery button').click();
  await page.getByRole('button', {name: 'Begin with it'}).click();
  const canvas = page.locator('#canvas');
  await canvas.scrollIntoViewIfNeeded();
  await canvas.focus();
  const box = await canvas.boundingBox();
  await page.mouse.move(box.x + box.width * 0.15, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.15, box.y + box.height - 5, {steps: 8});
  await page.mouse.up();
  await shot(page, 'painting');
  await page.getByLabel('Change', {exact: true}).fill('1');
  await ask(page, {Prompt: 'blue whale', Steps: '10', Seed: '4'});
  await pictures(page, 2);
  const [after_, before_] = [await pixels(page, '#gallery li:nth-child(1) img'), await pixels(page, '#gallery li:nth-child(2) img')];
  assert.deepEqual([after_.width, after_.height], [before_.width, before_.height]);
  const difference = (from, to) => {
    let sum = 0;
    let count = 0;
    for (let y = 0; y < before_.height; y++) {
      for (let x = Math.floor(from * before_.width); x < to * before_.width; x++) {
        for (let c = 0; c < 3; c++, count++) {
          sum += Math.abs(before_.data[4 * (y * before_.width + x) + c] - after_.data[4 * (y * before_.width + x) + c]);
        }
      }
    }
    return sum / count;
  };
  const [painted, rest] = [difference(0.05, 0.25), difference(0.6, 1)];
  assert.ok(painted > 4 * rest, `the painted part differs by ${painted}, the rest by ${rest} of 255`);
  await page.locator('#gallery button').first().click();
  assert.match(await page.locator('#viewer dl').innerText(), /Painted anew\s+a part/);
}));

test('takes strokes back, rubs out and paints by keys', () => visit(async page => {
  await page.locator('#file').setInputFiles({name: 'grey.png', mimeType: 'image/png', buffer: png(48, 32, [128, 128, 128])});
  const canvas = page.locator('#canvas');
  await canvas.focus();
  const plain = await canvas.evaluate(each => each.toDataURL());
  await page.keyboard.down('Space');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.up('Space');
  const painted = await canvas.evaluate(each => each.toDataURL());
  assert.notEqual(painted, plain);
  await page.getByRole('button', {name: 'Undo'}).click();
  assert.equal(await canvas.evaluate(each => each.toDataURL()), plain);
  await page.getByRole('button', {name: 'Invert'}).click();
  await page.getByRole('button', {name: 'Invert'}).click();
  assert.equal(await canvas.evaluate(each => each.toDataURL()), plain);
  await canvas.focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('e');
  assert.ok(await page.getByLabel('Rub out', {exact: true}).isChecked());
  await page.getByLabel('Brush', {exact: true}).fill('100');
  await canvas.focus();
  await page.keyboard.press('Space');
  assert.equal(await canvas.evaluate(each => each.toDataURL()), plain);
  await page.getByRole('button', {name: 'Remove picture'}).click();
  assert.ok(await page.locator('#editor').isHidden());
}));

test('shows errors in words, of the form and of the server', () => visit(async page => {
  await page.getByLabel('Width', {exact: true}).fill('64');
  await ask(page, {Prompt: 'a', Steps: '2'});
  assert.equal(await page.getByRole('alert').textContent(), 'Width and height are given together.');
  await page.getByLabel('Width', {exact: true}).fill('');
  await ask(page, {Guidance: '99'});
  assert.match(await page.getByRole('alert').textContent(), /^Guidance: .*50/);
  await page.getByLabel('Guidance').fill('');
  await page.route('**/*', async (route, request) => request.method() === 'POST'
      ? route.continue({postData: request.postData().replace(/"model":"[^"]*"/, '"model":"<b>none</b>"')}) : route.continue());
  await page.getByRole('button', {name: 'Generate'}).click();
  await page.waitForFunction(() => document.querySelector('#error').textContent.includes('<b>none</b>'));
  assert.equal(await page.locator('#error b').count(), 0);
}, {complaints: [/status of 40[04]/]}));

test('is used by the keyboard alone', () => visit(async page => {
  await page.keyboard.press('/');
  await page.keyboard.type('red heart');
  await page.keyboard.press('Control+Enter');
  await pictures(page, 1);
  await idle(page);
  for (let i = 0; i < 60 && !await page.evaluate(() => document.activeElement.closest('#gallery')); i++) {
    await page.keyboard.press('Tab');
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none', 'focus is seen');
  }
  await page.keyboard.press('Enter');
  await page.waitForSelector('#viewer[open]');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#viewer:not([open])', {state: 'attached'});
  assert.ok(await page.evaluate(() => document.activeElement.closest('#gallery')), 'the focus is back where it was');
  await page.keyboard.press('Enter');
  await page.keyboard.press('u');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'prompt');
  assert.match(await page.getByLabel('Seed', {exact: true}).inputValue(), /^\d+$/);
  await page.locator('h1').click();
  await page.keyboard.press('?');
  await page.waitForSelector('#help[open]');
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('Delete');
  await pictures(page, 0);
}));

test('reads the parameters of a picture that is dropped', () => visit(async page => {
  const text = 'a lighthouse, <i>storm</i>\nNegative prompt: blurry\nSteps: 25, Sampler: Euler a, CFG scale: 6.5, '
      + 'Seed: 18446744073709551615, Size: 512x512, Model: another-model, Clip skip: 2';
  await page.evaluate(async bytes => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], 'storm.png', {type: 'image/png'}));
    for (const type of ['dragover', 'drop']) {
      document.querySelector('.result').dispatchEvent(new DragEvent(type, {dataTransfer: transfer, bubbles: true, cancelable: true}));
    }
  }, [...png(8, 8, [0, 0, 0], 'parameters', text)]);
  await page.waitForSelector('#viewer[open]');
  const facts = await page.locator('#viewer dl').innerText();
  for (const each of ['AUTOMATIC1111', 'a lighthouse, <i>storm</i>', 'blurry', '25', '6.5', 'Euler a', '18446744073709551615']) {
    assert.ok(facts.includes(each), `${each} in ${facts}`);
  }
  await page.getByRole('button', {name: 'Use these'}).click();
  assert.equal(await page.getByLabel('Negative prompt').inputValue(), 'blurry');
  assert.equal(await page.getByLabel('Seed', {exact: true}).inputValue(), '18446744073709551615');
  assert.match(await page.getByLabel('Sampler').inputValue(), /^euler[ _]a(ncestral)?$/i);
  assert.match(await page.getByRole('alert').textContent(), /another-model/);
}));

test('keeps to a strict policy', () => visit(async page => {
  const answer = await page.request.get(address);
  const policy = answer.headers()['content-security-policy'];
  for (const each of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob: data:",
    "connect-src 'self'", "form-action 'none'", "frame-ancestors 'none'"]) {
    assert.ok(policy.split('; ').includes(each), `${each} in ${policy}`);
  }
  assert.equal(answer.headers()['x-content-type-options'], 'nosniff');
  const html = await answer.text();
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:\/\//i);
  // The policy acts: what stands in the page is not run.
  assert.equal(await page.evaluate(() => {
    try {
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.body.append(script);
    } catch {
      // refused even earlier
    }
    return window.injected ?? false;
  }), false);
  for (const path of ['/page/../page/page.js/..%2f..%2fx', '/page/..%2fdev%2flangevin%2fcli%2fLangevin.class', '/page/none.js', '/page/']) {
    assert.equal((await page.request.get(address.replace(/\/$/, '') + path)).status() >= 400, true, path);
  }
}, {complaints: [/Content Security Policy|TrustedScript/]}));

test('looks as it should in light, in dark and on a phone', () => visit(async page => {
  for (const [k, prompt] of ['yellow star', 'red heart', 'smiling face'].entries()) {
    await ask(page, {Prompt: prompt, Seed: String(k + 1), Steps: '20'});
    await pictures(page, k + 1);
  }
  await idle(page);
  await page.mouse.move(0, 0);
  await page.locator('h1').click();
  const grounds = [];
  for (const [name, colorScheme, width, height] of
    [['light', 'light', 1360, 860], ['dark', 'dark', 1360, 860], ['narrow', 'light', 390, 844]]) {
    await page.emulateMedia({colorScheme});
    await page.setViewportSize({width, height});
    await page.locator('#settings').evaluate((settings, opened) => {
      settings.open = opened;
    }, name !== 'narrow');
    await page.evaluate(() => scrollTo(0, 0));
    await shot(page, `page-${name}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, 'nothing sticks out');
    await accessible(page);
    grounds.push(await ground(page));
  }
  assert.notEqual(grounds[0], grounds[1]);
  assert.equal(grounds[0], grounds[2]);
  const switched = [];
  for (let i = 0; i < 3; i++) { // light, dark, as the system has it
    await page.locator('#theme').click();
    switched.push(await ground(page));
  }
  assert.deepEqual(switched, grounds);
  await page.locator('#gallery button').first().click();
  await page.locator('#viewer img').evaluate(image => image.decode());
  await accessible(page);
  await shot(page, 'page-narrow-picture');
}));

const ground = page => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

/** Nothing that axe knows of keeps anybody out. */
async function accessible(page) {
  await page.evaluate(axe);
  const {violations} = await page.evaluate(() => axe.run());
  assert.deepEqual(violations.map(each => `${each.id}: ${each.nodes.map(node => `${node.target} ${node.failureSummary}`)}`), []);
}
