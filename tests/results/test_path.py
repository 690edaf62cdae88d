"""From reviewed appraisals to approved results: whole ways of people, and what is refused on the way."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session, select

from appraisal import audit, clock
from appraisal.agreements.checks import ItemDraft
from appraisal.audit import AuditRecord
from appraisal.core.appraise import appraise_sheets
from appraisal.cycles import queries as cycles
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.incidents import service as incidents
from appraisal.measures import queries as figures
from appraisal.measures import service as measures
from appraisal.people import service as people
from appraisal.results import approving, past_grades, publishing, queries, service
from appraisal.results.cases import sheets_from_json
from appraisal.results.gathering import gather_sheets
from appraisal.results.models import Result
from tests import factories
from tests.agreements.samples import (
    AFTER_APPEALS,
    FIGURES,
    NEW_CUSTOMERS,
    PLAN,
    REVENUE,
    REVIEW_DAY,
    Quarter,
    a_quarter,
    approve,
    publish,
    record,
    review,
    reviewed,
    sign,
)

MARKETING = (
    ItemDraft("market_share", "kpi", D(50), target=D(5), challenge=D(6)),
    ItemDraft("revenue", "kpi", D(30), dimension="sales_support", target=D(100), challenge=D(120)),
    ItemDraft("cross_department_collaboration", "gs", D(20)),
)
WITHOUT_GOALS = (
    REVENUE,
    NEW_CUSTOMERS,
    ItemDraft(
        *("visits", "kpi", D(10)),
        dimension="operations",
        name_zh="拜访客户",
        direction="higher",
        target=D(5),
        source="拜访记录",
    ),
)


@pytest.fixture(autouse=True)
def _review_day():
    with clock.at(REVIEW_DAY):
        yield


def compute(quarter: Quarter) -> Result:
    return service.compute_result(quarter.session, quarter.hr, quarter.appraisal.id)


def a_violation(quarter: Quarter, event: str = "serious_violation", day: date = date(2026, 2, 3)) -> int:
    session = quarter.session
    filed = incidents.file_incident(
        session, quarter.supervisor, quarter.employee.id, event=event, happened_on=day, facts="伪造签收单"
    )
    incidents.hear_incident(session, quarter.own, filed.id, statement="无异议")
    incidents.confirm_incident(session, quarter.hr, filed.id, findings="属实")
    return filed.id


def correct(quarter: Quarter, item: str, actual: str) -> None:
    before = figures.latest(quarter.session, [quarter.sheet.id])[quarter.sheet.id, item, quarter.cycle.period]
    later = measures.correct_actual(
        quarter.session, quarter.provider, before.id, actual=D(actual), source_document="更正单", reason="漏计"
    )
    measures.confirm_actual(quarter.session, quarter.checker, later.id)


# Ways through


def test_the_whole_way_of_one_person(session: Session):
    quarter = reviewed(session)
    result = compute(quarter)
    assert (result.score, result.computed_score, result.grade, result.multiplier) == (D("86.5"), D("86.5"), "A", D("1.2"))
    assert result.vetoed is False
    publishing.publish_result(session, quarter.hr, quarter.appraisal.id)
    with clock.at(AFTER_APPEALS):
        assert publishing.close_appeals(session, quarter.hr, quarter.appraisal.id) == "approval"
        approval = approving.approve_result(session, quarter.approver, quarter.appraisal.id, note="同意")
        assert (approval.result_id, approval.approver_id) == (result.id, quarter.approver.employee_id)
        assert approving.archive_appraisal(session, quarter.hr, quarter.appraisal.id) == "archived"
    audit.flush(session)
    acts = [record.action for record in session.exec(select(AuditRecord).order_by(AuditRecord.seq)).all()]
    told = ["result.compute", "result.publish", "result.acknowledge", "result.approve"]
    assert [act for act in acts if act.startswith("result.")] == told
    assert audit.verify(session) is None


def test_a_stored_result_can_be_computed_again_from_what_is_stored(session: Session):
    quarter = reviewed(session)
    result = compute(quarter)
    session.expire(result)
    again = appraise_sheets(cycles.policy_of(session, quarter.cycle), sheets_from_json(result.sheets))
    assert again.as_json() == result.outcome


@pytest.mark.parametrize(("revenue", "score", "grade"), [("112", "95", "S"), ("111.999", "94.9994", "A")])
def test_on_the_boundary_and_just_below_it(session: Session, revenue: str, score: str, grade: str):
    result = compute(reviewed(session, {"revenue": revenue, "new_customers": "12"}, "98"))
    assert (result.score, result.grade) == (D(score), grade)


def test_a_confirmed_veto_zeroes_the_score_and_keeps_the_computed_one(session: Session):
    quarter = reviewed(session)
    a_violation(quarter)
    result = compute(quarter)
    assert (result.computed_score, result.score, result.vetoed) == (D("86.5"), D(0), True)
    assert (result.grade, result.multiplier) == ("D", D(0))


def test_only_a_confirmed_incident_moves_a_result_and_a_withdrawn_one_moves_it_back(session: Session):
    quarter = reviewed(session)
    before = compute(quarter)
    filed = a_violation(quarter)
    vetoed = compute(quarter)
    incidents.withdraw_incident(session, quarter.hr, filed, reason="客户出具证明")
    after = compute(quarter)
    assert [layer.grade for layer in queries.layers_of(session, quarter.appraisal.id)] == ["A", "D", "A"]
    assert (before.seq, vetoed.seq, after.seq) == (1, 2, 3)
    assert before.case_digest == after.case_digest != vetoed.case_digest


def test_a_missing_figure_blocks_with_its_name_and_never_becomes_a_number(session: Session):
    quarter = a_quarter(session)
    sign(quarter)
    record(quarter, {"revenue": "110"})
    with pytest.raises(Invalid) as refused:
        compute(quarter)
    assert (refused.value.code, refused.value.faults[0].path) == ("missing_actual", "items[1].actual")
    assert "新客户" in refused.value.message.zh
    assert queries.standing(session, quarter.appraisal.id) is None


def test_a_transfer_gives_one_result_from_two_sheets_by_days(session: Session):
    head = factories.an_employee(session, "李主管")
    mover = factories.an_employee(session, "调岗员工", post=factories.a_post(session), supervisor=head)
    marketing = factories.a_post(session, "marketing", title="市场专员")
    people.assign_post(session, factories.hr(session), mover, marketing, from_on=date(2026, 2, 15))
    quarter = a_quarter(session, mover)
    first, second = quarter.sheets
    assert (first.days, second.days) == (45, 45)
    sign(quarter, sheet=first)
    record(quarter, FIGURES, first)
    sign(quarter, MARKETING, second)
    measures.confirm_actual(
        session,
        quarter.checker,
        measures.record_actual(
            session,
            quarter.provider,
            second.id,
            "market_share",
            inputs={"本公司销售额": D(6), "市场总销售额": D(100)},
            source_document="市场调研",
        ).id,
    )
    record(quarter, {"revenue": "100"}, second)
    review(quarter, (first, "plan", "85"), (second, "cross_department_collaboration", "80"))
    result = compute(quarter)
    # The first sheet gives 86.5; the second 50 × 100 + 30 × 80 + 20 × 80 = 90; by days (86.5 × 45 + 90 × 45) ÷ 90.
    assert (result.score, result.grade) == (D("88.25"), "A")
    assert [sheet["share"] for sheet in result.sheets] == ["45", "45"]


def test_a_veto_in_one_of_two_sheets_zeroes_the_whole(session: Session):
    head = factories.an_employee(session, "李主管")
    mover = factories.an_employee(session, "调岗员工", post=factories.a_post(session), supervisor=head)
    people.assign_post(
        session, factories.hr(session), mover, factories.a_post(session, title="大客户经理"), from_on=date(2026, 2, 1)
    )
    quarter = a_quarter(session, mover)
    for sheet in quarter.sheets:
        sign(quarter, sheet=sheet)
        record(quarter, FIGURES, sheet)
    review(quarter, *((sheet, "plan", "85") for sheet in quarter.sheets))
    a_violation(quarter, day=date(2026, 1, 31))
    result = compute(quarter)
    assert [len(sheet["case"]["incidents"]) for sheet in result.sheets] == [1, 0]
    assert (result.score, result.vetoed) == (D(0), True)


def test_somebody_not_rated_has_no_result_and_no_steps(session: Session):
    head = factories.an_employee(session, "李主管")
    late = factories.an_employee(
        session, "新员工", joined_on=date(2026, 3, 18), post=factories.a_post(session), supervisor=head
    )
    rated = factories.an_employee(session, "老员工", post=factories.a_post(session), supervisor=head)
    quarter = a_quarter(session, rated)
    skipped = factories.an_appraisal(session, late, cycle=quarter.cycle)
    assert skipped.rated is False
    with pytest.raises(Conflict) as refused:
        service.compute_result(session, quarter.hr, skipped.id)
    assert refused.value.code == "not_rated"
    assert [entry.employee_number for entry in service.compute_cycle(session, quarter.hr, quarter.cycle.id)] == [rated.number]


def test_one_who_cannot_be_scored_does_not_stop_the_others(session: Session):
    head = factories.an_employee(session, "李主管")
    two = [factories.an_employee(session, post=factories.a_post(session), supervisor=head) for _ in range(2)]
    cycle = factories.an_open_cycle(session)
    ready, blocked = (a_quarter(session, employee, cycle=cycle) for employee in two)
    sign(ready)
    record(ready, FIGURES)
    review(ready, (ready.sheet, "plan", "85"))
    sign(blocked)
    found = {entry.employee_number: entry for entry in service.compute_cycle(session, ready.hr, cycle.id)}
    assert found[two[0].number].result.grade == "A"
    assert found[two[1].number].result is None
    assert found[two[1].number].error.code == "missing_actual"


def test_earlier_grades_count_whether_approved_here_or_imported(session: Session):
    quarter = reviewed(session)
    imported = {"period": "2025-Q4", "grade": "A", "source_document": "2025 年考核汇总表"}
    assert "promotion_preference" not in compute(quarter).outcome["outcomes"]
    past_grades.import_past_grade(session, quarter.hr, quarter.employee.id, **imported)
    again = compute(quarter)
    assert again.outcome["outcomes"] == ["promotion_preference"]
    assert again.sheets[0]["case"]["history"] == [{"period": "2025-Q4", "grade": "A", "collective": False}]
    with pytest.raises(Conflict):
        past_grades.import_past_grade(session, quarter.hr, quarter.employee.id, **imported)
    publish(quarter)
    with clock.at(AFTER_APPEALS):
        approve(quarter)
    with clock.at(date(2026, 7, 8)):
        following = a_quarter(session, quarter.employee, cycle=factories.an_open_cycle(session, period="2026-Q2"))
        sign(following)
        record(following, FIGURES)
        measures.complete_data(session, following.provider, following.appraisal.id)
        (sheet,) = gather_sheets(session, following.appraisal, following.cycle, cycles.policy_of(session, following.cycle))
        assert [(str(past.period), past.grade) for past in sheet.case.history] == [("2025-Q4", "A"), ("2026-Q1", "A")]


# Refusals


def test_a_result_is_not_stored_before_the_supervisor_has_reviewed(session: Session):
    quarter = a_quarter(session)
    sign(quarter, WITHOUT_GOALS)
    record(quarter, FIGURES | {"visits": "5"})
    with pytest.raises(Conflict) as refused:
        compute(quarter)
    assert refused.value.code == "not_reviewed"


def test_only_signed_agreements_are_appraised(session: Session):
    quarter = a_quarter(session)
    with pytest.raises(Invalid) as refused:
        compute(quarter)
    assert refused.value.code == "agreement_unsigned"


def test_an_unchanged_case_adds_no_layer(session: Session):
    quarter = reviewed(session)
    assert compute(quarter).id == compute(quarter).id
    assert len(queries.layers_of(session, quarter.appraisal.id)) == 1


def test_late_data_make_a_result_stale_until_it_is_computed_again(session: Session):
    quarter = reviewed(session)
    first = compute(quarter)
    assert queries.stale_results(session, quarter.cycle) == []
    correct(quarter, "revenue", "100")
    assert [(a.id, r.id) for a, r in queries.stale_results(session, quarter.cycle)] == [(quarter.appraisal.id, first.id)]
    with pytest.raises(Conflict) as refused:
        publishing.publish_result(session, quarter.hr, quarter.appraisal.id)
    assert refused.value.code == "stale_result"
    second = compute(quarter)
    assert queries.stale_results(session, quarter.cycle) == []
    assert (first.score, second.score) == (D("86.5"), D("80.5"))


def test_only_appraisals_with_later_entries_are_looked_at_closely(session: Session):
    quarter = reviewed(session)
    with clock.at(AFTER_APPEALS):
        compute(quarter)
        assert queries.maybe_stale(session, quarter.cycle) == []
        a_violation(quarter)
        assert [appraisal.id for appraisal, _ in queries.maybe_stale(session, quarter.cycle)] == [quarter.appraisal.id]
        compute(quarter)
        assert queries.stale_results(session, quarter.cycle) == []


@pytest.mark.parametrize(("day", "closed"), [("2026-04-15", False), ("2026-04-16", True)])
def test_appeals_close_after_five_working_days(session: Session, day: str, closed: bool):
    """Published on Wednesday 8 April 2026: the fifth working day after it is Wednesday 15 April."""
    quarter = reviewed(session)
    publish(quarter)
    with clock.at(date.fromisoformat(day)):
        if closed:
            assert publishing.close_appeals(session, quarter.hr, quarter.appraisal.id) == "approval"
            return
        with pytest.raises(Conflict) as refused:
            publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        assert refused.value.code == "appeals_open"


def test_an_unpublished_result_does_not_reach_approval(session: Session):
    quarter = reviewed(session)
    compute(quarter)
    with clock.at(AFTER_APPEALS), pytest.raises(Conflict) as refused:
        publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
    assert refused.value.code == "not_published"


def test_a_layer_computed_after_publication_is_published_again_before_appeals_close(session: Session):
    quarter = reviewed(session)
    publish(quarter)
    correct(quarter, "revenue", "100")
    compute(quarter)
    with clock.at(AFTER_APPEALS):
        with pytest.raises(Conflict) as refused:
            publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        assert refused.value.code == "not_published"
        publishing.publish_result(session, quarter.hr, quarter.appraisal.id)
        with pytest.raises(Conflict) as refused:
            publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        assert refused.value.code == "appeals_open"


def at_approval(session: Session) -> Quarter:
    quarter = reviewed(session)
    publish(quarter)
    with clock.at(AFTER_APPEALS):
        publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
    return quarter


def test_a_named_approver_approves_and_nobody_else(session: Session):
    quarter = at_approval(session)
    nameless = factories.an_actor(session, "approver")
    for actor in (quarter.hr, quarter.own, quarter.supervisor, nameless):
        with pytest.raises(NotAllowed):
            approving.approve_result(session, actor, quarter.appraisal.id)
    approving.approve_result(session, quarter.approver, quarter.appraisal.id)


def test_who_reviewed_does_not_approve(session: Session):
    quarter = at_approval(session)
    both = replace(quarter.supervisor, roles=frozenset({"employee", "approver"}))
    with pytest.raises(NotAllowed) as refused:
        approving.approve_result(session, both, quarter.appraisal.id)
    assert refused.value.code == "own_assessment"


def test_an_approved_result_is_neither_approved_nor_computed_again(session: Session):
    quarter = at_approval(session)
    approving.approve_result(session, quarter.approver, quarter.appraisal.id)
    with pytest.raises(Conflict):
        approving.approve_result(session, quarter.approver, quarter.appraisal.id)
    correct(quarter, "revenue", "100")
    with pytest.raises(Conflict) as refused:
        compute(quarter)
    assert refused.value.code == "already_approved"
    (entry,) = service.compute_cycle(session, quarter.hr, quarter.cycle.id)
    assert (entry.result.score, entry.error) == (D("86.5"), None)


def test_only_an_approved_result_is_archived(session: Session):
    quarter = at_approval(session)
    with pytest.raises(Conflict) as refused:
        approving.archive_appraisal(session, quarter.hr, quarter.appraisal.id)
    assert refused.value.code == "not_approved"


def test_results_are_for_hr_and_approvers(session: Session):
    quarter = reviewed(session)
    for actor in (quarter.own, quarter.supervisor, quarter.payroll, quarter.provider):
        with pytest.raises(NotFound if actor is quarter.provider else NotAllowed):
            service.compute_result(session, actor, quarter.appraisal.id)
        with pytest.raises(NotAllowed):
            service.compute_cycle(session, actor, quarter.cycle.id)


def test_a_goal_of_ones_own_carries_its_name_into_the_explanation(session: Session):
    result = compute(reviewed(session))
    assert any(line["zh"].startswith(f"{PLAN.name_zh}: ") for line in result.outcome["lines"])
