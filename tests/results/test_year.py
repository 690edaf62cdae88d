"""What a result takes beside its own sheets: quarters, 360° score, development plan, unit and company; worked out by hand."""

import itertools
from collections.abc import Iterator
from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from appraisal import clock
from appraisal.agreements import service as agreements
from appraisal.core.appraise import appraise_sheets
from appraisal.cycles import queries as cycle_queries
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.development.service import plans
from appraisal.development.service.plans import GoalDraft
from appraisal.errors import Conflict, Invalid
from appraisal.feedback.models import FeedbackResult, FeedbackRound
from appraisal.feedback.service import reports, rounds
from appraisal.people import service as people
from appraisal.people.models import Employee
from appraisal.policies import queries as policies
from appraisal.results import adjusting, queries, unit_results
from appraisal.results import service as results
from appraisal.results.approving import put_in_force
from appraisal.results.cases import sheets_from_json
from appraisal.results.gathering import gather_all
from appraisal.results.models import PastGradeImport, Result, UnitResult
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
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _january() -> Iterator[None]:
    with clock.at(IN_JANUARY):
        yield


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


def computed(year: Quarter) -> Result:
    return results.compute_result(year.session, year.hr, year.appraisal.id)


def refusal(year: Quarter) -> Invalid:
    with pytest.raises(Invalid) as refused:
        computed(year)
    assert refused.value.code == "part_missing"
    return refused.value


def stale(year: Quarter) -> list[int | None]:
    return [appraisal.id for appraisal, _ in queries.stale_results(year.session, year.cycle)]


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


# KPI, 360° feedback and plan (R-002-10)


def a_whole_year(session: Session, rating: str | None, files: dict[str, str] | None = None) -> Quarter:
    """A year with a development plan, reviewed."""
    person = somebody(session)
    year = a_quarter(session, person, cycle=a_cycle(session, files or rules()))
    sign(year)
    record(year, FIGURES)
    a_rated_plan(year, rating)
    review(year, (year.sheet, "plan", "85"), held_on=HELD_ON)
    return year


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


# The mean of the quarters (D-24)


@pytest.fixture
def approver(session: Session) -> tuple[int, int]:
    actor = factories.an_actor(session, "approver", employee=factories.an_employee(session, "韩总"))
    return actor.employee_id, actor.account_id


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


# Unit and company (D-02)

BY_SHARE = "{posts: [sales], to: unit, share: 30}"
BY_COEFFICIENT = "{posts: [sales], to: company, coefficient: true}"


def said(score: str, coefficient: str | None = None) -> Figures:
    return Figures(D(score), None if coefficient is None else D(coefficient), "2026 年度经营会纪要")


def settled(year: Quarter, unit_id: int | None, figures: Figures) -> None:
    """A unit's result entered by HR and confirmed by an approver."""
    entry = unit_results.record_unit_result(year.session, year.hr, year.cycle.id, unit_id, figures)
    unit_results.confirm_unit_result(year.session, year.approver, entry.id)


def test_a_share_of_the_score_is_the_units(session: Session):
    year = a_year(session, rules(links=BY_SHARE))
    settled(year, year.sheet.unit_id, said("70"))
    result = computed(year)
    # 86.5 × 70 % + 70 × 30 %
    assert (result.score, result.coefficient, result.multiplier) == (D("81.55"), None, D(1))
    assert "挂钩: (本人 86.5 × 70 + 部门结果 70 × 30) ÷ 100 = 81.55" in [line["zh"] for line in result.outcome["lines"]]


def test_without_a_confirmed_result_of_the_unit_there_is_none_and_the_unit_is_named(session: Session):
    year = a_year(session, rules(links=BY_SHARE))
    assert "销售部" in refusal(year).message.zh
    unit_results.record_unit_result(session, year.hr, year.cycle.id, year.sheet.unit_id, said("70"))
    assert "销售部" in refusal(year).message.zh


def test_the_company_makes_the_bonus_more_or_less_and_not_the_score(session: Session):
    year = a_year(session, rules(links=BY_COEFFICIENT))
    settled(year, None, said("90", "1.05"))
    result = computed(year)
    assert (result.score, result.grade) == (D("86.5"), "A")
    assert (result.coefficient, result.multiplier) == (D("1.05"), D("1.26"))  # 1.2 × 1.05


def test_a_grade_that_is_set_later_keeps_the_coefficient(session: Session):
    year = a_year(session, rules(links=BY_COEFFICIENT))
    settled(year, None, said("90", "1.05"))
    computed(year)
    before = queries.standing(session, year.appraisal.id)
    policy = cycle_queries.policy_of(session, year.cycle)
    after = adjusting.regrade(
        session, year.hr, year.appraisal, policy, before, layer="calibrated", grade="S", reason="全公司横向比较"
    )
    assert (after.coefficient, after.multiplier) == (D("1.05"), D("1.575"))  # 1.5 × 1.05
    assert after.outcome["multiplier"] == "1.575"


def test_a_team_has_the_result_of_the_nearest_unit_above_that_has_one(session: Session):
    company = factories.a_unit(session, "示范公司")
    division = factories.a_unit(session, "销售事业部", parent=company)
    team = factories.a_unit(session, "华东组", parent=division)
    head = factories.an_employee(session, "李主管")
    person = factories.an_employee(session, "周戊", post=factories.a_post(session, unit=team), supervisor=head)
    year = a_quarter(session, person, cycle=a_cycle(session, rules(links=BY_SHARE)))
    sign(year)
    record(year, FIGURES)
    review(year, (year.sheet, "plan", "85"), held_on=HELD_ON)
    settled(year, company.id, said("50"))
    assert computed(year).score == D("75.55")  # 60.55 + 15
    with clock.at(date(2027, 1, 9)):
        settled(year, division.id, said("60"))
        assert stale(year) == [year.appraisal.id]
        assert computed(year).score == D("78.55")
    with clock.at(date(2027, 1, 10)):
        settled(year, team.id, said("80"))
        assert computed(year).score == D("84.55")
    assert computed(year).sheets[0]["case"]["parts"][-1]["source"] == "华东组"


def a_move(session: Session, approver: tuple[int, int], second_post: str) -> Quarter:
    """Somebody who sold in one department for 73 days and then 292 in another, with 80 in the first quarter."""
    first, second = factories.a_unit(session, "一部"), factories.a_unit(session, "二部")
    head = factories.an_employee(session, "李主管")
    person = factories.an_employee(session, "周戊", post=factories.a_post(session, unit=first), supervisor=head)
    post = factories.a_post(session, second_post, unit=second)
    people.assign_post(session, factories.hr(session), person, post, from_on=date(2026, 3, 15))
    files = rules((OWN, QUARTERS), links=BY_SHARE)
    appraised(session, person, "2026-Q1", "80", approver, files=rules((OWN, QUARTERS), links=ONLY_IN_THE_YEAR))
    year = a_quarter(session, person, cycle=a_cycle(session, files))
    assert [sheet.days for sheet in year.sheets] == [73, 292]
    review(year, held_on=HELD_ON)
    return year


ONLY_IN_THE_YEAR = "{posts: [sales], to: unit, share: 30, cadences: [year]}"


def test_who_changed_units_has_the_results_of_both_by_their_days(session: Session, approver: tuple[int, int]):
    year = a_move(session, approver, "sales")
    before, after = year.sheets
    settled(year, before.unit_id, said("60"))
    assert "二部" in refusal(year).message.zh
    settled(year, after.unit_id, said("90"))
    # the units' (60 × 73 + 90 × 292) ÷ 365 = 84; 80 × 70 % + 84 × 30 %
    assert computed(year).score == D("81.2")


def test_only_the_days_in_a_linked_post_tie_somebody_to_a_unit(session: Session, approver: tuple[int, int]):
    year = a_move(session, approver, "purchasing")
    settled(year, year.sheets[0].unit_id, said("60"))
    # 30 × 73 ÷ 365 = 6 points: 80 × 94 % + 60 × 6 %
    assert computed(year).score == D("78.8")


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
