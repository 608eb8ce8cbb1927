"""What a client knows of its functions, and whether a platform that has started again agrees."""

import collections

from lifecycle_page import ABSENT, Lifecycle

LIFECYCLE = Lifecycle()
HISTORY_MAX = 16


class Violation(Exception):
    """The platform has broken a promise."""


def require(holds, text):
    if not holds:
        raise Violation(text)


# What a client can choose of a function.
Value = collections.namedtuple("Value", "description code in_vpc")


class Function:
    """One function as its only writer knows it. `there` is what has been acknowledged; `unsure` are the calls
    whose answer never came."""

    def __init__(self, name):
        self.name = name
        self.there = False
        self._begin()

    def _begin(self):
        self.values = {}  # The acknowledged ones by their sequences.
        self.seen = set()  # The revisions that were shown.
        self.unsure = []

    # --- what the client did -------------------------------------------------------------------------

    def created(self, sequence, value):
        self._begin()
        self.there = True
        self.values[sequence] = value

    def updated(self, sequence, value):
        self.values[sequence] = value

    def deleted(self):
        self._begin()
        self.there = False

    def left_open(self, call, value=None):
        self.unsure.append((call, value))

    # --- what the platform says afterwards -----------------------------------------------------------

    def check(self, configuration, history):
        """`configuration` is None when there is no such function. Takes over what turned out to be so."""
        open_calls = [call for call, _ in self.unsure]
        if configuration is None:
            require(not self.there or "delete" in open_calls,
                    f"{self.name} was acknowledged and is gone; unanswered: {self.unsure}")
            return self.deleted()
        require(self.there or "create" in open_calls,
                f"{self.name} was deleted and is back; unanswered: {self.unsure}")
        self._check_chain(history)
        self._match_calls(history)
        self._check_value(configuration, history)
        last = history[-1]["revision_id"]
        require(configuration["RevisionId"] == last,
                f"{self.name} shows the revision {configuration['RevisionId']}, its last transition {last}")
        if history[0]["previous"] == 0:
            lost = self.seen - {each["revision_id"] for each in history}
            require(not lost, f"{self.name} has shown revisions that its history does not have: {lost}")
        self.there = True
        self.unsure = []
        return None

    def _check_chain(self, history):
        require(0 < len(history) <= HISTORY_MAX, f"{self.name} has {len(history)} transitions")
        first = history[0]
        require((first["previous"] == 0) == (pair(first["from"]) == ABSENT),
                f"{self.name} begins with {first}")
        require(first["previous"] == 0 or len(history) == HISTORY_MAX,
                f"{self.name} has {len(history)} transitions and an earlier one")
        for each in history:
            step = (each["event"], pair(each["from"]), pair(each["to"]))
            require(step in LIFECYCLE.steps, f"{self.name} did what is no transition: {each}")
        for before, after in zip(history, history[1:]):
            require(before["sequence"] == after["previous"] < after["sequence"] and
                    before["to"] == after["from"],
                    f"{self.name} has a gap between {before} and {after}")

    def _match_calls(self, history):
        """Each acknowledged call is there, and nothing that nobody asked for."""
        first_kept = history[0]["sequence"] if history[0]["previous"] else 0
        lost = {each for each in self.values if each >= first_kept} - {each["sequence"] for each in history}
        require(not lost, f"{self.name} has lost the acknowledged transitions {sorted(lost)}")
        left = list(self.unsure)
        for each in history:
            if each["event"] not in ("create", "update") or each["sequence"] in self.values:
                continue
            asked = next((one for one in left if one[0] == each["event"]), None)
            require(asked is not None, f"{self.name} did what nobody asked for: {each}; "
                    f"acknowledged {sorted(self.values)}, unanswered {self.unsure}")
            left.remove(asked)
            self.values[each["sequence"]] = asked[1]

    def _check_value(self, configuration, history):
        current = target = None
        for each in history:
            if each["event"] == "create":
                current = self.values[each["sequence"]]
            elif each["event"] == "update":
                target = self.values[each["sequence"]]
            elif each["event"] == "update_succeeded" and target is not None:
                current = target
            elif each["event"] == "update_failed" or each["event"] == "update_succeeded":
                target = None
        found = value_of(configuration)
        if current is None:  # From before what the history still has.
            require(found in self.values.values(), f"{self.name} shows {found}, which was never sent")
        else:
            require(found == current, f"{self.name} shows {found} instead of {current}")


def pair(what):
    return what["state"], what["last_update_status"]


def value_of(configuration):
    return Value(configuration["Description"], configuration["CodeSha256"], is_in_vpc(configuration))


def is_in_vpc(configuration):
    return bool(configuration.get("VpcConfig", {}).get("SubnetIds"))
