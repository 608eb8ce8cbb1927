// The dashboard as its users see it: in a browser.
import assert from 'node:assert/strict';
import test from 'node:test';
import { accessible, advance, browse, create, fits, picture, rowOf, start } from './page.mjs';

const subnet = 'subnet-0a1b2c3d';
const group = 'sg-0a1b2c3d';
// One address: the second function in it fails.
const world = {
  provision_time: '400ms',
  vpc: { subnets: [{ id: subnet, vpc: 'vpc-11111111', addresses: 1 }], security_groups: [group], eni_quota: 9 },
};

test('Functions are seen to turn Active, Failed and Inactive live, and why', { timeout: 180_000 }, async (t) => {
  const platform = await start(t, ['--virtual-clock', '--idle-after', '1h'], { world });
  const { page, problems } = await browse(t, platform.url);
  const row = (name) => rowOf(page, name);
  await page.goto(platform.url);
  await page.getByText('● live').waitFor();
  await page.getByText('aws lambda create-function').waitFor();
  await accessible(page, 'the overview');
  await picture(page, 'overview-0');
  await page.getByRole('link', { name: 'Functions', exact: true }).click();
  await page.getByText('No function matches.').waitFor();

  create(platform, 'good', '--description', 'It works', '--memory-size', '256');
  await row('good').getByText('Pending').waitFor();
  await advance(platform, '1s');
  await row('good').getByText('Active').waitFor();
  for (const name of ['net-1', 'net-2']) {
    create(platform, name, '--vpc-config', `SubnetIds=${subnet},SecurityGroupIds=${group}`);
    await advance(platform, '1s');
  }
  await row('net-2').getByText('Failed').waitFor();
  await accessible(page, 'the table');
  await picture(page, 'functions-3');

  await page.getByLabel('State').selectOption('Failed');
  await row('good').waitFor({ state: 'detached' });
  assert.match(page.url(), /state=Failed/);
  await row('net-2').getByRole('link').click();
  await page.getByRole('heading', { name: 'net-2' }).waitFor();
  await page.locator('.situation').getByText('SubnetOutOfIPAddresses').waitFor();
  await page.getByText('delete it and create it again').waitFor();
  await page.locator('.verdicts .refused').getByText('update').waitFor();
  await page.locator('.arrow.taken text').getByText('provision failed').waitFor();
  await accessible(page, 'the page of a Failed function');
  await picture(page, 'function-failed');
  await page.goBack();
  await row('net-2').waitFor();
  assert.equal(await page.getByLabel('State').inputValue(), 'Failed', 'the filter after going back');

  await page.goto(`${platform.url}/#/functions/good`);
  const situation = page.locator('.situation');
  await situation.getByText('Active').waitFor();
  await page.locator('.pairs').getByText('It works').waitFor();
  await page.locator('.pairs').getByText('256 MB').waitFor();
  await page.getByRole('button', { name: 'Invoke' }).click();
  await page.locator('output').getByText('{}').waitFor();
  await page.getByLabel('Advance by').fill('2h');
  await page.getByRole('button', { name: 'Advance', exact: true }).click();
  await situation.getByText('Inactive').waitFor();
  await page.locator('.diagram .lit').getByText('Inactive').waitFor();
  assert.match(await page.locator('.timeline li').first().innerText(), /idle due/);
  await picture(page, 'function-inactive');
  await page.getByRole('button', { name: 'Invoke' }).click();
  await page.locator('output.problem').waitFor();  // It starts the restore.
  await situation.getByText('Pending').waitFor();
  await page.getByRole('button', { name: '+1h' }).click();
  await situation.getByText('Active').waitFor();

  await page.getByRole('button', { name: 'Delete…' }).click();
  await accessible(page, 'the question before a delete');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('heading', { name: 'Functions' }).waitFor();
  await row('good').waitFor({ state: 'detached' });
  await row('net-2').waitFor();
  // A refused invocation is an answer, which browsers log all the same.
  assert.deepEqual(problems.filter((p) => !/status of 409/.test(p)), []);
});

test('The overview leads to what has failed, and to where functions are', { timeout: 120_000 }, async (t) => {
  const platform = await start(t, ['--virtual-clock'], { world });
  create(platform, 'good');
  for (const name of ['net-1', 'net-2', 'net-3'])
    create(platform, name, '--vpc-config', `SubnetIds=${subnet},SecurityGroupIds=${group}`);
  await advance(platform, '1s');
  const { page, problems } = await browse(t, platform.url);
  await page.goto(platform.url);
  const addresses = page.getByRole('row').filter({ hasText: subnet });
  await addresses.getByText('full').waitFor();
  await page.getByText('4 functions by state').waitFor();
  await accessible(page, 'the overview with failures');
  await picture(page, 'overview-4');
  await page.getByRole('link', { name: 'SubnetOutOfIPAddresses' }).click();
  await page.getByText('Page 1, 2 functions').waitFor();
  assert.equal(await page.getByLabel('Reason').inputValue(), 'SubnetOutOfIPAddresses');
  await page.goBack();
  await page.getByRole('group', { name: 'Lifecycle diagram' }).getByRole('link', { name: /2.*Active · Successful/ }).click();
  await page.getByText('Page 1, 2 functions').waitFor();
  await rowOf(page, 'good').waitFor();
  assert.deepEqual(problems, []);
});

test('It can be used with the keyboard alone, and on a phone', { timeout: 120_000 }, async (t) => {
  const platform = await start(t, ['--seed-functions', '120']);
  const { page, problems } = await browse(t, platform.url, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  await page.goto(platform.url);
  await page.getByText('● live').waitFor();
  await fits(page, 'the overview');
  await picture(page, 'phone-overview');
  const tabTo = async (name) => {
    for (let i = 0; i < 60; ++i) {
      await page.keyboard.press('Tab');
      if (await page.evaluate((n) => document.activeElement?.textContent?.trim() === n, name)) return;
    }
    assert.fail(`Tab does not lead to ${name}`);
  };
  await tabTo('Functions');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Functions' }).waitFor();
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Functions', 'the heading has the focus');
  await page.getByRole('link', { name: 'seed-0000000' }).waitFor();
  await fits(page, 'the table');
  await picture(page, 'phone-functions');
  await page.keyboard.press('Tab');
  await page.keyboard.type('seed-000011');
  await page.getByRole('link', { name: 'seed-0000110' }).waitFor();
  await page.getByRole('link', { name: 'seed-0000000' }).waitFor({ state: 'detached' });
  await tabTo('seed-0000110');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'seed-0000110' }).waitFor();
  await page.locator('.diagram .lit').waitFor();
  await fits(page, 'the page of a function');
  await accessible(page, 'the page of a function, on a phone');
  await picture(page, 'phone-function');
  assert.deepEqual(problems, []);
});

test('Pages are turned with cursors, and Back leads to the page one came from', { timeout: 120_000 }, async (t) => {
  const platform = await start(t, ['--seed-functions', '120']);
  const { page, problems } = await browse(t, platform.url);
  await page.goto(`${platform.url}/#/functions`);
  const next = page.getByRole('button', { name: 'Next' });
  const seen = [];
  for (const wanted of [50, 50, 20]) {
    await page.getByText(new RegExp(`Page ${1 + seen.length / 50}, ${wanted} functions`)).waitFor();
    seen.push(...await page.locator('tbody th').allInnerTexts());
    if (wanted === 50) await next.click();
  }
  assert.equal(new Set(seen).size, 120);
  assert.equal(await next.getAttribute('aria-disabled'), 'true');
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.getByText('Page 2, 50 functions').waitFor();
  await page.getByRole('link', { name: seen[70], exact: true }).click();
  await page.getByRole('heading', { name: seen[70] }).waitFor();
  await page.goBack();
  await page.getByText('Page 2, 50 functions').waitFor();
  await page.getByRole('link', { name: seen[70], exact: true }).waitFor();
  await page.reload();  // The predecessors of this page are forgotten now.
  await page.getByRole('link', { name: seen[70], exact: true }).waitFor();
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.getByText('Page 1, 50 functions').waitFor();
  assert.deepEqual(problems, []);
});

test('With an admin token the page asks for it once, and for nothing else', { timeout: 120_000 }, async (t) => {
  const platform = await start(t, ['--seed-functions', '2', '--access-key', 'AKID', '--secret-key', 'secret', '--admin-token', 'open-sesame']);
  const { page, context } = await browse(t, platform.url);
  await page.goto(`${platform.url}/#/functions`);
  await accessible(page, 'the login page');
  await page.getByLabel('Admin token').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('not the right token').waitFor();
  await page.getByLabel('Admin token').fill('open-sesame');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('● live').waitFor();
  await page.goto(`${platform.url}/#/functions/seed-0000000`);
  await page.getByRole('button', { name: 'Invoke' }).click();
  await page.locator('output').getByText('{}').waitFor();
  const [cookie] = await context.cookies();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, 'Strict', '/']);
  await context.clearCookies();  // As when the session is over.
  await page.getByRole('link', { name: 'Functions', exact: true }).click();
  await page.getByLabel('Admin token').fill('open-sesame');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Admin token').waitFor();
  assert.equal((await fetch(`${platform.url}/_fsm/dashboard/app.js`)).status, 403);
});

test('The files say what a page may do, and are not sent twice', async (t) => {
  const platform = await start(t);
  for (const name of ['/', '/_fsm/dashboard/app.js', '/_fsm/dashboard/app.css', '/_fsm/dashboard/icon.svg']) {
    const first = await fetch(platform.url + name);
    assert.equal(first.status, 200, name);
    assert.match(first.headers.get('content-security-policy'), /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.equal(first.headers.get('x-content-type-options'), 'nosniff');
    assert.ok((await first.arrayBuffer()).byteLength > 0);
    const again = await fetch(platform.url + name, { headers: { 'If-None-Match': first.headers.get('etag') } });
    assert.deepEqual([again.status, (await again.arrayBuffer()).byteLength], [304, 0], name);
  }
  assert.equal((await fetch(`${platform.url}/_fsm/dashboard/app.ts`)).status, 404);
});
