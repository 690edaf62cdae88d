"""Exceptions over the API and by command: evaluated, worked on, verified by another, closed; tables; what waits for whom."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, event
from sqlmodel import select

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.cli import main
from appraisal.monitoring import holders
from appraisal.monitoring.models import Reading
from appraisal.people.models import Account
from tests import factories
from tests.caller import Answer, Caller, a_service
from tests.exceptions.samples import Troubled, complained, complaints, correct, respond, troubled
from tests.monitoring.samples import TODAY, D, iqc, read

Sign = Callable[[Actor], Caller]


@pytest.fixture
def around(engine: Engine) -> Iterator[Troubled]:
    with clock.at(TODAY):
        with db.transaction(engine, write=True) as session:
            found = troubled(session)
            complained(found, "abnormal")
            session.flush()
            for one in (found.unit, found.quality, found.top):
                session.refresh(one)
                session.expunge(one)
        yield found


@pytest.fixture
def as_(around: Troubled, database_url: str, engine: Engine, tmp_path: Path) -> Sign:
    site = a_service(database_url, tmp_path)

    def caller(actor: Actor) -> Caller:
        with db.transaction(engine, write=False) as session:
            return Caller(site, session.get_one(Account, actor.account_id))

    return caller


def evaluate(who: Caller, **more: object) -> Answer:
    return who.post("/kpi/evaluations", {"period": "2026-03"} | more)


def test_an_evaluation_tells_what_it_set_off_and_the_second_one_that_nothing_is_new(around: Troubled, as_: Sign):
    manager = as_(around.manager)
    first = evaluate(manager)
    assert first.status == 201, first.json
    (one,) = first.json["evaluations"]
    assert (one["policy"], one["unit"]["id"], one["is_new"]) == ("kpi_sop", around.unit.id, True)
    assert [(alert["indicator"], alert["level"], alert["value"], alert["target"]) for alert in one["alerts"]] == [
        ("complaint_rate", "abnormal", "1.2", "< 1")
    ]
    assert one["exceptions_opened"] == one["exceptions_open"] == ["QEF-29-02-2026-0001"]
    (again,) = evaluate(manager).json["evaluations"]
    assert (again["is_new"], again["exceptions_opened"], again["tasks_opened"], again["notified"]) == (False, [], 0, 0)
    assert again["exceptions_open"] == ["QEF-29-02-2026-0001"]


def test_an_exception_goes_its_way_each_act_on_the_version_it_saw(around: Troubled, as_: Sign):
    manager, owner, head = as_(around.manager), as_(around.owner), as_(around.head)
    evaluate(manager)
    (row,) = owner.get("/kpi/exceptions").json["items"]
    path = f"/kpi/exceptions/{row['id']}"
    assert (row["owner"]["name"], row["record_name"]["zh"], row["overdue"]) == ("罗品质", "CAPA", False)
    seen = owner.get(path)
    analysed = owner.post(f"{path}/analysis", {"cause": "混料"}, version=seen.version)
    assert (analysed.status, analysed.json["state"]) == (200, "analysed")
    stale = owner.post(f"{path}/analysis", {"cause": "其他"}, version=seen.version)
    assert (stale.status, stale.json["code"]) == (412, "stale_version")
    assert owner.post(f"{path}/analysis", {"cause": "其他"}).json["code"] == "version_needed"
    planned = {"action": "隔离", "action_due_on": (TODAY + timedelta(days=20)).isoformat()}
    acting = owner.post(f"{path}/action", planned, version=analysed.version)
    done = owner.post(f"{path}/completion", {"report": "已隔离"}, version=acting.version)
    refused = owner.post(f"{path}/verification", {"effective": True, "verification": "有效"}, version=done.version)
    assert (refused.status, refused.json["code"]) == (403, "not_allowed")
    verified = head.post(f"{path}/verification", {"effective": True, "verification": "有效"}, version=done.version)
    assert (verified.json["state"], verified.json["verified_by"]) == ("verified", "部门负责人")
    closed = manager.post(f"{path}/closing", {"closing": "关闭"}, version=verified.version)
    assert (closed.status, closed.json["state"]) == (200, "closed")
    assert [one["kind"] for one in closed.json["entries"]] == ["opened", "analysis", "action", "done", "verified", "closed"]
    assert manager.get("/kpi/exceptions", open="true").json["total"] == 0


def test_what_is_not_declared_is_refused(around: Troubled, as_: Sign):
    manager = as_(around.manager)
    assert evaluate(manager, extra=1).status == 422
    assert evaluate(manager, period="2026-13").json["code"] == "bad_period"
    assert evaluate(manager, unit_id=around.unit.id).json["code"] == "one_of_two"
    assert manager.get("/kpi/exceptions", state="lost").status == 422


def test_the_dashboard_shows_the_last_evaluation_with_names_levels_and_what_is_open(around: Troubled, as_: Sign):
    manager, member = as_(around.manager), as_(around.member)
    asked = {"policy": "kpi_sop", "unit_id": around.unit.id}
    missing = manager.get("/kpi/dashboard", **asked)
    assert missing.status == 404
    evaluate(manager)
    shown = manager.get("/kpi/dashboard", **asked).json
    assert (shown["period"], shown["open_exceptions"], shown["levels"]["abnormal"]) == ("2026-03", 1, 1)
    (one,) = (item for item in shown["items"] if item["id"] == "complaint_rate")
    assert (one["name"]["zh"], one["owner"], one["level"], one["open_exceptions"]) == ("客诉率", "品质负责人", "abnormal", 1)
    assert one["series"] == [{"period": "2026-03", "value": "1.2"}]
    (quality,) = (each for each in shown["by_class"] if each["dimension"] == "quality")
    assert (quality["name"]["zh"], quality["levels"]["abnormal"], quality["levels"]["none"]) == ("品质", 1, 6)
    seen = member.get("/kpi/dashboard", **asked).json
    assert (seen["levels"], seen["open_exceptions"]) == (shown["levels"], 0)
    assert member.get("/kpi/dashboard", policy="kpi_sop").status == 404


def test_lists_are_filtered_and_come_as_tables(around: Troubled, as_: Sign):
    manager, member = as_(around.manager), as_(around.member)
    evaluate(manager)
    assert [manager.get("/kpi/alerts", level=level).json["total"] for level in ("severe", "abnormal")] == [0, 1]
    assert [manager.get("/kpi/alerts", from_on=day).json["total"] for day in ("2026-03-31", "2026-04-01")] == [1, 0]
    alerts = manager.get("/kpi/alerts/file.csv").data.decode("utf-8-sig").splitlines()
    assert [line.split(",")[2:8] for line in alerts[1:]] == [["客诉率", "", "2026-03", "偏离目标", "异常", "1.2"]]
    table = manager.get("/kpi/exceptions/file.csv").data.decode("utf-8-sig").splitlines()
    assert table[1].startswith("QEF-29-02-2026-0001,kpi_sop,一车间,客诉率,2026-03,异常,CAPA,品质负责人,罗品质,待分析")
    assert len(member.get("/kpi/exceptions/file.csv").data.decode().splitlines()) == 1


def test_what_waits_follows_the_exception(around: Troubled, as_: Sign):
    manager, another, owner = as_(around.manager), as_(around.another), as_(around.owner)

    def waits(who: Caller) -> dict[str, int]:
        kinds = ("work_on_exception", "assign_exception", "verify_exception", "close_exception", "do_kpi_task")
        return {one["kind"]: one["count"] for one in who.get("/tasks").json["items"] if one["kind"] in kinds}

    evaluate(manager)
    assert (waits(owner), waits(manager)) == ({"work_on_exception": 1}, {})
    path = f"/kpi/exceptions/{owner.get('/kpi/exceptions').json['items'][0]['id']}"
    version = manager.post(f"{path}/analysis", {"cause": "混料"}, version=owner.get(path).version).version
    planned = {"action": "隔离", "action_due_on": TODAY.isoformat()}
    version = manager.post(f"{path}/action", planned, version=version).version
    version = owner.post(f"{path}/completion", {"report": "已隔离"}, version=version).version
    # Not by the manager who entered the action.
    assert (waits(owner), waits(manager), waits(another)) == ({}, {}, {"verify_exception": 1})
    another.post(f"{path}/verification", {"effective": True, "verification": "有效"}, version=version)
    assert (waits(manager), waits(another)) == ({"close_exception": 1}, {"close_exception": 1})


def test_a_department_s_task_waits_for_its_head(around: Troubled, as_: Sign, engine: Engine):
    with db.transaction(engine, write=True) as session:
        (head,) = holders.heads(session, around.quality.id, TODAY)
        actor = factories.an_actor(session, "employee", employee=head)
    evaluate(as_(around.manager))
    caller = as_(actor)
    (waiting,) = (one for one in caller.get("/tasks").json["items"] if one["kind"] == "do_kpi_task")
    assert (waiting["about_kind"], waiting["count"]) == ("kpi_task", 1)
    path = f"/kpi/tasks/{waiting['about_id']}"
    shown = caller.get(path)
    assert (shown.json["follow_up"]["zh"], shown.json["department_unit"]["name"]) == ("排查产品问题", "品质部")
    done = caller.post(f"{path}/completion", {"note": "批次 0312 混料"}, version=shown.version)
    assert (done.json["state"], done.json["done_by"]) == ("done", "品质部长")


@pytest.mark.usefixtures("configured")
def test_the_command_evaluates_all_that_has_readings_and_prints_what_followed(around: Troubled, engine: Engine):
    with db.transaction(engine, write=True) as session:
        around.session = session
        read(around, unit=None, inputs=iqc(60))

    def run(*words: str) -> dict:
        result = CliRunner().invoke(main, ["kpi", "evaluate", "--period", "2026-03", *words])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    first = run()
    assert [(one["policy"], one["unit"]) for one in first["evaluations"]] == [
        *(("kpi_sop", None), ("kpi_sop", around.unit.code)),
    ]
    company, unit = first["evaluations"]
    (alert,) = company["alerts"]
    assert (alert["indicator"], alert["level"], alert["deviation"]) == ("iqc_pass_rate", "severe", "38.7755")
    assert "偏离 38.7755%" in alert["lines"][0]["zh"]
    assert unit["exceptions_opened"] == unit["exceptions_open"] == ["QEF-29-02-2026-0002"]
    again = run("--policy", "kpi_sop", "--unit", around.unit.code)
    assert [one["exceptions_opened"] for one in again["evaluations"]] == [[]]
    assert [one["exceptions_open"] for one in again["evaluations"]] == [["QEF-29-02-2026-0002"]]
    assert CliRunner().invoke(main, ["kpi", "evaluate", "--period", "2026-13"]).exit_code == 1
    assert CliRunner().invoke(main, ["kpi", "evaluate", "--period", "2026-03", "--account", "nobody"]).exit_code == 1


def test_lists_ask_as_often_for_many_rows_as_for_one(around: Troubled, as_: Sign, engine: Engine):
    manager = as_(around.manager)
    evaluate(manager)
    paths = ("/kpi/exceptions", "/kpi/alerts", "/kpi/tasks", "/kpi/evaluations")
    once = [asked_for(manager, path) for path in paths]
    with db.transaction(engine, write=True) as session:
        around.session = session
        for period, level in (("2026-01", "severe"), ("2026-02", "attention")):
            complained(around, level, period)
            respond(around, period)
    several = [asked_for(manager, path) for path in paths]
    assert [count for _, count in several] == [count for _, count in once] and all(count for _, count in once)
    assert [rows for rows, _ in once] == [1, 1, 1, 1]
    assert [rows for rows, _ in several] == [3, 3, 1, 3]


def asked_for(who: Caller, path: str) -> tuple[int, int]:
    """How many rows a list has, and in how many queries."""
    seen: list[str] = []
    listen = ("before_cursor_execute", lambda *call: seen.append(call[2]))
    who.get(path)  # what is looked up once and kept has been by then
    target = who.client.application.target
    event.listen(target, *listen)
    try:
        return len(who.get(path).json["items"]), len(seen)
    finally:
        event.remove(target, *listen)


def test_a_correction_shows_the_alert_as_withdrawn(around: Troubled, as_: Sign, engine: Engine):
    manager = as_(around.manager)
    evaluate(manager)
    with db.transaction(engine, write=True) as session:
        around.session = session
        (reading,) = session.exec(select(Reading)).all()
        correct(around, reading, complaints("abnormal") | {"客诉件数": D(0)})
    (one,) = evaluate(manager).json["evaluations"]
    assert (one["alerts"], one["alerts_withdrawn"], one["exceptions_void"]) == ([], 1, ["QEF-29-02-2026-0001"])
    (alert,) = manager.get("/kpi/alerts", state="withdrawn").json["items"]
    assert (alert["state"], alert["value"], alert["lines"]) == ("withdrawn", None, [])
