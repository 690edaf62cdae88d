"""Messages to group chats: signed as each kind wants it, only where allowed, at most once, and never anybody's result."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import audit, clock, db, deliveries, notify, robots
from appraisal.audit import AuditRecord
from appraisal.config import OFFICIAL_HOSTS, Settings
from appraisal.deliveries import FAILED, SENT, SKIPPED, UNCERTAIN, WAITING, Delivery, Undelivered, Way
from appraisal.delivery import groups, service, views
from appraisal.delivery.models import Robot
from appraisal.errors import Conflict, Invalid, NotAllowed
from appraisal.labels import codes, label
from appraisal.people.models import Unit
from tests import factories as make
from tests.delivery.at_work import at_work
from tests.delivery.servers import Certificate, RobotHost, a_certificate, a_robot_host

NOW = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)
TOLD = {"cycle_opened": {"cycle": "一季度", "count": 12}, "kpi_severe": {"unit": "销售部", "period": "2026-04", "count": 2}}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return a_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def host(certificate: Certificate) -> Iterator[RobotHost]:
    with a_robot_host(certificate.context) as made:
        yield made


@pytest.fixture
def chosen(host: RobotHost, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings under which robots may be on this machine."""
    made = Settings(
        mode="test", site_address="https://kpi.example.com", webhook_hosts=(host.host,), ca_file=certificate.ca_file
    )
    monkeypatch.setattr(service, "settings", lambda: made)
    return made


@pytest.fixture(autouse=True)
def a_day() -> Iterator[None]:
    with clock.at(NOW):
        yield


def a_robot(session: Session, host: RobotHost, *, unit: Unit | None = None, **changed: Any) -> Robot:
    given = {"name": "群", "kind": "wecom", "events": list(TOLD), "language": "zh", "active": True, "secret": None}
    given |= {"address": f"https://{host.host}/cgi-bin/webhook/send?key=k-1", "unit_id": unit.id if unit else None}
    return service.add_robot(session, make.an_actor(session, "admin"), **(given | changed))


def connected(engine: Engine, host: RobotHost, **changed: Any) -> int:
    with db.transaction(engine, write=True) as session:
        return a_robot(session, host, **changed).id or 0


def announced(engine: Engine, kind: str = "cycle_opened", unit_id: int | None = None) -> None:
    with db.transaction(engine, write=True) as session:
        notify.announce(session, kind, about=("cycle", 7), unit_id=unit_id, **TOLD[kind])  # type: ignore[arg-type]


def deliver(engine: Engine, chosen: Settings) -> int:
    return groups.deliver(at_work(engine), chosen)


def rows(engine: Engine) -> list[Delivery]:
    with db.transaction(engine, write=False) as session:
        return list(session.exec(select(Delivery).order_by(Delivery.id)))  # type: ignore[arg-type]


def states(engine: Engine) -> list[str]:
    return [deliveries.state_of(one) for one in rows(engine)]


# What each kind is sent


def say(host: RobotHost, chosen: Settings, kind: str, secret: str | None = "SEC1") -> tuple[str, Any]:
    target = robots.Target(kind, f"https://{host.host}/send?token=t", secret)
    robots.say(chosen, target, "三件到期", 1_700_000_000.25)
    return host.got[-1]


def test_wecom_has_its_key_in_the_address_and_is_not_signed(host: RobotHost, chosen: Settings):
    path, body = say(host, chosen, "wecom")
    assert (path, body) == ("/send?token=t", {"msgtype": "text", "text": {"content": "三件到期"}})


def test_dingtalk_is_signed_in_the_address_with_milliseconds(host: RobotHost, chosen: Settings):
    path, body = say(host, chosen, "dingtalk")
    asked = parse_qs(urlsplit(path).query)
    signed = hmac.new(b"SEC1", b"1700000000250\nSEC1", hashlib.sha256).digest()
    assert asked == {"token": ["t"], "timestamp": ["1700000000250"], "sign": [base64.b64encode(signed).decode()]}
    assert body == {"msgtype": "text", "text": {"content": "三件到期"}}
    assert say(host, chosen, "dingtalk", None)[0] == "/send?token=t"


def test_feishu_is_signed_in_the_body_with_seconds(host: RobotHost, chosen: Settings):
    host.answer = (200, b'{"code": 0, "msg": "success"}')
    path, body = say(host, chosen, "feishu")
    signed = base64.b64encode(hmac.new(b"1700000000\nSEC1", b"", hashlib.sha256).digest()).decode()
    assert path == "/send?token=t"
    assert body == {"timestamp": "1700000000", "sign": signed, "msg_type": "text", "content": {"text": "三件到期"}}
    assert say(host, chosen, "feishu", None)[1] == {"msg_type": "text", "content": {"text": "三件到期"}}


def test_a_text_is_cut_between_signs_where_it_is_too_long():
    assert robots.shortened("字" * 682) == "字" * 682
    long = robots.shortened("字" * 683)
    assert long == "字" * 681 + "…" and len(long.encode()) <= robots.LONGEST_TEXT


# Where a message may go


@pytest.mark.parametrize(
    "address",
    [
        "http://qyapi.weixin.qq.com/send",
        "https://qyapi.weixin.qq.com.evil.com/send",
        "https://evil.com/qyapi.weixin.qq.com",
        "https://qyapi.weixin.qq.com@evil.com/send",
        "https://me:pw@qyapi.weixin.qq.com/send",
        "https://qyapi.weixin.qq.com:8443/send",
        "https://qyapi.weixin.qq.com/send#x",
        "https://qyapi.weixin.qq.com/se nd",
        "https://qyapi.weixin.qq.com/send\r\nX: y",
        "https://127.0.0.1/send",
        "https://[::1/send",
        "ftp://qyapi.weixin.qq.com/send",
    ],
)
def test_only_listed_hosts_are_spoken_to_and_only_by_https(address: str):
    with pytest.raises(Invalid):
        robots.host_of(Settings(mode="test"), address)
    with pytest.raises(Undelivered) as refused:
        robots.say(Settings(mode="test"), robots.Target("wecom", address), "x", 1.0)
    assert refused.value.how == "never"


def test_the_three_companies_are_listed_unless_others_are():
    for host in OFFICIAL_HOSTS:
        assert robots.host_of(Settings(mode="test"), f"https://{host.upper()}/send?key=1") == host


def test_an_official_host_at_a_private_address_is_sent_nothing(
    host: RobotHost, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(robots, "OFFICIAL_HOSTS", ("127.0.0.1",))
    chosen = Settings(mode="test", webhook_hosts=(host.host,), ca_file=certificate.ca_file)
    with pytest.raises(Undelivered, match="private"):
        say(host, chosen, "wecom")
    assert host.got == []


def test_a_host_without_a_certificate_that_is_trusted_is_sent_nothing(host: RobotHost):
    with pytest.raises(Undelivered) as refused:
        say(host, Settings(mode="test", webhook_hosts=(host.host,)), "wecom")
    assert refused.value.how == "unreachable" and host.got == []


@pytest.mark.parametrize(
    ("status", "body", "how"),
    [
        (200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}', "never"),
        (200, b'{"errcode": 45009, "errmsg": "api freq out of limit"}', "later"),
        (200, b'{"code": 19021, "msg": "sign match fail"}', "never"),
        (200, b"<html>", "never"),
        (200, b"[0]", "never"),
        (200, b'{"errcode": 0, "x": "' + b"x" * robots.LARGEST_ANSWER + b'"}', "never"),
        (302, b'{"errcode": 0}', "never"),
        (404, b"", "never"),
        (429, b"", "later"),
        (500, b"", "uncertain"),
    ],
)
def test_what_came_of_a_message(host: RobotHost, chosen: Settings, status: int, body: bytes, how: str):
    host.answer, host.headers = (status, body), {"Location": f"https://{host.host}/elsewhere"}
    with pytest.raises(Undelivered) as refused:
        say(host, chosen, "wecom")
    assert refused.value.how == how
    assert len(host.got) == 1, "nothing is sent on to where the answer points"


# Delivering


def test_a_group_is_told_once_and_in_one_message(engine: Engine, host: RobotHost, chosen: Settings):
    connected(engine, host)
    announced(engine)
    announced(engine, "kpi_severe")
    assert [deliver(engine, chosen) for _ in range(2)] == [1, 0]
    [(path, body)] = host.got
    first, second = rows(engine)
    assert path == "/cgi-bin/webhook/send?key=k-1"
    assert body["text"]["content"].splitlines() == [
        "绩效考核 · Staff appraisal",
        "考核周期「一季度」已开启, 共 12 份考核",
        f"https://kpi.example.com/announcements/{first.announcement_id}",
        "销售部 2026-04: 2 项指标达到「严重」",
        f"https://kpi.example.com/announcements/{second.announcement_id}",
    ]
    assert states(engine) == [SENT, SENT]


def test_more_than_one_message_takes_is_said_in_several(engine: Engine, host: RobotHost, chosen: Settings):
    connected(engine, host, language="en")
    for _ in range(groups.MOST_LINES + 1):
        announced(engine)
    assert deliver(engine, chosen) == 2
    assert [body["text"]["content"].count("The cycle") for _, body in host.got] == [groups.MOST_LINES, 1]


def test_a_group_is_told_what_it_chose_from_when_it_was_connected(engine: Engine, host: RobotHost, chosen: Settings):
    with clock.at(NOW - timedelta(hours=1)):
        announced(engine, "kpi_severe")
    connected(engine, host, events=["kpi_severe"])
    announced(engine)
    assert deliver(engine, chosen) == 0
    announced(engine, "kpi_severe")
    assert deliver(engine, chosen) == 1


def test_the_group_of_a_unit_is_told_what_concerns_it(engine: Engine, host: RobotHost, chosen: Settings):
    with db.transaction(engine, write=True) as session:
        above = make.a_unit(session, "总部")
        here = make.a_unit(session, "生产部", parent=above)
        below = make.a_unit(session, "一车间", parent=here)
        beside = make.a_unit(session, "销售部", parent=above)
        a_robot(session, host, unit=here)
        ids = [one.id for one in (above, here, below, beside)]
    for unit_id in (*ids, None):
        announced(engine, unit_id=unit_id)
    deliver(engine, chosen)
    with db.transaction(engine, write=False) as session:
        told = select(notify.Announcement.unit_id).join(Delivery, Delivery.announcement_id == notify.Announcement.id)  # type: ignore[arg-type]
        assert set(session.exec(told)) == {*ids[:3], None}


def test_an_answer_that_never_comes_leaves_it_uncertain_for_good(engine: Engine, host: RobotHost, chosen: Settings):
    connected(engine, host)
    announced(engine)
    host.hang_up = True
    deliver(engine, chosen)
    host.hang_up = False
    with clock.at(NOW + timedelta(days=1)):
        deliver(engine, chosen)
        assert states(engine) == [UNCERTAIN]
    assert len(host.got) == 1


def test_a_host_that_is_not_there_pauses_its_robot_and_no_other(
    engine: Engine, host: RobotHost, chosen: Settings, monkeypatch: pytest.MonkeyPatch
):
    connected(engine, host)
    dead = connected(engine, host, name="另一个群")
    announced(engine)
    real = groups.target_of
    moved = robots.Target("wecom", "https://127.0.0.1:9/send")
    monkeypatch.setattr(groups, "target_of", lambda robot: moved if robot.id == dead else real(robot))
    everywhere = Settings(**vars(chosen) | {"webhook_hosts": (host.host, "127.0.0.1:9")})
    assert deliver(engine, everywhere) == 1
    assert states(engine) == [SENT, WAITING]
    with db.transaction(engine, write=False) as session:
        way = session.get_one(Way, deliveries.robot_way(dead))
        assert (way.faults, way.retry_at) == (1, NOW + timedelta(minutes=1))
    monkeypatch.setattr(groups, "target_of", real)
    announced(engine, "kpi_severe")
    assert deliver(engine, everywhere) == 1, "it is not the other's turn yet"
    with clock.at(NOW + timedelta(minutes=1)):
        deliver(engine, everywhere)
        assert states(engine) == [SENT] * 4


def test_a_robot_that_refuses_is_told_of_with_its_words(engine: Engine, host: RobotHost, chosen: Settings):
    connected(engine, host)
    announced(engine)
    host.answer = (200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}')
    deliver(engine, chosen)
    [one] = rows(engine)
    assert (one.state, one.words) == (FAILED, "93000 invalid webhook url")


def test_a_robot_that_was_switched_off_says_nothing_more(engine: Engine, host: RobotHost, chosen: Settings):
    robot_id = connected(engine, host)
    announced(engine)
    host.answer = (429, b"")
    deliver(engine, chosen)
    with db.transaction(engine, write=True) as session:
        session.get_one(Robot, robot_id).active = False
    host.answer = (200, b'{"errcode": 0}')
    with clock.at(NOW + timedelta(hours=1)):
        deliver(engine, chosen)
    assert [(one.state, one.why) for one in rows(engine)] == [(SKIPPED, "switched_off")]
    assert len(host.got) == 1


def test_nothing_that_groups_are_told_has_room_for_a_person_or_a_figure_of_one():
    allowed = {"cycle", "unit", "period", "count", "soon", "today", "overdue", "task", "name"}
    for kind in codes("announcement"):
        for text in (label("announcement", kind).zh, label("announcement", kind).en):
            asked = {part[1] for part in Formatter().parse(text) if part[1]}
            assert asked <= allowed and ("name" not in asked or kind == groups.TEST)


# Looking after robots


def test_address_and_secret_are_kept_sealed_and_off_the_trail(session: Session, host: RobotHost, chosen: Settings):
    robot = a_robot(session, host, kind="dingtalk", secret="SEC-very-secret")
    service.change_robot(session, make.an_actor(session, "admin"), robot, **_as_it_is(robot) | {"name": "新名"})
    assert groups.target_of(robot) == robots.Target(
        "dingtalk", f"https://{host.host}/cgi-bin/webhook/send?key=k-1", "SEC-very-secret"
    )
    assert b"k-1" not in robot.sealed and b"SEC" not in robot.sealed
    audit.flush(session)
    kept = [row.payload for row in session.exec(select(AuditRecord).where(AuditRecord.object_kind == "robot"))]
    assert len(kept) == 2 and not any("k-1" in (one or "") or "SEC" in (one or "") for one in kept)
    assert json.loads(kept[1] or "")["after"]["name"] == "新名"


def _as_it_is(robot: Robot) -> dict[str, Any]:
    return {name: getattr(robot, name) for name in ("name", "kind", "events", "unit_id", "language", "active")}


def test_a_new_secret_or_kind_asks_for_the_address_too(session: Session, host: RobotHost, chosen: Settings):
    robot, admin = a_robot(session, host), make.an_actor(session, "admin")
    for changed in ({"secret": "SEC2"}, {"kind": "feishu"}):
        with pytest.raises(Invalid, match="address"):
            service.change_robot(session, admin, robot, **_as_it_is(robot) | changed)
    address = f"https://{host.host}/hook/2"
    service.change_robot(session, admin, robot, **_as_it_is(robot) | {"kind": "feishu", "secret": "S", "address": address})
    assert groups.target_of(robot) == robots.Target("feishu", address, "S")


def test_robots_are_the_administrators_alone_and_have_names_of_their_own(session: Session, host: RobotHost, chosen: Settings):
    robot = a_robot(session, host)
    for role in ("hr", "auditor"):
        with pytest.raises(NotAllowed):
            service.change_robot(session, make.an_actor(session, role), robot, **_as_it_is(robot))
    with pytest.raises(Conflict):
        a_robot(session, host)
    with pytest.raises(Invalid):
        a_robot(session, host, name="别的", address="https://example.com/send")


def test_a_test_is_said_by_that_robot_even_while_it_is_paused(engine: Engine, host: RobotHost, chosen: Settings):
    robot_id = connected(engine, host)
    connected(engine, host, name="另一个群")
    with db.transaction(engine, write=True) as session:
        deliveries.note_unreachable(session, deliveries.robot_way(robot_id), "gone")
        service.test_robot(session, make.an_actor(session, "admin"), session.get_one(Robot, robot_id))
    assert deliver(engine, chosen) == 1
    [(_, body)] = host.got
    assert "群机器人「群」已接通" in body["text"]["content"]


def test_a_robot_that_is_off_is_not_tested(session: Session, host: RobotHost, chosen: Settings):
    with pytest.raises(Conflict):
        service.test_robot(session, make.an_actor(session, "admin"), a_robot(session, host, active=False))


def test_the_worker_is_asked_only_while_there_is_something_to_say(engine: Engine, host: RobotHost, chosen: Settings):
    def anything() -> bool:
        with db.transaction(engine, write=False) as session:
            return groups.anything_to_do(session)

    announced(engine)
    assert not anything(), "nobody is to say it"
    connected(engine, host)
    announced(engine)
    assert anything()
    deliver(engine, chosen)
    assert not anything()


def test_every_kind_of_announcement_says_whose_work_it_is():
    assert set(views._CONCERNED) == set(codes("announcement"))
