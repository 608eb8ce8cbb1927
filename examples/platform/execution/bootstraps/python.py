"""The Lambda runtime for Python: asks for invocations and hands them to the function's handler."""

import http.client
import importlib
import io
import json
import os
import sys
import time
import traceback

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
PREFIX = "/2018-06-01/runtime/"


class Context:
    """What a handler is told of its invocation."""

    def __init__(self, headers):
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.identity = None
        client = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = ClientContext(json.loads(client)) if client else None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, text):
        sys.stdout.write(str(text))


class ClientContext:
    def __init__(self, what):
        self.custom = what.get("custom")
        self.env = what.get("env")
        self.client = what.get("client")


class Service:
    """The platform's side."""

    def __init__(self):
        self.connection = http.client.HTTPConnection(API)

    def next(self):
        self.connection.request("GET", PREFIX + "invocation/next")
        answer = self.connection.getresponse()
        return answer.headers, answer.read()

    def post(self, path, body, headers=None):
        self.connection.request("POST", PREFIX + path, body, headers or {})
        self.connection.getresponse().read()


def encode(value):
    return json.dumps(value, ensure_ascii=False, default=refuse).encode("utf-8", "surrogatepass")


def refuse(value):
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def describe(error, kind=None, request_id=None, skip=0):
    what = {"errorMessage": str(error), "errorType": kind or type(error).__name__,
            "requestId": request_id or "",
            "stackTrace": traceback.format_tb(error.__traceback__)[skip:]}
    sys.stdout.write(f"[ERROR] {what['errorType']}: {what['errorMessage']}\n"
                     + "Traceback (most recent call last):\n" + "".join(what["stackTrace"]))
    sys.stdout.flush()
    return what


class NoHandler(Exception):
    def __init__(self, kind, text):
        super().__init__(text)
        self.kind = kind


def load_handler(name):
    root = os.environ["LAMBDA_TASK_ROOT"]
    sys.path.insert(0, root)
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise NoHandler("Runtime.MalformedHandlerName",
                        f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise NoHandler("Runtime.ImportModuleError",
                        f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise NoHandler("Runtime.UserCodeSyntaxError",
                        f"Syntax error in module '{module_name}': {error}") from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        raise NoHandler("Runtime.HandlerNotFound",
                        f"Handler '{function_name}' missing on module '{module_name}'") from error


def run_one(service, handler):
    headers, body = service.next()
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
    try:
        answer = handler(json.loads(body), Context(headers))
    except Exception as error:  # pylint: disable=broad-except
        path, body = "error", encode(describe(error, None, request_id, skip=1))
    else:
        try:
            path, body = "response", encode(answer)
        except Exception as error:  # pylint: disable=broad-except
            kind = "Runtime.MarshalError"
            text = TypeError(f"Unable to marshal response: {error}")
            path, body = "error", encode(describe(text, kind, request_id))
    sys.stdout.flush()
    sys.stderr.flush()
    service.post(f"invocation/{request_id}/{path}", body)


def main():
    # What a function prints belongs to the invocation in which it prints it.
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, "utf-8", "replace", line_buffering=True)
    service = Service()
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except BaseException as error:  # pylint: disable=broad-except
        if isinstance(error, SystemExit):
            raise
        kind = getattr(error, "kind", None)
        what = encode(describe(error, kind))
        service.post("init/error", what,
                     {"Lambda-Runtime-Function-Error-Type": kind or type(error).__name__})
        sys.exit(1)
    while True:
        run_one(service, handler)


main()
