"""What is kept beside a function and has no effect here: its URLs, and what is to become of loops. Tags of what is
no function.

usage: settings_test.py PROGRAM [PART...]
"""

import base64
import json
import re

from harness import ARN, ROLE, Platform, check, run_parts, zip_bytes

FUNCTIONS = "/2015-03-31/functions"
URLS = "/2021-10-31/functions"


def ask(p, method, path, body=None):
    """Status and JSON of an answer; the text of an error."""
    status, _, text = p.request(method, path, body)
    found = json.loads(text) if text else None
    if status >= 400:
        return status, found.get("message") or found.get("Message")
    return status, found


def create(p, name):
    code = {"ZipFile": base64.b64encode(zip_bytes("def handler(e, c): return e")).decode()}
    check(ask(p, "POST", FUNCTIONS, {"FunctionName": name, "Role": ROLE, "Runtime": "python3.12",
                                     "Handler": "index.handler", "Code": code})[0], 201, "create")
    p.advance("1s")


def create_with_alias(p, name, alias):
    create(p, name)
    check(ask(p, "POST", f"{FUNCTIONS}/{name}/versions", {})[0], 201, "publish")
    check(ask(p, "POST", f"{FUNCTIONS}/{name}/aliases", {"Name": alias, "FunctionVersion": "1"})[0], 201, "alias")


def url_life(program):
    """a URL is made, shown, changed and removed; its function's updates leave it alone"""
    with Platform(program, "--virtual-clock") as p:
        create(p, "f")
        status, made = ask(p, "POST", f"{URLS}/f/url", {"AuthType": "NONE"})
        check((status, sorted(made)), (201, ["AuthType", "CreationTime", "FunctionArn", "FunctionUrl"]), "create")
        check(made["FunctionArn"], ARN + "f", "the function")
        if not re.fullmatch(r"https://[a-z0-9]{32}\.lambda-url\.us-east-1\.on\.aws/", made["FunctionUrl"]):
            raise AssertionError(made["FunctionUrl"])
        check(ask(p, "POST", f"{URLS}/f/url", {"AuthType": "NONE"}),
              (409, f"Failed to create function url config for [functionArn = {ARN}f]. Error message:  "
                    "FunctionUrlConfig exists for this Lambda function"), "once more")
        status, before = ask(p, "GET", f"{URLS}/f/url")
        check(before, {**made, "InvokeMode": "BUFFERED", "LastModifiedTime": made["CreationTime"]}, "get")

        p.advance("5s")
        cors = {"AllowOrigins": ["https://example.com"], "MaxAge": 60}
        check(ask(p, "PUT", f"{URLS}/f/url", {"AuthType": "AWS_IAM", "Cors": cors})[0], 200, "update")
        check(ask(p, "PUT", f"{FUNCTIONS}/f/configuration", {"Timeout": 9})[0], 200, "update of the function")
        after = ask(p, "GET", f"{URLS}/f/url")[1]
        check(after.pop("LastModifiedTime") > before.pop("LastModifiedTime"), True, "LastModifiedTime moved")
        check(after, {**before, "AuthType": "AWS_IAM", "Cors": cors}, "after the update")

        gone = (404, "The resource you requested does not exist.")
        check(ask(p, "DELETE", f"{URLS}/f/url"), (204, None), "delete")
        check(ask(p, "DELETE", f"{URLS}/f/url"), gone, "delete once more")
        check(ask(p, "GET", f"{URLS}/f/url"), gone, "get after delete")
        check(ask(p, "PUT", f"{URLS}/f/url", {"AuthType": "NONE"}), gone, "update after delete")
        p.stop()


def url_of_alias(program):
    """a function and its aliases each have a URL of their own, listed in pages; it goes with the alias"""
    with Platform(program, "--virtual-clock") as p:
        create_with_alias(p, "f", "blue")
        check(ask(p, "GET", f"{URLS}/f/urls"), (200, {"FunctionUrlConfigs": []}), "none")
        for query in ("", "?Qualifier=blue"):
            check(ask(p, "POST", f"{URLS}/f/url{query}", {"AuthType": "NONE"})[0], 201, "create" + query)
        first = ask(p, "GET", f"{URLS}/f/urls?MaxItems=1")[1]
        second = ask(p, "GET", f"{URLS}/f/urls?MaxItems=1&Marker={first['NextMarker']}")[1]
        check("NextMarker" in second, False, "a third page")
        pages = first["FunctionUrlConfigs"] + second["FunctionUrlConfigs"]
        check([each["FunctionArn"] for each in pages], [ARN + "f", ARN + "f:blue"], "the pages")

        check(ask(p, "DELETE", f"{URLS}/f/url"), (204, None), "delete the function's")
        check(ask(p, "GET", f"{URLS}/f:blue/url")[0], 200, "the alias's is still there")
        check(ask(p, "DELETE", f"{FUNCTIONS}/f/aliases/blue"), (204, None), "delete the alias")
        check(ask(p, "GET", f"{URLS}/f/urls"), (200, {"FunctionUrlConfigs": []}), "its URL is gone, too")
        p.stop()


def url_refusals(program):
    """who has no URL, and what is none, is told so, and nothing is kept"""
    with Platform(program, "--virtual-clock") as p:
        create_with_alias(p, "f", "blue")
        none = {"AuthType": "NONE"}
        missing = (404, "Function does not exist")
        for path in (f"{URLS}/g/url", f"{URLS}/f/url?Qualifier=green"):
            check(ask(p, "POST", path, none), missing, "create " + path)
            check(ask(p, "PUT", path, none), missing, "update " + path)
            check(ask(p, "GET", path), (404, "The resource you requested does not exist."), "get " + path)
        check(ask(p, "GET", f"{URLS}/g/urls"), missing, "list")
        for qualifier in ("1", "$LATEST"):
            check(ask(p, "POST", f"{URLS}/f/url?Qualifier={qualifier}", none),
                  (400, f"1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy "
                        r"constraint: Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)"),
                  "create " + qualifier)
            status, text = ask(p, "POST", f"{URLS}/f:{qualifier}/url", none)
            check((status, "at 'functionName' failed to satisfy constraint" in text), (400, True), text)
        check(ask(p, "POST", f"{URLS}/f:green/url?Qualifier=blue", none)[1],
              "The derived qualifier from the function name does not match the specified qualifier.", "two qualifiers")
        for body, path in (({}, "authType"), ({"AuthType": "ALL"}, "authType"),
                           ({**none, "InvokeMode": "FAST"}, "invokeMode"),
                           ({**none, "Cors": {"MaxAge": 86401}}, "cors.maxAge"),
                           ({**none, "Cors": {"AllowOrigins": [""]}}, "cors.allowOrigins"),
                           ({**none, "Cors": {"AllowMethods": ["GET"] * 7}}, "cors.allowMethods")):
            status, text = ask(p, "POST", f"{URLS}/f/url", body)
            check((status, f"at '{path}' failed to satisfy constraint" in text), (400, True), f"{body}: {text}")
        check(ask(p, "GET", f"{URLS}/f/urls"), (200, {"FunctionUrlConfigs": []}), "what was kept")
        p.stop()


def recursion(program):
    """what is to become of a loop is kept; without a word it ends"""
    with Platform(program, "--virtual-clock") as p:
        create(p, "f")
        path = "/2024-08-31/functions/f/recursion-config"
        check(ask(p, "GET", path), (200, {"RecursiveLoop": "Terminate"}), "at first")
        check(ask(p, "PUT", path, {"RecursiveLoop": "Allow"}), (200, {"RecursiveLoop": "Allow"}), "put")
        check(ask(p, "PUT", path, {"RecursiveLoop": "Perhaps"}),
              (400, "1 validation error detected: Value 'Perhaps' at 'recursiveLoop' failed to satisfy constraint: "
                    "Member must satisfy enum value set: [Terminate, Allow]"), "put nonsense")
        check(ask(p, "GET", path), (200, {"RecursiveLoop": "Allow"}), "afterwards")
        check(ask(p, "GET", path.replace("/f/", "/g/")), (404, f"Function not found: {ARN}g"), "of nobody")
        p.stop()


def tags_of_others(program):
    """tags of what is no function are not there; what no ARN may look like is refused by its pattern"""
    with Platform(program, "--virtual-clock") as p:
        account = ARN.removesuffix("function:")
        id = "01234567-89ab-cdef-0123-456789abcdef"
        for resource, text in (("event-source-mapping:" + id, "Event source mapping not found: "),
                               ("capacity-provider:p", "Capacity provider not found: "),
                               ("function:f", "Function not found: ")):
            check(ask(p, "GET", f"/2017-03-31/tags/{account}{resource}"), (404, text + account + resource), resource)
        for resource in ("foobar:f", f"event-source-mapping:{id}:x", "event-source-mapping:1", "capacity-provider:p:x"):
            status, text = ask(p, "GET", f"/2017-03-31/tags/{account}{resource}")
            check((status, "at 'resource' failed to satisfy constraint: Member must satisfy regular" in text),
                  (400, True), resource)
        p.stop()


PARTS = [url_life, url_of_alias, url_refusals, recursion, tags_of_others]


if __name__ == "__main__":
    run_parts(PARTS)
