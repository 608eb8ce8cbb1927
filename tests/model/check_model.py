"""Checks the lifecycle with Spin: function.pml around the rows that fsm-lifecycle prints.

usage: check_model.py FSM_LIFECYCLE CASE [CALLS ATTEMPTS CRASHES]

The bounds of the search are for whoever has time; without them it takes seconds.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

MODEL = Path(__file__).parent / "function.pml"

# Rows that the model never takes, all of them answers to an event that it does not cause: that an
# attempt has left the queue, or the outcome of an attempt in a situation that does not wait for it.
NEVER_TAKEN = {"T03", "N05", "N06", "N08", "N11", "N12", "N13", "N14"}

# Rows altered so that they break a promise: the row, what is replaced in it by what, and what Spin
# has to find: a piece of the assertion as it prints it, or the claim that does not hold.
ALTERED = {
    "an invocation is admitted in Pending": ("T06", "says_pending", "says_accepted", "(kept.at=="),
    "a failed update ends in Inactive": ("T17", "in_update_failed;", "in_idle_update_failed;", "(before=="),
    "a function goes idle with its resources": ("T26", "do_release", "0", "(now.held!=0)=="),
    "a new version forgets the old one's resources": ("T16", r"do_release \| ", "", "tidy"),
    "a function is removed and its attempt goes on": ("T11", r"do_abandon \| ", "", "tidy"),
    "a failed restore leaves it Pending": ("T31", "to = .*", "to = where; said = says_ignored; does = 0", "leaves"),
}
CLAIMS = ("leaves", "tidy")


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    if done.returncode != 0 or "rror:" in done.stdout:
        sys.exit(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
    return done.stdout


def rows_of(program):
    return run([program, "--promela"], ".")


def row_ids(rows):
    """The ids of the rows by the line they are on."""
    found = ((number, re.match(r"\s*/\* (\w+) \*/ ::", line)) for number, line in enumerate(rows.splitlines(), 1))
    return {number: match.group(1) for number, match in found if match}


def search(rows, claim=None, bounds=(3, 3, 1), defines=()):
    """What Spin says of the model: without a claim it looks for broken assertions."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rows.pml").write_text(rows)
        (folder / MODEL.name).write_text(MODEL.read_text())
        calls, attempts, crashes = bounds
        sizes = [f"-DCALLS={calls}", f"-DATTEMPTS={attempts}", f"-DCRASHES={crashes}"]
        run(["spin", *sizes, *(f"-D{each}" for each in defines), "-a", MODEL.name], folder)
        # Fairness and rendezvous do not go with partial order reduction; NFAIR is for the processes.
        how = ["-DNFAIR=3", "-DNOREDUCE"] if claim else ["-DSAFETY", "-DNOCLAIM"]
        run(["gcc", "-O1", "-w", *how, "-o", "pan", "pan.c"], folder)
        what = ["-a", "-f", "-N", claim] if claim else []
        said = subprocess.run(["./pan", "-m1000000", *what], cwd=folder, capture_output=True, text=True, timeout=1800)
        return said.stdout + said.stderr


def is_complete(said):
    return "errors: 0" in said and "Search not completed" not in said and "search depth too small" not in said


def summary(said):
    states = re.search(r"(\S+) states, stored", said)
    took = re.search(r"elapsed time (\S+ \w+)", said)
    return f"{states.group(1) if states else '?'} states, {took.group(1) if took else '?'}"


def check_holds(rows, claim, bounds):
    said = search(rows, claim, bounds)
    print(f"{claim or 'assertions'}: {summary(said)}")
    if not is_complete(said):
        sys.exit(said)
    return said


def check_rows_taken(rows, said):
    part = said[said.index("unreached in proctype function") : said.index("unreached in proctype caller")]
    ids = row_ids(rows)
    missed = {ids[int(line)] for line in re.findall(r"rows\.pml:(\d+)", part)}
    print(f"{len(ids) - len(missed)} of {len(ids)} rows taken")
    if missed - NEVER_TAKEN:
        sys.exit(f"the model never takes the rows {sorted(missed - NEVER_TAKEN)}")


def alter(rows, row, before, after):
    lines = rows.splitlines(keepends=True)
    at = next(number - 1 for number, name in row_ids(rows).items() if name == row)
    head, then = lines[at].split(" -> ")
    altered = re.sub(before, lambda _: after, then, count=1)
    if altered == then:
        sys.exit(f"row {row} has no '{before}': {lines[at]}")
    lines[at] = head + " -> " + altered
    return "".join(lines)


def check_found(what, said, expected):
    print(f"{what}: found, {summary(said)}")
    if is_complete(said) or expected not in said:
        sys.exit(f"{what}: Spin should have found '{expected}':\n{said}")


def main():
    program, case = sys.argv[1], sys.argv[2]
    given = tuple(int(each) for each in sys.argv[3:6])
    rows = rows_of(program)
    if case == "promises":
        check_rows_taken(rows, check_holds(rows, None, given or (3, 3, 1)))
    elif case in CLAIMS:
        check_holds(rows, case, given or (2, 2, 1))
    elif case == "early_answers":
        said = search(rows, bounds=(2, 2, 1), defines=["ANSWER_EARLY"])
        check_found("callers are answered early", said, "kept.serial>=acknowledged")
    elif case == "altered_rows":
        for what, (row, before, after, expected) in ALTERED.items():
            claim = expected if expected in CLAIMS else None
            said = search(alter(rows, row, before, after), claim, (2, 2, 1))
            check_found(what, said, "acceptance cycle" if claim else expected)
    else:
        sys.exit(__doc__)


main()
