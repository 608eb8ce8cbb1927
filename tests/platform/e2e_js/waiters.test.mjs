// The waiters of the AWS SDK for JavaScript.
import assert from 'node:assert/strict';
import test from 'node:test';

import { lambda, start } from './platform.mjs';

const FULL = { SubnetIds: ['subnet-00000003'], SecurityGroupIds: ['sg-0a1b2c3d'] };
const VPC = {
  subnets: [{ id: 'subnet-00000003', vpc: 'vpc-11111111', addresses: 0 }], security_groups: ['sg-0a1b2c3d'],
  eni_quota: 4,
};

const wait = (p, waiter, name, seconds = 30) => lambda[`waitUntil${waiter}`](
  { client: p.client, maxWaitTime: seconds, minDelay: 1, maxDelay: 1 }, { FunctionName: name });

test('waiters succeed on functions that get there', async (t) => {
  const p = await start(t, { provision_time: '2s', update_time: '2s' });
  await p.create('f');
  assert.equal((await wait(p, 'FunctionExists', 'f')).state, 'SUCCESS');
  assert.equal((await p.situation('f'))[0], 'Pending');
  assert.equal((await wait(p, 'FunctionActiveV2', 'f')).state, 'SUCCESS');
  assert.equal((await p.situation('f'))[0], 'Active');
  assert.equal((await wait(p, 'PublishedVersionActive', 'f')).state, 'SUCCESS');
  await p.send('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 9 });
  assert.equal((await wait(p, 'FunctionUpdatedV2', 'f')).state, 'SUCCESS');
  assert.equal((await p.situation('f'))[2], 'Successful');
});

test('waiters fail on what has failed', async (t) => {
  const p = await start(t, { provision_time: '1s', update_time: '1s', vpc: VPC }, '--virtual-clock');
  await p.create('broken', { VpcConfig: FULL });
  await p.create('f');
  await p.advance('2s');
  const failed = (error) => JSON.parse(error.message).state === 'FAILURE';
  await assert.rejects(wait(p, 'FunctionActiveV2', 'broken'), failed);
  await assert.rejects(wait(p, 'PublishedVersionActive', 'broken'), failed);
  await p.send('UpdateFunctionConfiguration', { FunctionName: 'f', VpcConfig: FULL });
  await p.advance('2s');
  await assert.rejects(wait(p, 'FunctionUpdatedV2', 'f'), failed);
});

test('waiters give up on what stays as it is', async (t) => {
  const p = await start(t, { provision_time: '1s' }, '--virtual-clock');
  await p.create('idle');
  await p.advance('2s');
  await p.advance('15d');
  await assert.rejects(wait(p, 'FunctionActiveV2', 'idle', 3), { name: 'TimeoutError' });
  await assert.rejects(wait(p, 'FunctionExists', 'nobody', 3), { name: 'TimeoutError' });
});
