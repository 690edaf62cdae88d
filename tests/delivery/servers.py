"""The other side, on this machine: a mail server and a host of robots that answer as told to and keep what they got."""

import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class MailServer:
    """What it answers instead of yes, by verb (`.` is the text), and what it has taken: to whom, and the mail."""

    port: int = 0
    answers: dict[str, list[str]] = field(default_factory=dict)
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    connections: int = 0

    def answer(self, verb: str, usual: str) -> str:
        """The next answer to a verb: one that was laid out, or the usual."""
        laid = self.answers.get(verb)
        return laid.pop(0) if laid else usual

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails as a reader's program has them."""
        return [message_from_bytes(content, policy=policy.default) for _, content in self.taken]  # type: ignore[misc]


HANG_UP = "hang up"


@contextmanager
def a_mail_server(tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """A mail server on a port of its own; with TLS from the first byte, or when it is asked to."""
    made = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, verb: str, usual: str) -> bool:
            words = made.answer(verb, usual)
            if words == HANG_UP:
                return False
            self.wfile.write(words.encode() + b"\r\n")
            return words[0] in "23"

        def handle(self) -> None:
            made.connections += 1
            to = ""
            if not self.say("connect", "220 here"):
                return
            while line := self.rfile.readline():
                verb = line[:4].strip().upper().decode()
                if verb == "RCPT":
                    to = line.decode().partition("<")[2].partition(">")[0]
                if verb == "DATA":
                    if not self.say("DATA", "354 go on"):
                        continue
                    content = b""
                    while (line := self.rfile.readline()) != b".\r\n":
                        content += line[1:] if line.startswith(b".") else line
                    words = made.answer(".", "250 taken")
                    if words == HANG_UP:
                        made.taken.append((to, content))
                        return
                    if words.startswith("2"):
                        made.taken.append((to, content))
                    self.wfile.write(words.encode() + b"\r\n")
                    continue
                if verb == "STAR" and starttls is not None:
                    self.say(verb, "220 begin")
                    self.connection = starttls.wrap_socket(self.connection, server_side=True)
                    self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
                    continue
                if verb == "AUTH":
                    made.signed_in.append(line.decode().strip())
                if made.answers.get(verb, [""])[:1] == [HANG_UP]:
                    made.answers[verb].pop(0)
                    return
                offers = "250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN" if starttls is not None else "250-here\r\n250 AUTH PLAIN"
                usual = {"QUIT": "221 bye", "EHLO": offers, "AUTH": "235 yes"}
                self.say(verb, usual.get(verb, "250 yes"))
                if verb == "QUIT":
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Who hangs up on us is part of the tests."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        made.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield made
        finally:
            server.shutdown()


@dataclass
class RobotHost:
    """What it answers to a message, status and body, and what it was sent: path and body."""

    port: int = 0
    answer: tuple[int, bytes] = (200, b'{"errcode": 0, "errmsg": "ok"}')
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    got: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def host(self) -> str:
        """As it stands in WEBHOOK_HOSTS."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def a_robot_host(tls: ssl.SSLContext) -> Iterator[RobotHost]:
    """A host of robots on a port of its own."""
    made = RobotHost()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.got.append((self.path, json.loads(body)))
            if made.hang_up:
                self.connection.close()
                return
            status, content = made.answer
            self.send_response(status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Who hangs up on us is part of the tests."""

    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        made.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield made
        finally:
            server.shutdown()


@dataclass(frozen=True)
class Certificate:
    """A server's certificate for this machine, and the file by which it is trusted."""

    context: ssl.SSLContext
    ca_file: str


def a_certificate(folder: Path) -> Certificate:
    """A certificate that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime.now(UTC) - timedelta(days=1)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begin, begin + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    ca_file, key_file = folder / "ca.pem", folder / "key.pem"
    ca_file.write_bytes(built.public_bytes(encoding))
    plain = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file, key_file)
    return Certificate(context, str(ca_file))
