#!/usr/bin/env python3
"""Lets fsm-platform live for hours, and checks that what it takes stays flat and that nothing leaks.

usage: soak.py PROGRAM [--hours H | --minutes M | --seconds S] [--seed S]

Clients create, update, invoke, wait for, watch and delete functions in a cloud that loses answers and runs out of
addresses, while the platform is killed or stopped again and again and started on the same directory. In the end
there are a table, one line a life, and a verdict; the exit code is 0 when all is well.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time

import soak_load
from crash import WORLD, Check, Client, Life, require, wait_until
from crash_model import Function
from harness import Platform
from soak_judge import MIB, Bounds, Sample, growth_between, growth_within, judge, warm

WRITERS = 6
FUNCTIONS_EACH = 14
# Of the last transitions; the disk fills until there are so many.
EVENT_LOG_MIB = 8
# A cycle is some short lives and a long one, which gets the larger share of the time: only a long one fills its write
# buffers again and again, so that a leak can be told from that.
CYCLE_SECONDS_MAX = 3600
LONG_SHARE = 0.6
SHORT_LIVES = (3, 8)
# Memory: what a fresh process has, write buffers for a log of 64 MiB, a cache of 64 MiB, and what malloc makes of it.
# Disk: that log, and in each column family what is worth a compaction.
BOUNDS = Bounds(rss=320, descriptors=512, disk=700, threads=4, growth=1.2)


def disk_bytes(folder):
    """What a folder takes on the disk; files may go meanwhile."""
    total = 0
    for path, _, files in os.walk(folder):
        for each in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(path, each)).st_blocks * 512
    return total


class Sampler:
    """Looks at the process now and then."""

    def __init__(self, life, data, began, interval):
        self.life = life
        self.data = data
        self.began = began
        self.interval = interval
        self.samples = []

    def run(self):
        while not self.life.ending.wait(self.interval):
            with contextlib.suppress(OSError, StopIteration):  # It may just have been killed.
                self.samples.append(self.look())

    def look(self):
        process = f"/proc/{self.life.platform.process.pid}"
        with open(process + "/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file)
        with open(process + "/io", encoding="ascii") as file:
            traffic = dict(line.split(": ", 1) for line in file)
        return Sample(time.monotonic() - self.began, int(status["VmRSS"].split()[0]) * 1024,
                      len(os.listdir(process + "/fd")), int(status["Threads"]), disk_bytes(self.data),
                      int(traffic["write_bytes"]))


class Soak:
    """All lives on one directory."""

    def __init__(self, options):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="fsm-soak-")
        self.data = os.path.join(self.folder, "data")
        self.dice = random.Random(options.seed)
        self.functions = [[Function(f"s{writer}-{number}") for number in range(FUNCTIONS_EACH)]
                          for writer in range(WRITERS)]
        self.everybody = [each for group in self.functions for each in group]
        self.began = time.monotonic()
        self.sequence = 0
        self.events = 0
        self.short_lives = []
        self.long_lives = []
        self.objections = []

    def go(self):
        print(f"seed {self.options.seed}\n"
              "life  seconds  ended    calls  changes  functions   RSS MiB  (warm)  files  threads  disk MiB"
              "  written MiB",
              flush=True)
        for number, (seconds, lives) in enumerate(self.plan(), 1):
            lives.append(self.live(number, seconds))
        self.clear_up()
        self.objections += judge(self.short_lives, self.long_lives, BOUNDS)

    def plan(self):
        """The lengths of the lives, and where each belongs."""
        cycles = -(-self.options.seconds // CYCLE_SECONDS_MAX)
        cycle = self.options.seconds / cycles
        least, most = SHORT_LIVES
        count = int(min(most, max(least, (1 - LONG_SHARE) * cycle / 15)))
        shorts = [((1 - LONG_SHARE) * cycle / count, self.short_lives)] * count
        return (shorts + [(LONG_SHARE * cycle, self.long_lives)]) * int(cycles)

    def start(self):
        return Platform(self.options.program, "--idle-after", "2s", "--attempt-timeout", "1s", "--event-log",
                        str(EVENT_LOG_MIB), "--log-format", "json", world=WORLD, data=self.data)

    def live(self, number, seconds):
        with self.start() as platform:
            try:
                life = Life(platform, self.sequence)
                there, _ = Check(life, self.everybody).run()
                samples, how = self.load(life, seconds)
                self.read_log(platform, number)
            except BaseException:
                shutil.copy(platform.log.name, os.path.join(self.folder, "log"))
                raise
        changes = sum(life.calls[each] for each in ("create 201", "update 200", "delete 204"))
        columns = (f"{samples[-1].rss / MIB:8.1f}  {statistics.median(each.rss for each in warm(samples)) / MIB:6.1f}"
                   f"  {samples[-1].descriptors:5d}  {samples[-1].threads:7d}  {samples[-1].disk / MIB:8.1f}"
                   f"  {samples[-1].written / MIB:11.1f}"
                   if samples else "no samples")
        calls = sum(life.calls.values())
        print(f"{number:4d}  {seconds:7.0f}  {how:7}  {calls:6d}  {changes:7d}  {there:9d}  {columns}", flush=True)
        return samples

    def load(self, life, seconds):
        names = [each.name for each in self.everybody]
        writers = [soak_load.BigWriter(life, group, self.everybody, self.new_dice()) for group in self.functions]
        follower = soak_load.Follower(life, self.events)
        sampler = Sampler(life, self.data, self.began, max(0.25, min(5.0, seconds / 60)))
        workers = [kind(life, names, self.new_dice()) for kind in (
            soak_load.Dashboard, soak_load.Waiter, soak_load.Waiter, soak_load.Sender)]
        threads = [threading.Thread(target=each.run) for each in (*writers, *workers, follower, sampler)]
        for each in threads:
            each.start()
        kills = self.dice.random() < 0.6
        try:
            failed = life.ending.wait(seconds)
        finally:
            life.ending.set()
            self.end(life.platform.process, kills)
            for each in threads:
                each.join()
        if failed:
            raise life.failures[0]
        self.sequence = max(each.last for each in writers)
        self.events = follower.position
        return sampler.samples, "killed" if kills else "stopped"

    def new_dice(self):
        return random.Random(self.dice.getrandbits(64))

    @staticmethod
    def end(process, kills):
        if kills:
            process.kill()
            process.wait()
            return
        process.terminate()
        require(process.wait(timeout=30) == 0, f"SIGTERM: exit code {process.returncode}")

    def read_log(self, platform, number):
        """Tries are lost on purpose; errors are not."""
        for line in platform.read_log().splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                continue  # Cut off by the end of the process.
            if said.get("level") in ("error", "critical"):
                self.objections.append(f"the log of life {number}: {line}")

    def clear_up(self):
        """Without functions nothing may be held, owed, or waited for."""
        with self.start() as platform:
            life = Life(platform, self.sequence)
            Check(life, self.everybody).run()
            client = Client(life)
            for each in self.everybody:
                status, _, found = client.ask("DELETE", f"/2015-03-31/functions/{each.name}")
                require(status in (204, 404), f"deleting {each.name}: {status} {found}")
            wait_until("nothing is left", lambda: self.leftovers(client))
            platform.stop()
            self.read_log(platform, "that only cleared up")

    @staticmethod
    def leftovers(client):
        """What is still held or owed, as sentences."""
        world = client.ask("GET", "/_fsm/world")[2]
        found = [f"{each['in_use']} addresses in use in {each['id']}" for each in world["vpc"]["subnets"]
                 if each["in_use"]]
        if world["enis_in_use"]:
            found.append(f"{world['enis_in_use']} network interfaces in use")
        _, text = soak_load.Worker(client.life, ["none"], random.Random(0)).fetch("GET", "/metrics")
        figures = dict(line.rsplit(" ", 1) for line in text.decode().splitlines() if line and line[0] != "#")
        for name in GAUGES_OF_NOTHING:
            values = [float(value) for key, value in figures.items() if key.split("{")[0] == name]
            require(values, f"/metrics has no {name}")
            if sum(values):
                found.append(f"{name} is {sum(values):g}")
        return found

    def verdict(self):
        """One line."""
        lives = self.short_lives + self.long_lives
        samples = sum(lives, [])
        between = growth_between(self.short_lives, "rss")
        compared = f"times {between:.2f}" if between else "not judged (they wrote too differently)"
        within = [growth for life in self.long_lives if (growth := growth_within(life, "rss"))]
        judged = f"times {max(within):.2f}" if within else "not judged (too little was written)"
        found = (f"memory at most {max((each.rss for each in samples), default=0) / MIB:.0f} MiB, from the first short "
                 f"lives to the last {compared}, within long ones "
                 f"{judged}; at most {max((each.descriptors for each in samples), default=0)} descriptors, "
                 f"{max((each.disk for each in samples), default=0) / MIB:.0f} MiB of disk")
        if self.objections:
            return f"soak: FAILED: {'; '.join(self.objections)} ({found})"
        return f"soak: passed: {len(lives)} lives, {self.events} transitions; {found}"


GAUGES_OF_NOTHING = ("fsm_functions", "fsm_waiters", "fsm_releases_owed")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--hours", type=float)
    length.add_argument("--minutes", type=float)
    length.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    options = parser.parse_args()
    given = {"hours": 3600, "minutes": 60, "seconds": 1}
    options.seconds = next((getattr(options, unit) * seconds for unit, seconds in given.items()
                            if getattr(options, unit) is not None), 3600.0)
    if not 20 <= options.seconds <= 1000 * 3600:
        parser.error("a soak takes from 20 seconds to 1000 hours")
    return options


def interrupt(number, _frame):
    raise KeyboardInterrupt(f"signal {number}")


def main():
    signal.signal(signal.SIGTERM, interrupt)
    soak = Soak(read_options())
    try:
        soak.go()
    except KeyboardInterrupt:
        shutil.rmtree(soak.folder)
        print("soak: interrupted")
        return 130
    except BaseException as problem:  # pylint: disable=broad-except
        soak.objections.append(f"{type(problem).__name__}: {problem}")
    print(soak.verdict(), flush=True)
    if not soak.objections:
        shutil.rmtree(soak.folder)
        return 0
    print(f"the data directory is kept in {soak.folder}; --seed {soak.options.seed}", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
