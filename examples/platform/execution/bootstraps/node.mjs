// The Lambda runtime for Node.js: asks for invocations and hands them to the function's handler.

import { existsSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";
import util from "node:util";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const prefix = "/2018-06-01/runtime/";
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

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

function describe(error) {
  const isError = util.types.isNativeError(error) || error instanceof Error;
  const what = isError
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };
  return what;
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

// A handler answers with a promise, or by its third argument.
function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, value) => (error ? reject(error) : resolve(value));
    const result = handler(event, context, callback);
    if (typeof result?.then === "function") result.then(resolve, reject);
    else if (handler.length < 3) resolve(result);
  });
}

let current;

async function fail(error) {
  const what = describe(error);
  console.error(`${what.errorType}: ${what.errorMessage}\n${what.trace.slice(1).join("\n")}`);
  const headers = { "Lambda-Runtime-Function-Error-Type": what.errorType };
  await ask("POST", current ? `invocation/${current}/error` : "init/error", JSON.stringify(what), headers);
}

async function runOne(handler) {
  const [headers, body] = await ask("GET", "invocation/next");
  current = headers["lambda-runtime-aws-request-id"];
  process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
  try {
    const answer = await call(handler, JSON.parse(body), makeContext(headers));
    await ask("POST", `invocation/${current}/response`, JSON.stringify(answer ?? null));
  } catch (error) {
    await fail(error);
  }
}

async function failAndEnd(error) {
  await fail(error);
  process.exit(1);
}
process.on("uncaughtException", failAndEnd);
process.on("unhandledRejection", (error) =>
  failAndEnd(named("Runtime.UnhandledPromiseRejection", String(error))),
);

let handler;
try {
  handler = await loadHandler(process.env._HANDLER);
} catch (error) {
  await failAndEnd(error);
}
for (;;) await runOne(handler);
