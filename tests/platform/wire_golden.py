#!/usr/bin/env python3
"""Compares the bytes of answers with what the Lambda API answers: status, header fields, members, texts.

Each row says the rule it is about in words. usage: wire_golden.py PROGRAM [PART...]
"""

import base64
import json
import re
import urllib.parse

from harness import ARN, ROLE, Platform, check, run_parts, zip_bytes

F = "/2015-03-31/functions"
TAGS = "/2017-03-31/tags/"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000")
CANNOT = "The operation cannot be performed at this time. "
IN_PROGRESS = f"{CANNOT}An update is in progress for resource: {ARN}"
STALE = ("The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
         "retrieve the latest Revision Id")
LOOKUP_PATTERN = (r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
                  r"(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")
CREATE_PATTERN = LOOKUP_PATTERN.replace(r"[a-zA-Z0-9-_\.]", "[a-zA-Z0-9-_]").replace(r"(\.PUBLISHED)?", "")
QUALIFIER_PATTERN = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
ROLE_PATTERN = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"

# Status, the member that has the text, and whether the body has a Type.
ERRORS = {
    "AccessDeniedException": (403, "message", False),
    "CodeArtifactUserPendingException": (409, "message", True),
    "InvalidParameterValueException": (400, "message", True),
    "InvalidRequestContentException": (400, "message", True),
    "PreconditionFailedException": (412, "message", True),
    "RequestEntityTooLargeException": (413, "message", False),
    "ResourceConflictException": (409, "message", True),
    "ResourceNotFoundException": (404, "Message", True),
    "SubnetIPAddressLimitReachedException": (502, "Message", True),
    "ValidationException": (400, "message", False),
}
WORLD = {
    "provision_time": "60s", "update_time": "30s", "restore_time": "60s",
    "vpc": {"subnets": [{"id": "subnet-0a1b2c3d", "vpc": "vpc-11111111", "addresses": 2},
                        {"id": "subnet-00000003", "vpc": "vpc-11111111", "addresses": 0}],
            "security_groups": ["sg-0a1b2c3d"], "eni_quota": 8},
}
FULL = {"SubnetIds": ["subnet-00000003"], "SecurityGroupIds": ["sg-0a1b2c3d"]}


def zipped(text="x"):
    return base64.b64encode(zip_bytes(text)).decode()


def creation(name, **more):
    return {"FunctionName": name, "Role": ROLE, "Runtime": "python3.12", "Handler": "index.handler",
            "Code": {"ZipFile": zipped()}, **more}


def resource(arn):
    return TAGS + urllib.parse.quote(arn, safe="")


class Wire:
    """Requests to a platform, and rows about their answers."""

    def __init__(self, platform):
        self.p = platform

    def ask(self, method, path, body=None, headers=None):
        return self.p.request(method, path, body, headers)

    def given(self, method, path, body=None, headers=None):
        """The JSON of a request which has to succeed."""
        status, _, text = self.ask(method, path, body, headers)
        if status >= 300:
            raise AssertionError(f"{method} {path}: {status} {text!r}")
        return json.loads(text) if text else None

    def create(self, name, **more):
        return self.given("POST", F, creation(name, **more))

    def configuration(self, name):
        return self.given("GET", f"{F}/{name}/configuration")

    def refused(self, rule, method, path, error, message, body=None, headers=None):
        """The whole answer of a request that is refused."""
        status, fields, text = self.ask(method, path, body, headers)
        wanted_status, key, typed = ERRORS[error]
        wanted = {key: message}
        if typed:
            wanted["Type"] = "User" if wanted_status < 500 else "Service"
        check((status, fields["X-Amzn-Errortype"], json.loads(text)), (wanted_status, error, wanted), rule)
        plain_fields(rule, fields, {"X-Amzn-Errortype"})


def plain_fields(rule, fields, more=frozenset()):
    """The header fields that every answer has, and no others but `more`."""
    names = {name.lower() for name in fields} - {"date", "connection", "keep-alive"}
    wanted = {"content-type", "content-length", "x-amzn-requestid"} | {name.lower() for name in more}
    check(names, wanted, f"{rule}: header fields")
    check(fields["Content-Type"], "application/json", f"{rule}: Content-Type")
    check(bool(UUID.fullmatch(fields["X-Amzn-Requestid"])), True, f"{rule}: X-Amzn-Requestid")


def violations(*texts):
    count = len(texts)
    return f"{count} validation error{'s' if count > 1 else ''} detected: " + "; ".join(texts)


def violation(value, path, constraint):
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: Member must {constraint}"


def started(program, *flags):
    return Platform(program, "--virtual-clock", *flags, world=WORLD)


# --- parts -----------------------------------------------------------------------------------------------


def not_found(program):
    """the ARN in `Function not found: ` is qualified or not, by operation"""
    with started(program) as p:
        w = Wire(p)
        plain = f"Function not found: {ARN}nobody"
        rows = [
            ("GET", f"{F}/nobody", None, plain),
            ("GET", f"{F}/nobody/configuration", None, plain),
            ("PUT", f"{F}/nobody/configuration", {"Timeout": 3}, plain),
            ("PUT", f"{F}/nobody/code", {"ZipFile": zipped()}, plain),
            ("DELETE", f"{F}/nobody", None, plain),
            ("DELETE", f"{F}/nobody?Qualifier=7", None, plain),
            ("POST", f"{F}/nobody/versions", {}, plain),
            ("GET", f"{F}/nobody/versions", None, plain),
            ("GET", f"{F}/nobody/aliases", None, plain),
            ("GET", resource(ARN + "nobody"), None, plain),
            ("POST", resource(ARN + "nobody"), {"Tags": {"a": "b"}}, plain),
            ("POST", f"{F}/nobody/invocations", {}, plain + ":$LATEST"),
            ("POST", f"{F}/nobody/invocations?Qualifier=blue", {}, plain + ":blue"),
            ("GET", f"{F}/nobody?Qualifier=7", None, plain + ":7"),
            ("GET", f"{F}/nobody:blue/configuration", None, plain + ":blue"),
            ("POST", f"{F}/nobody/aliases", {"Name": "a", "FunctionVersion": "10"}, plain + ":10"),
        ]
        for method, path, body, message in rows:
            w.refused(f"unknown function: {method} {path}", method, path, "ResourceNotFoundException", message, body)
        w.create("f")
        p.advance("61s")
        for qualifier in ("1221", "blue", "$latest"):
            quoted = urllib.parse.quote(qualifier)
            for method, path in (("GET", ""), ("GET", "/configuration"), ("POST", "/invocations")):
                w.refused("a qualifier that the function does not have is printed", method,
                          f"{F}/f{path}?Qualifier={quoted}", "ResourceNotFoundException",
                          f"Function not found: {ARN}f:{qualifier}")
        w.refused("an alias to a version that is not there", "POST", f"{F}/f/aliases", "ResourceNotFoundException",
                  f"Function not found: {ARN}f:10", {"Name": "a", "FunctionVersion": "10"})
        w.refused("GetAlias has a text of its own", "GET", f"{F}/f/aliases/blue", "ResourceNotFoundException",
                  f"Cannot find alias arn: {ARN}f:blue")
        w.refused("UpdateAlias has another", "PUT", f"{F}/f/aliases/blue", "ResourceNotFoundException",
                  f"Alias not found: {ARN}f:blue", {"FunctionVersion": "$LATEST"})
        check(w.ask("DELETE", f"{F}/f/aliases/blue")[0], 204, "deleting an alias that is not there succeeds")
        check(w.ask("DELETE", f"{F}/f?Qualifier=9")[0], 204, "deleting a version that is not there succeeds")
        w.refused("the last version of the code goes with the function only", "DELETE", f"{F}/f?Qualifier=$LATEST",
                  "InvalidParameterValueException",
                  "$LATEST version cannot be deleted without deleting the function.")
        w.refused("aliases are not deleted with DeleteFunction", "DELETE", f"{F}/nobody:blue",
                  "InvalidParameterValueException", "Deletion of aliases is not currently supported.")
        p.stop()


def names(program):
    """names and ARNs in every form, and what is none"""
    with started(program) as p:
        w = Wire(p)
        w.create("f")
        p.advance("61s")
        for name, shown in (("f", "f"), ("f:$LATEST", "f:$LATEST"), (f"{ARN}f", "f"), (f"{ARN}f:$LATEST", "f:$LATEST"),
                            ("000000000000:function:f", "f"), ("f?Qualifier=$LATEST", "f:$LATEST"),
                            ("f:$LATEST?Qualifier=$LATEST", "f:$LATEST")):
            path, _, query = name.partition("?")
            for form in (path, urllib.parse.quote(path, safe="")):
                target = f"{F}/{form}/configuration" + ("?" + query if query else "")
                check(w.given("GET", target)["FunctionArn"], ARN + shown, f"the name {name}, as {form}")
        w.refused("a name and a qualifier that say different things", "GET", f"{F}/f:1?Qualifier=2",
                  "InvalidParameterValueException",
                  "The derived qualifier from the function name does not match the specified qualifier.")
        w.refused("an ARN of another region", "GET", f"{F}/{ARN.replace('us-east-1', 'eu-west-1')}f",
                  "ResourceNotFoundException",
                  "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")
        w.refused("an ARN of another account", "POST", F, "AccessDeniedException", None,
                  creation(ARN.replace("000000000000", "111111111111") + "f"))
        long = "f" * 65
        w.refused("a bare name that is too long for a new function", "POST", F, "InvalidParameterValueException",
                  violations(violation(long, "functionName", "have length less than or equal to 64")), creation(long))
        for method, path in (("GET", ""), ("DELETE", "")):
            w.refused("a bare name that is too long is just not there", method, f"{F}/{long}{path}",
                      "ResourceNotFoundException", f"Function not found: {ARN}{long}")
        for name in ("f$", "f:$LATES", "f:1:2", "arn:aws:lambda:us-east-1:function:f",
                     "arn:aws:sqs:us-east-1:000000000000:function:f"):
            w.refused(f"no name: {name}", "GET", f"{F}/{urllib.parse.quote(name, safe='')}", "ValidationException",
                      violations(violation(name, "functionName",
                                           "satisfy regular expression pattern: " + LOOKUP_PATTERN)))
        w.refused("creating prints a pattern of its own", "POST", F, "ValidationException",
                  violations(violation("f.g", "functionName",
                                       "satisfy regular expression pattern: " + CREATE_PATTERN)), creation("f.g"))
        p.stop()


def violations_together(program):
    """several violations are one message, in the order of the service; a missing member is null"""
    with started(program) as p:
        w = Wire(p)
        pattern = "satisfy regular expression pattern: "
        w.refused("looking up lists the qualifier before the name", "GET", f"{F}/f$?Qualifier=b%21",
                  "ValidationException",
                  violations(violation("b!", "qualifier", pattern + QUALIFIER_PATTERN),
                             violation("f$", "functionName", pattern + LOOKUP_PATTERN)))
        long = "q" * 129
        w.refused("a qualifier that is too long", "GET", f"{F}/f?Qualifier={long}", "ValidationException",
                  violations(violation(long, "qualifier", "have length less than or equal to 128")))
        name = "f" * 150 + "$"
        w.refused("creating lists the length before the pattern", "POST", F, "ValidationException",
                  violations(violation(name, "functionName", "have length less than or equal to 140"),
                             violation(name, "functionName", pattern + CREATE_PATTERN)), creation(name))
        w.refused("what is missing", "POST", F, "ValidationException",
                  violations(violation(None, "role", "not be null"), violation(None, "code", "not be null")),
                  {"FunctionName": "f"})
        rows = [
            ({"Role": "nobody"}, violation("nobody", "role", pattern + ROLE_PATTERN)),
            ({"Timeout": 901}, violation(901, "timeout", "have value less than or equal to 900")),
            ({"Timeout": 0}, violation(0, "timeout", "have value greater than or equal to 1")),
            ({"MemorySize": 127}, violation(127, "memorySize", "have value greater than or equal to 128")),
            ({"Description": "d" * 257}, violation("d" * 257, "description", "have length less than or equal to 256")),
            ({"PackageType": "Jar"}, violation("Jar", "packageType", "satisfy enum value set: [Image, Zip]")),
            ({"TracingConfig": {"Mode": "On"}},
             violation("On", "tracingConfig.mode", "satisfy enum value set: [Active, PassThrough]")),
            ({"SnapStart": {"ApplyOn": "All"}},
             violation("All", "snapStart.applyOn", "satisfy enum value set: [PublishedVersions, None]")),
            ({"EphemeralStorage": {"Size": 1}},
             violation(1, "ephemeralStorage.size", "have value greater than or equal to 512")),
            ({"Architectures": ["mips"]},
             violation("[mips]", "architectures", "satisfy constraint: [Member must satisfy enum value set: "
                       "[x86_64, arm64], Member must not be null]")),
            ({"Architectures": ["arm64", "x86_64"]},
             violation("[arm64, x86_64]", "architectures", "have length less than or equal to 1")),
        ]
        for change, text in rows:
            w.refused(f"CreateFunction with {change}", "POST", F, "ValidationException", violations(text),
                      creation("f", **change))
        w.refused("MaxItems of a list", "GET", f"{F}?MaxItems=0", "ValidationException",
                  violations(violation(0, "maxItems", "have value greater than or equal to 1")))
        w.refused("MaxItems of a list", "GET", f"{F}?MaxItems=10001", "ValidationException",
                  violations(violation(10001, "maxItems", "have value less than or equal to 10000")))
        w.refused("FunctionVersion of a list", "GET", f"{F}?FunctionVersion=1", "ValidationException",
                  violations(violation(1, "functionVersion", "satisfy enum value set: [ALL]")))
        check(w.given("GET", F), {"Functions": []}, "nothing has been created")
        p.stop()


def parameters(program):
    """parameters that are well-formed and still wrong"""
    with started(program) as p:
        w = Wire(p)
        value = "InvalidParameterValueException"
        ec2 = "Error occurred while Describe{}. EC2 Error Code: {}.NotFound. EC2 Error Message: The {} does not exist"
        measured = json.dumps({"LONG": "v" * 4086}, separators=(",", ":"))
        rows = [
            ({"Code": {"ZipFile": base64.b64encode(b"no zip").decode()}}, value,
             "Could not unzip uploaded file. Please check your file, then try to upload again."),
            ({"Runtime": "nodejs4.3"}, value,
             "The runtime parameter of nodejs4.3 is no longer supported for creating or updating AWS Lambda functions. "
             "We recommend you use a supported runtime while creating or updating functions."),
            ({"Layers": [f"arn:aws:lambda:us-east-1:000000000000:layer:l:{i}" for i in range(6)]}, value,
             "Cannot reference more than 5 layers."),
            ({"Tags": {str(i): "" for i in range(51)}}, value, "Number of tags exceeds resource tag limit."),
            ({"Environment": {"Variables": {"LONG": "v" * 4086}}}, value,
             "Lambda was unable to configure your environment variables because the environment variables you have "
             "provided exceeded the 4KB limit. String measured: " + measured),
            ({"VpcConfig": {"SubnetIds": ["subnet-ffffffff"], "SecurityGroupIds": ["sg-0a1b2c3d"]}}, value,
             ec2.format("Subnets", "InvalidSubnetID", "subnet ID 'subnet-ffffffff'")),
            ({"VpcConfig": {"SubnetIds": ["subnet-0a1b2c3d"], "SecurityGroupIds": ["sg-ffffffff"]}}, value,
             ec2.format("SecurityGroups", "InvalidGroup", "security group 'sg-ffffffff'")),
            ({"PackageType": "Image"}, value,
             "Please provide ImageUri when updating a function with packageType Image."),
            ({"Code": {"ImageUri": "registry.example/f:1"}}, value,
             "Please don't provide ImageUri when updating a function with packageType Zip."),
        ]
        for change, error, message in rows:
            w.refused(f"CreateFunction with {list(change)}", "POST", F, error, message, creation("f", **change))
        check(len(measured), 4097, "the environment is one byte too long")
        w.create("f", Environment={"Variables": {"LONG": "v" * 4085}})
        status, fields, text = w.ask("POST", F, creation("g", Runtime="cobol"))
        check((status, fields["X-Amzn-Errortype"]), (400, value), "an unknown runtime")
        found = json.loads(text)["message"]
        check(bool(re.fullmatch(r"Value cobol at 'runtime' failed to satisfy constraint: Member must satisfy enum "
                                r"value set: \[[a-z0-9., ]+\] or be a valid ARN", found)), True, found)
        p.stop()


def order_of_checks(program):
    """shape before anything; then existence, revision, parameters, state"""
    with started(program) as p:
        w = Wire(p)
        bad_shape = violations(violation(0, "timeout", "have value greater than or equal to 1"))
        bad_parameter = {"VpcConfig": {"SubnetIds": ["subnet-ffffffff"], "SecurityGroupIds": ["sg-0a1b2c3d"]}}
        nobody, f = f"{F}/nobody/configuration", f"{F}/f/configuration"
        w.refused("shape before existence", "PUT", nobody, "ValidationException", bad_shape, {"Timeout": 0})
        w.refused("existence before revision", "PUT", nobody, "ResourceNotFoundException",
                  f"Function not found: {ARN}nobody", {"RevisionId": "another", **bad_parameter})
        w.create("f")
        w.refused("shape before revision and state", "PUT", f, "ValidationException", bad_shape,
                  {"Timeout": 0, "RevisionId": "another"})
        w.refused("revision before parameters and state", "PUT", f, "PreconditionFailedException", STALE,
                  {"RevisionId": "another", **bad_parameter})
        w.refused("parameters before state", "PUT", f, "InvalidParameterValueException",
                  "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error Message: "
                  "The subnet ID 'subnet-ffffffff' does not exist", bad_parameter)
        w.refused("state last", "PUT", f, "ResourceConflictException",
                  f"{CANNOT}The resource {ARN}f is currently in the following state: 'Pending'. StateReasonCode: "
                  "'Creating'", {"Timeout": 5})
        before = w.configuration("f")
        check((before["Timeout"], before["State"]), (3, "Pending"), "nothing of that has had an effect")
        w.refused("an existing name after the parameters of a create", "POST", F, "InvalidParameterValueException",
                  "Could not unzip uploaded file. Please check your file, then try to upload again.",
                  creation("f", Code={"ZipFile": base64.b64encode(b"no zip").decode()}))
        p.stop()


# The members of a zip function which was given nothing but what it must have.
ALWAYS = {"FunctionName", "FunctionArn", "Role", "Version", "Runtime", "Handler", "CodeSize", "CodeSha256",
          "Description", "Timeout", "MemorySize", "LastModified", "RevisionId", "PackageType", "Architectures",
          "EphemeralStorage", "TracingConfig", "SnapStart", "LoggingConfig"}
STATE = {"State"}
STATE_REASON = {"StateReason", "StateReasonCode"}
UPDATE = {"LastUpdateStatus"}
UPDATE_REASON = {"LastUpdateStatusReason", "LastUpdateStatusReasonCode"}
VERSION = {"RuntimeVersionConfig"}


def state_members(program):
    """which members a configuration has in each situation: absent ones are left out, none is null"""
    with started(program) as p:
        w = Wire(p)

        def members(what, found, *sets):
            check(set(found), ALWAYS.union(*sets), what)
            check([key for key, value in found.items() if value is None], [], f"{what}: null")

        made = w.create("f")
        members("created", made, STATE, STATE_REASON, VERSION)
        members("Pending", w.configuration("f"), STATE, STATE_REASON, VERSION)
        check({key: made[key] for key in STATE | STATE_REASON},
              {"State": "Pending", "StateReason": "The function is being created.", "StateReasonCode": "Creating"},
              "created")
        defaults = {"Description": "", "Timeout": 3, "MemorySize": 128, "PackageType": "Zip", "Version": "$LATEST",
                    "Architectures": ["x86_64"], "EphemeralStorage": {"Size": 512},
                    "TracingConfig": {"Mode": "PassThrough"},
                    "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
                    "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"}}
        check({key: made[key] for key in defaults}, defaults, "defaults")
        check(bool(TIME.fullmatch(made["LastModified"])), True, made["LastModified"])
        check(bool(UUID.fullmatch(made["RevisionId"])), True, made["RevisionId"])
        p.advance("61s")
        members("Active", w.configuration("f"), STATE, UPDATE, VERSION)
        listed = w.given("GET", F)["Functions"][0]
        members("in a list", listed)
        found = w.given("GET", f"{F}/f")
        check(set(found), {"Configuration", "Code"}, "GetFunction without tags")
        check((set(found["Code"]), found["Code"]["RepositoryType"]), ({"RepositoryType", "Location"}, "S3"), "Code")
        updated = w.given("PUT", f"{F}/f/configuration", {"VpcConfig": FULL})
        members("an update", updated, STATE, UPDATE, UPDATE_REASON, VERSION, {"VpcConfig"})
        check({key: updated[key] for key in STATE | UPDATE | UPDATE_REASON},
              {"State": "Active", "LastUpdateStatus": "InProgress", "LastUpdateStatusReasonCode": "Creating",
               "LastUpdateStatusReason": "The function is being created."}, "an update")
        p.advance("31s")
        failed = w.configuration("f")
        members("a failed update", failed, STATE, UPDATE, UPDATE_REASON, VERSION)
        check(failed["LastUpdateStatusReasonCode"], "SubnetOutOfIPAddresses", "a failed update")
        w.given("PUT", f"{F}/f/configuration", {"Timeout": 4})
        p.advance("31s")
        p.advance("15d")
        idle = w.configuration("f")
        members("Inactive", idle, STATE, STATE_REASON, UPDATE, VERSION)
        check(idle["StateReason"], "The function is currently idle.", "Inactive")
        w.ask("POST", f"{F}/f/invocations", "{}")
        members("during a restore", w.configuration("f"), STATE, STATE_REASON, UPDATE, VERSION)
        w.create("broken", VpcConfig=FULL)
        p.advance("61s")
        members("Failed", w.configuration("broken"), STATE, STATE_REASON, VERSION, {"VpcConfig"})
        members("restored", w.configuration("f"), STATE, UPDATE, VERSION)
        image = w.given("POST", F, {"FunctionName": "image", "Role": ROLE, "PackageType": "Image",
                                    "Code": {"ImageUri": "registry.example/f:1"}})
        check(set(image), (ALWAYS - {"Runtime", "Handler"}) | STATE | STATE_REASON, "an image has no runtime")
        check((image["CodeSize"], len(image["CodeSha256"])), (0, 64), "the code of an image")
        code = w.given("GET", f"{F}/image")["Code"]
        check(set(code), {"RepositoryType", "ImageUri", "ResolvedImageUri"}, "the code of an image")
        p.stop()


def revisions(program):
    """which events renew RevisionId and LastModified"""
    with started(program) as p:
        w = Wire(p)
        seen = []

        def event(what, how, renews, modifies=False):
            before = w.configuration("f")
            how()
            after = w.configuration("f")
            check(after["RevisionId"] != before["RevisionId"], renews, f"RevisionId after {what}")
            check(after["LastModified"] != before["LastModified"], modifies, f"LastModified after {what}")
            if renews:
                check(after["RevisionId"] in seen, False, f"RevisionId after {what} has been there before")
                seen.append(after["RevisionId"])

        update = f"{F}/f/configuration"
        seen.append(w.create("f")["RevisionId"])
        event("reading it", lambda: w.given("GET", f"{F}/f"), False)
        event("Pending to Active", lambda: p.advance("61s"), True)
        event("listing", lambda: w.given("GET", F), False)
        event("an invocation", lambda: w.given("POST", f"{F}/f/invocations", {}), False)
        event("a DryRun of an update",
              lambda: w.given("PUT", f"{F}/f/code", {"ZipFile": zipped("y"), "DryRun": True}), False)
        event("an accepted update", lambda: w.given("PUT", update, {"Timeout": 9}), True, True)
        event("a refused update", lambda: w.ask("PUT", update, {"Timeout": 9}), False)
        event("a completed update", lambda: p.advance("31s"), True)
        event("an update that changes nothing", lambda: w.given("PUT", update, {"Timeout": 9}), True, True)
        p.advance("31s")
        event("a publication", lambda: w.given("POST", f"{F}/f/versions", {}), True)
        event("a publication without a change", lambda: w.given("POST", f"{F}/f/versions", {}), False)
        event("TagResource", lambda: w.given("POST", resource(ARN + "f"), {"Tags": {"a": "b"}}), True)
        event("TagResource that changes nothing",
              lambda: w.given("POST", resource(ARN + "f"), {"Tags": {"a": "b"}}), True)
        event("UntagResource", lambda: w.given("DELETE", resource(ARN + "f") + "?tagKeys=a"), True)
        event("CreateAlias", lambda: w.given("POST", f"{F}/f/aliases", {"Name": "a", "FunctionVersion": "1"}), False)
        alias = w.given("GET", f"{F}/f/aliases/a")
        event("UpdateAlias", lambda: w.given("PUT", f"{F}/f/aliases/a", {}), False)
        check(w.given("GET", f"{F}/f/aliases/a")["RevisionId"] != alias["RevisionId"], True,
              "the alias' RevisionId after an update that changes nothing")
        version = w.given("GET", f"{F}/f/configuration?Qualifier=1")
        check(version["RevisionId"] in seen, False, "a version has a RevisionId of its own")
        event("an update", lambda: w.given("PUT", update, {"Timeout": 5}), True, True)
        p.advance("31s")
        check(w.given("GET", f"{F}/f/configuration?Qualifier=1"), version, "a version stays as it is")
        event("idling", lambda: p.advance("15d"), True)
        event("the start of a restore", lambda: w.ask("POST", f"{F}/f/invocations", "{}"), True)
        event("the end of a restore", lambda: p.advance("61s"), True)
        w.given("PUT", update, {"Timeout": 6, "RevisionId": w.configuration("f")["RevisionId"]})
        p.stop()


def states(program):
    """what invocations and updates are refused with, by state and cause"""
    with started(program) as p:
        w = Wire(p)
        invoke, update = "/invocations", "/configuration"
        mutation = (CANNOT + "The resource " + ARN + "{} is currently in the following state: '{}'. "
                    "StateReasonCode: '{}'")
        initializing = "Lambda is initializing your function. It will be ready to invoke shortly."

        def broken(name, rule):
            status, found, text = w.ask("POST", f"{F}/{name}{invoke}", "{}")
            body = json.loads(text)
            check((status, found["X-Amzn-Errortype"], body["Type"], sorted(body)),
                  (502, "SubnetIPAddressLimitReachedException", "Service", ["Message", "Type"]), rule)

        w.create("f")
        w.create("broken", VpcConfig=FULL)
        for kind in ("RequestResponse", "Event", "DryRun"):
            w.refused("Pending: invocations have a text without ARN, quotes and period", "POST", f"{F}/f{invoke}",
                      "ResourceConflictException",
                      CANNOT + "The function is currently in the following state: Pending", "{}",
                      {"X-Amz-Invocation-Type": kind})
        w.refused("Pending: updates", "PUT", f"{F}/f{update}", "ResourceConflictException",
                  mutation.format("f", "Pending", "Creating"), {})
        w.refused("Pending: publications", "POST", f"{F}/f/versions", "ResourceConflictException",
                  mutation.format("f", "Pending", "Creating"), {})
        w.refused("Pending: its name is taken", "POST", F, "ResourceConflictException", "Function already exist: f",
                  creation("f"))
        check(w.ask("POST", resource(ARN + "f"), {"Tags": {"a": "b"}})[0], 204, "Pending: tags are not refused")
        p.advance("61s")
        broken("broken", "Failed: the error of the cause, with a capital Message")
        w.refused("Failed: updates", "PUT", f"{F}/broken{update}", "ResourceConflictException",
                  mutation.format("broken", "Failed", "SubnetOutOfIPAddresses"), {})
        w.given("PUT", f"{F}/f{update}", {"Timeout": 4})
        for path, body in ((update, {}), ("/code", {"ZipFile": zipped()})):
            w.refused("InProgress: updates name the ARN only", "PUT", f"{F}/f{path}", "ResourceConflictException",
                      IN_PROGRESS + "f", body)
        check(w.ask("POST", f"{F}/f{invoke}", "{}")[0], 200, "InProgress: invocations go on")
        p.advance("31s")
        p.advance("15d")
        check(w.ask("POST", f"{F}/f{invoke}", "{}", {"X-Amz-Invocation-Type": "DryRun"})[0], 204,
              "Inactive: a DryRun restores nothing")
        check(w.configuration("f")["State"], "Inactive", "Inactive: a DryRun restores nothing")
        for rule in ("Inactive", "during a restore"):
            w.refused(rule, "POST", f"{F}/f{invoke}", "CodeArtifactUserPendingException", initializing, "{}")
        w.refused("during a restore: updates", "PUT", f"{F}/f{update}", "ResourceConflictException",
                  mutation.format("f", "Pending", "Restoring"), {})
        p.advance("61s")
        w.given("PUT", f"{F}/f{update}", {"VpcConfig": {**FULL, "SubnetIds": ["subnet-0a1b2c3d"]}})
        p.advance("31s")
        p.advance("15d")
        p.fsm("POST", "world", {"vpc": {"subnets": [{"id": "subnet-0a1b2c3d", "addresses": 0}]}})
        w.refused("Inactive", "POST", f"{F}/f{invoke}", "CodeArtifactUserPendingException", initializing, "{}")
        p.advance("61s")
        broken("f", "within five minutes of a restore that failed")
        p.advance("299s")
        w.refused("after five minutes", "POST", f"{F}/f{invoke}", "CodeArtifactUserPendingException", initializing,
                  "{}")
        p.stop()


def fields(program):
    """header fields and bodies of what succeeds"""
    with started(program) as p:
        w = Wire(p)
        status, found, _ = w.ask("POST", F, creation("f"))
        check(status, 201, "create")
        plain_fields("create", found, {"X-Fsm-Sequence"})
        p.advance("61s")
        status, found, _ = w.ask("GET", f"{F}/f")
        plain_fields("get", found)
        status, found, text = w.ask("POST", f"{F}/f/invocations", "{}", {"X-Amz-Log-Type": "Tail"})
        check((status, text, found["X-Amz-Executed-Version"], found["X-Amzn-Remapped-Content-Length"]),
              (200, b"{}", "$LATEST", "0"), "invoke")
        plain_fields("invoke", found, {"X-Amz-Executed-Version", "X-Amz-Log-Result", "X-Amzn-Trace-Id",
                                       "X-Amzn-Remapped-Content-Length"})
        log = base64.b64decode(found["X-Amz-Log-Result"]).decode()
        identity = found["X-Amzn-Requestid"]
        check(bool(re.fullmatch(rf"START RequestId: {identity} Version: \$LATEST\n(.*\n)*END RequestId: {identity}\n"
                                rf"REPORT RequestId: {identity}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
                                r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\t(Init Duration: [\d.]+ ms\t?)?\n?",
                                log)), True, log)
        for kind, wanted in (("Event", 202), ("DryRun", 204)):
            status, found, text = w.ask("POST", f"{F}/f/invocations", "{}", {"X-Amz-Invocation-Type": kind})
            check((status, text, "X-Amz-Executed-Version" in found, "X-Amz-Log-Result" in found),
                  (wanted, b"", False, False), kind)
        check(w.ask("POST", f"{F}/f/invocations", "")[2], b"{}", "an empty payload is {}")
        status, found, text = w.ask("POST", f"{F}/f/invocations", "{")
        message = json.loads(text)["message"]
        check((status, found["X-Amzn-Errortype"]), (400, "InvalidRequestContentException"), "a payload that is no JSON")
        check(bool(re.fullmatch(r"Could not parse request body into json: Could not parse payload into json: .*\n at "
                                r"\[Source: REDACTED \(.*\); line: 1, column: \d+\]", message)), True, message)
        status, found, text = w.ask("DELETE", f"{F}/f")
        check((status, text, "Content-Type" in found), (204, b"", False), "delete")
        p.stop()


def paging(program):
    """pages, markers and where they end"""
    with started(program, "--seed-functions", "120") as p:
        w = Wire(p)
        seen, marker = [], ""
        for size in (50, 50, 20):
            page = w.given("GET", f"{F}?MaxItems=10000" + (f"&Marker={marker}" if marker else ""))
            check(len(page["Functions"]), size, "at most 50 on a page")
            seen += [each["FunctionName"] for each in page["Functions"]]
            marker = page.get("NextMarker", "")
        check((marker, seen), ("", [f"seed-{i:07}" for i in range(120)]), "the last page has no marker")
        check("seed" in w.given("GET", f"{F}?MaxItems=1")["NextMarker"], False, "markers say nothing")
        arns = [each["FunctionArn"] for each in w.given("GET", f"{F}?FunctionVersion=ALL&MaxItems=2")["Functions"]]
        check(arns, [f"{ARN}seed-000000{i}:$LATEST" for i in range(2)], "ALL has qualified ARNs")
        status, found, _ = w.ask("GET", f"{F}?Marker=seed")
        check((status, found["X-Amzn-Errortype"]), (400, "InvalidParameterValueException"), "a marker that is none")
        name = f"{F}/seed-0000000"
        for number in (1, 2, 3):
            w.given("PUT", f"{name}/configuration", {"Timeout": number + 3})
            p.advance("31s")
            w.given("POST", f"{name}/versions", {})
        versions = w.given("GET", f"{name}/versions")
        check([each["FunctionArn"] for each in versions["Versions"]],
              [f"{ARN}seed-0000000:{each}" for each in ("$LATEST", "1", "2", "3")], "versions in their order")
        check(("NextMarker" in versions, "State" in versions["Versions"][1]), (False, False), "versions")
        first = w.given("GET", f"{name}/versions?MaxItems=2")
        rest = w.given("GET", f"{name}/versions?Marker={first['NextMarker']}")
        check([each["Version"] for each in first["Versions"] + rest["Versions"]], ["$LATEST", "1", "2", "3"], "pages")
        p.stop()


def versions_and_aliases(program):
    """numbers, what they show, what refers to them, and the texts of refusals"""
    with started(program) as p:
        w = Wire(p)
        value = "InvalidParameterValueException"
        w.create("f", Description="first")
        p.advance("61s")
        versions, aliases = f"{F}/f/versions", f"{F}/f/aliases"
        one = w.given("POST", versions, {"Description": "one"})
        check((one["Version"], one["FunctionArn"], one["State"], one["LastUpdateStatus"], one["Description"]),
              ("1", ARN + "f:1", "Active", "Successful", "one"), "a version is born Active")
        again = w.given("POST", versions, {"Description": "ignored"})
        check(again, one, "nothing has changed: the same version")
        w.refused("another digest", "POST", versions, value, "CodeSHA256 (x) is different from current CodeSHA256 in "
                  f"$LATEST ({one['CodeSha256']}). Please try again with the CodeSHA256 in $LATEST.",
                  {"CodeSha256": "x"})
        w.refused("another revision", "POST", versions, "PreconditionFailedException", STALE, {"RevisionId": "x"})
        w.given("PUT", f"{F}/f/configuration", {"Timeout": 9})
        w.refused("a publication during an update", "POST", versions, "ResourceConflictException",
                  IN_PROGRESS + "f", {})
        w.refused("tags during an update", "POST", resource(ARN + "f"), "ResourceConflictException",
                  IN_PROGRESS + "f", {"Tags": {"a": "b"}})
        p.advance("31s")
        check(w.given("POST", versions, {})["Version"], "2", "the next number")
        check(w.given("GET", f"{F}/f/configuration?Qualifier=1")["Timeout"], 3, "a version stays as it is")
        made = w.given("POST", aliases, {"Name": "blue", "FunctionVersion": "1"})
        check({key: made[key] for key in made if key != "RevisionId"},
              {"AliasArn": ARN + "f:blue", "Name": "blue", "FunctionVersion": "1", "Description": ""}, "an alias")
        w.refused("an alias twice", "POST", aliases, "ResourceConflictException", f"Alias already exists: {ARN}f:blue",
                  {"Name": "blue", "FunctionVersion": "1"})
        w.refused("a name of digits", "POST", aliases, "ValidationException",
                  violations(violation("12", "name",
                                       "satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)")),
                  {"Name": "12", "FunctionVersion": "1"})
        w.refused("a version that an alias refers to", "DELETE", f"{F}/f?Qualifier=1", "ResourceConflictException",
                  "Unable to delete version because the following aliases reference it: [blue]")

        def routed(weights, version="1"):
            return {"Name": "green", "FunctionVersion": version,
                    "RoutingConfig": {"AdditionalVersionWeights": weights}}

        w.refused("two more versions", "POST", aliases, value,
                  "Number of items in AdditionalVersionWeights cannot be greater than 1", routed({"1": 0.1, "2": 0.1}))
        w.refused("the same version twice", "POST", aliases, value, "Invalid function version 1. Function version 1 is "
                  "already included in routing configuration.", routed({"1": 0.1}))
        status, found, text = w.ask("POST", aliases, routed({"2": 0.1}, "$LATEST"))
        check((status, found["X-Amzn-Errortype"], json.loads(text)),
              (400, value, {"message": "$LATEST is not supported for an alias pointing to more than 1 version"}),
              "$LATEST with weights; this one has no Type")
        shown = w.given("GET", f"{F}/f/configuration?Qualifier=blue")
        check((shown["FunctionArn"], shown["Version"]), (ARN + "f:blue", "1"), "by alias")
        updated = w.given("PUT", f"{aliases}/blue", {"FunctionVersion": "2"})
        check((updated["FunctionVersion"], updated["Description"]), ("2", ""), "an updated alias")
        w.refused("an alias' revision", "PUT", f"{aliases}/blue", "PreconditionFailedException", STALE,
                  {"FunctionVersion": "1", "RevisionId": made["RevisionId"]})
        check(w.ask("DELETE", f"{F}/f?Qualifier=1")[0], 204, "a version nobody refers to")
        w.refused("a deleted version", "GET", f"{F}/f?Qualifier=1", "ResourceNotFoundException",
                  f"Function not found: {ARN}f:1")
        w.given("PUT", f"{F}/f/configuration", {"Timeout": 10})
        p.advance("31s")
        check(w.given("POST", versions, {})["Version"], "3", "numbers are not used again")
        p.stop()


def qualified_invocations(program):
    """which version an invocation by version or alias runs"""
    with started(program) as p:
        w = Wire(p)
        w.create("f")
        p.advance("61s")
        for number in (1, 2):
            w.given("POST", f"{F}/f/versions", {})
            w.given("PUT", f"{F}/f/configuration", {"Timeout": number + 3})
            p.advance("31s")
        w.given("POST", f"{F}/f/aliases", {"Name": "blue", "FunctionVersion": "1"})
        for name, version in (("f", "$LATEST"), ("f:1", "1"), ("f:2", "2"), ("f:blue", "1"), ("f:$LATEST", "$LATEST"),
                              (ARN + "f:blue", "1"), ("f?Qualifier=2", "2")):
            path, _, query = name.partition("?")
            status, found, _ = w.ask("POST", f"{F}/{path}/invocations?{query}", "{}")
            check((status, found["X-Amz-Executed-Version"]), (200, version), f"invoke {name}")
        w.given("PUT", f"{F}/f/aliases/blue", {"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}}})
        seen = {w.ask("POST", f"{F}/f:blue/invocations", "{}")[1]["X-Amz-Executed-Version"] for _ in range(64)}
        check(seen, {"1", "2"}, "an alias with two versions (by chance the same one 64 times: once in 10^19)")
        p.stop()


def tags(program):
    """tags of functions, and of nothing else"""
    with started(program) as p:
        w = Wire(p)
        value = "InvalidParameterValueException"
        w.create("f", Tags={"a": "1"})
        p.advance("61s")
        mine = resource(ARN + "f")
        check(w.given("GET", mine), {"Tags": {"a": "1"}}, "ListTags")
        check(w.ask("POST", mine, {"Tags": {"b": "2"}})[::2], (204, b""), "TagResource")
        check(w.given("GET", f"{F}/f")["Tags"], {"a": "1", "b": "2"}, "GetFunction has them, too")
        check(w.ask("DELETE", mine + "?tagKeys=a&tagKeys=b&tagKeys=never")[0], 204, "UntagResource")
        check(w.given("GET", mine), {"Tags": {}}, "no tags")
        check("Tags" in w.given("GET", f"{F}/f"), False, "GetFunction without tags")
        w.refused("a qualified ARN", "POST", resource(ARN + "f:1"), value,
                  "Tags on function aliases and versions are not supported. Please specify a function ARN.",
                  {"Tags": {"a": "b"}})
        w.refused("no tags", "POST", mine, value, "An error occurred and the request cannot be processed.",
                  {"Tags": {}})
        w.refused("no keys", "DELETE", mine, "ValidationException",
                  violations(violation(None, "tagKeys", "not be null")))
        w.refused("too many", "POST", mine, value, "Number of tags exceeds resource tag limit.",
                  {"Tags": {str(i): "" for i in range(51)}})
        p.stop()


PARTS = [not_found, names, violations_together, parameters, order_of_checks, state_members, states, revisions,
         fields, paging, versions_and_aliases, qualified_invocations, tags]


if __name__ == "__main__":
    run_parts(PARTS)
