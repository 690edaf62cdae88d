"""The stored case: it reads back as it was, and its digest moves with every figure."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

from appraisal.core.calendar import Period
from appraisal.core.inputs import Case, Incident, Item, Judged, Part, PastGrade, Sheet
from appraisal.results.cases import digest_of, sheets_from_json, sheets_json

FULL = Item(
    id="collection_rate",
    kind="kpi",
    weight=D("33.5"),
    dimension="finance",
    name="回款率",
    target=D(95),
    challenge=D(100),
    threshold=D(80),
    baseline=D(90),
    actual=D("94.7917"),
    actual2=D(1),
    last_actual=D(93),
    curve="higher",
    direction="higher",
    events={"late": D(2)},
    inputs={"实际回款金额": D(91), "应收账款总额": None},
)
GOAL = Item(id="plan", kind="gs", weight=D("66.5"), factors={"A": D(18), "B": None}, factor_max={"A": D(20), "B": D(80)})
TOGETHER = (Judged(D(50), D(80)), Judged(D(50), D(90)))
CASE = Case(
    on=date(2026, 3, 31),
    period=Period.parse("2026-Q1"),
    post="sales",
    items=(FULL, GOAL, replace(GOAL, id="other", factors={}, factor_max={}, rating=D(85), judged=TOGETHER)),
    incidents=(Incident("serious_violation", 2),),
    history=(PastGrade(Period.parse("2025-Q4"), "A"), PastGrade(Period.parse("2025-Q3"), "D", collective=True)),
)
SHEETS = (Sheet(CASE, D(45), "业务员"), Sheet(replace(CASE, post="marketing"), D(45), "市场"))


def test_a_case_reads_back_as_it_was():
    assert sheets_from_json(sheets_json(SHEETS)) == SHEETS


def test_the_stored_form_keeps_every_field_of_the_core():
    changes = {name: value for name, value in vars(FULL).items() if value != Item("x", "kpi", D(1)).__dict__[name]}
    assert changes.keys() == set(Item.__dataclass_fields__) - {"kind", "rating", "factors", "factor_max", "judged"}


def test_the_digest_is_blind_to_how_a_decimal_is_written():
    same = replace(SHEETS[0], case=replace(CASE, items=(replace(FULL, actual=D("94.79170")), *CASE.items[1:])))
    assert digest_of(sheets_json((same, SHEETS[1]))) == digest_of(sheets_json(SHEETS))


def test_the_digest_tells_zero_from_missing_and_sees_every_figure():
    seen = {digest_of(sheets_json(SHEETS))}
    for change in ({"actual": D(0)}, {"actual": None}, {"target": D("95.0001")}, {"weight": D("33.6")}, {"inputs": None}):
        case = replace(CASE, items=(replace(FULL, **change), *CASE.items[1:]))
        seen.add(digest_of(sheets_json((replace(SHEETS[0], case=case), SHEETS[1]))))
    seen.add(digest_of(sheets_json((replace(SHEETS[0], share=D(46)), SHEETS[1]))))
    seen.add(digest_of(sheets_json((replace(SHEETS[0], case=replace(CASE, incidents=())), SHEETS[1]))))
    assert len(seen) == 8


def test_the_parts_of_a_year_read_back_as_they_were_and_without_them_nothing_is_written():
    parts = (
        Part("quarter", D(1), D("85.12345678901234"), "2026-Q1", D(90), True),
        Part("unit", D("45.5"), D(80), coefficient=D("1.15")),
    )
    sheets = (Sheet(replace(CASE, parts=parts)),)
    assert sheets_from_json(sheets_json(sheets)) == sheets
    assert digest_of(sheets_json(sheets)) != digest_of(sheets_json((Sheet(CASE),)))
    assert "parts" not in sheets_json(SHEETS)[0]["case"]
