"""The Lambda runtime for Python: asks for invocations and hands them to the function's handler."""

import http.client
import importlib
import io
import json
import logging
import os
import sys
import time
import traceback

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
PREFIX = "/2018-06-01/runtime/"
REPORT_BYTES_MAX = 256 * 1024


class Unbuffered(io.BufferedWriter):
    """Hands on at once what is written: the process can end at any time."""

    def write(self, data):
        length = super().write(data)
        self.flush()
        return length


def unbuffered(descriptor, errors):
    raw = io.FileIO(descriptor, "w", closefd=False)
    return io.TextIOWrapper(Unbuffered(raw), "utf-8", errors, write_through=True)


def write_log(text):
    """Also when the function has closed or replaced sys.stdout."""
    data = text.encode("utf-8", "replace")
    try:
        while data:
            data = data[os.write(1, data):]
    except OSError:
        pass  # It has closed the descriptor, too.


class LogHandler(logging.Handler):
    """Writes what a function logs, with the invocation that it belongs to."""

    def __init__(self):
        super().__init__()
        self.request_id = ""
        form = logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
                                 "%Y-%m-%dT%H:%M:%S")
        form.converter = time.gmtime
        self.setFormatter(form)

    def emit(self, record):
        try:
            record.aws_request_id = self.request_id
            write_log(self.format(record) + "\n")
        except Exception:  # pylint: disable=broad-except
            self.handleError(record)


LOG_HANDLER = LogHandler()


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
    try:
        return json.dumps(value, ensure_ascii=False, default=refuse).encode("utf-8")
    except UnicodeEncodeError:  # Half of a character can only be written as a number.
        return json.dumps(value, default=refuse).encode("ascii")


def refuse(value):
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def text_of(error):
    try:
        return str(error)
    except Exception:  # pylint: disable=broad-except
        return "<exception str() failed>"


def describe(error, kind=None, request_id=None, skip=0):
    what = {"errorMessage": text_of(error), "errorType": kind or type(error).__name__,
            "requestId": request_id or "",
            "stackTrace": traceback.format_tb(error.__traceback__)[skip:]}
    if len(encode(what)) > REPORT_BYTES_MAX:  # A character takes up to twelve bytes.
        what.update(errorMessage=what["errorMessage"][:12 * 1024], errorType=what["errorType"][:256],
                    stackTrace=[each[:256] for each in what["stackTrace"][-32:]])
    write_log(f"[ERROR] {what['errorType']}: {what['errorMessage']}\n"
              + "Traceback (most recent call last):\n" + "".join(what["stackTrace"]))
    return what


def header_text(text):
    """What may stand in a header field."""
    return "".join(each if " " <= each <= "~" else "?" for each in text[:256])


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
    request_id = LOG_HANDLER.request_id = headers["Lambda-Runtime-Aws-Request-Id"]
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
    flush()
    service.post(f"invocation/{request_id}/{path}", body)


def flush():
    """What a function prints belongs to the invocation in which it prints it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # pylint: disable=broad-except
            pass  # It is the function's own, or closed.


def main():
    sys.stdout = unbuffered(1, "replace")
    sys.stderr = unbuffered(2, "backslashreplace")
    logging.getLogger().addHandler(LOG_HANDLER)
    service = Service()
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except BaseException as error:  # pylint: disable=broad-except
        if isinstance(error, SystemExit):
            raise
        kind = error.kind if isinstance(error, NoHandler) else None
        what = describe(error, kind)
        service.post("init/error", encode(what),
                     {"Lambda-Runtime-Function-Error-Type": header_text(what["errorType"])})
        sys.exit(1)
    while True:
        run_one(service, handler)


main()
