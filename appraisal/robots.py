"""Messages to the robots of group chats: 企业微信 (WeCom), 钉钉 (DingTalk), 飞书 (Feishu). One signed POST each.

Only to hosts that WEBHOOK_HOSTS names, only by https, to where the address says and nowhere it may send us on to. The three
companies' own hosts are on the Internet, so that one of them found at a private address is somebody else's doing; a host that
an operator has listed beside them may be within the company.
"""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

from appraisal.config import OFFICIAL_HOSTS, Settings
from appraisal.deliveries import Undelivered
from appraisal.errors import Fault, Invalid

SECONDS: Final = 10
LARGEST_ANSWER: Final = 65_536
LONGEST_TEXT: Final = 2048
"""In bytes: what the strictest of them takes."""
# Told too often: WeCom, DingTalk, Feishu.
_TOO_OFTEN: Final = frozenset((45009, 130101, 410100, 660026, 9499, 11232))


@dataclass(frozen=True)
class Target:
    """A robot: where it listens, and what it wants its messages signed with."""

    kind: str
    address: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


def host_of(settings: Settings, address: str) -> str:
    """The host of a robot's address, with its port where that is not 443. Raises Invalid `bad_fields` for one that is not
    allowed."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port or 443
    except ValueError:
        parts, host, port = urlsplit(""), "", 443
    named = host if port == 443 else f"{host}:{port}"
    usable = parts.scheme == "https" and not parts.username and not parts.password and not parts.fragment
    if (
        not usable
        or not address.isascii()
        or not address.isprintable()
        or " " in address
        or named not in settings.webhook_hosts
    ):
        allowed = ", ".join(settings.webhook_hosts)
        zh = f"须为 https 地址, 主机为以下之一: {allowed} (系统管理员在 WEBHOOK_HOSTS 中设置)"
        en = f"an https address on one of these hosts: {allowed} (the operator sets them as WEBHOOK_HOSTS)"
        raise Invalid("bad_fields", zh, en, [Fault("address", zh, en)])
    return named


def say(settings: Settings, target: Target, text: str, at: float) -> None:
    """Posts a text, at most LONGEST_TEXT bytes of it. `at` is now, in seconds. Raises Undelivered."""
    try:
        named = host_of(settings, target.address)
    except Invalid as refused:
        raise Undelivered("never", f"{refused.message.zh} · {refused.message.en}") from None
    parts = urlsplit(target.address)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    path, body = _SIGNED[target.kind](target, path, shortened(text), at)
    code, answer = _posted(settings, named, path, json.dumps(body, ensure_ascii=False).encode())
    _read(code, answer)


def shortened(text: str) -> str:
    """As much of a text as fits, cut between signs."""
    if len(text.encode()) <= LONGEST_TEXT:
        return text
    return text.encode()[: LONGEST_TEXT - 3].decode("utf-8", "ignore") + "…"


# What each of them wants


def _wecom(_: Target, path: str, text: str, at: float) -> tuple[str, Mapping[str, Any]]:
    """The key is in the address; nothing is signed."""
    return path, {"msgtype": "text", "text": {"content": text}}


def _dingtalk(target: Target, path: str, text: str, at: float) -> tuple[str, Mapping[str, Any]]:
    """Signed in the address, with milliseconds."""
    if target.secret:
        stamp = str(round(at * 1000))
        signed = hmac.new(target.secret.encode(), f"{stamp}\n{target.secret}".encode(), hashlib.sha256).digest()
        path += f"{'&' if '?' in path else '?'}timestamp={stamp}&sign={quote_plus(base64.b64encode(signed))}"
    return path, {"msgtype": "text", "text": {"content": text}}


def _feishu(target: Target, path: str, text: str, at: float) -> tuple[str, Mapping[str, Any]]:
    """Signed in the body, with seconds: stamp and secret are the key, and what is signed is empty."""
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    if target.secret:
        stamp = str(int(at))
        signed = hmac.new(f"{stamp}\n{target.secret}".encode(), b"", hashlib.sha256).digest()
        body = {"timestamp": stamp, "sign": base64.b64encode(signed).decode()} | body
    return path, body


_SIGNED: Final[Mapping[str, Callable[[Target, str, str, float], tuple[str, Mapping[str, Any]]]]] = {
    "wecom": _wecom,
    "dingtalk": _dingtalk,
    "feishu": _feishu,
}


# The request


def _posted(settings: Settings, named: str, path: str, body: bytes) -> tuple[int, bytes]:
    trusted = ssl.create_default_context()
    if settings.ca_file:
        trusted.load_verify_locations(settings.ca_file)
    host, _, port = named.partition(":")
    connection = HTTPSConnection(host, int(port or 443), timeout=SECONDS, context=trusted)
    try:
        try:
            connection.connect()
        except (OSError, ValueError) as fault:
            raise Undelivered("unreachable", f"{type(fault).__name__}: {fault}"[:300]) from None
        if host in OFFICIAL_HOSTS and not ip_address(connection.sock.getpeername()[0]).is_global:
            raise Undelivered("unreachable", f"{host} 指向内部地址, 未发送 · {host} is at a private address: nothing was sent")
        # Sockets wait for each part anew: a sender of single bytes is cut off as a whole.
        cut_off = threading.Timer(2 * SECONDS, connection.sock.shutdown, (2,))
        cut_off.start()
        try:
            headers = {"Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "identity"}
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read(LARGEST_ANSWER + 1)
        except (OSError, HTTPException) as fault:
            raise Undelivered("uncertain", f"{type(fault).__name__}: {fault}"[:300]) from None
        finally:
            cut_off.cancel()
        return answer.status, content
    finally:
        connection.close()


def _read(code: int, content: bytes) -> None:
    """Raises Undelivered unless the robot says that it has taken the message."""
    if code in (429, 503):
        raise Undelivered("later", f"HTTP {code}")
    if code >= 500:
        raise Undelivered("uncertain", f"HTTP {code}")
    try:
        answer = json.loads(content) if code == 200 and len(content) <= LARGEST_ANSWER else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise Undelivered("never", f"HTTP {code}: 对方不是群机器人 · this is not how a robot answers")
    number = answer.get("errcode", answer.get("code", answer.get("StatusCode")))
    if number == 0:
        return
    said = str(answer.get("errmsg", answer.get("msg", "")))
    words = f"{number} {''.join(sign for sign in said if sign.isprintable())}"[:300]
    raise Undelivered("later" if number in _TOO_OFTEN else "never", words)
