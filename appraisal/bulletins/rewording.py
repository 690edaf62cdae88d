"""A summary in the words of a language model, beside the original and never in its place. Off unless SUMMARY_ENDPOINT is set.

The model is never a source of figures: its text is kept only where it says the very numbers of the original, none more and none
less, in digits and in words. Which way a figure went it could still turn round; the original therefore stays what counts, and
is what reports and decisions rest on. Whatever fails, the original is there, and why is told.

The endpoint takes {"zh": …, "en": …} and answers with the same keys. It has to be on a host that SUMMARY_HOSTS names, by https;
a model on this machine may be spoken to by http. Nothing but the sentences leaves: no names of people are in them.
"""

import json
import logging
import re
import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.bulletins.models import KpiSummary, KpiSummaryRewording
from appraisal.config import Settings
from appraisal.core.numbers import plain
from appraisal.errors import Invalid

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
SECONDS: Final = 20
LARGEST: Final = 65_536
LONGEST: Final = 20_000

_NUMBER = re.compile(r"(?:(?<![0-9A-Za-z.,)])[-\N{MINUS SIGN}])?\d+(?:,\d{3})*(?:\.\d+)?")
_WORDS = re.compile(
    r"一[成倍折半]|[〇零一二两三四五六七八九十百千万亿半]+(?:成|倍|折|分之|个|项|期|次|条|月|天|周|年|批|件|位|名)|翻番|翻倍|过半|半数"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety|hundred|thousand|million|billion|half|halves|halved|third|quarters|double|doubled|twice|triple|tripled|thrice)\b",
    re.IGNORECASE,
)

log = logging.getLogger(__name__)


class Failed(Exception):
    """Why there is no rewording; the message is ours and names no secret."""


@dataclass(frozen=True)
class Endpoint:
    """Where a model is asked."""

    url: str
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Words:
    """The sentences of a summary in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Answer:
    """What became of asking: `outcome` is one of the words of the table; `words` only where they may be kept."""

    outcome: str
    words: Words | None = None
    problem: str | None = None


def endpoint_of(settings: Settings) -> Endpoint | None:
    """The endpoint of these settings, if rewording is on. Raises Invalid `bad_setting` for an address that is not allowed."""
    if not settings.summary_endpoint:
        return None
    try:
        parts = urlsplit(settings.summary_endpoint)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    local = host in LOOPBACK
    known = local or host in settings.summary_hosts
    if not known or parts.scheme not in (("http", "https") if local else ("https",)) or parts.username or parts.password:
        raise Invalid(
            "bad_setting",
            "SUMMARY_ENDPOINT 须为 https 地址, 其主机列在 SUMMARY_HOSTS 中 (本机可用 http), 且不含用户名",
            "SUMMARY_ENDPOINT is an https address on a host of SUMMARY_HOSTS (http on this machine only), without a user name",
        )
    return Endpoint(settings.summary_endpoint, settings.summary_token)


def words_of(content: Mapping[str, Any]) -> Words:
    """The text of a summary as it is written, a sentence a line."""
    statements = content["statements"]
    return Words("\n".join(one["zh"] for one in statements), "\n".join(one["en"] for one in statements))


def reword(endpoint: Endpoint, original: Words) -> Answer:
    """Asks for other words and looks at what comes back. Never raises for what an endpoint does or does not do."""
    try:
        words = _asked(endpoint, original)
    except Failed as failed:
        log.warning("rewording failed: %s", failed)
        return Answer("failed", problem=str(failed))
    for before, after in ((original.zh, words.zh), (original.en, words.en)):
        added, lost = figures(after) - figures(before), figures(before) - figures(after)
        if added or lost:
            told = [f"added {', '.join(sorted(added))}" if added else "", f"lost {', '.join(sorted(lost))}" if lost else ""]
            return Answer("changed_figures", problem="; ".join(one for one in told if one)[:500])
    return Answer("reworded", words)


def figures(text: str) -> frozenset[str]:
    """Every number that a text says, in digits by its value (98.50 is 98.5), and in words as written."""
    said = unicodedata.normalize("NFKC", text)
    digits = (found.replace(",", "").replace("\N{MINUS SIGN}", "-") for found in _NUMBER.findall(said))
    numbers = {plain(Decimal(one)) for one in digits}
    return frozenset(numbers | {found.lower() for found in _WORDS.findall(said)})


def waiting(session: Session, summary_ids: Sequence[int]) -> list[KpiSummary]:
    """The summaries among these that nobody has had reworded."""
    asked = select(KpiSummaryRewording.summary_id).where(col(KpiSummaryRewording.summary_id).in_(summary_ids))
    found = select(KpiSummary).where(col(KpiSummary.id).in_(summary_ids), col(KpiSummary.id).not_in(asked))
    return list(session.exec(found.order_by(KpiSummary.id)))  # type: ignore[arg-type]


def keep(session: Session, actor: Actor, summary_id: int, answer: Answer) -> KpiSummaryRewording:
    """Keeps what became of a rewording beside its summary; the endpoint was asked before, outside of this transaction."""
    made = KpiSummaryRewording(
        summary_id=summary_id,
        outcome=answer.outcome,
        zh=answer.words.zh if answer.words else None,
        en=answer.words.en if answer.words else None,
        problem=answer.problem,
        asked_at=clock.now(),
    )
    session.add(made)
    session.flush()
    after = {"outcome": answer.outcome, "problem": answer.problem}
    audit.record(session, actor, "kpi_summary.reword", "kpi_summary", summary_id, after=after)
    return made


def reword_all(target: Engine, actor: Actor, endpoint: Endpoint, ids: Sequence[int]) -> dict[int, Answer]:
    """Has those reworded that wait for it, and what became of each; nothing is locked while the endpoint thinks."""
    with db.transaction(target, write=False) as session:
        asked = [(one.id or 0, words_of(one.content)) for one in waiting(session, ids)]
    answers = {}
    for summary_id, words in asked:
        answer = answers[summary_id] = reword(endpoint, words)
        with db.transaction(target, write=True) as session:
            if waiting(session, [summary_id]):
                keep(session, actor, summary_id, answer)
    return answers


def _asked(endpoint: Endpoint, original: Words) -> Words:
    import requests  # loaded where an endpoint is set, and only there

    headers = {"Accept-Encoding": "identity"}  # or a small answer could unpack to a large one
    if endpoint.token:
        headers["Authorization"] = f"Bearer {endpoint.token}"
    until = time.monotonic() + SECONDS
    try:
        with requests.Session() as client:
            client.trust_env = False  # no password from a .netrc, and no detour over a proxy
            sent = {"zh": original.zh, "en": original.en}
            asked = {"json": sent, "headers": headers, "timeout": SECONDS, "allow_redirects": False, "stream": True}
            with client.post(endpoint.url, **asked) as answer:
                if answer.status_code != 200:
                    raise Failed(f"the endpoint answered {answer.status_code}")
                if answer.headers.get("Content-Encoding", "identity") != "identity":
                    raise Failed("the answer is packed")
                body = bytearray()
                for part in answer.iter_content(1):  # larger parts would wait for a slow sender beyond the time there is
                    body += part
                    if len(body) > LARGEST:
                        raise Failed(f"the answer is larger than {LARGEST} bytes")
                    if time.monotonic() > until:
                        raise Failed(f"no whole answer in {SECONDS} s")
    except requests.Timeout:
        raise Failed(f"no answer in {SECONDS} s") from None
    except requests.RequestException as error:
        raise Failed(f"no connection: {type(error).__name__}") from None
    return _read(bytes(body))


def _read(body: bytes) -> Words:
    try:
        found = json.loads(body)
        zh, en = found["zh"], found["en"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Failed("the answer is not an object with zh and en") from None
    for text in (zh, en):
        if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
            raise Failed(f"zh and en are texts of 1 to {LONGEST} characters")
        if any(not sign.isprintable() and sign != "\n" for sign in text):
            raise Failed("the answer holds characters that cannot be used")
    return Words(zh, en)
