"""A year's result of KPI, 360° score and development plan, worked out by hand; and that a stored one stays what it was."""

from datetime import date
from decimal import Decimal as D

from sqlalchemy import event
from sqlmodel import Session, select

from appraisal import clock
from appraisal.core.appraise import appraise_sheets
from appraisal.cycles import queries as cycle_queries
from appraisal.development.service import plans
from appraisal.development.service.plans import GoalDraft
from appraisal.policies import queries as policies
from appraisal.results import unit_results
from appraisal.results.cases import sheets_from_json
from appraisal.results.gathering import gather_all
from appraisal.results.models import Result, UnitResult
from tests import factories
from tests.agreements.samples import FIGURES, a_quarter, record, review, sign
from tests.results.a_year import (
    BLOCK,
    BY_COEFFICIENT,
    BY_SHARE,
    DROP,
    OWN,
    QUARTERS,
    a_cycle,
    a_feedback_round,
    a_whole_year,
    a_year,
    an_approver,  # noqa: F401
    closed,
    computed,
    imported,
    january,  # noqa: F401
    refusal,
    rules,
    said,
    settled,
    somebody,
    stale,
    with_feedback,
)

# KPI, 360° feedback and plan (R-002-10)


def test_a_year_is_kpi_feedback_and_plan_by_their_points(session: Session):
    year = a_whole_year(session, "77.75")
    with_feedback(year, "68.75")
    result = computed(year)
    # (86.5 × 70 + 68.75 × 20 + 77.75 × 10) ÷ 100 = 60.55 + 13.75 + 7.775
    assert (result.score, result.grade) == (D("82.075"), "B")
    assert "年度: (KPI 86.5 × 70 + 360度评估 68.75 × 20 + 个人发展计划 77.75 × 10) ÷ 100 = 82.075" in [
        line["zh"] for line in result.outcome["lines"]
    ]
    assert [part["kind"] for part in result.sheets[0]["case"]["parts"]] == ["feedback", "development"]


def test_a_part_that_never_came_is_dropped_where_the_policy_says_so_and_named(session: Session):
    year = a_year(session)
    with_feedback(year, None)
    result = computed(year)
    assert result.score == D("86.5")
    assert any(
        "没有360度评估的得分" in line["zh"] and "没有个人发展计划的得分" in line["zh"] for line in result.outcome["lines"]
    )


def test_a_part_that_never_came_blocks_where_the_policy_says_so(session: Session):
    year = a_year(session, rules((DROP, BLOCK)))
    assert "360度评估" in refusal(year).message.zh or "个人发展计划" in refusal(year).message.zh


def test_a_round_that_is_still_open_is_waited_for_even_where_parts_may_be_dropped(session: Session):
    year = a_year(session)
    asked = a_feedback_round(year)
    assert "2027-01-31" in refusal(year).message.zh
    closed(year, asked, "60")
    # (86.5 × 70 + 60 × 20) ÷ 90 = 7255 ÷ 90
    assert computed(year).score == D("80.6111")


def test_a_plan_that_is_agreed_and_not_rated_is_waited_for(session: Session):
    assert "个人发展计划尚未评定" in refusal(a_whole_year(session, None)).message.zh


def test_a_plan_that_is_only_proposed_is_no_part(session: Session):
    year = a_year(session)
    plan = plans.draft_plan(session, year.own, year.appraisal.id, [GoalDraft("英语", "每周两课时", date(2026, 12, 1))])
    plans.propose_plan(session, year.own, plan.id)
    assert computed(year).score == D("86.5")


def test_a_quarter_takes_no_feedback(session: Session):
    quarter = a_quarter(session, somebody(session), cycle=a_cycle(session, rules((DROP, BLOCK)), "2026-Q1"))
    sign(quarter)
    record(quarter, FIGURES)
    review(quarter, (quarter.sheet, "plan", "85"))
    assert computed(quarter).score == D("86.5")


def test_a_round_that_closes_afterwards_makes_the_result_stale_and_computing_anew_heals_it(session: Session):
    year = a_year(session)
    first = computed(year)
    with clock.at(date(2027, 1, 10)):
        assert stale(year) == []
        with_feedback(year, "60")
        assert stale(year) == [year.appraisal.id]
        second = computed(year)
        assert (second.seq, second.case_digest != first.case_digest) == (2, True)
        assert stale(year) == []


# Years later


def test_a_stored_case_gives_the_same_outcome_whatever_has_become_of_its_parts(session: Session):
    links = f"{BY_SHARE}, {BY_COEFFICIENT}"
    year = a_whole_year(session, "77.75", rules(links=links))
    with_feedback(year, "68.75")
    settled(year, year.sheet.unit_id, said("70"))
    settled(year, None, said("90", "1.05"))
    result = computed(year)
    # 82.075 × 70 % + 70 × 30 % = 57.4525 + 21
    assert (result.score, result.multiplier) == (D("78.4525"), D("1.05"))
    digest = result.policy_digest
    factories.a_published_policy(session, files=rules((DROP, BLOCK)))
    unit_results.confirm_unit_result(
        session,
        year.approver,
        unit_results.correct_unit_result(
            session,
            year.hr,
            session.exec(select(UnitResult.id).where(UnitResult.cycle_id == year.cycle.id, UnitResult.unit_id.is_(None))).one(),
            said("90", "0.5"),
            reason="决算更正",
        ).id,
    )
    session.expire_all()
    kept = session.exec(select(Result).where(Result.id == result.id)).one()
    again = appraise_sheets(policies.compiled(session, digest), sheets_from_json(kept.sheets))
    assert again.as_json() == kept.outcome
    assert (again.score, again.grade, again.multiplier) == (kept.score, kept.grade, kept.multiplier)


def test_the_questions_asked_of_the_database_do_not_grow_with_the_people(session: Session, approver: tuple[int, int]):
    head = factories.an_employee(session, "李主管")
    everybody = [factories.an_employee(session, post=factories.a_post(session), supervisor=head) for _ in range(4)]
    for person in everybody:
        imported(session, person, "2026-Q2", "80")
    cycle = a_cycle(session, rules((OWN, QUARTERS), links=BY_SHARE))
    policy = cycle_queries.policy_of(session, cycle)
    appraisals = [one for one, who in cycle_queries.appraisals_of(session, cycle) if who in everybody]

    def asked(count: int) -> int:
        seen: list[str] = []
        connection = session.connection()

        def note(_c: object, _k: object, statement: str, *_: object) -> None:
            seen.append(statement)

        event.listen(connection, "before_cursor_execute", note)
        gather_all(session, appraisals[:count], cycle, policy)
        event.remove(connection, "before_cursor_execute", note)
        return len(seen)

    asked(1)
    assert asked(4) == asked(1) > 8
