"""A language model may give a summary other words, never other numbers; whatever it does, the original stays (R-000-54)."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlmodel import Session

from appraisal.actor import SYSTEM
from appraisal.bulletins import rewording
from appraisal.bulletins.models import KpiSummaryRewording
from appraisal.bulletins.rewording import Answer, Endpoint, Words, endpoint_of, figures, reword
from appraisal.config import Settings
from appraisal.errors import Invalid
from tests.bulletins.a_week import a_week

ORIGINAL = Words("IQC 合格率 2026-03 为 92.1%, 由 97 变为 92.1", "IQC 2026-03 is 92.1%, from 97 to 92.1")
Reply = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def a_model(reply: Reply) -> Iterator[Endpoint]:
    """A model on this machine that answers as told."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            reply(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Endpoint(f"http://127.0.0.1:{server.server_port}/reword", "s3cret")
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def answering(zh: object, en: object = ORIGINAL.en) -> Reply:
    return sending(json.dumps({"zh": zh, "en": en}).encode())


def sending(body: bytes, status: int = 200, **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.rfile.read(int(handler.headers["Content-Length"]))
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def test_other_words_with_the_same_numbers_are_kept_and_only_the_sentences_are_sent() -> None:
    seen: dict[str, object] = {}

    def reply(handler: BaseHTTPRequestHandler) -> None:
        seen.update(json.loads(handler.rfile.read(int(handler.headers["Content-Length"]))))
        seen["token"] = handler.headers["Authorization"]
        body = json.dumps({"zh": "2026-03 进料合格率从 97 降到 92.10%", "en": ORIGINAL.en}).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with a_model(reply) as endpoint:
        answer = reword(endpoint, ORIGINAL)
    assert answer.outcome == "reworded" and answer.words is not None and answer.words.zh.startswith("2026-03")
    assert seen == {"zh": ORIGINAL.zh, "en": ORIGINAL.en, "token": "Bearer s3cret"}


@pytest.mark.parametrize(
    "zh",
    [
        "IQC 合格率 2026-03 为 92.1%, 由 97 变为 92.1, 下降 4.9",  # a number that is not there
        "IQC 合格率 2026-03 为 92.1%",  # one that is lost
        "IQC 合格率 2026-03 为 92.2%, 由 97 变为 92.1",  # another one
        "IQC 合格率 2026-03 为 -92.1%, 由 97 变为 -92.1",  # the other sign
        "IQC 合格率 2026-03 为 92.1%, 由 97 变为 92.1, 约差两成",  # in words
        "IQC 合格率 2026-03 为 92.1%, 由 97 变为 92.1, 差 5²",  # raised
        "IQC 合格率 2026-03 为 92.1%, 由 97 变为 92.1, 差 ５",  # of full width
    ],
)
def test_other_numbers_in_digits_or_words_are_refused(zh: str) -> None:
    with a_model(answering(zh)) as endpoint:
        answer = reword(endpoint, ORIGINAL)
    assert (answer.outcome, answer.words) == ("changed_figures", None)
    assert answer.problem


def test_a_number_changed_in_one_language_only_is_refused_too() -> None:
    with a_model(answering(ORIGINAL.zh, "IQC 2026-03 is 92.1%, from 97 to 92.1, about half")) as endpoint:
        assert reword(endpoint, ORIGINAL) == Answer("changed_figures", problem="added half")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("98.50", "98.5", True),
        ("1,234", "1234", True),
        ("98.5", "98.51", False),
        ("-5", "5", False),
        ("为-5", "为 -5", True),
        ("2026-03", "2026 年 3 月", True),
        ("100", "1", False),
        ("12345678901234567890123456789012345", "12345678901234567890123456789012346", False),
    ],
)
def test_numbers_are_compared_by_their_value(one: str, other: str, same: bool) -> None:
    assert (figures(one) == figures(other)) is same


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (sending(b"", 500), "answered 500"),
        (sending(b"", 302, Location="http://127.0.0.1:1/"), "answered 302"),
        (sending(b"not json"), "not an object"),
        (sending(b"[" * 20_000), "not an object"),
        (sending(b'["zh", "en"]'), "not an object"),
        (answering(""), "1 to"),
        (answering(5), "1 to"),
        (answering("a" * (rewording.LONGEST + 1)), "1 to"),
        (answering("a\u202eb"), "cannot be used"),
        (sending(b" " * (rewording.LARGEST + 1)), "larger than"),
        (sending(b"x", Content_Encoding="gzip"), "packed"),
    ],
)
def test_whatever_an_endpoint_answers_the_original_stays_and_the_reason_is_told(reply: Reply, problem: str) -> None:
    with a_model(reply) as endpoint:
        answer = reword(endpoint, ORIGINAL)
    assert (answer.outcome, answer.words) == ("failed", None)
    assert problem in (answer.problem or "") and "s3cret" not in (answer.problem or "")


def test_an_answer_of_the_largest_size_is_read() -> None:
    body = json.dumps({"zh": ORIGINAL.zh, "en": ORIGINAL.en}).encode()
    with a_model(sending(body + b" " * (rewording.LARGEST - len(body)))) as endpoint:
        assert reword(endpoint, ORIGINAL).outcome == "reworded"


@pytest.mark.parametrize("slow", ["silent", "dripping"])
def test_an_endpoint_that_takes_too_long_is_given_up(slow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewording, "SECONDS", 0.3)

    def reply(handler: BaseHTTPRequestHandler) -> None:
        if slow == "silent":
            time.sleep(1)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        try:
            for _ in range(20):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return

    with a_model(reply) as endpoint:
        began = time.monotonic()
        answer = reword(endpoint, ORIGINAL)
        assert answer.outcome == "failed" and "0.3 s" in (answer.problem or "")
        assert time.monotonic() - began < 1.5


def test_an_endpoint_that_is_not_there_fails_and_nothing_else() -> None:
    assert reword(Endpoint("http://127.0.0.1:9/"), ORIGINAL).outcome == "failed"


def test_it_is_off_until_an_endpoint_is_set() -> None:
    assert endpoint_of(Settings()) is None


@pytest.mark.parametrize(
    "url", ["https://model.example/reword", "http://127.0.0.1:8080/", "http://localhost/", "https://[::1]/"]
)
def test_a_named_host_is_spoken_to_by_https_and_this_machine_by_http_too(url: str) -> None:
    found = endpoint_of(Settings(summary_endpoint=url, summary_hosts=("model.example",), summary_token="t"))
    assert found == Endpoint(url, "t")


@pytest.mark.parametrize(
    "url",
    [
        "http://model.example/reword",
        "https://other.example/reword",
        "https://model.example.evil.example/",
        "https://user:secret@model.example/",
        "https://model.example@other.example/",
        "ftp://model.example/",
        "file:///etc/passwd",
        "model.example/reword",
        "https://model.example:port/",
        "https://",
    ],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        endpoint_of(Settings(summary_endpoint=url, summary_hosts=("model.example",)))
    assert refused.value.code == "bad_setting"


def test_a_token_is_never_shown() -> None:
    assert "s3cret" not in repr(Settings(summary_token="s3cret"))


def test_what_became_of_it_is_kept_beside_the_summary_once(session: Session) -> None:
    with a_week(session) as week:
        made = week.make()
        ids = [one.id or 0 for one in made.summaries]
        before = [dict(one.content) for one in made.summaries]
        assert [one.id for one in rewording.waiting(session, ids)] == ids
        rewording.keep(session, SYSTEM, ids[0], Answer("reworded", Words("中", "en")))
        rewording.keep(session, SYSTEM, ids[1], Answer("failed", problem="no answer"))
        assert [one.id for one in rewording.waiting(session, ids)] == ids[2:]
        assert [one.content for one in made.summaries] == before
        kept = session.get_one(KpiSummaryRewording, ids[1])
        assert (kept.outcome, kept.zh, kept.problem) == ("failed", None, "no answer")
