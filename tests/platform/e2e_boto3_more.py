#!/usr/bin/env python3
"""Drives fsm-platform with boto3 beyond functions themselves: versions, aliases, tags, concurrency, permissions.

usage: e2e_boto3_more.py PROGRAM [PART...]
"""

import base64
import hashlib
import json
import urllib.request

from boto3_client import client, create, raises, situation, wait, waiter_fails
from harness import ARN, Platform, check, run_parts, zip_bytes

CANNOT = "The operation cannot be performed at this time. "
WORLD = {"provision_time": "60s", "update_time": "30s", "restore_time": "60s"}


def with_function(program, *flags):
    """A platform under a virtual clock, and a client for it."""
    platform = Platform(program, "--virtual-clock", "--seed-functions", "1", *flags, world=WORLD)
    return platform, client(platform)


NAME = "seed-0000000"
MINE = ARN + NAME


def update(p, functions, **change):
    functions.update_function_configuration(FunctionName=NAME, **change)
    p.advance("31s")


def versions(program):
    """published, listed in pages, waited for, never changed and never numbered twice"""
    platform, functions = with_function(program)
    with platform as p:
        errors = functions.exceptions
        for number in range(1, 61):
            made = functions.publish_version(FunctionName=NAME, Description=f"number {number}")
            check((made["Version"], made["FunctionArn"], situation(made)),
                  (str(number), f"{MINE}:{number}", ("Active", None, "Successful", None)), "publish")
            update(p, functions, Timeout=number)
        pages = list(functions.get_paginator("list_versions_by_function").paginate(FunctionName=NAME))
        check([len(page["Versions"]) for page in pages], [50, 11], "pages of versions")
        found = [each for page in pages for each in page["Versions"]]
        check([each["Version"] for each in found], ["$LATEST", *map(str, range(1, 61))], "versions")
        check([each["Timeout"] for each in found[2:]], list(range(1, 60)), "what versions were published with")
        wait(functions, "published_version_active", NAME, Qualifier="60")
        with waiter_fails(f"Function not found: {MINE}:99"):
            wait(functions, "published_version_active", NAME, Qualifier="99")
        latest = functions.get_function_configuration(FunctionName=NAME)
        with raises(errors.PreconditionFailedException, status=412):
            functions.publish_version(FunctionName=NAME, RevisionId="another")
        with raises(errors.InvalidParameterValueException, f"CodeSHA256 (x) is different from current CodeSHA256 in "
                    f"$LATEST ({latest['CodeSha256']}). Please try again with the CodeSHA256 in $LATEST.", 400):
            functions.publish_version(FunctionName=NAME, CodeSha256="x")
        functions.delete_function(FunctionName=NAME, Qualifier="60")
        check(functions.publish_version(FunctionName=NAME)["Version"], "61", "after a deletion")
        p.stop()


def aliases(program):
    """created, routed, moved, listed by version and in pages, deleted"""
    platform, functions = with_function(program)
    with platform as p:
        errors = functions.exceptions
        functions.publish_version(FunctionName=NAME)
        update(p, functions, Timeout=9)
        functions.publish_version(FunctionName=NAME)
        made = functions.create_alias(FunctionName=NAME, Name="live", FunctionVersion="1", Description="d",
                                      RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}})
        check((made["AliasArn"], made["FunctionVersion"], made["RoutingConfig"]["AdditionalVersionWeights"]),
              (f"{MINE}:live", "1", {"2": 0.25}), "create")
        with raises(errors.ResourceConflictException, f"Alias already exists: {MINE}:live", 409):
            functions.create_alias(FunctionName=NAME, Name="live", FunctionVersion="1")
        with raises(errors.ResourceNotFoundException, f"Function not found: {MINE}:10", 404):
            functions.create_alias(FunctionName=NAME, Name="other", FunctionVersion="10")
        with raises(errors.ResourceNotFoundException, f"Cannot find alias arn: {MINE}:other", 404):
            functions.get_alias(FunctionName=NAME, Name="other")
        moved = functions.update_alias(FunctionName=NAME, Name="live", FunctionVersion="2", RoutingConfig={},
                                       RevisionId=made["RevisionId"])
        check((moved["FunctionVersion"], moved["Description"], "RoutingConfig" in moved), ("2", "d", False), "update")
        with raises(errors.PreconditionFailedException, status=412):
            functions.update_alias(FunctionName=NAME, Name="live", RevisionId=made["RevisionId"])
        check(functions.get_function_configuration(FunctionName=NAME, Qualifier="live")["Version"], "2", "by alias")
        with raises(errors.ResourceConflictException,
                    "Unable to delete version because the following aliases reference it: [live]", 409):
            functions.delete_function(FunctionName=NAME, Qualifier="2")
        for i in range(60):
            functions.create_alias(FunctionName=NAME, Name=f"a{i:02}", FunctionVersion="1")
        pages = list(functions.get_paginator("list_aliases").paginate(FunctionName=NAME))
        check(sorted(each["Name"] for page in pages for each in page["Aliases"]),
              [*(f"a{i:02}" for i in range(60)), "live"], "list")
        check([each["Name"] for each in functions.list_aliases(FunctionName=NAME, FunctionVersion="2")["Aliases"]],
              ["live"], "list by version")
        functions.delete_alias(FunctionName=NAME, Name="live")
        functions.delete_alias(FunctionName=NAME, Name="live")
        functions.delete_function(FunctionName=NAME, Qualifier="2")
        p.stop()


def tags(program):
    """set, merged, taken away; refused while an update runs"""
    platform, functions = with_function(program)
    with platform as p:
        errors = functions.exceptions
        functions.tag_resource(Resource=MINE, Tags={"a": "1", "b": "2"})
        functions.tag_resource(Resource=MINE, Tags={"b": "3"})
        check(functions.list_tags(Resource=MINE)["Tags"], {"a": "1", "b": "3"}, "tags")
        functions.untag_resource(Resource=MINE, TagKeys=["a", "never"])
        check(functions.get_function(FunctionName=NAME)["Tags"], {"b": "3"}, "tags")
        with raises(errors.InvalidParameterValueException, status=400):
            functions.tag_resource(Resource=MINE + ":1", Tags={"a": "b"})
        functions.update_function_configuration(FunctionName=NAME, Timeout=9)
        for call in (lambda: functions.tag_resource(Resource=MINE, Tags={"a": "b"}),
                     lambda: functions.untag_resource(Resource=MINE, TagKeys=["b"])):
            with raises(errors.ResourceConflictException,
                        f"{CANNOT}An update is in progress for resource: {MINE}", 409):
                call()
        check(functions.list_tags(Resource=MINE)["Tags"], {"b": "3"}, "tags are read during an update")
        p.stop()


def published_with_the_code(program):
    """Publish in CreateFunction and UpdateFunctionCode: the version is Pending with the function"""
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        functions = client(p)
        made = create(functions, "f", Publish=True)
        check((made["Version"], made["FunctionArn"], situation(made)),
              ("1", ARN + "f", ("Pending", "Creating", None, None)), "create")
        p.advance("61s")
        wait(functions, "published_version_active", "f", Qualifier="1")
        check(functions.publish_version(FunctionName="f")["Version"], "1", "nothing has changed since")
        made = functions.update_function_code(FunctionName="f", ZipFile=zip_bytes("new"), Publish=True)
        check((made["Version"], made["FunctionArn"], situation(made)),
              ("2", ARN + "f:2", ("Pending", "Creating", None, None)), "update")
        check(situation(functions.get_function_configuration(FunctionName="f"))[:3:2], ("Active", "InProgress"),
              "$LATEST meanwhile")
        p.advance("61s")
        wait(functions, "published_version_active", "f", Qualifier="2")
        p.stop()


def reserved_concurrency(program):
    """put, read, deleted; none left; bounds"""
    platform, functions = with_function(program)
    with platform as p:
        errors = functions.exceptions
        check("ReservedConcurrentExecutions" in functions.get_function_concurrency(FunctionName=NAME), False, "unset")
        check("Concurrency" in functions.get_function(FunctionName=NAME), False, "unset")
        functions.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=0)
        check(functions.get_function(FunctionName=NAME)["Concurrency"], {"ReservedConcurrentExecutions": 0}, "zero")
        check(functions.get_function_concurrency(FunctionName=NAME)["ReservedConcurrentExecutions"], 0, "zero")
        with raises(errors.TooManyRequestsException, "Rate Exceeded.", 429):
            functions.invoke(FunctionName=NAME)
        with raises(errors.InvalidParameterValueException, "Specified ReservedConcurrentExecutions for function "
                    "decreases account's UnreservedConcurrentExecution below its minimum value of [100].", 400):
            functions.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=901)
        with raises(errors.InvalidParameterValueException, "This operation is permitted on Lambda functions only. "
                    "Aliases and versions do not support this operation. Please specify either a function name or an "
                    "unqualified function ARN.", 400):
            functions.put_function_concurrency(FunctionName=MINE + ":1", ReservedConcurrentExecutions=1)
        with raises(errors.ResourceNotFoundException, f"Function not found: {ARN}nobody:$LATEST", 404):
            functions.put_function_concurrency(FunctionName="nobody", ReservedConcurrentExecutions=1)
        functions.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=900)
        limits = functions.get_account_settings()["AccountLimit"]
        check((limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]), (1000, 100), "the account")
        functions.delete_function_concurrency(FunctionName=NAME)
        check(functions.invoke(FunctionName=NAME)["StatusCode"], 200, "after the deletion")
        p.stop()


def throttled_calls_are_retried(program):
    """429 is tried again as often as the client is told to, with the reason in the answer"""
    platform, functions = with_function(program)
    with platform as p:
        functions.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=0)
        for attempts in (1, 3):
            try:
                client(p, attempts).invoke(FunctionName=NAME)
            except functions.exceptions.ClientError as error:
                answer = error.response
            check(answer["ResponseMetadata"]["RetryAttempts"], attempts - 1, "retries")
            check((answer["Error"]["Code"], answer["Reason"]),
                  ("TooManyRequestsException", "ReservedFunctionConcurrentInvocationLimitExceeded"), "the reason")
            check(int(answer["ResponseMetadata"]["HTTPHeaders"]["retry-after"]) >= 0, True, "Retry-After")
        p.stop()


def provisioned_concurrency(program):
    """put, in progress, ready, listed, deleted; refused on $LATEST and twice"""
    platform, functions = with_function(program)
    with platform as p:
        errors = functions.exceptions
        functions.publish_version(FunctionName=NAME)
        functions.create_alias(FunctionName=NAME, Name="live", FunctionVersion="1")
        with raises(errors.ProvisionedConcurrencyConfigNotFoundException,
                    "No Provisioned Concurrency Config found for this function", 404):
            functions.get_provisioned_concurrency_config(FunctionName=NAME, Qualifier="1")
        with raises(errors.InvalidParameterValueException,
                    "Provisioned Concurrency Configs cannot be applied to unpublished function versions.", 400):
            functions.put_provisioned_concurrency_config(FunctionName=NAME, Qualifier="$LATEST",
                                                         ProvisionedConcurrentExecutions=2)
        made = functions.put_provisioned_concurrency_config(FunctionName=NAME, Qualifier="1",
                                                            ProvisionedConcurrentExecutions=2)
        check((made["ResponseMetadata"]["HTTPStatusCode"], made["Status"],
               made["RequestedProvisionedConcurrentExecutions"]), (202, "IN_PROGRESS", 2), "put")
        p.advance("5m")
        found = functions.get_provisioned_concurrency_config(FunctionName=NAME, Qualifier="1")
        check((found["Status"], found["AvailableProvisionedConcurrentExecutions"]), ("READY", 2), "ready")
        with raises(errors.ResourceConflictException,
                    "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
                    409):
            functions.put_provisioned_concurrency_config(FunctionName=NAME, Qualifier="live",
                                                         ProvisionedConcurrentExecutions=1)
        listed = functions.list_provisioned_concurrency_configs(FunctionName=NAME)["ProvisionedConcurrencyConfigs"]
        check([each["FunctionArn"] for each in listed], [f"{MINE}:1"], "list")
        functions.delete_provisioned_concurrency_config(FunctionName=NAME, Qualifier="1")
        check(functions.list_provisioned_concurrency_configs(FunctionName=NAME)["ProvisionedConcurrencyConfigs"], [],
              "list after the deletion")
        p.stop()


def permissions(program):
    """statements that are added, read and removed, and the revision they are about"""
    platform, functions = with_function(program)
    with platform as p:
        errors = functions.exceptions
        with raises(errors.ResourceNotFoundException, status=404):
            functions.get_policy(FunctionName=NAME)
        before = functions.get_function_configuration(FunctionName=NAME)["RevisionId"]
        added = functions.add_permission(FunctionName=NAME, StatementId="s", Action="lambda:InvokeFunction",
                                         Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::bucket")
        statement = json.loads(added["Statement"])
        check((statement["Sid"], statement["Effect"], statement["Action"], statement["Resource"],
               statement["Principal"]), ("s", "Allow", "lambda:InvokeFunction", MINE, {"Service": "s3.amazonaws.com"}),
              "the statement")
        check(functions.get_function_configuration(FunctionName=NAME)["RevisionId"] != before, True, "RevisionId")
        with raises(errors.ResourceConflictException, status=409):
            functions.add_permission(FunctionName=NAME, StatementId="s", Action="lambda:InvokeFunction",
                                     Principal="sns.amazonaws.com")
        policy = functions.get_policy(FunctionName=NAME)
        check([each["Sid"] for each in json.loads(policy["Policy"])["Statement"]], ["s"], "the policy")
        with raises(errors.PreconditionFailedException, status=412):
            functions.remove_permission(FunctionName=NAME, StatementId="s", RevisionId=before)
        functions.remove_permission(FunctionName=NAME, StatementId="s", RevisionId=policy["RevisionId"])
        with raises(errors.ResourceNotFoundException, status=404):
            functions.get_policy(FunctionName=NAME)
        p.stop()


def event_invoke_configs(program):
    """how events are retried: put, changed in part, listed, deleted"""
    platform, functions = with_function(program)
    with platform as p:
        errors = functions.exceptions
        with raises(errors.ResourceNotFoundException,
                    f"The function {MINE}:$LATEST doesn't have an EventInvokeConfig", 404):
            functions.get_function_event_invoke_config(FunctionName=NAME)
        made = functions.put_function_event_invoke_config(FunctionName=NAME, MaximumRetryAttempts=1,
                                                          MaximumEventAgeInSeconds=60)
        check((made["FunctionArn"], made["MaximumRetryAttempts"], made["MaximumEventAgeInSeconds"]),
              (f"{MINE}:$LATEST", 1, 60), "put")
        changed = functions.update_function_event_invoke_config(FunctionName=NAME, MaximumRetryAttempts=0)
        check((changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]), (0, 60), "changed in part")
        listed = functions.list_function_event_invoke_configs(FunctionName=NAME)["FunctionEventInvokeConfigs"]
        check([each["FunctionArn"] for each in listed], [f"{MINE}:$LATEST"], "list")
        functions.delete_function_event_invoke_config(FunctionName=NAME)
        check(functions.list_function_event_invoke_configs(FunctionName=NAME)["FunctionEventInvokeConfigs"], [],
              "list after the deletion")
        p.stop()


def packages(program):
    """GetFunction says where the package is, and it is the one that was sent"""
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        functions = client(p)
        made = create(functions, "f", "def handler(e, c): return 1")
        where = functions.get_function(FunctionName="f")["Code"]["Location"]
        with urllib.request.urlopen(where, timeout=30) as answer:
            package = answer.read()
        check(package, zip_bytes("def handler(e, c): return 1"), "the package")
        check(base64.b64encode(hashlib.sha256(package).digest()).decode(), made["CodeSha256"], "its digest")
        p.stop()


PARTS = [versions, aliases, tags, published_with_the_code, reserved_concurrency, throttled_calls_are_retried,
         provisioned_concurrency, permissions, event_invoke_configs, packages]


if __name__ == "__main__":
    run_parts(PARTS)
