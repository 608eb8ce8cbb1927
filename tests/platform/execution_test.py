#!/usr/bin/env python3
"""Runs functions on fsm-platform: results, errors, logs, limits, and how they are called.

usage: execution_test.py PROGRAM [PART...]
"""

import base64
import os
import subprocess
import sys
import time

from execution_harness import ECHO, Runs, example, is_error, together, zip_of
from harness import ROLE, check, run_parts

LIMIT = 6_291_556


def languages(program):
    """the examples in the shell, Python and JavaScript give back what they should"""
    with Runs(program) as p:
        p.create("shell", example("hello_shell"), runtime="provided.al2023")
        p.create("python", example("hello_python"))
        p.create("node", example("hello_node"), runtime="nodejs20.x")
        check(p.result("shell", {"name": "Ada"}), {"hello": {"name": "Ada"}}, "the shell")
        check(p.result("python", {"name": "Ada"}), {"hello": "Ada"}, "Python")
        check(p.result("node", {"name": "Ada"}), {"hello": "Ada"}, "JavaScript")
        for name in ("shell", "python", "node"):
            _, _, log, version = p.call(name, {"name": "Ada"})
            check(version, "$LATEST", "the executed version")
            lines = log.splitlines()
            check((lines[0].split(" ")[0], "greeting for" in lines[1], lines[2].split(" ")[0],
                   lines[3].split(" ")[0]), ("START", True, "END", "REPORT"), log)
        p.stop()


SEEN = """
import os
def handler(event, context):
    client = context.client_context
    return {"variables": dict(os.environ), "id": context.aws_request_id, "arn": context.invoked_function_arn,
            "left": context.get_remaining_time_in_millis(), "client": client and client.custom,
            "memory": context.memory_limit_in_mb}
"""


def surroundings(program):
    """a function sees its variables, its context, and the version that was called"""
    with Runs(program, "--region", "eu-central-1") as p:
        p.python("f", SEEN, Variables={"STAGE": "test"}, MemorySize=256,
                 Timeout=30)
        p.functions.publish_version(FunctionName="f")
        context = base64.b64encode(b'{"custom":{"who":"Ada"}}').decode()
        payload, error, _, version = p.call("f:1", ClientContext=context)
        check((error, version), ("", "1"), payload)
        seen = payload["variables"]
        wanted = {"STAGE": "test", "LAMBDA_TASK_ROOT": "/var/task", "AWS_REGION": "eu-central-1",
                  "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": "1", "_HANDLER": "index.handler",
                  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11"}
        check({name: seen.get(name) for name in wanted}, wanted, "the variables")
        check("FSM_SECRET_KEY" in seen or "HOME" in seen, False, "nothing of the platform's")
        check((payload["arn"], payload["client"], payload["memory"]),
              ("arn:aws:lambda:eu-central-1:000000000000:function:f:1", {"who": "Ada"}, "256"), "the context")
        check(20_000 < payload["left"] <= 30_000, True, payload["left"])


WRONG = """
import os, sys, time
def handler(event, context):
    how = event["how"]
    if how == "raise": raise KeyError("no such greeting")
    if how == "exit": sys.stdout.write("the last words\\n"); sys.stdout.flush(); os._exit(3)
    if how == "leave": os._exit(0)
    if how == "signal": os.kill(os.getpid(), 9)
    if how == "object": return object()
    return how
"""


def errors(program):
    """what goes wrong in a function is the answer, and the next invocation runs"""
    with Runs(program) as p:
        p.python("f", WRONG)
        found = p.call("f", {"how": "raise"})
        is_error(found, "KeyError", "no such greeting")
        check((len(found[0]["requestId"]), "line 5" in found[0]["stackTrace"][-1]), (36, True), found[0])
        found = p.call("f", {"how": "exit"})
        is_error(found, "Runtime.ExitError", " Error: Runtime exited with error: exit status 3")
        check("the last words\n" in found[2], True, found[2])
        is_error(p.call("f", {"how": "leave"}), "Runtime.ExitError", "Runtime exited without providing a reason")
        is_error(p.call("f", {"how": "signal"}), "Runtime.ExitError", "signal: killed")
        is_error(p.call("f", {"how": "object"}), "Runtime.MarshalError", "not JSON serializable")
        check(p.result("f", {"how": "well"}), "well", "afterwards")
        p.create("node", {"index.js": "exports.handler = (e, c, done) => done(new TypeError('no'))"},
                 runtime="nodejs20.x")
        is_error(p.call("node"), "TypeError", "no")
        p.create("example", example("fails"))
        is_error(p.call("example"), "OutOfGreetings", "nobody left")


def bad_starts(program):
    """a function that cannot start is Failed, with the reason"""
    with Runs(program) as p:
        def failed(name, code, text, **how):
            p.create(name, how.pop("files", {"index.py": ECHO}), wait=None, **how)
            p.request("GET", f"/_fsm/wait/{name}?for=active&timeout=30s")
            check(p.situation_of(name)[:2], ("Failed", code), name)
            found = p.functions.get_function_configuration(FunctionName=name)["StateReason"]
            check(text in found, True, found)

        failed("java", "InvalidRuntime", "java21", runtime="java21")
        failed("import", "FunctionError", "Runtime.ImportModuleError: Unable to import module 'missing'",
               handler="missing.handler")
        failed("name", "FunctionError", "Runtime.HandlerNotFound", handler="index.missing")
        failed("syntax", "FunctionError", "Runtime.UserCodeSyntaxError", files={"index.py": "def"})
        failed("node", "FunctionError", "Runtime.ImportModuleError", files={"x.js": ""}, runtime="nodejs20.x")
        failed("raises", "FunctionError", "ValueError: never", files={"index.py": "raise ValueError('never')"})
        failed("exits", "FunctionError.RuntimeInitError", "exit status 7",
               files={"index.py": "import os; os._exit(7)"})
        failed("bootstrap", "FunctionError.InvalidEntryPoint", "No such file", files={"x": ""},
               runtime="provided.al2023")
        failed("mode", "FunctionError.PermissionDenied", "Permission denied", files={"bootstrap": "exit 0"},
               runtime="provided.al2023")
        failed("memory", "FunctionError.InitResourceExhausted", "killed",
               files={"index.py": "import time\nx = b'x' * (400 << 20)\ntime.sleep(60)"})
        failed("slow", "FunctionError.InitTimeout", "10 seconds", files={"index.py": "import time; time.sleep(60)"})
        p.await_processes(0, "after starts that failed")
        # An update that cannot start changes nothing.
        p.python("f", ECHO)
        p.functions.update_function_code(FunctionName="f", ZipFile=zip_of({"index.py": "raise ValueError('never')"}))
        p.wait("f", "settled")
        check(p.situation_of("f"), ("Active", None, "Failed", "FunctionError"), "the update")
        check(p.result("f", 1), 1, "the old code")


def time_and_memory(program):
    """a function that takes too long, or too much, is ended; the next invocation runs"""
    with Runs(program) as p:
        p.create("slow", example("times_out"), Timeout=1)
        found = p.call("slow", {})
        is_error(found, "Sandbox.Timedout", " Error: Task timed out after 1.00 seconds")
        check("this will take a while\n" in found[2] and "\tBilled Duration: 1000 ms\t" in found[2], True, found[2])
        check(p.result("slow", {"seconds": 0}), "done after all", "afterwards")
        stubborn = """
import signal, subprocess, time
def handler(event, context):
    if not event: return "well"
    for each in range(1, 65):
        try: signal.signal(each, signal.SIG_IGN)
        except (OSError, ValueError): pass
    subprocess.Popen(["/bin/sh", "-c", "trap '' HUP INT TERM; while true; do sleep 1; done"], start_new_session=True)
    while True: time.sleep(1)
"""
        p.python("stubborn", stubborn, Timeout=1)
        is_error(p.call("stubborn", True), "Sandbox.Timedout", "1.00 seconds")
        check(p.result("stubborn"), "well", "afterwards")
        p.create("leaks", example("leaks_memory"), Timeout=60)
        found = p.call("leaks", {})
        is_error(found, "Runtime.ExitError", "signal: killed")
        check("It used more than 128 MB of memory." in found[2], True, found[2])
        check(p.result("leaks", {"megabytes": 1}), {"kept": 1}, "afterwards")
        for name in ("slow", "stubborn", "leaks"):
            p.functions.delete_function(FunctionName=name)
        p.await_processes(0, "after the functions were deleted")


def payloads(program):
    """answers and questions of 6 MB pass, and more does not"""
    with Runs(program) as p:
        p.python("f", "def handler(event, context):\n    return 'y' * event if isinstance(event, int) else event\n",
                 MemorySize=512, Timeout=60)
        text = "x" * (6_291_456 - 2)
        check(p.result("f", text) == text, True, "6 MB there and back")
        check(len(p.result("f", LIMIT - 2)), LIMIT - 2, "the longest answer")
        is_error(p.call("f", LIMIT), "Function.ResponseSizeTooLarge", f"({LIMIT} bytes)")
        check(p.result("f", 3), "yyy", "afterwards")


def aws_cli(program):
    """what the README of the examples shows, with the AWS CLI"""
    with Runs(program) as p:
        path = os.path.join(p.folder.name, "code.zip")
        with open(path, "wb") as file:
            file.write(zip_of(example("hello_python")))
        p.aws("create-function", "--function-name", "hello", "--runtime", "python3.12", "--handler", "index.handler",
              "--role", ROLE, "--zip-file", "fileb://" + path)
        p.aws("wait", "function-active-v2", "--function-name", "hello")
        meta, payload = p.invoke("hello", '{"name":"Ada"}', "--log-type", "Tail")
        check((payload, meta["ExecutedVersion"]), ('{"hello": "Ada"}', "$LATEST"), meta)
        check("greeting for Ada within " in base64.b64decode(meta["LogResult"]).decode(), True, "the log")
        meta, payload = p.invoke("hello", "7")
        check((meta["FunctionError"], "AttributeError" in payload), ("Unhandled", True), payload)


def events(program):
    """events run, and run again when the function has failed; a reservation bounds how many at once"""
    with Runs(program, "--virtual-clock") as p:
        p.python("f", """
def handler(event, context):
    print("tried")
    raise ValueError("not today")
""")
        p.functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"{}")
        wait_for(p, retried=1)
        p.advance("2m")
        wait_for(p, retried=2)
        p.advance("3m")
        until = time.monotonic() + 20
        while p.fsm("GET", "event-invokes")["dropped"]["RetriesExhausted"] != 1:
            check(time.monotonic() < until, True, p.fsm("GET", "event-invokes"))
            time.sleep(0.02)
        p.python("g", "import time\ndef handler(e, c):\n    time.sleep(1)\n", Timeout=30)
        p.functions.put_function_concurrency(FunctionName="g", ReservedConcurrentExecutions=2)

        def call(_):
            try:
                return p.result("g")
            except p.functions.exceptions.TooManyRequestsException as problem:
                return problem.response["Reason"]

        found = together(6, call)
        check(found.count("ReservedFunctionConcurrentInvocationLimitExceeded"), 4, found)


def wait_for(platform, **wanted):
    until = time.monotonic() + 20
    while True:
        found = platform.fsm("GET", "event-invokes")
        if {key: found[key] for key in wanted} == wanted:
            return
        check(time.monotonic() < until, True, found)
        time.sleep(0.02)


def no_walls(program):
    """a machine that cannot make a sandbox refuses to run functions, and says how to go on"""
    flags = "--memory --executor process --max-environments 16"
    script = f"echo 0 > /proc/sys/user/max_user_namespaces; exec \"$0\" {flags}"
    alone = ["unshare", "--user", "--map-root-user", "sh", "-c"]
    if subprocess.run([*alone, "true"], check=False).returncode != 0:
        print("this user cannot make a namespace")
        sys.exit(77)
    done = subprocess.run([*alone, script, program], capture_output=True, text=True, timeout=60, check=False)
    check((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, "", 1), done.stderr)
    check("--executor: 'process': this machine does not let bwrap make a sandbox" in done.stderr
          and "--sandbox off" in done.stderr, True, done.stderr)


def no_sandbox(program):
    """without a sandbox, when it is asked for by name, functions run all the same"""
    with Runs(program, "--sandbox", "off") as p:
        p.python("f", WRONG)
        check(p.result("f", {"how": "well"}), "well", "a function without walls")
        is_error(p.call("f", {"how": "exit"}), "Runtime.ExitError", "exit status 3")
        check(p.result("f", {"how": "well"}), "well", "afterwards")
        leaves = "import subprocess\ndef handler(event, context):\n" \
            "    subprocess.Popen(['sh', '-c', 'sleep 60; true'], start_new_session=True)\n"
        p.python("leaves", leaves)
        p.python("stays", leaves)
        for _ in range(2):
            p.call("leaves")
        p.call("stays")
        p.functions.delete_function(FunctionName="f")
        p.functions.delete_function(FunctionName="leaves")
        p.await_processes(3, "what is left when two of three were deleted")
        p.stop()
        check(p.processes(), [], "after the platform has stopped")


if __name__ == "__main__":
    run_parts([languages, surroundings, errors, bad_starts, time_and_memory, payloads, aws_cli, events, no_walls,
               no_sandbox])
