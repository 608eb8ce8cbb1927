#!/usr/bin/env python3
"""What hangs on a function, with the real AWS CLI: permissions, concurrency, how events are tried.

usage: e2e_settings.py PROGRAM [PART...]
"""

import json
import tempfile

from harness import ARN, Platform, check, run_parts


def error(name, operation, message):
    return f"An error occurred ({name}) when calling the {operation} operation: {message}"


def active(p, name):
    p.create(name)
    p.advance("1s")


def publish(p, name):
    p.aws("update-function-configuration", "--function-name", name, "--description", "one more")
    p.advance("1s")
    return p.aws("publish-version", "--function-name", name)["Version"]


def allow(p, name, statement, *more):
    words = ("add-permission", "--function-name", name, "--statement-id", statement, "--action",
             "lambda:InvokeFunction", "--principal", "s3.amazonaws.com", *more)
    return json.loads(p.aws(*words)["Statement"])


def permissions(program):
    """statements are added, shown and removed"""
    with Platform(program, "--virtual-clock") as p:
        active(p, "f")
        check(allow(p, "f", "s3", "--source-arn", "arn:aws:s3:::bucket", "--source-account", "000000000000"),
              {"Sid": "s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
               "Action": "lambda:InvokeFunction", "Resource": ARN + "f",
               "Condition": {"StringEquals": {"AWS:SourceAccount": "000000000000"},
                             "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}}}, "the statement")
        version = publish(p, "f")
        p.aws("create-alias", "--function-name", "f", "--name", "live", "--function-version", version)
        check(allow(p, "f", "s3", "--qualifier", "live")["Resource"], ARN + "f:live", "of the alias")
        shown = p.aws("get-policy", "--function-name", "f")
        check([each["Sid"] for each in json.loads(shown["Policy"])["Statement"]], ["s3"], "the policy")
        p.aws("remove-permission", "--function-name", "f", "--statement-id", "s3", "--revision-id",
              shown["RevisionId"])
        check(p.aws_fails("get-policy", "--function-name", "f"),
              error("ResourceNotFoundException", "GetPolicy", "The resource you requested does not exist."),
              "without statements")
        check(p.aws("get-policy", "--function-name", "f:live")["RevisionId"],
              p.aws("get-alias", "--function-name", "f", "--name", "live")["RevisionId"], "the alias's revision")
        p.stop()


def concurrency(program):
    """what is reserved and provisioned is there after a restart"""
    provision = ("--function-name", "f", "--qualifier", "1")
    with tempfile.TemporaryDirectory() as data:
        with Platform(program, "--virtual-clock", world={"provision_time": "60s"}, data=data) as p:
            active(p, "f")
            p.advance("60s")
            check(publish(p, "f"), "1", "the version")
            check(p.aws("put-function-concurrency", "--function-name", "f",
                        "--reserved-concurrent-executions", "20"),
                  {"ReservedConcurrentExecutions": 20}, "the reservation")
            put = p.aws("put-provisioned-concurrency-config", *provision,
                        "--provisioned-concurrent-executions", "5")
            check((put["Status"], put["AllocatedProvisionedConcurrentExecutions"]), ("IN_PROGRESS", 0), "at once")
            p.stop()
        with Platform(program, "--virtual-clock", world={"provision_time": "60s"}, data=data) as p:
            p.advance("60s")
            shown = p.aws("get-provisioned-concurrency-config", *provision)
            check((shown["Status"], shown["AvailableProvisionedConcurrentExecutions"]), ("READY", 5), "later")
            check(len(p.aws("list-provisioned-concurrency-configs", "--function-name", "f")
                      ["ProvisionedConcurrencyConfigs"]), 1, "the list")
            account = p.aws("get-account-settings")
            check(account["AccountLimit"]["UnreservedConcurrentExecutions"], 980, "what is left")
            check(account["AccountUsage"]["FunctionCount"], 1, "the functions")
            check(p.aws_fails("put-function-concurrency", "--function-name", "f",
                              "--reserved-concurrent-executions", "1000"),
                  error("InvalidParameterValueException", "PutFunctionConcurrency", "Specified "
                        "ReservedConcurrentExecutions for function decreases account's "
                        "UnreservedConcurrentExecution below its minimum value of [100]."), "too much")
            p.aws("delete-provisioned-concurrency-config", *provision)
            p.aws("delete-function-concurrency", "--function-name", "f")
            check(p.aws("get-function-concurrency", "--function-name", "f"), None, "nothing is reserved")
            p.stop()


def event_invoke_configs(program):
    """how events are tried is put, updated, listed and deleted"""
    with Platform(program, "--virtual-clock") as p:
        active(p, "f")
        p.aws("put-function-event-invoke-config", "--function-name", "f", "--maximum-retry-attempts", "0",
              "--destination-config", '{"OnFailure":{"Destination":"arn:aws:sqs:us-east-1:000000000000:q"}}')
        updated = p.aws("update-function-event-invoke-config", "--function-name", "f",
                        "--maximum-event-age-in-seconds", "60")
        check((updated["MaximumRetryAttempts"], updated["MaximumEventAgeInSeconds"]), (0, 60), "updated")
        check(updated["DestinationConfig"],
              {"OnSuccess": {}, "OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:q"}},
              "destinations")
        listed = p.aws("list-function-event-invoke-configs", "--function-name", "f")
        check([each["FunctionArn"] for each in listed["FunctionEventInvokeConfigs"]], [ARN + "f:$LATEST"],
              "the list")
        p.aws("delete-function-event-invoke-config", "--function-name", "f")
        check(p.aws_fails("get-function-event-invoke-config", "--function-name", "f"),
              error("ResourceNotFoundException", "GetFunctionEventInvokeConfig", f"The function {ARN}f:$LATEST "
                    "doesn't have an EventInvokeConfig"), "deleted")
        check(p.aws("list-event-source-mappings")["EventSourceMappings"], [], "no event sources")
        p.aws("get-function-code-signing-config", "--function-name", "f")
        p.stop()


PARTS = [permissions, concurrency, event_invoke_configs]


if __name__ == "__main__":
    run_parts(PARTS)
