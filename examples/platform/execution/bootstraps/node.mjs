// The Lambda runtime for Node.js: asks for invocations and hands them to the function's handler.

import { existsSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import util from "node:util";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const prefix = "/2018-06-01/runtime/";
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const reportBytesMax = 256 * 1024;
const streams = Symbol.for("aws.lambda.runtime.handler.streaming");

// The invocation that runs, until its answer is on its way.
let current;
// That answer.
let answering = Promise.resolve();
let isStarting = true;

function ask(method, where, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const options = { host, port, agent, method, path: prefix + where, headers: { ...headers, ...length } };
    const request = http.request(options, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve([answer.headers, Buffer.concat(pieces).toString()]));
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

function textOf(value) {
  try {
    return String(value);
  } catch {
    return "What was thrown cannot be shown.";
  }
}

// What is told of an error: whatever was thrown, and however long it is.
function describe(error) {
  const isError = util.types.isNativeError(error) || error instanceof Error;
  const [type, message, trace] = isError
    ? [textOf(error.name), textOf(error.message), textOf(error.stack ?? "").split("\n")]
    : [typeof error, textOf(error), []];
  const what = { errorType: type, errorMessage: message, trace };
  return Buffer.byteLength(JSON.stringify(what)) <= reportBytesMax ? what : shortened(what);
}

// A character takes up to six bytes.
function shortened({ errorType, errorMessage, trace }) {
  return {
    errorType: errorType.slice(0, 256),
    errorMessage: errorMessage.slice(0, 24 * 1024),
    trace: trace.slice(0, 64).map((line) => line.slice(0, 256)),
  };
}

// What may stand in a header field.
function headerText(text) {
  return text.slice(0, 256).replace(/[^ -~]/g, "?");
}

function named(type, message) {
  const error = new Error(message);
  error.name = type;
  return error;
}

async function loadHandler(name) {
  const root = process.env.LAMBDA_TASK_ROOT;
  const folder = path.dirname(name);
  const [file, ...members] = path.basename(name).split(".");
  if (members.length === 0) throw named("Runtime.MalformedHandlerName", "Bad handler");
  const base = path.resolve(root, folder, file);
  const found = [".js", ".mjs", ".cjs", ""].map((end) => base + end).find((each) => existsSync(each));
  if (!found) throw named("Runtime.ImportModuleError", `Error: Cannot find module '${path.join(folder, file)}'`);
  let module;
  try {
    module = await import(pathToFileURL(found));
  } catch (error) {
    if (error instanceof SyntaxError) throw named("Runtime.UserCodeSyntaxError", String(error));
    if (error?.code === "ERR_MODULE_NOT_FOUND" || error?.code === "MODULE_NOT_FOUND")
      throw named("Runtime.ImportModuleError", String(error));
    throw error;
  }
  const look = (from) => members.reduce((value, member) => value?.[member], from);
  const handler = look(module) ?? look(module.default);
  if (handler === undefined) throw named("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof handler !== "function") throw named("Runtime.HandlerNotFound", `${name} is not a function`);
  return handler;
}

function makeContext(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const client = headers["lambda-runtime-client-context"];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    clientContext: client ? JSON.parse(client) : undefined,
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
  };
}

// What a function streams, kept until it has ended.
class ResponseStream extends Writable {
  pieces = [];

  _write(piece, _, done) {
    this.pieces.push(Buffer.from(piece));
    done();
  }

  setContentType(type) {
    this.contentType = type;
  }
}

globalThis.awslambda = {
  streamifyResponse(handler) {
    handler[streams] = "response";
    return handler;
  },
  HttpResponseStream: {
    from(stream, metadata) {
      stream.setContentType("application/vnd.awslambda.http-integration-response");
      stream.write(JSON.stringify(metadata));
      stream.write(Buffer.alloc(8));
      return stream;
    },
  },
};

const isPromise = (value) => typeof value?.then === "function";

// A handler answers with a promise, by its third argument, or by its context. What it returns
// otherwise does not count. The third argument is looked at when nothing is left to do, unless the
// handler does not want that; where nobody ever answers, null is the answer then.
function call(handler, invocation, event, context) {
  return new Promise((resolve, reject) => {
    const isSet = (error) => error !== undefined && error !== null;
    const done = (error, value) => (isSet(error) ? reject(error) : resolve(value));
    const callback = (error, value) => {
      if (isSet(error) || !context.callbackWaitsForEmptyEventLoop) return done(error, value);
      invocation.whenAtRest = () => resolve(value);
    };
    Object.assign(context, { done, succeed: resolve, fail: (error) => reject(error ?? "handled") });
    invocation.whenAtRest = () => resolve(null);
    const result = handler(event, context, callback);
    if (isPromise(result)) result.then(resolve, reject);
  });
}

function callStreaming(handler, invocation, event, context) {
  return new Promise((resolve, reject) => {
    const stream = new ResponseStream();
    const ended = new Promise((finish) => stream.on("finish", finish));
    stream.on("error", reject);
    invocation.whenAtRest = () => reject(new Error("Response stream is not finished."));
    const result = handler(event, stream, context);
    if (!isPromise(result)) throw new Error("Streaming does not support non-async handlers.");
    Promise.all([result, ended]).then(() => resolve(Buffer.concat(stream.pieces)), reject);
  });
}

async function run(handler, invocation, event, context) {
  if (handler[streams]) return callStreaming(handler, invocation, event, context);
  return JSON.stringify((await call(handler, invocation, event, context)) ?? null) ?? "null";
}

function answer(where, body, headers) {
  current = undefined;
  answering = ask("POST", where, body, headers);
  return answering;
}

// Between two invocations there is nobody to tell.
async function fail(error) {
  const what = describe(error);
  console.error(`${what.errorType}: ${what.errorMessage}\n${what.trace.slice(1).join("\n")}`);
  const where = current ? `invocation/${current.id}/error` : "init/error";
  const headers = { "Lambda-Runtime-Function-Error-Type": headerText(what.errorType) };
  if (current || isStarting) await answer(where, JSON.stringify(what), headers);
}

async function runOne(handler) {
  const [headers, body] = await ask("GET", "invocation/next");
  const invocation = { id: headers["lambda-runtime-aws-request-id"] };
  current = invocation;
  process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
  try {
    const result = await run(handler, invocation, JSON.parse(body), makeContext(headers));
    await answer(`invocation/${invocation.id}/response`, result);
  } catch (error) {
    await fail(error);
  }
}

// What nobody has caught may have left anything behind. The answer before is not held up; nor is
// the end by asking for the next invocation, which may take for ever.
async function failAndEnd(error) {
  try {
    await fail(error);
    await answering;
  } finally {
    process.exit(1);
  }
}
process.on("uncaughtException", failAndEnd);
process.on("unhandledRejection", (error) =>
  failAndEnd(named("Runtime.UnhandledPromiseRejection", textOf(error))),
);
process.on("beforeExit", () => current?.whenAtRest?.());

let handler;
try {
  handler = await loadHandler(process.env._HANDLER);
} catch (error) {
  await failAndEnd(error);
}
isStarting = false;
for (;;) await runOne(handler);
