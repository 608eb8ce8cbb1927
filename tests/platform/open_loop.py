"""Requests by schedule, whatever the answers: a latency counts from when its request was meant to be sent, so that a
server that stands still is not asked less."""

import collections
import select
import socket
import time

Answer = collections.namedtuple("Answer", "status seconds")
CONNECTIONS_MAX = 512
PATIENCE_SECONDS = 20


def request(method, path, body="", headers=()):
    """The bytes of one."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class Exchange:
    """A connection with its one request under way."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.text = b""
        self.tag = None
        self.intended = 0.0

    def send(self, tag, what, intended):
        self.text, self.tag, self.intended = b"", tag, intended
        self.socket.sendall(what)

    def read(self):
        """The status once the answer is complete, else none; 0 when the server has hung up."""
        piece = self.socket.recv(65536)
        if not piece:
            return 0
        self.text += piece
        end = self.text.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self.text[:end].lower()
        at = head.find(b"\r\ncontent-length: ")
        length = int(head[at + 18:].split(b"\r\n", 1)[0]) if at >= 0 else 0
        return int(head[9:12]) if len(self.text) >= end + 4 + length else None

    def closes(self):
        return b"\r\nconnection: close" in self.text[:self.text.find(b"\r\n\r\n")].lower()


def send_all(port, schedule, connections_max=CONNECTIONS_MAX):
    """Sends each (seconds from now, tag, bytes) of the schedule when it is due, or as soon after as there is a
    connection for it. Gives the answers by tag; a status of 0 is none at all."""
    answers = collections.defaultdict(list)
    poll = select.epoll()
    idle, busy = [], {}
    todo = collections.deque(schedule)
    begin = time.monotonic()
    try:
        while todo or busy:
            now = time.monotonic()
            while todo and begin + todo[0][0] <= now and (idle or len(busy) < connections_max):
                due, tag, what = todo.popleft()
                one = idle.pop() if idle else Exchange(port)
                one.send(tag, what, begin + due)
                busy[one.socket.fileno()] = one
                poll.register(one.socket, select.EPOLLIN)
            if todo and (idle or len(busy) < connections_max):
                wait = max(0.0, begin + todo[0][0] - time.monotonic())
            else:
                wait = 1.0
            for number, _ in poll.poll(wait):
                one = busy[number]
                status = one.read()
                if status is None:
                    continue
                answers[one.tag].append(Answer(status, time.monotonic() - one.intended))
                poll.unregister(one.socket)
                del busy[number]
                if status and not one.closes():
                    idle.append(one)
                else:
                    one.socket.close()
            last = begin + (schedule[-1][0] if schedule else 0)
            if time.monotonic() > last + PATIENCE_SECONDS:
                raise AssertionError(f"{len(busy)} requests were not answered within {PATIENCE_SECONDS} s")
    finally:
        for one in (*idle, *busy.values()):
            one.socket.close()
        poll.close()
    return answers


def steadily(rate, seconds, tag, make):
    """A part of a schedule: so many per second, the i-th as `make(i)` says."""
    return [(i / rate, tag, make(i)) for i in range(int(rate * seconds))]


def quantile(answers, share):
    """The latency that this share of the answers did not exceed; 0 when there are none."""
    latencies = sorted(each.seconds for each in answers)
    return latencies[min(len(latencies) - 1, int(share * len(latencies)))] if latencies else 0.0


def by_status(answers):
    return dict(collections.Counter(each.status for each in answers))
