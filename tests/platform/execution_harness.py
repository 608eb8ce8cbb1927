"""What the tests of functions that run share: packages, clients, and a look at the machine's processes."""

import base64
import concurrent.futures
import glob
import io
import json
import os
import time
import uuid
import zipfile

import boto3
import botocore.config
from harness import ROLE, Platform, check

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "functions")
QUICK = {"provision_time": "0ms", "update_time": "0ms", "restore_time": "0ms"}
LEFT = "/var/tmp/fsm-execution-*"
ECHO = "def handler(event, context):\n    return event\n"


def zip_of(files):
    """A package: path -> text, or bytes; what begins with '#!' may be executed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            data = text.encode() if isinstance(text, str) else text
            runs = data.startswith((b"#!", b"\x7fELF"))
            entry.external_attr = (0o100755 if runs else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return buffer.getvalue()


def example(name):
    """One of examples/functions."""
    files = {}
    for path in glob.glob(os.path.join(EXAMPLES, name, "*")):
        with open(path, "rb") as file:
            files[os.path.basename(path)] = file.read()
    return files


class Runs(Platform):
    """A platform that runs functions, and those that this test has made on it. FSM_TEST_FLAGS in the environment
    are flags for all of them."""

    def __init__(self, program, *flags, world=None, **more):
        flags += tuple(os.environ.get("FSM_TEST_FLAGS", "").split())
        super().__init__(program, "--executor", "process", *flags, world=world or QUICK, **more)
        config = botocore.config.Config(retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=120,
                                        max_pool_connections=128, proxies={})
        self.functions = boto3.client("lambda", endpoint_url=self.url, region_name="us-east-1", config=config,
                                      aws_access_key_id="x", aws_secret_access_key="x")
        self.mark = uuid.uuid4().hex

    def create(self, name, files, runtime="python3.11", handler="index.handler", wait="active", **more):
        environment = more.pop("Variables", {})
        made = self.functions.create_function(
            FunctionName=name, Role=ROLE, Runtime=runtime, Handler=handler, Code={"ZipFile": zip_of(files)},
            Environment={"Variables": {**environment, "TEST_MARK": self.mark}}, **more)
        if wait:
            self.wait(name, wait)
        return made

    def python(self, name, text, **more):
        return self.create(name, {"index.py": text}, **more)

    def call(self, name, event=None, **more):
        """The answer of an invocation: payload, error ("" = none), log, version."""
        got = self.functions.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail", **more)
        log = base64.b64decode(got["LogResult"]).decode(errors="replace")
        return (json.loads(got["Payload"].read()), got.get("FunctionError", ""), log, got["ExecutedVersion"])

    def result(self, name, event=None, **more):
        payload, error, log, _ = self.call(name, event, **more)
        if error:
            raise AssertionError(f"{name} failed: {payload} {log}")
        return payload

    def processes(self):
        """Those of this platform's functions, however deep inside."""
        return processes_with(self.mark)

    def await_processes(self, wanted, what):
        """Waits until there are as many processes: they end a moment after the platform says so."""
        until = time.monotonic() + 10
        while len(found := self.processes()) != wanted:
            if time.monotonic() > until:
                raise AssertionError(f"{what}: wanted {wanted} processes, found {found}")
            time.sleep(0.02)

    def situation_of(self, name):
        found = self.functions.get_function_configuration(FunctionName=name)
        return (found["State"], found.get("StateReasonCode"), found.get("LastUpdateStatus"),
                found.get("LastUpdateStatusReasonCode"))


def processes_with(mark):
    found = []
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as file:
                if mark.encode() in file.read():
                    found.append(int(path.split("/")[2]))
        except OSError:
            pass
    return found


def together(count, work):
    """The results of as many calls at the same time."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def quiet(work):
    """Does what may be cut off in the middle."""
    try:
        work()
    except Exception:  # pylint: disable=broad-except
        pass


def is_error(found, kind, text):
    payload, error, _, _ = found
    check((error, payload["errorType"]), ("Unhandled", kind), payload)
    check(text in payload["errorMessage"], True, payload)
