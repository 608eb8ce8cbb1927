#!/usr/bin/env python3
"""What a handler may do in Python and JavaScript, and what it is told, as AWS's own runtimes have it.

usage: bootstraps_test.py PROGRAM [PART...]
"""

import base64
import json
import re
import time

from execution_harness import ECHO, Runs, is_error, zip_of
from harness import ROLE, check, run_parts

REPORT_BYTES_MAX = 256 * 1024


def javascript(p, name, text, **more):
    return p.create(name, {"index.js": text}, runtime="nodejs20.x", **more)


NODE_WAYS = """
const later = (what) => setTimeout(what, 100);
const ways = {
  wrapped: (f => function () { return f.apply(this, arguments); })((e, c, done) => { later(() => done(null, 1)); }),
  optional: (e, c, done = () => {}) => { later(() => done(null, 2)); },
  value: (e, c) => 'not counted',
  never: (e, c, done) => {},
  unsettled: async () => new Promise(() => {}),
  succeed: (e, c) => { later(() => c.succeed(3)); },
  done: (e, c) => c.done(null, 4),
  failed: (e, c) => c.fail(new RangeError('by the context')),
  refused: (e, c, done) => { later(() => {}); done('by a text'); },
  waits: (e, c, done) => { done(null, 5); later(() => console.log('afterwards')); },
  hurries: (e, c, done) => {
    c.callbackWaitsForEmptyEventLoop = false;
    done(null, 6);
    setTimeout(() => {}, 60000).unref();
    setTimeout(() => {}, 3000);
  },
};
exports.handler = function (event, context, callback) { return ways[event](event, context, callback); };
"""


def node_answers(program):
    """a handler in JavaScript answers by a promise, a callback or its context, and null when it never does"""
    with Runs(program) as p:
        javascript(p, "f", NODE_WAYS, Timeout=20)
        wanted = {"wrapped": 1, "optional": 2, "value": None, "never": None, "unsettled": None, "succeed": 3,
                  "done": 4}
        check({way: p.result("f", way) for way in wanted}, wanted, "the answers")
        is_error(p.call("f", "failed"), "RangeError", "by the context")
        is_error(p.call("f", "refused"), "string", "by a text")
        payload, _, log, _ = p.call("f", "waits")
        check((payload, "afterwards\nEND" in log), (5, True), log)
        started = time.monotonic()
        check(p.result("f", "hurries"), 6, "the answer of one that does not wait")
        check(time.monotonic() - started < 2, True, "it did not wait")


def node_between(program):
    """what goes wrong between two invocations in JavaScript ends the process, not the next invocation"""
    with Runs(program) as p:
        javascript(p, "f", """
            const me = Math.random();
            exports.handler = async (event) => {
              if (event === 'throw') setTimeout(() => { throw new Error('too late'); }, 200);
              if (event === 'reject') setTimeout(() => Promise.reject(new Error('too late')), 200);
              if (event === 'now') setTimeout(() => { throw new TypeError('meanwhile'); }, 50);
              if (event === 'now') await new Promise(() => {});
              return me;
            };""")
        for way in ("throw", "reject"):
            first = p.result("f", way)
            there = set(p.processes())
            until = time.monotonic() + 20
            while there <= set(p.processes()):
                check(time.monotonic() < until, True, f"after {way} no process ended")
                time.sleep(0.02)
            time.sleep(0.5)  # The platform sees its end a moment later.
            check(p.result("f", "well") != first, True, "another process answers the next call")
        is_error(p.call("f", "now"), "TypeError", "meanwhile")


def node_streams(program):
    """a handler that streams is answered for when it has ended its stream"""
    text = """
        exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
          if (event === 'fail') throw new RangeError('no stream');
          if (event === 'open') return;
          if (event === 'http')
            stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201 });
          stream.write('one ');
          await new Promise((done) => setTimeout(done, 50));
          stream.end(Buffer.from('two'));
        });"""
    with Runs(program) as p:
        javascript(p, "f", text)

        def said(event):
            return p.functions.invoke(FunctionName="f", Payload=json.dumps(event))["Payload"].read()

        check(said("text"), b"one two", "a stream")
        check(said("http"), b'{"statusCode":201}' + 8 * b"\0" + b"one two", "a stream with a head")
        is_error(p.call("f", "fail"), "RangeError", "no stream")
        is_error(p.call("f", "open"), "Error", "Response stream is not finished.")


def errors_that_are_odd(program):
    """an error whose name, text or length cannot be sent as it is is an error all the same"""
    with Runs(program) as p:
        javascript(p, "node", """
            exports.handler = async (event) => {
              const error = new Error('boom');
              if (event === 'name') error.name = 'Ошибка';
              if (event === 'line') error.name = 'a\\nb';
              if (event === 'text') throw Object.create(null);
              if (event === 'long') error.message = '\\x01é'.repeat(4 << 20);
              throw error;
            };""", MemorySize=512)
        is_error(p.call("node", "name"), "Ошибка", "boom")
        is_error(p.call("node", "line"), "a\nb", "boom")
        is_error(p.call("node", "text"), "object", "cannot be shown")
        found = p.call("node", "long")
        is_error(found, "Error", "\x01é")
        check(len(json.dumps(found[0], ensure_ascii=False).encode()) <= REPORT_BYTES_MAX, True, "its length")
        p.python("python", """
import sys
class Unreadable(Exception):
    def __str__(self): raise ValueError("no text")
def handler(event, context):
    if event == "half": return "\\ud800"
    if event == "long": raise ValueError("\\x01\\ud800é" * (4 << 20))
    if event == "close": sys.stdout.close(); return "closed"
    raise Unreadable()
""", MemorySize=512)
        is_error(p.call("python", "text"), "Unreadable", "str() failed")
        check(p.functions.invoke(FunctionName="python", Payload='"half"')["Payload"].read(), b'"\\ud800"', "half")
        found = p.call("python", "long")
        is_error(found, "ValueError", "\x01")
        check(len(json.dumps(found[0])) <= REPORT_BYTES_MAX, True, "its length")
        check(p.result("python", "close"), "closed", "without an output")
        is_error(p.call("python", "text"), "Unreadable", "str() failed")
        # At the start an error's name is told in a header, too.
        for name, runtime, files in (
                ("start", "python3.11", {"index.py": "class Ошибка(Exception): pass\nraise Ошибка('never')"}),
                ("start-node", "nodejs20.x",
                 {"index.js": "const e = new Error('never'); e.name = 'Ошибка'; throw e;"})):
            p.create(name, files, runtime=runtime, wait=None)
            p.request("GET", f"/_fsm/wait/{name}?for=active&timeout=30s")
            found = p.functions.get_function_configuration(FunctionName=name)
            check((found["State"], found["StateReason"]), ("Failed", "Ошибка: never"), name)


def python_logs(program):
    """what a function in Python logs and prints arrives, also when it does not come to its end"""
    with Runs(program) as p:
        p.python("f", """
import logging, os, time
def handler(event, context):
    log = logging.getLogger()
    log.info("not asked for")
    log.setLevel(logging.INFO)
    log.info("asked for %s", "once")
    logging.getLogger("of.a.part").warning("careful")
    print("no line", end="")
    if event == "leave": os._exit(1)
    if event == "sleep": time.sleep(60)
    return context.aws_request_id
""", Timeout=1)
        payload, _, log, _ = p.call("f")
        lines = log.split("\n")
        form = r"\[{}\]\t\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z\t{}\t{}"
        check(bool(re.fullmatch(form.format("INFO", payload, "asked for once"), lines[1])
                   and re.fullmatch(form.format("WARNING", payload, "careful"), lines[2])
                   and lines[3] == "no line"), True, log)
        for way in ("leave", "sleep"):
            log = p.call("f", way)[2]
            check("\tasked for once\n" in log and "no line" in log, True, log)


def client_contexts(program):
    """a client's context arrives as it is, and what is none is refused"""
    with Runs(program) as p:
        p.python("python", "def handler(e, context):\n    c = context.client_context\n    return c and c.custom\n")
        javascript(p, "node", "exports.handler = async (e, context) => context.clientContext?.custom ?? null")
        custom = {"who": "Ünïcødé 😀 \x7f", "number": 1.0, "text": "a\nb\\"}
        for name in ("python", "node"):
            for text in (json.dumps({"custom": custom}, indent=2, ensure_ascii=False).replace("\n", "\r\n"),
                         json.dumps({"custom": custom})):
                context = base64.b64encode(text.encode()).decode()
                check(p.result(name, ClientContext=context), custom, text)
            check(p.result(name), None, "none")
        path = "/2015-03-31/functions/node/invocations"
        for wrong in ("###", *(base64.b64encode(each).decode() for each in (b"[]", b"5", b"{", b"", b'{"a":"\xff"}'))):
            status, headers, text = p.request("POST", path, "1", {"X-Amz-Client-Context": wrong})
            wanted = (200, None) if not wrong else (400, "InvalidRequestContentException")
            check((status, headers["X-Amzn-Errortype"]), wanted, wrong)
            if wrong:
                check(json.loads(text)["message"],
                      "Client context must be a valid Base64-encoded JSON object.", wrong)


def variables(program):
    """reserved variables are refused; where a function's log would be, and its trace, are told"""
    with Runs(program) as p:
        def refusal(given):
            body = {"FunctionName": "g", "Role": ROLE, "Runtime": "python3.11", "Handler": "index.handler",
                    "Code": {"ZipFile": base64.b64encode(zip_of({"index.py": ECHO})).decode()},
                    "Environment": {"Variables": given}}
            status, headers, text = p.request("POST", "/2015-03-31/functions", body)
            return status, headers["X-Amzn-Errortype"], json.loads(text)["message"]

        reserved = ("Lambda was unable to configure your environment variables because the environment variables you "
                    "have provided contains reserved keys that are currently not supported for modification. Reserved "
                    "keys used in this request: ")
        wrong = (400, "InvalidParameterValueException")
        for name in ("AWS_REGION", "LAMBDA_TASK_ROOT", "AWS_LAMBDA_RUNTIME_API", "AWS_ACCESS_KEY_ID", "_HANDLER"):
            check(refusal({"STAGE": "test", name: "x"}), (*wrong, reserved + name), name)
        check(refusal({"LAMBDA_TASK_ROOT": "x", "AWS_REGION": "x"})[2].count(", "), 1, "two")
        check(refusal({"STAGE": "a\0LD_PRELOAD=b"})[:2], wrong, "a NUL")
        p.python("f", "import os\ndef handler(event, context):\n"
                      "    return [os.environ['AWS_LAMBDA_LOG_GROUP_NAME'], context.log_stream_name,"
                      " os.environ['_X_AMZN_TRACE_ID']]\n")
        group, stream, trace = p.result("f")
        check((group, trace.startswith("Root=1-")), ("/aws/lambda/f", True), trace)
        check(bool(re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)), True, stream)
        path = "/2015-03-31/functions/f"
        check(p.request("PUT", path + "/configuration", {"LoggingConfig": {"LogGroup": "/my/group"}})[0], 200, "log")
        p.wait("f", "settled")
        given = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
        _, headers, text = p.request("POST", path + "/invocations", "1", {"X-Amzn-Trace-Id": given})
        found = json.loads(text)
        check((found[0], found[1] != stream, found[2], headers["X-Amzn-Trace-Id"]), ("/my/group", True, given, given),
              "what it was told")


def deadline(program):
    """the time that is left is right for the machine's clock, also where the platform's stands still"""
    with Runs(program, "--virtual-clock") as p:
        p.python("f", "def handler(event, context):\n    return context.get_remaining_time_in_millis()\n", Timeout=30)
        p.advance("3h")
        left = p.result("f")
        check(20_000 < left <= 30_000, True, left)


def usual_files(program):
    """programs that are links to an alternative run, and the function's user has a name"""
    with Runs(program) as p:
        p.python("f", """
import os, pwd, subprocess
def handler(event, context):
    said = subprocess.run(event, shell=True, capture_output=True, text=True).stdout
    return [said, pwd.getpwuid(os.getuid()).pw_name, os.path.expanduser("~"), open("/etc/passwd").read()]
""")
        name = "sbx_user1051"
        check(p.result("f", "awk 'BEGIN {print 5}'; id -un; id -gn"),
              [f"5\n{name}\n{name}\n", name, "/tmp", f"{name}:x:993:990::/tmp:/bin/sh\n"], "what it sees")
        javascript(p, "node", "exports.handler = async () => require('os').userInfo().username")
        check(p.result("node"), name, "in JavaScript")


if __name__ == "__main__":
    run_parts([node_answers, node_between, node_streams, errors_that_are_odd, python_logs, client_contexts, variables,
               deadline, usual_files])
