"""What the tests that call fsm-bench share: the program and the case are their arguments."""
import math
import subprocess
import sys

PROGRAM, CASE = sys.argv[1:]
MEMBERS = {"scenario", "functions", "threads", "store", "durability", "seconds", "ops",
           "ops_per_second", "latency_us", "bytes_per_function", "rss_bytes", "commit", "machine"}
# What else a result says of how it was made.
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
SOMETIMES = {"in_flight", "hot", "slowest_thread_share"} | BLOCKED_CALLER
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
    further = set(got) - MEMBERS - ORIGIN - SOMETIMES
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
