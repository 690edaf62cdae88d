"""Mail to people: at most once each, whatever dies in between; put off where nobody is there; as each person wants it."""

import base64
import multiprocessing
import os
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import audit, clock, db, deliveries, mail, notify, schedules, worker
from appraisal.actor import SYSTEM
from appraisal.config import Settings
from appraisal.deliveries import CLAIMED, FAILED, MAIL, SENT, SKIPPED, UNCERTAIN, WAITING, Delivery, Way
from appraisal.delivery import jobs as delivery_jobs
from appraisal.delivery import mailing
from appraisal.people.models import Employee
from tests import factories as make
from tests.contests import at_once
from tests.delivery.at_work import at_work
from tests.delivery.servers import HANG_UP, MailServer, a_certificate, a_mail_server

NOW = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)  # ten in the morning where the company works
MORNING = datetime(2026, 5, 5, 0, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with a_mail_server() as made:
        yield made


@pytest.fixture(autouse=True)
def a_day() -> Iterator[None]:
    with clock.at(NOW):
        yield


def settings(port: int, **changed: Any) -> Settings:
    given = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "mail_from": "kpi@example.com"}
    return Settings(mode="test", site_address="https://kpi.example.com", **(given | changed))


def somebody(session: Session, email: str | None = "li@example.com", how: str = "each", **more: Any) -> Employee:
    employee = make.an_employee(session)
    employee.email, employee.mail_how = email, how
    for name, value in more.items():
        setattr(employee, name, value)
    session.flush()
    return employee


def told(session: Session, employee: Employee, kind: str = "appeal_accepted", **values: Any) -> notify.Notification:
    """Of `kind`: appeal_accepted is urgent, amendment_approved is not."""
    return notify.post(session, employee.id or 0, kind, about=("cycle", 7), **({"cycle": "一季度"} | values))


def one_told(engine: Engine, **more: Any) -> None:
    with db.transaction(engine, write=True) as session:
        told(session, somebody(session, **more))


def deliver(engine: Engine, chosen: Settings) -> int:
    """One job of the worker."""
    return mailing.deliver(at_work(engine), chosen)


def rows(engine: Engine) -> list[Delivery]:
    with db.transaction(engine, write=False) as session:
        return list(session.exec(select(Delivery).order_by(Delivery.id)))  # type: ignore[arg-type]


def way(engine: Engine) -> Way:
    with db.transaction(engine, write=False) as session:
        return session.get_one(Way, MAIL)


def a_dead_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_a_mail_says_what_the_page_says_and_leads_to_it(engine: Engine, server: MailServer):
    one_told(engine, name="王, 小明")
    assert deliver(engine, settings(server.port)) == 1
    [(to, _)], [one] = server.taken, server.mails
    assert to == "li@example.com"
    assert one["To"].addresses[0].display_name == "王, 小明"
    assert one["To"].addresses[0].addr_spec == "li@example.com"
    assert one["Subject"] == "绩效考核: 一条新消息"
    [delivery] = rows(engine)
    link = f"https://kpi.example.com/notifications/{delivery.notification_id}"
    text, page = (one.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "一季度: 您的申诉已受理" in text and link in text
    assert "一季度: 您的申诉已受理" in page and f'href="{link}"' in page and "王, 小明" in page
    assert one["Auto-Submitted"] == "auto-generated"
    assert one["List-Unsubscribe"] == "<https://kpi.example.com/my/notification-settings>"
    assert one["Message-ID"] == delivery.sent_as and delivery.sent_as.endswith("@example.com>")
    assert one["Date"].datetime == NOW
    assert (delivery.state, way(engine).last_sent_at) == (SENT, NOW)


def test_each_has_it_in_their_language(engine: Engine, server: MailServer):
    one_told(engine, mail_language="en")
    deliver(engine, settings(server.port))
    [one] = server.mails
    assert one["Subject"] == "Staff appraisal: a new message"
    assert "your appeal has been taken up" in one.get_body(("plain",)).get_content()
    assert "您" not in one.get_body(("html",)).get_content()


def test_nothing_is_sent_twice_however_often_it_is_delivered(engine: Engine, server: MailServer):
    one_told(engine)
    assert [deliver(engine, settings(server.port)) for _ in range(3)] == [1, 0, 0]
    assert len(server.taken) == 1


def _deliver_and_die(url: str, port: int) -> None:
    mail.Connection.hand_over = lambda *_: os._exit(9)  # type: ignore[method-assign]
    with clock.at(NOW):
        deliver(db.make_engine(url), settings(port))


def test_what_was_claimed_when_its_worker_was_killed_is_never_sent_again(engine: Engine, database_url: str, server: MailServer):
    one_told(engine)
    killed = multiprocessing.get_context("fork").Process(target=_deliver_and_die, args=(database_url, server.port))
    killed.start()
    killed.join(30)
    assert killed.exitcode == 9
    assert [one.state for one in rows(engine)] == [CLAIMED]
    one_told(engine, email="other@example.com")
    with clock.at(NOW + timedelta(hours=1)):
        deliver(engine, settings(server.port))
        lost, other = rows(engine)
        assert (deliveries.state_of(lost), other.state) == (UNCERTAIN, SENT)
        with db.transaction(engine, write=False) as session:
            assert deliveries.counts(session)[MAIL, UNCERTAIN] == 1
        with db.transaction(engine, write=True) as session:
            deliveries.retry_now(session, MAIL)
        deliver(engine, settings(server.port))
    assert [to for to, _ in server.taken] == ["other@example.com"]


def test_of_two_who_claim_the_same_one_gets_it(engine: Engine):
    one_told(engine)
    with db.transaction(engine, write=True) as session:
        mailing.plan(session)
    ids = [one.id or 0 for one in rows(engine)]
    claims = []
    for _ in range(2):
        with db.transaction(engine, write=True) as session:
            claims.append(deliveries.claim(session, ids))
    assert claims == [ids, []]


def test_two_who_plan_at_once_make_one_row_of_each(engine: Engine):
    for _ in range(3):
        one_told(engine)

    def plan() -> int:
        with db.transaction(engine, write=True) as session:
            return mailing.plan(session)

    assert sorted(at_once(plan, plan)) == [0, 3]
    assert len(rows(engine)) == 3


def test_the_worker_delivers_when_there_is_something_to_deliver(
    engine: Engine, server: MailServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(delivery_jobs, "settings", lambda: settings(server.port))
    asked = []
    for minute in range(3):
        with clock.at(NOW + timedelta(minutes=minute)):
            if minute == 1:
                one_told(engine)
            asked += [name for name in schedules.fire_due(engine) if name == "delivery.deliver"]
            worker.work_off(engine)
    assert (len(asked), len(server.taken)) == (1, 1)


def test_while_somebody_is_at_it_a_claim_is_not_uncertain(engine: Engine):
    begun = Delivery(way=MAIL, notification_id=1, state=CLAIMED, claimed_at=NOW)
    with clock.at(NOW + deliveries.LONGEST_CLAIM):
        assert deliveries.state_of(begun) == CLAIMED
    with clock.at(NOW + deliveries.LONGEST_CLAIM + timedelta(seconds=1)):
        assert deliveries.state_of(begun) == UNCERTAIN


def test_a_connection_that_ends_after_the_text_leaves_it_uncertain(engine: Engine, server: MailServer):
    one_told(engine)
    server.answers["."] = [HANG_UP]
    assert deliver(engine, settings(server.port)) == 0
    with clock.at(NOW + timedelta(days=1)):
        deliver(engine, settings(server.port))
        [one] = rows(engine)
        assert deliveries.state_of(one) == UNCERTAIN and one.words
    assert len(server.taken) == 1


def test_a_dead_server_is_left_alone_for_longer_each_time_and_found_again(engine: Engine, server: MailServer):
    one_told(engine)
    dead = settings(a_dead_port())
    assert deliver(engine, dead) == 0
    found = way(engine)
    assert (found.faults, found.retry_at) == (1, NOW + timedelta(minutes=1))
    assert found.fault is not None and "ConnectionRefusedError" in found.fault
    assert [one.state for one in rows(engine)] == [WAITING]
    assert deliver(engine, settings(server.port)) == 0, "it is not its turn yet"
    with clock.at(NOW + timedelta(minutes=1)):
        assert deliver(engine, dead) == 0
        assert way(engine).retry_at == NOW + timedelta(minutes=5)
    with clock.at(NOW + timedelta(minutes=5)):
        assert deliver(engine, settings(server.port)) == 1
        assert (way(engine).faults, way(engine).retry_at) == (0, None)
    assert server.connections == 1


def test_waits_grow_to_a_day_and_what_is_too_old_is_given_up(engine: Engine):
    assert [deliveries.wait_after(n) for n in (1, 2, 3)] == [timedelta(minutes=n) for n in (1, 4, 16)]
    assert deliveries.wait_after(30) == timedelta(days=1)
    one_told(engine)
    deliver(engine, settings(a_dead_port()))
    for days, state in ((3, WAITING), (6, FAILED)):
        with clock.at(NOW + timedelta(days=days)):
            deliver(engine, settings(a_dead_port()))
            assert rows(engine)[0].state == state
    assert rows(engine)[0].why == "too_late"


def test_one_dead_connection_ends_the_batch(engine: Engine):
    for _ in range(5):
        one_told(engine)
    with a_mail_server() as server:
        server.answers["connect"] = ["421 too busy"] * 9
        assert deliver(engine, settings(server.port)) == 0
        assert server.connections == 1
    assert {one.state for one in rows(engine)} == {WAITING}


@pytest.mark.parametrize("answer", [HANG_UP, "421 closing"])
def test_a_connection_that_ends_before_the_text_ends_the_batch_and_gives_the_claim_back(
    engine: Engine, server: MailServer, answer: str
):
    for _ in range(3):
        one_told(engine)
    server.answers["MAIL"] = [answer]
    assert deliver(engine, settings(server.port)) == 0
    assert [(one.state, one.attempts) for one in rows(engine)] == [(WAITING, 1), (WAITING, 0), (WAITING, 0)]
    with clock.at(NOW + timedelta(minutes=1)):
        assert deliver(engine, settings(server.port)) == 3


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "."])
def test_a_mail_that_is_not_taken_now_is_tried_again_and_holds_up_no_other(engine: Engine, server: MailServer, verb: str):
    one_told(engine, email="full@example.com")
    one_told(engine)
    server.answers[verb] = ["452 4.2.2 the mailbox of <full@example.com> is full"]
    assert deliver(engine, settings(server.port)) == 1
    first, second = rows(engine)
    assert (first.state, first.due_at, second.state) == (WAITING, NOW + timedelta(minutes=1), SENT)
    assert first.words == "452 4.2.2 the mailbox of <…> is full"
    with clock.at(NOW + timedelta(minutes=1)):
        assert deliver(engine, settings(server.port)) == 1
    assert [to for to, _ in server.taken] == ["li@example.com", "full@example.com"]
    assert rows(engine)[0].sent_as == first.sent_as, "the same mail under the same name"


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "."])
def test_what_is_refused_for_good_is_not_tried_again(engine: Engine, server: MailServer, verb: str):
    one_told(engine)
    server.answers[verb] = ["550 5.1.1 no such user"]
    deliver(engine, settings(server.port))
    with clock.at(NOW + timedelta(days=1)):
        deliver(engine, settings(server.port))
    [one] = rows(engine)
    assert (one.state, one.why, one.words) == (FAILED, "refused", "550 5.1.1 no such user")
    assert server.taken == []


def test_a_digest_is_one_mail_at_eight_with_what_was_not_read(engine: Engine, server: MailServer):
    with db.transaction(engine, write=True) as session:
        employee = somebody(session, how="digest")
        for cycle in ("一季度", "二季度", "三季度"):
            last = told(session, employee, cycle=cycle)
        last.read_at = NOW
    assert deliver(engine, settings(server.port)) == 0
    with clock.at(MORNING - timedelta(seconds=1)):
        assert deliver(engine, settings(server.port)) == 0
    with clock.at(MORNING):
        assert deliver(engine, settings(server.port)) == 1
    [one] = server.mails
    text = one.get_body(("plain",)).get_content()
    assert one["Subject"] == "绩效考核: 2 条消息"
    assert "一季度" in text and "二季度" in text and "三季度" not in text
    assert [(row.state, row.why) for row in rows(engine)] == [(SENT, None), (SENT, None), (SKIPPED, "read")]


def test_by_default_what_is_urgent_goes_at_once_and_the_rest_in_the_morning(engine: Engine, server: MailServer):
    with db.transaction(engine, write=True) as session:
        employee = somebody(session, how="urgent")
        told(session, employee, "appeal_accepted")
        told(session, employee, "amendment_approved", name="李雷")
    assert deliver(engine, settings(server.port)) == 1
    assert [one.due_at for one in rows(engine)] == [NOW, MORNING]


@pytest.mark.parametrize(
    ("changed", "why"),
    [({"how": "none"}, "not_wanted"), ({"email": None}, "no_address"), ({"left_on": date(2026, 5, 3)}, "left")],
)
def test_who_wants_none_has_no_address_or_has_left_is_sent_none(
    engine: Engine, server: MailServer, changed: dict[str, Any], why: str
):
    one_told(engine, **changed)
    assert deliver(engine, settings(server.port)) == 0
    assert [(one.state, one.why) for one in rows(engine)] == [(SKIPPED, why)]


def test_who_works_their_last_day_is_still_sent_mail(engine: Engine, server: MailServer):
    one_told(engine, left_on=date(2026, 5, 4))
    assert deliver(engine, settings(server.port)) == 1


def test_what_was_told_long_before_mail_was_set_up_stays_on_the_page(engine: Engine, server: MailServer):
    with clock.at(NOW - deliveries.RECENT - timedelta(seconds=1)):
        one_told(engine)
    with clock.at(NOW - deliveries.RECENT):
        one_told(engine)
    assert deliver(engine, settings(server.port)) == 1


def test_what_may_have_been_sent_before_a_backup_was_restored_is_not_sent_again(engine: Engine, server: MailServer):
    """The backup was taken with one mail waiting and one not planned; both went out before the machine was lost."""
    one_told(engine)
    with db.transaction(engine, write=True) as session:
        mailing.plan(session)
    one_told(engine)
    with clock.at(NOW + timedelta(hours=1)), db.transaction(engine, write=True) as session:
        audit.record(session, SYSTEM, "backup.restore", "backup", "b1")
    with clock.at(NOW + timedelta(hours=2)):
        one_told(engine, email="new@example.com")
        assert deliver(engine, settings(server.port)) == 1
        assert [(one.state, one.why) for one in rows(engine)] == [(SKIPPED, "restored"), (SENT, None)]
    assert [to for to, _ in server.taken] == ["new@example.com"]


def test_a_name_cannot_smuggle_in_a_line(engine: Engine, server: MailServer):
    one_told(engine, name='x\r\nBcc: all@example.com\r\n\r\n<b>"')
    deliver(engine, settings(server.port))
    [one] = server.mails
    assert one["Bcc"] is None
    assert one["To"].addresses[0].display_name == 'x Bcc: all@example.com <b>"'
    assert "<b>" not in one.get_body(("html",)).get_content()


def test_a_mail_that_cannot_be_written_holds_up_no_other(engine: Engine, server: MailServer):
    one_told(engine, email="no address at all")
    one_told(engine)
    assert deliver(engine, settings(server.port)) == 1
    assert [one.state for one in rows(engine)] == [FAILED, SENT]


def test_without_a_mail_server_nothing_is_planned_and_nothing_is_to_do(engine: Engine):
    one_told(engine)
    assert deliver(engine, Settings(mode="test")) == 0
    assert rows(engine) == []


def test_there_is_something_to_do_while_anything_waits(engine: Engine, server: MailServer):
    def anything() -> bool:
        with db.transaction(engine, write=False) as session:
            return mailing.anything_to_do(session)

    assert not anything()
    one_told(engine, how="digest")
    assert anything()
    deliver(engine, settings(server.port))
    assert not anything()
    with clock.at(MORNING):
        assert anything()
        deliver(engine, settings(a_dead_port()))
        assert not anything()


def test_a_server_is_spoken_to_under_a_certificate_that_is_trusted(engine: Engine, tmp_path: Path):
    certificate = a_certificate(tmp_path)
    one_told(engine)
    with a_mail_server(certificate.context) as server:
        assert deliver(engine, settings(server.port, smtp_security="tls")) == 0
        assert "CERTIFICATE_VERIFY_FAILED" in (way(engine).fault or "")
        with clock.at(NOW + timedelta(minutes=1)):
            assert deliver(engine, settings(server.port, smtp_security="tls", ca_file=certificate.ca_file)) == 1


def test_starttls_is_insisted_on_and_comes_before_the_password(engine: Engine, server: MailServer, tmp_path: Path):
    certificate = a_certificate(tmp_path)
    secret = {"smtp_security": "starttls", "smtp_user": "kpi", "smtp_password": "pw", "ca_file": certificate.ca_file}
    one_told(engine)
    assert deliver(engine, settings(server.port, **secret)) == 0, "this one does not offer it"
    assert (server.signed_in, server.taken) == ([], [])
    with clock.at(NOW + timedelta(minutes=1)), a_mail_server(starttls=certificate.context) as other:
        assert deliver(engine, settings(other.port, **secret)) == 1
        assert other.signed_in == ["AUTH PLAIN " + base64.b64encode(b"\0kpi\0pw").decode()]


def test_a_password_that_is_refused_is_told_without_it(engine: Engine, server: MailServer):
    one_told(engine)
    server.answers["AUTH"] = ["535 no"] * 9
    assert deliver(engine, settings(server.port, smtp_user="kpi", smtp_password="very secret")) == 0
    assert way(engine).fault == "SMTP_USER, SMTP_PASSWORD: 535"
