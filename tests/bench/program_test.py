#!/usr/bin/env python3
"""Calls fsm-bench as a user would, on a small scale: program_test.py FSM_BENCH CASE."""
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time

MEMBERS = {"scenario", "functions", "threads", "store", "durability", "seconds", "ops",
           "ops_per_second", "latency_us", "bytes_per_function", "rss_bytes", "commit", "machine"}
# What single scenarios add.
FURTHER = {
    "invoke_batch": {"batch"},
    "wake_storm": {"attempts_in_flight_most", "too_many_requests"},
    "waiters": {"armed_per_second", "fired_per_second", "from_transition_us_p50",
                "from_transition_us_p99"},
    "mixed": {"mix"},
    "life": {"phases"}}
BLOCKED_CALLER = {"blocked_caller_us_p50", "blocked_caller_us_p99", "blocked_caller_samples"}
SCENARIOS = ["step", "create", "invoke", "invoke_batch", "message", "update", "idle_sweep",
             "wake_storm", "mixed", "waiters", "list", "life"]
LATENCIES = ["p50", "p90", "p99", "p999", "max"]
SMALL = ["--functions", "1000", "--seconds", "0.2", "--threads", "2"]


def call(*arguments, expect=0):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=100)
    assert done.returncode == expect, f"{arguments}: {done}"
    return done


def check_result(got, scenario):
    further = set(got) - MEMBERS - {"slowest_thread_share"} - BLOCKED_CALLER
    assert MEMBERS <= set(got) and further == FURTHER.get(scenario, set()), got
    assert 0 <= got.get("slowest_thread_share", 1) <= 1, got
    assert got["scenario"] == scenario and got["threads"] == 2, got
    assert got["store"] == "none" and got["durability"] == "none", got
    assert isinstance(got["commit"], str) and isinstance(got["machine"], str), got
    assert got["ops"] > 0 and got["seconds"] > 0 and got["rss_bytes"] > 0, got
    assert math.isclose(got["ops_per_second"], got["ops"] / got["seconds"], rel_tol=0.5), got
    latencies = [got["latency_us"][name] for name in LATENCIES]
    assert set(got["latency_us"]) == set(LATENCIES), got
    assert latencies == sorted(latencies) and latencies[0] > 0, got
    assert got["bytes_per_function"] >= 0, got


def check_open_or_closed(name, got, is_open):
    has_driving_threads = name not in ("idle_sweep", "wake_storm", "waiters")
    assert ("slowest_thread_share" in got) == (has_driving_threads and not is_open), got
    assert (BLOCKED_CALLER <= set(got)) == (name == "waiters" and is_open), got
    if name == "wake_storm":
        assert got["attempts_in_flight_most"] == 256, got
    if is_open:  # Generous: the machine may be busy.
        assert got["ops_per_second"] <= 1.1 * 5000, got


def scenario(name):
    functions = 0 if name == "step" else 1000
    for flags in ([], ["--in-flight", "8"], ["--seed", "7", "--rate", "5000"]):
        if name == "wake_storm" and "--rate" in flags:
            continue
        done = call("run", name, "--json", "-", *SMALL, *flags)
        file = json.loads(done.stdout)
        assert file["version"] == 1 and len(file["results"]) == 1, file
        got = file["results"][0]
        check_result(got, name)
        if "--rate" not in flags or name != "create":
            assert got["functions"] == functions, got
        check_open_or_closed(name, got, "--rate" in flags)
        assert name in done.stderr and "machine" in done.stderr, done
        assert "failed" not in done.stderr and "\r" not in done.stderr, done


def hot():
    names = ["invoke", "invoke_batch", "message"]
    done = call("run", *names, "--hot", "2", "--batch", "16", "--json", "-", *SMALL)
    results = json.loads(done.stdout)["results"]
    assert [each["scenario"] for each in results] == names, results
    for each in results:
        check_result(each, each["scenario"])
    assert results[1]["batch"] == 16 and "2 hot functions" in done.stderr, done


def run_one(name, *flags, functions=1000):
    done = call("run", name, "--json", "-", "--functions", str(functions), *SMALL[2:], *flags)
    got = json.loads(done.stdout)["results"][0]
    check_result(got, name)
    assert got["functions"] == functions and got["bytes_per_function"] > 0, got
    assert "operations failed" not in done.stderr, done
    return got, done.stderr


def mixed():
    for flags in ([], ["--rate", "5000", "--seed", "7"]):
        got, table = run_one("mixed", *flags)
        calls = got["mix"]["calls"]
        assert set(calls) == {"invoke", "get", "update", "list", "create", "delete"}, got
        assert sum(sum(answers.values()) for answers in calls.values()) == got["ops"], got
        assert calls["invoke"]["accepted"] > 0 and calls["get"]["accepted"] > 0, got
        assert got["mix"]["simulated_seconds"] > 10, got
        assert "mixed: invoke " in table and "the default population" in table, table


def life():
    for flags in ([], ["--in-flight", "1"]):
        got, table = run_one("life", *flags)
        phases = got["phases"]
        names = ["create", "invoke", "idle", "wake", "invoke_again", "remove"]
        assert [each["phase"] for each in phases] == names, got
        assert all(each["ops"] == 1000 and each["rss_bytes"] > 0 for each in phases), got
        assert got["ops"] == 6000, got
        assert all(f"life: {name}: " in table for name in names), table


def population():
    """What a population file says happens; a wrong one is one line."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "population.json")

        def write(text):
            with open(path, "w") as file:
                file.write(text)

        write('{"operations": {"invoke": 0, "get": 0, "list": 0, "delete": 0, "create": 0},'
              ' "wild_tenant": {"share": 0}, "deploy_burst": {"every_operations": 100},'
              ' "wake_storm": {"every_operations": 0}}')
        got, table = run_one("mixed", "--population", path)
        calls = got["mix"]["calls"]
        assert calls["update"]["accepted"] > 0 and calls["invoke"] == {"accepted": 0}, got
        assert got["mix"]["deploy_bursts"] > 0 and got["mix"]["wake_storms"] == 0, got
        assert path in table, table

        for text, named in [
                ('{"speed": 1}', "speed: 1 is not a known member"),
                ('{"tenants": "all"}', 'tenants: "all" is not a whole number'),
                ('{"popularity": {"zipf_exponent": 9}}', "popularity.zipf_exponent: 9 is not"),
                ("{", "not JSON")]:
            write(text)
            done = call("run", "mixed", "--population", path, expect=2)
            assert done.stdout == "" and len(done.stderr.splitlines()) == 1, done
            assert done.stderr.startswith(f"fsm-bench: --population: {path}: "), done
            assert named in done.stderr, done


def suite():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "results.json")
        done = call("run", "step", "invoke", "--json", path, *SMALL)
        assert "ops/s" in done.stdout and done.stderr == "", done
        with open(path) as file:
            names = [each["scenario"] for each in json.load(file)["results"]]
        assert names == ["step", "invoke"], names


def peers():
    file = json.loads(call("peers", "--json", "-", *SMALL).stdout)
    names = ["message", "naive_caf", "invoke", "hardware_probe"]
    assert [each["scenario"] for each in file["results"]] == names, file
    for name, got in zip(names, file["results"]):
        check_result(got, name)
    ratios = {(each["scenario"], each["peer"]): each for each in file["ratios"]}
    assert set(ratios) == {("message", "naive_caf"), ("invoke", "hardware_probe")}, file
    for each in ratios.values():
        assert 0 < each["lowest"] <= each["ratio"] <= each["highest"], file


def listing():
    lines = call("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == SCENARIOS, lines
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
            (["run", "wake_storm", "--rate", "5"], "--rate"),
            (["run", "waiters", "--functions", "10", "--rate", "1000"], "--rate"),
            (["run", "idle_sweep", "--functions", "10", "--rate", "1000"], "--rate"),
            (["run", "update", "--hot", "5"], "--hot"),
            (["run", "invoke", "--functions", "5", "--hot", "6"], "--hot"),
            (["run", "invoke_batch", "--batch", "5000"], "--batch"),
            (["run", "waiters", "--functions", "60000000"], "memory"),
            (["run", "mixed", "--population", "/no/such/file"], "--population"),
            (["run", "life", "--rate", "5"], "--rate"),
            (["peers", "--rate", "1"], "--rate")]:
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
    if case in ("mixed", "life", "population", "hot", "suite", "peers", "listing", "errors",
                "interrupt"):
        globals()[case]()
    else:
        scenario(case)
