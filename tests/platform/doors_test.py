#!/usr/bin/env python3
"""Who may call fsm-platform: signatures, the admin token, and TLS. Signs with botocore.

usage: doors_test.py PROGRAM [PART...]
"""

import contextlib
import datetime
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest.mock
import urllib.parse

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions

from harness import ARN, ROLE, Platform, check, run_parts, zip_bytes

FUNCTIONS = "/2015-03-31/functions"
KEY, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "open-sesame"
DOORS = ["--access-key", KEY, "--secret-key", SECRET, "--admin-token", TOKEN, "--seed-functions", "2"]
SEED = FUNCTIONS + "/seed-0000000"

TEXTS = {
    "MissingAuthenticationTokenException": "Missing Authentication Token",
    "UnrecognizedClientException": "The security token included in the request is invalid.",
    "InvalidSignatureException": "The request signature we calculated does not match the signature you "
                                 "provided. Check your AWS Secret Access Key and signing method. Consult the "
                                 "service documentation for details.",
}


@contextlib.contextmanager
def clock_shifted(**span):
    """botocore signs with another time."""
    now = datetime.datetime.utcnow() + datetime.timedelta(**span)
    with unittest.mock.patch("botocore.auth.datetime") as clock:
        clock.datetime.utcnow.return_value = now
        yield now.strftime("%Y%m%dT%H%M%SZ")


def sign(p, method, path, body=b"", headers=None, key=KEY, secret=SECRET, region="us-east-1",
         service="lambda", token=None, signer=botocore.auth.SigV4Auth, **more):
    """The prepared request: its target and header fields."""
    request = botocore.awsrequest.AWSRequest(method, p.url + path, headers=headers or {}, data=body)
    credentials = botocore.credentials.Credentials(key, secret, token)
    signer(credentials, service, region, **more).add_auth(request)
    done = request.prepare()
    # What comes of botocore may be bytes.
    return done.url.removeprefix(p.url), {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in done.headers.items() if name.lower() != "content-length"}


def error(answer):
    """Status, name and text of an error."""
    body = json.loads(answer[2])
    return answer[0], answer[1]["X-Amzn-Errortype"], body.get("message", body.get("Message"))


def refused(answer, name, text=None):
    check(error(answer), (403, name, text or TEXTS[name]), "the error")


def client(p, **more):
    settings = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": "us-east-1", **more}
    return boto3.client("lambda", endpoint_url=p.url,
                        config=botocore.config.Config(retries={"max_attempts": 0}), **settings)


def sdk(program):
    """the SDK and the AWS CLI with the right key, a wrong one, and a wrong secret"""
    with Platform(program, *DOORS) as p:
        sdk_client = client(p)
        check(len(sdk_client.list_functions()["Functions"]), 2, "functions listed")
        made = sdk_client.create_function(FunctionName="a", Role=ROLE, Runtime="python3.12", Handler="i.h",
                                          Code={"ZipFile": zip_bytes("x")}, Description="blank  és +~")
        sdk_client.get_waiter("function_active_v2").wait(FunctionName="a")
        check(sdk_client.get_function(FunctionName=ARN + "a", Qualifier="$LATEST")["Configuration"][
            "CodeSha256"], made["CodeSha256"], "an ARN and a qualifier in the path and the query")
        payload = "ü" * 200_000
        answer = sdk_client.invoke(FunctionName="a", Payload=json.dumps(payload).encode(), LogType="Tail")
        check(json.load(answer["Payload"]), payload, "a payload that is hashed by the workers")
        for changed, name in (({"aws_access_key_id": "AKIDOTHER"}, "UnrecognizedClientException"),
                              ({"aws_session_token": "t"}, "UnrecognizedClientException"),
                              ({"aws_secret_access_key": "other"}, "InvalidSignatureException")):
            try:
                client(p, **changed).get_function(FunctionName="a")
                raise AssertionError(f"{changed} was let in")
            except botocore.exceptions.ClientError as problem:
                check((problem.response["Error"]["Code"], problem.response["Error"]["Message"]),
                      (name, TEXTS[name]), str(changed))
        p.access_key, p.secret_key = KEY, SECRET
        check(p.configuration("a")["State"], "Active", "the AWS CLI with the key")
        p.secret_key = "other"
        check("(InvalidSignatureException)" in p.aws_fails("list-functions"), True, "with a wrong secret")
        check(SECRET in p.read_log() or "other" in p.read_log(), False, "a secret in the log")
        p.stop()


def signatures(program):
    """what is missing, late, early, meant for another place, or was changed on the way"""
    with Platform(program, *DOORS, "--virtual-clock") as p:
        def send(*request, body=b"", change=None, **signing):
            path, fields = sign(p, *request, body=body, **signing)
            return p.request(request[0], path, body, {**fields, **(change or {})})

        check(send("GET", SEED)[0], 200, "a good signature")
        check(send("GET", FUNCTIONS + "/")[0], 200, "a path that ends in a slash")
        check(send("GET", FUNCTIONS + "?MaxItems=1&Marker=&z=%2B%20a")[0] in (200, 400), True, "a query")
        refused(p.request("GET", SEED), "MissingAuthenticationTokenException")
        refused(p.request("GET", "/2015-03-31/nowhere"), "MissingAuthenticationTokenException")
        check(send("GET", "/2015-03-31/nowhere")[0], 404, "no such operation, but signed")
        refused(p.request("POST", FUNCTIONS, b" " * 80_000_000), "MissingAuthenticationTokenException")

        with clock_shifted(minutes=-4):
            check(send("GET", SEED)[0], 200, "4 minutes late")
        with clock_shifted(minutes=4):
            check(send("GET", SEED)[0], 200, "4 minutes early")
        for minutes, wanted in ((-6, r"Signature expired: %s is now earlier than \S+ \(\S+ - 5 min\.\)"),
                                (6, r"Signature not yet current: %s is still later than \S+ \(\S+ \+ 5 min\.\)")):
            with clock_shifted(minutes=minutes) as at:
                status, name, text = error(send("GET", SEED))
            check((status, name), (403, "InvalidSignatureException"), f"{minutes} minutes")
            check(bool(re.fullmatch(wanted % at, text)), True, text)

        scope = "Credential should be scoped to "
        refused(send("GET", SEED, region="eu-west-1"), "InvalidSignatureException",
                scope + "a valid region, not 'eu-west-1'.")
        refused(send("GET", SEED, service="s3"), "InvalidSignatureException",
                scope + "correct service: 'lambda'.")
        refused(send("POST", SEED + "/invocations", body=b"1", change={"Host": "localhost"}),
                "InvalidSignatureException")
        refused(send("GET", SEED, change={"X-Amz-Extra": "1"}), "InvalidSignatureException",
                "'x-amz-extra' must be a 'SignedHeader' in the AWS Authorization.")
        path, fields = sign(p, "POST", SEED + "/invocations", b'{"pay":1}')
        refused(p.request("POST", path, b'{"pay":9}', fields), "InvalidSignatureException")
        refused(p.request("PUT", SEED + "/configuration", b'{"pay":1}', fields), "InvalidSignatureException")
        check(p.request("POST", path, b'{"pay":1}', fields)[0], 200, "the body that was signed")
        own = {"X-Amz-Content-SHA256": hashlib.sha256(b"[2]").hexdigest()}
        check(send("POST", SEED + "/invocations", body=b"[2]", headers=own)[0], 200, "a hash of its own")
        path, fields = sign(p, "POST", SEED + "/invocations", b"[2]", headers=own)
        refused(p.request("POST", path, b"[3]", fields), "InvalidSignatureException")
        unsigned = {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
        refused(send("POST", SEED + "/invocations", body=b"[2]", headers=unsigned), "InvalidSignatureException")

        for value, part in (("AWS4-HMAC-SHA256 Credential=x/y", "requires 'Signature' parameter."),
                            ("AWS4-HMAC-SHA256 nonsense", "missing equal-sign"),
                            ("AWS4-HMAC-SHA512 Credential=x", "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'."),
                            (fields["Authorization"].replace("/lambda/", "/"), "exactly 5 slash-delimited")):
            status, name, text = error(p.request("GET", SEED, headers={**fields, "Authorization": value}))
            check((status, name, part in text), (403, "IncompleteSignatureException", True), text)
        for value in (fields["Authorization"].replace("host;", ""),
                      fields["Authorization"][:-1], fields["Authorization"] + "0"):
            check(error(p.request("POST", SEED + "/invocations", b"[2]", {**fields, "Authorization": value}))[:2],
                  (403, "InvalidSignatureException"), value)
        refused(p.request("GET", SEED, headers={"Authorization": f"Bearer {TOKEN}"}),
                "MissingAuthenticationTokenException")
        p.stop()


def presigned(program):
    """signatures in the query, and their ends"""
    with Platform(program, *DOORS) as p:
        def path(expires=60, target=SEED + "?Qualifier=$LATEST", **more):
            return sign(p, "GET", target, signer=botocore.auth.SigV4QueryAuth, expires=expires, **more)[0]

        check(p.request("GET", path())[0], 200, "a presigned request")
        with clock_shifted(minutes=-10):
            old, good = path(60), path(3600)
        check(p.request("GET", good)[0], 200, "one that still holds")
        status, name, text = error(p.request("GET", old))
        check((status, name, text.startswith("Signature expired: ")), (403, "InvalidSignatureException", True), text)
        with clock_shifted(minutes=20):
            check(error(p.request("GET", path()))[1], "InvalidSignatureException", "one for later")
        refused(p.request("GET", path().replace("LATEST", "OLDEST")), "InvalidSignatureException")
        refused(p.request("DELETE", path()), "InvalidSignatureException")
        refused(p.request("GET", path(secret="other")), "InvalidSignatureException")
        refused(p.request("GET", path().replace("0000000", "0000001", 1)), "InvalidSignatureException")
        for expires in (0, 604801):
            check(error(p.request("GET", path(expires)))[:2], (403, "IncompleteSignatureException"), str(expires))
        check("must include 'X-Amz-Signature'" in error(
            p.request("GET", SEED + "?X-Amz-Algorithm=AWS4-HMAC-SHA256"))[2], True, "parts are missing")
        p.stop()


def chunks_of(fields, parts, breaks=None):
    """An aws-chunked body whose chunks continue the signature of the request; `breaks` is changed after."""
    value = fields["Authorization"]
    before = value.rsplit("Signature=", 1)[1]
    scope = re.search(r"Credential=[^/]+/([^,]+)", value)[1]
    key = ("AWS4" + SECRET).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    body = b""
    for index, part in enumerate([*parts, b""]):
        text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", fields["X-Amz-Date"], scope, before,
                          hashlib.sha256(b"").hexdigest(), hashlib.sha256(part).hexdigest()])
        before = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        if index == breaks:
            part = b"X" + part[1:]
        body += b"%x;chunk-signature=%s\r\n%s\r\n" % (len(part), before.encode(), part)
    return body


def chunked(program):
    """bodies in signed chunks, in chunks without signatures, and broken ones"""
    with Platform(program, *DOORS) as p:
        invoke = SEED + "/invocations"
        parts = [b'"' + b"a" * 65_535, b"b" * 65_536, b'c"']
        size = sum(map(len, parts))

        def sign_chunked(kind, length=size):
            headers = {"X-Amz-Content-SHA256": kind, "X-Amz-Decoded-Content-Length": str(length),
                       "Content-Encoding": "aws-chunked"}
            return sign(p, "POST", invoke, headers=headers)[1]

        kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
        fields = sign_chunked(kind)
        body = chunks_of(fields, parts)
        answer = p.request("POST", invoke, body, fields)
        check((answer[0], answer[2] == b"".join(parts)), (200, True), "signed chunks")
        for index in range(3):
            refused(p.request("POST", invoke, chunks_of(fields, parts, breaks=index), fields),
                    "InvalidSignatureException")
        refused(p.request("POST", invoke, re.sub(rb";chunk-signature=\w+", b"", body), fields),
                "InvalidSignatureException")
        for broken in (body[:-70], body.replace(b"10000;", b"ffff;", 1), b"zz\r\n", b"", b"ffffffffffffffff\r\n"):
            check(error(p.request("POST", invoke, broken, fields))[:2] in (
                (400, "InvalidRequestContentException"), (403, "InvalidSignatureException")), True,
                f"a broken body of {len(broken)} bytes")
        fields = sign_chunked(kind, size - 1)
        check(error(p.request("POST", invoke, chunks_of(fields, parts), fields))[:2],
              (400, "InvalidRequestContentException"), "a length that is not that of the body")

        fields = sign_chunked("STREAMING-UNSIGNED-PAYLOAD-TRAILER", 4)
        plain = b"2\r\n[1\r\n2\r\n2]\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
        answer = p.request("POST", invoke, plain, fields)
        check((answer[0], answer[2]), (200, b"[12]"), "chunks without signatures")
        fields = dict(fields, Authorization=fields["Authorization"][:-4] + "0000")
        refused(p.request("POST", invoke, plain, fields), "InvalidSignatureException")

        big = [b'"' + b"x" * 1_048_575] + [b"x" * 1_048_576] * 5 + [b'"']
        length = sum(map(len, big))
        fields = sign_chunked(kind, length)
        check(error(p.request("POST", invoke, chunks_of(fields, big), fields)), (
            413, "RequestEntityTooLargeException", f"{length} byte payload is too large for the RequestResponse "
            "invocation type (limit 6291456 bytes)"), "a payload that is too long without its chunks")
        p.stop()
    with Platform(program, "--seed-functions", "1") as p:
        fields = {"X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length": "1"}
        answer = p.request("POST", invoke, b"1\r\n7\r\n0\r\n\r\n", fields)
        check((answer[0], answer[2]), (200, b"7"), "chunks where no key is asked for")
        fields = {"Authorization": "AWS4-HMAC-SHA256 Credential=any/thing", "X-Amz-Date": "yesterday"}
        check(p.request("GET", SEED, headers=fields)[0], 200, "any signature where no key is asked for")
        p.stop()


def admin(program):
    """the admin token: given, made, wrong; and what needs none"""
    def statuses(p, token):
        fields = {"Authorization": f"Bearer {token}"} if token else {}
        return [p.request("GET", path, headers=fields)[0]
                for path in ("/_fsm/health", "/_fsm/clock", "/_fsm/functions/seed-0000000/history", "/_fsm/nowhere")]

    with Platform(program, *DOORS) as p:
        check(statuses(p, TOKEN), [200, 200, 200, 404], "with the token")
        for wrong in (None, "open-sesam", TOKEN + "x", "x"):
            check(statuses(p, wrong), [200, 403, 403, 403], f"with the token {wrong}")
        signed = sign(p, "GET", "/_fsm/clock")[1]
        check(p.request("GET", "/_fsm/clock", headers=signed)[0], 403, "a signature instead of the token")
        check(p.request("POST", "/_fsm/clock", {"advance": "1d"})[0], 403, "a change without the token")
        check(p.request("GET", "/_fsm/clock", headers={"Authorization": f"bEARER {TOKEN}"})[0], 200, "another case")
        check([error(p.request("GET", path))[:2] for path in ("/metrics", "/_fsm/dashboard/app.js", "/_fsm/events")],
              [(403, "AccessDeniedException")] * 3, "pages without the token")
        status, fields, page = p.request("GET", "/")
        check((status, b'type="password"' in page, "script-src" in fields["Content-Security-Policy"]),
              (401, True, False), "the page that asks for the token")
        check([error(p.request("GET", path, b"x"))[:2] for path in ("/_fsm/health", "/_fsm/code/x")],
              [(413, "RequestEntityTooLargeException")] * 2, "bodies of what everybody may ask for")
        check(TOKEN in p.read_log(), False, "the given token in the log")
        p.stop()
    with Platform(program, *DOORS[:4], "--seed-functions", "1") as p:
        made = re.findall(r"Authorization: Bearer (\S+)", p.read_log())
        check((len(made), len(made[0])), (1, 32), "tokens printed")
        check(statuses(p, made[0]), [200, 200, 200, 404], "with the token that was made")
        check(statuses(p, TOKEN), [200, 403, 403, 403], "with another")
        p.stop()
    with Platform(program, *DOORS[:4], "--log-format", "json", "--log-level", "off,api=debug") as p:
        path, fields = sign(p, "POST", SEED + "/invocations", body=b'{"secret payload": 1}')
        check(p.request("POST", path, b'{"secret payload": 1}', fields)[0], 404, "no such function")
        lines = [json.loads(line) for line in p.read_log().splitlines()]
        check({line["component"] for line in lines}, {"platform", "api"}, "components in the log")
        token = next(line["admin_token"] for line in lines if "admin_token" in line)
        check(statuses(p, token), [200, 200, 404, 404], "with the token of the log")
        check("secret payload" in p.read_log(), False, "a payload in the log")
        p.stop()
    with Platform(program, "--seed-functions", "1") as p:
        check(statuses(p, None), [200, 200, 200, 404], "without keys")
        p.stop()


def sign_in(p, token, **more):
    """The answer to the form of the login page, and the cookie that comes with it."""
    form = urllib.parse.urlencode({"token": token})
    status, fields, body = p.request("POST", "/_fsm/session", form, {
        "Content-Type": "application/x-www-form-urlencoded", "Origin": p.url, "Sec-Fetch-Site": "same-origin", **more})
    return status, fields.get("Set-Cookie", ""), fields.get("Location"), body.decode()


def sessions(program):
    """a browser's session: signing in, what its cookie opens, forged and ended ones, signing out"""
    token = "open+sesame=&%41"
    with Platform(program, *DOORS[:4], "--admin-token", token, *DOORS[6:]) as p:
        status, cookie, place, _ = sign_in(p, token)
        check((status, place), (303, "/"), "the right token")
        value, *attributes = cookie.split("; ")
        check(sorted(attributes), ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict"], "the cookie")
        check(token in cookie, False, "the token in the cookie")
        for wrong in (token + "x", "", token[:-1]):
            status, cookie, _, page = sign_in(p, wrong)
            check((status, cookie, "not the right token" in page), (401, "", True), f"token {wrong!r}")

        def statuses(cookie, **more):
            fields = {"Cookie": cookie, **more}
            return [p.request("GET", path, headers=fields)[0] for path in ("/_fsm/clock", "/_fsm/session", SEED)]
        check(statuses(value), [200, 200, 200], "in the session")
        check(json.loads(p.request("GET", "/_fsm/session", headers={"Cookie": f"a=b; {value}; c"})[2]),
              {"session": True}, "beside other cookies")
        bearer = {"Authorization": f"Bearer {token}"}
        check(json.loads(p.request("GET", "/_fsm/session", headers=bearer)[2]), {"session": False}, "with the token")
        check(p.request("POST", SEED + "/invocations", b"{}", {"Cookie": value, "Origin": p.url})[0], 200,
              "a call of the Lambda API in the session")
        check(statuses(value, Origin="http://localhost:1"), [403] * 3, "the session from another origin")
        check(statuses(value, **{"Sec-Fetch-Site": "same-site"}), [403] * 3, "the session from another site")
        check(statuses(value, Authorization="Bearer x"), [403] * 3, "a wrong token beside the session")
        name, signed = value.split("=")
        end, signature = signed.split(".")
        for forged in (f"{int(end) + 1}.{signature}", f"{end}.{signature[:-1]}", f"{end}.", f".{signature}", end, "",
                       f"{end}.{'0' * 64}"):
            check(statuses(f"{name}={forged}"), [403] * 3, f"the cookie {forged!r}")
        for at, wanted in ((int(time.time()) - 1, 403), (int(time.time()) + 1000, 200)):
            key = hmac.new(token.encode(), b"admin session", "sha256").digest()
            made = f"{name}={at}.{hmac.new(key, str(at).encode(), 'sha256').hexdigest()}"
            check(statuses(made)[0], wanted, f"a session that ends at {at}")
        check(error(p.request("POST", "/_fsm/session", b"token=" + b"x" * 5000))[:2],
              (413, "RequestEntityTooLargeException"), "a form that is too long")
        status, fields, _ = p.request("POST", "/_fsm/session/end", headers={"Cookie": value})
        check((status, fields["Location"], "Max-Age=0" in fields["Set-Cookie"]), (303, "/", True), "signing out")
        p.stop()
    with Platform(program, "--seed-functions", "1") as p:
        check(sign_in(p, "x")[:3], (303, "", "/"), "where no token is needed")
        p.stop()


@contextlib.contextmanager
def certificate():
    """A folder with cert.pem and key.pem, of a server at 127.0.0.1."""
    with tempfile.TemporaryDirectory(prefix="fsm-platform-") as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", f"{folder}/key.pem", "-out",
                        f"{folder}/cert.pem"], check=True, capture_output=True, timeout=60)
        yield folder


HANDSHAKE_SECONDS = 10
SLACK_SECONDS = 8  # What a busy machine may add.


def closed_after(p, data):
    """Seconds until the server closes a connection on which only `data` was sent."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", p.port), timeout=60) as raw:
        raw.sendall(data)
        with contextlib.suppress(ConnectionResetError):
            while raw.recv(4096):
                pass
    return time.monotonic() - started


def refused_over_tls(p, trusted, body):
    """Status of the answer to an unsigned request that is sent to its end, and whether a goodbye follows it."""
    trust = ssl.create_default_context(cafile=trusted)
    with socket.create_connection(("127.0.0.1", p.port), timeout=60) as plain, \
            trust.wrap_socket(plain, server_hostname="127.0.0.1", suppress_ragged_eofs=False) as secure:
        secure.sendall(f"POST {FUNCTIONS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        secure.sendall(body)
        answer = http.client.HTTPResponse(secure)
        answer.begin()
        answer.read()
        return answer.status, secure.recv(1) == b""


def tls(program):
    """curl and the AWS CLI over TLS, old versions, other origins, and who does not speak it"""
    with certificate() as folder, Platform(program, *DOORS, "--tls-cert", f"{folder}/cert.pem", "--tls-key",
                                           f"{folder}/key.pem") as p:
        def curl(*words):
            return subprocess.run(["curl", "--silent", "--max-time", "20", *words], capture_output=True, text=True,
                                  timeout=60, check=False)

        def status(*words):
            return curl("--cacert", f"{folder}/cert.pem", "--output", "/dev/null", "--write-out", "%{http_code}",
                        *words).stdout

        health = p.url + "/_fsm/health"
        check(json.loads(curl("--cacert", f"{folder}/cert.pem", health).stdout)["status"], "ok", "curl")
        check(curl(health).returncode, 60, "curl without the certificate")
        check(curl("--cacert", f"{folder}/cert.pem", "--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0",
                   health).returncode != 0, True, "TLS 1.1")
        check([status("--tls-max", version, health) for version in ("1.2", "1.3")], ["200", "200"], "TLS 1.2, 1.3")
        check(status("-H", f"Origin: {p.url}", health), "200", "its own origin")
        signed_in = curl("--cacert", f"{folder}/cert.pem", "-i", "--data", f"token={TOKEN}", f"{p.url}/_fsm/session")
        check("; Secure" in signed_in.stdout, True, "a cookie only for TLS")
        check(status("-H", f"Origin: {p.url.replace('https', 'http')}", health), "403", "the origin without TLS")
        signing = ["--aws-sigv4", "aws:amz:us-east-1:lambda", "--user", f"{KEY}:{SECRET}"]
        check(status(*signing, f"{p.url}{SEED}/configuration"), "200", "signed by curl")
        payload = os.path.join(p.folder.name, "payload")
        with open(payload, "w", encoding="utf-8") as file:
            json.dump("x" * 3_000_000, file)
        answer = curl("--cacert", f"{folder}/cert.pem", *signing, "--data-binary", f"@{payload}",
                      f"{p.url}{SEED}/invocations")
        check(len(answer.stdout), 3_000_002, "a long payload there and back")
        check(refused_over_tls(p, f"{folder}/cert.pem", b" " * 20_000_000), (403, True), "a long body that is refused")
        check(refused_over_tls(p, f"{folder}/cert.pem", b""), (403, True), "a refusal without a body")
        p.access_key, p.secret_key = KEY, SECRET
        p.global_options = ["--ca-bundle", f"{folder}/cert.pem"]
        check(p.configuration("seed-0000001")["State"], "Active", "the AWS CLI")
        connection = http.client.HTTPConnection("127.0.0.1", p.port, timeout=20)
        try:
            connection.request("GET", "/_fsm/health")
            raise AssertionError(f"without TLS: {connection.getresponse().status}")
        except (http.client.BadStatusLine, ConnectionError):
            pass
        finally:
            connection.close()
        silence = threading.Thread(target=lambda: waited.append(closed_after(p, b"\x16\x03")))
        waited = []
        silence.start()
        for garbage in (b"\x00" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 70_000, b"\x15\x03\x01\x00\x02\x02\x00"):
            check(closed_after(p, garbage) < SLACK_SECONDS, True, f"garbage {garbage[:8]}")
            check(status(health), "200", "others meanwhile")
        silence.join()
        check(HANDSHAKE_SECONDS - 1 < waited[0] < HANDSHAKE_SECONDS + SLACK_SECONDS, True,
              f"half a handshake ended after {waited[0]:.1f} s")
        check(status(health), "200", "afterwards")
        p.stop()


def flags(program):
    """flags that do not go together: exit code 2 and one line that names them, but no secret"""
    with certificate() as folder:
        cert, key = f"{folder}/cert.pem", f"{folder}/key.pem"
        for words, more, wanted in (
                (["--access-key", KEY], {}, "--access-key: it needs --secret-key"),
                (["--secret-key", SECRET], {}, "--secret-key: it needs --access-key"),
                ([], {"FSM_SECRET_KEY": SECRET}, "--secret-key: it needs --access-key"),
                (["--access-key", KEY, "--secret-key", SECRET + "\n"], {}, "--secret-key: "),
                (["--access-key", "a/b", "--secret-key", SECRET], {}, "--access-key: 'a/b'"),
                (["--tls-cert", cert], {}, "--tls-cert: it needs --tls-key"),
                (["--tls-cert", cert + "x", "--tls-key", key], {}, "cert.pemx: "),
                (["--tls-cert", key, "--tls-key", key], {}, "key.pem: no certificate"),
                (["--tls-cert", cert, "--tls-key", cert], {}, "cert.pem: it holds no private key")):
            done = subprocess.run([program, "--memory", "--listen", "127.0.0.1:0", *words], capture_output=True,
                                  text=True, timeout=60, check=False, env={**os.environ, **more})
            lines = done.stderr.splitlines()
            check((done.returncode, len(lines), wanted in lines[0], SECRET in done.stderr, done.stdout),
                  (2, 1, True, False, ""), f"{words}: {done.stderr}")
    os.environ["FSM_SECRET_KEY"], os.environ["FSM_ADMIN_TOKEN"] = SECRET, TOKEN
    try:
        with Platform(program, "--access-key", KEY) as p:
            check(len(client(p).list_functions()["Functions"]), 0, "with the secret of the environment")
            check(p.request("GET", "/_fsm/clock", headers={"Authorization": f"Bearer {TOKEN}"})[0], 200,
                  "with the token of the environment")
            p.stop()
    finally:
        del os.environ["FSM_SECRET_KEY"], os.environ["FSM_ADMIN_TOKEN"]


PARTS = [sdk, signatures, presigned, chunked, admin, sessions, tls, flags]


if __name__ == "__main__":
    run_parts(PARTS)
