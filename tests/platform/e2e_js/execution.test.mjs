// Functions that run, as the AWS SDK for JavaScript calls them.
import assert from 'node:assert/strict';
import test from 'node:test';

import { lambda, start, zip } from './platform.mjs';

const QUICK = { provision_time: '0ms', update_time: '0ms' };
const CODE = `
export async function handler(event, context) {
  console.log("asked for", event.how);
  if (event.how === "fail") throw new RangeError("too far");
  if (event.how === "leave") process.exit(4);
  return { how: event.how, version: context.functionVersion, who: context.clientContext?.custom?.who };
}`;

async function call(p, event, more = {}) {
  const got = await p.send('Invoke', {
    FunctionName: 'f', LogType: 'Tail', Payload: JSON.stringify(event), ...more,
  });
  return {
    error: got.FunctionError, version: got.ExecutedVersion, status: got.StatusCode,
    payload: JSON.parse(Buffer.from(got.Payload).toString()), log: Buffer.from(got.LogResult, 'base64').toString(),
  };
}

test('results, errors, logs and versions of a function', async (t) => {
  const p = await start(t, QUICK, '--executor', 'process');
  await p.create('f', { Code: { ZipFile: zip('index.mjs', CODE) } });
  await lambda.waitUntilFunctionActiveV2({ client: p.client, maxWaitTime: 60 }, { FunctionName: 'f' });
  const context = Buffer.from(JSON.stringify({ custom: { who: 'Ada' } })).toString('base64');
  const well = await call(p, { how: 'well' }, { ClientContext: context });
  assert.deepEqual([well.status, well.error, well.version], [200, undefined, '$LATEST']);
  assert.deepEqual(well.payload, { how: 'well', version: '$LATEST', who: 'Ada' });
  assert.match(well.log, /^START RequestId: .*\nasked for well\nEND RequestId: .*\nREPORT RequestId: /s);
  const failed = await call(p, { how: 'fail' });
  assert.deepEqual([failed.error, failed.payload.errorType, failed.payload.errorMessage],
    ['Unhandled', 'RangeError', 'too far']);
  const left = await call(p, { how: 'leave' });
  assert.equal(left.error, 'Unhandled');
  assert.match(left.payload.errorMessage, /Runtime exited with error: exit status 4$/);
  const { Version } = await p.send('PublishVersion', { FunctionName: 'f' });
  const published = await call(p, { how: 'well' }, { Qualifier: Version });
  assert.deepEqual([published.version, published.payload.version], ['1', '1']);
  const together = await Promise.all(Array.from({ length: 20 }, (_, i) => call(p, { how: i })));
  assert.deepEqual(together.map((each) => each.payload.how), Array.from({ length: 20 }, (_, i) => i));
});
