#!/usr/bin/env python3
"""Calls fsm-bench as a user would, on a small scale: program_test.py FSM_BENCH CASE."""
import html.parser
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

MEMBERS = {"scenario", "functions", "threads", "store", "durability", "seconds", "ops",
           "ops_per_second", "latency_us", "bytes_per_function", "rss_bytes", "commit", "machine"}
# What else a result says of how it was made; in_flight when the flag was given.
ORIGIN = {"build", "date", "rate", "seed"}
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
SHORT = ["--seconds", "0.2", "--threads", "2"]
SMALL = ["--functions", "1000", *SHORT]


def call(*arguments, expect=0):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=100)
    assert done.returncode == expect, f"{arguments}: {done}"
    return done


def check_result(got, scenario):
    assert MEMBERS | ORIGIN <= set(got), got
    assert set(got["build"]) == {"type", "compiler", "warnings"}, got
    further = set(got) - MEMBERS - ORIGIN - {"in_flight", "hot"} - {"slowest_thread_share"} - BLOCKED_CALLER
    assert further == FURTHER.get(scenario, set()), got
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
    assert all(each["hot"] == 2 for each in results) and results[1]["batch"] == 16, results
    assert "2 hot functions" in done.stderr, done


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


def growth():
    """Each scenario with each population, all of it twice in turn; one without functions once."""
    file = json.loads(call("run", "step", "invoke", *SHORT, "--functions", "1000,100",
                           "--repeat", "2", "--json", "-").stdout)
    turn = [("step", 0), ("invoke", 1000), ("invoke", 100)]
    rows = [(each["scenario"], each["functions"]) for each in file["results"]]
    assert rows == turn + turn, rows
    if available_bytes() < 16 << 30:  # The largest counts: it would take some 19 GB.
        done = call("run", "invoke", "--functions", "1000,60000000", expect=2)
        assert done.stdout == "" and len(done.stderr.splitlines()) == 1, done
        assert "60000000 needs about" in done.stderr, done


def available_bytes():
    with open("/proc/meminfo") as file:
        fields = dict(line.split(":") for line in file)
    return int(fields["MemAvailable"].split()[0]) * 1024


class PageParser(html.parser.HTMLParser):
    """Collects what a page refers to, its texts and its elements."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.references, self.open = [], [], []
        self.feed(page)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.open.append(tag)
        self.references += [value for name, value in attrs
                            if name in ("src", "href", "xlink:href", "action", "data", "srcset")]

    def handle_startendtag(self, tag, attrs):
        self.elements.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()


def check_page(page, scenarios):
    parsed = PageParser(page)
    assert parsed.references == [] and "script" not in parsed.elements, parsed.references
    assert "http://" not in page and "https://" not in page and "url(" not in page, page
    root = xml.etree.ElementTree.fromstring(page)  # With its SVG, also well-formed XML.
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids)), ids
    charts = [each for each in root.iter("svg") if each.get("role") == "img"]
    assert charts, page
    for each in charts:
        assert each.get("aria-label") or each.get("aria-labelledby") in ids, each.attrib
    texts = {text for each in root.iter() for text in [each.text] if text}
    assert set(scenarios) <= texts, texts


def report():
    """A page from a fresh run with growth, and from several files."""
    with tempfile.TemporaryDirectory() as folder:
        results = os.path.join(folder, "results.json")
        page = os.path.join(folder, "report.html")
        call("run", "step", "invoke", *SHORT, "--functions", "100,1000", "--json", results)
        done = call("report", results, "-o", page)
        assert done.stdout == "" and done.stderr == "", done
        with open(page, encoding="utf-8") as file:
            text = file.read()
        check_page(text, ["step", "invoke"])
        assert 'id="growth"' in text and "Warning" not in text, text
        with open(results) as file:
            other = json.load(file)
        for each in other["results"]:
            each["machine"] = "<another> & \"machine\""
        moved = os.path.join(folder, "moved.json")
        with open(moved, "w") as file:
            json.dump(other, file)
        text = call("report", results, moved, "-o", "-").stdout
        check_page(text, ["step", "invoke"])
        assert "different machines" in text and "<another>" not in text, text


def compare():
    with tempfile.TemporaryDirectory() as folder:
        old, new, out = [os.path.join(folder, name) for name in ("old", "new", "out")]
        call("run", "step", "invoke", *SMALL, "--repeat", "3", "--json", old)
        with open(old) as file:
            results = json.load(file)
        same = call("compare", old, old, "--fail-below", "1")
        assert same.stdout.count("within the spread") == 2 and same.stderr == "", same
        for each in results["results"]:
            if each["scenario"] == "invoke":
                each["ops_per_second"] /= 1000
        results["results"].append(dict(results["results"][0], scenario="fly"))
        with open(new, "w") as file:
            json.dump(results, file)
        done = call("compare", old, new, "--fail-below", "0.9", "--json", out, expect=1)
        failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
        assert len(failed) == 1 and "invoke" in failed[0], done
        assert "only in new: fly" in done.stdout, done
        with open(out) as file:
            rows = {each["scenario"]: each for each in json.load(file)["rows"]}
        assert rows["invoke"]["verdict"] == "slower" and rows["invoke"]["ratio"] < 0.9, rows
        assert rows["invoke"]["old"]["runs"] == 3 and rows["step"]["ratio"] == 1, rows
        call("compare", old, new)


def bad_files():
    """One line that names the file, and exit code 2."""
    with tempfile.TemporaryDirectory() as folder:
        def written(name, text):
            path = os.path.join(folder, name)
            with open(path, "w") as file:
                file.write(text)
            return path

        good = written("good", call("run", "step", *SMALL, "--json", "-").stdout)
        with open(good) as file:
            text = file.read()
        for bad, why in [
                (written("other", text.replace('"version": 1', '"version": 2')), "version 2"),
                (written("truncated", text[:len(text) // 2]), "not JSON"),
                (written("text", "fly"), "not JSON"),
                (written("empty", ""), "empty"),
                (written("none", '{"version": 1, "results": []}'), "no results"),
                (written("member", text.replace('"ops":', '"spo":')), "ops is missing"),
                (folder, "directory"),
                (os.path.join(folder, "absent"), "not exist")]:
            page = os.path.join(folder, "page")
            for arguments in (["report", good, bad, "-o", page], ["compare", good, bad],
                              ["compare", bad, good]):
                done = call(*arguments, expect=2)
                assert done.stdout == "" and len(done.stderr.splitlines()) == 1, done
                assert bad in done.stderr and why in done.stderr, done
                assert not os.path.exists(page), arguments
        for arguments, named in [(["report", good, "-o", folder], folder),
                                 (["report", good, "-o", "/no/such/folder/page"], "-o"),
                                 (["report", good, "-o", good], "-o"),
                                 (["report", good], "-o"),
                                 (["report", "-o", "-"], "file"),
                                 (["compare", good], "new"),
                                 (["compare", good, good, "--fail-below", "x"], "--fail-below")]:
            done = call(*arguments, expect=2)
            assert done.stdout == "" and len(done.stderr.splitlines()) == 1, done
            assert named in done.stderr, done
        call("report", good, "-o", "/dev/full", expect=1)


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
    if case in ("mixed", "life", "population", "hot", "suite", "growth", "report", "compare",
                "bad_files", "peers", "peers_without_erlang", "peers_with_broken_erlang",
                "listing", "errors", "interrupt"):
        globals()[case]()
    else:
        scenario(case)
