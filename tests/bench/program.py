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
    "invoke_metrics": {"without_metrics_ops_per_second", "without_metrics_ratio",
                       "without_metrics_ratio_lowest", "without_metrics_ratio_highest"},
    "wake_storm": {"attempts_in_flight_most", "too_many_requests"},
    "waiters": {"armed_per_second", "fired_per_second", "from_transition_us_p50",
                "from_transition_us_p99"},
    "mixed": {"mix"},
    "life": {"phases"},
    "overload": {"capacity_per_second", "offered_per_second", "done_per_second", "refused_share",
                 "accepted_us_p50", "accepted_us_p99", "refused_us_p99", "quiet_calm_us_p99",
                 "quiet_storm_us_p99", "quiet_refused", "quiet_ratio", "quiet_ratio_after",
                 "capacity_ratio_after", "rss_bytes_before", "rss_bytes_after", "rss_growth_mib",
                 "recovered_seconds", "targets"}}
COMMITS = {"commits", "transitions_per_commit", "commit_us_p50", "commit_us_p99", "commit_us_max"}
RECOVERED = {"start_seconds", "functions_per_second", "raw_open_seconds", "raw_scan_seconds",
             "raw_ratio", "raw_ratio_lowest", "raw_ratio_highest", "raw_scan_ratio"}
# What they add when their store is on disk.
ON_DISK = {
    "create": COMMITS | {"transitions_per_second", "raw_transitions_per_second", "raw_ratio",
                         "raw_ratio_lowest", "raw_ratio_highest", "disk_bytes_per_function",
                         "targets"},
    "update": COMMITS | {"transitions_per_second"},
    "mixed": COMMITS | {"transitions_per_second"},
    "invoke": {"without_store_ops_per_second", "without_store_ratio",
               "without_store_ratio_lowest", "without_store_ratio_highest", "targets"},
    "acknowledge": COMMITS | {"transitions_per_second", "raw_commit_us_p50", "raw_commit_us_p99",
                              "raw_commit_us_max", "raw_p99_ratio", "raw_p99_ratio_lowest",
                              "raw_p99_ratio_highest", "targets"},
    "recover": RECOVERED | {"killed_" + each for each in RECOVERED} | {"targets"}}
BLOCKED_CALLER = {"blocked_caller_us_p50", "blocked_caller_us_p99", "blocked_caller_samples"}
SOMETIMES = {"in_flight", "hot", "slowest_thread_share", "targets"} | BLOCKED_CALLER
LATENCIES = ["p50", "p90", "p99", "p999", "max"]
SHORT = ["--seconds", "0.2", "--threads", "2"]
SMALL = ["--functions", "1000", *SHORT]


def call(*arguments, expect=0):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=100)
    assert done.returncode == expect, f"{arguments}: {done}"
    return done


def check_result(got, scenario, durability="none"):
    assert MEMBERS | ORIGIN <= set(got), got
    assert set(got["build"]) == {"type", "compiler", "warnings"}, got
    further = set(got) - MEMBERS - ORIGIN - SOMETIMES
    expected = FURTHER.get(scenario, set())
    if durability != "none":
        expected = expected | ON_DISK.get(scenario, COMMITS)
    expected = expected - SOMETIMES
    assert further == expected, got
    assert 0 <= got.get("slowest_thread_share", 1) <= 1, got
    assert got["scenario"] == scenario and got["threads"] == 2, got
    assert got["store"] == ("none" if durability == "none" else "rocksdb"), got
    assert got["durability"] == durability, got
    assert isinstance(got["commit"], str) and isinstance(got["machine"], str), got
    assert got["ops"] > 0 and got["seconds"] > 0 and got["rss_bytes"] > 0, got
    assert math.isclose(got["ops_per_second"], got["ops"] / got["seconds"], rel_tol=0.5), got
    latencies = [got["latency_us"][name] for name in LATENCIES]
    assert set(got["latency_us"]) == set(LATENCIES), got
    assert latencies == sorted(latencies) and latencies[0] > 0, got
    assert got["bytes_per_function"] >= 0, got
