"""Clients of a served site: so many at once over kept connections, each request's time noted. One thin process, no library."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Times of the answered requests in ms, sorted, how long it all took, and how many were not answered as hoped."""

    times: Sequence[float]
    seconds: float
    failed: int

    def at(self, part: float) -> float:
        """The time that this part of the requests stayed within."""
        return self.times[min(len(self.times) - 1, int(len(self.times) * part))]

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds


def request(method: str, path: str, token: str, body: str = "", **headers: str) -> bytes:
    """The bytes of a request."""
    content = body.encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Authorization: Bearer {token}", f"Content-Length: {len(content)}"]
    lines += ["Content-Type: application/json"] if body else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def drive(port: int, clients: int, count: int, make: Callable[[int], bytes], hoped: str = "200") -> Measured:
    """`count` requests in all by so many clients at once; `make` gives the n-th."""
    numbers, lock = iter(range(count)), threading.Lock()
    times: list[float] = []
    failures: list[bytes] = []

    def client() -> None:
        connection = _Connection(port)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            wanted = make(number)
            began = time.perf_counter()
            status = connection.ask(wanted)
            took = (time.perf_counter() - began) * 1000
            with lock:
                times.append(took)
                if status != hoped:
                    failures.append(status.encode())

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Measured(sorted(times), time.perf_counter() - began, len(failures))


class _Connection:
    """A kept connection that knows just enough of HTTP: status line, Content-Length, and when to connect anew."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def ask(self, wanted: bytes) -> str:
        for _ in range(2):
            try:
                if self.socket is None:
                    self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
                self.socket.sendall(wanted)
                return self._answer(self.socket)
            except (ConnectionError, BrokenPipeError):
                self.socket = None
        return "none"

    def _answer(self, opened: socket.socket) -> str:
        got = b""
        while b"\r\n\r\n" not in got:
            if not (more := opened.recv(65536)):
                raise ConnectionError
            got += more
        head, _, rest = got.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        left = int(fields.get(b"content-length", b"0")) - len(rest)
        while left > 0:
            left -= len(opened.recv(min(left, 262144)))
        if fields.get(b"connection") == b"close":
            opened.close()
            self.socket = None
        return head.split(b" ", 2)[1].decode()
