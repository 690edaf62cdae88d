"""A case is read exactly as written, or refused with a code and the path of the value at fault."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from appraisal.core.calendar import Period
from appraisal.core.inputs import Case, Incident, Item, PastGrade, case_from_json
from appraisal.exact_json import NumberText
from tests.core.cases import code_and_path

WRITTEN: dict[str, Any] = {
    "policy": "trading",
    "on": "2026-03-31",
    "period": "2026-Q1",
    "post": "sales",
    "items": [
        {"id": "revenue", "kind": "kpi", "weight": "60", "target": "100", "challenge": None, "actual": NumberText("110.50")},
        {"id": "plan", "kind": "gs", "weight": NumberText("40"), "factors": {"A": "18", "B": None}, "factor_max": {"A": "20"}},
    ],
    "incidents": [{"event": "credit_loss"}, {"event": "serious_violation", "count": "2", "confirmed": False, "reach": "unit"}],
    "history": [{"period": "2025-Q4", "grade": "A"}, {"period": "2025-Q3", "grade": "D", "collective": True}],
}
FIGURES = ("weight", "target", "challenge", "threshold", "baseline", "actual", "actual2", "last_actual", "rating")
NO_NUMBERS = [
    *("", " ", "abc", "NaN", "Infinity", "-Infinity", "1e400", "1e3", "４.５", "+1", ".5", "5.", "1,000", "0x1F", "true"),
    *("1000000000000000", "0.123456789", NumberText("NaN"), NumberText("1e400"), NumberText("-Infinity"), NumberText("010")),
    *(True, False, 1.5, [], ["1"], {}, {"value": "1"}),
]


def changed(change: Callable[[dict[str, Any]], object]) -> Any:
    """The written case after the change."""
    copy = deepcopy(WRITTEN)
    change(copy)
    return copy


def test_everything_a_case_may_hold_is_read() -> None:
    assert case_from_json(WRITTEN) == Case(
        policy="trading",
        on=date(2026, 3, 31),
        period=Period("quarter", 2026, 1),
        post="sales",
        items=(
            Item("revenue", "kpi", Decimal(60), target=Decimal(100), actual=Decimal("110.50")),
            Item("plan", "gs", Decimal(40), factors={"A": Decimal(18), "B": None}, factor_max={"A": Decimal(20)}),
        ),
        incidents=(Incident("credit_loss"), Incident("serious_violation", 2, False, "unit")),
        history=(
            PastGrade(Period("quarter", 2025, 4), "A"),
            PastGrade(Period("quarter", 2025, 3), "D", collective=True),
        ),
    )


def test_what_is_optional_may_be_absent_or_null() -> None:
    short = {"on": "2026-03-31", "period": "2026", "post": "sales", "items": [{"id": "a", "kind": "kpi", "weight": "100"}]}
    nulls = {**short, "policy": None, "incidents": None, "history": None}
    nulls["items"] = [{**short["items"][0], **{key: None for key in Item.__dataclass_fields__ if key not in short["items"][0]}}]  # type: ignore[index]
    assert case_from_json(short) == case_from_json(nulls)
    assert case_from_json(short).items[0].actual is None


def test_zero_is_not_missing() -> None:
    read = case_from_json(changed(lambda case: case["items"][0].update(actual="0", target=0)))
    assert (read.items[0].actual, read.items[0].target, read.items[0].challenge) == (Decimal(0), Decimal(0), None)


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: f"{type(value).__name__} {value!r}"[:30])
def test_what_is_no_plain_number_is_refused_where_it_stands(figure: str, value: Any) -> None:
    written = changed(lambda case: case["items"][1].update({figure: value}))
    assert code_and_path(case_from_json, written) == ("bad_number", f"items[1].{figure}")


@pytest.mark.parametrize("name", ["factors", "factor_max", "events", "inputs"])
def test_figures_by_name_are_held_to_the_same_form(name: str) -> None:
    written = changed(lambda case: case["items"][0].update({name: {"甲": "1", "乙": True}}))
    assert code_and_path(case_from_json, written) == ("bad_number", f"items[0].{name}.乙")
    assert code_and_path(case_from_json, changed(lambda case: case["items"][0].update({name: ["1"]}))) == (
        "bad_value",
        f"items[0].{name}",
    )


def test_a_null_among_inputs_is_missing_but_an_event_without_a_count_is_refused() -> None:
    read = case_from_json(changed(lambda case: case["items"][0].update(inputs={"a": None}, events={})))
    assert (read.items[0].inputs, read.items[0].events) == ({"a": None}, {})
    written = changed(lambda case: case["items"][0].update(events={"late": None}))
    assert code_and_path(case_from_json, written) == ("bad_number", "items[0].events.late")


REFUSED: list[tuple[str, str, Callable[[dict[str, Any]], object]]] = [
    ("unknown_key", "score", lambda case: case.update(score="95")),
    ("unknown_key", "items[0].actuals", lambda case: case["items"][0].update(actuals="1")),
    ("unknown_key", "incidents[0].evnt", lambda case: case["incidents"][0].update(evnt="x")),
    ("unknown_key", "history[1].score", lambda case: case["history"][1].update(score="1")),
    ("bad_date", "on", lambda case: case.update(on="2026-02-30")),
    ("bad_date", "on", lambda case: case.update(on="20260331")),
    ("bad_date", "on", lambda case: case.update(on="2026-W14-1")),
    ("bad_value", "on", lambda case: case.update(on=None)),
    ("bad_value", "on", lambda case: case.pop("on")),
    ("bad_value", "period", lambda case: case.pop("period")),
    ("bad_period", "period", lambda case: case.update(period="2026-Q5")),
    ("bad_period", "history[0].period", lambda case: case["history"][0].update(period="Q4")),
    ("bad_value", "period", lambda case: case.update(period=NumberText("2026"))),
    ("bad_value", "post", lambda case: case.pop("post")),
    ("bad_value", "post", lambda case: case.update(post="")),
    ("bad_value", "post", lambda case: case.update(post=["sales"])),
    ("bad_value", "policy", lambda case: case.update(policy=True)),
    ("bad_value", "items", lambda case: case.pop("items")),
    ("bad_value", "items", lambda case: case.update(items={"id": "a"})),
    ("bad_case", "items[1]", lambda case: case["items"].__setitem__(1, "revenue")),
    ("bad_value", "items[0].id", lambda case: case["items"][0].pop("id")),
    ("bad_value", "items[0].kind", lambda case: case["items"][0].pop("kind")),
    ("bad_value", "items[0].kind", lambda case: case["items"][0].update(kind="KPI")),
    ("bad_value", "items[0].weight", lambda case: case["items"][0].pop("weight")),
    ("bad_value", "items[0].direction", lambda case: case["items"][0].update(direction="up")),
    ("bad_value", "incidents", lambda case: case.update(incidents={})),
    ("bad_value", "incidents[0].event", lambda case: case["incidents"][0].pop("event")),
    ("bad_value", "incidents[0].confirmed", lambda case: case["incidents"][0].update(confirmed="true")),
    ("bad_value", "incidents[0].confirmed", lambda case: case["incidents"][0].update(confirmed=None)),
    ("bad_value", "incidents[0].reach", lambda case: case["incidents"][0].update(reach="everybody")),
    ("bad_number", "incidents[0].count", lambda case: case["incidents"][0].update(count="1.5")),
    ("bad_number", "incidents[0].count", lambda case: case["incidents"][0].update(count="-1")),
    ("bad_number", "incidents[0].count", lambda case: case["incidents"][0].update(count=True)),
    ("bad_value", "history[0].grade", lambda case: case["history"][0].pop("grade")),
    ("bad_value", "history[0].collective", lambda case: case["history"][0].update(collective=NumberText("1"))),
]


@pytest.mark.parametrize(("code", "path", "change"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_a_case_that_cannot_be_read_says_where(code: str, path: str, change: Callable[[dict[str, Any]], object]) -> None:
    assert code_and_path(case_from_json, changed(change)) == (code, path)


@pytest.mark.parametrize("value", [None, [], "case", NumberText("5"), True])
def test_a_case_is_an_object(value: Any) -> None:
    assert code_and_path(case_from_json, value) == ("bad_case", "")
