#!/usr/bin/env python3
"""Measures fsm-platform on the wire, with wrk: GetFunctionConfiguration of random functions, next to the same
HTTP server with a constant answer of the same size, both in one run and in turns. Then the same beside many
idle connections; and invocations, without and with a reader of the dashboard's event stream, in turns.

usage: wire_load.py [--bin DIR] [--functions N[,N...]] [--seconds S] [--rounds R] [--connections C] [--idle I]
                    [--json FILE]
"""

import argparse
import contextlib
import http.client
import json
import os
import platform
import random
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading

WRK_SECONDS_MAX = 600
RATIO_WANTED = 0.5
# Of one wrk thread; a path is drawn before each request.
SCRIPT = """
local functions = %d
math.randomseed(%d)
request = function()
  return wrk.format("%s", string.format("/2015-03-31/functions/seed-%%07d/%s", math.random(0, functions - 1)), nil, "%s")
end
done = function(summary, latency, requests)
  io.write(string.format("measured %%d %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency.max,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status +
    summary.errors.timeout))
end
"""


# What is asked for: method, what of a function, body.
CONFIGURATIONS = ("GET", "configuration", "")
INVOCATIONS = ("POST", "invocations", "{}")
DASHBOARD_RATIO_WANTED = 0.9


class Server:
    """A program that serves on a free port until the end of the block."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        found = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", line)
        if not found:
            self.end()
            raise RuntimeError(f"{command[0]} did not start: {line!r}")
        self.port = int(found[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            user, system = file.read().rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def answer_bytes(self):
        """The size of one answer's body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", "/2015-03-31/functions/seed-0000000/configuration")
            answer = connection.getresponse()
            if answer.status != 200:
                raise RuntimeError(f"status {answer.status}")
            return len(answer.read())
        finally:
            connection.close()


class Dashboard:
    """Reads what an open dashboard reads, until the end of the block: the overview, once a second."""

    def __init__(self, server):
        self.connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self.connection.sendall(b"GET /_fsm/events?overview=1s&transitions=off HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.overviews = 0
        self.reader = threading.Thread(target=self.read)

    def read(self):
        with contextlib.suppress(ConnectionResetError), self.connection.makefile("rb") as lines:  # As at the end.
            for line in lines:
                self.overviews += line == b"event: overview\n"

    def __enter__(self):
        self.reader.start()
        return self

    def __exit__(self, *_):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.reader.join()
        self.connection.close()


def measure(server, how, functions, asked=CONFIGURATIONS):
    """One measurement: requests per second, latencies in milliseconds, and the server's processor time per
    request, which other work on the machine hardly changes."""
    used = -server.processor_seconds()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT % (functions, random.randrange(1 << 30), *asked))
        script.flush()
        done = subprocess.run(
            ["wrk", "--threads", "1", "--connections", str(how.connections), "--duration", f"{how.seconds}s",
             "--timeout", "10s", "--script", script.name, f"http://127.0.0.1:{server.port}"],
            capture_output=True, text=True, timeout=WRK_SECONDS_MAX, check=False)
    found = re.search(r"^measured (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$", done.stdout, re.MULTILINE)
    if not found:
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    used += server.processor_seconds()
    requests, micros, p50, p99, longest, errors = map(int, found.groups())
    if errors or not requests:
        raise RuntimeError(f"{errors} errors in {requests} requests")
    return {"per_second": requests * 1e6 / micros, "p50_ms": p50 / 1e3, "p99_ms": p99 / 1e3, "max_ms": longest / 1e3,
            "processor_us": used * 1e6 / requests}


def middle(rounds):
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def spread(values):
    return f"{min(values):.2f} - {max(values):.2f}"


def compare(how, functions):
    """The platform and the bare server in turns."""
    with Server(f"{how.bin}/fsm-platform", "--listen", "127.0.0.1:0", "--memory", "--seed-functions",
                str(functions)) as ours:
        size = ours.answer_bytes()
        with Server(f"{how.bin}/fsm-bench-http", str(size)) as bare:
            rounds = [(measure(bare, how, functions), measure(ours, how, functions)) for _ in range(how.rounds)]
    ratios = [ours["per_second"] / bare["per_second"] for bare, ours in rounds]
    found = {"functions": functions, "answer_bytes": size, "bare": middle([bare for bare, _ in rounds]),
             "platform": middle([ours for _, ours in rounds]), "ratio": statistics.median(ratios)}
    for name in ("bare", "platform"):
        print(f"{functions:>9} functions  {name:<9} {found[name]['per_second']:>9.0f} /s  p50 "
              f"{found[name]['p50_ms']:.2f} ms  p99 {found[name]['p99_ms']:.2f} ms  "
              f"{found[name]['processor_us']:.1f} us of processor each")
    print(f"{functions:>9} functions  ratio     {found['ratio']:.2f} ({spread(ratios)}), wanted {RATIO_WANTED}, "
          f"answers of {size} bytes", flush=True)
    return found


def idle_connections(how, functions):
    """Memory per idle connection, and what others notice of them."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if files < how.idle + 256:
        print(f"idle connections: not measured, only {files} files may be open")
        return None
    with Server(f"{how.bin}/fsm-platform", "--listen", "127.0.0.1:0", "--memory", "--seed-functions",
                str(functions)) as server:
        alone = measure(server, how, functions)
        before = server.resident_bytes()
        crowd = []
        try:
            for _ in range(how.idle):  # Each asks once, and then keeps still.
                each = socket.create_connection(("127.0.0.1", server.port), timeout=30)
                crowd.append(each)
                each.sendall(b"GET /_fsm/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                if not each.recv(4096).startswith(b"HTTP/1.1 200"):
                    raise RuntimeError(f"connection {len(crowd)} was refused")
            added = server.resident_bytes() - before
            beside = measure(server, how, functions)
        finally:
            for each in crowd:
                each.close()
    found = {"connections": how.idle, "bytes_per_connection": added / how.idle, "alone": alone, "beside": beside}
    print(f"{how.idle} idle connections: {found['bytes_per_connection']:.0f} bytes each; others {alone['per_second']:.0f}"
          f" -> {beside['per_second']:.0f} /s, p99 {alone['p99_ms']:.2f} -> {beside['p99_ms']:.2f} ms", flush=True)
    return found


def invocations(how, functions):
    """Invocations without and with an open dashboard, in turns."""
    rounds, overviews = [], 0
    with Server(f"{how.bin}/fsm-platform", "--listen", "127.0.0.1:0", "--memory", "--seed-functions",
                str(functions)) as server:
        for number in range(how.rounds):
            pair = {}
            for watched in (False, True) if number % 2 else (True, False):
                if watched:
                    with Dashboard(server) as page:
                        pair["watched"] = measure(server, how, functions, INVOCATIONS)
                    overviews += page.overviews
                else:
                    pair["alone"] = measure(server, how, functions, INVOCATIONS)
            rounds.append(pair)
    if overviews < how.rounds * (how.seconds - 1):
        raise RuntimeError(f"the dashboard saw only {overviews} overviews")
    ratios = [each["watched"]["per_second"] / each["alone"]["per_second"] for each in rounds]
    found = {"functions": functions, "ratio": statistics.median(ratios)}
    for name in ("alone", "watched"):
        found[name] = middle([each[name] for each in rounds])
        print(f"{functions:>9} functions  invocations {name:<8} {found[name]['per_second']:>9.0f} /s  p99 "
              f"{found[name]['p99_ms']:.2f} ms")
    print(f"{functions:>9} functions  with an open dashboard {found['ratio']:.2f} ({spread(ratios)}), wanted "
          f"{DASHBOARD_RATIO_WANTED}", flush=True)
    return found


def arguments():
    parser = argparse.ArgumentParser(description="Measures fsm-platform on the wire, next to its HTTP server alone.")
    parser.add_argument("--bin", default="build/release/bin", help="where the programs are")
    parser.add_argument("--functions", default="1000,1000000", help="populations, with commas between them")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="of each pair")
    parser.add_argument("--connections", type=int, default=32, help="that ask all the time")
    parser.add_argument("--idle", type=int, default=10_000, help="connections that keep still; 0 = not measured")
    parser.add_argument("--json", help="where the figures go")
    how = parser.parse_args()
    try:
        how.functions = [int(each) for each in how.functions.split(",")]
    except ValueError:
        parser.error(f"--functions: '{how.functions}' is not numbers with commas between them")
    if min(*how.functions, how.seconds, how.rounds, how.connections, how.idle + 1) < 1:
        parser.error("numbers must be positive")
    return how


def main():
    how = arguments()
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed")
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {platform.release()}; {how.connections} "
          f"connections, medians of {how.rounds} rounds of {how.seconds} s")
    found = {"compared": [compare(how, functions) for functions in how.functions]}
    if len(found["compared"]) > 1:
        first, last = (found["compared"][place]["platform"]["p99_ms"] for place in (0, -1))
        print(f"p99 from {how.functions[0]} to {how.functions[-1]} functions: {last / first:.2f} times")
    if how.idle:
        found["idle"] = idle_connections(how, how.functions[0])
    found["invocations"] = invocations(how, how.functions[-1])
    if how.json:
        with open(how.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=2)


if __name__ == "__main__":
    main()
