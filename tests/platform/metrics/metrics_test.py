#!/usr/bin/env python3
"""What fsm-platform tells Prometheus, and what is made of that: names, the Grafana dashboard, the alerts.

usage: metrics_test.py PROGRAM [PART...], with DOCS=docs/ and PROMTOOL in the environment
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from harness import Platform, check, run_parts  # noqa: E402

DOCS = pathlib.Path(os.environ["DOCS"])
PROMTOOL = os.environ["PROMTOOL"]
HERE = pathlib.Path(__file__).parent


def promtool(*words, **more):
    done = subprocess.run([PROMTOOL, *words], capture_output=True, text=True, timeout=120, check=False, **more)
    check(done.returncode, 0, f"promtool {words}: {done.stdout}{done.stderr}")
    return done.stdout


def scrape(p):
    status, fields, body = p.request("GET", "/metrics")
    check((status, fields["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"), "the answer")
    return body.decode()


def values(text):
    """{"name{labels}": value}, with the labels in the order of their names."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
            found[f"{name}{{{','.join(sorted((labels or '').split(',')))}}}"] = float(value)
    return found


WORLD = {"vpc": {"subnets": [{"id": "subnet-0a1b2c3d", "vpc": "vpc-11111111", "addresses": 1}],
                 "security_groups": ["sg-0a1b2c3d"], "eni_quota": 9}}
VPC = ["--vpc-config", "SubnetIds=subnet-0a1b2c3d,SecurityGroupIds=sg-0a1b2c3d"]


def busy(p):
    """A platform on which a bit of everything has happened."""
    for name, more in (("a", []), ("b", VPC), ("c", VPC)):
        p.create(name, *more)
        p.advance("1s")
    check(p.request("POST", "/2015-03-31/functions/a/invocations", b"{}")[0], 200, "an invocation")
    check(p.request("POST", "/2015-03-31/functions/c/invocations", b"{}")[0] >= 400, True, "a refused one")
    check(p.request("GET", "/2015-03-31/functions/nobody")[0], 404, "an unknown function")
    check(p.request("GET", "/2015-03-31/functions/a/policy", headers={"Origin": "http://elsewhere.example"})[0], 403,
          "a page of another site")
    p.wait("a", "active")
    p.advance("30d")


def numbers(program):
    """what has happened is what the metrics say"""
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        busy(p)
        seen = values(scrape(p))
        for name, wanted in {
                'fsm_functions{last_update_status="Successful",state="Inactive"}': 2,
                'fsm_functions{last_update_status="none",state="Failed"}': 1,
                'fsm_functions_by_reason{reason_code="SubnetOutOfIPAddresses"}': 1,
                'fsm_transitions_total{event="create",last_update_status="none",state="Pending"}': 3,
                'fsm_transitions_total{event="idle_due",last_update_status="Successful",state="Inactive"}': 2,
                'fsm_provisioning_attempts_total{kind="create",result="succeeded"}': 2,
                'fsm_provisioning_attempts_total{kind="create",result="SubnetOutOfIPAddresses"}': 1,
                'fsm_provisioning_duration_seconds_count{kind="create"}': 3,
                "fsm_admissions_total{}": 1,
                'fsm_refusals_total{error="function_failed"}': 1,
                'fsm_waits_total{result="fulfilled"}': 1,
                "fsm_store_healthy{}": 1,
                "fsm_last_sequence{}": 8,
                'fsm_http_requests_total{operation="CreateFunction",status="201"}': 3,
                'fsm_http_requests_total{operation="GetFunction",status="404"}': 1,
                'fsm_http_request_duration_seconds_count{operation="Invoke"}': 2,
                'fsm_http_requests_total{operation="GetPolicy",status="403"}': 1,  # By its head: without a duration.
                'fsm_http_request_duration_seconds_count{operation="GetPolicy"}': 0,
                'fsm_http_errors_total{error="ResourceNotFoundException"}': 1}.items():
            check(seen.get(name), wanted, name)
        check(seen["fsm_idle_proposals_total{}"] >= 2, True, "idle proposals")
        check(seen["fsm_commit_transitions_sum{}"], 8, "transitions in batches")
        p.stop()


def conventions(program):
    """names, types and help texts are as Prometheus wants them, and each is on the page docs/metrics.md"""
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        busy(p)
        text = scrape(p)
        p.stop()
    promtool("check", "metrics", input=text)
    helps = dict(re.findall(r"^# HELP (\w+) (.*)$", text, re.M))
    types = dict(re.findall(r"^# TYPE (\w+) (.*)$", text, re.M))
    page = (DOCS / "metrics.md").read_text(encoding="utf-8")
    rows = dict((name, (kind, words)) for name, kind, words in
                re.findall(r"^\| `(\w+)`[^|]*\| (\w+) \| ([^|]*?) \|$", page, re.M))
    check({name: (types[name], helps[name]) for name in helps}, rows, "docs/metrics.md")


def references(program):
    """the Grafana dashboard and the alerts name nothing that is not there"""
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        busy(p)
        names = {re.sub(r"\{.*", "", name) for name in values(scrape(p))}
        p.stop()
    board = json.loads((DOCS / "grafana" / "fsm-platform.json").read_text(encoding="utf-8"))
    asked = " ".join(target["expr"] for panel in board["panels"] for target in panel.get("targets", []))
    alerts = (DOCS / "alerts.yml").read_text(encoding="utf-8")
    for where, text in (("Grafana", asked), ("the alerts", alerts)):
        used = set(re.findall(r"\bfsm_\w+", text))
        check(used - names, set(), f"{where}: what is not there")
        check(len(used) > 10, True, f"{where} use metrics")
    missing = {re.sub(r"_(bucket|count|sum)$", "", name) for name in names} - {
        re.sub(r"_(bucket|count|sum)$", "", name) for name in re.findall(r"\bfsm_\w+", asked)}
    check(missing, set(), "what no panel shows")


def alerts(_program):
    """each alert is well formed, fires when it has to and only then, and has its section in operations.md"""
    promtool("check", "rules", str(DOCS / "alerts.yml"))
    with tempfile.TemporaryDirectory(prefix="fsm-alerts-") as folder:
        for file in (DOCS / "alerts.yml", HERE / "alert_cases.yml"):
            shutil.copy(file, folder)
        check("SUCCESS" in promtool("test", "rules", "alert_cases.yml", cwd=folder), True, "the tests of the alerts")
    text = (DOCS / "alerts.yml").read_text(encoding="utf-8")
    tested = (HERE / "alert_cases.yml").read_text(encoding="utf-8")
    for name in re.findall(r"- alert: (\w+)", text):
        check((f"{name} fires" in tested, f"{name} does not fire" in tested), (True, True), f"the tests of {name}")
    operations = (DOCS / "operations.md").read_text(encoding="utf-8")
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
               for title in re.findall(r"^#+ (.+)$", operations, re.M)}
    check(set(re.findall(r"runbook: operations\.md#(\S+)", text)) - anchors, set(), "runbooks without a section")


PARTS = [numbers, conventions, references, alerts]


if __name__ == "__main__":
    run_parts(PARTS)
