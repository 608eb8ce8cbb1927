"""A boto3 client for a running fsm-platform, and what the tests do with it over and over."""

import contextlib

import boto3
import botocore.config
import botocore.exceptions
from harness import ROLE, check, zip_bytes


def client(platform, attempts=1, key="x", secret="x", **more):
    """A client that tries each call `attempts` times in all; `more` goes into its configuration."""
    config = botocore.config.Config(retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=30,
                                    connect_timeout=10, proxies={}, **more)
    return boto3.client("lambda", endpoint_url=platform.url, region_name="us-east-1", config=config,
                        aws_access_key_id=key, aws_secret_access_key=secret)


def create(functions, name, text="def handler(e, c): return e", **more):
    return functions.create_function(FunctionName=name, Role=ROLE, Runtime="python3.12", Handler="index.handler",
                                     Code={"ZipFile": zip_bytes(text)}, **more)


def situation(found):
    """State, its reason code, LastUpdateStatus and its reason code."""
    return (found.get("State"), found.get("StateReasonCode"), found.get("LastUpdateStatus"),
            found.get("LastUpdateStatusReasonCode"))


def wait(functions, waiter, name, delay=1, attempts=30, **more):
    functions.get_waiter(waiter).wait(FunctionName=name, WaiterConfig={"Delay": delay, "MaxAttempts": attempts},
                                      **more)


@contextlib.contextmanager
def raises(error, message=None, status=None):
    """The block has to raise that error of the client, with that text and status."""
    try:
        yield
    except error as found:
        answer = found.response
        if message is not None:
            check(answer["Error"]["Message"], message, error.__name__)
        if status is not None:
            check(answer["ResponseMetadata"]["HTTPStatusCode"], status, error.__name__)
    else:
        raise AssertionError(f"{error.__name__} was not raised")


@contextlib.contextmanager
def waiter_fails(reason):
    """The block has to end with a WaiterError whose text has `reason` in it."""
    try:
        yield
    except botocore.exceptions.WaiterError as found:
        if reason not in str(found):
            raise AssertionError(f"the waiter failed, but not for '{reason}': {found}") from found
    else:
        raise AssertionError(f"the waiter did not fail for '{reason}'")
