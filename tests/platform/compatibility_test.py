#!/usr/bin/env python3
"""Compares docs/lambda-compatibility.md with the tables it is made of, these with the model of the Lambda API,
and both with what a running platform does.

usage: compatibility_test.py PROGRAM [PART...]
"""

import base64
import json
import os
import subprocess

import botocore.session
from harness import ROLE, Platform, check, run_parts, zip_bytes

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "lambda-compatibility.md")
FUNCTIONS = "/2015-03-31/functions"
WORLD = {"provision_time": "0ms", "update_time": "0ms",
         "vpc": {"subnets": [{"id": "subnet-0a1b2c3d", "vpc": "vpc-11111111", "addresses": 4}],
                 "security_groups": ["sg-0a1b2c3d"]}}

# A value for each member that is kept, other than its default.
KEPT = {
    "Runtime": "python3.11",
    "Handler": "other.handler",
    "Timeout": 77,
    "MemorySize": 1024,
    "Description": "kept",
    "Environment": {"Variables": {"STAGE": "test"}},
    "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:letters"},
    "KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1",
    "TracingConfig": {"Mode": "Active"},
    "Layers": ["arn:aws:lambda:us-east-1:000000000000:layer:tools:1"],
    "ImageConfig": {"EntryPoint": ["/run"], "Command": ["a", "b"], "WorkingDirectory": "/srv"},
    "Architectures": ["arm64"],
    "SourceKMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/2",
    "EphemeralStorage": {"Size": 1024},
    "SnapStart": {"ApplyOn": "PublishedVersions"},
    "LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN",
                      "LogGroup": "/aws/lambda/elsewhere"},
}


def tool(program, what):
    path = os.path.join(os.path.dirname(program), "fsm-compatibility")
    return subprocess.run([path, what], capture_output=True, text=True, timeout=60, check=True).stdout


def tables(program):
    return json.loads(tool(program, "--json"))


def model():
    return botocore.session.get_session().get_service_model("lambda")


def creation(name, **more):
    return {"FunctionName": name, "Role": ROLE, "Runtime": "python3.12", "Handler": "index.handler",
            "Code": {"ZipFile": base64.b64encode(zip_bytes("x")).decode()}, **more}


def page(program):
    """the page is the one the program prints"""
    with open(PAGE, encoding="utf-8") as file:
        check(file.read(), tool(program, "--page"), "docs/lambda-compatibility.md; ./dev docs writes it")


def operations_of_the_model(program):
    """every operation of the model is in the table, with its method and path; every route is an operation"""
    found = {each["name"]: each for each in tables(program)["operations"]}
    for name in model().operation_names:
        http = model().operation_model(name).http
        path, _, parameter = http["requestUri"].partition("?")
        parts = ["*" if part.startswith("{") else part for part in path.rstrip("/").split("/")]
        check((found[name]["method"], found[name]["path"], found[name]["parameter"]),
              (http["method"], "/".join(parts), parameter), name)
    check(sorted(found), list(found), "the order of the operations")
    for name in tables(program)["routes"]:
        check(found.get(name, {}).get("here"), True, f"the route {name}")


def structures(shape, known, into):
    """The structures that are part of `shape`, but for those behind members that are not here."""
    if shape is None:
        return
    if shape.type_name == "list":
        structures(shape.member, known, into)
    elif shape.type_name == "map":
        structures(shape.value, known, into)
    elif shape.type_name == "structure" and shape.name not in into:
        into[shape.name] = shape
        for name, member in shape.members.items():
            if known.get(shape.name, {}).get(name) in ("supported", "kept"):
                structures(member, known, into)


def members_of_the_model(program):
    """every member of every structure that an operation here reads or writes is in the table"""
    found = tables(program)
    known = found["structures"]
    used = {}
    for each in found["operations"]:
        if each["here"] and each["name"] in model().operation_names:
            operation = model().operation_model(each["name"])
            structures(operation.input_shape, known, used)
            structures(operation.output_shape, known, used)
    missing = [f"{name}.{member}" for name, shape in used.items() for member in shape.members
               if member not in known.get(name, {})]
    check(missing, [], "members that the table does not have")
    # A newer model than this one may have more; what this one has must be in use.
    unused = [name for name in known if name not in used and name in model().shape_names]
    check(unused, [], "structures that no operation here has")


def operations_of_the_platform(program):
    """what the table calls supported has a route, and the rest is refused by name"""
    with Platform(program, "--virtual-clock") as p:
        for each in tables(program)["operations"]:
            target = each["path"].replace("*", "nobody")
            if each["parameter"]:
                target += "?" + each["parameter"]
            status, headers, text = p.request(each["method"], target)
            found = json.loads(text or "{}")
            message = found.get("message") or found.get("Message") or ""
            if each["here"]:
                check("is not supported" in message or "no operation" in message, False,
                      f"{each['name']}: {status} {message}")
                continue
            check((status, headers["X-Amzn-Errortype"], found),
                  (400, "InvalidParameterValueException",
                   {"Type": "User", "message": f"The operation {each['name']} is not supported."}),
                  each["name"])
        p.stop()


def something(shape):
    """A value of a shape that asks for something."""
    if shape.type_name == "structure":
        return {name: something(member) for name, member in shape.members.items()} or {"A": 1}
    if shape.type_name == "list":
        return [something(shape.member)]
    return {"boolean": True, "integer": 1, "string": "x", "blob": "eA=="}[shape.type_name]


def refused_members(program):
    """each member that the table calls refused is refused with an error that names it"""
    known = tables(program)["structures"]
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        check(p.request("POST", FUNCTIONS, creation("f"))[0], 201, "create")
        p.advance("1s")
        before = p.request("GET", FUNCTIONS + "/f")[2]

        def refused(structure, request):
            for name in (each for each, how in known[structure].items() if how == "refused"):
                shape = model().shape_for(structure).members.get(name)
                status, headers, text = request(name, something(shape) if shape else {"A": "x"})
                named = name[0].lower() + name[1:]
                message = json.loads(text)["message"]
                check((status, headers["X-Amzn-Errortype"], named in message or name in message),
                      (400, "InvalidParameterValueException", True), f"{structure}.{name}: {message}")

        code = creation("f")["Code"]
        refused("CreateFunctionRequest",
                lambda name, value: p.request("POST", FUNCTIONS, creation("g", **{name: value})))
        refused("FunctionCode", lambda name, value:
                p.request("POST", FUNCTIONS, creation("g", Code={**code, name: value})))
        refused("UpdateFunctionCodeRequest", lambda name, value:
                p.request("PUT", FUNCTIONS + "/f/code", {**code, name: value}))
        refused("PublishVersionRequest", lambda name, value:
                p.request("POST", FUNCTIONS + "/f/versions", {name: value}))
        refused("UpdateFunctionConfigurationRequest", lambda name, value:
                p.request("PUT", FUNCTIONS + "/f/configuration", {name: value}))
        check(p.request("GET", FUNCTIONS + "/f")[2], before, "the function after the refused updates")
        check(p.request("GET", FUNCTIONS + "/g")[0], 404, "the function that was not created")
        check(p.request("POST", FUNCTIONS, creation("g", FileSystemConfigs=[], CodeSigningConfigArn=""))[0],
              201, "what asks for nothing")
        p.stop()


def kept_members(program):
    """each member that the table calls kept is returned as it was given, after a create and after an update"""
    known = tables(program)["structures"]

    def values(structure):
        return {name: KEPT[name] for name, how in known[structure].items() if how == "kept"}

    def shown(p, name, given, what):
        answer = json.loads(p.request("GET", f"{FUNCTIONS}/{name}")[2])
        found = {**answer["Code"], **answer["Configuration"]}
        found["ImageConfig"] = found.get("ImageConfigResponse", {}).get("ImageConfig")
        found["Layers"] = [each["Arn"] for each in found.get("Layers", [])]
        found["SnapStart"].pop("OptimizationStatus")
        for member, value in given.items():
            check(found.get(member), value, f"{member} after {what}")

    with Platform(program, "--virtual-clock", world=WORLD) as p:
        given, of_code = values("CreateFunctionRequest"), values("FunctionCode")
        code = {**creation("f")["Code"], **of_code}
        check(p.request("POST", FUNCTIONS, creation("f", **given, Code=code))[0], 201, "create")
        shown(p, "f", {**given, **of_code}, "create")
        check(p.request("POST", FUNCTIONS, creation("g"))[0], 201, "create without")
        p.advance("1s")
        given = values("UpdateFunctionConfigurationRequest")
        check(p.request("PUT", FUNCTIONS + "/g/configuration", given)[0], 200, "update")
        p.advance("1s")
        shown(p, "g", given, "update")
        given = values("UpdateFunctionCodeRequest")
        check(p.request("PUT", FUNCTIONS + "/g/code", {**creation("g")["Code"], **given})[0], 200, "code")
        p.advance("1s")
        shown(p, "g", given, "update of the code")
        p.stop()


PARTS = [page, operations_of_the_model, members_of_the_model, operations_of_the_platform, refused_members,
         kept_members]


if __name__ == "__main__":
    run_parts(PARTS)
