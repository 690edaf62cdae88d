"""The pages of the ledger: reported, answered by the person concerned, decided with what it does in sight, withdrawn."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from appraisal import db, web
from appraisal.actor import Actor
from appraisal.incidents.models import Incident
from appraisal.people.models import Account
from tests.agreements.samples import Quarter, a_quarter, sign
from tests.site import a_browser, a_site, send


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> web.Site:
    return a_site(database_url, tmp_path)


@pytest.fixture
def quarter(site: web.Site) -> Iterator[Quarter]:
    with db.transaction(site.target, write=True) as session:
        made = a_quarter(session)
        sign(made)
        session.expunge_all()
    yield made


def browser(site: web.Site, actor: Actor) -> FlaskClient:
    with db.transaction(site.target, write=False) as session:
        login = session.get_one(Account, actor.account_id).login
    return a_browser(site, login)


def given(quarter: Quarter, **more: str) -> dict[str, str]:
    asked = {"number": quarter.employee.number, "event": "serious_violation", "happened_on": "2026-02-03"}
    return asked | {"facts": "伪造<b>签收单"} | more


def reported(site: web.Site, quarter: Quarter) -> str:
    """The address of an incident that the supervisor has reported."""
    answer = send(browser(site, quarter.supervisor), "/incidents/new", "/incidents/new", **given(quarter))
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def heard(site: web.Site, quarter: Quarter) -> str:
    address = reported(site, quarter)
    assert send(browser(site, quarter.own), address, f"{address}/hear", statement="客户补签").status_code == 303
    return address


def test_the_person_concerned_reads_it_and_states_their_side(site: web.Site, quarter: Quarter):
    address = reported(site, quarter)
    own = browser(site, quarter.own)
    text = own.get(address).text
    for words in ("严重违规", "伪造&lt;b&gt;签收单", "这件事涉及您", "说明我的情况"):
        assert words in text, words
    assert quarter.head.name not in text.split("<main")[1], "who filed it is not told before the hearing"
    answer = send(own, address, f"{address}/hear", statement="客户补签")
    text = own.get(answer.location).text
    assert "陈述已记录" in text and "客户补签" in text and "已陈述, 待认定" in text
    assert "查看影响并认定" not in text, "nobody decides their own"


def test_what_it_does_is_shown_before_it_is_confirmed(site: web.Site, quarter: Quarter):
    address = heard(site, quarter)
    hr = browser(site, quarter.hr)
    assert f'href="{address}/confirm"' in hr.get(address).text
    text = hr.get(f"{address}/confirm").text
    for words in ("涉及的人", "涉及的考核", "总分归零", "尚未计算", "涉及 1 人、1 项考核"):
        assert words in text, words
    answer = send(hr, f"{address}/confirm", f"{address}/confirm", findings="经核对属实")
    text = hr.get(answer.location).text
    assert "已认定, 涉及 1 项考核" in text and "经核对属实" in text
    with db.transaction(site.target, write=False) as session:
        assert session.exec(select(Incident)).one().status == "confirmed"


def test_nothing_is_decided_before_the_hearing_nor_on_an_older_version(site: web.Site, quarter: Quarter):
    address = reported(site, quarter)
    hr = browser(site, quarter.hr)
    assert "须先听取当事人陈述" in hr.get(f"{address}/confirm").text
    send(browser(site, quarter.own), address, f"{address}/hear", statement="客户补签")
    answer = send(hr, f"{address}/confirm", f"{address}/confirm", findings="属实<b>", version="1")
    assert answer.status_code == 409 and "属实&lt;b&gt;" in answer.text


def test_it_is_withdrawn_with_a_reason(site: web.Site, quarter: Quarter):
    address = heard(site, quarter)
    hr = browser(site, quarter.hr)
    answer = send(hr, address, f"{address}/withdraw", reason="客户出具证明")
    text = hr.get(answer.location).text
    assert "已撤回" in text and "客户出具证明" in text and "撤回事件" not in text


def test_a_report_that_cannot_stand_keeps_what_was_typed(site: web.Site, quarter: Quarter):
    hr = browser(site, quarter.hr)
    for more, words in (
        ({"number": "E-none"}, "没有工号 E-none"),
        ({"happened_on": "2020-01-01"}, "不在该员工任何已开启的考核周期内"),
        ({"facts": " "}, "有几处需要更正"),
    ):
        answer = send(hr, "/incidents/new", "/incidents/new", **given(quarter, **more))
        assert answer.status_code == 422 and words in answer.text, words
    assert "严重违规" in answer.text


def test_the_ledger_is_narrowed_and_taken_as_a_table(site: web.Site, quarter: Quarter):
    address = reported(site, quarter)
    hr = browser(site, quarter.hr)
    assert address in hr.get("/hr/incidents").text and address in hr.get("/hr/incidents?status=draft").text
    assert address not in hr.get("/hr/incidents?status=confirmed").text
    assert hr.get("/hr/incidents?status=odd").status_code == 422
    assert "严重违规" in hr.get("/hr/incidents/file.csv").text
    assert "Incidents" in hr.get("/hr/incidents?lang=en").text


def test_who_has_nothing_to_do_with_it_cannot_tell_it_from_nothing(site: web.Site, quarter: Quarter):
    address = reported(site, quarter)
    stranger = browser(site, quarter.payroll)
    assert stranger.get(address).status_code == stranger.get("/incidents/99999").status_code == 404
    assert address not in stranger.get("/hr/incidents").text
    assert stranger.get("/incidents/new").status_code == 403
    supervisor = browser(site, quarter.supervisor)
    assert supervisor.get(f"{address}/confirm").status_code == 403 and "撤回事件" not in supervisor.get(address).text
