"""Who talks to the platform while it is soaked, beside the writers of the crash test: readers of the event stream
and of the dashboard, waiters, and callers that do not wait for their invocations."""

import http.client
import json
import time

from crash import PATH, Hand, Writer, require

STREAM_TIMEOUT = 20
PAD = "x" * 3500


class Worker(Hand):
    """Does something again and again, with pauses, until the life ends."""

    pause = 0.02

    def __init__(self, life, names, dice):
        super().__init__(life)
        self.names = names
        self.dice = dice

    def name(self):
        return self.dice.choice(self.names)

    def fetch(self, method, path, body=None, headers=None, good=(200,)):
        """The body of an answer, whatever it is."""
        answer, text = self.send(method, path, body, headers)
        require(answer.status in good, f"{method} {path}: {answer.status} {text[:200]!r}")
        self.life.calls[f"{type(self).__name__.lower()} {answer.status}"] += 1
        return answer.status, text


class BigWriter(Writer):
    """A writer whose documents fill write buffers in minutes."""

    def change(self, function, call, method, path, body, value, good):  # pylint: disable=too-many-arguments
        if call != "delete" and not path.endswith("/code"):
            body = {**body, "Environment": {"Variables": {"PAD": PAD}}}
        return super().change(function, call, method, path, body, value, good)


class Dashboard(Worker):
    """What an open dashboard and an operator ask for."""

    pause = 0.1

    def do_something(self):
        path = self.dice.choice([
            "/", "/metrics", "/_fsm/health", "/_fsm/overview", "/_fsm/world", "/_fsm/event-invokes",
            "/_fsm/functions?limit=50", "/_fsm/functions?state=Active,Failed&limit=20", PATH + "?MaxItems=50",
            f"/_fsm/functions/{self.name()}/explain", f"/_fsm/functions/{self.name()}/history",
            f"{PATH}/{self.name()}"])
        self.fetch("GET", path, good=(200, 404))


class Waiter(Worker):
    """Waits for what comes, and for what does not."""

    def do_something(self):
        goal = self.dice.choice(["active", "ready", "settled", "inactive", "gone", "exists"])
        timeout = self.dice.choice(["50ms", "500ms", "2s"])
        self.fetch("GET", f"/_fsm/wait/{self.name()}?for={goal}&timeout={timeout}", good=(200, 404, 408, 409))


class Sender(Worker):
    """Invokes without waiting for the end."""

    def do_something(self):
        self.fetch("POST", f"{PATH}/{self.name()}/invocations", "{}", {"X-Amz-Invocation-Type": "Event"},
                   good=(202, 404, 409, 429, 500, 502))


class Follower:
    """Reads the event stream from where the last life's reader ended: nothing may be missing, nothing twice."""

    def __init__(self, life, position):
        self.life = life
        self.position = position

    def run(self):
        try:
            while not self.life.ending.is_set():
                self.follow()
        except Exception as problem:  # pylint: disable=broad-except
            self.life.fail(problem)

    def follow(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.life.platform.port, timeout=STREAM_TIMEOUT)
        try:
            connection.request("GET", f"/_fsm/events?after={self.position}")
            answer = connection.getresponse()
            require(answer.status == 200, f"the event stream from {self.position}: {answer.status}")
            leave = time.monotonic() + 5  # And come back.
            while not self.life.ending.is_set() and time.monotonic() < leave:
                if not self.take(answer):
                    break
        except (OSError, http.client.HTTPException) as problem:
            require(self.life.ending.is_set(), f"the event stream broke off: {problem!r}")
        finally:
            connection.close()

    def take(self, answer):
        """One event; false at the end of the stream."""
        fields = {}
        while (line := answer.readline().decode()) != "\n":
            if not line.endswith("\n"):
                return False
            key, _, value = line.rstrip("\n").partition(": ")
            fields[key] = value
        if fields.get("event") == "transition":
            number = int(fields["id"])
            require(number == self.position + 1, f"the event stream has {number} after {self.position}")
            require(json.loads(fields["data"])["sequence"] == number, f"event {number} says {fields['data']}")
            self.position = number
            self.life.calls["event"] += 1
        return True
