"""Mail: how one looks, and handing it to the company's server (SMTP).

A mail is handed over in steps, so that it is known at which of them something went wrong: until the text itself was sent nobody
can have taken it, and after that only the server's answer tells.
"""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from markupsafe import Markup

from appraisal.config import Settings
from appraisal.deliveries import Undelivered
from appraisal.errors import Invalid

SECONDS: Final = 10
LONGEST_ANSWER = 300
_GOODBYE = 421


@dataclass(frozen=True)
class Server:
    """Where mail is handed over, and in whose name."""

    host: str
    port: int
    security: str
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None

    @property
    def domain(self) -> str:
        """What Message-IDs end in."""
        return self.sender.rpartition("@")[2]


@dataclass(frozen=True)
class Letter:
    """What one mail says. `lines` are sentences with the address of the page each leads to."""

    to: str
    name: str
    language: str
    subject: str
    opening: str
    lines: Sequence[tuple[str, str]]
    closing: str
    settings_address: str
    message_id: str
    at: datetime


def server_of(settings: Settings) -> Server | None:
    """The mail server of these settings, or None where none is named. Raises Invalid `bad_setting`."""
    if not settings.smtp_host:
        return None
    if settings.smtp_security not in ("starttls", "tls", "none"):
        zh, en = "SMTP_SECURITY 可写 starttls、tls 或 none", "SMTP_SECURITY is starttls, tls or none"
        raise Invalid("bad_setting", zh, en)
    if not settings.mail_from or not is_address(settings.mail_from) or not settings.site_address:
        zh = "设置了 SMTP_HOST, 还须设置 MAIL_FROM (发件地址) 和 SITE_ADDRESS (本系统的网址)"
        en = "with SMTP_HOST, set MAIL_FROM (the sender's address) and SITE_ADDRESS (where this site is) too"
        raise Invalid("bad_setting", zh, en)
    ports = {"tls": 465, "starttls": 587, "none": 25}
    return Server(
        settings.smtp_host,
        settings.smtp_port or ports[settings.smtp_security],
        settings.smtp_security,
        settings.mail_from,
        settings.smtp_user,
        settings.smtp_password,
        settings.ca_file,
    )


def is_address(text: str) -> bool:
    """Whether a text is the plain address of one mailbox, in characters that every mail server takes."""
    local, at, domain = text.rpartition("@")
    # Only these: with them nothing can be smuggled into a header or a command, and no quoting is needed.
    plain = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+-/=?^_`{|}~")
    labels = domain.split(".")
    return (
        bool(at)
        and len(text) <= 254
        and 0 < len(local) <= 64
        and set(local.lower()) <= plain
        and all(part for part in local.split("."))
        and len(labels) > 1
        and all(0 < len(one) <= 63 and one.isascii() and one.replace("-", "a").isalnum() for one in labels)
        and not any(one.startswith("-") or one.endswith("-") for one in labels)
    )


def composed(server: Server, letter: Letter) -> EmailMessage:
    """The mail, as text and as HTML. Raises ValueError for what is no address."""
    if not is_address(letter.to):
        raise ValueError("the address on record is none")
    mail = EmailMessage(policy=SMTP)
    name = _one_line(letter.name)
    local, _, domain = letter.to.rpartition("@")
    mail["From"] = Address(_sender_name(letter.language), *_parts(server.sender))
    mail["To"] = Address(name, local, domain)
    mail["Subject"] = _one_line(letter.subject)
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = letter.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = "zh-CN" if letter.language == "zh" else "en"
    mail["List-Unsubscribe"] = f"<{letter.settings_address}>"
    mail.set_content(_as_text(letter), cte="base64")
    mail.add_alternative(str(_as_html(letter)), subtype="html", cte="base64")
    return mail


@contextmanager
def connected(server: Server) -> Iterator["Connection"]:
    """A connection to the server, signed in where that is asked for. Raises Undelivered `unreachable`."""
    try:
        smtp = _opened(server)
    except smtplib.SMTPAuthenticationError as refused:
        raise Undelivered("unreachable", f"SMTP_USER, SMTP_PASSWORD: {refused.smtp_code}") from None
    except (OSError, smtplib.SMTPException, ValueError) as fault:
        raise Undelivered("unreachable", _told(fault)) from None
    try:
        yield Connection(smtp, server.sender)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()


class Connection:
    """A server that listens."""

    def __init__(self, smtp: smtplib.SMTP, sender: str) -> None:
        self.smtp, self.sender = smtp, sender

    def hand_over(self, to: str, mail: EmailMessage) -> None:
        """Hands one mail over. Raises Undelivered: what the server says for good or for now, or what is not known."""
        content = mail.as_bytes()
        try:
            self._said(*self.smtp.mail(self.sender), to)
            self._said(*self.smtp.rcpt(to), to)
            code, answer = self.smtp.docmd("DATA")
            if code != 354:
                self._said(code, answer, to, good=False)
        except (OSError, smtplib.SMTPException) as fault:
            raise Undelivered("unreachable", _told(fault)) from None
        try:
            self.smtp.send(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            code, answer = self.smtp.getreply()
        except (OSError, smtplib.SMTPException) as fault:
            raise Undelivered("uncertain", _told(fault)) from None
        self._said(code, answer, to)

    def _said(self, code: int, answer: bytes, to: str, *, good: bool = True) -> None:
        if good and 200 <= code < 300:
            return
        # The address is on the person's record and nowhere else.
        words = f"{code} {_one_line(answer.decode('utf-8', 'replace')).replace(to, '…')}"[:LONGEST_ANSWER]
        if code == _GOODBYE or code < 0:
            raise Undelivered("unreachable", words)
        with suppress(OSError, smtplib.SMTPException):
            self.smtp.rset()
        raise Undelivered("never" if 500 <= code < 600 else "later", words)


def _opened(server: Server) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if server.ca_file:
        trusted.load_verify_locations(server.ca_file)
    if server.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=trusted)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    try:
        smtp.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            smtp.starttls(context=trusted)
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password or "")
    except BaseException:
        smtp.close()
        raise
    return smtp


def _as_text(letter: Letter) -> str:
    several = len(letter.lines) > 1
    said = [f"{'· ' if several else ''}{_one_line(line)}\n{'  ' if several else ''}{address}" for line, address in letter.lines]
    return "\n\n".join([letter.opening, *said, "--", letter.closing, letter.settings_address, ""])


def _as_html(letter: Letter) -> Markup:
    several = len(letter.lines) > 1
    line = Markup('<li><a href="{1}">{0}</a></li>' if several else '<p>{0}</p><p><a href="{1}">{2}</a></p>')
    opens = "打开" if letter.language == "zh" else "Open"
    said = Markup("").join(line.format(_one_line(words), address, opens) for words, address in letter.lines)
    said = Markup("<ul>{}</ul>").format(said) if several else said
    page = Markup(
        '<!DOCTYPE html><html lang="{}"><head><meta charset="utf-8"><title>{}</title></head><body>'
        '<p>{}</p>{}<hr><p><small>{} <a href="{}">{}</a></small></p></body></html>'
    )
    language = "zh-CN" if letter.language == "zh" else "en"
    choose = "通知设置" if letter.language == "zh" else "Choose what you are sent"
    return page.format(language, letter.subject, letter.opening, said, letter.closing, letter.settings_address, choose)


def _sender_name(language: str) -> str:
    return "绩效考核" if language == "zh" else "Staff appraisal"


def _parts(address: str) -> tuple[str, str]:
    local, _, domain = address.rpartition("@")
    return local, domain


def _one_line(text: str) -> str:
    """The text without anything that ends a line or cannot be seen."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _told(fault: Exception) -> str:
    return f"{type(fault).__name__}: {_one_line(str(fault))}"[:LONGEST_ANSWER]
