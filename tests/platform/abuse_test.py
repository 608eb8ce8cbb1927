#!/usr/bin/env python3
"""Sends fsm-platform what no honest client sends: it is refused or cut off, and others are served meanwhile.

usage: abuse_test.py PROGRAM [PART...]
"""

import base64
import contextlib
import json
import random
import socket
import threading
import time

from harness import ROLE, Platform, check, run_parts

FUNCTIONS = "/2015-03-31/functions"
INVOKE = FUNCTIONS + "/seed-0000000/invocations"
HEAD_SECONDS = 10  # Time for a head, and for a handshake.
BODY_SECONDS = 20  # Time for a short body.
SLACK_SECONDS = 8  # What a busy machine may add.


class Raw:
    """A connection that sends what it is told to."""

    def __init__(self, p, data=b"", timeout=60):
        self.socket = socket.create_connection(("127.0.0.1", p.port), timeout=timeout)
        if data:
            self.send(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        with contextlib.suppress(ConnectionError):  # The answer says why.
            self.socket.sendall(data)

    def rest(self):
        """Everything until the server closes."""
        found = b""
        with contextlib.suppress(ConnectionResetError):
            while part := self.socket.recv(65536):
                found += part
        return found


def lines(*words, body=b""):
    return "\r\n".join([*words, "", ""]).encode("latin-1") + body


def answers(data):
    """The statuses of the answers in what a server sent."""
    statuses = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        fields = head.decode("latin-1").split("\r\n")
        statuses.append(int(fields[0].split(" ")[1]))
        for field in fields[1:]:
            name, _, value = field.partition(":")
            if name.lower() == "content-length":
                data = data[int(value):]
    return statuses


def alive(p):
    """Served, and quickly."""
    started = time.monotonic()
    check(p.request("GET", "/_fsm/health")[0], 200, "others")
    took = time.monotonic() - started
    if took > 2:
        raise AssertionError(f"others waited {took:.1f} s")


def functions(p):
    return p.fsm("GET", "health")["functions"]


def smuggling(program):
    """lengths that contradict each other, and heads that two readers would read differently"""
    hidden = lines("DELETE " + FUNCTIONS + "/seed-0000000 HTTP/1.1", "Host: localhost")
    chunked = "Transfer-Encoding: chunked"
    shapes = [
        ["Content-Length: 4", chunked],
        [chunked, "Content-Length: 4"],
        ["Content-Length: 0", "Content-Length: 4"],
        ["Content-Length: 4, 5"],
        ["Content-Length: +4"],
        ["Content-Length: 0x4"],
        ["Content-Length: 4 4"],
        ["Content-Length: 99999999999999999999"],
        ["Content-Length:"],
        ["Content-Length : 4"],
        [" Content-Length: 4"],
        ["Transfer-Encoding : chunked"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding: chunked, identity"],
        ["Transfer-Encoding: identity, chunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
        ["Transfer-Encoding: identity", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding:\x0bchunked"],
        ["X-Field: a\x00b"],
        ["X-Field: a\rContent-Length: 4"],
        ["X Field: a"],
        ["Host: localhost"],
        ["Host: evil.example"],
    ]
    with Platform(program, "--seed-functions", "1") as p:
        for shape in shapes:
            for body in (b"0\r\n\r\n", b"[1]\n"):
                head = lines(f"POST {INVOKE} HTTP/1.1", "Host: localhost", *shape)
                with Raw(p, head + body + hidden) as raw:
                    raw.socket.shutdown(socket.SHUT_WR)
                    found = answers(raw.rest())
                if len(found) != 1 or not 400 <= found[0] < 500:
                    raise AssertionError(f"{shape} with {body}: answers {found}")
        for size in (b"-1", b"+1", b"0x1", b"1 ", b" 1", b"ffffffffffffffff1", b"g", b""):
            head = lines(f"POST {INVOKE} HTTP/1.1", "Host: localhost", chunked)
            with Raw(p, head + size + b"\r\n7\r\n0\r\n\r\n" + hidden) as raw:
                raw.socket.shutdown(socket.SHUT_WR)
                found = answers(raw.rest())
            if found[:1] == [200] or len(found) > 1:
                raise AssertionError(f"a chunk of the size {size}: answers {found}")
        check(functions(p), 1, "functions left")
        alive(p)
        p.stop()


def targets(program):
    """targets and hosts that are not ours, methods that do not exist, and broken escapes"""
    with Platform(program, "--seed-functions", "1") as p:
        def status(line, *fields):
            with Raw(p, lines(line, *fields, "Connection: close")) as raw:
                return answers(raw.rest())

        host = "Host: localhost"
        check(status("GET http://localhost/_fsm/health HTTP/1.1", host), [200], "an absolute target")
        for line, fields in (("GET http://evil.example/_fsm/health HTTP/1.1", [host]),
                             ("GET http://localhost@evil.example/_fsm/health HTTP/1.1", [host]),
                             ("GET http://evil.example?/_fsm/health HTTP/1.1", [host]),
                             ("GET /_fsm/health HTTP/1.1", ["Host: evil.example"]),
                             ("GET /_fsm/health HTTP/1.1", ["Host:"]),
                             ("GET /_fsm/health HTTP/1.1", ["Host: localhost, evil.example"]),
                             ("GET /_fsm/health HTTP/1.1", ["Host: localhost@evil.example"]),
                             ("GET /_fsm/health HTTP/1.1", [host, "Origin: http://evil.example"]),
                             ("GET /_fsm/health HTTP/1.1", [host, "Origin: http://localhost", "Origin: null"]),
                             ("GET /_fsm/health HTTP/1.1", [host, "Sec-Fetch-Site: cross-site"])):
            check(status(line, *fields), [403], f"{line} {fields}")
        for target in ("*", "localhost:80", "//", "/%", "/%zz", "/%00", "/\x80\xff", "/..%2f..%2fetc/passwd", "/?%",
                       FUNCTIONS + "/%00", FUNCTIONS + "/%ff%fe", FUNCTIONS + "/" + "a" * 20_000, "javascript:1"):
            found = status(f"GET {target} HTTP/1.1", host)
            check((len(found), 400 <= found[0] < 500), (1, True), f"{target[:40]}: {found}")
        for method in ("BREW", "get", "CONNECT", "TRACE", "OPTIONS", "X" * 3000):
            found = status(f"{method} /_fsm/health HTTP/1.1", host)
            check((len(found), 400 <= found[0] < 500), (1, True), f"{method[:20]}: {found}")
        alive(p)
        p.stop()


def bodies(program):
    """JSON that is nested too deeply, is not UTF-8, or is not what it says"""
    with Platform(program, "--virtual-clock") as p:
        def creation(**more):
            return json.dumps({"FunctionName": "f", "Role": ROLE, "Runtime": "python3.12", "Handler": "i.h",
                               "Code": {"ZipFile": base64.b64encode(b"PK").decode()}, **more}).encode()

        deep = 200_000
        for body in (b"[" * deep, b'{"a":' * deep, b'{"FunctionName":' + b"[" * deep + b"]" * deep + b"}",
                     b"\xff\xfe{}", b'{"FunctionName":"\xc3\x28"}', b'{"FunctionName":"\xed\xa0\x80"}',
                     b'{"FunctionName":"\\ud800"}', b'{"FunctionName":"\x00"}', b"nul", b'{"a":1e999999}',
                     b'{"a":' + b"9" * 100_000 + b"}", b'{"a":1}{"a":1}', b"\xef\xbb\xbf{}", b"", b"\x00" * 1000,
                     creation(Environment={"Variables": {"a" * 5000: "b"}}), creation(Timeout=10**30),
                     creation(Layers=[["x"] * 1000] * 100), creation(Tags=[])):
            status, _, text = p.request("POST", FUNCTIONS, body)
            check((status in (400, 413), bool(json.loads(text))), (True, True), f"{body[:40]}: {status} {text[:200]}")
            status = p.request("POST", "/_fsm/world", body)[0]
            check(status in (200, 400), True, f"the world {body[:40]}: {status}")
        check(functions(p), 0, "functions made")
        alive(p)
        p.stop()


def slow_clients(program):
    """heads and bodies that dribble, silence, and answers that nobody reads"""
    with Platform(program, "--seed-functions", "1") as p:
        ends = {}

        def dribble(name, start, piece):
            started = time.monotonic()
            with Raw(p, start, timeout=0.3) as raw:
                while time.monotonic() - started < BODY_SECONDS + 2 * SLACK_SECONDS:
                    try:
                        if raw.socket.recv(65536) == b"":
                            break
                    except TimeoutError:
                        pass
                    except ConnectionError:
                        break
                    raw.send(piece)
            ends[name] = time.monotonic() - started

        host = "Host: localhost"
        sinks = []
        payload = b'"' + b"x" * 6_000_000 + b'"'
        greedy = lines(f"POST {INVOKE} HTTP/1.1", host, f"Content-Length: {len(payload)}", body=payload)
        for _ in range(8):  # They send, and never read.
            sinks.append(Raw(p, greedy))
        clients = {
            "silence": (b"G", b""),
            "a head": (b"GET /_fsm/health HTTP/1.1\r\n", b"X: y\r\n"),
            "a body": (lines(f"POST {INVOKE} HTTP/1.1", host, "Content-Length: 9000"), b"1"),
            "chunks": (lines(f"POST {FUNCTIONS}/x/configuration HTTP/1.1", host, "Transfer-Encoding: chunked",
                             "Connection: close"), b"1\r\n1\r\n"),
        }
        threads = [threading.Thread(target=dribble, args=(name, *what)) for name, what in clients.items()]
        for each in threads:
            each.start()
        while any(each.is_alive() for each in threads):
            alive(p)
            time.sleep(0.2)
        for name, limit in (("silence", HEAD_SECONDS), ("a head", HEAD_SECONDS), ("a body", BODY_SECONDS)):
            check((limit - 1 < ends[name] < limit + SLACK_SECONDS), True, f"{name} ended after {ends[name]:.1f} s")
        check("chunks" in ends, True, "chunks")
        for each in sinks:
            each.socket.close()
        alive(p)
        p.stop()


def odd_ends(program):
    """half-closed connections, ends in the middle, resets, and more requests than answers are read"""
    with Platform(program, "--seed-functions", "1") as p:
        get = lines("GET /_fsm/health HTTP/1.1", "Host: localhost")
        with Raw(p, get * 3) as raw:
            raw.socket.shutdown(socket.SHUT_WR)
            check(answers(raw.rest()), [200, 200, 200], "half-closed after three requests")
        for cut in (1, len(get) // 2, len(get) - 1):
            with Raw(p, get[:cut]) as raw:
                raw.socket.shutdown(socket.SHUT_WR)
                check(answers(raw.rest()), [], f"half-closed after {cut} bytes")
        with Raw(p, lines(f"POST {INVOKE} HTTP/1.1", "Host: localhost", "Content-Length: 9", body=b"1")) as raw:
            raw.socket.shutdown(socket.SHUT_WR)
            check(answers(raw.rest()), [], "half-closed in a body")
        for _ in range(50):  # Resets, while an answer is being made or on its way.
            with Raw(p, get * 20) as raw:
                raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        with Raw(p) as raw:
            sender = threading.Thread(target=lambda: raw.send(get * 2000))
            sender.start()
            found = b""
            while found.count(b"HTTP/1.1 200 OK") < 2000:
                found += raw.socket.recv(1 << 20)
            sender.join()
        alive(p)
        crowd = [Raw(p) for _ in range(500)]
        alive(p)
        for each in crowd:
            each.socket.close()
        alive(p)
        p.stop()


def nonsense(program):
    """random bytes, mangled requests and mangled signatures, from one seed"""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    dice = random.Random(seed)
    good = lines(f"POST {INVOKE} HTTP/1.1", "Host: localhost", "Content-Length: 3",
                 "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/lambda/aws4_request, "
                 "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64, "X-Amz-Date: 20260101T000000Z", body=b"[1]")
    with Platform(program, "--seed-functions", "1", "--access-key", "AKID", "--secret-key", "s") as p:
        for turn in range(400):
            data = bytearray(good)
            if turn % 4 == 0:
                data = bytearray(dice.randbytes(dice.randrange(1, 2000)))
            for _ in range(dice.randrange(1, 8)):
                place = dice.randrange(len(data))
                kind = dice.randrange(3)
                if kind == 0:
                    data[place] = dice.randrange(256)
                elif kind == 1:
                    del data[place:place + dice.randrange(20)]
                else:
                    data[place:place] = dice.randbytes(dice.randrange(20))
                data = data or bytearray(b"x")
            with Raw(p, bytes(data)) as raw:
                raw.socket.shutdown(socket.SHUT_WR)
                found = answers(raw.rest())
            if any(not 400 <= status < 500 for status in found):
                raise AssertionError(f"turn {turn}: answers {found} to {bytes(data)!r}")
        check(functions(p), 1, "functions left")
        alive(p)
        p.stop()


PARTS = [smuggling, targets, bodies, slow_clients, odd_ends, nonsense]


if __name__ == "__main__":
    run_parts(PARTS)
