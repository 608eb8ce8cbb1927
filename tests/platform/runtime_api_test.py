#!/usr/bin/env python3
"""What runtimes get that use the Runtime API in odd ways: they are programs of a function's, and may do anything.

usage: runtime_api_test.py PROGRAM [PART...]
"""

import os
import time

from execution_harness import Runs, is_error
from harness import check, run_parts

TOO_LARGE = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."

# What follows is a runtime: `ask` gives status and head of an answer.
RUNTIME = r"""#!/usr/bin/python3
import os, socket, sys, time
HOST, PORT = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
BASE = "/2018-06-01/runtime/"

def connect():
    return socket.create_connection((HOST, int(PORT)))

def hear(s):
    text = b""
    while b"\r\n\r\n" not in text:
        more = s.recv(65536)
        if not more: return text.decode()
        text += more
    head, _, body = text.partition(b"\r\n\r\n")
    length = next((int(each.split(b":")[1]) for each in head.split(b"\r\n")
                   if each.lower().startswith(b"content-length")), 0)
    while len(body) < length: body += s.recv(65536)
    return head.decode()

def say(s, method, path, body=b"", head=""):
    s.sendall(f"{method} {BASE}{path} HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

def ask(s, *what):
    say(s, *what)
    return hear(s)

def next_id(s):
    for line in ask(s, "GET", "invocation/next").split("\r\n"):
        if line.lower().startswith("lambda-runtime-aws-request-id"): return line.split(":")[1].strip()

def serve(s, result=b'"served"'):
    while True:
        ask(s, "POST", f"invocation/{next_id(s)}/response", result)
"""


def runtime(platform, name, text, **more):
    platform.create(name, {"bootstrap": RUNTIME + text}, runtime="provided.al2023", **{"Timeout": 5, **more})


def abandoned_questions(program):
    """a runtime that asks anew, from another process or connection, gets the next invocation"""
    with Runs(program) as p:
        runtime(p, "again", """
s = connect()
say(s, "GET", "invocation/next")
time.sleep(0.2)
s.close()
serve(connect())
""")
        runtime(p, "both", """
first = connect()
say(first, "GET", "invocation/next")
time.sleep(0.2)
serve(connect())
""")
        runtime(p, "replaced", """
worker = os.fork()
if worker == 0: serve(connect())
time.sleep(0.2)
os.kill(worker, 9)
os.waitpid(worker, 0)
time.sleep(0.2)
serve(connect())
""")
        # The invocation comes while nobody asks.
        runtime(p, "late", """
s = connect()
for id in iter(lambda: next_id(s), None):
    ask(s, "POST", f"invocation/{id}/response", b'"served"')
    say(s, "GET", "invocation/next")
    time.sleep(0.1)
    s.close()
    time.sleep(0.4)
    s = connect()
""")
        time.sleep(0.5)
        for name in ("again", "both", "replaced"):
            check([p.result(name) for _ in range(5)], ["served"] * 5, name)
        p.await_processes(4, "each was served by one runtime")
        for _ in range(3):
            check(p.result("late"), "served", "between two questions")
            time.sleep(0.25)


def starts_that_fail(program):
    """a reported failure of the start counts at once, whatever the runtime does afterwards"""
    report = """b'{"errorType":"My.Start","errorMessage":"not today"}'"""
    with Runs(program) as p:
        def failed(name, text, reason):
            started = time.monotonic()
            runtime(p, name, text, wait=None)
            p.request("GET", f"/_fsm/wait/{name}?for=active&timeout=30s")
            check(p.situation_of(name)[:2], ("Failed", "FunctionError"), name)
            check(reason in p.functions.get_function_configuration(FunctionName=name)["StateReason"], True, name)
            check(time.monotonic() - started < 5, True, f"{name} took {time.monotonic() - started:.1f} s")

        failed("waits", f"ask(connect(), 'POST', 'init/error', {report})\ntime.sleep(60)\n", "My.Start: not today")
        failed("goes_on", f"ask(connect(), 'POST', 'init/error', {report})\nserve(connect())\n", "My.Start: not today")
        kind = "'Lambda-Runtime-Function-Error-Type: My.Kind\\r\\n'"
        failed("is_brief", f"ask(connect(), 'POST', 'init/error', b'', {kind})\nsys.exit(1)\n", "My.Kind: ")
        failed("is_long", f"ask(connect(), 'POST', 'init/error', b'x' * 7000000, {kind})\ntime.sleep(60)\n", "My.Kind: ")
        p.await_processes(0, "after starts that failed")


def errors(program):
    """errors without a body, in a trailer, and longer than allowed arrive as errors; the runtime goes on"""
    kind = "Lambda-Runtime-Function-Error-Type"
    with Runs(program) as p:
        runtime(p, "brief", f"""
s = connect()
while True: ask(s, "POST", f"invocation/{{next_id(s)}}/error", b"", "{kind}: My.Kind\\r\\n")
""")
        runtime(p, "trailer", f"""
s = connect()
while True:
    head = f"POST {{BASE}}invocation/{{next_id(s)}}/response HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\n"
    s.sendall((head + "Trailer: {kind}, Lambda-Runtime-Function-Error-Body\\r\\n\\r\\n3\\r\\nabc\\r\\n0\\r\\n"
              "{kind}: My.Kind\\r\\nLambda-Runtime-Function-Error-Body: "
              "eyJlcnJvclR5cGUiOiJNeS5LaW5kIiwiZXJyb3JNZXNzYWdlIjoiaGFsZiB3YXkifQ==\\r\\n\\r\\n").encode())
    hear(s)
""")
        runtime(p, "long", """
while True:
    s = connect()
    found = ask(s, "POST", f"invocation/{next_id(s)}/error", b"x" * 7000000)
    if " 413 " not in found: sys.exit(found)
""")
        for call in range(2):
            is_error(p.call("brief"), "My.Kind", "")
            is_error(p.call("trailer"), "My.Kind", "half way")
            found = p.call("long")
            is_error(found, "Function.ResponseSizeTooLarge", TOO_LARGE)
            check("Init Duration" in found[2], call == 0, f"it runs on: {found[2][-300:]}")


def files_of(process):
    return len(os.listdir(f"/proc/{process}/fd"))


def memory_of(process):
    with open(f"/proc/{process}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) >> 10 for line in file if line.startswith("VmRSS"))


def many_connections(program):
    """a function that opens connections without end takes a few descriptors of the platform, and little memory"""
    with Runs(program) as p:
        p.python("opens", """
import os, socket
kept = []
def handler(event, context):
    host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
    for _ in range(event["count"]):
        kept.append(socket.create_connection((host, int(port))))
        try:
            kept[-1].sendall(event["says"].encode() + b"x" * event["more"])
        except OSError:
            pass
    return len(kept)
""", Timeout=30)
        before = files_of(p.process.pid)
        check(p.result("opens", {"count": 900, "says": "", "more": 0}), 900, "silent ones")
        check(files_of(p.process.pid) <= before + 12, True, f"{files_of(p.process.pid)} descriptors, {before} before")
        p.functions.delete_function(FunctionName="opens")
        runtime(p, "halves", """
s = connect()
id = next_id(s)
kept = []
for path in ["invocation/other/response", f"invocation/{id}/response"] * 20:
    kept.append(connect())
    head = f"POST {BASE}{path} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 6291000\\r\\n\\r\\n".encode()
    try: kept[-1].sendall(head + b"x" * 6000000)
    except OSError: pass
ask(s, "POST", f"invocation/{id}/response", b'"served"')
serve(s)
""", Timeout=30)
        before = memory_of(p.process.pid)
        check(p.result("halves"), "served", "beside half requests")
        check(memory_of(p.process.pid) < before + 100, True, f"{memory_of(p.process.pid)} MB, {before} MB before")
        check(p.result("halves"), "served", "afterwards")


def refused_requests(program):
    """a request that is refused by its head is answered before its body comes, and half of one is not waited for"""
    with Runs(program) as p:
        runtime(p, "f", """
def refused(path):
    s = connect()
    s.sendall(f"POST {BASE}{path} HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 5000000\\r\\n\\r\\n".encode())
    s.settimeout(2)
    return hear(s).split()[1]
s = connect()
id = next_id(s)
found = [refused("invocation/other/response"), refused("invocation/other/error"), refused("init/error"),
         refused("elsewhere")]
half, started = connect(), time.monotonic()
half.sendall(b"POST /2018")
found.append(half.recv(1) == b"")
found.append(8 < time.monotonic() - started < 15)
ask(s, "POST", f"invocation/{id}/response", str(found).replace("'", '"').replace("True", "true").encode())
serve(s)
""", Timeout=30)
        check(p.result("f"), ["400", "400", "403", "404", True, True], "what a runtime saw")


if __name__ == "__main__":
    run_parts([abandoned_questions, starts_that_fail, errors, many_connections, refused_requests])
