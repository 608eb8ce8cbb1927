#!/usr/bin/env python3
"""Calls fsm-platform at random, on a cloud that runs out of things, and compares it with a model after every call.

usage: lockstep_test.py PROGRAM [--seed SEED] [--steps N] [--places N]
"""

import argparse
import base64
import hashlib
import http.client
import json
import random

from harness import ROLE, ROLE_WITHOUT_ENIS, Platform, check, zip_bytes
from lockstep_model import Document, Model, arn

FUNCTIONS = "/2015-03-31/functions"
NAMES = ("alpha", "beta", "gamma", "delta", "omega")
IMAGES = ("registry.example/one:1", "registry.example/two:2")
PACKAGES = [zip_bytes(text) for text in ("one", "two", "three")]
IDLE_AFTER = 4000
ATTEMPT_TIMES = {"create": 1010, "update": 520, "restore": 1030}
LONG = 10 * 60_000
WORLD = {
    "provision_time": "1010ms",
    "update_time": "520ms",
    "restore_time": "1030ms",
    "vpc": {
        "subnets": [{"id": "subnet-00000001", "vpc": "vpc-11111111", "addresses": 1},
                    {"id": "subnet-00000002", "vpc": "vpc-11111111", "addresses": 2},
                    {"id": "subnet-00000003", "vpc": "vpc-11111111", "addresses": 0}],
        "security_groups": ["sg-0a1b2c3d"],
        "eni_quota": 3,
    },
    "roles_without_eni_permission": [ROLE_WITHOUT_ENIS],
}
SUBNETS = [each["id"] for each in WORLD["vpc"]["subnets"]]
UNKNOWN = "subnet-ffffffff"
# Around a moment at which something happens by itself nothing is called: the platform counts idle time in ticks.
MARGIN = 12


def digest(package):
    return base64.b64encode(hashlib.sha256(package).digest()).decode()


class Lockstep:
    """The platform and its model, which get the same calls."""

    def __init__(self, platform, seed, places):
        self.platform = platform
        self.random = random.Random(seed)
        self.model = Model(WORLD, IDLE_AFTER, places)
        self.model.world.times = dict(ATTEMPT_TIMES)
        self.connection = http.client.HTTPConnection("127.0.0.1", platform.port, timeout=60)
        self.revisions = {}  # (uid, the model's revision) -> the platform's
        self.seen = {}       # How often each situation and answer came up.
        self.trail = []

    def request(self, method, path, body=None, headers=None):
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, headers or {})
        answer = self.connection.getresponse()
        content = answer.read()
        return answer.status, answer.headers, json.loads(content) if content else {}

    def call(self, what, wanted, method, path, body=None, headers=None):
        """A call, and that its answer is the wanted one."""
        self.trail.append(f"{self.model.now} {what}: {wanted.status} {wanted.error}")
        status, fields, found = self.request(method, path, body, headers)
        check((status, fields.get("X-Amzn-Errortype", "")), (wanted.status, wanted.error), f"{what} {found}")
        if wanted.message is not None:
            check(found.get("message", found.get("Message")), wanted.message, what)
        key = f"{what.split(' ')[0]} {wanted.status} {wanted.error}"
        self.seen[key] = self.seen.get(key, 0) + 1
        return found

    # --- comparing ---------------------------------------------------------------------------------------

    def compare(self, name):
        found, missing = self.model.find(name)
        path = f"{FUNCTIONS}/{name}/configuration"
        if not found:
            self.call(f"get {name}", missing, "GET", path)
            return
        shown = self.call(f"get {name}", self.model.get(name), "GET", path)
        what = f"{name} at {self.model.now}"
        check((shown.get("State"), shown.get("LastUpdateStatus")), found.pair(), what)
        found.reason = self.reason(found.reason, shown, "StateReason", what)
        found.update_reason = self.reason(found.update_reason, shown, "LastUpdateStatusReason", what)
        check(shown["Timeout"], found.shown.timeout, f"{what}: Timeout")
        check(shown["Role"], found.shown.role, f"{what}: Role")
        check("".join(shown.get("VpcConfig", {}).get("SubnetIds", [])), found.shown.subnet, f"{what}: subnet")
        if not found.shown.image:
            check(shown["CodeSha256"], found.shown.digest, f"{what}: CodeSha256")
        self.compare_revision(found, shown["RevisionId"], what)
        key = f"situation {found.pair()} {found.reason and found.reason[0]}"
        self.seen[key] = self.seen.get(key, 0) + 1

    def reason(self, wanted, shown, member, what):
        """The reason as it turned out, where the model leaves it open."""
        code, text = shown.get(member + "Code"), shown.get(member)
        if wanted is None:
            check((code, text), (None, None), f"{what}: {member}")
            return None
        codes, wanted_text = wanted
        possible = {codes} if isinstance(codes, str) else codes
        if code not in possible or not text:
            raise AssertionError(f"{what}: {member} is {code!r} {text!r}, possible are {sorted(possible)}")
        if wanted_text is not None:
            check(text, wanted_text, f"{what}: {member}")
        return code, wanted_text

    def compare_revision(self, found, revision, what):
        """The same revision as long as the model's is the same, and one never seen before otherwise."""
        key = (found.uid, found.revision)
        if key not in self.revisions:
            check(revision in self.revisions.values(), False, f"{what}: RevisionId {revision} was there before")
            self.revisions[key] = revision
        check(revision, self.revisions[key], f"{what}: RevisionId")

    def compare_all(self):
        for name in NAMES:
            self.compare(name)
        world = self.platform.fsm("GET", "world")
        check(world["enis_in_use"], len(self.model.world.leases), f"interfaces in use at {self.model.now}")
        check({each["id"]: each["in_use"] for each in world["vpc"]["subnets"]},
              {each: self.model.world.in_use(each) for each in self.model.world.subnets},
              f"addresses in use at {self.model.now}")

    # --- time --------------------------------------------------------------------------------------------

    def advance(self, span):
        to = self.model.now + span
        while self.crowded(to):
            to += MARGIN
        span = to - self.model.now
        self.model.advance(to)
        status, _, answer = self.request("POST", "/_fsm/clock", {"advance": f"{span}ms"})
        check(status, 200, f"advance {span} ms: {answer}")
        self.trail.append(f"{to} advanced by {span}")
        self.compare_all()

    def crowded(self, at):
        """Whether at that time, or when what is started then is answered, something else happens."""
        taken = [time for time, _ in self.model.due()] + self.model.expected()
        taken += [time + IDLE_AFTER for time in taken]
        starts = [at] + [at + each for each in self.model.world.times.values()]
        starts += [each + IDLE_AFTER for each in starts]
        return any(abs(mine - other) <= MARGIN for mine in starts for other in taken)

    # --- what is called at random ------------------------------------------------------------------------

    def network(self):
        subnet = self.random.choice(["", "", *SUBNETS, *SUBNETS[:2], UNKNOWN])
        config = {"SubnetIds": [subnet] if subnet else [],
                  "SecurityGroupIds": ["sg-0a1b2c3d"] if subnet else []}
        return subnet, config, subnet if subnet and subnet not in self.model.world.subnets else ""

    def role(self):
        return self.random.choice([ROLE, ROLE, ROLE, ROLE_WITHOUT_ENIS])

    def create(self, name):
        subnet, vpc, unknown = self.network()
        role, package = self.role(), self.random.choice(PACKAGES)
        body = {"FunctionName": name, "Role": role, "VpcConfig": vpc}
        if self.random.random() < 0.3:
            image = self.random.choice(IMAGES)
            document = Document(role, subnet, image)
            body |= {"PackageType": "Image", "Code": {"ImageUri": image}}
        else:
            document = Document(role, subnet, digest=digest(package))
            body |= {"Runtime": "python3.12", "Handler": "index.handler",
                     "Code": {"ZipFile": base64.b64encode(package).decode()}}
        self.call(f"create {name}", self.model.create(name, document, unknown), "POST", FUNCTIONS, body)

    def revision(self, name, body):
        """Whether the revision that goes into the body is the right one."""
        found = self.model.functions.get(name)
        if not found or self.random.random() < 0.7:
            return True
        right = self.random.random() < 0.5
        body["RevisionId"] = self.revisions[found.uid, found.revision if right else 1]
        return right or found.revision == 1

    def update(self, name, *arguments, **more):
        """What the model says, and a note if it gives up something stuck."""
        found = self.model.functions.get(name)
        before = found and found.state
        wanted = self.model.update(name, *arguments, **more)
        if found and before == "Pending" != found.state:
            key = f"given_up {found.state}"
            self.seen[key] = self.seen.get(key, 0) + 1
        return wanted

    def update_configuration(self, name):
        body = {"Timeout": self.random.randint(1, 900)}
        change = {"timeout": body["Timeout"]}
        unknown = ""
        if self.random.random() < 0.5:
            change["subnet"], body["VpcConfig"], unknown = self.network()
        if self.random.random() < 0.3:
            change["role"] = body["Role"] = self.role()
        right = self.revision(name, body)
        wanted = self.update(name, lambda before: replace(before, change), right, unknown)
        self.call(f"update_configuration {name}", wanted, "PUT", f"{FUNCTIONS}/{name}/configuration", body)

    def update_code(self, name):
        found = self.model.functions.get(name)
        if found and found.shown.image:
            image = self.random.choice(IMAGES)
            body, change = {"ImageUri": image}, {"image": image}
        else:
            package = self.random.choice(PACKAGES)
            body = {"ZipFile": base64.b64encode(package).decode()}
            change = {"digest": digest(package)}
        body["DryRun"] = self.random.random() < 0.2
        right = self.revision(name, body)
        wanted = self.update(name, lambda before: replace(before, change), right, dry_run=body["DryRun"])
        self.call(f"update_code {name}", wanted, "PUT", f"{FUNCTIONS}/{name}/code", body)

    def invoke(self, name):
        dry_run = self.random.random() < 0.2
        wanted = self.model.invoke(name, dry_run)
        headers = {"X-Amz-Invocation-Type": "DryRun"} if dry_run else {}
        answer = self.call(f"invoke {name}", wanted, "POST", f"{FUNCTIONS}/{name}/invocations", {"n": 1}, headers)
        if wanted.status == 200:
            check(answer, {"n": 1}, "what the echo gives back")

    def publish(self, name):
        """Of functions without a network alone: versions share what their function holds of it."""
        found = self.model.functions.get(name)
        if self.model.places == 1 or (found and (found.shown.subnet or found.document.subnet)):
            return
        wanted, number = self.model.publish(name)
        answer = self.call(f"publish {name}", wanted, "POST", f"{FUNCTIONS}/{name}/versions", {})
        if number:
            check((answer["Version"], answer["FunctionArn"]), (str(number), f"{arn(name)}:{number}"), "publish")

    def tag(self, name):
        path = "/2017-03-31/tags/" + arn(name)
        if self.random.random() < 0.5:
            self.call(f"tag {name}", self.model.tag(name), "POST", path, {"Tags": {"a": "b"}})
        else:
            self.call(f"untag {name}", self.model.tag(name), "DELETE", path + "?tagKeys=a")

    def delete(self, name):
        self.call(f"delete {name}", self.model.delete(name), "DELETE", f"{FUNCTIONS}/{name}")

    def change_world(self, _):
        """Other numbers of addresses, images deleted or there again, subnets gone, times that are endless."""
        world, chance = self.model.world, self.random
        world.subnets = {each: chance.choice([0, 1, 2, 4]) for each in SUBNETS if chance.random() < 0.9}
        world.quota = chance.choice([1, 2, 3, 6])
        world.deleted = {each for each in IMAGES if chance.random() < 0.2}
        world.denied = {each for each in IMAGES if chance.random() < 0.2}
        endless = chance.random() < (0.1 if self.model.places > 1 else 0.5)
        world.times = {kind: LONG + time if endless and kind != "update" else time
                       for kind, time in ATTEMPT_TIMES.items()}
        body = {"vpc": {"subnets": [{"id": key, "vpc": "vpc-11111111", "addresses": value}
                                    for key, value in world.subnets.items()],
                        "security_groups": ["sg-0a1b2c3d"], "eni_quota": world.quota},
                "images": {"deleted": sorted(world.deleted), "denied": sorted(world.denied)},
                "provision_time": f"{world.times['create']}ms", "restore_time": f"{world.times['restore']}ms"}
        self.platform.fsm("POST", "world", body)
        self.trail.append(f"{self.model.now} world: {body}")

    def step(self):
        actions = {self.create: 5, self.invoke: 10, self.update_configuration: 6, self.update_code: 4,
                   self.publish: 2, self.tag: 2, self.delete: 1, self.change_world: 1}
        action = self.random.choices(list(actions), actions.values())[0]
        name = self.random.choice(NAMES)
        found = self.model.functions.get(name)
        if found and found.state == "Failed" and self.random.random() < 0.3:
            action = self.delete
        action(name)
        self.compare(name)
        spans = {50: 6, 700: 6, 1500: 5, 4500: 2, 150_000: 0.8, 301_000: 0.3, 361_000: 0.3, 700_000: 0.2}
        span = self.random.choices(list(spans), spans.values())[0]
        self.advance(span + self.random.randint(0, span))


def replace(before, change):
    return Document(**{**before.__dict__, **change})


def covered(seen, steps, places):
    """That the run has been where the table is thin, if it was long enough to say."""
    if steps < 2000:
        return
    if places == 1:
        check("given_up Failed" in seen, True, "the run has given up something stuck")
        return
    for wanted in ("situation ('Pending', None) Creating", "situation ('Active', 'Successful') None",
                   "situation ('Active', 'InProgress') None", "situation ('Active', 'Failed') None",
                   "situation ('Failed', None) SubnetOutOfIPAddresses", "situation ('Failed', None) InternalError",
                   "situation ('Failed', None) ImageDeleted",
                   "situation ('Inactive', 'Successful') Idle", "situation ('Pending', 'Successful') Restoring",
                   "situation ('Inactive', 'InProgress') Idle", "situation ('Inactive', 'Failed') Idle",
                   "situation ('Pending', 'Failed') Restoring",
                   "situation ('Inactive', 'Successful') InternalError",
                   "situation ('Inactive', 'Successful') SubnetOutOfIPAddresses",
                   "invoke 502 SubnetIPAddressLimitReachedException", "invoke 502 EC2AccessDeniedException",
                   "invoke 409 CodeArtifactUserPendingException", "update_code 412 PreconditionFailedException",
                   "update_configuration 409 ResourceConflictException"):
        check(wanted in seen, True, f"the run has seen {wanted}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--places", type=int, default=256, help="attempts at once; with 1 they get stuck")
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.steps} steps", flush=True)
    flags = ["--virtual-clock", "--idle-after", f"{IDLE_AFTER}ms", "--attempt-timeout", "5m",
             "--max-provisioning", str(given.places)]
    with Platform(given.program, *flags, world=WORLD) as p:
        run = Lockstep(p, given.seed, given.places)
        done = 0
        try:
            while done < given.steps:
                run.step()
                done += 1
            covered(run.seen, given.steps, given.places)
        except BaseException:
            print(f"--- seed {given.seed}, step {done}; the last calls:\n" + "\n".join(run.trail[-60:]), flush=True)
            raise
        for key, count in sorted(run.seen.items()):
            print(f"{count:7} {key}")
        p.stop()
    print("all passed")


if __name__ == "__main__":
    main()
