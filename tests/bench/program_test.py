#!/usr/bin/env python3
"""Calls fsm-bench as a user would, on a small scale: program_test.py FSM_BENCH CASE."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from program import BLOCKED_CALLER, CASE, PROGRAM, SHORT, SMALL, call, check_result

SCENARIOS = ["step", "create", "invoke", "invoke_batch", "invoke_metrics", "message", "update",
             "idle_sweep", "wake_storm", "mixed", "waiters", "list", "life", "overload",
             "acknowledge", "recover"]


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
    assert all(each["hot"] == 2 for each in results) and results[1]["batch"] == 16, results
    assert "2 hot functions" in done.stderr, done


def run_one(name, *flags, functions=1000):
    done = call("run", name, "--json", "-", "--functions", str(functions), *SHORT, *flags)
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


COMPARISONS = [("step", "hand_written_switch"), ("create", "erlang"),
               ("invoke", "hardware_probe"), ("invoke", "erlang"),
               ("invoke_batch", "hardware_probe_batch"),
               ("message", "naive_caf"), ("message", "erlang")]


def run_peers(path, *flags, expect=0):
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
    _, ratios = run_peers(os.environ["PATH"])
    assert list(ratios) == COMPARISONS, ratios
    installed = shutil.which("erl") and shutil.which("erlc")
    for (name, peer), each in ratios.items():
        if peer == "erlang":
            assert ("missing" not in each) == bool(installed), each
        elif name != "invoke_batch":
            assert "missing" not in each, each


def peers_without_erlang():
    with tempfile.TemporaryDirectory() as empty:
        _, ratios = run_peers(empty, "--only", "step,create,invoke/erlang")
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
        results, ratios = run_peers(folder + ":" + os.environ["PATH"], "--only", "invoke", expect=1)
    assert set(results) == {"invoke", "invoke/hardware_probe"}, results
    assert ratios["invoke", "erlang"]["missing"].startswith("failed: erl: 'hello'"), ratios


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
            (["run", "step", "--functions", "1,,2"], "--functions"),
            (["run", "step", "--repeat", "0"], "--repeat"),
            (["peers", "--functions", "1,2"], "--functions"),
            (["run", "step", "--store", "paper"], "--store"),
            (["run", "create", "--data", "somewhere"], "--data"),
            (["run", "create", "--durability", "synced"], "--durability"),
            (["run", "recover"], "--store rocksdb"),
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
            (["peers", "--rate", "1"], "--rate"),
            (["peers", "--only", "fly"], "'fly'")]:
        done = call(*arguments, expect=2)
        assert done.stdout == "" and len(done.stderr.splitlines()) == 1, done
        assert done.stderr.startswith("fsm-bench: ") and named in done.stderr, done


def on_disk(name, *flags, durability="synced"):
    """One result, measured in a temporary directory of which nothing is left."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([PROGRAM, "run", name, "--store", "rocksdb", "--json", "-", *SMALL,
                               *flags], capture_output=True, text=True, timeout=100,
                              env={**os.environ, "TMPDIR": folder})
        assert done.returncode == 0, done
        assert os.listdir(folder) == [], os.listdir(folder)
    assert "failed" not in done.stderr, done
    got = json.loads(done.stdout)["results"][0]
    check_result(got, name, durability)
    return got, done.stderr


def disk_scenarios():
    """The others: everything that has a runtime runs with its functions on disk."""
    for name in ("invoke_batch", "message", "list"):
        done = call("run", name, "--store", "rocksdb", "--json", "-", *SMALL)
        check_on_disk_row(json.loads(done.stdout)["results"][0], name)
    for name in ("idle_sweep", "wake_storm", "mixed", "waiters", "life"):
        got, _ = on_disk(name)
        assert got["commits"] > 0, got


def check_on_disk_row(got, name):
    """Nothing is written while it is measured, so nothing is said about commits."""
    assert got["store"] == "rocksdb" and "commits" not in got, got
    assert got["ops"] > 0 and got["scenario"] == name, got


def disk_create():
    for flags in (["--in-flight", "64"], ["--durability", "buffered"], ["--rate", "5000"]):
        durability = "buffered" if "buffered" in flags else "synced"
        if durability == "synced" and "--rate" not in flags:
            got, table = on_disk("create", *flags)
            assert [each["what"] for each in got["targets"]][-1] == "of RocksDB alone", got
            assert "durable transitions/s" in table and "RocksDB alone: " in table, table
            sizes = got["disk_bytes_per_function"]
            assert sizes["functions"] > 30 and sizes["names"] > 10, sizes
        else:
            got, table = on_disk("create", *flags, durability=durability)
        assert got["raw_transitions_per_second"] > 0 and got["raw_ratio"] > 0, got
        assert got["commits"] > 0 and got["transitions_per_commit"] >= 1, got


def disk_update():
    got, table = on_disk("update")
    # Two transitions each; those of the calls at either end may fall outside.
    assert abs(got["transitions_per_second"] / (2 * got["ops_per_second"]) - 1) < 0.2, got
    assert "update: store: " in table, table


def disk_invoke():
    got, table = on_disk("invoke")
    assert got["without_store_ops_per_second"] > 0, got
    assert got["targets"][0]["at_least"] == 0.9, got
    assert "without a store, in turns" in table, table


def disk_acknowledge():
    got, table = on_disk("acknowledge", "--rate", "1000")
    assert got["rate"] == 1000 and got["functions"] == 40, got
    assert 150 < got["ops"] <= 200 and got["transitions_per_second"] < 2200, got
    assert got["targets"][0]["at_most"] == 4, got
    assert "RocksDB alone, the same commits as often" in table, table


def disk_recover():
    got, table = on_disk("recover")
    assert got["functions"] == 1000 and got["ops"] == 3000, got
    assert got["start_seconds"] > 0 and got["killed_start_seconds"] > 0, got
    assert "killed under load: serves after" in table and "closed: serves after" in table, table


def disk_data():
    """The user's directory: what is there is left alone, what we made is left there."""
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data")
        flags = ["--store", "rocksdb", "--data", data, *SMALL]
        for _ in range(2):
            call("run", "create", *flags)
            assert sorted(os.listdir(data)) == ["create", "create-probe", "fsm-bench.data"], data
        letter = os.path.join(data, "letter")
        with open(letter, "w") as file:
            file.write("mine")
        before = sorted(os.listdir(os.path.join(data, "create")))
        done = call("run", "create", *flags, expect=2)
        assert done.stdout == "" and "letter" in done.stderr, done
        assert len(done.stderr.splitlines()) == 1, done
        assert sorted(os.listdir(os.path.join(data, "create"))) == before, before
        done = call("run", "create", "--store", "rocksdb", "--data", folder, *SMALL, expect=2)
        assert "was not made by fsm-bench" in done.stderr, done
        assert os.listdir(folder) == ["data"], folder


def disk_interrupt():
    """Ctrl-C while functions are being created on disk: nothing is left behind."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.Popen([PROGRAM, "run", "create", "--store", "rocksdb", "--in-flight", "64",
                                "--functions", "1000000"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "TMPDIR": folder})
        for line in run.stdout:
            if line == "\n":
                break
        deadline = time.monotonic() + 30
        while not any("CURRENT" in files for _, _, files in os.walk(folder)):
            assert time.monotonic() < deadline, "no store was made"
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
        assert run.returncode == 130, (run.returncode, err)
        assert os.listdir(folder) == [], os.listdir(folder)


def without_rocksdb():
    done = call("run", "create", "--store", "rocksdb", expect=2)
    assert done.stdout == "" and "rocksdb is not built in" in done.stderr, done


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
    if CASE in ("mixed", "life", "population", "hot", "suite", "peers", "peers_without_erlang",
                "peers_with_broken_erlang", "listing", "errors", "interrupt", "disk_scenarios",
                "disk_create", "disk_update", "disk_invoke", "disk_acknowledge", "disk_recover",
                "disk_data", "disk_interrupt", "without_rocksdb"):
        globals()[CASE]()
    else:
        scenario(CASE)
