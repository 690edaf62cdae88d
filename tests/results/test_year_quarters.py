"""The mean of the quarters as a year's KPI part (D-24): which quarters count, which are waited for; worked out by hand."""

from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.agreements import service as agreements
from appraisal.cycles import queries as cycle_queries
from appraisal.cycles.models import Cycle
from appraisal.errors import Conflict
from appraisal.people.models import Employee
from appraisal.results.approving import put_in_force
from tests.agreements.samples import Quarter, a_quarter, review
from tests.results.a_year import (
    BLOCK,
    DROP,
    HELD_ON,
    OWN,
    QUARTERS,
    a_cycle,
    a_layer,
    a_rated_plan,
    an_approver,  # noqa: F401
    appraised,
    computed,
    imported,
    january,  # noqa: F401
    refusal,
    rules,
    somebody,
    stale,
    with_feedback,
)


def a_year_of_quarters(session: Session, person: Employee, *, drops: bool = True) -> Quarter:
    """The annual case of somebody, reviewed, under a policy that takes the mean of the quarters."""
    changes = ((OWN, QUARTERS),) if drops else ((OWN, QUARTERS), (DROP, BLOCK))
    year = a_quarter(session, person, cycle=a_cycle(session, rules(*changes)))
    if not drops:
        with_feedback(year, "80")
        a_rated_plan(year, "80")
    review(year, held_on=HELD_ON)
    return year


def test_the_kpi_part_is_the_mean_of_four_approved_quarters_and_needs_no_agreement(session: Session, approver: tuple[int, int]):
    person = somebody(session)
    for number, score in enumerate(("80", "85.12345678901234", "90", "70.5"), 1):
        appraised(session, person, f"2026-Q{number}", score, approver)
    result = computed(a_year_of_quarters(session, person))
    # 325.62345678901234 ÷ 4 = 81.405864…, rounded once at four decimals
    assert (result.score, result.outcome["items"]) == (D("81.4059"), [])
    sources = [part["source"] for part in result.sheets[0]["case"]["parts"]]
    assert sources == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]


def test_the_layer_that_was_approved_last_counts_and_one_that_is_not_approved_does_not(
    session: Session, approver: tuple[int, int]
):
    person = somebody(session)
    quarters = [appraised(session, person, f"2026-Q{number}", "80", approver) for number in range(1, 5)]
    a_layer(session, quarters[0], "99", seq=2)
    year = a_year_of_quarters(session, person)
    assert computed(year).score == D(80)
    later = a_layer(session, quarters[0], "90", seq=3)
    with clock.at(date(2027, 1, 10)):
        put_in_force(session, later, approver_id=approver[0], account_id=approver[1], approved_at=clock.now())
        session.flush()
        assert stale(year) == [year.appraisal.id]
        assert computed(year).score == D("82.5")


def test_a_quarter_that_is_not_approved_is_waited_for_by_name_whatever_may_be_dropped(
    session: Session, approver: tuple[int, int]
):
    person = somebody(session)
    appraised(session, person, "2026-Q1", "80", approver)
    appraised(session, person, "2026-Q2", "80", None)
    year = a_year_of_quarters(session, person)
    assert refusal(year).message.zh == "2026-Q2 的季度结果尚未批准: 请先完成该季度的审批"


def test_a_quarter_without_any_result_is_named_unless_the_policy_drops_what_is_missing(
    session: Session, approver: tuple[int, int]
):
    person = somebody(session)
    for number, score in ((1, "80"), (2, "90"), (4, "70")):
        appraised(session, person, f"2026-Q{number}", score, approver)
    strict = a_year_of_quarters(session, person, drops=False)
    assert "2026-Q3" in refusal(strict).message.zh and "2026-Q3" in refusal(strict).message.en
    assert computed(a_year_of_quarters(session, person)).score == D(80)


def test_a_quarter_in_which_somebody_was_not_rated_is_neither_zero_nor_waited_for(session: Session, approver: tuple[int, int]):
    person = somebody(session)
    for number, score in ((1, "80"), (2, "85"), (3, "90")):
        appraised(session, person, f"2026-Q{number}", score, approver)
    fourth = appraised(session, person, "2026-Q4", None, None)
    fourth.rated, fourth.not_rated_reason = False, "产假"
    session.flush()
    year = a_year_of_quarters(session, person, drops=False)
    # (85 × 70 + 80 × 20 + 80 × 10) ÷ 100
    assert computed(year).score == D("83.5")


def test_quarters_before_somebody_joined_do_not_count(session: Session, approver: tuple[int, int]):
    person = somebody(session)
    appraised(session, person, "2026-Q3", "80", approver)
    appraised(session, person, "2026-Q4", "84", approver)
    year = a_year_of_quarters(session, person, drops=False)
    person.joined_on = date(2026, 7, 1)
    session.flush()
    # (82 × 70 + 80 × 30) ÷ 100
    assert computed(year).score == D("81.4")


def test_quarters_after_somebody_left_do_not_count(session: Session, approver: tuple[int, int]):
    person = somebody(session)
    appraised(session, person, "2026-Q1", "80", approver)
    year = a_year_of_quarters(session, person, drops=False)
    person.left_on = date(2026, 3, 31)
    session.flush()
    assert computed(year).score == D(80)


@pytest.mark.parametrize(
    ("joined_on", "left_on", "named"),
    [(date(2026, 6, 30), None, "2026-Q2"), (date(2025, 1, 1), date(2026, 4, 1), "2026-Q2")],
)
def test_a_quarter_in_which_somebody_worked_a_single_day_is_missing(
    session: Session, approver: tuple[int, int], joined_on: date, left_on: date | None, named: str
):
    person = somebody(session)
    for number in (1, 3, 4):
        appraised(session, person, f"2026-Q{number}", "80", approver)
    year = a_year_of_quarters(session, person, drops=False)
    person.joined_on, person.left_on = joined_on, left_on
    session.flush()
    assert named in refusal(year).message.zh


def test_scores_from_before_the_system_count_as_quarters(session: Session, approver: tuple[int, int]):
    person = somebody(session)
    imported(session, person, "2026-Q1", "70")
    imported(session, person, "2026-Q2", None)
    for number in (3, 4):
        appraised(session, person, f"2026-Q{number}", "80", approver)
    result = computed(a_year_of_quarters(session, person))
    assert result.score == D("76.6667")  # 230 ÷ 3; the second quarter has a grade only
    assert "2026-Q1 (导入 imported), 2026-Q3, 2026-Q4" in "".join(line["zh"] for line in result.outcome["lines"])


@pytest.mark.parametrize(("score", "fits"), [("100", True), ("100.0001", False), ("0", True), ("-0.0001", False)])
def test_an_imported_score_counts_only_out_of_a_hundred(session: Session, score: str, fits: bool):
    person = somebody(session)
    imported(session, person, "2026-Q1", score)
    year = a_year_of_quarters(session, person)
    if fits:
        assert computed(year).score == D(score)
    else:
        assert "2026-Q1" in refusal(year).message.en


def test_a_veto_in_one_quarter_voids_the_year_where_the_policy_says_so(session: Session, approver: tuple[int, int]):
    person = somebody(session)
    for number in range(1, 5):
        appraised(session, person, f"2026-Q{number}", "80", approver, vetoed=number == 2)
    result = computed(a_year_of_quarters(session, person))
    assert (result.computed_score, result.score, result.vetoed, result.grade) == (D(80), D(0), True, "D")


def test_somebody_in_two_cycles_of_a_quarter_has_both_by_their_days(session: Session, approver: tuple[int, int]):
    person = somebody(session)
    for score, days in (("80", 30), ("91", 60)):
        appraisal = appraised(session, person, "2026-Q1", score, approver)
        (sheet,) = cycle_queries.sheets_of(session, [appraisal.id])[appraisal.id]
        sheet.days = days
    session.flush()
    year = a_year_of_quarters(session, person)
    assert computed(year).score == D("87.3333")  # (80 × 30 + 91 × 60) ÷ 90
    (part,) = computed(year).sheets[0]["case"]["parts"]
    assert (part["share"], part["source"]) == ("1", "2026-Q1")


def test_a_year_without_a_single_quarter_has_no_result(session: Session):
    assert "季度结果" in refusal(a_year_of_quarters(session, somebody(session))).message.zh


def test_quarters_of_another_policy_or_year_are_none_of_this_one(session: Session, approver: tuple[int, int]):
    person = somebody(session)
    appraised(session, person, "2026-Q1", "80", approver)
    appraised(session, person, "2027-Q1", "20", approver)
    other = appraised(session, person, "2026-Q2", "20", approver)
    session.get_one(Cycle, other.cycle_id).policy_name = "mining"
    session.flush()
    assert computed(a_year_of_quarters(session, person)).score == D(80)


def test_nothing_is_agreed_upon_in_a_year_of_quarters(session: Session):
    person = somebody(session)
    year = a_quarter(session, person, cycle=a_cycle(session, rules((OWN, QUARTERS))))
    with pytest.raises(Conflict) as refused:
        agreements.draft_agreement(session, year.supervisor, year.sheet.id)
    assert refused.value.code == "no_items"
