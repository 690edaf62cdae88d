"""Readings over the API: a machine pushes, a table is brought, another person confirms, everybody reads what is theirs."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.people.models import Account
from tests import factories
from tests.caller import Answer, Caller, a_service
from tests.monitoring.samples import TODAY, Watched, watched

Sign = Callable[[Actor], Caller]
IQC = {"IQC合格批数": "98", "IQC检验批数": "100"}


@pytest.fixture
def around(engine: Engine) -> Iterator[Watched]:
    with clock.at(TODAY):
        with db.transaction(engine, write=True) as session:
            found = watched(session)
            session.flush()
            session.refresh(found.unit)
            session.expunge(found.unit)
        yield found


@pytest.fixture
def as_(around: Watched, database_url: str, engine: Engine, tmp_path: Path) -> Sign:
    site = a_service(database_url, tmp_path)

    def caller(actor: Actor) -> Caller:
        with db.transaction(engine, write=False) as session:
            return Caller(site, session.get_one(Account, actor.account_id))

    return caller


def row(around: Watched, **more: object) -> dict[str, object]:
    said = {"policy": "kpi_sop", "indicator": "iqc_pass_rate", "unit": around.unit.code, "period": "2026-03", "inputs": IQC}
    return said | {"source_document": "QR-2603"} | more


def errors(answer: Answer) -> tuple[int, str, list[str]]:
    return answer.status, answer.json["code"], [error["path"] for error in answer.json.get("errors", ())]


def test_a_reading_is_entered_confirmed_and_corrected(around: Watched, as_: Sign):
    provider, checker = as_(around.provider), as_(around.checker)
    made = provider.post("/kpi/readings", row(around, record_type="qc_report"))
    assert made.status == 201
    assert (made.json["computed"], made.json["state"], made.json["name"]["zh"]) == ("98", "waiting", "IQC 合格率")
    assert (made.json["unit"]["code"], made.json["record_type"], made.json["late"]) == (around.unit.code, "qc_report", False)
    path = f"/kpi/readings/{made.json['id']}"
    assert errors(provider.post(f"{path}/confirm")) == (403, "same_person", [])
    assert checker.post(f"{path}/confirm").json["state"] == "confirmed"
    correction = {"inputs": IQC | {"IQC合格批数": "90"}, "source_document": "QR", "reason": "漏计"}
    later = provider.post(f"{path}/corrections", correction)
    assert (later.status, later.json["corrects_id"], later.json["computed"]) == (201, made.json["id"], "90")
    assert provider.get(path).json["corrected_by_id"] == later.json["id"]
    assert errors(provider.post("/kpi/readings", row(around))) == (409, "already_recorded", [])
    assert errors(provider.post("/kpi/readings", row(around, period="2026-05"))) == (422, "future_period", ["period"])


def test_a_machine_pushes_many_with_its_token_and_sends_again_without_harm(around: Watched, engine: Engine, as_: Sign):
    site = as_(around.provider).client.application
    with db.transaction(engine, write=True) as session:
        account = session.get_one(Account, around.provider.account_id)
        token = factories.a_token(session, account, "readings:write")
    machine = Caller(site, None, Authorization=f"Bearer {token}")
    rows = {"readings": [row(around, period=f"2026-{month:02}") for month in (1, 2, 3)]}
    first, again = (machine.post("/kpi/readings/push", rows, key="mes-1") for _ in range(2))
    assert (first.status, first.json["recorded"], again.json, again.headers["Idempotency-Replayed"]) == (
        201,
        3,
        first.json,
        "true",
    )
    anew = machine.post("/kpi/readings/push", rows, key="mes-2")
    assert (anew.json["recorded"], anew.json["unchanged"]) == (0, 3)


def test_a_push_is_all_or_nothing_unless_the_good_rows_are_to_be_kept(around: Watched, as_: Sign):
    provider = as_(around.provider)
    rows = {"readings": [row(around), row(around, period="2026-09"), row(around, indicator="unheard", period="2026-02")]}
    assert errors(provider.post("/kpi/readings/push", rows)) == (422, "bad_rows", ["row 2, 期间", "row 3, 指标"])
    assert provider.get("/kpi/readings").json["total"] == 0
    kept = provider.post("/kpi/readings/push", rows | {"keep_good": True})
    assert (kept.json["recorded"], kept.json["faulty"], provider.get("/kpi/readings").json["total"]) == (1, 2, 1)


def test_a_table_is_previewed_imported_and_confirmed_as_a_whole(around: Watched, as_: Sign):
    provider, checker = as_(around.provider), as_(around.checker)
    head = "指标,期间,部门,原始数据,来源单据\n"
    line = f"iqc_pass_rate,2026-03,{around.unit.code},IQC合格批数=98; IQC检验批数=100,QR\n"
    content = (head + line).encode("gb18030")
    asked = {"record_type": "qc_report", "policy": "kpi_sop"}
    preview = provider.upload("/kpi/readings/import", "qc.csv", content, preview="true", **asked)
    assert (preview.status, preview.json["recorded"], preview.json["changes"][0]["before"]) == (200, 1, None)
    assert provider.get("/kpi/readings").json["total"] == 0
    done = provider.upload("/kpi/readings/import", "qc.csv", content, **asked)
    file_id = done.json["file_id"]
    assert checker.post("/kpi/readings/confirmations", {"file_id": file_id}).json == {"confirmed": 1}
    (reading,) = checker.get("/kpi/readings", file_id=file_id, record_type="qc_report", state="confirmed").json["items"]
    assert checker.get(f"/kpi/readings/{reading['id']}/files/{file_id}").data == content
    wrong = provider.upload("/kpi/readings/import", "qc.csv", content, record_type="sale")
    assert errors(wrong) == (422, "bad_rows", ["row 2, 记录类型"])


def test_lists_are_filtered(around: Watched, as_: Sign):
    provider = as_(around.provider)
    for month in (1, 2, 3):
        provider.post("/kpi/readings", row(around, period=f"2026-{month:02}"))
    provider.post("/kpi/readings", row(around, unit=None))

    def total(**query: object) -> int:
        return provider.get("/kpi/readings", **query).json["total"]

    assert total() == 4
    assert (total(company="true"), total(unit_id=around.unit.id), total(cadence="day")) == (1, 3, 0)
    assert total(from_on=date(2026, 2, 28), to_on=date(2026, 2, 28)) == 1
    assert (total(indicator="iqc_pass_rate"), total(policy="plant"), total(state="confirmed")) == (4, 0, 0)


def test_the_dictionary_shows_targets_owner_and_the_last_reading_to_whom_it_concerns(around: Watched, as_: Sign):
    provider, checker = as_(around.provider), as_(around.checker)
    made = provider.post("/kpi/readings", row(around))
    checker.post(f"/kpi/readings/{made.json['id']}/confirm")

    def rate(actor: Actor, **query: object) -> dict[str, object]:
        items = as_(actor).get("/kpi/indicators", policy="kpi_sop", **query).json["items"]
        (found,) = [one for one in items if one["id"] == "iqc_pass_rate"]
        return found

    found = rate(around.member, unit_id=around.unit.id)
    assert (found["owner"], found["record_type"], found["entered"]) == ("品质负责人", "qc_report", ["day", "week", "month"])
    assert [(one["operator"], one["value"]) for one in found["targets"]] == [(">=", "98")]
    assert (found["last"]["period"], found["last"]["value"]) == ("2026-03", "98")
    assert rate(around.member)["last"] is None
    assert as_(around.member).get("/kpi/indicators", policy="kpi_sop").json["total"] == 28


def test_a_series_says_what_is_wrong_with_a_period_and_never_makes_it_zero(around: Watched, as_: Sign):
    provider, checker = as_(around.provider), as_(around.checker)
    ids = []
    for month, inputs in ((1, IQC), (3, {"IQC合格批数": "0", "IQC检验批数": "0"})):
        ids.append(provider.post("/kpi/readings", row(around, period=f"2026-{month:02}", inputs=inputs)).json["id"])
    checker.post("/kpi/readings/confirmations", {"reading_ids": ids})
    path = "/kpi/indicators/kpi_sop/iqc_pass_rate/series"
    series = as_(around.head).get(path, unit_id=around.unit.id, until="2026-03", periods=3)
    assert [(one["period"], one["value"]) for one in series.json["points"]] == [("2026-01", "98"), ("2026-03", None)]
    assert errors(as_(around.head).get(path, unit_id=around.unit.id, until="March")) == (422, "bad_period", ["until"])
    assert as_(around.member).get(path, until="2026-03").status == 404
