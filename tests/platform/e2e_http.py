#!/usr/bin/env python3
"""Talks HTTP to fsm-platform in ways that no SDK does.

usage: e2e_http.py PROGRAM [PART...]
"""

import base64
import email.utils
import json
import os
import socket
import subprocess
import threading
import time

from harness import ARN, ROLE, Platform, check, run_parts, zip_bytes

FUNCTIONS = "/2015-03-31/functions"


def creation(name, **more):
    return {"FunctionName": name, "Role": ROLE, "Runtime": "python3.12", "Handler": "index.handler",
            "Code": {"ZipFile": base64.b64encode(zip_bytes("x")).decode()}, **more}


class Wire:
    """A connection whose every byte is ours."""

    def __init__(self, platform):
        self.socket = socket.create_connection(("127.0.0.1", platform.port), timeout=60)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, text, body=b""):
        self.socket.sendall(text.replace("\n", "\r\n").encode() + body)

    def head(self):
        """The lines of the next answer's head."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                raise AssertionError(f"the connection ended after {self.buffer!r}")
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        return head.decode().split("\r\n")

    def answer(self):
        """Status and body of the next answer."""
        lines = self.head()
        length = 0
        for line in lines[1:]:
            key, value = line.split(":", 1)
            if key.lower() == "content-length":
                length = int(value)
        while len(self.buffer) < length:
            if not self._more():
                raise AssertionError("the body is cut off")
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(lines[0].split(" ")[1]), body

    def closed(self):
        return not self._more()

    def _more(self):
        try:
            found = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.buffer += found
        return bool(found)


def refused(answer, status, name, message):
    found = json.loads(answer[2])
    check((answer[0], answer[1]["X-Amzn-Errortype"]), (status, name), "the error")
    check(found.get("message", found.get("Message")), message, "its message")


def post(path, body=b"", more=""):
    return (f"POST {path} HTTP/1.1\nHost: localhost\n{more}Content-Length: {len(body)}\n\n", body)


def other_sites(program):
    """a page of another site must not reach a loopback server"""
    with Platform(program, "--virtual-clock", "--allow-host", "lambda.example") as p:
        def status(**headers):
            fields = {key.replace("_", "-"): value for key, value in headers.items()}
            return p.request("GET", "/_fsm/health", headers=fields)[0]

        own = f"http://127.0.0.1:{p.port}"
        for host in ("localhost", f"127.0.0.1:{p.port}", "[::1]:80", "lambda.example", "Lambda.Example:9"):
            check(status(Host=host), 200, f"Host {host}")
        for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"):
            check(status(Host=host), 403, f"Host {host}")
        check(status(Origin=own), 200, "its own Origin")
        for origin in ("http://evil.example", "null", "http://localhost:3000", "https://127.0.0.1"):
            check(status(Origin=origin), 403, f"Origin {origin}")
        check([status(Sec_Fetch_Site=site) for site in ("none", "same-origin", "same-site", "cross-site")],
              [200, 200, 403, 403], "Sec-Fetch-Site")
        with Wire(p) as wire:
            wire.send("GET http://evil.example/_fsm/health HTTP/1.1\nHost: localhost\n\n")
            status, body = wire.answer()
            check((status, "message" in json.loads(body)), (403, True), "an absolute target")
        p.stop()


def limits(program):
    """sizes, and that the answer arrives although the request is not read to its end"""
    with Platform(program, "--seed-functions", "1") as p:
        invoke = FUNCTIONS + "/seed-0000000/invocations"
        big = b'"' + b"x" * 6_291_454 + b'"'
        check(p.request("POST", invoke, big)[2] == big, True, "the largest payload")
        refused(p.request("POST", invoke, big + b" "), 413, "RequestEntityTooLargeException",
                "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 "
                "bytes)")
        refused(p.request("POST", invoke, b" " * 1_048_577, {"X-Amz-Invocation-Type": "Event"}), 413,
                "RequestEntityTooLargeException", "1048577 byte payload is too large for the Event "
                "invocation type (limit 1048576 bytes)")
        refused(p.request("POST", FUNCTIONS, b" " * 70_167_212), 413, "RequestEntityTooLargeException",
                "Request must be smaller than 70167211 bytes for the CreateFunction operation")
        with Wire(p) as wire:
            wire.send(f"POST {invoke} HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\n")
            wire.send("7a1200\n", b"x" * 8_000_000)
            check(wire.answer()[0], 413, "a chunked payload that is too long")
        with Wire(p) as wire:
            wire.send("GET / HTTP/1.1\nHost: localhost\nX-Long: " + "x" * 40_000 + "\n\n")
            check(wire.answer()[0], 413, "header fields that are too long")
        p.stop()


def connections(program):
    """keep-alive, pipelining, Expect, HTTP/1.0, HEAD, and what is not HTTP"""
    with Platform(program, "--seed-functions", "1") as p:
        invoke = FUNCTIONS + "/seed-0000000/invocations"
        with Wire(p) as wire:
            for i in range(20):
                wire.send(*post(invoke, str(i).encode()))
            check([wire.answer() for _ in range(20)], [(200, str(i).encode()) for i in range(20)],
                  "pipelined answers")
            wire.send(f"POST {invoke} HTTP/1.1\nHost: localhost\nExpect: 100-continue\nContent-Length: 2\n\n")
            check(wire.answer()[0], 100, "Expect")
            wire.send("", b"42")
            check(wire.answer(), (200, b"42"), "after Expect")
            wire.send(f"POST {invoke} HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\n2\n[1\n1\n]\n0\n\n")
            check(wire.answer(), (200, b"[1]"), "a chunked payload")
            wire.send("HEAD /_fsm/health HTTP/1.1\nHost: localhost\n\n")
            head = wire.head()
            check((head[0], wire.buffer), ("HTTP/1.1 200 OK", b""), "HEAD")
        with Wire(p) as wire:
            wire.send("HEAD /_fsm/health HTTP/1.1\nHost: evil.example\n\n")
            check((wire.head()[0], wire.closed(), wire.buffer), ("HTTP/1.1 403 Forbidden", True, b""),
                  "a HEAD that is refused")
        with Wire(p) as wire:
            wire.send(*post(invoke, b"1", "X-Amz-Invocation-Type: DryRun\n"))
            head = wire.head()
            check((head[0], [line for line in head if line.lower().startswith("content-length")]),
                  ("HTTP/1.1 204 No Content", []), "an answer without content")
            dates = [line.removeprefix("Date: ") for line in head if line.startswith("Date: ")]
            check(len(dates), 1, "dates")
            age = time.time() - email.utils.parsedate_to_datetime(dates[0]).timestamp()
            check((-1 < age < 10, dates[0].endswith(" GMT")), (True, True), f"the date {dates[0]}")
        with Wire(p) as wire:
            wire.send(f"POST {invoke} HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\n"
                      "1\n7\n0\nX-Amz-Invocation-Type: Event\n\n")
            check((wire.answer()[0], wire.closed()), (400, True), "fields after a chunked body")
        with Wire(p) as wire:
            wire.send("GET /_fsm/health HTTP/1.0\nHost: localhost\n\n")
            check((wire.answer()[0], wire.closed()), (200, True), "HTTP/1.0")
        for nonsense in ("\x16\x03\x01\n\n", "GET\n\n", "GET / HTTP/9.9\n\n",
                         "POST / HTTP/1.1\nHost: localhost\nContent-Length: -1\n\n",
                         "POST / HTTP/1.1\nHost: localhost\nTransfer-Encoding: gzip\n\n"):
            with Wire(p) as wire:
                wire.send(nonsense)
                check((wire.answer()[0], wire.closed()), (400, True), repr(nonsense))
        with Wire(p) as wire:
            wire.send("GET /_fsm/health HTTP/1.1\n\n")
            check(wire.answer()[0], 403, "no Host")
        p.stop()


def bad_requests(program):
    """errors by name, status and text, and that nothing changes"""
    with Platform(program, "--virtual-clock") as p:
        refused(p.request("POST", FUNCTIONS, "{"), 400, "InvalidRequestContentException",
                "Could not parse request body into json: incomplete JSON\n at [Source: REDACTED "
                "(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]")
        status, _, text = p.request("POST", FUNCTIONS, creation("f", Timeout="3"))
        check((status, json.loads(text)), (400, {
            "message": "STRING_VALUE can not be converted to an Integer at 'timeout'"}), "a wrong type")
        message = json.loads(p.request("POST", FUNCTIONS, creation("f!", Timeout=0, Role="me"))[2])["message"]
        check(message.startswith("3 validation errors detected: Value 'f!' at 'functionName' failed"), True,
              message)
        refused(p.request("POST", FUNCTIONS, creation("f" * 65)), 400, "InvalidParameterValueException",
                f"1 validation error detected: Value '{'f' * 65}' at 'functionName' failed to satisfy "
                "constraint: Member must have length less than or equal to 64")
        refused(p.request("GET", f"{FUNCTIONS}/{'f' * 65}"), 404, "ResourceNotFoundException",
                f"Function not found: {ARN}{'f' * 65}")
        refused(p.request("DELETE", FUNCTIONS + "/f?Qualifier=7"), 404, "ResourceNotFoundException",
                f"Function not found: {ARN}f")
        refused(p.request("GET", FUNCTIONS + "/f:1?Qualifier=2"), 400, "InvalidParameterValueException",
                "The derived qualifier from the function name does not match the specified qualifier.")
        refused(p.request("GET", f"{FUNCTIONS}/{ARN.replace('us-east-1', 'eu-west-1')}f"), 404,
                "ResourceNotFoundException",
                "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")
        refused(p.request("PATCH", "/nowhere?x=1"), 404, "ResourceNotFoundException",
                "There is no operation PATCH /nowhere")
        refused(p.request("POST", "/_fsm/world", {"vpc": {"subnets": [{"id": "subnet-1", "addresses": -1}]}}),
                400, "InvalidParameterValueException", "vpc.subnets[0].addresses: -1 is not allowed; it must "
                "be an integer from 0 to 16777216")
        check(p.fsm("GET", "health"), {"status": "ok", "functions": 0}, "nothing was created")
        refused(p.request("GET", "/_fsm/wait/f?for=active&timeout=1s"), 404, "ResourceNotFoundException",
                f"Function not found: {ARN}f")
        p.stop()


def waits(program):
    """answers when it holds, 408, 409, and an end that does not wait for waiters"""
    with Platform(program, "--virtual-clock", world={"provision_time": "10s"}) as p:
        check(p.request("POST", FUNCTIONS, creation("f"))[0], 201, "create")
        answers = {}

        def wait(name, condition):
            answers[condition] = p.request("GET", f"/_fsm/wait/{name}?for={condition}&timeout=5m")

        threads = [threading.Thread(target=wait, args=("f", each)) for each in ("active", "inactive", "gone")]
        for each in threads:
            each.start()
        time.sleep(0.5)
        check(answers, {}, "answers before anything happened")
        p.advance("11s")
        threads[0].join()
        check((answers["active"][0], json.loads(answers["active"][2])["state"]), (200, "Active"), "active")
        p.advance("5m")
        threads[1].join()
        check(answers["inactive"][0], 408, "a deadline")
        with Wire(p) as wire:  # Hangs up; the platform must survive that.
            wire.send("GET /_fsm/wait/f?for=inactive HTTP/1.1\nHost: localhost\n\n")
            time.sleep(0.2)
        late = threading.Thread(target=wait, args=("f", "inactive"))
        late.start()
        time.sleep(0.5)
        check(p.request("DELETE", FUNCTIONS + "/f")[0], 204, "delete")
        late.join()
        check(answers["inactive"][0], 409, "what can no longer happen")
        check(p.request("GET", "/_fsm/wait/f?for=gone")[0], 200, "gone")
        stuck = threading.Thread(target=wait, args=("f", "exists"))
        stuck.start()
        time.sleep(0.5)
        p.stop()
        stuck.join()
        check(answers["exists"][0], 503, "a waiter when the platform stops")


def flags(program):
    """a bad flag: exit code 2 and one line that names it"""
    with Platform(program) as p:
        world = os.path.join(p.folder.name, "bad.json")
        with open(world, "w", encoding="utf-8") as file:
            file.write('{"provision_time":"soon"}')
        for words, wanted in ((["--idle-after", "5x"], "--idle-after: '5x'"),
                              (["--bogus"], "--bogus"),
                              (["--listen", f"127.0.0.1:{p.port}"], f"127.0.0.1:{p.port}"),
                              (["--world", world], 'provision_time: "soon"'),
                              (["--world", world + "x"], "--world")):
            done = subprocess.run([program, *words], cwd=p.folder.name, capture_output=True, text=True,
                                  timeout=60, check=False)
            lines = done.stderr.splitlines()
            check((done.returncode, len(lines), wanted in lines[0], done.stdout), (2, 1, True, ""),
                  f"{words}: {done.stderr}")
        p.stop()


PARTS = [other_sites, limits, connections, bad_requests, waits, flags]


if __name__ == "__main__":
    run_parts(PARTS)
