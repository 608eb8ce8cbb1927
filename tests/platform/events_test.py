#!/usr/bin/env python3
"""Sends events to fsm-platform, and kills and restarts it meanwhile.

usage: events_test.py PROGRAM [PART...]
"""

import base64
import http.client
import os
import re
import tempfile
import threading
import time

import boto3
import botocore.config
from harness import ROLE, Platform, check, run_parts, zip_bytes

FUNCTIONS = "/2015-03-31/functions"
INVOKE = FUNCTIONS + "/f/invocations"
EVENT = {"X-Amz-Invocation-Type": "Event"}
QUICK = {"provision_time": "0ms", "update_time": "0ms", "restore_time": "0ms"}
# A restore that does not end while anybody looks.
SLOW = {**QUICK, "restore_time": "20h"}
NOTHING_DROPPED = {"EventAgeExceeded": 0, "RetriesExhausted": 0, "ZeroReservedConcurrency": 0,
                   "FunctionNotFound": 0}


def folder():
    return tempfile.TemporaryDirectory(prefix="fsm-events-")


def create(platform, name):
    body = {"FunctionName": name, "Role": ROLE, "Runtime": "python3.12", "Handler": "index.handler",
            "Code": {"ZipFile": base64.b64encode(zip_bytes("x")).decode()}}
    check(platform.request("POST", FUNCTIONS, body)[0], 201, "create")
    platform.wait(name, "active")


def send(platform, path=INVOKE, payload="{}"):
    return platform.request("POST", path, payload, EVENT)[0]


def counters(platform):
    return platform.fsm("GET", "event-invokes")


def await_counters(platform, **wanted):
    """Polls, as long as it may take."""
    until = time.monotonic() + 60
    while True:
        found = counters(platform)
        if {key: found[key] for key in wanted} == wanted:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"wanted {wanted}, found {found}")
        time.sleep(0.02)


def aws_cli(program):
    """invocations of all kinds by the AWS CLI and by boto3"""
    with Platform(program, "--account-concurrency", "7", world=QUICK) as p:
        p.create("f", "--memory-size", "256")
        p.wait("f", "active")
        meta, payload = p.invoke("f", '{"n":1}', "--log-type", "Tail")
        check(payload, '{"n":1}', "what the echo gives back")
        log = base64.b64decode(meta["LogResult"]).decode()
        lines = log.splitlines()
        request = re.fullmatch(r"START RequestId: ([0-9a-f-]{36}) Version: \$LATEST", lines[0]).group(1)
        check(lines[1], f"END RequestId: {request}", "the log")
        check(re.fullmatch(r"REPORT RequestId: " + request + r"\tDuration: \d+\.\d\d ms\tBilled Duration: "
                           r"\d+ ms\tMemory Size: 256 MB\tMax Memory Used: \d+ MB\t", lines[2]) is not None,
              True, log)
        meta, payload = p.invoke("f", '{"n":1}', "--invocation-type", "Event")
        check((meta["StatusCode"], payload, "ExecutedVersion" in meta), (202, "", False), "an event")
        check(p.invoke("f", '{"n":1}', "--invocation-type", "DryRun")[0]["StatusCode"], 204, "DryRun")
        path = os.path.join(p.folder.name, "arguments")
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"n":2}')
        check(p.aws("invoke-async", "--function-name", "f", "--invoke-args", path), {"Status": 202},
              "invoke-async")
        check(await_counters(p, delivered=2), {"queued": 0, "in_flight": 0, "delivered": 2, "retried": 0,
                                               "dropped": NOTHING_DROPPED}, "the counters")
        client = boto3.client("lambda", endpoint_url=p.url, region_name="us-east-1", aws_access_key_id="x",
                              aws_secret_access_key="x",
                              config=botocore.config.Config(retries={"total_max_attempts": 1}))
        answer = client.invoke_with_response_stream(FunctionName="f", Payload=b'{"n":3}', LogType="Tail")
        events = list(answer["EventStream"])
        check([list(each) for each in events], [["PayloadChunk"], ["InvokeComplete"]], "the stream")
        check(events[0]["PayloadChunk"]["Payload"], b'{"n":3}', "its payload")
        check("LogResult" in events[1]["InvokeComplete"], True, "its log")
        check(answer["ExecutedVersion"], "$LATEST", "its version")
        p.stop()


def virtual_time(program):
    """what is due by a time has run when the clock is there"""
    with Platform(program, "--virtual-clock", world={**QUICK, "restore_time": "90s"}) as p:
        create(p, "f")
        p.advance("15d")
        check(send(p), 202, "an event for an Inactive function")
        check(p.fsm("GET", "wait/f?for=exists")["state"], "Pending", "the restore has started")
        check(p.request("POST", INVOKE, "{}")[0], 409, "a synchronous invocation")
        p.advance("60s")
        check(counters(p)["queued"], 1, "before the restore")
        p.advance("5m")
        check(counters(p)["delivered"], 1, "after the restore")
        p.advance("15d")
        check(send(p), 202, "an event")
        check(p.request("DELETE", FUNCTIONS + "/f")[0], 204, "delete")
        p.advance("5m")
        check(counters(p)["dropped"], {**NOTHING_DROPPED, "FunctionNotFound": 1}, "of a deleted function")
        check('event dropped function="f"' in p.read_log(), True, "the log")
        p.stop()


def age(program):
    """an event that cannot be delivered is dropped when it is six hours old, also across a restart"""
    with folder() as data:
        with Platform(program, "--virtual-clock", world=SLOW, data=data) as p:
            create(p, "f")
            p.advance("15d")
            check(send(p), 202, "an event")
            p.advance("5h")
            check(counters(p)["queued"], 1, "after five hours")
            p.stop()
        with Platform(program, "--virtual-clock", world=SLOW, data=data) as p:
            check(counters(p)["queued"], 1, "after a restart")
            p.advance("6h")  # The hours before the stop need not count.
            check(counters(p)["dropped"], {**NOTHING_DROPPED, "EventAgeExceeded": 1}, "after six hours")
            p.stop()
        with Platform(program, "--virtual-clock", world=SLOW, data=data) as p:
            check(counters(p)["queued"], 0, "it is forgotten")
            p.stop()


def kill(program):
    """nothing that was accepted is lost, wherever in the stream of events the platform is killed"""
    for mode in ("synced", "buffered"):
        with folder() as data:
            accepted = 0
            for _ in range(3):
                accepted += killed_while_sending(program, data, mode, accepted == 0)
            with Platform(program, "--virtual-clock", "--durability", mode, world=QUICK, data=data) as p:
                p.advance("10m")
                found = counters(p)
                # One for each client may have been kept without an answer.
                check(accepted <= found["delivered"] <= accepted + 3 * 4, True, f"{accepted} accepted, {found}")
                check((found["queued"], found["dropped"]), (0, NOTHING_DROPPED), "what is left")
                p.stop()
            with Platform(program, "--virtual-clock", "--durability", mode, world=SLOW, data=data) as p:
                check(counters(p)["queued"], 0, "what has ended is forgotten")
                p.stop()


def killed_while_sending(program, data, mode, is_first):
    """How many events were accepted. The function is being restored all the time: none is delivered."""
    counted = []
    with Platform(program, "--virtual-clock", "--durability", mode, world=SLOW, data=data) as p:
        if is_first:
            create(p, "f")
            p.advance("15d")

        def client():
            connection = http.client.HTTPConnection("127.0.0.1", p.port, timeout=30)
            number = 0
            try:
                while True:
                    connection.request("POST", INVOKE, f'{{"pad":"{"x" * (number * 997 % 9000)}"}}', EVENT)
                    answer = connection.getresponse()
                    answer.read()
                    check(answer.status, 202, "an event")
                    number += 1
            except (OSError, http.client.HTTPException):
                counted.append(number)

        clients = [threading.Thread(target=client) for _ in range(4)]
        for each in clients:
            each.start()
        time.sleep(0.7)
        p.process.kill()
        for each in clients:
            each.join()
    check(len(counted), 4, "clients that ended with the platform")
    check(sum(counted) > 0, True, "some were accepted")
    return sum(counted)


def checkpoints(program):
    """a copy has the events that wait"""
    with folder() as data:
        with Platform(program, "--virtual-clock", world=SLOW, data=data) as p:
            create(p, "f")
            p.advance("15d")
            check([send(p, payload="1"), send(p, payload='"' + "x" * 5000 + '"')], [202, 202], "events")
            name = p.fsm("POST", "checkpoint")["checkpoint"]
            check(send(p), 202, "a later event")
            p.stop()
        copy = os.path.join(data, "checkpoints", name)
        with Platform(program, "--virtual-clock", world=SLOW, data=copy) as p:
            check(counters(p)["queued"], 2, "events of the copy")
            p.stop()
        with Platform(program, "--virtual-clock", world=SLOW, data=data) as p:
            check(counters(p)["queued"], 3, "events of the original")
            p.stop()


if __name__ == "__main__":
    run_parts([aws_cli, virtual_time, age, kill, checkpoints])
