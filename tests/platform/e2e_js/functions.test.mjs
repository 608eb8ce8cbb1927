// The life of a function as the AWS SDK for JavaScript sees it.
import assert from 'node:assert/strict';
import test from 'node:test';

import { ARN, lambda, start, zip } from './platform.mjs';

const SUBNET = 'subnet-0a1b2c3d';
const FULL = 'subnet-00000003';
const WORLD = {
  provision_time: '60s', update_time: '30s', restore_time: '60s',
  vpc: {
    subnets: [{ id: SUBNET, vpc: 'vpc-11111111', addresses: 1 }, { id: FULL, vpc: 'vpc-11111111', addresses: 0 }],
    security_groups: ['sg-0a1b2c3d'], eni_quota: 4,
  },
};

const network = (subnet) => ({ VpcConfig: { SubnetIds: [subnet], SecurityGroupIds: ['sg-0a1b2c3d'] } });
const text = (bytes) => Buffer.from(bytes).toString();

test('a function is created, invoked, updated, idle, restored and deleted', async (t) => {
  const p = await start(t, WORLD, '--virtual-clock');
  const made = await p.create('f', { Environment: { Variables: { STAGE: 'test' } } });
  assert.equal(made.$metadata.httpStatusCode, 201);
  assert.deepEqual([made.State, made.StateReasonCode, made.LastUpdateStatus], ['Pending', 'Creating', undefined]);
  assert.equal(made.FunctionArn, ARN + 'f');
  await p.advance('61s');
  const answer = await p.send('Invoke', { FunctionName: 'f', Payload: '{"n":1}', LogType: 'Tail' });
  assert.deepEqual([answer.StatusCode, answer.ExecutedVersion, text(answer.Payload)], [200, '$LATEST', '{"n":1}']);
  assert.match(Buffer.from(answer.LogResult, 'base64').toString(), /^START RequestId: /);
  const code = zip('index.js', 'exports.handler = async () => 2;');
  const updated = await p.send('UpdateFunctionCode', { FunctionName: 'f', ZipFile: code });
  assert.deepEqual([updated.State, updated.LastUpdateStatus], ['Active', 'InProgress']);
  await p.advance('31s');
  assert.deepEqual(await p.situation('f'), ['Active', undefined, 'Successful', undefined]);
  await p.advance('15d');
  assert.deepEqual(await p.situation('f'), ['Inactive', 'Idle', 'Successful', undefined]);
  await assert.rejects(p.send('Invoke', { FunctionName: 'f' }), {
    name: 'CodeArtifactUserPendingException',
    message: 'Lambda is initializing your function. It will be ready to invoke shortly.',
  });
  assert.deepEqual(await p.situation('f'), ['Pending', 'Restoring', 'Successful', undefined]);
  await p.advance('61s');
  assert.equal(text((await p.send('Invoke', { FunctionName: ARN + 'f', Payload: '2' })).Payload), '2');
  assert.equal((await p.send('DeleteFunction', { FunctionName: 'f' })).$metadata.httpStatusCode, 204);
  await assert.rejects(p.send('GetFunction', { FunctionName: 'f' }),
    { name: 'ResourceNotFoundException', message: `Function not found: ${ARN}f` });
});

test('errors are of their classes', async (t) => {
  const p = await start(t, WORLD, '--virtual-clock');
  await p.create('f');
  const refused = (call, type, status, message) => assert.rejects(call, (error) => {
    assert.ok(error instanceof lambda[type], `${error.name} is no ${type}`);
    assert.equal(error.$metadata.httpStatusCode, status);
    if (message) assert.equal(error.message, message);
    return true;
  });
  await refused(p.create('f'), 'ResourceConflictException', 409, 'Function already exist: f');
  await refused(p.send('Invoke', { FunctionName: 'f' }), 'ResourceConflictException', 409,
    'The operation cannot be performed at this time. The function is currently in the following state: Pending');
  await refused(p.send('GetFunction', { FunctionName: 'nobody' }), 'ResourceNotFoundException', 404,
    `Function not found: ${ARN}nobody`);
  await p.advance('61s');
  await refused(p.send('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 5, RevisionId: 'another' }),
    'PreconditionFailedException', 412);
  await refused(p.send('Invoke', { FunctionName: 'f', Payload: '{' }), 'InvalidRequestContentException', 400);
  await refused(p.send('ListLayers', {}), 'InvalidParameterValueException', 400,
    'The operation ListLayers is not supported.');
});

test('a failed update leaves what was there, a failed creation nothing', async (t) => {
  const p = await start(t, WORLD, '--virtual-clock');
  await p.create('f', network(SUBNET));
  await p.create('broken', network(FULL));
  await p.advance('61s');
  assert.deepEqual(await p.situation('broken'), ['Failed', 'SubnetOutOfIPAddresses', undefined, undefined]);
  await assert.rejects(p.send('Invoke', { FunctionName: 'broken' }), lambda.SubnetIPAddressLimitReachedException);
  await p.send('UpdateFunctionConfiguration', { FunctionName: 'f', Timeout: 99, ...network(FULL) });
  await p.advance('31s');
  assert.deepEqual(await p.situation('f'), ['Active', undefined, 'Failed', 'SubnetOutOfIPAddresses']);
  const found = await p.send('GetFunctionConfiguration', { FunctionName: 'f' });
  assert.deepEqual([found.Timeout, found.VpcConfig.SubnetIds], [3, [SUBNET]]);
  assert.equal((await p.send('Invoke', { FunctionName: 'f' })).StatusCode, 200);
});

test('every function is on one page', async (t) => {
  const p = await start(t, {}, '--virtual-clock', '--seed-functions', '60');
  const names = [];
  for await (const page of lambda.paginateListFunctions({ client: p.client, pageSize: 7 }, {})) {
    names.push(...page.Functions.map((each) => each.FunctionName));
  }
  assert.deepEqual(names, Array.from({ length: 60 }, (_, i) => `seed-${String(i).padStart(7, '0')}`));
});

test('versions, aliases and tags', async (t) => {
  const p = await start(t, WORLD, '--virtual-clock', '--seed-functions', '1');
  const name = { FunctionName: 'seed-0000000' };
  const arn = `${ARN}seed-0000000`;
  const one = await p.send('PublishVersion', name);
  assert.deepEqual([one.Version, one.FunctionArn, one.State], ['1', `${arn}:1`, 'Active']);
  assert.equal((await p.send('PublishVersion', name)).RevisionId, one.RevisionId);
  await p.send('UpdateFunctionConfiguration', { ...name, Timeout: 9 });
  await assert.rejects(p.send('PublishVersion', name), lambda.ResourceConflictException);
  await p.advance('31s');
  assert.equal((await p.send('PublishVersion', name)).Version, '2');
  const found = await p.send('ListVersionsByFunction', name);
  assert.deepEqual(found.Versions.map((each) => each.Version), ['$LATEST', '1', '2']);
  const weights = { AdditionalVersionWeights: { 2: 0.25 } };
  const live = { ...name, Name: 'live' };
  const made = await p.send('CreateAlias', { ...live, FunctionVersion: '1', RoutingConfig: weights });
  assert.deepEqual([made.AliasArn, made.RoutingConfig], [`${arn}:live`, weights]);
  assert.deepEqual((await p.send('GetAlias', live)).RevisionId, made.RevisionId);
  await assert.rejects(p.send('DeleteFunction', { ...name, Qualifier: '1' }), lambda.ResourceConflictException);
  await p.send('DeleteAlias', live);
  await p.send('DeleteFunction', { ...name, Qualifier: '1' });
  await p.send('TagResource', { Resource: arn, Tags: { a: '1', b: '2' } });
  await p.send('UntagResource', { Resource: arn, TagKeys: ['b'] });
  assert.deepEqual((await p.send('ListTags', { Resource: arn })).Tags, { a: '1' });
});
