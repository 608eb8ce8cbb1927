#!/usr/bin/env python3
"""Runs bench/wire_load.py on a small scale: it has to measure everything, whatever the figures are.

usage: wire_load_test.py SCRIPT BIN
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

script, programs = sys.argv[1:]
if not shutil.which("wrk"):
    print("wrk is not installed")
    sys.exit(77)

with tempfile.TemporaryDirectory(prefix="fsm-wire-load-") as folder:
    path = os.path.join(folder, "found.json")
    small = ["--functions", "10,1000", "--seconds", "1", "--rounds", "1", "--connections", "4", "--idle", "50"]
    subprocess.run([sys.executable, "-B", script, "--bin", programs, *small, "--json", path], check=True, timeout=90)
    with open(path, encoding="utf-8") as file:
        found = json.load(file)

compared = found["compared"]
assert [each["functions"] for each in compared] == [10, 1000], compared
for each in compared:
    assert each["answer_bytes"] > 500 and each["ratio"] > 0, each
    for side in ("bare", "platform"):
        assert each[side]["per_second"] > 0 and 0 < each[side]["p50_ms"] <= each[side]["p99_ms"], each
assert found["idle"]["connections"] == 50 and found["idle"]["beside"]["per_second"] > 0, found["idle"]
invocations = found["invocations"]
assert invocations["ratio"] > 0, invocations
assert all(invocations[side]["per_second"] > 0 for side in ("alone", "watched")), invocations

wrong = subprocess.run([sys.executable, "-B", script, "--functions", "many"], capture_output=True, text=True, timeout=30,
                       check=False)
assert wrong.returncode == 2 and "--functions: 'many'" in wrong.stderr, wrong
print("all passed")
