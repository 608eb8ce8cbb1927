#!/usr/bin/env python3
"""fsm-top against a running platform: printed once, and live in a terminal.

usage: top_test.py PROGRAM [PART...], with FSM_TOP=path of fsm-top in the environment
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from harness import Platform, check, run_parts

TOP = os.environ["FSM_TOP"]
PATIENCE = 20


def once(program):
    """one overview as text, for scripts; and clear errors"""
    with Platform(program, "--virtual-clock", "--seed-functions", "12345") as p:
        done = subprocess.run([TOP, "--endpoint", p.url, "--once"], capture_output=True, text=True, timeout=60, check=False)
        check((done.returncode, done.stderr), (0, ""), "fsm-top --once")
        check(bool(re.search(r"functions +12,345 +pending 0 +active 12,345", done.stdout)), True, done.stdout)
        p.stop()
    for endpoint, wanted in ((p.url, "refused"), ("ftp://x", "ftp://x: it must begin with"), ("http://:1", "names no host")):
        done = subprocess.run([TOP, "--endpoint", endpoint, "--once"], capture_output=True, text=True, timeout=60, check=False)
        check((done.returncode, wanted in done.stderr, len(done.stderr.splitlines())), (1, True, 1), done.stderr)
    with Platform(program) as p:
        for more in ([], ["--once"]):
            done = subprocess.run([TOP, "--endpoint", p.url, "--interval", "abc", *more], capture_output=True, text=True,
                                  timeout=60, check=False)
            wanted = (0, "") if more else (1, "fsm-top: the platform answered 400: overview: 'abc'")
            check((done.returncode, done.stderr[:len(wanted[1])]), wanted, done.stderr)
        p.stop()
    doors = ["--access-key", "a", "--secret-key", "b", "--admin-token", "open-sesame"]
    with Platform(program, *doors) as p:
        for token, wanted in (("open-sesame", 0), ("wrong", 1)):
            done = subprocess.run([TOP, "--endpoint", p.url, "--once"], capture_output=True, text=True, timeout=60,
                                  check=False, env={**os.environ, "FSM_ADMIN_TOKEN": token})
            check((done.returncode, "token" in done.stderr), (wanted, wanted == 1), done.stderr)
        p.stop()


class Screen:
    """What a program shows in a terminal of 100 columns and 40 rows."""

    def __init__(self, *command):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.execv(command[0], command)
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.text = ""

    def until(self, pattern):
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text):
            if time.monotonic() > end or not select.select([self.file], [], [], 1)[0] and time.monotonic() > end:
                raise AssertionError(f"{pattern} does not come: {self.text[-2000:]!r}")
            if select.select([self.file], [], [], 0.2)[0]:
                self.text += os.read(self.file, 65536).decode(errors="replace")
        self.text = self.text[re.search(pattern, self.text).end():]

    def quit(self):
        os.write(self.file, b"q")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if select.select([self.file], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.file, 65536).decode(errors="replace")
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("q does not quit")


def live(program):
    """numbers change as they come, a platform that is away is waited for, and q leaves the terminal as it was"""
    with Platform(program, "--virtual-clock", "--seed-functions", "7") as p:
        screen = Screen(TOP, "--endpoint", p.url, "--interval", "100ms")
        screen.until(r"functions +7 +pending 0 +active 7 +inactive 0")
        p.advance("15d")
        screen.until(r"inactive 7")
        p.stop()
    screen.until(r"not connected")
    check(screen.quit(), 0, "the exit code")
    check("\x1b[?1049l" in screen.text and "\x1b[?25h" in screen.text, True, "the terminal is given back")


def quiet(program):
    """where nothing happens the connection stays, and q is heard at once"""
    with Platform(program, "--virtual-clock") as p:
        screen = Screen(TOP, "--endpoint", p.url, "--interval", "1s")
        screen.until(r"live, q quits")
        end = time.monotonic() + 13
        while time.monotonic() < end:
            if select.select([screen.file], [], [], 0.2)[0]:
                screen.text += os.read(screen.file, 65536).decode(errors="replace")
        check("not connected" in screen.text, False, screen.text[-500:])
        started = time.monotonic()
        check(screen.quit(), 0, "the exit code")
        check(time.monotonic() - started < 3, True, "q is heard")
        p.stop()


PARTS = [once, live, quiet]


if __name__ == "__main__":
    run_parts(PARTS)
