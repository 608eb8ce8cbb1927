#!/usr/bin/env python3
"""Measures functions that run: warm invocations per second and how long one takes, through HTTP, with a native
function that gives back what it is sent; how long a cold start takes; and many environments at once.

usage: execution_load.py [--bin DIR] [--seconds S] [--connections C] [--environments N] [--sandbox on|off]
                         [--control-groups auto|on|off] [--json FILE]
"""

import argparse
import base64
import http.client
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

COLD_STARTS = 20
SCRIPT = """
wrk.method = "POST"
wrk.body = '{"n":1}'
done = function(summary, latency, requests)
  io.write(string.format("measured %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), summary.errors.connect + summary.errors.read + summary.errors.write +
    summary.errors.status + summary.errors.timeout))
end
"""


class Platform:
    """fsm-platform on a free port, until the end of the block."""

    def __init__(self, folder, *flags):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [os.path.join(folder, "fsm-platform"), "--memory", "--listen", "127.0.0.1:0", *flags],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        found = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", line)
        if not found:
            self.log.seek(0)
            raise RuntimeError(f"fsm-platform did not start: {line!r} {self.log.read()}")
        self.port = int(found[1])
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)

    def ask(self, method, path, body=None, headers=None, wanted=(200, 201, 202, 204)):
        self.connection.request(method, path, body, headers or {})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status not in wanted:
            raise RuntimeError(f"{method} {path}: {answer.status} {text!r}")
        return answer, text

    def create(self, name, package):
        self.ask("POST", "/2015-03-31/functions", json.dumps({
            "FunctionName": name, "Role": "arn:aws:iam::000000000000:role/bench", "Runtime": "provided.al2023",
            "Handler": "any", "Code": {"ZipFile": base64.b64encode(package).decode()}}))

    def wait(self, name):
        self.ask("GET", f"/_fsm/wait/{name}?for=active&timeout=60s")

    def invoke(self, name):
        answer, text = self.ask("POST", invocations(name), '{"n":1}', {"X-Amz-Log-Type": "Tail"})
        if text != b'{"n":1}':
            raise RuntimeError(f"{name} answered {text!r}")
        return base64.b64decode(answer.headers["X-Amz-Log-Result"]).decode()

    def cpu_seconds(self):
        """What the platform itself has used, without its functions: says something also on a busy machine."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def invocations(name):
    return f"/2015-03-31/functions/{name}/invocations"


def package_of(program):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        with open(program, "rb") as file:
            archive.writestr(entry, file.read())
    return buffer.getvalue()


def load(platform, connections, seconds):
    """Requests per second, p50 and p99 in microseconds, processor time of the platform for each, and errors."""
    before = platform.cpu_seconds()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT)
        script.flush()
        done = subprocess.run(
            ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--script",
             script.name, f"http://127.0.0.1:{platform.port}{invocations('f')}"],
            capture_output=True, text=True, timeout=seconds + 60, check=True)
    found = re.search(r"measured (\d+) (\d+) (\d+) (\d+) (\d+)", done.stdout)
    requests, span, half, most, errors = map(int, found.groups())
    used = platform.cpu_seconds() - before
    return {"per_second": round(requests * 1e6 / span), "p50_us": half, "p99_us": most,
            "platform_cpu_us": round(used * 1e6 / max(requests, 1)), "errors": errors}


def cold_starts(platform, package):
    """Milliseconds from the start of a process to its first question, by the platform's own report."""
    found = []
    for number in range(COLD_STARTS):
        name = f"cold-{number}"
        platform.create(name, package)
        platform.wait(name)
        found.append(float(re.search(r"Init Duration: ([0-9.]+) ms", platform.invoke(name))[1]))
        platform.ask("DELETE", f"/2015-03-31/functions/{name}")
    return {"p50_ms": statistics.median(found), "max_ms": max(found)}


def crowd(platform, package, count):
    """As many functions, each with a process of its own that has run once."""
    before = platform.memory_kb()
    started = time.monotonic()
    for number in range(count):
        platform.create(f"crowd-{number}", package)
    for number in range(count):
        platform.wait(f"crowd-{number}")
    ready = time.monotonic() - started
    for number in range(count):
        platform.invoke(f"crowd-{number}")
    memory = platform.memory_kb() - before
    for number in range(count):
        platform.ask("DELETE", f"/2015-03-31/functions/crowd-{number}")
    return {"environments": count, "seconds_until_ready": round(ready, 2),
            "platform_kb_each": round(memory / count, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default=os.path.join(os.path.dirname(__file__), "..", "build", "release", "bin"))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--environments", type=int, default=500)
    parser.add_argument("--sandbox", choices=["on", "off"], default="on")
    parser.add_argument("--control-groups", choices=["auto", "on", "off"], default="auto")
    parser.add_argument("--json")
    how = parser.parse_args()
    if not shutil.which("wrk"):
        print("wrk is not there", file=sys.stderr)
        return 77
    package = package_of(os.path.join(how.bin, "fsm-bench-function"))
    flags = ["--executor", "process", "--sandbox", how.sandbox, "--control-groups", how.control_groups,
             "--max-environments", str(how.environments + 64)]
    result = {}
    with Platform(how.bin, "--threads", "1") as platform:
        platform.create("f", package)
        platform.wait("f")
        result["echo"] = load(platform, 1, how.seconds)
    with Platform(how.bin, "--threads", "1", *flags) as platform:
        platform.create("f", package)
        platform.wait("f")
        result["one_at_a_time"] = load(platform, 1, how.seconds)
        result["together"] = load(platform, how.connections, how.seconds)
        result["cold_start"] = cold_starts(platform, package)
        result["crowd"] = crowd(platform, package, how.environments)
    print(json.dumps(result, indent=2))
    if how.json:
        with open(how.json, "w", encoding="utf-8") as file:
            json.dump(result, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
