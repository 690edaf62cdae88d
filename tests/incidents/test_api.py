"""The ledger over the API: filed, heard, confirmed and withdrawn, each on the version that was seen."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from appraisal import db
from appraisal.actor import Actor
from appraisal.people.models import Account
from tests.agreements.samples import Quarter, a_quarter
from tests.caller import Caller, a_service

Sign = Callable[[Actor], Caller]


@pytest.fixture
def quarter(engine: Engine) -> Quarter:
    with db.transaction(engine, write=True) as session:
        return a_quarter(session)


@pytest.fixture
def as_(quarter: Quarter, database_url: str, engine: Engine, tmp_path: Path) -> Sign:
    site = a_service(database_url, tmp_path)

    def caller(actor: Actor) -> Caller:
        with db.transaction(engine, write=False) as session:
            return Caller(site, session.get_one(Account, actor.account_id))

    return caller


def report(quarter: Quarter, **more: object) -> dict[str, object]:
    asked = {"employee_id": quarter.employee.id, "event": "serious_violation", "happened_on": "2026-02-03"}
    return asked | {"facts": "伪造客户签收单"} | more


def test_an_incident_goes_from_report_to_withdrawal(quarter: Quarter, as_: Sign):
    supervisor, own, hr = as_(quarter.supervisor), as_(quarter.own), as_(quarter.hr)
    file_id = own.upload("/files", "签收单.pdf", b"%PDF-1.7 receipt", "application/pdf").json["id"]
    made = supervisor.post("/incidents", report(quarter))
    assert (made.status, made.json["status"], made.json["filed_by"]) == (201, "draft", quarter.head.name)
    path = f"/incidents/{made.json['id']}"
    assert own.get(path).json["filed_by"] is None
    early = hr.post(f"{path}/confirm", {"findings": "属实"}, version=1)
    assert (early.status, early.json["code"]) == (409, "not_heard")
    heard = own.post(f"{path}/hear", {"statement": "客户补签", "file_ids": [file_id]}, version=1)
    assert (heard.status, heard.json["status"], heard.json["version"]) == (200, "heard", 2)
    assert [(one["id"], one["entry_id"]) for one in heard.json["files"]] == [(file_id, heard.json["entries"][0]["id"])]
    assert hr.get(f"{path}/files/{file_id}").data == b"%PDF-1.7 receipt"
    late = hr.post(f"{path}/confirm", {"findings": "属实"}, version=1)
    assert (late.status, late.json["current"]["version"]) == (412, 2)
    confirmed = hr.post(f"{path}/confirm", {"findings": "经核对签名系伪造"}, version=2)
    assert (confirmed.status, confirmed.json["status"]) == (200, "confirmed")
    withdrawn = hr.post(f"{path}/withdraw", {"reason": "客户出具证明"}, version=3)
    assert [entry["status"] for entry in withdrawn.json["entries"]] == ["heard", "confirmed", "withdrawn"]
    gone = own.post(f"{path}/hear", {"statement": "晚了"}, version=4)
    assert (gone.status, gone.json["code"]) == (409, "wrong_status")


def test_who_may_not_is_told_so_and_who_is_nothing_to_them_learns_nothing(quarter: Quarter, as_: Sign):
    made = as_(quarter.hr).post("/incidents", report(quarter)).json["id"]
    own, supervisor, stranger = as_(quarter.own), as_(quarter.supervisor), as_(quarter.payroll)
    for path in (f"/incidents/{made}", f"/incidents/{made}/files/1", f"/incidents/{made + 1}"):
        assert stranger.get(path).status == 404
    for act, body in (("hear", {"statement": "x"}), ("confirm", {"findings": "x"}), ("withdraw", {"reason": "x"})):
        assert stranger.post(f"/incidents/{made}/{act}", body, version=1).status == 404
        assert supervisor.post(f"/incidents/{made}/{act}", body, version=9).status == 403
    assert own.post(f"/incidents/{made}/confirm", {"findings": "x"}, version=1).json["code"] == "own_incident"
    assert own.post(f"/incidents/{made}/withdraw", {"reason": "x"}, version=1).status == 403
    assert own.post("/incidents", report(quarter)).status == 403
    assert stranger.post("/incidents", report(quarter)).status == 403
    assert as_(quarter.supervisor).post("/incidents", report(quarter, employee_id=10**6)).status == 404


def test_a_report_that_cannot_stand_is_refused_with_its_place(quarter: Quarter, as_: Sign):
    supervisor = as_(quarter.supervisor)
    for change, code, path in (
        ({"event": "late_for_work"}, "unknown_event", "event"),
        ({"happened_on": "2025-12-31"}, "no_cycle", "happened_on"),
        ({"happened_on": "2199-12-31"}, "bad_dates", "happened_on"),
        ({"happened_on": "3 Feb"}, "bad_fields", "happened_on"),
        ({"facts": " "}, "bad_fields", "facts"),
        ({"file_ids": [1]}, "unknown_file", "file_ids[0]"),
        ({"employee_id": "1"}, "bad_fields", "employee_id"),
    ):
        answer = supervisor.post("/incidents", report(quarter, **change))
        assert (answer.status, answer.json["code"], answer.json["errors"][0]["path"]) == (422, code, path)
    assert supervisor.get("/incidents").json["total"] == 0


def test_the_list_is_narrowed_and_paged(quarter: Quarter, as_: Sign):
    supervisor = as_(quarter.supervisor)
    for day in ("2026-02-03", "2026-03-03", "2026-02-03"):
        supervisor.post("/incidents", report(quarter, happened_on=day))
    first = supervisor.get("/incidents", limit=2)
    assert (first.json["total"], [one["happened_on"] for one in first.json["items"]]) == (3, ["2026-03-03", "2026-02-03"])
    second = supervisor.get("/incidents", limit=2, cursor=first.json["next"])
    assert ([one["happened_on"] for one in second.json["items"]], second.json["next"]) == (["2026-02-03"], None)
    assert supervisor.get("/incidents", from_on="2026-03-01", status="draft").json["total"] == 1
    assert as_(quarter.own).get("/incidents").json["items"][0]["filed_by"] is None
    assert as_(quarter.payroll).get("/incidents").json == {"items": [], "total": 0, "next": None}


def test_the_same_report_sent_again_is_filed_once(quarter: Quarter, as_: Sign):
    supervisor = as_(quarter.supervisor)
    first, again = (supervisor.post("/incidents", report(quarter), key="report-1") for _ in range(2))
    assert first.json == again.json
    assert supervisor.get("/incidents").json["total"] == 1
