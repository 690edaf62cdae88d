"""Whom an incident reaches, over the API: looked at before, named, and told with the decision."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.people.models import Account
from appraisal.results import service as results
from tests.agreements.samples import AFTER_APPEALS, approve, publish
from tests.caller import Caller, a_service
from tests.incidents.coal import Company, a_coal_company, filed, reviewed

Sign = Callable[[Actor], Caller]
TOTAL = {"zh": "总分归零(计算分保留)", "en": "the total becomes 0 (the computed score is kept)"}
SUPPORT = {"zh": "「行政后勤保障工作效果」归零", "en": "Administrative support becomes 0"}


@pytest.fixture
def company(engine: Engine) -> Company:
    with clock.at(date(2026, 4, 8)), db.transaction(engine, write=True) as session:
        return a_coal_company(session)


@pytest.fixture
def as_(company: Company, database_url: str, engine: Engine, tmp_path: Path) -> Sign:
    site = a_service(database_url, tmp_path)

    def caller(actor: Actor) -> Caller:
        with db.transaction(engine, write=False) as session:
            return Caller(site, session.get_one(Account, actor.account_id))

    return caller


def person(company: Company, who: str) -> dict[str, object]:
    one = company.people[who]
    return {"id": one.id, "number": one.number, "name": one.name}


def heard(engine: Engine, company: Company, who: str, event: str) -> str:
    """An incident that only waits to be confirmed, and its address."""
    with db.transaction(engine, write=True) as session:
        return f"/incidents/{filed(company_in(session, company), who, event).id}"


def company_in(session: db.DoorSession, company: Company) -> Company:
    return Company(session, company.cycle, company.units, company.people, company.reporter, company.hr)


def shortly(found: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [(one["employee"]["name"], one["step"], one["result"], one["effects"]) for one in found]


def test_before_it_is_confirmed_whom_it_would_reach_and_what_it_would_do(engine: Engine, company: Company, as_: Sign):
    path = heard(engine, company, "driver", "driver_complaint")
    seen = as_(company.hr).get(f"{path}/reach")
    assert (seen.status, seen.json["asks_for_names"]) == (200, False)
    driver, supervisor = seen.json["people"]
    own = {"zh": "「服务态度」归零", "en": "Service attitude becomes 0"}
    assert driver == {"employee": person(company, "driver"), "reach": ["self"], "reason": None, "effect": own}
    assert supervisor == {"employee": person(company, "supervisor"), "reach": ["post"], "reason": None, "effect": SUPPORT}
    assert [one["cycle"] for one in seen.json["affected"]] == [company.cycle.code] * 2
    assert shortly(seen.json["affected"]) == [
        ("韩师傅", "data_collection", "none", [own]),
        ("刘后勤", "data_collection", "none", [SUPPORT]),
    ]
    assert as_(company.hr).get(path).json["people"] == [driver]


def test_people_are_named_and_taken_out_on_the_version_that_was_seen(engine: Engine, company: Company, as_: Sign):
    path, hr = heard(engine, company, "production", "production_accident"), as_(company.hr)
    engineer, driver = company.people["engineer"].id, company.people["driver"].id
    assert hr.get(f"{path}/reach").json["asks_for_names"] is True
    version = hr.get(path).version
    named = hr.post(f"{path}/people", {"employee_id": engineer, "reason": "当班"}, version=version)
    assert (named.status, named.version) == (200, version + 1)
    assert [(one["employee"]["id"], one["reach"], one["reason"]) for one in named.json["people"][1:]] == [
        (engineer, ["named"], "当班")
    ]
    late = hr.post(f"{path}/people", {"employee_id": driver, "reason": "当班"}, version=version)
    assert (late.status, late.json["current"]["version"]) == (412, version + 1)
    nameless = hr.post(f"{path}/people", {"employee_id": driver}, version=named.version)
    assert (nameless.status, nameless.json["errors"][0]["path"]) == (422, "reason")
    out = hr.post(f"{path}/people/removal", {"employee_id": engineer, "reason": "当日休假"}, version=named.version)
    assert [one["employee"]["name"] for one in out.json["people"]] == ["苏部长"]
    refused = hr.post(f"{path}/confirm", {"findings": "属实"}, version=out.version)
    assert (refused.status, refused.json["code"]) == (409, "nobody_named")
    said = {"findings": "属实", "nobody_named": "责任全在设备"}
    confirmed = hr.post(f"{path}/confirm", said, version=out.version)
    assert confirmed.json["entries"][-1]["nobody_named"] == "责任全在设备"
    assert [one["employee"]["name"] for one in confirmed.json["affected"]] == ["苏部长"]


def test_a_decision_tells_whose_results_it_moves_and_how_far_those_had_come(engine: Engine, company: Company, as_: Sign):
    with clock.at(date(2026, 4, 8)), db.transaction(engine, write=True) as session:
        there = company_in(session, company)
        chef, supervisor = reviewed(there, "chef"), reviewed(there, "supervisor")
        results.compute_result(session, chef.hr, chef.appraisal.id)
        publish(supervisor)
    path, hr = heard(engine, company, "chef", "food_event"), as_(company.hr)
    before = [("周师傅", "publication", "computed", [TOTAL]), ("刘后勤", "publication", "published", [TOTAL])]
    assert shortly(hr.get(f"{path}/reach").json["affected"]) == before
    confirmed = hr.post(f"{path}/confirm", {"findings": "属实"}, version=hr.get(path).version)
    assert (confirmed.status, shortly(confirmed.json["affected"])) == (200, before)
    with clock.at(AFTER_APPEALS), db.transaction(engine, write=True) as session:
        results.compute_result(session, chef.hr, chef.appraisal.id)
    withdrawn = hr.post(f"{path}/withdraw", {"reason": "检验合格"}, version=confirmed.version)
    assert shortly(withdrawn.json["affected"]) == before


def test_an_approved_result_is_said_to_be_one(engine: Engine, company: Company, as_: Sign):
    with clock.at(date(2026, 4, 8)), db.transaction(engine, write=True) as session:
        supervisor = reviewed(company_in(session, company), "supervisor")
        publish(supervisor)
    with clock.at(AFTER_APPEALS), db.transaction(engine, write=True) as session:
        supervisor.session = session
        approve(supervisor)
    path, hr = heard(engine, company, "driver", "driver_complaint"), as_(company.hr)
    confirmed = hr.post(f"{path}/confirm", {"findings": "属实"}, version=hr.get(path).version)
    assert [(one[0], one[2]) for one in shortly(confirmed.json["affected"])] == [("韩师傅", "none"), ("刘后勤", "approved")]
    assert confirmed.json["affected"][1]["says"]["en"] == "approved: the result stands until it is reopened by approval"


def test_a_report_withdrawn_before_anybody_confirmed_it_moves_nothing(engine: Engine, company: Company, as_: Sign):
    path, hr = heard(engine, company, "chef", "food_event"), as_(company.hr)
    withdrawn = hr.post(f"{path}/withdraw", {"reason": "误报"}, version=hr.get(path).version)
    assert (withdrawn.status, withdrawn.json["affected"]) == (200, [])


def test_whom_it_reaches_sees_event_day_and_effect_and_no_more(engine: Engine, company: Company, as_: Sign):
    with db.transaction(engine, write=True) as session:
        strategist = company_in(session, company).actor("strategist")
    path, hr, member = heard(engine, company, "planning", "planning_failure"), as_(company.hr), as_(strategist)
    assert member.get(path).status == 404
    hr.post(f"{path}/confirm", {"findings": "经查属实"}, version=hr.get(path).version)
    seen = member.get(path)
    assert (seen.status, seen.json["event"], seen.json["happened_on"]) == (200, "planning_failure", "2026-02-10")
    assert (seen.json["facts"], seen.json["entries"], seen.json["files"], seen.json["filed_by"]) == (None, [], [], None)
    assert [(one["employee"]["name"], one["reach"], one["effect"]) for one in seen.json["people"]] == [
        ("吕战略", ["unit"], TOTAL)
    ]
    assert [one["event"] for one in member.get("/incidents").json["items"]] == ["planning_failure"]
    assert member.get(f"{path}/reach").status == 403
