#!/usr/bin/env python3
"""Kills fsm-platform again and again and checks that nothing acknowledged is lost.

usage: crash.py PROGRAM [--rounds N] [--seed S] [--seconds-per-round SECONDS]

Clients create, update, invoke, read and delete functions and remember each acknowledgement. In the middle of
it the platform is killed (or, now and then, told to stop) and started again on the same directory, in which
what happened in all rounds piles up.
"""

import argparse
import base64
import collections
import hashlib
import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from crash_model import LIFECYCLE, Function, Value, Violation, is_in_vpc, require, value_of
from harness import ROLE, Platform, zip_bytes
from lifecycle_page import pair_of

WRITERS = 4
FUNCTIONS_EACH = 10
SETTLE_SECONDS = 20
STOP_SECONDS = 5
PATH = "/2015-03-31/functions"
VPC = {"SubnetIds": ["subnet-a1", "subnet-b2"], "SecurityGroupIds": ["sg-1"]}
NO_VPC = {"SubnetIds": [], "SecurityGroupIds": []}
# Fewer addresses than functions, so that attempts really fail.
WORLD = {
    "provision_time": {"min": "1ms", "max": "40ms"},
    "update_time": {"min": "1ms", "max": "40ms"},
    "restore_time": {"min": "1ms", "max": "40ms"},
    "vpc": {"subnets": [{"id": "subnet-a1", "addresses": 8}, {"id": "subnet-b2", "addresses": 8}],
            "security_groups": ["sg-1"], "eni_quota": 14},
    "chaos": {"lost_completion": 0.05, "duplicate_completion": 0.1, "internal_error": 0.05},
}
CODES = []
for text in ("a", "b", "c"):
    archive = zip_bytes(text)
    CODES.append((base64.b64encode(archive).decode(),
                  base64.b64encode(hashlib.sha256(archive).digest()).decode()))


class Gone(Exception):
    """The platform was killed before it answered."""


class Life:
    """One start of the platform, and what all who talk to it share."""

    def __init__(self, platform, sequence_before):
        self.platform = platform
        self.sequence_before = sequence_before
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.failures = []
        self.calls = collections.Counter()

    def fail(self, why):
        with self.lock:
            self.failures.append(why)
        self.ending.set()


class Client:
    """A connection that is kept alive."""

    def __init__(self, life):
        self.life = life
        self.connection = http.client.HTTPConnection("127.0.0.1", life.platform.port, timeout=30)

    def send(self, method, path, body=None, headers=None):
        """Answer and body; `Gone` when there is none, or only the platform's word that it is about to stop."""
        try:
            self.connection.request(method, path, body, headers or {})
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as problem:
            require(self.life.ending.is_set(), f"{method} {path}: no answer from a living platform: {problem!r}")
            raise Gone from problem
        if answer.status in (500, 503) and self.life.ending.is_set():
            raise Gone
        return answer, text

    def ask(self, method, path, body=None):
        """Status, header fields and JSON of an answer."""
        answer, text = self.send(method, path, None if body is None else json.dumps(body))
        return answer.status, answer.headers, json.loads(text) if text else None

    def configuration(self, name):
        """None when there is no such function."""
        status, _, found = self.ask("GET", f"{PATH}/{name}/configuration")
        if status == 404:
            return None
        require(status == 200, f"reading {name}: {status} {found}")
        require(pair_of(found) in LIFECYCLE.pairs, f"{name} is {pair_of(found)}")
        return found

    def history(self, name):
        status, _, found = self.ask("GET", f"/_fsm/functions/{name}/history")
        require(status == 200, f"the history of {name}: {status} {found}")
        return found["transitions"]


class Hand(Client):
    """Does something again and again, until the life ends."""

    pause = 0

    def run(self):
        try:
            while not self.life.ending.wait(self.pause):
                self.do_something()
        except Gone:
            pass
        except Exception as problem:  # pylint: disable=broad-except
            self.life.fail(problem)


class Writer(Hand):
    """The only one who changes its functions."""

    def __init__(self, life, functions, everybody, dice):
        super().__init__(life)
        self.functions = functions
        self.everybody = everybody
        self.dice = dice
        self.last = life.sequence_before

    def do_something(self):
        function = self.dice.choice(self.functions)
        if self.dice.random() < 0.35:
            return self.invoke(self.dice.choice(self.everybody))
        if not function.there:
            return self.create(function)
        what = self.dice.choices([self.update_settings, self.update_code, self.read, self.delete],
                                 [5, 3, 3, 1])[0]
        return what(function)

    def change(self, function, call, method, path, body, value, good):
        """An answer to a call that changes something, with its sequence when it is good."""
        try:
            status, headers, found = self.ask(method, path, body)
        except Gone:
            function.left_open(call, value)
            raise
        self.life.calls[f"{call} {status}"] += 1
        if status != good:
            return status, 0, found
        sequence = int(headers["X-Fsm-Sequence"])
        require(sequence > self.last, f"{call} {function.name}: sequence {sequence} after {self.last}")
        self.last = sequence
        return status, sequence, found

    def create(self, function):
        code, digest = self.dice.choice(CODES)
        value = Value(f"{function.name} {self.dice.getrandbits(48)}", digest, self.dice.random() < 0.5)
        body = {"FunctionName": function.name, "Role": ROLE, "Runtime": "python3.12", "Handler": "i.h",
                "Description": value.description, "Code": {"ZipFile": code},
                "VpcConfig": VPC if value.in_vpc else NO_VPC}
        status, sequence, found = self.change(function, "create", "POST", PATH, body, value, 201)
        if status == 429:
            return
        require(status == 201, f"creating {function.name}, which is not there: {status} {found}")
        function.created(sequence, value)
        self.note(function, found)

    def update_settings(self, function):
        value = self.value_to_be(function)
        if value is None:
            return
        in_vpc = value.in_vpc if self.dice.random() < 0.7 else not value.in_vpc
        value = value._replace(description=f"{function.name} {self.dice.getrandbits(48)}", in_vpc=in_vpc)
        body = {"Description": value.description, "VpcConfig": VPC if in_vpc else NO_VPC}
        self.update(function, "configuration", body, value)

    def update_code(self, function):
        value = self.value_to_be(function)
        if value is None:
            return
        code, digest = self.dice.choice(CODES)
        self.update(function, "code", {"ZipFile": code}, value._replace(code=digest))

    def value_to_be(self, function):
        """What an update would start from; none while one is in progress, as that may still fail."""
        found = self.read(function)
        return None if found.get("LastUpdateStatus") == "InProgress" else value_of(found)

    def update(self, function, what, body, value):
        status, sequence, found = self.change(function, "update", "PUT", f"{PATH}/{function.name}/{what}", body,
                                              value, 200)
        if status in (409, 429):
            return
        require(status == 200, f"updating {function.name}, which is there: {status} {found}")
        function.updated(sequence, value)
        self.note(function, found)

    def delete(self, function):
        status, _, found = self.change(function, "delete", "DELETE", f"{PATH}/{function.name}", None, None, 204)
        if status == 429:
            return
        require(status == 204, f"deleting {function.name}, which is there: {status} {found}")
        function.deleted()

    def read(self, function):
        found = self.configuration(function.name)
        self.life.calls["read"] += 1
        require(found is not None, f"{function.name} is there and cannot be read")
        self.note(function, found)
        return found

    def note(self, function, shown):
        require(pair_of(shown) in LIFECYCLE.pairs, f"{function.name} is {pair_of(shown)}")
        function.seen.add(shown["RevisionId"])

    def invoke(self, function):
        """Also functions of others: it keeps them awake, and wakes them up."""
        status, _, found = self.ask("POST", f"{PATH}/{function.name}/invocations", {})
        self.life.calls[f"invoke {status}"] += 1
        require(status in (200, 404, 409, 429, 500, 502), f"invoking {function.name}: {status} {found}")


def wait_until(what, problem):
    """Until `problem` finds none."""
    end = time.monotonic() + SETTLE_SECONDS
    while found := problem():
        require(time.monotonic() < end, f"not within {SETTLE_SECONDS} s: {what}: {found}")
        time.sleep(0.02)


class Check(Client):
    """Looks at everything after a start."""

    def __init__(self, life, functions):
        super().__init__(life)
        self.functions = functions

    def run(self):
        """How many functions there are, and how many addresses are in use."""
        wait_until("all functions settle", self.unsettled)
        for function in self.functions:
            function.check(*self.look(function.name))
        wait_until("addresses in use are those of Active functions", self.difference)
        world = self.world()
        return sum(function.there for function in self.functions), world

    def unsettled(self):
        found = {each.name: pair_of(self.configuration(each.name) or {}) for each in self.functions}
        return {name: pair for name, pair in found.items() if "Pending" in pair or "InProgress" in pair}

    def look(self, name):
        """Configuration and history of the same moment."""
        while True:
            before = self.configuration(name)
            if before is None:
                return None, None
            history = self.history(name)
            if self.configuration(name) == before:
                return before, history

    def world(self):
        status, _, found = self.ask("GET", "/_fsm/world")
        require(status == 200, f"the world: {status} {found}")
        in_use = sum(each["in_use"] for each in found["vpc"]["subnets"])
        require(in_use == found["enis_in_use"], f"addresses and interfaces differ: {found}")
        return in_use

    def difference(self):
        """Functions fall idle meanwhile, so it may take several looks."""
        found = [self.configuration(each.name) for each in self.functions]
        active = sum(1 for each in found if each and each["State"] == "Active" and is_in_vpc(each))
        in_use = self.world()
        return "" if in_use == active else f"{in_use} addresses in use, {active} Active functions in the network"


class Run:
    """All rounds."""

    def __init__(self, options):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="fsm-crash-")
        self.data = os.path.join(self.folder, "data")
        self.dice = random.Random(options.seed)
        self.functions = [[Function(f"f{writer}-{number}") for number in range(FUNCTIONS_EACH)]
                          for writer in range(WRITERS)]
        self.everybody = [each for group in self.functions for each in group]
        self.sequence = 0
        self.round = 0

    def go(self):
        for self.round in range(1, self.options.rounds + 1):
            self.live(True)
        self.live(False)

    def live(self, with_load):
        """Starts, checks, and with load ends in the middle of it."""
        if self.round > 1 and self.dice.random() < 0.2:
            self.kill_a_start(self.dice.uniform(0, 0.2))
        idle_after = self.dice.choice(["1s", "2s", "1h"])
        durability = self.dice.choice(["synced", "synced", "buffered"])
        started = time.monotonic()
        with Platform(self.options.program, "--idle-after", idle_after, "--durability", durability,
                      "--attempt-timeout", "250ms", world=WORLD, data=self.data) as platform:
            serving = time.monotonic()
            life = Life(platform, self.sequence)
            try:
                there, in_use = Check(life, self.everybody).run()
                checked = time.monotonic()
                print(f"round {self.round}: serves after {serving - started:.2f} s, checked after "
                      f"{checked - serving:.2f} s: {there} functions, {in_use} addresses in use", end="",
                      flush=True)
                if not with_load:
                    print("; done", flush=True)
                    return platform.stop()
                self.load(life)
            except BaseException:
                shutil.copy(platform.log.name, os.path.join(self.folder, "log"))
                raise
        return None

    def kill_a_start(self, seconds):
        """Recovery may be interrupted as well, and what it had begun to do with the provider."""
        command = [self.options.program, "--listen", "127.0.0.1:0", "--data", self.data]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(seconds)
            process.kill()

    def load(self, life):
        writers = [Writer(life, functions, self.everybody, random.Random(self.dice.getrandbits(64)))
                   for functions in self.functions]
        threads = [threading.Thread(target=each.run) for each in writers]
        for each in threads:
            each.start()
        seconds = self.dice.uniform(0.05, self.options.seconds_per_round)
        stops = self.dice.random() < 0.25
        failed = life.ending.wait(seconds)
        life.ending.set()
        self.end(life.platform.process, stops and not failed)
        for each in threads:
            each.join()
        if life.failures:
            raise life.failures[0]
        self.sequence = max(each.last for each in writers)
        changed = sum(count for name, count in life.calls.items()
                      if name in ("create 201", "update 200", "delete 204"))
        print(f"; {'stopped' if stops else 'killed'} after {seconds:.2f} s: {sum(life.calls.values())} answers, "
              f"{changed} of them changes", flush=True)

    def end(self, process, stops):
        if not stops:
            process.kill()
            process.wait()
            return
        started = time.monotonic()
        process.terminate()
        code = process.wait(timeout=30)
        took = time.monotonic() - started
        require(code == 0 and took < STOP_SECONDS, f"SIGTERM: exit code {code} after {took:.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--seconds-per-round", type=float, default=1.5, help="of load, at most")
    run = Run(parser.parse_args())
    try:
        run.go()
    except BaseException as problem:
        print(f"\nFAILED in round {run.round} with --seed {run.options.seed}: {problem}\n"
              f"the data directory and the platform's log are kept in {run.folder}", flush=True)
        if isinstance(problem, Violation):
            return 1
        raise
    shutil.rmtree(run.folder)
    print(f"all {run.options.rounds} rounds passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
