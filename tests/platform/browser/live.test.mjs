// That the dashboard is live, and with how little it is.
import assert from 'node:assert/strict';
import test from 'node:test';
import { advance, browse, create, fits, picture, rowOf, start } from './page.mjs';

/** The event streams that the page has open, by address. */
function streamsOf(page) {
  const open = new Map();
  page.on('request', (r) => r.url().includes('/_fsm/events') && open.set(r, r.url()));
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (r) => open.delete(r));
  return () => [...open.values()].map((url) => new URL(url).search);
}

async function eventually(what, holds) {
  for (let i = 0; i < 200; ++i) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail(what);
}

test('A page has one event stream, and none while nobody sees it', { timeout: 120_000 }, async (t) => {
  const platform = await start(t, ['--virtual-clock', '--seed-functions', '3']);
  const { page, problems } = await browse(t, platform.url);
  const streams = streamsOf(page);
  await page.goto(platform.url);
  await page.getByText('● live').waitFor();
  assert.deepEqual(streams(), ['?overview=1s&transitions=off']);
  await page.goto(`${platform.url}/#/functions/seed-0000001`);
  await page.locator('.situation').getByText('Active').waitFor();
  await eventually('only the stream of the function', () => streams().join() === '?overview=1s&function=seed-0000001');
  const hide = (hidden) => page.evaluate((h) => {
    Object.defineProperty(document, 'hidden', { value: h, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await hide(true);
  await eventually('no stream', () => streams().length === 0);
  await advance(platform, '15d');
  await hide(false);
  await page.locator('.situation').getByText('Inactive').waitFor();
  assert.equal(streams().length, 1);
  assert.deepEqual(problems, []);
});

test('Nothing is asked for while nothing moves', { timeout: 60_000 }, async (t) => {
  const platform = await start(t, ['--virtual-clock', '--seed-functions', '60']);
  const { page, problems } = await browse(t, platform.url);
  await page.goto(`${platform.url}/#/functions`);
  await page.getByText('Page 1, 50 functions').waitFor();
  await page.getByText('● live').waitFor();
  await page.waitForTimeout(1500);
  let asked = 0;
  page.on('request', () => ++asked);
  await page.waitForTimeout(3000);
  assert.equal(asked, 0, 'requests while nothing moved');
  await advance(platform, '15d');
  await rowOf(page, 'seed-0000000').getByText('Inactive').waitFor();
  await page.waitForTimeout(3000);
  assert.ok(asked <= 3, `${asked} requests after one move`);
  assert.deepEqual(problems, []);
});

test('What is typed stays while overviews come', { timeout: 60_000 }, async (t) => {
  const platform = await start(t, ['--seed-functions', '20']);
  const { page } = await browse(t, platform.url);
  await page.goto(`${platform.url}/#/functions`);
  await page.getByText('● live').waitFor();
  const invoking = (async () => {  // So that there is an overview every second.
    for (let i = 0; i < 60; ++i) {
      await fetch(`${platform.url}/2015-03-31/functions/seed-0000000/invocations`, { method: 'POST', body: '{}' });
      await new Promise((done) => setTimeout(done, 50));
    }
  })();
  await page.getByLabel('Name begins with').pressSequentially('seed-0000010', { delay: 150 });
  await invoking;
  assert.equal(await page.getByLabel('Name begins with').inputValue(), 'seed-0000010');
  await page.getByText('Page 1, 1 function').waitFor();
  await page.goBack();
  assert.equal(page.url(), 'about:blank', 'typing leaves no places behind');
});

test('It says that it has lost the platform, and goes on with the next one', { timeout: 120_000 }, async (t) => {
  const first = await start(t, ['--virtual-clock', '--seed-functions', '40']);
  const { page } = await browse(t, first.url);
  await page.goto(`${first.url}/#/functions/again`);
  await page.getByText('Function not found').waitFor();
  await page.getByText('● live').waitFor();
  await first.stop();
  await page.getByText('reconnecting').waitFor();
  await picture(page, 'reconnecting');
  // Another life, that knows nothing of the positions of the one before.
  const second = await start(t, ['--virtual-clock'], { listen: new URL(first.url).host });
  await page.getByText('● live').waitFor();
  create(second, 'again');
  await page.locator('.situation').getByText('Pending').waitFor();
  await advance(second, '1m');
  await page.locator('.situation').getByText('Active').waitFor();
});

test('A table that could not be read is read once the platform is back', { timeout: 120_000 }, async (t) => {
  const first = await start(t, ['--virtual-clock', '--seed-functions', '60']);
  const { page } = await browse(t, first.url);
  await page.goto(`${first.url}/#/functions`);
  await page.getByText('Page 1, 50 functions').waitFor();
  await first.stop();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('The platform cannot be reached.').waitFor();
  // As far as the first: only the connection tells that it is there again.
  await start(t, ['--virtual-clock', '--seed-functions', '60'], { listen: new URL(first.url).host });
  await page.getByText('Page 2, 10 functions').waitFor();
  await page.getByText('The platform cannot be reached.').waitFor({ state: 'detached' });
});

test('A function that somebody else deletes and creates again is seen to go and to come', { timeout: 120_000 }, async (t) => {
  const platform = await start(t, ['--virtual-clock']);
  create(platform, 'mine');
  const { page, problems } = await browse(t, platform.url);
  await page.goto(`${platform.url}/#/functions/mine`);
  await page.locator('.situation').getByText('Pending').waitFor();
  await page.getByRole('button', { name: 'Invoke' }).click();
  await page.locator('output.problem').getByText('ResourceConflictException').waitFor();
  await fetch(`${platform.url}/2015-03-31/functions/mine`, { method: 'DELETE' });
  await page.getByText('mine has been deleted.').waitFor();
  create(platform, 'mine');
  await page.locator('.situation').getByText('Pending').waitFor();
  await advance(platform, '1m');
  await page.locator('.situation').getByText('Active').waitFor();
  assert.deepEqual(problems.filter((p) => !/status of 409/.test(p)), []);
});

test('Published versions have a page like any function', { timeout: 120_000 }, async (t) => {
  const platform = await start(t, ['--virtual-clock']);
  const name = 'n'.repeat(64);  // No name is longer.
  create(platform, name, '--publish');
  await advance(platform, '1m');
  const { page, problems } = await browse(t, platform.url, { viewport: { width: 360, height: 740 } });
  await page.goto(`${platform.url}/#/functions`);
  await rowOf(page, `${name}:1`).getByRole('link').click();
  await page.getByRole('heading', { name: `${name}:1` }).waitFor();
  await page.locator('.pairs').getByText('1', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Invoke' }).click();
  await page.locator('output').getByText('{}').waitFor();
  await fits(page, 'the page of a version with a long name');
  assert.deepEqual(problems, []);
});

test('The rates are those of the calls', { timeout: 60_000 }, async (t) => {
  const platform = await start(t, ['--virtual-clock', '--seed-functions', '10']);
  const { page, problems } = await browse(t, platform.url);
  await page.goto(platform.url);
  await page.getByText('● live').waitFor();
  const admitted = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Invocations' }) }).locator('.big');
  assert.match(await admitted.innerText(), /^0 /);
  const calls = 200;
  let largest = 0;
  const call = async () => {
    for (let i = 0; i < calls; ++i)
      await fetch(`${platform.url}/2015-03-31/functions/seed-0000000/invocations`, { method: 'POST', body: '{}' });
  };
  const calling = call();
  await eventually('a rate', async () => (largest = parseFloat((await admitted.innerText()).replaceAll(',', ''))) > 0);
  assert.ok(largest <= 1.5 * calls, `${largest} per second of ${calls}`);
  await calling;
  await eventually('no rate once they have ended', async () => /^0 /.test(await admitted.innerText()));
  await page.getByText(`${calls} and 0 since the start`).waitFor();
  assert.deepEqual(problems, []);
});
