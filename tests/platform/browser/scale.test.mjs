// The dashboard before a million functions. PROGRAM, BROWSER and NODE_MODULES say where things are.
// The bounds are those of the project times SLACK (3), as the machine may be busy; the figures are
// printed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import readline from 'node:readline';
import test from 'node:test';

const { chromium } = createRequire(path.join(process.env.NODE_MODULES, 'node_modules', 'x.js'))('playwright-core');
const slack = Number(process.env.SLACK ?? 3);

/** Megabytes that only the browser's renderers have: the tab. */
function tabMegabytes() {
  let bytes = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer')) continue;
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
      for (const [, kilobytes] of rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)) bytes += kilobytes * 1024;
    } catch {
      // It has just ended.
    }
  }
  return bytes / 1e6;
}

test('A million functions: the first page, filters, and what the tab takes', { timeout: 240_000 }, async (t) => {
  const child = spawn(process.env.PROGRAM, ['--listen', '127.0.0.1:0', '--memory', '--seed-functions', '1000000'],
    { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const [line] = await once(readline.createInterface({ input: child.stdout }), 'line');
  const url = line.replace('listening on ', '');
  const browser = await chromium.launch({ executablePath: process.env.BROWSER, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  t.after(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  const milliseconds = async (what) => {
    const start = performance.now();
    await what();
    return performance.now() - start;
  };
  const link = (name) => page.getByRole('link', { name, exact: true });
  const figures = {};
  figures.first_page = await milliseconds(async () => {
    await page.goto(`${url}/#/functions`);
    await link('seed-0000049').waitFor();
  });
  figures.by_state = await milliseconds(async () => {
    await page.getByLabel('State').selectOption('Failed');
    await page.getByText('No function matches.').waitFor();
  });
  figures.back = await milliseconds(async () => {
    await page.getByLabel('State').selectOption('Active');
    await link('seed-0000049').waitFor();
  });
  figures.by_name = await milliseconds(async () => {
    await page.getByLabel('Name begins with').fill('seed-0999');
    await link('seed-0999000').waitFor();
  }) - 200;  // What the page waits for more letters.
  figures.by_no_name = await milliseconds(async () => {
    await page.getByLabel('Name begins with').fill('nobody');
    await page.getByText('No function matches.').waitFor();
  }) - 200;
  await page.goto(`${url}/#/`);
  await page.getByText('1,000,000 functions').waitFor();
  await page.waitForTimeout(3000);
  figures.tab_megabytes = tabMegabytes();
  t.diagnostic(JSON.stringify(figures, (_, v) => (typeof v === 'number' ? Math.round(v) : v)));
  assert.ok(figures.first_page < 1000 * slack, `first page: ${figures.first_page} ms`);
  for (const name of ['by_state', 'back', 'by_name', 'by_no_name'])
    assert.ok(figures[name] < 300 * slack, `${name}: ${figures[name]} ms`);
  assert.ok(figures.tab_megabytes < 300, `the tab: ${figures.tab_megabytes} MB`);
});
