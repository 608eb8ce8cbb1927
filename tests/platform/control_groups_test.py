#!/usr/bin/env python3
"""Control groups around the processes that functions run in: what they bound, what they end, and that none is left.

usage: control_groups_test.py PROGRAM [PART...]
"""

import contextlib
import glob
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

from execution_harness import ECHO, LEFT, Runs, is_error, processes_with, quiet
from harness import check, run_parts


def folders_of(process):
    """Of the control groups that a platform has made: it has them locked."""
    found = set()
    for path in glob.glob(f"/proc/{process}/fd/*"):
        with contextlib.suppress(OSError):
            found.add(os.readlink(path))
    return sorted(each for each in found if "/fsm-execution-" in each and os.path.exists(each + "/cgroup.procs"))


class Grouped(Runs):
    """A platform whose functions are in control groups; without them this part is skipped."""

    def __init__(self, program, *flags, **more):
        super().__init__(program, "--control-groups", "auto", *flags, **more)
        log = self.read_log()
        if "memory=cgroup" not in log or "processes=cgroup" not in log:
            print("no control groups here:", *[line for line in log.splitlines() if "control groups" in line])
            self.process.kill()
            sys.exit(77)
        self.own = folders_of(self.process.pid)

    def left(self):
        """What there is of its groups."""
        return [each for each in self.own if os.path.exists(each)]

    def environments(self):
        """How many there are in each of its folders."""
        return {len(glob.glob(each + "/environment-*")) for each in self.own}

    def await_environments(self, wanted, what):
        until = time.monotonic() + 10
        while self.environments() != {wanted}:
            check(time.monotonic() < until, True, f"{what}: wanted {wanted} groups, found {self.environments()}")
            time.sleep(0.02)

    def processes_in_groups(self):
        return {number for each in self.own for path in glob.glob(each + "/environment-*/cgroup.procs")
                for number in read(path).split()}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


# Of 16 MB at a time no process has more in its tables, so only the group knows of the rest.
HIDDEN = """
import mmap, os, time
def take():
    kept = mmap.mmap(-1, 2 << 30)
    piece = b"x" * (16 << 20)
    for at in range(0, len(kept), len(piece)):
        kept[at:at + len(piece)] = piece
        kept.madvise(mmap.MADV_DONTNEED, at, len(piece))
def handler(event, context):
    if event == "child":
        child = os.fork()
        if child == 0:
            take()
            os._exit(0)
        os.waitpid(child, 0)
        time.sleep(10)
    if event == "alone": take()
    return "went on"
"""


def hidden_memory(program):
    """memory that no process shows is bounded, and the caller is told as for any other"""
    with Grouped(program) as p:
        p.python("neighbour", ECHO)
        p.python("f", HIDDEN, Timeout=60)
        for event in ("alone", "child"):
            found = p.call("f", event)
            is_error(found, "Runtime.ExitError", "signal: killed")
            check("It used more than 128 MB of memory." in found[2], True, found[2])
            check("Max Memory Used: 128 MB" in found[2], True, found[2])
            check(p.result("f", "nothing"), "went on", "afterwards")
        check(p.result("neighbour", 1), 1, "the neighbour")
        start = "import mmap\nkept = mmap.mmap(-1, 2 << 30)\n" + HIDDEN + "\ntake()\n"
        p.python("start", start, wait=None)
        p.request("GET", "/_fsm/wait/start?for=active&timeout=60s")  # It will not be.
        check(p.situation_of("start")[:2], ("Failed", "FunctionError.InitResourceExhausted"), "a start that takes it")
        p.await_environments(2, "of the two that live")


TAKES = """
import mmap, os, time
def handler(event, context):
    if event == "mapped":
        with open("/tmp/all", "r+b") as file:
            kept = mmap.mmap(file.fileno(), 0)
            sum(kept[at] for at in range(0, len(kept), 4096))
            time.sleep(10)
    if event == "write":
        with open("/tmp/all", "wb") as file:
            for _ in range(450): file.write(b"x" * (1 << 20))
        return os.path.getsize("/tmp/all") >> 20
    kept = []
    if event == "child" and os.fork() != 0:
        os.wait()
    while True: kept.append(bytearray(b"x" * (1 << 20)))
"""


def what_counts(program):
    """memory of children counts; files in /tmp do not, as long as they are not mapped"""
    with Grouped(program) as p:
        p.python("f", TAKES, Timeout=60)
        check(p.result("f", "write"), 450, "files in /tmp beside 128 MB of memory")
        for event in ("mapped", "child", "alone"):
            if event == "mapped":
                p.result("f", "write")
            found = p.call("f", event)
            is_error(found, "Runtime.ExitError", "signal: killed")
            check("It used more than 128 MB of memory." in found[2], True, found[2])
        p.python("short", "kept = b'x' * (50 << 20)\n" + ECHO)
        _, _, log, _ = p.call("short")
        used = int(log.split("Max Memory Used: ")[1].split(" MB")[0])
        check(50 <= used <= 90, True, f"of a short one, {used} MB")


MANY = """
import threading, time
def handler(event, context):
    if event["stack"]: threading.stack_size(event["stack"])
    made = 0
    try:
        while made < 5000:
            threading.Thread(target=time.sleep, args=(event["seconds"],), daemon=True).start()
            made += 1
    except RuntimeError: pass
    return made
"""


def many_processes(program):
    """an environment has at most 1024 processes and threads, also with the rights of root, and others go on"""
    for walls in ("on", "off"):
        with Grouped(program, "--sandbox", walls) as p:
            p.python("neighbour", ECHO)
            for stack in (32768, 0):  # 0: 8 MB as usual, nearly all of it never used.
                name = f"f{stack}"
                p.python(name, MANY, Timeout=60, MemorySize=256)
                made = p.result(name, {"stack": stack, "seconds": 5})
                check(900 < made < 1024, True, f"{made} threads with the sandbox {walls} and stacks of {stack}")
            check(p.result("neighbour", 1), 1, "the neighbour")


# May be more than it may have, at first sight: each child has a little of a large file in /tmp. A closer look is at
# all pages of all.
CROWD = """
import mmap, os, time
def handler(event, context):
    with open("/tmp/all", "wb") as file:
        for _ in range(1700): file.write(b"x" * (1 << 20))
    with open("/tmp/all", "r+b") as file: shared = mmap.mmap(file.fileno(), 40 << 20)
    kept = mmap.mmap(-1, 500 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    kept.madvise(mmap.MADV_NOHUGEPAGE)
    for at in range(0, len(kept), 4096): kept[at] = 1
    for _ in range(150):
        if os.fork() == 0:
            sum(shared[at] for at in range(0, len(shared), 4096))
            time.sleep(100)
    print("all are there", flush=True)
    time.sleep(100)
"""

SLOWLY = """
import time
def handler(event, context):
    kept = b"x" * (140 << 20)
    time.sleep(event)
    return len(kept)
"""


def slow_looks(program):
    """a function whose memory takes long to look at does not keep the look from others"""
    with Grouped(program) as p:
        p.python("crowd", CROWD, Timeout=100, MemorySize=1800, EphemeralStorage={"Size": 2048})
        p.python("hungry", SLOWLY, Timeout=60)
        runs = threading.Thread(target=quiet, args=(lambda: p.call("crowd"),))
        runs.start()
        until = time.monotonic() + 60
        while len(p.processes_in_groups()) < 150:
            check(time.monotonic() < until, True, "the crowd came")
            time.sleep(0.1)
        for _ in range(5):
            found = p.call("hungry", 1.5)
            check(found[1], "Unhandled", f"140 MB of 128, for 1.5 s: {found}")
            is_error(found, "Runtime.ExitError", "signal: killed")
        check(runs.is_alive(), True, "the crowd is there still, as it does nothing wrong")
        p.functions.delete_function(FunctionName="crowd")
        p.stop()
        runs.join()


# In a session of its own, and nobody's child.
LEAVES = """
import os, subprocess
def handler(event, context):
    subprocess.Popen(["setsid", "--fork", "sh", "-c", "setsid --fork sleep 100; true"])
    return event
"""


def what_leaves(program):
    """what leaves its parent and its session ends with its environment, also without a sandbox"""
    with Grouped(program, "--sandbox", "off") as p:
        for name in ("goes", "stays"):
            p.python(name, LEAVES)
            check(p.result(name, 1), 1, name)
        p.await_processes(4, "two runtimes, and what has left them")
        check(set(map(str, p.processes())) <= p.processes_in_groups(), True, "all are in groups")
        p.functions.delete_function(FunctionName="goes")
        p.await_processes(2, "when one was deleted")
        p.await_environments(1, "of the other one")
        # Also when its runtime ends by itself.
        runtime = next(each for each in p.processes() if b"sleep" not in read_bytes(f"/proc/{each}/cmdline"))
        os.kill(runtime, signal.SIGKILL)
        p.await_processes(0, "when the runtime was killed")
        p.await_environments(0, "when the runtime was killed")
        check(p.result("stays", 2), 2, "afterwards")
        p.stop()
        check(p.processes(), [], "when the platform has stopped")
        check(p.left(), [], "groups when the platform has stopped")


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def nothing_left(program):
    """a function that is deleted and a platform that stops leave no group; a killed one leaves it to the next"""
    with Grouped(program) as p:
        for name in ("f", "g"):
            p.python(name, ECHO)
            check(p.result(name, 1), 1, name)
        check(len(p.own) in (1, 2), True, p.own)
        p.await_environments(2, "of two functions")
        p.functions.delete_function(FunctionName="f")
        p.await_environments(1, "when one was deleted")
        p.python("busy", "import time\ndef handler(event, context):\n    time.sleep(60)\n", Timeout=100)
        runs = threading.Thread(target=quiet, args=(lambda: p.call("busy"),))
        runs.start()
        time.sleep(0.5)
        p.stop()
        runs.join()
        check(p.left(), [], "when the platform has stopped")
    for walls in ("on", "off"):
        with Grouped(program, "--sandbox", walls) as p, Grouped(program) as living:
            mark = p.mark
            p.python("leaves", LEAVES)
            p.result("leaves", 1)
            living.python("f", ECHO)
            p.process.send_signal(signal.SIGKILL)
            p.process.wait()
            check(p.left(), p.own, "when the platform was killed")
            with Grouped(program) as following:
                check(p.left(), [], "after the next start")
                check(processes_with(mark), [], "processes after the next start")
                check(living.environments(), {1}, "of the one that lives")
                check(living.result("f", 1), 1, "the one that lives")
                following.stop()
                check(following.left(), [], "of the one that followed")
            living.stop()
            check(living.left(), [], "of the one that lived")


def elsewhere(program):
    """a killed platform's groups are found by its workspace, also when the next one starts in another group"""
    with Grouped(program) as p:
        p.python("f", ECHO)
        own = p.own
        top = [os.path.join(os.path.dirname(each), f"test-{os.getpid()}") for each in own]
        p.stop()
    for each in top:
        os.mkdir(each)
    entered = "".join(f"echo $$ > {each}/cgroup.procs; " for each in top)
    try:
        with tempfile.TemporaryDirectory(prefix="fsm-control-groups-test-") as folder:
            script = os.path.join(folder, "entered")
            with open(script, "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\n{entered}exec {os.path.abspath(program)} \"$@\"\n")
            os.chmod(script, 0o755)
            with Grouped(script) as p:
                check({os.path.dirname(each) for each in p.own}, set(top), "where its groups are")
                p.python("f", ECHO)
                p.process.send_signal(signal.SIGKILL)
                p.process.wait()
                check(p.left(), p.own, "when it was killed")
                with Grouped(program) as following:
                    check(p.left(), [], "after the next start")
                    following.stop()
    finally:
        for each in top:
            os.rmdir(each)


def turned_off(program):
    """without control groups functions run all the same, which is said once; where they are needed nothing starts"""
    with Runs(program, "--control-groups", "off") as p:
        check("memory=polled processes=rlimit" in p.read_log(), True, p.read_log())
        check("control groups are not available" in p.read_log(), False, p.read_log())
        p.python("f", ECHO)
        check((p.result("f", 1), folders_of(p.process.pid)), (1, []), "turned off")
        p.stop()
    if os.getuid() != 0:
        print("only root can become somebody else")
        sys.exit(77)
    # Somebody who may not make groups.
    command = [os.path.abspath(program), "--memory", "--listen", "127.0.0.1:0", "--executor", "process", "--sandbox", "off"]
    nobody = {"user": 65534, "group": 65534, "extra_groups": [], "stdout": subprocess.PIPE,
              "stderr": subprocess.PIPE, "text": True, "cwd": "/"}
    with subprocess.Popen(command, **nobody) as started:
        check(started.stdout.readline().startswith("listening on"), True, "the start of nobody's")
        started.terminate()
        said = started.communicate(timeout=10)[1]
    check(started.returncode, 0, said)
    check("memory=polled processes=rlimit" in said, True, said)
    check(said.count("control groups are not available"), 1, said)
    check("Delegate=yes" in said, True, said)
    with subprocess.Popen([*command, "--control-groups", "on"], **nobody) as started:
        output, said = started.communicate(timeout=10)
    check((started.returncode, output), (2, ""), said)
    check("control groups are required, but" in said.splitlines()[-1], True, said)
    check(set(glob.glob(LEFT)) & set(mine(65534)), set(), "folders of nobody's")


def mine(user):
    return [each for each in glob.glob(LEFT) if os.stat(each).st_uid == user]


if __name__ == "__main__":
    run_parts([hidden_memory, what_counts, many_processes, slow_looks, what_leaves, nothing_left, elsewhere, turned_off])
