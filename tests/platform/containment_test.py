#!/usr/bin/env python3
"""Runs functions on fsm-platform that mean harm: each must be contained and reported, and no one else may notice.

usage: containment_test.py PROGRAM [PART...]
"""

import http.server
import os
import threading
import time

from execution_harness import ECHO, Runs, is_error
from harness import check, run_parts



class Others:
    """A neighbour that is invoked all the time meanwhile: it must be answered, and soon."""

    def __init__(self, platform, slowest):
        self.platform, self.slowest, self.enough, self.problems = platform, slowest, threading.Event(), []
        self.calls = 0
        self.thread = threading.Thread(target=self.call)

    def __enter__(self):
        self.platform.python("neighbour", ECHO, Timeout=60)  # What is measured is how long a caller waits.
        self.thread.start()
        return self

    def call(self):
        while not self.enough.wait(0.1):
            started = time.monotonic()
            try:
                check(self.platform.result("neighbour", self.calls), self.calls, "the neighbour")
                check(self.platform.fsm("GET", "health")["status"], "ok", "health")
            except Exception as problem:  # pylint: disable=broad-except
                self.problems.append(problem)
            took = time.monotonic() - started
            if took > self.slowest:
                self.problems.append(f"a call of the neighbour took {took:.1f} s")
            self.calls += 1

    def __exit__(self, kind, error, trace):
        self.enough.set()
        self.thread.join()
        if kind is None:
            check(self.problems, [], f"what {self.calls} calls of the neighbour met")


def fork_bomb(program):
    """a function that only multiplies is ended with all that it has made"""
    text = """
import os, time
def handler(event, context):
    while True:
        try:
            os.fork()
        except OSError as problem:
            if event == "report": return problem.strerror
"""
    with Runs(program) as p, Others(p, 10):
        p.python("bomb", text, Timeout=3)
        payload, error, _, _ = p.call("bomb")  # Ended by its timeout, or sooner by its memory.
        check((error, payload["errorType"] in ("Sandbox.Timedout", "Runtime.ExitError")), ("Unhandled", True), payload)
        p.functions.delete_function(FunctionName="bomb")
        p.await_processes(1, "but for the neighbour")


def full_disk(program):
    """a function that fills its disk has no more of it, and nobody else has less"""
    text = """
import os
def handler(event, context):
    written = 0
    try:
        with open("/tmp/all", "wb") as file:
            while True: written += file.write(b"x" * (1 << 20))
    except OSError as problem:
        return [written >> 20, problem.strerror]
"""
    with Runs(program) as p, Others(p, 10):
        p.python("filler", text, Timeout=60, MemorySize=1024, EphemeralStorage={"Size": 512})
        found = p.result("filler")
        check(found[1] == "No space left on device" and 500 <= found[0] <= 512, True, found)
        everywhere = """
import os
def handler(event, context):
    can = []
    for place in ["/", "/var/task", "/var/runtime", "/usr", "/etc", "/dev", "/dev/shm", "/opt", "/proc", "/var"]:
        try:
            with open(place + "/test", "w") as file: file.write("x")
            can.append(place)
        except OSError: pass
    return can
"""
        p.python("everywhere", everywhere)
        check(p.result("everywhere"), [], "where a function can write but in /tmp")


def endless_memory(program):
    """functions that allocate as fast as they can are ended"""
    text = """
import os
def handler(event, context):
    kept = []
    if event == "many":
        for _ in range(20):
            if os.fork() == 0:
                while True: kept.append(b"x" * (16 << 20))
        while True: os.wait()
    while True: kept.append(b"x" * (16 << 20))
"""
    with Runs(program) as p, Others(p, 10):
        p.python("hungry", text, Timeout=60)
        found = p.call("hungry")
        check(found[1], "Unhandled", found)
        check(found[0]["errorType"] in ("Runtime.ExitError", "MemoryError"), True, found[0])
        found = p.call("hungry", "many")
        is_error(found, "Runtime.ExitError", "")


def shared_memory(program):
    """memory that processes share, or that a function takes while it is idle, counts as any other"""
    maps = """
import mmap, os, time
def handler(event, context):
    kept = mmap.mmap(-1, 600 << 20)
    if event == "child" and os.fork() == 0:
        time.sleep(0.1)
        while True: kept[0] = 1
    for at in range(0, 600 << 20, 4096):
        kept[at] = 1
    time.sleep(10)
"""
    fair = """
import mmap, os, time
def handler(event, context):
    kept = mmap.mmap(-1, 60 << 20)
    children = []
    for at in range(0, 60 << 20, 4096): kept[at] = 1
    for _ in range(3):
        children.append(os.fork())
        if children[-1] == 0:
            seen = sum(kept[at] for at in range(0, 60 << 20, 4096))
            time.sleep(1)
            os._exit(0)
    for each in children: os.waitpid(each, 0)
    return [os.getpid(), int(open("/proc/self/oom_score_adj").read())]
"""
    others = """
import ctypes, os
def handler(event, context):
    libc = ctypes.CDLL(None, use_errno=True)
    found = [libc.syscall(number, *more) for number, *more in ((319, b"x", 0), (447, 0), (29, 0, 4096, 0o1600))]
    return found
"""
    late = """
import threading, time
kept = []
def work():
    time.sleep(0.3)
    for _ in range(60): kept.append(bytearray(10 << 20))
def handler(event, context):
    threading.Thread(target=work).start()
"""
    with Runs(program) as p, Others(p, 10):
        p.python("maps", maps, Timeout=30)
        for event in ("alone", "child"):
            found = p.call("maps", event)
            is_error(found, "Runtime.ExitError", "signal: killed")
            check("It used more than 128 MB of memory." in found[2], True, found[2])
        p.python("fair", fair, Timeout=30)
        check(p.result("fair")[1], 1000, "pages that four share count once; it goes first when memory runs out")
        p.python("others", others)
        check(p.result("others"), [-1, -1, -1], "memory that belongs to no process")
        p.python("late", late)
        for name in ("maps", "fair", "others"):
            p.functions.delete_function(FunctionName=name)
        p.call("late")
        until = time.monotonic() + 20
        while "an idle environment uses too much memory" not in p.read_log():
            check(time.monotonic() < until, True, p.read_log())
            time.sleep(0.1)
        check(p.call("late")[1], "", "afterwards")


def flood_of_words(program):
    """100 MB of log pass, and the last 4 KB of it are kept"""
    text = """
def handler(event, context):
    line = "x" * 1023
    for i in range(100 * 1024): print(line)
    print("the last line")
    return "done"
"""
    with Runs(program) as p, Others(p, 10):
        p.python("loud", text, Timeout=120)
        payload, error, log, _ = p.call("loud")
        check((payload, error), ("done", ""), log[-200:])
        check(len(log) <= 4096 and "the last line\nEND RequestId: " in log, True, log[-400:])
        with open(f"/proc/{p.process.pid}/status", encoding="utf-8") as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
        check(peak < 400_000, True, f"the platform's memory: {peak} kB")


REACH = """
import ctypes, glob, os, socket, subprocess
def attempt(what):
    try:
        what()
        return True
    except OSError:
        return False
def handler(event, context):
    libc = ctypes.CDLL(None, use_errno=True)
    def call(number, *more):
        if libc.syscall(number, *more) != -1: return True
        return False
    def connect(family, address):
        def work():
            with socket.socket(family, socket.SOCK_STREAM) as each:
                each.settimeout(2)
                each.connect(address)
        return work
    return {
        "files": [each for each in event["files"] if os.path.exists(each)],
        "platform": attempt(connect(socket.AF_INET, ("127.0.0.1", event["port"]))),
        "outside": attempt(connect(socket.AF_INET, (event["address"], event["outside"]))),
        "host": attempt(lambda: socket.socket(40, socket.SOCK_STREAM).close()),
        "raw": attempt(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()),
        "interfaces": sorted(name for _, name in socket.if_nameindex()),
        "processes": sorted(int(each) for each in os.listdir("/proc") if each.isdigit() and int(each) > 100),
        "signal": attempt(lambda: os.kill(event["pid"], 0)),
        "user": os.getuid() == 0,
        "capabilities": [line.split()[1] for line in open("/proc/self/status") if line.startswith("Cap")],
        "privileges": [line.split()[1] for line in open("/proc/self/status") if line.startswith(("NoNew", "Seccomp:"))],
        "unshare": call(272, 0x10000000),
        "mount": call(165, b"none", b"/tmp", b"tmpfs", 0, None),
        "ptrace": call(101, 0, 0, 0, 0),
        "bpf": call(321, 0, None, 0),
        "ring": call(425, 1, None),
        "keys": call(250, 0, -3),
        "descriptors": sorted(os.readlink(each)[:6] for each in glob.glob("/proc/self/fd/*") if os.path.exists(each)),
        "devices": [each for each in ("/dev/sda", "/dev/vda", "/dev/mem", "/dev/kmsg", "/dev/fuse") if os.path.exists(each)],
        "secrets": sorted(each for each in os.environ if "SECRET" in each or "TOKEN" in each),
    }
"""


def reach(program):
    """a function sees nothing of the platform's files, processes and network, and has no rights"""
    class Quiet(http.server.BaseHTTPRequestHandler):
        pass

    os.environ["PLATFORM_SECRET"] = "not for functions"  # Of the platform's environment.
    with Runs(program) as p, http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as outside:
        p.python("spy", REACH, Timeout=30)
        found = p.result("spy", {
            "files": [p.folder.name, program, "/etc/shadow", "/root", "/home", "/var/tmp", "/sys",
                      "/run", "/work"],
            "port": p.port, "address": "127.0.0.1", "outside": outside.server_address[1], "pid": p.process.pid})
        # Input, output and errors, its connection to the platform, and what it looks with.
        check(sorted(found.pop("descriptors")), ["/dev/n", "pipe:[", "pipe:[", "socket"], "its descriptors")
        wanted = {"files": [], "platform": False, "outside": False, "host": False, "raw": False,
                  "interfaces": ["lo"], "processes": [], "signal": False, "user": False,
                  "capabilities": ["0000000000000000"] * 5, "privileges": ["1", "2"], "unshare": False,
                  "mount": False, "ptrace": False, "bpf": False, "ring": False, "keys": False, "devices": [],
                  "secrets": []}
        check(found, wanted, "what a function can reach")


def neighbours(program):
    """two functions see nothing of each other, and a function nothing of its earlier version's files"""
    text = """
import os
def handler(event, context):
    if event == "leave":
        open("/tmp/secret", "w").write("x")
        return True
    return os.path.exists("/tmp/secret")
"""
    with Runs(program) as p:
        p.python("one", text)
        p.python("two", text)
        check(p.result("one", "leave"), True, "one")
        check((p.result("one"), p.result("two")), (True, False), "who sees it")


if __name__ == "__main__":
    run_parts([fork_bomb, full_disk, endless_memory, shared_memory, flood_of_words, reach, neighbours])
