"""Figures over the API: a machine pushes, a table is brought, another person confirms, everybody reads what is theirs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from appraisal import db
from appraisal.actor import Actor
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Cycle
from appraisal.people.models import Account
from tests import factories
from tests.agreements.samples import FIGURES, Quarter, a_quarter, record, sign
from tests.caller import Answer, Caller, a_service

Sign = Callable[[Actor], Caller]


@pytest.fixture
def quarter(engine: Engine) -> Quarter:
    with db.transaction(engine, write=True) as session:
        quarter = a_quarter(session)
        sign(quarter)
    return quarter


@pytest.fixture
def as_(quarter: Quarter, database_url: str, engine: Engine, tmp_path: Path) -> Sign:
    site = a_service(database_url, tmp_path)

    def caller(actor: Actor) -> Caller:
        with db.transaction(engine, write=False) as session:
            return Caller(site, session.get_one(Account, actor.account_id))

    return caller


def figure(quarter: Quarter, **more: object) -> dict[str, object]:
    return {"sheet_id": quarter.sheet_id, "item": "revenue", "actual": "110", "source_document": "利润表"} | more


def errors(answer: Answer) -> tuple[int, str, list[str]]:
    return answer.status, answer.json["code"], [error["path"] for error in answer.json.get("errors", ())]


def csv(quarter: Quarter, revenue: str = "110") -> bytes:
    number = quarter.employee.number
    return (
        "工号,指标,考核期,实际值,数据来源\n"
        f"{number},revenue,2026-Q1,{revenue},利润表\n{number},新客户开发数量,2026-Q1,10,台账\n"
    ).encode("gb18030")


@pytest.fixture(autouse=True)
def known_sheet(quarter: Quarter, engine: Engine) -> None:
    """The sheet's id, kept because the quarter's own session has ended."""
    with db.transaction(engine, write=False) as session:
        quarter.session = session
        quarter.sheet_id = quarter.sheet.id


def test_a_figure_is_recorded_confirmed_and_corrected(quarter: Quarter, as_: Sign):
    provider, checker = as_(quarter.provider), as_(quarter.checker)
    made = provider.post("/measures", figure(quarter))
    assert made.status == 201
    assert (made.json["actual"], made.json["state"], made.json["name"]["zh"]) == ("110", "waiting", "销售额")
    path = f"/measures/{made.json['id']}"
    assert errors(provider.post(f"{path}/confirm")) == (403, "same_person", [])
    confirmed = checker.post(f"{path}/confirm")
    assert (confirmed.status, confirmed.json["state"], confirmed.json["confirmed_by"]) == (
        201,
        "confirmed",
        quarter.checker.name,
    )
    correction = {"actual": "105.5", "source_document": "利润表", "reason": "重复计入一单"}
    later = provider.post(f"{path}/corrections", correction)
    assert (later.status, later.json["corrects_id"], later.json["reason"]) == (201, made.json["id"], "重复计入一单")
    assert provider.get(path).json["corrected_by_id"] == later.json["id"]
    assert errors(provider.post(f"{path}/corrections", correction)) == (409, "already_corrected", [])


def test_a_machine_that_sends_again_records_once(quarter: Quarter, as_: Sign):
    provider = as_(quarter.provider)
    pushed = {"number": quarter.employee.number, "period": "2026-Q1", "item": "销售额", "actual": 110, "origin": "event"}
    pushed |= {"source_document": "ERP 4711"}
    first, again = (provider.post("/measures", pushed, key="erp-4711") for _ in range(2))
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (first.json["item"], first.json["origin"]) == ("revenue", "event")
    assert errors(provider.post("/measures", pushed)) == (409, "already_recorded", [])


REFUSED = [
    ({"actual": None}, (422, "actual_needed", ["actual"])),
    ({"actual": "1e3"}, (422, "bad_fields", ["actual"])),
    ({"actual": "0.00001"}, (422, "bad_fields", ["actual"])),
    ({"inputs": {"x": "1"}, "actual": None}, (422, "actual_needed", ["actual"])),
    ({"item": "gross_profit"}, (422, "not_agreed", ["item"])),
    ({"origin": "guess"}, (422, "bad_fields", ["origin"])),
    ({"source_document": " "}, (422, "bad_fields", ["source_document"])),
    ({"file_ids": [999]}, (422, "unknown_file", ["file_ids[0]"])),
    ({"sheet_id": None}, (422, "one_of_two", ["sheet_id"])),
    ({"sheet_id": None, "number": "nobody", "period": "2026-Q1"}, (422, "no_place", ["number"])),
    ({"sheet_id": 10**6}, (404, "not_found", [])),
    ({"surprise": 1}, (422, "bad_fields", ["surprise"])),
]


def test_a_figure_that_cannot_stand_is_refused_with_its_place(quarter: Quarter, as_: Sign):
    provider = as_(quarter.provider)
    for change, expected in REFUSED:
        assert errors(provider.post("/measures", figure(quarter, **change))) == expected, change
    assert provider.get("/measures", cycle_id=quarter.cycle.id).json["total"] == 0


def test_who_may_not_is_told_so_and_who_is_nothing_to_them_learns_nothing(quarter: Quarter, as_: Sign):
    made = as_(quarter.provider).post("/measures", figure(quarter)).json["id"]
    supervisor, own, payroll = as_(quarter.supervisor), as_(quarter.own), as_(quarter.payroll)
    assert supervisor.get(f"/measures/{made}").status == 200
    assert supervisor.post(f"/measures/{made}/confirm").status == 403
    assert supervisor.post("/measures", figure(quarter, item="new_customers")).status == 403
    for caller in (own, payroll):
        assert caller.get(f"/measures/{made}").status == 404
        assert caller.post(f"/measures/{made}/confirm").status == 404
        assert caller.get("/measures", cycle_id=quarter.cycle.id).json["items"] == []
    for caller in (supervisor, own, payroll):
        assert caller.post("/measures/confirmations", {"measure_ids": [made]}).status == 403
        assert caller.upload("/measures/import", "f.csv", csv(quarter)).status == 403
        assert caller.get("/measures/completeness", cycle_id=quarter.cycle.id).status == 403
        assert caller.get("/measures/owed", cycle_id=quarter.cycle.id).status == 403
        assert caller.get("/measures/providers").status == 403


def test_the_list_is_narrowed_and_paged(quarter: Quarter, as_: Sign):
    provider = as_(quarter.provider)
    for item in ("revenue", "new_customers"):
        provider.post("/measures", figure(quarter, item=item))
    cycle_id = quarter.cycle.id
    first = provider.get("/measures", cycle_id=cycle_id, limit=1)
    assert (first.json["total"], [one["item"] for one in first.json["items"]]) == (2, ["new_customers"])
    second = provider.get("/measures", cycle_id=cycle_id, limit=1, cursor=first.json["next"])
    assert ([one["item"] for one in second.json["items"]], second.json["next"]) == (["revenue"], None)
    for asked, items in (
        ({"item": "revenue"}, ["revenue"]),
        ({"state": "confirmed"}, []),
        ({"state": "waiting"}, ["new_customers", "revenue"]),
        ({"number": "nobody"}, []),
    ):
        assert [one["item"] for one in provider.get("/measures", cycle_id=cycle_id, **asked).json["items"]] == items
    assert provider.get("/measures", cycle_id=10**6).status == 404
    assert errors(provider.get("/measures")) == (422, "bad_fields", ["cycle_id"])


def test_a_draft_has_no_figures(quarter: Quarter, as_: Sign, engine: Engine):
    with db.transaction(engine, write=True) as session:
        draft = Cycle(
            code="D", name="D", policy_name="trading", cadence="quarter", period="2026-Q2",
            starts_on=quarter.cycle.starts_on, ends_on=quarter.cycle.ends_on, pays=False,
        )  # fmt: skip
        session.add(draft)
        session.flush()
    for path in ("/measures", "/measures/owed", "/measures/completeness"):
        assert as_(quarter.hr).get(path, cycle_id=draft.id).status == 404


def test_a_table_is_previewed_imported_and_confirmed_as_a_whole(quarter: Quarter, as_: Sign):
    provider, checker = as_(quarter.provider), as_(quarter.checker)
    preview = provider.upload("/measures/import", "三月.csv", csv(quarter), preview="true")
    assert (preview.status, preview.json["preview"], preview.json["recorded"], preview.json["faults"]) == (200, True, 2, [])
    assert preview.json["changes"][0] == {
        "row": 2, "number": quarter.employee.number, "item": "revenue", "before": None, "after": "110",
    }  # fmt: skip
    assert provider.get("/measures", cycle_id=quarter.cycle.id).json["total"] == 0
    done = provider.upload("/measures/import", "三月.csv", csv(quarter))
    assert (done.status, done.json["recorded"], done.json["unchanged"]) == (200, 2, 0)
    again = provider.upload("/measures/import", "三月.csv", csv(quarter))
    assert (again.json["recorded"], again.json["unchanged"], again.json["file_id"]) == (0, 2, None)
    assert errors(provider.upload("/measures/import", "f.csv", csv(quarter, "105"))) == (422, "bad_rows", ["row 2, 实际值"])
    corrected = provider.upload("/measures/import", "f.csv", csv(quarter, "105"), correct="true", reason="重复计入一单")
    assert (corrected.json["recorded"], corrected.json["corrected"], corrected.json["unchanged"]) == (0, 1, 1)
    file_id = done.json["file_id"]
    assert errors(provider.post("/measures/confirmations", {"file_id": file_id})) == (422, "cannot_confirm", ["measure_ids[0]"])
    assert checker.post("/measures/confirmations", {"file_id": file_id}).json == {"confirmed": 1}
    assert checker.get("/measures", cycle_id=quarter.cycle.id, file_id=file_id, state="confirmed").json["total"] == 1


def test_an_import_asked_for_wrongly_is_refused(quarter: Quarter, as_: Sign):
    provider = as_(quarter.provider)
    for fields, code in (
        ({"source": "sap"}, "unknown_source"),
        ({"preview": "yes"}, "bad_fields"),
        ({"correct": "true"}, "text_needed"),
        ({"surprise": "1"}, "bad_fields"),
    ):
        assert errors(provider.upload("/measures/import", "f.csv", csv(quarter), **fields))[:2] == (422, code)


def test_confirmations_are_of_figures_or_of_a_file(quarter: Quarter, as_: Sign):
    checker = as_(quarter.checker)
    for body in ({}, {"measure_ids": [1], "file_id": 1}):
        assert errors(checker.post("/measures/confirmations", body))[:2] == (422, "one_of_two")
    assert checker.post("/measures/confirmations", {"file_id": 10**6}).status == 404


def test_figures_are_declared_complete_for_many_and_one_that_lacks_some_does_not_stop_the_others(
    quarter: Quarter, as_: Sign, engine: Engine
):
    with db.transaction(engine, write=True) as session:
        quarter.session = session
        record(quarter, {"revenue": "110"})
        behind = quarter.appraisal.id
        chief = factories.an_employee(session, "李主管")
        other = factories.an_employee(session, post=factories.a_post(session), supervisor=chief)
        cycles.refresh_cycle(session, quarter.hr, session.get_one(Cycle, quarter.cycle.id))
        ahead = a_quarter(session, other, cycle=quarter.cycle)
        sign(ahead)
        record(ahead, FIGURES)
        asked = {"appraisal_ids": [behind, ahead.appraisal.id, 10**6]}
    provider = as_(quarter.provider)
    told = provider.post("/measures/completions", asked).json
    assert [(one["done"], one["code"]) for one in told["rows"]] == [
        (False, "figures_missing"),
        (True, None),
        (False, "not_found"),
    ]
    assert told["done"] == 1
    assert "新客户开发数量" in told["rows"][0]["message"]["zh"]
    again = provider.post("/measures/completions", {"appraisal_ids": [ahead.appraisal.id]}).json
    assert [one["code"] for one in again["rows"]] == ["wrong_step"]
    assert as_(quarter.supervisor).post("/measures/completions", asked).status == 403


def test_evidence_comes_back_as_it_was_handed_in(quarter: Quarter, as_: Sign):
    provider = as_(quarter.provider)
    file_id = provider.upload("/files", "利润表.pdf", b"%PDF-1.7 books", "application/pdf").json["id"]
    made = provider.post("/measures", figure(quarter, file_ids=[file_id])).json
    assert [(one["id"], one["name"]) for one in made["files"]] == [(file_id, "利润表.pdf")]
    path = f"/measures/{made['id']}/files/{file_id}"
    assert as_(quarter.supervisor).get(path).data == b"%PDF-1.7 books"
    for caller, status in ((as_(quarter.payroll), 404), (as_(quarter.own), 404)):
        assert caller.get(path).status == status
    assert provider.get(f"/measures/{made['id']}/files/{file_id + 1}").status == 404


def test_completeness_is_told_per_provider_and_per_figure(quarter: Quarter, as_: Sign):
    hr, provider = as_(quarter.hr), as_(quarter.provider)
    asked = {"kind": "indicator", "name": "revenue", "account_id": quarter.provider.account_id}
    assert hr.post("/measures/providers", asked).status == 201
    provider.post("/measures", figure(quarter))
    shares = hr.get("/measures/completeness", cycle_id=quarter.cycle.id).json["providers"]
    counts = [(one["provider"], one["items"], one["missing"], one["unconfirmed"]) for one in shares]
    assert counts == [(quarter.provider.name, ["revenue"], 0, 1), (None, ["new_customers"], 1, 0)]
    owed = hr.get("/measures/owed", cycle_id=quarter.cycle.id, limit=1)
    assert (owed.json["total"], owed.json["items"][0]["state"], owed.json["next"] is None) == (2, "unconfirmed", False)
    rest = hr.get("/measures/owed", cycle_id=quarter.cycle.id, limit=1, cursor=owed.json["next"])
    assert [(one["item"], one["providers"]) for one in rest.json["items"]] == [("new_customers", [])]


def test_an_assignment_is_made_shown_and_ended(quarter: Quarter, as_: Sign):
    hr = as_(quarter.hr)
    body = {"kind": "source", "name": "财务系统", "account_id": quarter.provider.account_id, "working_days": 3}
    made = hr.post("/measures/providers", body)
    assert (made.status, made.json["provider"], made.json["version"]) == (201, quarter.provider.name, 1)
    path = f"/measures/providers/{made.json['id']}"
    assert as_(quarter.checker).get(path).json == made.json
    assert as_(quarter.supervisor).get(path).status == 404
    assert hr.post(f"{path}/end", version=2).status == 412
    assert as_(quarter.provider).post(f"{path}/end", version=1).status == 403
    ended = hr.post(f"{path}/end", version=1)
    assert (ended.status, ended.json["version"], ended.json["ended_at"] is None) == (200, 2, False)
    assert hr.get("/measures/providers").json["items"] == []
    assert hr.get("/measures/providers", ended="true").json["items"] == [ended.json]
    assert errors(hr.post("/measures/providers", body | {"working_days": 61})) == (422, "bad_fields", ["working_days"])
