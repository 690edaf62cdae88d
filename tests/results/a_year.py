"""A year's result and what it takes beside its own sheets: quarters, 360° score, development plan, results of units."""

import itertools
from collections.abc import Iterator
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.development.service import plans
from appraisal.development.service.plans import GoalDraft
from appraisal.errors import Invalid
from appraisal.feedback.models import FeedbackResult, FeedbackRound
from appraisal.feedback.service import reports, rounds
from appraisal.people.models import Employee
from appraisal.results import queries, unit_results
from appraisal.results import service as results
from appraisal.results.approving import put_in_force
from appraisal.results.models import PastGradeImport, Result
from appraisal.results.unit_results import Figures
from tests import factories
from tests.agreements.samples import FIGURES, Quarter, a_quarter, record, review, sign
from tests.feedback.a_round import QUESTIONS

IN_JANUARY = date(2027, 1, 8)
HELD_ON = date(2027, 1, 7)
UNTIL = date(2027, 1, 31)
POLICY = "rules/trading/policy.yaml"
OWN, QUARTERS = "year_kpi: own_targets ", "year_kpi: mean_of_quarters "
DROP, BLOCK = "missing: drop ", "missing: block "
PLAN = "    improvement_plan: "

BY_SHARE = "{posts: [sales], to: unit, share: 30}"
BY_COEFFICIENT = "{posts: [sales], to: company, coefficient: true}"
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def january() -> Iterator[None]:
    with clock.at(IN_JANUARY):
        yield


@pytest.fixture(name="approver")
def an_approver(session: Session) -> tuple[int, int]:
    actor = factories.an_actor(session, "approver", employee=factories.an_employee(session, "韩总"))
    return actor.employee_id, actor.account_id


def rules(*changes: tuple[str, str], links: str = "") -> dict[str, str]:
    """The trading policy with these words changed, and links to units or the company."""
    files = dict(factories.checked().files)
    text = files[POLICY]
    if links:
        changes = (*changes, (PLAN, f"    unit_links: [{links}]\n{PLAN}"))
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    files[POLICY] = text
    return files


def a_cycle(session: Session, files: dict[str, str], period: str = "2026") -> Cycle:
    factories.a_published_policy(session, files=files)
    said = {"name": "测试周期", "policy_name": "trading", "period": period, "pays": False}
    cycle = cycles.draft_cycle(session, factories.hr(session), code=f"Y{period}-{next(_numbers)}", **said)
    cycles.open_cycle(session, factories.hr(session), cycle)
    return cycle


def somebody(session: Session) -> Employee:
    head = factories.an_employee(session, "李主管")
    return factories.an_employee(session, "周戊", post=factories.a_post(session), supervisor=head)


def a_year(session: Session, files: dict[str, str] | None = None) -> Quarter:
    """A sales person in the annual cycle of 2026, reviewed: a KPI part of 86.5."""
    person = somebody(session)
    year = a_quarter(session, person, cycle=a_cycle(session, files or rules()))
    sign(year)
    record(year, FIGURES)
    review(year, (year.sheet, "plan", "85"), held_on=HELD_ON)
    return year


def a_whole_year(session: Session, rating: str | None, files: dict[str, str] | None = None) -> Quarter:
    """A year with a development plan, reviewed."""
    person = somebody(session)
    year = a_quarter(session, person, cycle=a_cycle(session, files or rules()))
    sign(year)
    record(year, FIGURES)
    a_rated_plan(year, rating)
    review(year, (year.sheet, "plan", "85"), held_on=HELD_ON)
    return year


def computed(year: Quarter) -> Result:
    return results.compute_result(year.session, year.hr, year.appraisal.id)


def refusal(year: Quarter) -> Invalid:
    with pytest.raises(Invalid) as refused:
        computed(year)
    assert refused.value.code == "part_missing"
    return refused.value


def stale(year: Quarter) -> list[int | None]:
    return [appraisal.id for appraisal, _ in queries.stale_results(year.session, year.cycle)]


# 360° feedback and the development plan


def a_feedback_round(year: Quarter) -> FeedbackRound:
    made = rounds.draft_round(year.session, year.hr, year.cycle.id, answers_until=UNTIL, questions=QUESTIONS)
    return rounds.open_round(year.session, year.hr, made.id)


def closed(year: Quarter, asked: FeedbackRound, score: str | None) -> None:
    """The round ended with this score, as closing leaves it."""
    reports.close_round(year.session, year.hr, asked.id)
    found = year.session.get(FeedbackResult, year.appraisal.id)
    if found is None:
        found = FeedbackResult(appraisal_id=year.appraisal.id, round_id=asked.id, score=None, answers=0, withheld=0)
    found.score = None if score is None else D(score)
    year.session.add(found)
    year.session.flush()


def with_feedback(year: Quarter, score: str | None) -> None:
    closed(year, a_feedback_round(year), score)


def a_rated_plan(year: Quarter, rating: str | None) -> None:
    """A development plan agreed, and rated where a rating is given; the review must not be over."""
    plan = plans.draft_plan(year.session, year.own, year.appraisal.id, [GoalDraft("英语", "每周两课时", date(2026, 12, 1))])
    plans.propose_plan(year.session, year.own, plan.id)
    plans.agree_plan(year.session, year.supervisor, plan.id)
    if rating is not None:
        plans.rate_plan(year.session, year.supervisor, plan.id, ratings=[D(rating)], comment="有进步")


# Quarters


def appraised(
    session: Session,
    person: Employee,
    period: str,
    score: str | None,
    approver: tuple[int, int] | None,
    *,
    vetoed: bool = False,
    files: dict[str, str] | None = None,
) -> Appraisal:
    """Somebody's appraisal of a quarter with a stored result of this score, approved where there is an approver."""
    cycle = a_cycle(session, files or rules((OWN, QUARTERS)), period)
    appraisal = factories.an_appraisal(session, person, cycle=cycle)
    if score is not None:
        result = a_layer(session, appraisal, score, vetoed)
        if approver is not None:
            put_in_force(session, result, approver_id=approver[0], account_id=approver[1], approved_at=clock.now())
            session.flush()
    return appraisal


def a_layer(session: Session, appraisal: Appraisal, score: str, vetoed: bool = False, seq: int = 1) -> Result:
    cycle = session.get_one(Cycle, appraisal.cycle_id)
    result = Result(
        appraisal_id=appraisal.id,
        seq=seq,
        computed_score=D(score),
        score=D(0) if vetoed else D(score),
        grade="D" if vetoed else "B",
        multiplier=D(0) if vetoed else D(1),
        vetoed=vetoed,
        outcome={"outcomes": []},
        sheets=[],
        policy_digest=cycle.policy_digest,
        case_digest=f"sha256:{appraisal.id}-{seq}",
        computed_at=clock.now(),
        read_from=clock.now(),
    )
    session.add(result)
    session.flush()
    return result


def imported(session: Session, person: Employee, period: str, score: str | None) -> None:
    session.add(
        PastGradeImport(
            employee_id=person.id,
            period=period,
            grade="B",
            score=None if score is None else D(score),
            source_document="2026 旧系统",
            imported_at=clock.now(),
        )
    )
    session.flush()


# Units and the company


def said(score: str, coefficient: str | None = None) -> Figures:
    return Figures(D(score), None if coefficient is None else D(coefficient), "2026 年度经营会纪要")


def settled(year: Quarter, unit_id: int | None, figures: Figures) -> None:
    """A unit's result entered by HR and confirmed by an approver."""
    entry = unit_results.record_unit_result(year.session, year.hr, year.cycle.id, unit_id, figures)
    unit_results.confirm_unit_result(year.session, year.approver, entry.id)
