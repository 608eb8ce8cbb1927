// What goes into the program with the dashboard. METAFILE is what the bundler says of it, NODE_MODULES
// where the packages are, NOTICE the project's list of what it carries, LOCK_FILES (with commas) what
// says which packages there are.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';

const permissive = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD'];

test('Every package in the bundle has a permissive licence and is named in NOTICE', () => {
  const { inputs } = JSON.parse(readFileSync(process.env.METAFILE, 'utf8'));
  const packages = new Set(Object.keys(inputs).flatMap((name) => {
    const [, found] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name) ?? [];
    return found ? [found] : [];
  }));
  assert.ok(packages.has('preact'), 'the bundle has packages at all');
  const notice = readFileSync(process.env.NOTICE, 'utf8');
  for (const name of packages) {
    const { license } = JSON.parse(readFileSync(path.join(process.env.NODE_MODULES, 'node_modules', name, 'package.json'), 'utf8'));
    assert.ok(permissive.includes(license), `${name}: ${license}`);
    assert.match(notice.toLowerCase(), new RegExp(`\\b${name}\\b`), `NOTICE names ${name}`);
  }
});

test('The lock files say what is installed, and not where it comes from', () => {
  for (const file of process.env.LOCK_FILES.split(',')) {
    const { packages } = JSON.parse(readFileSync(file, 'utf8'));
    const installed = Object.entries(packages).filter(([name]) => name !== '');
    assert.ok(installed.length > 0, file);
    for (const [name, entry] of installed) {
      assert.equal(entry.resolved, undefined, `${file}: ${name}`);
      assert.match(entry.integrity, /^sha512-/, `${file}: ${name}`);
    }
  }
});
