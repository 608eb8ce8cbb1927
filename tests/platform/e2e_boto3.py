#!/usr/bin/env python3
"""Drives fsm-platform with boto3: every operation, the waiters, the paginators and the errors by their classes.

usage: e2e_boto3.py PROGRAM [PART...]
"""

import base64
import hashlib
import io
import json
import time

from boto3_client import client, create, raises, situation, wait, waiter_fails
from harness import ARN, ROLE, ROLE_WITHOUT_ENIS, Platform, check, run_parts, zip_bytes

CANNOT = "The operation cannot be performed at this time. "
INITIALIZING = "Lambda is initializing your function. It will be ready to invoke shortly."
SUBNET, FULL = "subnet-0a1b2c3d", "subnet-00000003"
WORLD = {
    "provision_time": "60s",
    "update_time": "30s",
    "restore_time": "60s",
    "vpc": {"subnets": [{"id": SUBNET, "vpc": "vpc-11111111", "addresses": 2},
                        {"id": FULL, "vpc": "vpc-11111111", "addresses": 0}],
            "security_groups": ["sg-0a1b2c3d"], "eni_quota": 8},
    "roles_without_eni_permission": [ROLE_WITHOUT_ENIS],
}


def network(subnet):
    return {"SubnetIds": [subnet], "SecurityGroupIds": ["sg-0a1b2c3d"]}


def every_operation(program):
    """create, get, invoke, update, list, delete: requests and answers as the client parses them"""
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        functions = client(p)
        made = create(functions, "f", Description="first", Timeout=7, MemorySize=256, Tags={"team": "x"},
                      Environment={"Variables": {"STAGE": "test"}}, VpcConfig=network(SUBNET))
        check(made["ResponseMetadata"]["HTTPStatusCode"], 201, "create")
        check(situation(made), ("Pending", "Creating", None, None), "create")
        check((made["Timeout"], made["MemorySize"], made["Environment"], made["VpcConfig"]["VpcId"]),
              (7, 256, {"Variables": {"STAGE": "test"}}, "vpc-11111111"), "what was given")
        package = zip_bytes("def handler(e, c): return e")
        check((made["CodeSize"], made["CodeSha256"]),
              (len(package), base64.b64encode(hashlib.sha256(package).digest()).decode()), "the code")
        p.advance("61s")
        found = functions.get_function(FunctionName=ARN + "f")
        check(situation(found["Configuration"]), ("Active", None, "Successful", None), "get")
        check((found["Tags"], found["Code"]["RepositoryType"]), ({"team": "x"}, "S3"), "get")
        answer = functions.invoke(FunctionName="f", Payload=b'{"n":1}', LogType="Tail")
        check((answer["StatusCode"], answer["ExecutedVersion"], answer["Payload"].read()),
              (200, "$LATEST", b'{"n":1}'), "invoke")
        check(base64.b64decode(answer["LogResult"]).startswith(b"START RequestId: "), True, "the log")
        check(functions.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"], 204, "DryRun")
        check(functions.invoke(FunctionName="f", InvocationType="Event")["StatusCode"], 202, "Event")
        updates(p, functions)
        check([each["FunctionName"] for each in functions.list_functions()["Functions"]], ["f"], "list")
        functions.delete_function(FunctionName="f")
        check(functions.list_functions()["Functions"], [], "list after delete")
        p.stop()


def updates(p, functions):
    updated = functions.update_function_configuration(FunctionName="f", Timeout=8)
    check(situation(updated), ("Active", None, "InProgress", "Creating"), "an update")
    check(updated["Timeout"], 8, "Timeout while the update runs")
    p.advance("31s")
    found = functions.get_function_configuration(FunctionName="f")
    check((situation(found), found["Timeout"]), (("Active", None, "Successful", None), 8), "an update that succeeded")
    dry = functions.update_function_code(FunctionName="f", ZipFile=zip_bytes("new"), DryRun=True)
    check((situation(dry)[2], dry["RevisionId"]), ("Successful", found["RevisionId"]), "DryRun")
    updated = functions.update_function_code(FunctionName="f", ZipFile=zip_bytes("new"),
                                             RevisionId=found["RevisionId"])
    check(situation(updated)[2], "InProgress", "an update of the code")
    check(updated["CodeSha256"], dry["CodeSha256"], "CodeSha256")
    p.advance("31s")
    check(functions.get_function_configuration(FunctionName="f")["CodeSha256"], dry["CodeSha256"], "CodeSha256")


def waiters_that_succeed(program):
    """the six waiters, each on a function that gets there while it waits"""
    world = {"provision_time": "2s", "update_time": "2s"}
    with Platform(program, world=world) as p:
        functions = client(p)
        for waiter in ("function_exists", "function_active", "function_active_v2", "published_version_active"):
            create(functions, waiter)
            started = time.monotonic()
            wait(functions, waiter, waiter)
            waited = time.monotonic() - started > 0.9
            check(waited, waiter != "function_exists", f"{waiter} has waited")
        for waiter in ("function_updated", "function_updated_v2"):
            functions.update_function_configuration(FunctionName="function_exists", Description=waiter)
            wait(functions, waiter, "function_exists")
            found = functions.get_function_configuration(FunctionName="function_exists")
            check((situation(found)[2], found["Description"]), ("Successful", waiter), waiter)
        p.stop()


def waiters_that_fail(program):
    """a terminal failure on Failed, exhaustion on Inactive and on nobody, an error that no waiter knows"""
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        functions = client(p)
        create(functions, "broken", VpcConfig=network(FULL))
        create(functions, "idle")
        p.advance("61s")
        terminal = "terminal failure state"
        for waiter in ("function_active", "function_active_v2", "published_version_active"):
            with waiter_fails(terminal):
                wait(functions, waiter, "broken")
        p.advance("15d")
        for waiter in ("function_active", "function_active_v2", "published_version_active"):
            with waiter_fails("Max attempts exceeded"):
                wait(functions, waiter, "idle", attempts=2)
        with waiter_fails("Max attempts exceeded"):
            wait(functions, "function_exists", "nobody", attempts=2)
        for waiter in ("function_active_v2", "function_updated"):
            with waiter_fails("Function not found: " + ARN + "nobody"):
                wait(functions, waiter, "nobody")
        wait(functions, "function_updated", "idle")  # Successful, whatever the state.
        create(functions, "fresh")
        with waiter_fails("Max attempts exceeded"):  # It has no LastUpdateStatus yet.
            wait(functions, "function_updated_v2", "fresh", attempts=2)
        functions.update_function_configuration(FunctionName="idle", VpcConfig=network(FULL))
        p.advance("31s")
        for waiter in ("function_updated", "function_updated_v2"):
            with waiter_fails(terminal):
                wait(functions, waiter, "idle")
        p.stop()


def paginators(program):
    """pages of every size name each function once, and markers work once more"""
    with Platform(program, "--virtual-clock", "--seed-functions", "120") as p:
        functions = client(p)
        names = [f"seed-{i:07}" for i in range(120)]
        pages = functions.get_paginator("list_functions")
        for size in (1, 7, 50, 10_000):
            found = list(pages.paginate(PaginationConfig={"PageSize": size}))
            check([each["FunctionName"] for page in found for each in page["Functions"]], names, f"pages of {size}")
            check(len(found), -(-120 // min(size, 50)), f"the number of pages of {size}")
        part = pages.paginate(PaginationConfig={"MaxItems": 33, "PageSize": 10}).build_full_result()
        check(len(part["Functions"]), 33, "MaxItems")
        rest = pages.paginate(PaginationConfig={"StartingToken": part["NextToken"]}).build_full_result()
        check([each["FunctionName"] for each in part["Functions"] + rest["Functions"]], names, "a list resumed")
        check(functions.list_functions(FunctionVersion="ALL")["Functions"][0]["Version"], "$LATEST", "ALL")
        p.stop()


def errors_by_class(program):
    """what clients catch"""
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        functions = client(p)
        errors = functions.exceptions
        create(functions, "f")
        with raises(errors.ResourceConflictException, "Function already exist: f", 409):
            create(functions, "f")
        with raises(errors.ResourceConflictException,
                    CANNOT + "The function is currently in the following state: Pending", 409):
            functions.invoke(FunctionName="f")
        state = (f"{CANNOT}The resource {ARN}f is currently in the following state: 'Pending'. "
                 "StateReasonCode: 'Creating'")
        with raises(errors.ResourceConflictException, state, 409):
            functions.update_function_configuration(FunctionName="f", Timeout=9)
        with raises(errors.ResourceNotFoundException, f"Function not found: {ARN}nobody", 404):
            functions.get_function(FunctionName="nobody")
        with raises(errors.ResourceNotFoundException, f"Function not found: {ARN}nobody:$LATEST", 404):
            functions.invoke(FunctionName="nobody")
        p.advance("61s")
        with raises(errors.PreconditionFailedException, status=412):
            functions.update_function_code(FunctionName="f", ZipFile=zip_bytes("x"), RevisionId="another")
        with raises(errors.InvalidRequestContentException, status=400):
            functions.invoke(FunctionName="f", Payload=b"{")
        with raises(errors.InvalidParameterValueException, status=400):
            functions.update_function_code(FunctionName="f", ZipFile=b"no zip")
        with raises(errors.ClientError, "1 validation error detected: Value '0' at 'timeout' failed to satisfy "
                    "constraint: Member must have value greater than or equal to 1", 400):
            client(p, parameter_validation=False).update_function_configuration(FunctionName="f", Timeout=0)
        with raises(errors.InvalidParameterValueException, "The operation ListLayers is not supported.", 400):
            functions.list_layers()
        functions.update_function_configuration(FunctionName="f", Timeout=9)
        with raises(errors.ResourceConflictException,
                    f"{CANNOT}An update is in progress for resource: {ARN}f", 409):
            functions.update_function_code(FunctionName="f", ZipFile=zip_bytes("x"))
        p.stop()


def payloads_in_streams(program):
    """a payload from a file and to a reader, as long as may be"""
    with Platform(program, "--virtual-clock", "--seed-functions", "1") as p:
        functions = client(p)
        text = json.dumps("x" * (6_291_456 - 2)).encode()
        answer = functions.invoke(FunctionName="seed-0000000", Payload=io.BytesIO(text))
        parts = list(answer["Payload"].iter_chunks(100_000))
        check((b"".join(parts) == text, len(parts) > 1), (True, True), "a long payload, read in pieces")
        with raises(functions.exceptions.ClientError, "6291457 byte payload is too large for the RequestResponse "
                    "invocation type (limit 6291456 bytes)", 413):
            functions.invoke(FunctionName="seed-0000000", Payload=io.BytesIO(text + b" "))
        check(functions.invoke(FunctionName="seed-0000000")["Payload"].read(), b"{}", "no payload")
        p.stop()


def inactive_and_back(program):
    """idle, refused, restored; a restore that fails for want of an address, and the pause after it"""
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        functions = client(p)
        create(functions, "f", VpcConfig=network(SUBNET))
        p.advance("61s")
        p.advance("15d")
        found = functions.get_function_configuration(FunctionName="f")
        check((situation(found), found["StateReason"]),
              (("Inactive", "Idle", "Successful", None), "The function is currently idle."), "idle")
        pending = functions.exceptions.ClientError  # Debian's model does not have the class.
        with raises(pending, INITIALIZING, 409):
            functions.invoke(FunctionName="f")
        check(situation(functions.get_function_configuration(FunctionName="f"))[:2], ("Pending", "Restoring"),
              "during the restore")
        p.advance("61s")
        check(functions.invoke(FunctionName="f", Payload=b"1")["Payload"].read(), b"1", "after the restore")
        p.advance("15d")
        p.fsm("POST", "world", {"vpc": {"subnets": [{"id": SUBNET, "addresses": 0}]}})
        with raises(pending, INITIALIZING, 409):
            functions.invoke(FunctionName="f")
        p.advance("61s")
        found = functions.get_function_configuration(FunctionName="f")
        check(situation(found)[:2], ("Inactive", "SubnetOutOfIPAddresses"), "a restore that failed")
        with raises(functions.exceptions.SubnetIPAddressLimitReachedException, status=502):
            functions.invoke(FunctionName="f")
        functions.update_function_configuration(FunctionName="f", VpcConfig={"SubnetIds": [],
                                                                            "SecurityGroupIds": []})
        p.advance("31s")
        found = functions.get_function_configuration(FunctionName="f")
        check(situation(found), ("Active", None, "Successful", None), "an update brings it up")
        check(found["VpcConfig"], {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""} |
              {key: found["VpcConfig"][key] for key in found["VpcConfig"] if key.startswith("Ipv6")}, "VpcConfig")
        p.stop()


def failures(program):
    """a failed creation and failed updates, by causes of the world; what was there before goes on"""
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        functions = client(p)
        errors = functions.exceptions
        create(functions, "broken", VpcConfig=network(FULL))
        create(functions, "f")
        p.advance("61s")
        check(situation(functions.get_function_configuration(FunctionName="broken")),
              ("Failed", "SubnetOutOfIPAddresses", None, None), "a failed creation")
        with raises(errors.SubnetIPAddressLimitReachedException, status=502):
            functions.invoke(FunctionName="broken")
        with raises(errors.ResourceConflictException, f"{CANNOT}The resource {ARN}broken is currently in the "
                    "following state: 'Failed'. StateReasonCode: 'SubnetOutOfIPAddresses'", 409):
            functions.update_function_configuration(FunctionName="broken", Timeout=9)
        functions.delete_function(FunctionName="broken")
        before = functions.get_function_configuration(FunctionName="f")
        for change, code in (({"VpcConfig": network(FULL)}, "SubnetOutOfIPAddresses"),
                             ({"VpcConfig": network(SUBNET), "Role": ROLE_WITHOUT_ENIS},
                              "InsufficientRolePermissions")):
            functions.update_function_configuration(FunctionName="f", Timeout=99, **change)
            p.advance("31s")
            found = functions.get_function_configuration(FunctionName="f")
            check(situation(found), ("Active", None, "Failed", code), "a failed update")
            kept = {key: value for key, value in found.items() if key in before and key not in
                    ("ResponseMetadata", "RevisionId", "LastUpdateStatus")}
            check(kept, {key: before[key] for key in kept}, "the settings after a failed update")
            check(functions.invoke(FunctionName="f", Payload=b"1")["Payload"].read(), b"1", "invoke")
        functions.update_function_configuration(FunctionName="f", Timeout=99)
        p.advance("31s")
        check(situation(functions.get_function_configuration(FunctionName="f")),
              ("Active", None, "Successful", None), "an update that makes up for it")
        image(p, functions)
        p.stop()


def image(p, functions):
    uri = "registry.example/one:1"
    functions.create_function(FunctionName="image", Role=ROLE, PackageType="Image", Code={"ImageUri": uri})
    p.fsm("POST", "world", {"images": {"deleted": [uri]}})
    p.advance("61s")
    check(situation(functions.get_function_configuration(FunctionName="image"))[:2], ("Failed", "ImageDeleted"),
          "an image that was deleted")
    with raises(functions.exceptions.ClientError, status=409):
        functions.invoke(FunctionName="image")


def stuck_in_pending(program):
    """what has been Pending for over six minutes is given up by the next update"""
    world = {**WORLD, "provision_time": "1h"}
    with Platform(program, "--virtual-clock", "--max-provisioning", "1", "--attempt-timeout", "5m",
                  world=world) as p:
        functions = client(p)
        create(functions, "first")
        create(functions, "second")
        p.advance("359s")
        with raises(functions.exceptions.ResourceConflictException, f"{CANNOT}The resource {ARN}second is currently "
                    "in the following state: 'Pending'. StateReasonCode: 'Creating'", 409):
            functions.update_function_configuration(FunctionName="second", Timeout=9)
        check(situation(functions.get_function_configuration(FunctionName="second"))[0], "Pending", "before")
        p.advance("2s")
        with raises(functions.exceptions.ResourceConflictException, status=409):
            functions.update_function_configuration(FunctionName="second", Timeout=9)
        check(situation(functions.get_function_configuration(FunctionName="second")),
              ("Failed", "InternalError", None, None), "given up")
        functions.delete_function(FunctionName="second")
        check(create(functions, "second")["State"], "Pending", "created again")
        p.stop()


PARTS = [every_operation, waiters_that_succeed, waiters_that_fail, paginators, errors_by_class,
         payloads_in_streams, inactive_and_back, failures, stuck_in_pending]


if __name__ == "__main__":
    run_parts(PARTS)
