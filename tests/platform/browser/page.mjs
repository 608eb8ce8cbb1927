// A platform and a browser before it. PROGRAM, BROWSER and NODE_MODULES say where things are. With
// SCREENSHOTS=FOLDER the tests leave pictures there; a test that fails leaves one in FAILURES.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

const require = createRequire(path.join(process.env.NODE_MODULES, 'node_modules', 'x.js'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const patience = 20_000;

/** fsm-platform at an address, in memory, until `stop` or the end of the test. */
export async function start(t, flags = [], { listen = '127.0.0.1:0', world = {} } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'fsm-dashboard-'));
  writeFileSync(path.join(folder, 'world.json'), JSON.stringify(world));
  const child = spawn(process.env.PROGRAM,
    ['--listen', listen, '--memory', '--world', path.join(folder, 'world.json'), ...flags],
    { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    const [code] = await ended;
    rmSync(folder, { recursive: true, force: true });
    assert.equal(code, 0, 'fsm-platform ended');
  };
  t.after(stop);
  const [line] = await once(readline.createInterface({ input: child.stdout }), 'line');
  return { url: line.replace('listening on ', ''), folder, stop };
}

/** A browser that minds everything that goes wrong. */
export async function browse(t, url, options = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.BROWSER, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  t.after(async () => {
    if (t.passed === false && process.env.FAILURES) await save(page, process.env.FAILURES, t.name);
    await browser.close();
  });
  page.setDefaultTimeout(patience);
  const problems = [];
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && problems.push(`${m.type()}: ${m.text()}`));
  page.on('pageerror', (e) => problems.push(`exception: ${e.message}`));
  page.on('request', (r) => r.url().startsWith(url) || problems.push(`another host: ${r.url()}`));
  return { context, page, problems };
}

async function save(page, folder, name) {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name.replaceAll(/\W+/g, '-')}.png`), fullPage: true });
}

export async function picture(page, name) {
  if (process.env.SCREENSHOTS) await save(page, process.env.SCREENSHOTS, name);
}

/** The row of a function in the table. */
export const rowOf = (page, name) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

function aws(platform, ...words) {
  return execFileSync(process.env.AWS ?? 'aws', ['--endpoint-url', platform.url, '--region', 'us-east-1', 'lambda', ...words], {
    encoding: 'utf8', timeout: 60_000,
    env: { ...process.env, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_PAGER: '', AWS_EC2_METADATA_DISABLED: 'true' },
  });
}

/** Creates a function by the AWS CLI. */
export function create(platform, name, ...more) {
  const file = path.join(platform.folder, 'code.zip');
  writeFileSync(file, Buffer.from('504b0506000000000000000000000000000000000000', 'hex'));
  aws(platform, 'create-function', '--function-name', name, '--runtime', 'python3.12', '--handler', 'index.handler',
    '--role', 'arn:aws:iam::000000000000:role/r', '--zip-file', `fileb://${file}`, ...more);
}

/** Moves a virtual clock. */
export const advance = (platform, span) =>
  fetch(`${platform.url}/_fsm/clock`, { method: 'POST', body: JSON.stringify({ advance: span }) });

/** No serious finding of axe, in light and in dark. */
export async function accessible(page, what) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // In a world of its own, where the page's policy does not forbid it.
    const found = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })`);
    const serious = found.violations.filter((v) => ['serious', 'critical'].includes(v.impact));
    assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`), [], `${what}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** No scrolling sideways, down to the smallest phones. */
export async function fits(page, what) {
  const { width, height } = page.viewportSize();
  for (const narrow of [width, 360]) {
    await page.setViewportSize({ width: narrow, height });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, `${what} fits ${narrow} pixels`);
  }
  await page.setViewportSize({ width, height });
}
