#!/usr/bin/env python3
"""fsm-bench run overload, as a test: overload_test.py FSM_BENCH overload. What it measures is compared with what the
same run measured before the storm; bounds are generous, and one run in three has to keep all of them."""
import json
import sys

from program import CASE, call, check_result

TRIES = 3
FUNCTIONS = 20_000


def objections(got):
    """What is not as it should be."""
    wanted = {
        "the storm was none": got["offered_per_second"] > 5 * got["capacity_per_second"],
        "what could be served was not": got["done_per_second"] > 0.5 * got["capacity_per_second"],
        "hardly anybody was refused": got["refused_share"] > 0.5,
        "the refused waited": got["refused_us_p99"] < 100_000,
        "the accepted waited": got["accepted_us_p99"] < 3e6 * 704 / got["capacity_per_second"],
        "another tenant was refused": got["quiet_refused"] == 0,
        "another tenant waited": got["quiet_ratio"] < 2.5,
        "another tenant waits still": got["quiet_ratio_after"] < 2.5,
        "less can be served than before": got["capacity_ratio_after"] > 0.6,
        "the storm lasts": got["recovered_seconds"] < 1,
        "memory grew": got["rss_growth_mib"] < 96,
    }
    return [what for what, holds in wanted.items() if not holds]


def overload():
    refused = call("run", "overload", "--rate", "5", expect=2)
    assert refused.stderr.startswith("fsm-bench: overload: --rate makes no sense"), refused
    for left in reversed(range(TRIES)):
        done = call("run", "overload", "--json", "-", "--functions", str(FUNCTIONS), "--seconds", "3",
                    "--threads", "2")
        got = json.loads(done.stdout)["results"][0]
        check_result(got, "overload")
        assert "operations failed" not in done.stderr, done
        wrong = objections(got)
        print(done.stderr if wrong else f"good: {json.dumps(got)}", wrong, flush=True)
        if not wrong:
            return
        assert left, wrong


{"overload": overload}[CASE]()
print("all passed", file=sys.stderr)
