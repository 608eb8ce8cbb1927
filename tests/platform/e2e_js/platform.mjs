// fsm-platform as a process, and a client for it. PROGRAM and NODE_MODULES say where things are.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { deflateRawSync } from 'node:zlib';

const require = createRequire(path.join(process.env.NODE_MODULES, 'here.js'));
export const lambda = require('@aws-sdk/client-lambda');

export const ROLE = 'arn:aws:iam::000000000000:role/worker';
export const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:';

/** Starts the platform on a free port, in memory; ends it when the test `t` is over. */
export async function start(t, world, ...flags) {
  const folder = mkdtempSync(path.join(tmpdir(), 'fsm-platform-'));
  const file = path.join(folder, 'world.json');
  writeFileSync(file, JSON.stringify(world));
  const child = spawn(process.env.PROGRAM,
    ['--listen', '127.0.0.1:0', '--memory', '--world', file, ...flags], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGTERM');
    const [code] = await ended;
    rmSync(folder, { recursive: true });
    if (code !== 0) throw new Error(`fsm-platform ended with ${code}`);
  });
  const [line] = await once(readline.createInterface({ input: child.stdout }), 'line');
  const endpoint = line.replace('listening on ', '');
  const client = new lambda.LambdaClient({
    endpoint, region: 'us-east-1', maxAttempts: 1, credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  t.after(() => client.destroy());
  return new Platform(endpoint, client);
}

class Platform {
  constructor(endpoint, client) {
    this.endpoint = endpoint;
    this.client = client;
  }

  /** Sends the operation's command: `send('GetFunction', {...})`. */
  send(operation, input) {
    return this.client.send(new lambda[`${operation}Command`](input));
  }

  create(name, more = {}) {
    return this.send('CreateFunction', {
      FunctionName: name, Role: ROLE, Runtime: 'nodejs20.x', Handler: 'index.handler',
      Code: { ZipFile: zip('index.js', 'exports.handler = async (e) => e;') }, ...more,
    });
  }

  /** State, its reason code, LastUpdateStatus and its reason code. */
  async situation(name) {
    const found = await this.send('GetFunctionConfiguration', { FunctionName: name });
    return [found.State, found.StateReasonCode, found.LastUpdateStatus, found.LastUpdateStatusReasonCode];
  }

  async fsm(method, route, body) {
    const answer = await fetch(`${this.endpoint}/_fsm/${route}`, { method, body: body && JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(`${method} /_fsm/${route}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  advance(span) {
    return this.fsm('POST', 'clock', { advance: span });
  }
}

function crc32(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

/** A zip archive of one file. */
export function zip(name, text) {
  const content = Buffer.from(text);
  const packed = deflateRawSync(content);
  const fields = Buffer.alloc(26);  // What both headers say, from the version on.
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt16LE(0x21, 8);
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed]);
  const entry = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), fields, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, entry, end]);
}
