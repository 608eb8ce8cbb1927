// Reserved concurrency, and how the AWS SDK for JavaScript takes it when there is none left.
import assert from 'node:assert/strict';
import test from 'node:test';

import { ARN, lambda, start } from './platform.mjs';

const NAME = { FunctionName: 'seed-0000000' };

test('concurrency is reserved, read and given back', async (t) => {
  const p = await start(t, {}, '--virtual-clock', '--seed-functions', '1');
  assert.equal((await p.send('GetFunctionConcurrency', NAME)).ReservedConcurrentExecutions, undefined);
  await p.send('PutFunctionConcurrency', { ...NAME, ReservedConcurrentExecutions: 7 });
  assert.equal((await p.send('GetFunctionConcurrency', NAME)).ReservedConcurrentExecutions, 7);
  assert.deepEqual((await p.send('GetFunction', NAME)).Concurrency, { ReservedConcurrentExecutions: 7 });
  await p.send('DeleteFunctionConcurrency', NAME);
  assert.equal((await p.send('GetFunction', NAME)).Concurrency, undefined);
  await assert.rejects(p.send('PutFunctionConcurrency', { FunctionName: 'nobody', ReservedConcurrentExecutions: 1 }),
    { name: 'ResourceNotFoundException', message: `Function not found: ${ARN}nobody:$LATEST` });
});

test('throttled calls are tried again as often as the client is told to', async (t) => {
  const p = await start(t, {}, '--virtual-clock', '--seed-functions', '1');
  await p.send('PutFunctionConcurrency', { ...NAME, ReservedConcurrentExecutions: 0 });
  for (const attempts of [1, 3]) {
    const client = new lambda.LambdaClient({
      endpoint: p.endpoint, region: 'us-east-1', maxAttempts: attempts,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });
    await assert.rejects(client.send(new lambda.InvokeCommand(NAME)), (error) => {
      assert.ok(error instanceof lambda.TooManyRequestsException);
      assert.equal(error.Reason, 'ReservedFunctionConcurrentInvocationLimitExceeded');
      assert.equal(error.$metadata.attempts, attempts);
      return true;
    });
    client.destroy();
  }
});
