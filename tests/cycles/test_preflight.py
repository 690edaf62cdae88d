"""What the pre-flight says: leave and probation, goals nobody judges, deadlines nobody can count."""

from datetime import date

import pytest
from sqlmodel import Session, delete

from appraisal.cycles import queries, service
from appraisal.cycles.models import Cycle
from appraisal.cycles.preflight import Preflight, preflight
from appraisal.errors import Invalid
from appraisal.people import absence
from appraisal.people import service as people
from appraisal.people.models import Employee
from appraisal.policies.models import StoredCalendar
from tests import factories as make
from tests.core.policy import mini

FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)


def a_salesperson(session: Session, **changed: object) -> Employee:
    return make.an_employee(session, **{"post": make.a_post(session)} | changed)


def leave(session: Session, employee: Employee, from_on: date, to_on: date, **how: object) -> None:
    absence.note_leave(session, make.hr(session), employee, kind="sick", from_on=from_on, to_on=to_on, **how)


def reason(session: Session, employee: Employee, cycle: Cycle | None = None) -> str | None:
    found = preflight(session, cycle or make.a_cycle(session))
    planned = next(person for person in found.planned if person.employee_id == employee.id)
    return planned.not_rated_reason.zh if planned.not_rated_reason else None


# Leave and probation (D-03)


@pytest.mark.parametrize(("last", "is_rated"), [(date(2026, 3, 16), True), (date(2026, 3, 17), False)])
def test_neutral_leave_is_no_day_in_post(session: Session, last: date, is_rated: bool):
    employee = a_salesperson(session)
    leave(session, employee, FIRST, last)
    said = reason(session, employee)
    assert said is None if is_rated else said == "本期在岗 14 天 (请假 76 天不计), 少于 15 天"


def test_counted_leave_is_as_if_worked(session: Session):
    employee = a_salesperson(session)
    leave(session, employee, FIRST, LAST, neutral=False)
    assert reason(session, employee) is None


def test_leave_before_the_post_was_held_takes_no_day_from_it(session: Session):
    employee = make.an_employee(session)
    people.assign_post(session, make.hr(session), employee, make.a_post(session), from_on=date(2026, 3, 1))
    leave(session, employee, date(2026, 1, 1), date(2026, 2, 28))
    assert reason(session, employee) is None


def test_leave_that_begins_before_and_ends_after_the_period(session: Session):
    employee = a_salesperson(session)
    leave(session, employee, date(2025, 11, 1), date(2026, 6, 30))
    assert reason(session, employee) == "本期在岗 0 天 (请假 90 天不计), 少于 15 天"


def test_leave_noted_later_takes_somebody_out_and_back_in(session: Session):
    employee, _ = a_salesperson(session), a_salesperson(session)
    cycle = make.an_open_cycle(session)
    leave(session, employee, FIRST, LAST)
    service.refresh_cycle(session, make.hr(session), cycle)
    appraisal = queries.appraisal_of(session, cycle, employee)
    assert (appraisal.rated, appraisal.not_rated_reason_en) == (
        False,
        "0 days at work in this period (90 on leave), 15 are needed",
    )


def with_probation(session: Session, rule: str) -> Cycle:
    files = make.checked().files
    policy = files["rules/trading/policy.yaml"]
    changed = policy.replace("{minimum_days: 15, pay: base}", f"{{minimum_days: 15, pay: base, probation: {rule}}}")
    assert changed != policy
    make.a_published_policy(session, files=files | {"rules/trading/policy.yaml": changed})
    values = {"code": "probation", "name": "一季度", "policy_name": "trading", "period": "2026-Q1", "pays": True}
    return service.draft_cycle(session, make.hr(session), **values)


@pytest.mark.parametrize(
    ("rule", "until", "is_rated"),
    [("not_rated", LAST, False), ("not_rated", date(2026, 3, 30), True), ("rated", LAST, True)],
)
def test_who_is_on_probation_to_the_end_is_rated_or_not_as_the_policy_says(
    session: Session, rule: str, until: date, is_rated: bool
):
    employee = a_salesperson(session)
    employee.probation_until = until
    assert (reason(session, employee, with_probation(session, rule)) is None) == is_rated


def test_who_leaves_during_probation_was_on_it_to_their_end(session: Session):
    employee = a_salesperson(session)
    employee.probation_until = date(2026, 3, 15)
    cycle = with_probation(session, "not_rated")
    assert reason(session, employee, cycle) is None
    employee.left_on = date(2026, 3, 15)
    assert reason(session, employee, cycle) == "试用期至 2026-03-15"


# What the source leaves blank; rulings on it are in test_rulings


def of_the_workshop(session: Session, said: str) -> Preflight:
    """The pre-flight where the workshop's goal says this of its levels, assessor and cadence."""
    files = dict(mini.FILES)
    path, before = "weights/mini/workshop.yaml", "levels: order, assessor: 班长, cadence: quarter"
    assert files[path].count(before) == 1
    files[path] = files[path].replace(before, said)
    make.an_employee(session, post=make.a_post(session, "workshop"), supervisor=make.an_employee(session))
    make.a_published_policy(session, name="mini", files=files)
    values = {"code": "mini", "name": "一季度", "policy_name": "mini", "period": "2026-Q1", "pays": True}
    return preflight(session, service.draft_cycle(session, make.hr(session), **values))


@pytest.mark.parametrize(
    ("said", "stands_in_the_way"),
    [
        ("levels: order, assessor: 班长, cadence: quarter", []),
        ("levels: order, assessor: null, cadence: quarter, uncertain: 原文为空", ["goal_without_assessor"]),
        ("assessor: 班长, cadence: quarter", ["goal_without_standard"]),
        ("levels: order, assessor: 班长, cadence: null, uncertain: 原文为空", ["blank_cadence"]),
    ],
)
def test_a_goal_without_assessor_standard_or_cadence_keeps_the_cycle_from_opening(
    session: Session, said: str, stands_in_the_way: list[str]
):
    found = of_the_workshop(session, said)
    assert [finding.kind for finding in found.blocking] == stands_in_the_way
    assert all(finding.zh.endswith("现场整洁") for finding in found.blocking)


# The data deadline (R-002-29)


def test_without_a_calendar_no_cycle_opens(session: Session):
    a_salesperson(session)
    cycle = make.a_cycle(session)
    session.exec(delete(StoredCalendar))
    assert [finding.kind for finding in preflight(session, cycle).blocking] == ["no_calendar"]
    cycle.data_due_on = date(2026, 4, 10)
    assert preflight(session, cycle).blocking == ()


def test_a_cycle_beyond_the_calendars_years_does_not_open(session: Session):
    a_salesperson(session)
    assert [finding.kind for finding in preflight(session, make.a_cycle(session, period="2027-Q4")).blocking] == ["no_calendar"]


def test_where_the_workflow_gives_the_data_no_days_the_cycle_must(session: Session):
    files = make.checked().files
    path = "rules/trading/workflow.yaml"
    changed = files[path].replace("actors: [data_provider, hr], days: 5, on_deadline: wait", "actors: [data_provider, hr]")
    assert changed != files[path]
    a_salesperson(session)
    make.a_published_policy(session, files=files | {path: changed})
    values = {"code": "undated", "name": "一季度", "policy_name": "trading", "period": "2026-Q1", "pays": True}
    cycle = service.draft_cycle(session, make.hr(session), **values)
    assert [finding.kind for finding in preflight(session, cycle).blocking] == ["no_data_deadline"]
    cycle.data_due_on = date(2026, 4, 10)
    assert preflight(session, cycle).blocking == ()


@pytest.mark.parametrize(
    ("day", "fits"), [(LAST, False), (date(2026, 4, 1), True), (date(2027, 4, 1), True), (date(2027, 4, 2), False)]
)
def test_the_data_are_due_within_a_year_after_the_period(session: Session, day: date, fits: bool):
    values = {"code": "C", "name": "一季度", "policy_name": "trading", "period": "2026-Q1", "pays": True, "data_due_on": day}
    if fits:
        assert service.draft_cycle(session, make.hr(session), **values).data_due_on == day
        return
    with pytest.raises(Invalid) as refused:
        service.draft_cycle(session, make.hr(session), **values)
    assert refused.value.code == "bad_dates"
