"""The lifecycle of functions on a cloud that runs out of things, as a model of its own: written from the documented
behaviour, not from the table of the library. Times are milliseconds."""

import dataclasses

CANNOT = "The operation cannot be performed at this time. "
CREATING = ("Creating", "The function is being created.")
IDLE = ("Idle", "The function is currently idle.")
RESTORING = ("Restoring", "The function is being restored.")
STUCK_AFTER = 6 * 60_000
ATTEMPT_MAX = 5 * 60_000  # What takes longer is given up, with InternalError.
RESTORE_PAUSE = 5 * 60_000
PAUSING = ("InsufficientRolePermissions", "SubnetOutOfIPAddresses")

INVOKE_ERRORS = {
    "EniLimitExceeded": (502, "ENILimitReachedException"),
    "SubnetOutOfIPAddresses": (502, "SubnetIPAddressLimitReachedException"),
    "InvalidSubnet": (502, "InvalidSubnetIDException"),
    "InvalidSecurityGroup": (502, "InvalidSecurityGroupIDException"),
    "InsufficientRolePermissions": (502, "EC2AccessDeniedException"),
    "ImageDeleted": (409, "CodeArtifactUserDeletedException"),
    "ImageAccessDenied": (409, "CodeArtifactUserFailedException"),
    "InternalError": (500, "ServiceException"),
}


@dataclasses.dataclass(frozen=True)
class Document:
    """What the model knows of a function's settings."""
    role: str
    subnet: str = ""
    image: str = ""
    timeout: int = 3
    digest: str = ""


@dataclasses.dataclass
class Attempt:
    """What is asked of the cloud."""
    kind: str
    document: Document
    begun: bool = False
    endless: bool = False


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a call comes to. `message` None = the text is free."""
    status: int
    error: str = ""
    message: str | None = None


class World:
    """What there is to run out of. Leases are (function, subnet)."""

    def __init__(self, settings):
        self.subnets = {each["id"]: each["addresses"] for each in settings["vpc"]["subnets"]}
        self.quota = settings["vpc"]["eni_quota"]
        self.bad_roles = set(settings.get("roles_without_eni_permission", []))
        self.deleted = set()
        self.denied = set()
        self.times = {}
        self.leases = set()

    def in_use(self, subnet):
        return sum(1 for _, where in self.leases if where == subnet)

    def give_back(self, uid):
        self.leases = {each for each in self.leases if each[0] != uid}

    def obstacles(self, uid, wanted):
        """Every cause for which an attempt may fail now; none = it succeeds."""
        found = set()
        if wanted.image in self.deleted:
            found.add("ImageDeleted")
        if wanted.image in self.denied:
            found.add("ImageAccessDenied")
        if not wanted.subnet:
            return found
        if wanted.role in self.bad_roles:
            found.add("InsufficientRolePermissions")
        if wanted.subnet not in self.subnets:
            found.add("InvalidSubnet")
        if (uid, wanted.subnet) not in self.leases:
            if len(self.leases) >= self.quota:
                found.add("EniLimitExceeded")
            if self.in_use(wanted.subnet) >= self.subnets.get(wanted.subnet, 0):
                found.add("SubnetOutOfIPAddresses")
        return found


@dataclasses.dataclass
class Function:
    """One function. A reason is (code, text), or (set of codes, None) while the model leaves it open which."""
    uid: int
    name: str
    document: Document
    shown: Document
    since: int
    state: str = "Pending"
    status: str | None = None
    reason: tuple | None = CREATING
    update_reason: tuple | None = None
    revision: int = 1
    attempt: Attempt | None = None
    used: int = 0
    failed_at: int = -10**15
    versions: int = 0
    published: Document | None = None

    def pair(self):
        return self.state, self.status

    def move(self, now, state, reason):
        if self.state != state:
            self.since = now
        self.state, self.reason = state, reason
        self.revision += 1


class Model:
    """All functions. `advance` moves the clock, the other calls answer as the platform should. The cloud works on
    `places` attempts at once, and on one of each function."""

    def __init__(self, settings, idle_after, places):
        self.now = 0
        self.idle_after = idle_after
        self.places = places
        self.world = World(settings)
        self.functions = {}
        self.uids = 0
        self.waiting = []  # Functions whose attempt waits for a place.
        self.blocked = []  # (time, function): whose attempt waits for what went before, and no longer than that.
        self.flights = {}  # uid -> when the cloud is done with it, whether or not anybody still waits for that.

    # --- time --------------------------------------------------------------------------------------------

    def due(self):
        """(time, what happens then) of everything that will happen by itself, as far as it is known."""
        for uid, at in self.flights.items():
            yield at, lambda uid=uid: self._landed(uid)
        for at, which in self.blocked:
            yield at, lambda which=which: self._blocked_for_long(which)
        for each in self.functions.values():
            if each.state == "Active" and each.status != "InProgress":
                yield each.used + self.idle_after, lambda each=each: self._idle(each)

    def expected(self):
        """When the attempts that have not begun will be answered, if the world stays as it is."""
        ends = [max(self.flights.values(), default=self.now)]
        for each in [*self.waiting, *(which for _, which in self.blocked)]:
            if not each.attempt:
                continue
            begin = ends[-1] if self.places == 1 else self.flights.get(each.uid, self.now)
            ends.append(begin + min(self.world.times[each.attempt.kind], ATTEMPT_MAX))
        return ends

    def advance(self, to):
        while True:
            at, happen = min(self.due(), key=lambda each: each[0], default=(to + 1, None))
            if at > to:
                break
            self.now = at
            happen()
        self.now = to

    def _start(self, which, kind, document):
        which.attempt = Attempt(kind, document)
        if which.uid in self.flights:
            self.blocked.append((self.now + ATTEMPT_MAX, which))
        else:
            self.waiting.append(which)
            self._begin_what_can()

    def _begin_what_can(self):
        while self.waiting and len(self.flights) < self.places:
            which = self.waiting.pop(0)
            if not which.attempt or which.uid in self.flights:
                continue
            span = self.world.times[which.attempt.kind]
            which.attempt.begun, which.attempt.endless = True, span > ATTEMPT_MAX
            self.flights[which.uid] = self.now + min(span, ATTEMPT_MAX)

    def _give_up(self, which):
        """Nobody waits for its attempt any more; the cloud still works on it if it has begun."""
        which.attempt = None  # Its place among those who wait remains, should it ask again before that comes up.
        self._unblock(which)

    def _unblock(self, which):
        self.blocked = [each for each in self.blocked if each[1] is not which]

    def _blocked_for_long(self, which):
        self._unblock(which)
        which.attempt.endless = True
        self._answered(which)

    def _landed(self, uid):
        del self.flights[uid]
        which = next((each for each in self.functions.values() if each.uid == uid), None)
        if which is None:
            self.world.give_back(uid)
        elif which.attempt and which.attempt.begun:
            self._answered(which)
        elif which.attempt:
            self._unblock(which)
            self.waiting.append(which)
        self._begin_what_can()

    def _answered(self, which):
        attempt, which.attempt = which.attempt, None
        causes = {"InternalError"} if attempt.endless else self.world.obstacles(which.uid, attempt.document)
        if causes:
            self._failed(which, attempt.kind, (frozenset(causes), None))
        else:
            self._succeeded(which, attempt.kind, attempt.document)

    def _succeeded(self, which, kind, document):
        if which.document.subnet != document.subnet:
            self.world.leases.discard((which.uid, which.document.subnet))
        if document.subnet:
            self.world.leases.add((which.uid, document.subnet))
        which.document = which.shown = document
        if kind != "update" or which.state == "Inactive":
            which.used = self.now
        if kind != "restore":
            which.status, which.update_reason = "Successful", None
        which.move(self.now, "Active", None)

    def _failed(self, which, kind, reason):
        if kind == "create":
            which.move(self.now, "Failed", reason)
        elif kind == "restore":
            which.failed_at = self.now
            which.move(self.now, "Inactive", reason)
        else:
            which.status, which.update_reason = "Failed", reason
            which.shown = which.document
            which.move(self.now, which.state, which.reason)

    def _idle(self, which):
        self.world.leases.discard((which.uid, which.document.subnet))
        which.move(self.now, "Inactive", IDLE)

    # --- calls -------------------------------------------------------------------------------------------

    def find(self, name, printed=""):
        found = self.functions.get(name)
        return found, Answer(404, "ResourceNotFoundException", f"Function not found: {arn(name)}{printed}")

    def create(self, name, document, unknown=""):
        if unknown:
            return unknown_subnet(unknown)
        if name in self.functions:
            return Answer(409, "ResourceConflictException", f"Function already exist: {name}")
        self.uids += 1
        made = Function(self.uids, name, document, document, self.now, used=self.now)
        self.functions[name] = made
        self._start(made, "create", document)
        return Answer(201)

    def get(self, name):
        found, missing = self.find(name)
        return Answer(200) if found else missing

    def delete(self, name):
        found, missing = self.find(name)
        if not found:
            return missing
        self._give_up(found)
        del self.functions[name]
        if found.uid not in self.flights:
            self.world.give_back(found.uid)
        return Answer(204)

    def update(self, name, change, revision_is_right=True, unknown="", dry_run=False):
        """`change` makes the new document from the one that is shown."""
        found, missing = self.find(name)
        if not found:
            return missing
        if not revision_is_right:
            return Answer(412, "PreconditionFailedException", "The Revision Id provided does not match the "
                          "latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest "
                          "Revision Id")
        if unknown:
            return unknown_subnet(unknown)
        if found.status == "InProgress":
            return Answer(409, "ResourceConflictException",
                          f"{CANNOT}An update is in progress for resource: {arn(name)}")
        if found.state in ("Pending", "Failed"):
            return self._refuse(found, may_give_up=not dry_run)
        if dry_run:
            return Answer(200)
        found.status, found.update_reason = "InProgress", CREATING
        found.shown = change(found.document)
        found.move(self.now, found.state, found.reason)
        self._start(found, "update", found.shown)
        return Answer(200)

    def publish(self, name):
        """The answer, and the number of the version."""
        found, missing = self.find(name)
        if not found:
            return missing, 0
        if found.status == "InProgress":
            return Answer(409, "ResourceConflictException",
                          f"{CANNOT}An update is in progress for resource: {arn(name)}"), 0
        if found.state in ("Pending", "Failed"):
            return self._refuse(found, may_give_up=True), 0
        if found.published != found.document:
            found.published = found.document
            found.versions += 1
            found.revision += 1
        return Answer(201), found.versions

    def tag(self, name):
        found, missing = self.find(name)
        if not found:
            return missing
        if found.status == "InProgress":
            return Answer(409, "ResourceConflictException",
                          f"{CANNOT}An update is in progress for resource: {arn(name)}")
        found.revision += 1
        return Answer(204)

    def _refuse(self, found, may_give_up):
        """409 with the state; a stuck operation is given up first."""
        stuck = found.state == "Pending" and self.now - found.since > STUCK_AFTER
        if stuck and may_give_up:
            self._give_up(found)
            if found.status is None:
                found.move(self.now, "Failed", ("InternalError", None))
            else:
                found.failed_at = self.now
                found.move(self.now, "Inactive", ("InternalError", None))
        return Answer(409, "ResourceConflictException",
                      f"{CANNOT}The resource {arn(found.name)} is currently in the following state: "
                      f"'{found.state}'. StateReasonCode: '{found.reason[0]}'")

    def invoke(self, name, dry_run=False):
        found, missing = self.find(name, ":$LATEST")
        if not found:
            return missing
        if found.state == "Active":
            if not dry_run:
                found.used = self.now
            return Answer(204 if dry_run else 200)
        if found.state == "Failed":
            return self._broken(found)
        if found.state == "Pending" and found.status is None:
            return Answer(409, "ResourceConflictException",
                          f"{CANNOT}The function is currently in the following state: Pending")
        if dry_run:
            return Answer(204)
        if found.state == "Inactive" and found.status != "InProgress":
            if self._pauses(found):
                return self._broken(found)
            found.move(self.now, "Pending", RESTORING)
            self._start(found, "restore", found.document)
        return Answer(409, "CodeArtifactUserPendingException",
                      "Lambda is initializing your function. It will be ready to invoke shortly.")

    def _pauses(self, found):
        return found.reason[0] in PAUSING and self.now - found.failed_at < RESTORE_PAUSE

    def _broken(self, found):
        return Answer(*INVOKE_ERRORS[found.reason[0]])


def arn(name):
    return f"arn:aws:lambda:us-east-1:000000000000:function:{name}"


def unknown_subnet(subnet):
    return Answer(400, "InvalidParameterValueException", "Error occurred while DescribeSubnets. EC2 Error Code: "
                  "InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID '" + subnet + "' does not exist")
