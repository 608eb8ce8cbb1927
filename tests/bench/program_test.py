#!/usr/bin/env python3
"""Calls fsm-bench as a user would, on a small scale: program_test.py FSM_BENCH CASE."""
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MEMBERS = {"scenario", "functions", "threads", "store", "durability", "seconds", "ops",
           "ops_per_second", "latency_us", "bytes_per_function", "rss_bytes", "commit", "machine"}
LATENCIES = ["p50", "p90", "p99", "p999", "max"]
SMALL = ["--functions", "1000", "--seconds", "0.2", "--threads", "2"]


def call(*arguments, expect=0):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=100)
    assert done.returncode == expect, f"{arguments}: {done}"
    return done


def check_result(got, scenario):
    assert set(got) == MEMBERS, got
    assert got["scenario"] == scenario and got["threads"] == 2, got
    assert got["store"] == "none" and got["durability"] == "none", got
    assert isinstance(got["commit"], str) and isinstance(got["machine"], str), got
    assert got["ops"] > 0 and got["seconds"] > 0 and got["rss_bytes"] > 0, got
    assert math.isclose(got["ops_per_second"], got["ops"] / got["seconds"], rel_tol=0.5), got
    latencies = [got["latency_us"][name] for name in LATENCIES]
    assert set(got["latency_us"]) == set(LATENCIES), got
    assert latencies == sorted(latencies) and latencies[0] > 0, got
    assert got["bytes_per_function"] >= 0, got


def scenario(name):
    functions = 0 if name == "step" else 1000
    for flags in ([], ["--in-flight", "8"], ["--seed", "7", "--rate", "5000"]):
        done = call("run", name, "--json", "-", *SMALL, *flags)
        file = json.loads(done.stdout)
        assert file["version"] == 1 and len(file["results"]) == 1, file
        got = file["results"][0]
        check_result(got, name)
        if "--rate" not in flags or name != "create":
            assert got["functions"] == functions, got
        assert name in done.stderr and "machine" in done.stderr, done
        assert "failed" not in done.stderr and "\r" not in done.stderr, done


def suite():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "results.json")
        done = call("run", "step", "invoke", "--json", path, *SMALL)
        assert "ops/s" in done.stdout and done.stderr == "", done
        with open(path) as file:
            names = [each["scenario"] for each in json.load(file)["results"]]
        assert names == ["step", "invoke"], names


COMPARISONS = [("step", "hand_written_switch"), ("create", "erlang"),
               ("invoke", "hardware_probe"), ("invoke", "erlang"),
               ("invoke_batch", "hardware_probe_batch"),
               ("message", "naive_caf"), ("message", "erlang")]


def compare(path, *flags, expect=0):
    """The results by name, and the ratios by scenario and peer."""
    done = subprocess.run([PROGRAM, "peers", "--json", "-", *SMALL, *flags], capture_output=True,
                          text=True, timeout=100, env={**os.environ, "PATH": path})
    assert done.returncode == expect, done
    file = json.loads(done.stdout)
    results = {each["scenario"]: each for each in file["results"]}
    assert len(results) == len(file["results"]), file
    for name, got in results.items():
        check_result(got, name)
    ratios = {(each["scenario"], each["peer"]): each for each in file["ratios"]}
    for (name, peer), each in ratios.items():
        if "missing" in each:
            assert set(each) == {"scenario", "peer", "missing"}, each
            assert f"{name}/{peer}" not in results and each["missing"] in done.stderr, done
        else:
            assert 0 < each["lowest"] <= each["ratio"] <= each["highest"], each
            assert each["target"] > 0 and name in results and f"{name}/{peer}" in results, file
    return results, ratios


def peers():
    """With Erlang, where it is installed."""
    _, ratios = compare(os.environ["PATH"])
    assert list(ratios) == COMPARISONS, ratios
    installed = shutil.which("erl") and shutil.which("erlc")
    for (name, peer), each in ratios.items():
        if peer == "erlang":
            assert ("missing" not in each) == bool(installed), each
        elif name != "invoke_batch":
            assert "missing" not in each, each


def peers_without_erlang():
    with tempfile.TemporaryDirectory() as empty:
        _, ratios = compare(empty, "--only", "step,create,invoke/erlang")
    assert list(ratios) == [("step", "hand_written_switch"), ("create", "erlang"),
                            ("invoke", "erlang")], ratios
    for (_, peer), each in ratios.items():
        assert (each.get("missing") == "erl is not installed") == (peer == "erlang"), each


def peers_with_broken_erlang():
    """One peer that fails does not take the others with it."""
    with tempfile.TemporaryDirectory() as folder:
        for program in ("erl", "erlc"):
            path = os.path.join(folder, program)
            with open(path, "w") as file:
                file.write("#!/bin/sh\n" + ("echo hello\n" if program == "erl" else ""))
            os.chmod(path, 0o755)
        results, ratios = compare(folder + ":" + os.environ["PATH"], "--only", "invoke", expect=1)
    assert set(results) == {"invoke", "invoke/hardware_probe"}, results
    assert ratios["invoke", "erlang"]["missing"].startswith("failed: erl: 'hello'"), ratios


def listing():
    lines = call("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["step", "create", "invoke", "message"], lines
    assert all(len(line.split()) > 3 for line in lines), lines
    assert "--functions" in call("run", "--help").stdout


def errors():
    for arguments, named in [
            (["run", "fly"], "'fly'"),
            (["run"], "scenario"),
            (["fly"], "fly"),
            (["run", "step", "--threads", "0"], "--threads"),
            (["run", "step", "--functions", "many"], "--functions"),
            (["run", "step", "--store", "rocksdb"], "not built in yet"),
            (["run", "step", "--json", "/no/such/folder/file"], "--json"),
            (["run", "step", "--fast"], "--fast"),
            (["peers", "--rate", "1"], "--rate"),
            (["peers", "--only", "fly"], "'fly'")]:
        done = call(*arguments, expect=2)
        assert done.stdout == "" and len(done.stderr.splitlines()) == 1, done
        assert done.stderr.startswith("fsm-bench: ") and named in done.stderr, done


def interrupt():
    """Ctrl-C in the middle of a measurement: ends soon, and what was finished is written."""
    run = subprocess.Popen([PROGRAM, "run", "step", "step", "--seconds", "60", "--json", "-"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in run.stderr:  # The header ends with an empty line: from here on it measures.
        if line == "\n":
            break
    began = time.monotonic()
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=30)
    assert run.returncode == 130 and "interrupted" in err, (run.returncode, err)
    assert json.loads(out)["results"] == [], out
    assert time.monotonic() - began < 20


if __name__ == "__main__":
    PROGRAM, case = sys.argv[1:]
    if case in ("suite", "peers", "peers_without_erlang", "peers_with_broken_erlang", "listing",
                "errors", "interrupt"):
        globals()[case]()
    else:
        scenario(case)
