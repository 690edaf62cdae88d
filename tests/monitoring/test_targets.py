"""Targets that no rule file declares: which counts in which period, which cannot be set, and which nobody can reach."""

from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.core.calendar import Period
from appraisal.errors import Conflict, Invalid, NotAllowed
from appraisal.monitoring import targets
from appraisal.monitoring.targets import Wanted
from appraisal.monitoring.watched import watching
from tests import factories
from tests.monitoring.samples import TODAY, Watched, read, watched


@pytest.fixture
def around(session: Session):
    with clock.at(TODAY):
        factories.a_published_policy(session, name="plant")
        yield watched(session)


def wanted(around: Watched, value: str = "2", **more: object) -> Wanted:
    said = {"policy": "plant", "indicator": "failure_rate", "unit_id": around.unit.id, "operator": "<=", "value": D(value)}
    return Wanted(**(said | {"from_on": date(2026, 1, 1), "reason": "年度目标"} | more))


def set_by_manager(around: Watched, *several: Wanted, **how: bool) -> None:
    manager = factories.an_actor(around.session, "kpi_manager")
    for one in several:
        targets.set_target(around.session, manager, one, **how)


def target_of(around: Watched, period: str, indicator: str = "failure_rate", policy: str = "plant", unit: object = "own"):
    found = watching(around.session).policy_on(policy, TODAY)
    unit_id = around.unit.id if unit == "own" else unit
    target = targets.targets_of(around.session, found, unit_id)(indicator, Period.parse(period))
    return None if target is None else (target.operator, target.value)


@pytest.mark.parametrize(("period", "value"), [("2025-12", None), ("2026-01", "2"), ("2026-02", "2"), ("2026-03", "1.5")])
def test_the_one_that_began_last_by_the_first_day_counts(around: Watched, period, value):
    set_by_manager(around, wanted(around), wanted(around, "1.5", from_on=date(2026, 2, 2)))
    assert target_of(around, period) == (None if value is None else ("<=", D(value)))


def test_of_the_same_day_the_last_one_set_counts(around: Watched):
    set_by_manager(around, wanted(around, "2"), wanted(around, "3"))
    assert target_of(around, "2026-01") == ("<=", D(3))


@pytest.mark.parametrize(("period", "there"), [("2026-02", True), ("2026-03", False)])
def test_one_that_has_ended_leaves_none(around: Watched, period, there):
    set_by_manager(around, wanted(around, to_on=date(2026, 2, 28)))
    assert (target_of(around, period) is not None) == there


def test_a_unit_s_target_is_its_own(around: Watched):
    set_by_manager(around, wanted(around, unit_id=None))
    assert (target_of(around, "2026-01"), target_of(around, "2026-01", unit=None)) == (None, ("<=", D(2)))


def test_what_the_policy_declares_is_changed_in_the_rule_file_only(around: Watched):
    declared = wanted(around, policy="kpi_sop", indicator="nps", operator=">=", value=D(60))
    with pytest.raises(Conflict) as refused:
        set_by_manager(around, declared)
    assert refused.value.code == "declared_in_policy"
    assert target_of(around, "2026-03", "nps", "kpi_sop") == (">=", D(50))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"policy": "unheard"}, "unknown_policy"),
        ({"indicator": "unheard"}, "unknown_indicator"),
        ({"unit_id": 999_999}, "unknown_unit"),
        ({"to_on": date(2025, 12, 31)}, "bad_days"),
        ({"reason": " "}, "text_needed"),
    ],
)
def test_what_cannot_be_is_refused_by_name(around: Watched, more, code):
    with pytest.raises(Invalid) as refused:
        set_by_manager(around, wanted(around, **more))
    assert refused.value.code == code


@pytest.mark.parametrize(("value", "far"), [("65", False), ("65.1", True)])
def test_a_target_far_from_the_last_reading_has_to_be_accepted(around: Watched, value, far):
    inputs = {"可运行时间": D(50), "计划运行时间": D(100)}
    read(around, "2025-12", policy="plant", indicator="equipment_availability", inputs=inputs, source_document="运行记录")
    aimed = wanted(around, value, indicator="equipment_availability", operator=">=")
    if far:
        with pytest.raises(Conflict) as refused:
            set_by_manager(around, aimed)
        assert refused.value.code == "unrealistic_target"
    set_by_manager(around, aimed, accept_unrealistic=far)
    assert target_of(around, "2026-01", "equipment_availability") == (">=", D(value))


def test_only_the_kpi_manager_of_the_unit_sets_one(around: Watched):
    session, elsewhere = around.session, factories.a_unit(around.session, "另一部门")
    for actor in (around.hr, around.head, around.provider, factories.an_actor(session, "kpi_manager", unit=elsewhere)):
        with pytest.raises(NotAllowed):
            targets.set_target(session, actor, wanted(around))
    here = factories.an_actor(session, "kpi_manager", unit=around.unit)
    targets.set_target(session, here, wanted(around))
    with pytest.raises(NotAllowed):
        targets.set_target(session, here, wanted(around, unit_id=None))


def test_a_limited_reader_sees_the_targets_of_their_unit_only(around: Watched):
    session, elsewhere = around.session, factories.a_unit(around.session, "另一部门")
    set_by_manager(around, wanted(around), wanted(around, unit_id=None), wanted(around, unit_id=elsewhere.id))
    limited = factories.an_actor(session, "kpi_manager", unit=around.unit)
    for actor in (limited, around.head, around.member):
        assert [row[0].unit_id for row in session.exec(targets.set_targets_seen(session, actor, {}))] == [around.unit.id]
