#!/usr/bin/env python3
"""Has fsm-bench write result files and read them again: result_files_test.py FSM_BENCH CASE."""
import html.parser
import json
import os
import tempfile
import xml.etree.ElementTree

from program import CASE, SHORT, SMALL, call


def growth():
    """Each scenario with each population, all of it twice in turn; one without functions once."""
    file = json.loads(call("run", "step", "invoke", *SHORT, "--functions", "1000,100",
                           "--repeat", "2", "--json", "-").stdout)
    turn = [("step", 0), ("invoke", 1000), ("invoke", 100)]
    rows = [(each["scenario"], each["functions"]) for each in file["results"]]
    assert rows == turn + turn, rows
    if available_bytes() < 16 << 30:  # The largest counts: it would take some 19 GB.
        done = call("run", "invoke", "--functions", "1000,60000000", expect=2)
        assert done.stdout == "" and len(done.stderr.splitlines()) == 1, done
        assert "60000000 needs about" in done.stderr, done


def available_bytes():
    with open("/proc/meminfo") as file:
        fields = dict(line.split(":") for line in file)
    return int(fields["MemAvailable"].split()[0]) * 1024


class PageParser(html.parser.HTMLParser):
    """Collects what a page refers to, its texts and its elements."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.references, self.open = [], [], []
        self.feed(page)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.open.append(tag)
        self.references += [value for name, value in attrs
                            if name in ("src", "href", "xlink:href", "action", "data", "srcset")]

    def handle_startendtag(self, tag, attrs):
        self.elements.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()


def check_page(page, scenarios):
    parsed = PageParser(page)
    assert parsed.references == [] and "script" not in parsed.elements, parsed.references
    assert "http://" not in page and "https://" not in page and "url(" not in page, page
    root = xml.etree.ElementTree.fromstring(page)  # With its SVG, also well-formed XML.
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids)), ids
    charts = [each for each in root.iter("svg") if each.get("role") == "img"]
    assert charts, page
    for each in charts:
        assert each.get("aria-label") or each.get("aria-labelledby") in ids, each.attrib
    texts = {text for each in root.iter() for text in [each.text] if text}
    assert set(scenarios) <= texts, texts


def report():
    """A page from a fresh run with growth, and from several files."""
    with tempfile.TemporaryDirectory() as folder:
        results = os.path.join(folder, "results.json")
        page = os.path.join(folder, "report.html")
        call("run", "step", "invoke", *SHORT, "--functions", "100,1000", "--json", results)
        done = call("report", results, "-o", page)
        assert done.stdout == "" and done.stderr == "", done
        with open(page, encoding="utf-8") as file:
            text = file.read()
        check_page(text, ["step", "invoke"])
        assert 'id="growth"' in text and "Warning" not in text, text
        with open(results) as file:
            other = json.load(file)
        for each in other["results"]:
            each["machine"] = "<another> & \"machine\""
        moved = os.path.join(folder, "moved.json")
        with open(moved, "w") as file:
            json.dump(other, file)
        text = call("report", results, moved, "-o", "-").stdout
        check_page(text, ["step", "invoke"])
        assert "different machines" in text and "<another>" not in text, text


def compare():
    with tempfile.TemporaryDirectory() as folder:
        old, new, out = [os.path.join(folder, name) for name in ("old", "new", "out")]
        call("run", "step", "invoke", *SMALL, "--repeat", "3", "--json", old)
        with open(old) as file:
            results = json.load(file)
        same = call("compare", old, old, "--fail-below", "1")
        assert same.stdout.count("within the spread") == 2 and same.stderr == "", same
        for each in results["results"]:
            if each["scenario"] == "invoke":
                each["ops_per_second"] /= 1000
        results["results"].append(dict(results["results"][0], scenario="fly"))
        with open(new, "w") as file:
            json.dump(results, file)
        done = call("compare", old, new, "--fail-below", "0.9", "--json", out, expect=1)
        failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
        assert len(failed) == 1 and "invoke" in failed[0], done
        assert "only in new: fly" in done.stdout, done
        with open(out) as file:
            rows = {each["scenario"]: each for each in json.load(file)["rows"]}
        assert rows["invoke"]["verdict"] == "slower" and rows["invoke"]["ratio"] < 0.9, rows
        assert rows["invoke"]["old"]["runs"] == 3 and rows["step"]["ratio"] == 1, rows
        call("compare", old, new)


def bad_files():
    """One line that names the file, and exit code 2."""
    with tempfile.TemporaryDirectory() as folder:
        def written(name, text):
            path = os.path.join(folder, name)
            with open(path, "w") as file:
                file.write(text)
            return path

        good = written("good", call("run", "step", *SMALL, "--json", "-").stdout)
        with open(good) as file:
            text = file.read()
        for bad, why in [
                (written("other", text.replace('"version": 1', '"version": 2')), "version 2"),
                (written("truncated", text[:len(text) // 2]), "not JSON"),
                (written("text", "fly"), "not JSON"),
                (written("empty", ""), "empty"),
                (written("none", '{"version": 1, "results": []}'), "no results"),
                (written("member", text.replace('"ops":', '"spo":')), "ops is missing"),
                (folder, "directory"),
                (os.path.join(folder, "absent"), "not exist")]:
            page = os.path.join(folder, "page")
            for arguments in (["report", good, bad, "-o", page], ["compare", good, bad],
                              ["compare", bad, good]):
                done = call(*arguments, expect=2)
                assert done.stdout == "" and len(done.stderr.splitlines()) == 1, done
                assert bad in done.stderr and why in done.stderr, done
                assert not os.path.exists(page), arguments
        for arguments, named in [(["report", good, "-o", folder], folder),
                                 (["report", good, "-o", "/no/such/folder/page"], "-o"),
                                 (["report", good, "-o", good], "-o"),
                                 (["report", good], "-o"),
                                 (["report", "-o", "-"], "file"),
                                 (["compare", good], "new"),
                                 (["compare", good, good, "--fail-below", "x"], "--fail-below")]:
            done = call(*arguments, expect=2)
            assert done.stdout == "" and len(done.stderr.splitlines()) == 1, done
            assert named in done.stderr, done
        call("report", good, "-o", "/dev/full", expect=1)


if __name__ == "__main__":
    {"growth": growth, "report": report, "compare": compare, "bad_files": bad_files}[CASE]()
