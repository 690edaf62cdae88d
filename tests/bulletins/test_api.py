"""Reports and meetings over the API: made, read, taken away, presented, decided on, followed up."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.people.models import Account
from tests.bulletins.reporting import Reporting, reporting, row_of
from tests.caller import Caller, a_service

TODAY = date(2026, 4, 8)
Sign = Callable[[Actor], Caller]


@pytest.fixture
def made(engine: Engine) -> Iterator[Reporting]:
    with clock.at(TODAY):
        with db.transaction(engine, write=True) as session:
            found = reporting(session)
            found.read("2026-03", 97)
            found.evaluate("2026-03")
            session.refresh(found.around.unit)
            session.expunge(found.around.unit)
        yield found


@pytest.fixture
def as_(database_url: str, engine: Engine, tmp_path: Path) -> Sign:
    site = a_service(database_url, tmp_path)

    def caller(actor: Actor) -> Caller:
        with db.transaction(engine, write=False) as session:
            return Caller(site, session.get_one(Account, actor.account_id))

    return caller


def march(made: Reporting, **more: object) -> dict[str, object]:
    return {"kind": "monthly", "policy": "kpi_sop", "unit_id": made.unit_id, "period": "2026-03"} | more


def test_a_report_is_made_read_taken_away_as_a_table_and_made_final(made: Reporting, as_: Sign):
    manager = as_(made.manager)
    report = manager.post("/kpi/reports", march(made))
    assert (report.status, report.json["status"], report.json["stale"]) == (201, "draft", False)
    assert row_of(report.json["content"])["value"] == "97"
    path = f"/kpi/reports/{report.json['id']}"
    assert manager.post("/kpi/reports", march(made)).json["id"] == report.json["id"]
    table = manager.get(f"{path}/file.csv")
    lines = table.data.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("部分,分类,指标,期间,数值")
    assert any(line.startswith("指标,品质,IQC 合格率,2026-03,97,%,>= 98,否") for line in lines)
    refused = manager.post(f"{path}/approval", {})
    assert (refused.status, refused.json["code"]) == (409, "incomplete")
    final = manager.post(f"{path}/approval", {"reason": "其余指标四月起采集"})
    assert (final.status, final.json["status"], final.json["reason"]) == (201, "final", "其余指标四月起采集")
    listed = as_(made.around.head).get("/kpi/reports", status="final").json["items"]
    assert [one["number"] for one in listed] == [report.json["number"]]
    assert "content" not in listed[0]
    assert as_(made.around.member).get("/kpi/reports").json["total"] == 0
    assert as_(made.around.member).get(path).status == 404


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"period": "2026-13"}, 422, "bad_period"),
        ({"period": "2026-Q1"}, 422, "bad_period"),
        ({"policy": "nonsense"}, 422, "unknown_policy"),
        ({"unit_id": 999_999}, 422, "unknown_unit"),
        ({"period": "2026-02"}, 409, "not_evaluated"),
        ({"period": "2026-05"}, 409, "too_early"),
        ({"kind": "weekly"}, 422, "bad_fields"),
    ],
)
def test_what_cannot_be_reported_is_refused(made: Reporting, as_: Sign, more: dict[str, object], status: int, code: str):
    answer = as_(made.manager).post("/kpi/reports", march(made, **more))
    assert (answer.status, answer.json["code"]) == (status, code)


def test_a_meeting_is_planned_held_and_what_it_decides_is_done_by_its_owner(made: Reporting, as_: Sign):
    manager, member = as_(made.manager), as_(made.around.member)
    report_id = manager.post("/kpi/reports", march(made)).json["id"]
    about = {"policy": "kpi_sop", "kind": "quality_meeting", "unit_id": made.unit_id, "about": "2026-03"}
    meeting = manager.post("/kpi/meetings", about)
    assert (meeting.status, meeting.json["due_on"], meeting.json["name"]["zh"]) == (201, "2026-04-07", "月度品质会议")
    path = f"/kpi/meetings/{meeting.json['id']}"
    minutes = {"held_on": "2026-04-07", "minutes": "IQC 合格率下降", "report_ids": [report_id]}
    held = manager.put(f"{path}/minutes", minutes, version=meeting.version)
    assert (held.status, held.json["status"], held.json["reports"][0]["id"]) == (200, "held", report_id)
    assert manager.put(f"{path}/minutes", minutes, version=meeting.version).status == 412
    todo = {"text": "核查供应商批号", "owner_id": made.around.member.employee_id, "due_on": "2026-04-20"}
    decided = manager.post(f"{path}/decisions", {"text": "加严检验", "actions": [todo]})
    (following,) = decided.json["decisions"][0]["actions"]
    assert (following["status"], following["overdue"], following["text"]) == ("open", False, "核查供应商批号")
    assert member.get(path).status == 404
    (mine,) = member.get("/kpi/actions", mine="true").json["items"]
    assert (mine["id"], mine["decision"], mine["meeting_id"]) == (following["id"], "加严检验", meeting.json["id"])
    ended = member.post(f"/kpi/actions/{mine['id']}/end", {"status": "done"}, version=mine["version"])
    assert (ended.status, ended.json["status"], ended.json["ended_on"]) == (200, "done", "2026-04-08")
    assert manager.get("/kpi/actions", status="open", meeting_id=meeting.json["id"]).json["total"] == 0


def test_what_somebody_has_to_do_waits_on_their_desk(made: Reporting, as_: Sign):
    manager, member = as_(made.manager), as_(made.around.member)
    about = {"policy": "kpi_sop", "kind": "quality_meeting", "unit_id": made.unit_id, "about": "2026-03"}
    meeting = manager.post("/kpi/meetings", about)
    path = f"/kpi/meetings/{meeting.json['id']}"
    manager.put(f"{path}/minutes", {"held_on": "2026-04-07", "minutes": "纪要"}, version=meeting.version)
    todo = {"text": "核查供应商批号", "owner_id": made.around.member.employee_id, "due_on": "2026-04-20"}
    manager.post(f"{path}/decisions", {"text": "加严检验", "actions": [todo]})
    (task,) = [one for one in member.get("/tasks").json["items"] if one["kind"] == "do_kpi_action"]
    assert (task["about_kind"], task["due_on"], task["overdue"]) == ("kpi_action", "2026-04-20", False)


def test_the_calendar_of_the_year_says_where_figures_may_be_missing(made: Reporting, as_: Sign):
    member = as_(made.around.member)
    items = member.get("/kpi/meetings/calendar", year="2026", policy="kpi_sop").json["items"]
    by_key = {(one["kind"], one["about"]): one for one in items}
    early, late = by_key["quality_meeting", "2026-01"], by_key["quality_meeting", "2026-08"]
    assert (early["due_on"], early["early"], early["figures_due_on"]) == ("2026-02-02", True, "2026-02-05")
    assert "figures may be missing" in early["note"]["en"]
    assert (late["due_on"], late["early"], late["note"]) == ("2026-09-07", False, None)
    table = member.get("/kpi/meetings/calendar/file.csv", year="2026").data.decode("utf-8-sig")
    assert table.startswith("日期,制度,事项") and "2026-02-02,kpi_sop,月度品质会议,2026-01" in table
    assert member.get("/kpi/meetings/calendar", year="1900").status == 422


def test_lists_ask_the_database_as_often_for_many_rows_as_for_one(made: Reporting, as_: Sign, engine: Engine):
    manager = as_(made.manager)

    def a_month(month: str) -> None:
        with db.transaction(engine, write=True) as session:
            again = replace(made, around=replace(made.around, session=session))
            if month != "2026-03":
                again.read(month, 97)
                again.evaluate(month)
        report = manager.post("/kpi/reports", march(made, period=month)).json
        about = {"policy": "kpi_sop", "kind": "quality_meeting", "unit_id": made.unit_id, "about": month}
        meeting = manager.post("/kpi/meetings", about)
        path, minutes = f"/kpi/meetings/{meeting.json['id']}", {"held_on": "2026-04-07", "minutes": "纪要"}
        manager.put(f"{path}/minutes", minutes | {"report_ids": [report["id"]]}, version=meeting.version)
        todo = {"text": "核查", "owner_id": made.around.member.employee_id, "due_on": "2026-04-20"}
        assert manager.post(f"{path}/decisions", {"text": "加严", "actions": [todo]}).status == 201

    def count(path: str, rows: int) -> int:
        seen: list[str] = []
        target = manager.client.application.target
        listen = ("before_cursor_execute", lambda *call: seen.append(call[2]))
        event.listen(target, *listen)
        try:
            assert len(manager.get(path).json["items"]) == rows
        finally:
            event.remove(target, *listen)
        return len(seen)

    lists = ("/kpi/reports", "/kpi/meetings", "/kpi/actions")
    a_month("2026-03")
    few = [count(path, 1) for path in lists for _ in range(2)][1::2]
    for month in ("2025-12", "2026-01", "2026-02"):
        a_month(month)
    assert [count(path, 4) for path in lists] == few
