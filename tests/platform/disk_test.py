#!/usr/bin/env python3
"""What fsm-platform does with its data directory: restarts, copies, and a disk that makes trouble.

usage: disk_test.py PROGRAM [PART...]
"""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from harness import ROLE, Platform, check, run_parts, zip_bytes

FUNCTIONS = "/2015-03-31/functions"
SKIPPED = 77
VPC = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
WORLD = {"vpc": {"subnets": [{"id": "subnet-1", "addresses": 2}], "security_groups": ["sg-1"]}}


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="fsm-disk-") as path:
        yield path


@contextlib.contextmanager
def small_disk(size):
    """A file system of its own. Only root can have one; without it the part is skipped."""
    with folder() as path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"skipped: a small disk needs the right to mount one: {done.stderr.strip()}", flush=True)
            sys.exit(SKIPPED)
        try:
            yield path
        finally:
            subprocess.run(["umount", path], check=True)


def creation(name, **more):
    return {"FunctionName": name, "Role": ROLE, "Runtime": "python3.12", "Handler": "index.handler",
            "Code": {"ZipFile": base64.b64encode(zip_bytes("x")).decode()}, **more}


def create(platform, name, **more):
    """The status of the answer, and the error's name."""
    status, headers, _ = platform.request("POST", FUNCTIONS, creation(name, **more))
    return status, headers.get("X-Amzn-Errortype")


def create_active(platform, name, **more):
    check(create(platform, name, **more), (201, None), f"creating {name}")
    platform.wait(name, "active")


def shown(platform, name):
    """Status and configuration of a function."""
    status, _, body = platform.request("GET", f"{FUNCTIONS}/{name}/configuration")
    return status, json.loads(body)


def update(platform, name, **changes):
    return platform.request("PUT", f"{FUNCTIONS}/{name}/configuration", changes)[0]


def invoke(platform, name):
    return platform.request("POST", f"{FUNCTIONS}/{name}/invocations", "{}")[0]


def refuses(program, data, *wanted, more=()):
    """The program does not start: exit code 2, and one line that names all that is wanted."""
    done = subprocess.run([program, "--listen", "127.0.0.1:0", "--data", data, *more], capture_output=True,
                          text=True, timeout=60, check=False)
    lines = done.stderr.splitlines()
    check((done.returncode, len(lines), done.stdout), (2, 1, ""), f"starting on {data}: {done.stderr}")
    for each in wanted:
        check(each in lines[0], True, f"{each!r} in {lines[0]!r}")


def restart(program):
    """functions, documents, histories, idle clocks and leases are there after a kill and after a stop"""
    with folder() as data:
        with Platform(program, "--virtual-clock", world=WORLD, data=data) as p:
            check(create(p, "f", VpcConfig=VPC, Description="one")[0], 201, "create")
            p.advance("1s")
            check(create(p, "gone")[0], 201, "create")
            check(p.request("DELETE", FUNCTIONS + "/gone")[0], 204, "delete")
            p.advance("13d")
            check(update(p, "f", Description="two"), 200, "an update that is not over")
            before = shown(p, "f")
            history = p.fsm("GET", "functions/f/history")
            now = p.fsm("GET", "clock")["now"]
            p.process.kill()
        with Platform(program, "--virtual-clock", world=WORLD, data=data) as p:
            check(p.fsm("GET", "health"), {"status": "ok", "functions": 1}, "health")
            check(p.fsm("GET", "clock")["now"] >= now, True, "time goes on")
            check(shown(p, "f"), before, "the function")
            check(p.fsm("GET", "functions/f/history"), history, "its history")
            check(shown(p, "gone")[0], 404, "a deleted function")
            check(p.fsm("GET", "world")["enis_in_use"], 1, "interfaces in use")
            p.advance("1s")
            check((shown(p, "f")[1]["LastUpdateStatus"], p.fsm("GET", "world")["enis_in_use"]),
                  ("Successful", 1), "the update is driven to its end and shares the lease")
            check(create(p, "g", VpcConfig=VPC)[0], 201, "create")
            p.advance("1s")
            check(create(p, "h", VpcConfig=VPC)[0], 201, "create")
            p.advance("1s")
            check(shown(p, "h")[1]["StateReasonCode"], "SubnetOutOfIPAddresses", "the third of two addresses")
            p.stop()
        with Platform(program, "--virtual-clock", world=WORLD, data=data) as p:
            check(p.fsm("GET", "world")["enis_in_use"], 2, "interfaces in use")
            p.advance("14d")
            check([shown(p, name)[1]["State"] for name in "fgh"], ["Inactive", "Inactive", "Failed"], "idle")
            check(p.fsm("GET", "world")["enis_in_use"], 0, "interfaces in use")
            check(invoke(p, "f"), 409, "an invocation")
            p.advance("1s")
            check(invoke(p, "f"), 200, "an invocation")
            check(p.request("POST", "/_fsm/checkpoint")[0], 200, "a checkpoint")
            p.stop()
        refuses(program, data, "--seed-functions: '5'", "3 functions", "leave the flag out",
                more=["--seed-functions", "5"])


def checkpoints(program):
    """a copy made while serving opens as a data directory and lives on its own"""
    with folder() as data, Platform(program, data=data) as p:
        create_active(p, "f", Description="one")
        name = p.fsm("POST", "checkpoint")["checkpoint"]
        check(p.fsm("POST", "checkpoint")["checkpoint"] != name, True, "another name")
        check(update(p, "f", Description="two"), 200, "update")
        create_active(p, "later")
        with Platform(program, data=os.path.join(data, "checkpoints", name)) as copy:
            check((shown(copy, "f")[1]["Description"], shown(copy, "later")[0]), ("one", 404), "the copy")
            check(update(copy, "f", Description="three"), 200, "update")
            copy.wait("f", "settled")
            copy.stop()
        check(shown(p, "f")[1]["Description"], "two", "the original")
        p.stop()
    with Platform(program) as p:
        check(p.request("POST", "/_fsm/checkpoint")[0], 409, "a checkpoint of nothing on disk")
        p.stop()


def refusals(program):
    """a directory that cannot be used: exit code 2 and one line with directory, cause and remedy"""
    with folder() as path:
        missing = os.path.join(path, "no", "data")
        refuses(program, missing, f"--data: '{missing}'", "no directory", "make it first")
        plain = os.path.join(path, "plain")
        with open(plain, "w", encoding="utf-8") as file:
            file.write("text")
        refuses(program, plain, f"--data: '{plain}'", "not a directory", "choose")
        refuses(program, path, f"--data: '{path}'", "other files", "choose")
        data = os.path.join(path, "data")
        with Platform(program, data=data) as p:
            create_active(p, "f")
            refuses(program, data, f"--data: '{data}'", "another process", "choose another")
            check(update(p, "f", Description="still served"), 200, "update")
            p.stop()
        with open(os.path.join(data, "CURRENT"), "r+", encoding="utf-8") as file:
            good = file.read()
            file.seek(0)
            file.write("nonsense\n")
            file.truncate()
        refuses(program, data, f"--data: '{data}'", "CURRENT", "restore a checkpoint or a backup")
        with open(os.path.join(data, "CURRENT"), "w", encoding="utf-8") as file:
            file.write(good)
        with Platform(program, data=data) as p:
            check(shown(p, "f")[1]["Description"], "still served", "what was kept")
            p.stop()


def take_all_room(disk):
    with open(os.path.join(disk, "ballast"), "ab", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass


class Filler(threading.Thread):
    """Creates functions, as large as they may be, until one is refused; remembers those acknowledged."""

    def __init__(self, platform, letter, limit=20_000):
        super().__init__()
        self.platform, self.letter, self.limit = platform, letter, limit
        self.acknowledged = {}
        self.end = None

    def run(self):
        for number in range(self.limit):
            name = f"{self.letter}{number}"
            text = f"{name} " + "x" * 3900
            self.end = create(self.platform, name, Environment={"Variables": {"TEXT": text}})
            if self.end[0] != 201:
                return
            self.acknowledged[name] = text


def fill(platform, before=lambda: None):
    """What was acknowledged before writes were refused, as they all have to be at last."""
    fillers = [Filler(platform, letter) for letter in "abcd"]
    for each in fillers:
        each.start()
    before()
    for each in fillers:
        each.join()
    for each in fillers:
        check(each.end, (500, "ServiceException"), "the end of creating functions")
    return {name: text for each in fillers for name, text in each.acknowledged.items()}


def is_unwell(platform, cause):
    """Nothing can be written any more; what is untouched is served."""
    status, _, body = platform.request("GET", "/_fsm/health")
    health = json.loads(body)
    check((status, health["status"], cause in health["reason"]), (503, "failed", True), f"health: {health}")
    check([update(platform, "quiet", Description="new"), create(platform, "new")[0]], [500, 500], "writes")
    check(platform.aws_fails("delete-function", "--function-name", "quiet"),
          "An error occurred (ServiceException) when calling the DeleteFunction operation: Nothing more can be "
          "written. Whether this was done shows after a restart.", "what an SDK makes of it")
    found = shown(platform, "quiet")
    check((found[0], found[1]["Description"], invoke(platform, "quiet")), (200, "old", 200), "reads")


def full_disk(program):
    """a full disk under load: writes are refused, reads go on, and a restart with room has what was promised"""
    with small_disk("96m") as disk:
        data = os.path.join(disk, "data")
        # Before the start, so that there is no room to reserve, either.
        with open(os.path.join(disk, "ballast"), "wb") as file:
            file.write(b"x" * (shutil.disk_usage(disk).free - (4 << 20)))
        with Platform(program, data=data) as p:
            create_active(p, "quiet", Description="old")
            acknowledged = fill(p)
            check(len(acknowledged) > 50, True, f"{len(acknowledged)} functions before the disk was full")
            is_unwell(p, "No space left")
            p.stop()
        take_all_room(disk)
        refuses(program, data, f"--data: '{data}'", "No space left", "make room")
        os.remove(os.path.join(disk, "ballast"))
        with Platform(program, data=data) as p:
            for name, text in acknowledged.items():
                status, found = shown(p, name)
                check((status, found.get("Environment")), (200, {"Variables": {"TEXT": text}}), name)
                p.wait(name, "active")
            check(shown(p, "quiet")[1]["Description"] in ("old", "new"), True, "what was refused")
            create_active(p, "new")
            p.stop()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        refuses(program, data, f"--data: '{data}'", "Read-only file system", "mount it for writing")


def removed_directory(program):
    """the directory disappears under load: nothing is acknowledged any more, reads go on"""
    with folder() as path:
        data = os.path.join(path, "data")
        with Platform(program, data=data) as p:
            create_active(p, "quiet", Description="old")

            def remove():
                time.sleep(0.5)
                os.rename(data, data + "-gone")  # At once, while writes go on.
                check([create(p, f"late{i}")[0] for i in range(20)], [500] * 20, "writes afterwards")

            fill(p, before=remove)
            is_unwell(p, "was removed or replaced")
            p.stop()
        with Platform(program, data=data + "-gone") as p:
            check(shown(p, "quiet")[0], 200, "what was there")
            p.stop()


PARTS = [restart, checkpoints, refusals, full_disk, removed_directory]


if __name__ == "__main__":
    run_parts(PARTS)
