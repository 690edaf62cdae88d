"""Processes over the API: a reading entered at a step rolls up to its indicator, is judged, and stands in the process map."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.core.calendar import Period
from appraisal.monitoring import evaluations, processes
from appraisal.people.models import Account
from tests import factories
from tests.caller import Caller, a_service
from tests.monitoring.samples import Watched, watched

Sign = Callable[[Actor], Caller]
ORDERS = "/kpi/processes/trading/order_handling"
TODAY = date(2026, 8, 3)


@pytest.fixture
def around(engine: Engine) -> Iterator[Watched]:
    with clock.at(TODAY):
        with db.transaction(engine, write=True) as session:
            found = watched(session)
            factories.a_published_policy(session)
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


def dispatched(around: Watched, period: str, minutes: str, orders: str = "10", **more: object) -> dict[str, object]:
    """What a day or month of dispatching comes to."""
    inputs = {"分派分钟数合计": minutes, "分派订单数": orders}
    said = {"policy": "trading", "indicator": "dispatch_time", "unit": around.unit.code, "period": period, "inputs": inputs}
    return said | {"source_document": "ERP"} | more


def enter(around: Watched, as_: Sign, *rows: dict[str, object]) -> None:
    """Entered by one and confirmed by another."""
    made = [as_(around.provider).post("/kpi/readings", row) for row in rows]
    assert {answer.status for answer in made} == {201}, made[0].json
    as_(around.checker).post("/kpi/readings/confirmations", {"reading_ids": [answer.json["id"] for answer in made]})


def evaluate(around: Watched, engine: Engine, period: str) -> None:
    with db.transaction(engine, write=True) as session:
        manager = factories.an_actor(session, "kpi_manager")
        evaluations.evaluate_period(session, manager, "trading", around.unit.id, Period.parse(period))


def at(shown: dict[str, Any], indicator: str) -> dict[str, Any]:
    """An indicator of a map, wherever it stands."""
    everywhere = [*shown["indicators"], *(one for step in shown["steps"] for one in step["indicators"])]
    (found,) = [one for one in everywhere if one["id"] == indicator]
    return found


def test_processes_are_listed_with_what_they_consist_of(as_: Sign, around: Watched):
    listed = as_(around.member).get("/kpi/processes").json
    assert [(one["policy"], one["id"], one["steps"]) for one in listed["items"]] == [
        ("trading", "complaint_handling", 6),
        ("trading", "order_handling", 6),
    ]
    assert listed["items"][1]["core"] == ["dispatch_time", "pick_accuracy", "same_day_shipping"]
    assert as_(around.member).get("/kpi/processes", policy="kpi_sop").json["total"] == 0
    assert as_(around.member).get("/kpi/processes", policy="unheard").json["total"] == 0


def test_a_map_shows_steps_in_order_with_key_nodes_and_what_each_passes_on(as_: Sign, around: Watched):
    shown = as_(around.member).get("/kpi/processes/trading/complaint_handling").json
    assert [step["name"]["zh"] for step in shown["steps"]] == ["投诉接收", "分类", "分派", "处理", "反馈", "归档"]
    assert [step["number"] for step in shown["steps"]] == [1, 2, 3, 4, 5, 6]
    dispatch = shown["steps"][2]
    assert (dispatch["key"], dispatch["outputs"][0]["zh"]) == ("collaboration", "处理责任人及截止时间")
    assert "滞后" in dispatch["bottleneck"]["zh"]
    orders = as_(around.member).get(ORDERS).json
    assert [step["id"] for step in orders["steps"] if step["adds_no_value"]] == ["wait_for_carrier"]


def test_goals_stand_under_those_they_serve_with_their_indicators(as_: Sign, around: Watched):
    shown = as_(around.member).get(ORDERS).json
    assert [(one["id"], one["depth"], one["serves"]) for one in shown["goals"]] == [
        ("revenue_growth", 0, None),
        ("faster_delivery", 1, "revenue_growth"),
        ("loyalty", 0, None),
        ("right_delivery", 1, "loyalty"),
    ]
    assert shown["goals"][1]["indicators"] == ["order_time", "dispatch_time", "same_day_shipping"]
    everything = {one for goal in shown["goals"] for one in goal["indicators"]}
    assert len(everything) == sum(len(step["indicators"]) for step in shown["steps"]) + len(shown["indicators"]) == 8


def test_an_indicator_says_who_owns_it_what_guards_it_and_from_which_field_it_comes(as_: Sign, around: Watched):
    found = at(as_(around.member).get(ORDERS).json, "dispatch_time")
    assert (found["step"], found["owner"], found["guards"], found["core"]) == (
        "dispatch",
        "物流部负责人",
        ["dispatch_accuracy"],
        True,
    )
    assert found["inputs"][0]["source"] == "ERP 接单时间、分派完成时间"
    whole = at(as_(around.member).get(ORDERS).json, "order_time")
    assert (whole["step"], whole["target"]["value"], whole["alert"]["value"]) == (None, "100", "120")


def test_readings_of_days_at_a_step_roll_up_to_its_indicator_and_are_judged(around: Watched, as_: Sign, engine: Engine):
    """200 minutes over 10 orders and 100 over 10 are 15 an order, not the mean of means of unequal days."""
    rows = [("2026-07-01", "200", "10"), ("2026-07-02", "100", "10"), ("2026-07-03", "30", "2")]
    enter(around, as_, *(dispatched(around, *row) for row in rows))
    before = at(as_(around.head).get(ORDERS, unit_id=around.unit.id, period="2026-07").json, "dispatch_time")
    assert (before["last"]["period"], before["last"]["value"], before["judged"]) == ("2026-07-03", "15", None)
    evaluate(around, engine, "2026-07")
    shown = as_(around.head).get(ORDERS, unit_id=around.unit.id).json
    found = at(shown, "dispatch_time")
    assert (shown["period"], found["judged"]["value"], found["judged"]["level"]) == ("2026-07", "15", "normal")
    assert found["judged"]["met"] is True and shown["evaluated_at"]
    assert at(shown, "pick_accuracy")["judged"]["level"] is None


@pytest.mark.parametrize(
    ("period", "target", "level"), [("2026-06", "30", "normal"), ("2026-07", "15", "severe"), ("2026-05", "30", "normal")]
)
def test_an_old_period_keeps_its_old_target(around: Watched, as_: Sign, engine: Engine, period: str, target: str, level: str):
    enter(around, as_, dispatched(around, period, "300"))
    evaluate(around, engine, period)
    found = at(as_(around.head).get(ORDERS, unit_id=around.unit.id, period=period).json, "dispatch_time")
    assert (found["judged"]["value"], found["target"]["value"], found["judged"]["level"]) == ("30", target, level)


def test_what_is_added_later_has_no_target_before(around: Watched, as_: Sign):
    june, july = (as_(around.head).get(ORDERS, period=period).json for period in ("2026-06", "2026-07"))
    assert at(june, "same_day_shipping")["target"] is None
    assert at(july, "same_day_shipping")["target"]["value"] == "95"


def test_who_may_not_see_a_units_readings_sees_the_process_without_them(around: Watched, as_: Sign, engine: Engine):
    enter(around, as_, dispatched(around, "2026-07", "150"))
    evaluate(around, engine, "2026-07")
    with db.transaction(engine, write=True) as session:
        elsewhere = factories.an_actor(session, "employee", employee=factories.an_employee(session, "钱外人"))
    stranger = at(as_(elsewhere).get(ORDERS, unit_id=around.unit.id).json, "dispatch_time")
    assert (stranger["last"], stranger["judged"], stranger["target"]["value"]) == (None, None, "15")
    member = at(as_(around.member).get(ORDERS, unit_id=around.unit.id).json, "dispatch_time")
    assert (member["last"]["value"], member["judged"]["value"]) == ("15", "15")


def test_an_indicator_of_quarters_shows_the_target_of_its_quarter(around: Watched, as_: Sign):
    shown = as_(around.member).get("/kpi/processes/trading/complaint_handling", period="2026-07").json
    found = at(shown, "proposals_landed")
    assert (found["period"], found["target"]["value"], found["entered"]) == ("2026-Q3", "1", ["quarter"])


def test_the_kpis_of_appraisals_are_not_entered_as_readings(around: Watched, as_: Sign):
    row = {"policy": "trading", "indicator": "revenue", "unit": around.unit.code, "period": "2026-07", "value": "1"}
    answer = as_(around.provider).post("/kpi/readings", row | {"source_document": "ERP"})
    assert (answer.status, answer.json["code"]) == (422, "unknown_indicator")
    assert as_(around.provider).get("/kpi/indicators", policy="trading").json["total"] == 17


def test_what_is_unknown_is_not_found_and_what_is_no_period_is_refused(around: Watched, as_: Sign):
    caller = as_(around.head)
    assert caller.get("/kpi/processes/trading/unheard").status == 404
    assert caller.get("/kpi/processes/unheard/order_handling").status == 404
    assert caller.get("/kpi/processes/kpi_sop/order_handling").status == 404
    assert (caller.get(ORDERS, period="July").json["code"], caller.get(ORDERS, weather="fine").status) == ("bad_period", 422)


def test_a_map_asks_the_database_the_same_however_much_there_is_to_show(around: Watched, as_: Sign, engine: Engine):
    def queries() -> int:
        asked: list[str] = []

        def note(*args: Any) -> None:
            asked.append(args[2])

        with db.transaction(engine, write=False) as session:
            event.listen(engine, "before_cursor_execute", note)
            processes.process_map(session, around.head, "trading", "order_handling", unit_id=around.unit.id)
            event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    enter(around, as_, dispatched(around, "2026-06", "150"))
    evaluate(around, engine, "2026-06")
    queries()
    few = queries()
    picked = {"拣货无误订单数": "99", "总拣货订单数": "100"}
    enter(
        around,
        as_,
        *(dispatched(around, f"2026-07-{day:02}", "150") for day in range(1, 8)),
        dispatched(around, "2026-07", "0", indicator="pick_accuracy", inputs=picked),
    )
    evaluate(around, engine, "2026-07")
    assert queries() == few
