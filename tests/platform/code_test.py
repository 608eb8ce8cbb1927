#!/usr/bin/env python3
"""Code packages from end to end: uploaded, kept over restarts and crashes, served, and removed.

usage: code_test.py PROGRAM [PART...]
"""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from harness import ROLE, Platform, check, run_parts, zip_bytes

FUNCTIONS = "/2015-03-31/functions"
SKIPPED = 77
FAST = {"provision_time": "1ms", "update_time": "1ms"}


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="fsm-code-") as path:
        yield path


def sha256(package):
    return base64.b64encode(hashlib.sha256(package).digest()).decode()


def package(number, size=50_000):
    """A zip archive of about `size` bytes, another one for each number."""
    return zip_bytes(str(number) + random.Random(number).randbytes(size // 2).hex())


def create(platform, name, code):
    body = {"FunctionName": name, "Role": ROLE, "Runtime": "python3.12", "Handler": "index.handler",
            "Code": {"ZipFile": base64.b64encode(code).decode()}}
    return platform.request("POST", FUNCTIONS, body)


def update(platform, name, code):
    return platform.request("PUT", f"{FUNCTIONS}/{name}/code",
                            {"ZipFile": base64.b64encode(code).decode()})


def shown(platform, name):
    status, _, body = platform.request("GET", f"{FUNCTIONS}/{name}")
    return status, json.loads(body)


def served(platform, name):
    """The bytes behind the function's link, and the CodeSha256 it shows."""
    status, found = shown(platform, name)
    check(status, 200, f"GetFunction {name}")
    link = urllib.parse.urlsplit(found["Code"]["Location"])
    status, headers, body = platform.request("GET", f"{link.path}?{link.query}")
    check((status, headers["Content-Type"], headers["Content-Length"]),
          (200, "application/zip", str(len(body))), f"the package of {name}")
    return body, found["Configuration"]["CodeSha256"]


def files(data):
    """The names of all packages on the disk."""
    found = set()
    for path, _, names in os.walk(os.path.join(data, "code")):
        found.update(name for name in names if not path.endswith("incoming"))
    return found


def hex_name(code_sha256):
    return base64.b64decode(code_sha256).hex()


def wait_for_files(data, wanted, what):
    deadline = time.monotonic() + 60
    while files(data) != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    check(files(data) == wanted, True,
          f"{what}: missing {wanted - files(data)}, left {files(data) - wanted}")


def life_of_a_package(program):
    """the AWS CLI creates, curl fetches the bytes, an update and a delete remove what is not used"""
    with folder() as data, Platform(program, data=data, world=FAST) as p:
        path = os.path.join(p.folder.name, "one.zip")
        with open(path, "wb") as file:
            file.write(package(1, 2_000_000))
        created = p.aws("create-function", "--function-name", "f", "--role", ROLE, "--runtime", "python3.12",
                        "--handler", "index.handler", "--zip-file", "fileb://" + path)
        check(created["CodeSha256"], sha256(package(1, 2_000_000)), "CodeSha256")
        p.wait("f", "active")
        code = p.aws("get-function", "--function-name", "f")["Code"]
        check((code["RepositoryType"], code["Location"].startswith(p.url + "/_fsm/code/")), ("S3", True),
              code["Location"])
        copy = os.path.join(p.folder.name, "copy.zip")
        subprocess.run(["curl", "-sS", "--fail", "-o", copy, code["Location"]], check=True, timeout=60)
        subprocess.run(["cmp", path, copy], check=True)
        p.aws("update-function-code", "--function-name", "f", "--zip-file", p.zip_file("two"))
        p.wait("f", "settled")
        wait_for_files(data, {hashlib.sha256(zip_bytes("two")).hexdigest()}, "after an update")
        p.aws("delete-function", "--function-name", "f")
        wait_for_files(data, set(), "after the delete")
        p.stop()


def restart(program):
    """packages are served after a restart; links of an earlier life are not valid any more"""
    with folder() as data:
        with Platform(program, data=data, world=FAST) as p:
            for name in ("f", "g"):
                check(create(p, name, package(name))[0], 201, "create")
                p.wait(name, "active")
            old = urllib.parse.urlsplit(shown(p, "f")[1]["Code"]["Location"])
            p.stop()
        with open(os.path.join(data, "code", "incoming", "0"), "wb") as file:
            file.write(b"half a package")
        orphan = hashlib.sha256(b"orphan").hexdigest()
        os.makedirs(os.path.join(data, "code", orphan[:2]), exist_ok=True)
        with open(os.path.join(data, "code", orphan[:2], orphan), "wb") as file:
            file.write(b"orphan")
        with Platform(program, data=data, world=FAST) as p:
            check(p.request("GET", f"{old.path}?{old.query}")[0], 403, "a link of an earlier life")
            check(served(p, "f")[0], package("f"), "a package of an earlier life")
            wanted = {hashlib.sha256(package(name)).hexdigest() for name in ("f", "g")}
            wait_for_files(data, wanted, "after a restart")
            check(os.listdir(os.path.join(data, "code", "incoming")), [], "leftovers")
            damaged = hashlib.sha256(package("g")).hexdigest()
            with open(os.path.join(data, "code", damaged[:2], damaged), "r+b") as file:
                file.seek(100)
                file.write(b"?!")
            link = urllib.parse.urlsplit(shown(p, "g")[1]["Code"]["Location"])
            check(p.request("GET", f"{link.path}?{link.query}")[0], 500, "a damaged package")
            check("damaged" in p.read_log(), True, "the log tells of it")
            check(create(p, "h", package("g"))[0], 201, "the same package once more")
            check(served(p, "g")[0], package("g"), "the mended package")
            p.stop()


class Uploader(threading.Thread):
    """Creates, updates and deletes functions of its own until the platform is killed."""

    def __init__(self, platform, known, seed):
        super().__init__()
        self.platform = platform
        self.names = list(known)
        self.random = random.Random(seed)
        self.sent = known  # What may be there, by its CodeSha256: acknowledged last, or sent since.
        self.acknowledged = 0
        self.problem = None
        self.start()

    def run(self):
        try:
            while True:
                self.one(self.random.choice(self.names))
        except (OSError, EOFError, http.client.HTTPException, json.JSONDecodeError):
            pass  # It was killed.
        except AssertionError as problem:
            self.problem = problem

    def one(self, name):
        code = package(self.random.randrange(1000), 20_000)
        status, found = shown(self.platform, name)
        if status == 404:
            self.sent[name].append(sha256(code))
            answer = create(self.platform, name, code)[0]
            wanted = 201
        elif self.random.random() < 0.3:
            self.sent[name].append(None)
            answer, wanted = self.platform.request("DELETE", f"{FUNCTIONS}/{name}")[0], 204
        else:
            self.sent[name].append(sha256(code))
            answer, wanted = update(self.platform, name, code)[0], 200
        if answer == wanted:
            self.sent[name] = self.sent[name][-1:]
            self.acknowledged += 1
        elif answer == 409:
            self.sent[name].pop()
        else:
            raise AssertionError(f"{name}: {answer} after {found}")


def kill(program):
    """killed between and during uploads: nothing acknowledged is missing, and nothing unused stays"""
    seed = random.randrange(1_000_000)
    print(f"seed {seed}", flush=True)
    chance = random.Random(seed)
    names = [f"f{i}" for i in range(12)]
    with folder() as data:
        known = {name: [None] for name in names}
        for round_number in range(6):
            with Platform(program, data=data, world=FAST) as p:
                verify(p, data, known)
                uploaders = [Uploader(p, {name: known[name] for name in names[i::3]}, chance.random())
                             for i in range(3)]
                time.sleep(chance.uniform(0.3, 1.2))
                p.process.kill()
                for each in uploaders:
                    each.join(60)
                    check(each.problem, None, "an upload")
                    known.update(each.sent)
                print(f"round {round_number}: {sum(each.acknowledged for each in uploaders)} acknowledged",
                      flush=True)
        with Platform(program, data=data, world=FAST) as p:
            verify(p, data, known)
            p.stop()


def verify(platform, data, known):
    used = set()
    for name, may_be in known.items():
        status, _ = shown(platform, name)
        if status == 404:
            check(None in may_be, True, f"{name} is gone, it may be {may_be}")
            continue
        platform.wait(name, "settled")
        body, shown_sha256 = served(platform, name)
        check(sha256(body), shown_sha256, f"the package of {name}")
        check(shown_sha256 in may_be, True, f"{name} shows {shown_sha256}, it may be {may_be}")
        known[name] = [shown_sha256]
        used.add(hex_name(shown_sha256))
    wait_for_files(data, used, "unused packages")


def checkpoint(program):
    """a copy has the packages of its functions, also of those deleted since"""
    with folder() as data, Platform(program, data=data, world=FAST) as p:
        check(create(p, "f", package(1))[0], 201, "create")
        p.wait("f", "active")
        name = p.fsm("POST", "checkpoint")["checkpoint"]
        check(p.request("DELETE", FUNCTIONS + "/f")[0], 204, "delete")
        wait_for_files(data, set(), "after the delete")
        with Platform(program, data=os.path.join(data, "checkpoints", name), world=FAST) as copy:
            check(served(copy, "f")[0], package(1), "the package in the copy")
            copy.stop()
        p.stop()


def full_disk(program):
    """a disk without room for the package: a modelled error, and nothing has changed"""
    with folder() as data:
        with Platform(program, data=data, world=FAST) as p:
            check(create(p, "f", package(1))[0], 201, "create")
            p.request("DELETE", FUNCTIONS + "/f")
            p.stop()
        small = os.path.join(data, "code")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            print(f"skipped: a small disk needs the right to mount one: {done.stderr.strip()}", flush=True)
            sys.exit(SKIPPED)
        try:
            with Platform(program, data=data, world=FAST) as p:
                check(create(p, "f", package(2, 200_000))[0], 201, "create")
                p.wait("f", "active")
                status, headers, body = create(p, "g", package(3, 3_000_000))
                check((status, headers["X-Amzn-Errortype"]), (500, "ServiceException"), "create")
                check(json.loads(body)["Message"],
                      "The code could not be stored: there is no room on the disk for the package.",
                      "create")
                check(update(p, "f", package(3, 3_000_000))[0], 500, "update")
                check(shown(p, "g")[0], 404, "the refused function")
                check(served(p, "f")[0], package(2, 200_000), "the old package")
                check(create(p, "g", package(4, 100_000))[0], 201, "a package that fits")
                check(p.fsm("GET", "health")["status"], "ok", "health")
                p.stop()
        finally:
            subprocess.run(["umount", small], check=True)


def buckets(program):
    """code from a folder that stands for S3, by the AWS CLI"""
    with folder() as root:
        os.makedirs(os.path.join(root, "my-bucket", "team"))
        with open(os.path.join(root, "my-bucket", "team", "app.zip"), "wb") as file:
            file.write(package(1))
        os.symlink("/etc/passwd", os.path.join(root, "my-bucket", "link"))
        source = ("--s3-bucket", "my-bucket", "--s3-key")
        with Platform(program, "--s3-dir", root, world=FAST) as p:
            p.create("f")
            p.wait("f", "active")
            p.aws("update-function-code", "--function-name", "f", *source, "team/app.zip")
            p.wait("f", "settled")
            check(served(p, "f")[0], package(1), "the package")
            for key in ("../../etc/passwd", "link", "team", "none"):
                check("S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist." in
                      p.aws_fails("update-function-code", "--function-name", "f", *source, key), True, key)
            p.stop()
        done = subprocess.run([program, "--memory", "--listen", "127.0.0.1:0", "--s3-dir", root + "/none"],
                              capture_output=True, text=True, timeout=60, check=False)
        check((done.returncode, "--s3-dir" in done.stderr, done.stdout), (2, True, ""), done.stderr)


PARTS = [life_of_a_package, restart, kill, checkpoint, full_disk, buckets]


if __name__ == "__main__":
    run_parts(PARTS)
