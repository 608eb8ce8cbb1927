#!/usr/bin/env python3
"""The event stream of fsm-platform, and waiting for functions: nothing missing, nothing twice, nobody slowed.

usage: stream_test.py PROGRAM [PART...]
"""

import base64
import contextlib
import http.client
import json
import random
import selectors
import signal
import socket
import struct
import tempfile
import threading
import time

from harness import ROLE, Platform, check, run_parts, zip_bytes

CODE = base64.b64encode(zip_bytes("x")).decode()
SLACK_SECONDS = 20


def create(p, name):
    body = {"FunctionName": name, "Role": ROLE, "Runtime": "python3.12", "Handler": "index.handler",
            "Code": {"ZipFile": CODE}}
    status, fields, text = p.request("POST", "/2015-03-31/functions", body)
    check(status, 201, f"creating {name}: {text!r}")
    return int(fields["X-Fsm-Sequence"])


class Stream:
    """One reader of /_fsm/events. `events` are (id, kind, data) as they came."""

    def __init__(self, p, query="", headers=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", p.port, timeout=SLACK_SECONDS)
        self.connection.request("GET", f"/_fsm/events{query}", headers=headers or {})
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.events = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.answer.close()

    def next(self):
        """The next event; None at the end of the stream."""
        fields = {}
        while True:
            line = self.answer.readline().decode()
            if not line:
                return None
            if line == "\n":
                if "event" in fields:
                    number = int(fields["id"]) if "id" in fields else None
                    self.events.append((number, fields["event"], json.loads(fields["data"])))
                    return self.events[-1]
                fields = {}
                continue
            key, _, value = line.rstrip("\n").partition(": ")
            fields[key] = value

    def until(self, wanted):
        """Reads on until an event is as wanted."""
        while True:
            event = self.next()
            if event is None:
                raise AssertionError("the stream has ended")
            if wanted(*event):
                return event

    def transitions(self):
        return [number for number, kind, _ in self.events if kind == "transition"]


def last_sequence(p):
    return p.fsm("GET", "overview")["sequence"]


def load(p, prefix, count):
    """Creates, updates and deletes functions by several hands."""
    def hand(which):
        for i in range(count):
            name = f"{prefix}-{which}-{i}"
            create(p, name)
            p.request("PUT", f"/2015-03-31/functions/{name}/configuration", {"Description": str(i)})
            if i % 3 == 0:
                p.request("DELETE", f"/2015-03-31/functions/{name}")
    hands = [threading.Thread(target=hand, args=(n,)) for n in range(4)]
    for each in hands:
        each.start()
    return hands


def order(program):
    """many hands at work: each stream sees every transition once, in order; also who resumes anywhere"""
    with Platform(program) as p, Stream(p, "?after=0") as whole:
        hands = load(p, "f", 15)
        # One that leaves after every few events, and comes back where it was.
        rng, position, pieces = random.Random(1), 0, []
        while any(each.is_alive() for each in hands) or position < last_sequence(p):
            how = {"headers": {"Last-Event-ID": str(position)}} if rng.random() < 0.5 else {"query": f"?after={position}"}
            with Stream(p, **how) as piece:
                for _ in range(rng.randrange(1, 12)):
                    number, kind, _ = piece.until(lambda n, k, d: k != "mark")
                    if kind == "transition":
                        position = number
                    if position >= last_sequence(p) and not any(each.is_alive() for each in hands):
                        break
                pieces += piece.transitions()
        for each in hands:
            each.join()
        p.wait("f-0-1", "settled")
        end = last_sequence(p)
        whole.until(lambda number, *_: number is not None and number >= end)
        check(whole.transitions(), list(range(1, end + 1)), "the whole stream")
        check(pieces, list(range(1, len(pieces) + 1)), "the pieces")
        names = {data["name"]: data["previous"] for _, kind, data in whole.events if kind == "transition"}
        check(len(names), 60, "functions")
        p.stop()


def restarts(program):
    """over SIGTERM and kill -9, a stream that resumes misses nothing and repeats nothing"""
    with tempfile.TemporaryDirectory(prefix="fsm-stream-") as data:
        position, seen = 0, []
        for life in range(4):
            with Platform(program, data=data) as p:
                with Stream(p, f"?after={position}") as stream:
                    acknowledged = 0
                    for i in range(10):
                        acknowledged = create(p, f"f-{life}-{i}")
                    stream.until(lambda number, *_: number is not None and number >= acknowledged)
                    if life % 2 == 0:
                        p.stop()
                        while stream.next() is not None:
                            pass
                    else:
                        p.process.send_signal(signal.SIGKILL)
                        p.process.wait()
                        with contextlib.suppress(http.client.HTTPException, OSError):
                            while stream.next() is not None:
                                pass
                    seen += stream.transitions()
                    position = seen[-1]
        with Platform(program, data=data) as p, Stream(p, f"?after={position}") as stream:
            for name in ("f-3-9", "f-1-9"):
                p.wait(name, "active")
            end = last_sequence(p)
            if end > position:
                stream.until(lambda number, *_: number is not None and number >= end)
            seen += stream.transitions()
            check(seen, list(range(1, end + 1)), "the transitions of five lives")
            p.stop()


def filters(program):
    """one function's stream, marks, the overview, and what is not allowed"""
    with Platform(program, "--virtual-clock") as p:
        with Stream(p, "?function=b") as stream, Stream(p, "?overview=100ms&transitions=off") as numbers:
            check(stream.next()[1:], ("start", {"sequence": 0}), "the start")
            check(numbers.until(lambda n, kind, d: kind == "overview")[2]["functions"], 0, "functions at first")
            for name in "abc":
                create(p, name)
            p.advance("1s")
            stream.until(lambda n, k, d: d.get("event") == "provision_succeeded")
            check({data.get("name") for _, kind, data in stream.events if kind == "transition"}, {"b"}, "the names")
            seen = numbers.until(lambda n, kind, d: kind == "overview" and d["states"]["Active"] == 3)[2]
            check((seen["sequence"], seen["transitions"], seen["provisioning"]["succeeded"]), (6, 6, 3), "the overview")
            check(all(kind != "transition" for _, kind, _ in numbers.events), True, "no transitions")
        for query, what in (("?after=x", "after: 'x'"), ("?after=-1", "after: '-1'"), ("?overview=1ms", "overview: '1ms'"),
                            ("?overview=2h", "overview: '2h'"), ("?transitions=no", "transitions: 'no'"),
                            ("?transitions=off", "transitions: 'off'")):
            status, _, body = p.request("GET", f"/_fsm/events{query}")
            check((status, json.loads(body)["message"].startswith(what)), (400, True), query)
        check(p.request("GET", "/_fsm/events", headers={"Last-Event-ID": "y"})[0], 400, "a Last-Event-ID")
        p.stop()


def too_far_back(program):
    """who asks for what is no longer kept is told from where on it is"""
    with Platform(program, "--seed-functions", "40000") as p:
        status, _, body = p.request("GET", "/_fsm/events?after=5")
        oldest = json.loads(body)["oldest"]
        check((status, oldest > 6), (410, True), "too far back")
        with Stream(p, f"?after={oldest - 1}") as stream:
            check(stream.until(lambda n, kind, d: kind == "transition")[0], oldest, "the oldest that is kept")
        p.stop()


def not_yet(program):
    """who comes back with the position of an earlier life is told to begin anew"""
    with Platform(program, "--seed-functions", "3") as p:
        last = last_sequence(p)
        status, _, body = p.request("GET", "/_fsm/events", headers={"Last-Event-ID": str(last + 1)})
        check((status, json.loads(body)["newest"]), (410, last), "a position that is not there yet")
        with Stream(p, f"?after={last}") as stream:
            create(p, "next")
            check(stream.until(lambda n, kind, d: kind == "transition")[0], last + 1, "what comes next")
        p.stop()


def connections(program):
    """streams that hang up make room, those that take nothing slow nobody, and SIGTERM ends them all"""
    with Platform(program, "--virtual-clock") as p:
        streams = [Stream(p) for _ in range(256)]
        check({each.status for each in streams}, {200}, "streams")
        check(p.request("GET", "/_fsm/events")[0], 503, "one too many")
        for each in streams[:200]:
            each.connection.close()
            each.answer.close()
        deadline = time.monotonic() + SLACK_SECONDS
        while time.monotonic() < deadline:
            with Stream(p) as one:
                if one.status == 200:
                    break
            time.sleep(0.1)
        check(one.status, 200, "when others have left")
        # These do not read at all while much happens.
        lazy = []
        for _ in range(5):
            plain = socket.create_connection(("127.0.0.1", p.port))
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.sendall(b"GET /_fsm/events?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            lazy.append(plain)
        with Stream(p, "?after=0") as quick:
            for i in range(300):
                create(p, f"f{i}")
            p.advance("1s")
            quick.until(lambda number, *_: number == 600)
            check(quick.transitions(), list(range(1, 601)), "beside those that do not read")
        old = socket.create_connection(("127.0.0.1", p.port), timeout=SLACK_SECONDS)
        old.sendall(b"GET /_fsm/events?after=599 HTTP/1.0\r\nHost: localhost\r\n\r\n")
        text = b""
        while b"id: 600" not in text:
            text += old.recv(4096)
        check((b"chunked" in text, text.startswith(b"HTTP/1.0 200")), (False, True), "HTTP/1.0")
        p.stop()  # Within 5 s, with all of them open.
        for each in [*lazy, old]:
            each.close()
        for each in streams[200:]:
            each.connection.close()


def waits(program):
    """a thousand waits are answered when their function gets there"""
    count = 1000
    with Platform(program, "--virtual-clock", "--max-provisioning", str(count), world={"provision_time": "1s"}) as p:
        for i in range(count):
            create(p, f"f{i}")
        # One thread reads them all: what is measured is the platform.
        selector = selectors.DefaultSelector()
        for i in range(count):
            one = socket.create_connection(("127.0.0.1", p.port), timeout=SLACK_SECONDS)
            one.sendall(f"GET /_fsm/wait/f{i}?for=active&timeout=60s HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            selector.register(one, selectors.EVENT_READ)
        deadline = time.monotonic() + SLACK_SECONDS
        while p.fsm("GET", "overview")["waiters"] < count and time.monotonic() < deadline:
            time.sleep(0.05)
        check(p.fsm("GET", "overview")["waiters"], count, "armed waiters")
        started = time.monotonic()
        mover = threading.Thread(target=p.advance, args=("1s",))
        mover.start()
        took, good = [], 0
        while len(took) < count and time.monotonic() - started < SLACK_SECONDS:
            for key, _ in selector.select(timeout=1):
                good += key.fileobj.recv(4096).startswith(b"HTTP/1.1 200")
                took.append(time.monotonic() - started)
                selector.unregister(key.fileobj)
                key.fileobj.close()
        mover.join()
        check((len(took), good), (count, count), "answers")
        took.sort()
        # From the call that moves the clock, so the time of all 1,000 transitions is in it.
        print(f"  median {took[count // 2] * 1000:.1f} ms, p99 {took[count * 99 // 100] * 1000:.1f} ms, "
              f"last {took[-1] * 1000:.1f} ms after the clock was asked to move", flush=True)
        check(took[count * 99 // 100] < 1, True, f"p99 {took[count * 99 // 100]:.3f} s")
        p.stop()


def later(program):
    """waiting for what comes of one's own update"""
    with Platform(program, "--virtual-clock") as p:
        create(p, "f")
        p.advance("1s")
        status, fields, _ = p.request("PUT", "/2015-03-31/functions/f/configuration", {"Description": "x"})
        sequence = fields["X-Fsm-Sequence"]
        check(status, 200, "the update")
        answers = []
        waiter = threading.Thread(target=lambda: answers.append(
            p.request("GET", f"/_fsm/wait/f?for=settled&after={sequence}&timeout=30s")[0]))
        waiter.start()
        while p.fsm("GET", "overview")["waiters"] < 1:
            time.sleep(0.02)
        p.advance("1s")
        waiter.join()
        check(answers, [200], "the answer")
        check(p.request("GET", f"/_fsm/wait/f?for=settled&after={sequence}&timeout=1s")[0], 200, "when it is over")
        check(p.request("GET", "/_fsm/wait/f?for=settled&after=x")[0], 400, "no sequence")
        p.stop()


def vanished(program):
    """waits of clients that have gone are taken back, whatever these had sent and however they went"""
    with Platform(program) as p:
        crowd = []
        for _ in range(20):
            crowd.append(socket.create_connection(("127.0.0.1", p.port), timeout=SLACK_SECONDS))
            crowd[-1].sendall(b"GET /_fsm/wait/nobody?for=exists&timeout=24h HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while p.fsm("GET", "overview")["waiters"] < len(crowd):
            time.sleep(0.01)
        for i, one in enumerate(crowd):
            if i % 2:  # With something that nobody has read, and a reset.
                one.sendall(b"\r\n")
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()
        deadline = time.monotonic() + SLACK_SECONDS
        while p.fsm("GET", "overview")["waiters"] > 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        check(p.fsm("GET", "overview")["waiters"], 0, "waiters")
        page = p.request("GET", "/metrics")[2].decode()
        check('fsm_http_requests_total{operation="wait",status="499"} 20' in page, True, "they are counted")
        check('status="503"' in page, False, "no error of the server's")
        check('fsm_refusals_total{error="cancelled"} 0' in page, True, "nothing was refused")
        p.stop()


def qualifiers(program):
    """an alias leads to its version, and what is not there is said"""
    with Platform(program) as p:
        create(p, "f")
        p.wait("f", "active")
        check(p.request("POST", "/2015-03-31/functions/f/versions", {})[0], 201, "a version")
        check(p.request("POST", "/2015-03-31/functions/f/aliases", {"Name": "live", "FunctionVersion": "1"})[0], 201,
              "an alias")
        for name, entity in (("f", "f"), ("f:1", "f:1"), ("f:live", "f:1"), ("f:$LATEST", "f")):
            check(p.fsm("GET", f"functions/{name}/explain")["name"], entity, name)
            check(p.request("GET", f"/_fsm/functions/{name}/history")[0], 200, name)
        for name in ("g", "f:2", "f:nobody"):
            for what in ("explain", "history"):
                check(p.request("GET", f"/_fsm/functions/{name}/{what}")[0], 404, f"{what} of {name}")
        check(p.request("GET", "/_fsm/wait/f:1?for=active")[0], 200, "a wait for a version")
        status, _, body = p.request("GET", "/_fsm/wait/f:live?for=active")
        check((status, "an alias has no State" in json.loads(body)["message"]), (400, True), "a wait for an alias")
        status, fields, body = p.request("HEAD", "/_fsm/health")
        check((status, body), (200, b""), "HEAD of health")
        check(p.request("HEAD", "/2015-03-31/functions/f")[0], 404, "HEAD is none of the Lambda API's methods")
        p.stop()


PARTS = [order, restarts, filters, too_far_back, not_yet, connections, waits, later, vanished, qualifiers]


if __name__ == "__main__":
    run_parts(PARTS)
