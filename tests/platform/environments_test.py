#!/usr/bin/env python3
"""What becomes of the processes that functions run in: many at once, updates, ends, and what is left behind.

usage: environments_test.py PROGRAM [PART...]
"""

import contextlib
import glob
import os
import signal
import subprocess
import tempfile
import threading
import time

from execution_harness import ECHO, LEFT, Runs, is_error, processes_with, quiet, together, zip_of
from harness import check, run_parts


def crowds(program):
    """a hundred calls at once run at once, also on a busy machine; more environments than allowed there are not"""
    with busy(8), Runs(program, "--max-environments", "100") as p:
        p.create("f", {"bootstrap": sleeper()}, runtime="provided.al2023", Timeout=60)
        check(together(100, lambda i: p.result("f", i)), list(range(100)), "a hundred at once")
        check(len({*p.processes()}) >= 100, True, "as many environments")
        check(together(100, lambda i: p.result("f", i)), list(range(100)), "again")
    with Runs(program, "--max-environments", "2") as p:
        p.python("f", "import time\ndef handler(event, context):\n    time.sleep(2)\n    return event\n", Timeout=20)
        p.python("other", ECHO)

        def call(i):
            try:
                return p.result("f", i)
            except p.functions.exceptions.TooManyRequestsException:
                return "refused"

        found = together(5, call)
        check(sorted(str(each) for each in found if each == "refused"), ["refused"] * 3, found)
        check(p.result("other", 1), 1, "an idle environment gives way to another function's")


def one_is_enough(program):
    """who calls again when it is answered needs one environment only, also when that is all there may be"""
    with Runs(program) as p:
        p.python("f", ECHO)
        p.create("node", {"index.js": "exports.handler = async (event) => event"}, runtime="nodejs20.x")
        for i in range(100):
            check((p.result("f", i), p.result("node", i)), (i, i), "one after the other")
        p.await_processes(2, "after calls one after the other")
    with Runs(program, "--max-environments", "1") as p:
        p.python("f", WAYS, Timeout=1)
        for i in range(100):
            check(p.result("f", i), i, "with room for one")
        for how, kind in (("exit", "Runtime.ExitError"), ("sleep", "Sandbox.Timedout")) * 2:
            is_error(p.call("f", how), kind, "")
            check(p.result("f", 1), 1, f"at once after {how}")
        p.python("g", WAYS)
        for i in range(10):
            check((p.result("f", i), p.result("g", i)), (i, i), "two functions that take turns")


WAYS = """
import os, time
def handler(event, context):
    if event == "exit": os._exit(1)
    if event == "sleep": time.sleep(2)
    return event
"""


def starts_that_wait(program):
    """what is to be started waits for room while all environments are busy, in order; calls do not"""
    text = "import time\ndef handler(event, context):\n    time.sleep(event)\n    return '{}'\n"
    with Runs(program, "--max-environments", "1") as p:
        p.python("f", text.format("old"), Timeout=20)
        runs = threading.Thread(target=quiet, args=(lambda: p.call("f", 3),))
        runs.start()
        time.sleep(0.5)
        p.python("g", text.format("g"), wait=None)
        p.python("h", text.format("h"), wait=None)
        p.functions.update_function_code(FunctionName="f", ZipFile=zip_of({"index.py": text.format("new")}))
        time.sleep(1.5)  # Tries that fail would have been used up by now.
        check([p.situation_of(each)[0] for each in "gh"], ["Pending"] * 2, "while the only one is busy")
        check(p.situation_of("f")[::2], ("Active", "InProgress"), "the update, while the only one is busy")
        try:
            p.call("f", 0)
            raise AssertionError("a call ran beside the only one")
        except p.functions.exceptions.TooManyRequestsException:
            pass
        runs.join()
        p.wait("g", "active")
        p.wait("h", "active")
        p.wait("f", "settled")
        check(p.situation_of("f")[::2], ("Active", "Successful"), "the update")
        check([p.result(each, 0) for each in "fgh"], ["new", "g", "h"], "afterwards")
        check(p.read_log().count("a start waits for room"), 3, p.read_log())
        # Who waits may leave.
        runs = threading.Thread(target=quiet, args=(lambda: p.call("f", 2),))
        runs.start()
        time.sleep(0.5)
        p.python("i", text.format("i"), wait=None)
        p.python("j", text.format("j"), wait=None)
        time.sleep(0.3)
        p.functions.delete_function(FunctionName="i")
        p.wait("j", "active")
        runs.join()
        check(p.result("j", 0), "j", "after another has left the line")
        p.stop()


@contextlib.contextmanager
def busy(count):
    """So many processes that want the processor all the time, each in a session of its own."""
    others = [subprocess.Popen(["timeout", "100", "sh", "-c", "while :; do :; done"], start_new_session=True)
              for _ in range(count)]
    try:
        yield
    finally:
        for each in others:
            each.terminate()  # And with `timeout`, what it started.
            each.wait()


def sleeper():
    """Answers after a while with what it was sent."""
    return """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  event=$(curl -sS -D /tmp/head "$api/next") || exit 1
  id=$(sed -n 's/^Lambda-Runtime-Aws-Request-Id: *//Ip' /tmp/head | tr -d '\\r')
  sleep 2
  curl -sS "$api/$id/response" -d "$event" >/dev/null || exit 1
done
"""


def updates(program):
    """updates under load: no call fails, and none sees two versions"""
    text = "import helper\ndef handler(event, context):\n    return [{0}, helper.number]\n"

    def files(number):
        return {"index.py": text.format(number), "helper.py": f"number = {number}\n"}

    with Runs(program) as p:
        p.create("f", files(0), Timeout=30)
        enough = threading.Event()
        seen, problems = [], []

        def load(_):
            while not enough.is_set():
                try:
                    first, second = p.result("f")
                except Exception as problem:  # pylint: disable=broad-except
                    problems.append(problem)
                    return
                seen.append((first, second))

        def change(_):
            try:
                for number in range(1, 6):
                    p.functions.update_function_code(FunctionName="f", ZipFile=zip_of(files(number)))
                    p.wait("f", "settled")
                    check(p.result("f"), [number, number], "after an update")
            finally:
                enough.set()

        together(5, lambda i: change(i) if i == 0 else load(i))
        check(problems, [], "calls that failed")
        check([each for each in seen if each[0] != each[1]], [], "calls that saw two versions")
        check({each[0] for each in seen} >= {1, 2, 3, 4}, True, f"{len(seen)} calls")
        # A call that runs goes on with the code it began with.
        p.python("long", "import time\ndef handler(e, c):\n    time.sleep(3)\n    return 'old'\n", Timeout=30)

        def two(i):
            if i == 0:
                return p.result("long")
            time.sleep(1)
            p.functions.update_function_code(FunctionName="long", ZipFile=zip_of(
                {"index.py": "def handler(e, c):\n    return 'new'\n"}))
            p.wait("long", "settled")
            return p.result("long")

        check(together(2, two), ["old", "new"], "old and new side by side")


def unpacked():
    return [each for each in glob.glob(LEFT + "/code/*") if os.path.isdir(each)]


def life(program):
    """idle functions have no processes and no code; they come back; deleted and stopped ones leave nothing"""
    before = set(glob.glob(LEFT))
    with Runs(program, "--virtual-clock", "--idle-after", "1h") as p:
        p.python("f", ECHO)
        p.python("g", ECHO)
        check(p.result("f", 1), 1, "before")
        mine, = set(glob.glob(LEFT)) - before
        check(len(glob.glob(mine + "/code/*")), 1, "the same code is unpacked once")
        p.await_processes(2, "while they are Active")
        time.sleep(0.5)  # Its runtime has asked for the next one by then, and is idle.
        p.advance("11m")
        p.await_processes(0, "environments that are not used are stopped")
        check(p.situation_of("f")[0], "Active", "all the same")
        check(p.result("f", 2), 2, "and started again")
        p.advance("2h")
        p.wait("f", "inactive")
        p.wait("g", "inactive")
        p.await_processes(0, "when they are Inactive")
        until = time.monotonic() + 10
        while glob.glob(mine + "/code/*"):
            if time.monotonic() > until:
                raise AssertionError("unpacked code of Inactive functions is still there")
            time.sleep(0.02)
        try:
            p.call("f")
            raise AssertionError("an Inactive function ran")
        except p.functions.exceptions.ClientError as problem:
            check(problem.response["Error"]["Code"], "CodeArtifactUserPendingException", "while Inactive")
        p.wait("f", "active")
        p.await_processes(1, "after the restore")
        check(p.result("f", 3), 3, "after the restore")
        p.functions.delete_function(FunctionName="f")
        p.await_processes(0, "after it was deleted")
        p.functions.delete_function(FunctionName="g")
        p.python("h", "import time\ndef handler(e, c): time.sleep(60)\n", Timeout=100)
        runs = threading.Thread(target=quiet, args=(lambda: p.call("h"),))
        runs.start()
        time.sleep(1)
        p.stop()
        runs.join()
        check(p.processes(), [], "after the platform has stopped")
        check(set(glob.glob(LEFT)) - before, set(), "folders after the platform has stopped")


def kills(program):
    """an environment that is killed is replaced; nothing outlives a platform that is killed"""
    before = set(glob.glob(LEFT))
    with Runs(program) as p:
        p.python("f", "import time\ndef handler(e, c):\n    time.sleep(e)\n    return e\n", Timeout=30)
        found = together(3, lambda i: p.call("f", 3) if i < 2 else kill_one(p))
        ended = [each for each in found[:2] if each[1]]
        check(len(ended), 1, found)
        is_error(ended[0], "Runtime.ExitError", "signal: killed")
        check(p.result("f", 0), 0, "the one that came instead")
        busy = threading.Thread(target=quiet, args=(lambda: p.call("f", 20),))
        busy.start()
        time.sleep(1)
        p.process.send_signal(signal.SIGKILL)
        p.process.wait()
        p.await_processes(0, "after the platform was killed")
        busy.join()
        check(len(set(glob.glob(LEFT)) - before), 1, "its folder is left")
    with Runs(program) as p:
        left = set(glob.glob(LEFT)) - before
        check(len(left), 1, "the folder of the killed one was removed")
        p.python("f", ECHO)
        check(p.result("f", 1), 1, "a new platform")
        p.stop()
    check(set(glob.glob(LEFT)) - before, set(), "folders at the end")


def stuck(program):
    """a runtime that answers and then asks for nothing more is ended, so that it takes no room"""
    text = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
curl -sS -D /tmp/head "$api/next" || exit 1
id=$(sed -n 's/^Lambda-Runtime-Aws-Request-Id: *//Ip' /tmp/head | tr -d '\\r')
curl -sS "$api/$id/response" -d '"one"'
sleep 1000
"""
    with Runs(program) as p:
        p.create("f", {"bootstrap": text}, runtime="provided.al2023")
        check((p.result("f"), p.result("f")), ("one", "one"), "the second runs beside the first")
        until = time.monotonic() + 30
        while p.processes():
            check(time.monotonic() < until, True, "processes that are stuck")
            time.sleep(0.1)
        check(p.result("f"), "one", "afterwards")


def restart(program):
    """functions that are Active run after a restart, and nothing is left of before"""
    with tempfile.TemporaryDirectory(prefix="fsm-execution-test-") as data:
        with Runs(program, data=data) as p:
            p.python("f", ECHO)
            p.functions.publish_version(FunctionName="f")
            p.stop()
        with Runs(program, data=data) as p:
            check(p.situation_of("f")[0], "Active", "after the restart")
            check((p.result("f", 1), p.result("f:1", 2)), (1, 2), "after the restart")
            p.functions.delete_function(FunctionName="f")
            p.stop()
        check(processes_with("TEST_MARK=" + p.mark), [], "at the end")


def endings(program):
    """whichever signal ends a platform, nothing of its functions is left; with nohup it stays when its terminal goes"""
    for which in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        before = set(glob.glob(LEFT))
        with Runs(program) as p:
            p.python("f", "import time\ndef handler(e, c):\n    time.sleep(e)\n    return e\n", Timeout=30)
            busy = threading.Thread(target=quiet, args=(lambda: p.call("f", 20),))
            busy.start()
            time.sleep(0.5)
            p.process.send_signal(which)
            check(p.process.wait(timeout=10), 0, f"the exit code after {which.name}")
            check(set(glob.glob(LEFT)) - before, set(), f"folders after {which.name}")
            p.await_processes(0, f"after {which.name}")
            busy.join()
    was = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Runs(program) as p:
            p.python("f", ECHO)
            p.process.send_signal(signal.SIGHUP)
            check(p.result("f", 1), 1, "with nohup")
            p.stop()
    finally:
        signal.signal(signal.SIGHUP, was)


def early_kills(program):
    """a platform that is killed while it starts environments leaves nothing to the one after the next"""
    before = set(glob.glob(LEFT))
    for number in range(8):
        with Runs(program) as p:
            for each in range(4):
                p.create(f"f{each}", {"index.py": ECHO}, wait=None)
            time.sleep(0.01 * number)
            p.process.send_signal(signal.SIGKILL)
            p.process.wait()
    with Runs(program) as p:
        check(len(set(glob.glob(LEFT)) - before), 1, "folders of those that were killed")
        p.stop()
    until = time.monotonic() + 10
    while found := processes_named(LEFT.rstrip("*")):
        check(time.monotonic() < until, True, found)
        time.sleep(0.02)


def processes_named(text):
    """Those whose command line has that text in it, but for platforms of other tests."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                words = file.read().decode(errors="replace")
        except OSError:
            continue
        if text in words and "/bwrap" in words:
            found.append(words.replace("\0", " ")[:80])
    return found


def kill_one(platform):
    """kill -9 for the process that runs one of two invocations."""
    time.sleep(1.5)
    os.kill(platform.processes()[0], signal.SIGKILL)
    return ("", "", "", "")


if __name__ == "__main__":
    run_parts([crowds, one_is_enough, starts_that_wait, updates, life, kills, stuck, restart, endings, early_kills])
