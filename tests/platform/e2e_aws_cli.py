#!/usr/bin/env python3
"""Drives fsm-platform with the real AWS CLI through the whole life of a function.

usage: e2e_aws_cli.py PROGRAM [PART...]
"""

from harness import ARN, ROLE_WITHOUT_ENIS, Platform, check, run_parts

CANNOT = "The operation cannot be performed at this time. "
CREATING = "The function is being created."

WORLD = {
    "provision_time": "60s",
    "update_time": "30s",
    "restore_time": "60s",
    "vpc": {
        "subnets": [{"id": "subnet-0a1b2c3d", "vpc": "vpc-11111111", "addresses": 1},
                    {"id": "subnet-00000002", "vpc": "vpc-11111111", "addresses": 8},
                    {"id": "subnet-00000003", "vpc": "vpc-11111111", "addresses": 0}],
        "security_groups": ["sg-0a1b2c3d"],
        "eni_quota": 6,
    },
    "roles_without_eni_permission": [ROLE_WITHOUT_ENIS],
}
FULL = ("--vpc-config", "SubnetIds=subnet-00000003,SecurityGroupIds=sg-0a1b2c3d")
VPC = ("--vpc-config", "SubnetIds=subnet-0a1b2c3d,SecurityGroupIds=sg-0a1b2c3d")


def error(name, operation, message):
    return f"An error occurred ({name}) when calling the {operation} operation: {message}"


def whole_life_in_real_time(program):
    """create, wait, invoke, update, wait, idle, Inactive, invoke fails, Pending, Active, delete"""
    world = {"provision_time": "1s", "update_time": "1s", "restore_time": "6s"}
    with Platform(program, "--idle-after", "2s", world=world) as p:
        created = p.create("resize", "--description", "first")
        check(created["State"], "Pending", "State after create")
        check(created["StateReasonCode"], "Creating", "StateReasonCode after create")
        check("LastUpdateStatus" in created, False, "LastUpdateStatus after create")
        check(created["FunctionArn"], ARN + "resize", "FunctionArn")
        with p.kept_warm("resize"):
            p.aws("wait", "function-active-v2", "--function-name", "resize")
            meta, payload = p.invoke("resize", '{"width":640}')
            check(payload, '{"width":640}', "what the echo gives back")
            check((meta["StatusCode"], meta["ExecutedVersion"]), (200, "$LATEST"), "invoke")
            updated = p.aws("update-function-configuration", "--function-name", "resize", "--timeout", "10")
            check(updated["LastUpdateStatus"], "InProgress", "LastUpdateStatus after update")
            check(updated["Timeout"], 10, "Timeout after update")
            p.aws("wait", "function-updated-v2", "--function-name", "resize")
        p.wait("resize", "inactive")
        check(p.situation("resize"), ("Inactive", "Idle", "Successful", None), "when idle")
        message = p.invoke_fails("resize")
        check(message, error("CodeArtifactUserPendingException", "Invoke", "Lambda is initializing "
              "your function. It will be ready to invoke shortly."), "invoke of an Inactive function")
        check(p.situation("resize"), ("Pending", "Restoring", "Successful", None), "during the restore")
        check(p.wait("resize", "active")["state"], "Active", "after the restore")
        with p.kept_warm("resize"):
            p.aws("wait", "function-active-v2", "--function-name", "resize")
        p.aws("delete-function", "--function-name", "resize")
        check(p.aws_fails("get-function", "--function-name", "resize"),
              error("ResourceNotFoundException", "GetFunction", "Function not found: " + ARN + "resize"),
              "after delete")
        p.stop()


def whole_life_in_virtual_time(program):
    """the same in three weeks that take no time, with every state and revision looked at"""
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        created = p.create("resize")
        check(created["StateReason"], CREATING, "StateReason after create")
        check(p.situation("resize"), ("Pending", "Creating", None, None), "before the clock moves")
        check(p.aws_fails("create-function", "--function-name", "resize", "--role", ROLE_WITHOUT_ENIS,
                          "--runtime", "python3.12", "--handler", "i.h", "--zip-file", p.zip_file("")),
              error("ResourceConflictException", "CreateFunction", "Function already exist: resize"),
              "a second create")
        pending_refuses(p)
        p.advance("61s")
        p.aws("wait", "function-active-v2", "--function-name", "resize")
        check(p.situation("resize"), ("Active", None, "Successful", None), "when provisioned")
        updates(p, created["RevisionId"])
        p.advance("13d")
        p.invoke("resize")
        p.advance("13d")
        check(p.situation("resize")[0], "Active", "13 days after the last invocation")
        p.advance("1d")
        check(p.situation("resize"), ("Inactive", "Idle", "Successful", None), "after 14 days")
        p.invoke_fails("resize")
        check(p.situation("resize"), ("Pending", "Restoring", "Successful", None), "during the restore")
        check("CodeArtifactUserPendingException" in p.invoke_fails("resize"), True, "one more invoke")
        p.advance("61s")
        check(p.invoke("resize")[1], '{"n":1}', "invoke after the restore")
        events = [each["event"] for each in p.fsm("GET", "functions/resize/history")["transitions"]]
        check(events, ["create", "provision_succeeded", "update", "update_succeeded", "idle_due", "invoke",
                       "restore_succeeded"], "the history")
        p.aws("delete-function", "--function-name", "resize")
        check(p.create("resize")["State"], "Pending", "created again")
        p.stop()


def pending_refuses(p):
    """what a Pending function refuses, and that it is as it was"""
    check(p.invoke_fails("resize"),
          error("ResourceConflictException", "Invoke", CANNOT + "The function is currently in the "
                "following state: Pending"), "invoke in Pending")
    state = (f"{CANNOT}The resource {ARN}resize is currently in the following state: 'Pending'. "
             "StateReasonCode: 'Creating'")
    check(p.aws_fails("update-function-configuration", "--function-name", "resize", "--timeout", "5"),
          error("ResourceConflictException", "UpdateFunctionConfiguration", state), "update in Pending")
    check(p.aws_fails("update-function-code", "--function-name", "resize", "--zip-file", p.zip_file("x")),
          error("ResourceConflictException", "UpdateFunctionCode", state), "code update in Pending")
    check(p.configuration("resize")["Timeout"], 3, "Timeout after a refused update")


def updates(p, first_revision):
    """an update, what is refused during it, and revisions"""
    check("PreconditionFailedException" in
          p.aws_fails("update-function-configuration", "--function-name", "resize", "--timeout", "9",
                      "--revision-id", first_revision), True, "update with the revision of the create")
    before = p.configuration("resize")
    code = p.aws("update-function-code", "--function-name", "resize", "--zip-file", p.zip_file("new"),
                 "--revision-id", before["RevisionId"])
    check((code["State"], code["LastUpdateStatus"], code["LastUpdateStatusReason"],
           code["LastUpdateStatusReasonCode"]), ("Active", "InProgress", CREATING, "Creating"), "update")
    check(code["CodeSha256"] != before["CodeSha256"], True, "the new CodeSha256 shows at once")
    busy = f"{CANNOT}An update is in progress for resource: {ARN}resize"
    check(p.aws_fails("update-function-configuration", "--function-name", "resize", "--timeout", "5"),
          error("ResourceConflictException", "UpdateFunctionConfiguration", busy), "update during update")
    check(p.invoke("resize")[1], '{"n":1}', "invoke during an update")
    p.advance("31s")
    p.aws("wait", "function-updated-v2", "--function-name", "resize")
    after = p.configuration("resize")
    check(after["CodeSha256"], code["CodeSha256"], "CodeSha256 after the update")
    check(len({before["RevisionId"], code["RevisionId"], after["RevisionId"]}), 3, "revisions")


def failures(program):
    """failed create, update in a full subnet, failed update, update of an Inactive function, failed restore"""
    with Platform(program, "--virtual-clock", world=WORLD) as p:
        p.create("holder", *VPC)
        p.advance("61s")
        check(p.situation("holder"), ("Active", None, "Successful", None), "the one that has the address")
        p.create("late", *VPC)
        p.advance("61s")
        check(p.situation("late"), ("Failed", "SubnetOutOfIPAddresses", None, None), "no address left")
        check("SubnetIPAddressLimitReachedException" in p.invoke_fails("late"), True, "invoke of Failed")
        check(p.aws_fails("update-function-configuration", "--function-name", "late", "--timeout", "5"),
              error("ResourceConflictException", "UpdateFunctionConfiguration",
                    f"{CANNOT}The resource {ARN}late is currently in the following state: 'Failed'. "
                    "StateReasonCode: 'SubnetOutOfIPAddresses'"), "update of Failed")
        p.aws("delete-function", "--function-name", "late")
        update_in_a_full_subnet(p)
        failed_update(p)
        inactive_update_and_failed_restore(p)
        unknown_resources(p)
        delete_during_update(p)
        p.stop()


def addresses_in_use(p):
    return [each["in_use"] for each in p.fsm("GET", "world")["vpc"]["subnets"]]


def update_in_a_full_subnet(p):
    p.aws("update-function-code", "--function-name", "holder", "--zip-file", p.zip_file("new"))
    check(addresses_in_use(p), [1, 0, 0], "addresses in use during an update")
    p.advance("31s")
    check(p.situation("holder"), ("Active", None, "Successful", None), "an update of the code alone")
    check(addresses_in_use(p), [1, 0, 0], "addresses in use after an update")


def failed_update(p):
    p.aws("update-function-configuration", "--function-name", "holder", "--timeout", "20", *FULL)
    p.advance("31s")
    check(p.situation("holder"), ("Active", None, "Failed", "SubnetOutOfIPAddresses"), "failed update")
    check(p.configuration("holder")["Timeout"], 3, "Timeout after a failed update")
    check(p.invoke("holder")[1], '{"n":1}', "invoke after a failed update")
    check(p.configuration("holder")["VpcConfig"]["SubnetIds"], ["subnet-0a1b2c3d"], "its subnets")
    check(addresses_in_use(p), [1, 0, 0], "addresses in use after a failed update")


def inactive_update_and_failed_restore(p):
    p.advance("15d")
    check(p.situation("holder"), ("Inactive", "Idle", "Failed", "SubnetOutOfIPAddresses"), "idle")
    check(p.fsm("GET", "world")["enis_in_use"], 0, "interfaces in use when Inactive")
    updated = p.aws("update-function-configuration", "--function-name", "holder", "--timeout", "30")
    check((updated["State"], updated["LastUpdateStatus"]), ("Inactive", "InProgress"), "update of Inactive")
    p.advance("31s")
    check(p.situation("holder"), ("Active", None, "Successful", None), "after the update")
    p.advance("15d")
    p.fsm("POST", "world", {"vpc": {"subnets": [{"id": "subnet-0a1b2c3d", "addresses": 0}]}})
    p.invoke_fails("holder")
    p.advance("61s")
    check(p.situation("holder"), ("Inactive", "SubnetOutOfIPAddresses", "Successful", None),
          "failed restore")
    check("SubnetIPAddressLimitReachedException" in p.invoke_fails("holder"), True,
          "invoke within five minutes of a failed restore")
    check(p.situation("holder")[0], "Inactive", "no new restore yet")
    p.advance("5m")
    p.fsm("POST", "world", {"vpc": {"subnets": WORLD["vpc"]["subnets"]}})
    check("CodeArtifactUserPendingException" in p.invoke_fails("holder"), True, "invoke after the pause")
    p.advance("61s")
    check(p.situation("holder")[0], "Active", "restored at last")


def delete_during_update(p):
    p.aws("update-function-code", "--function-name", "holder", "--zip-file", p.zip_file("newer"))
    p.advance("10s")
    p.aws("delete-function", "--function-name", "holder")
    p.advance("61s")  # What is asked of the cloud for one function comes one after the other.
    check(addresses_in_use(p), [0, 0, 0], "addresses in use after a delete")
    check(p.fsm("GET", "world")["enis_in_use"], 0, "interfaces in use after a delete")


def unknown_resources(p):
    check(p.aws_fails("update-function-configuration", "--function-name", "holder", "--vpc-config",
                      "SubnetIds=subnet-ffffffff,SecurityGroupIds=sg-0a1b2c3d"),
          error("InvalidParameterValueException", "UpdateFunctionConfiguration",
                "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 "
                "Error Message: The subnet ID 'subnet-ffffffff' does not exist"), "unknown subnet")
    check(p.aws_fails("update-function-configuration", "--function-name", "holder", "--vpc-config",
                      "SubnetIds=subnet-0a1b2c3d,SecurityGroupIds=sg-ffffffff"),
          error("InvalidParameterValueException", "UpdateFunctionConfiguration",
                "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 "
                "Error Message: The security group 'sg-ffffffff' does not exist"), "unknown group")


def lists_and_small_things(program):
    """paging, DryRun, Event, logs, names in all forms, seeds"""
    with Platform(program, "--virtual-clock", "--seed-functions", "120") as p:
        check(p.configuration("seed-0000119")["State"], "Active", "the last seed")
        listed = p.aws("list-functions")["Functions"]
        check([each["FunctionName"] for each in listed], [f"seed-{i:07}" for i in range(120)], "the list")
        check([key for key in listed[0] if key.startswith(("State", "LastUpdate"))], [], "state in lists")
        page = p.aws("list-functions", "--max-items", "7")
        check((len(page["Functions"]), "NextToken" in page), (7, True), "a page of the CLI")
        check(p.aws_fails("list-functions", "--page-size", "10001"),
              error("ValidationException", "ListFunctions", "1 validation error detected: Value '10001' at "
                    "'maxItems' failed to satisfy constraint: Member must have value less than or equal to "
                    "10000"), "MaxItems")
        check(p.invoke("seed-0000000", "{}", "--invocation-type", "Event")[0]["StatusCode"], 202, "Event")
        check(p.invoke("seed-0000000", "{}", "--invocation-type", "DryRun")[0]["StatusCode"], 204, "DryRun")
        check("LogResult" in p.invoke("seed-0000000", "{}", "--log-type", "Tail")[0], True, "the log's tail")
        arn = ARN + "seed-0000007"
        for name in (arn, arn + ":$LATEST", "seed-0000007:$LATEST", "000000000000:function:seed-0000007"):
            check(p.configuration(name)["FunctionName"], "seed-0000007", name)
        check(p.configuration(arn + ":$LATEST")["FunctionArn"], arn + ":$LATEST", "a qualified ARN")
        check(p.invoke_fails("nobody"), error("ResourceNotFoundException", "Invoke",
              f"Function not found: {ARN}nobody:$LATEST"), "invoke of nobody")
        p.stop()


def waiters(program):
    """the six waiters: on what gets there, on what has failed, on nobody"""
    world = {"provision_time": "3s", "update_time": "3s", "vpc": WORLD["vpc"]}
    with Platform(program, world=world) as p:
        for waiter in ("function-active", "function-active-v2", "published-version-active"):
            p.create(waiter)
            p.aws("wait", "function-exists", "--function-name", waiter)
            more = ("--qualifier", "$LATEST") if waiter == "published-version-active" else ()
            p.aws("wait", waiter, "--function-name", waiter, *more)
            check(p.configuration(waiter)["State"], "Active", waiter)
        for waiter in ("function-updated", "function-updated-v2"):
            p.aws("update-function-configuration", "--function-name", "function-active", "--description", waiter)
            p.aws("wait", waiter, "--function-name", "function-active")
            check(p.situation("function-active")[2], "Successful", waiter)
        p.create("broken", *FULL)
        check(p.aws_fails("wait", "function-active-v2", "--function-name", "broken"),
              "Waiter FunctionActiveV2 failed: Waiter encountered a terminal failure state: For expression "
              '"Configuration.State" we matched expected path: "Failed"', "a waiter on a Failed function")
        check("Function not found: " + ARN + "nobody" in
              p.aws_fails("wait", "function-updated-v2", "--function-name", "nobody"), True, "a waiter on nobody")
        p.stop()


def versions_aliases_and_tags(program):
    """published, pointed at, tagged"""
    with Platform(program, "--virtual-clock", "--seed-functions", "1") as p:
        name = ("--function-name", "seed-0000000")
        arn = ARN + "seed-0000000"
        check(p.aws("publish-version", *name, "--description", "one")["FunctionArn"], arn + ":1", "publish")
        p.aws("update-function-configuration", *name, "--timeout", "9")
        p.advance("31s")
        check(p.aws("publish-version", *name)["Version"], "2", "publish once more")
        check([each["Version"] for each in p.aws("list-versions-by-function", *name)["Versions"]],
              ["$LATEST", "1", "2"], "the versions")
        p.aws("wait", "published-version-active", *name, "--qualifier", "2")
        made = p.aws("create-alias", *name, "--name", "live", "--function-version", "1", "--routing-config",
                     "AdditionalVersionWeights={2=0.25}")
        check((made["AliasArn"], made["RoutingConfig"]), (arn + ":live", {"AdditionalVersionWeights": {"2": 0.25}}),
              "an alias")
        check(p.aws("get-alias", *name, "--name", "live"), made, "get-alias")
        check(p.aws("update-alias", *name, "--name", "live", "--routing-config", "{}").get("RoutingConfig"), None,
              "update-alias")
        check([each["Name"] for each in p.aws("list-aliases", *name)["Aliases"]], ["live"], "list-aliases")
        check(p.aws("get-function-configuration", *name, "--qualifier", "live")["Timeout"], 3, "by alias")
        check(p.aws_fails("delete-function", *name, "--qualifier", "1"),
              error("ResourceConflictException", "DeleteFunction",
                    "Unable to delete version because the following aliases reference it: [live]"), "delete 1")
        p.aws("delete-alias", *name, "--name", "live")
        p.aws("delete-function", *name, "--qualifier", "1")
        p.aws("tag-resource", "--resource", arn, "--tags", "team=x,stage=test")
        p.aws("untag-resource", "--resource", arn, "--tag-keys", "stage")
        check(p.aws("list-tags", "--resource", arn), {"Tags": {"team": "x"}}, "tags")
        check(p.aws("get-function", *name)["Tags"], {"team": "x"}, "tags of get-function")
        p.stop()


PARTS = [whole_life_in_real_time, whole_life_in_virtual_time, failures, lists_and_small_things, waiters,
         versions_aliases_and_tags]


if __name__ == "__main__":
    run_parts(PARTS)
