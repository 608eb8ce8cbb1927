"""What docs/lifecycle.md says is legal: situations, and the transitions between them."""

import os
import re

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "lifecycle.md")
ABSENT = (None, None)


class Lifecycle:
    """`pairs`: all (State, LastUpdateStatus). `steps`: all (event, from, to) that change the situation."""

    def __init__(self, path=PAGE):
        with open(path, encoding="utf-8") as file:
            diagram = file.read().split("```mermaid\n", 1)[1].split("```", 1)[0]
        names = {"[*]": ABSENT}
        for label, name in re.findall(r'state "([^"]+)" as (\w+)', diagram):
            state, _, status = label.partition(", ")
            names[name] = (state, status or None)
        self.pairs = set(names.values()) - {ABSENT}
        self.steps = set()
        for source, target, label in re.findall(r"(\S+) --> (\S+) : (.*)", diagram):
            for rule in label.split("<br/>"):
                events = re.sub(r" (if|\().*", "", rule)
                for event in events.split(", "):
                    self.steps.add((event, names[source], names[target]))
        if len(self.pairs) < 10 or len(self.steps) < 30:
            raise AssertionError(f"{path} is not read as it should be: {len(self.pairs)} situations, "
                                 f"{len(self.steps)} steps")


def pair_of(configuration):
    return configuration.get("State"), configuration.get("LastUpdateStatus")
