"""What the end-to-end tests share: fsm-platform as a process, the AWS CLI, and plain HTTP."""

import contextlib
import http.client
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import zipfile

ROLE = "arn:aws:iam::000000000000:role/worker"
ROLE_WITHOUT_ENIS = "arn:aws:iam::000000000000:role/no-eni"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
AWS = "/usr/bin/aws"


def check(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: wanted {wanted!r}, found {found!r}")


class Platform:
    """A running fsm-platform on a free port, in memory or in the directory `data`. Ends only the process it
    started."""

    def __init__(self, program, *flags, world=None, data=None):
        self.folder = tempfile.TemporaryDirectory(prefix="fsm-platform-")
        storage = ["--memory"] if data is None else ["--data", data]
        command = [program, "--listen", "127.0.0.1:0", *storage, *flags]
        if world is not None:
            path = os.path.join(self.folder.name, "world.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(world, file)
            command += ["--world", path]
        self.log = open(os.path.join(self.folder.name, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        first = self.process.stdout.readline().rstrip("\n")
        scheme = "https" if "--tls-cert" in flags else "http"
        prefix = f"listening on {scheme}://127.0.0.1:"
        if not first.startswith(prefix):
            raise AssertionError(f"the first line on stdout is {first!r}\n{self.read_log()}")
        self.url = first.removeprefix("listening on ")
        self.port = int(first.removeprefix(prefix))
        self.access_key, self.secret_key = "x", "x"  # Of the AWS CLI.
        self.global_options = []  # Of the AWS CLI.

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            print(f"--- log of the platform\n{self.read_log()}---", flush=True)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()
        self.folder.cleanup()

    def read_log(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        """SIGTERM: it has to end by itself, with 0, within 5 s."""
        started = time.monotonic()
        self.process.terminate()
        check(self.process.wait(timeout=10), 0, "the exit code after SIGTERM")
        took = time.monotonic() - started
        if took > 5:
            raise AssertionError(f"stopping took {took:.1f} s")

    def request(self, method, path, body=None, headers=None):
        """Status, header fields and body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def fsm(self, method, path, body=None):
        """The JSON answer of a /_fsm route, which has to be 200."""
        status, _, text = self.request(method, "/_fsm/" + path, body)
        if status != 200:
            raise AssertionError(f"{method} /_fsm/{path}: {status} {text!r}")
        return json.loads(text)

    def advance(self, span):
        return self.fsm("POST", "clock", {"advance": span})["now"]

    def wait(self, name, condition, timeout="60s"):
        query = urllib.parse.urlencode({"for": condition, "timeout": timeout})
        return self.fsm("GET", f"wait/{name}?{query}")

    def aws(self, *words):
        """The answer of the AWS CLI, which has to succeed."""
        done = self._run_aws(words)
        if done.returncode != 0:
            raise AssertionError(f"aws {' '.join(words)}: {done.returncode} {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def aws_fails(self, *words):
        """The error message of the AWS CLI, which has to fail."""
        done = self._run_aws(words)
        if done.returncode == 0:
            raise AssertionError(f"aws {' '.join(words)} succeeded: {done.stdout}")
        return done.stderr.strip().replace(" (reached max retries: 0)", "")

    def _run_aws(self, words):
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": self.folder.name,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "AWS_MAX_ATTEMPTS": "1",
        }
        command = [AWS, *self.global_options, "--endpoint-url", self.url, "lambda", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120,
                              check=False)

    # --- what the tests do over and over -------------------------------------------------------------

    def zip_file(self, text):
        """A file: reference to a deployment package."""
        path = os.path.join(self.folder.name, "code.zip")
        with open(path, "wb") as file:
            file.write(zip_bytes(text))
        return "fileb://" + path

    def create(self, name, *more):
        return self.aws("create-function", "--function-name", name, "--role", ROLE, "--runtime",
                        "python3.12", "--handler", "index.handler", "--zip-file",
                        self.zip_file("def handler(e, c): return e"), *more)

    def configuration(self, name):
        return self.aws("get-function-configuration", "--function-name", name)

    def invoke(self, name, payload='{"n":1}', *more):
        """The metadata and the payload of a successful invocation."""
        path = os.path.join(self.folder.name, "answer")
        meta = self.aws("invoke", "--function-name", name, "--cli-binary-format", "raw-in-base64-out",
                        "--payload", payload, *more, path)
        with open(path, encoding="utf-8") as file:
            return meta, file.read()

    def invoke_fails(self, name, *more):
        return self.aws_fails("invoke", "--function-name", name, *more,
                              os.path.join(self.folder.name, "answer"))

    @contextlib.contextmanager
    def kept_warm(self, name):
        """Invokes the function all the time, so that it does not become idle while a slow CLI starts."""
        enough = threading.Event()

        def keep():
            while not enough.wait(0.2):
                self.request("POST", f"/2015-03-31/functions/{name}/invocations", "{}")

        keeper = threading.Thread(target=keep)
        keeper.start()
        try:
            yield
        finally:
            enough.set()
            keeper.join()

    def situation(self, name):
        """State, its reason code, LastUpdateStatus and its reason code."""
        found = self.configuration(name)
        return (found.get("State"), found.get("StateReasonCode"), found.get("LastUpdateStatus"),
                found.get("LastUpdateStatusReasonCode"))


def zip_bytes(text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py", (2026, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()


def run_parts(parts):
    """Runs the parts named on the command line, behind the program; all of them if none is named."""
    program, wanted = sys.argv[1], sys.argv[2:]
    for part in parts:
        if wanted and part.__name__ not in wanted:
            continue
        print(f"{part.__name__}: {part.__doc__}", flush=True)
        part(program)
    print("all passed")
