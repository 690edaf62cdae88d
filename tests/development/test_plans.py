"""The personal development plan: who drafts, proposes, agrees and rates it; check-ins and training needs beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.development import queries
from appraisal.development.models import DevelopmentPlan
from appraisal.development.service import notes, plans
from appraisal.development.service.plans import GoalDraft
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.people.models import Employee
from tests import factories

TODAY = date(2026, 12, 20)
ENGLISH = GoalDraft("商务英语达到中级", "每周两课时", date(2026, 10, 31))
COSTING = GoalDraft("掌握成本核算", "参加财务部培训", date(2026, 12, 31))
SYSTEM = GoalDraft("熟练使用订单系统", "跟班一个月", date(2026, 6, 30))


@dataclass
class Year:
    """A person in the annual cycle of 2026 with those around them."""

    session: Session
    cycle: Cycle
    employee: Employee
    appraisal: Appraisal
    own: Actor
    supervisor: Actor
    hr: Actor
    colleague: Actor

    def plan(self, *goals: GoalDraft, agreed: bool = False) -> DevelopmentPlan:
        plan = plans.draft_plan(self.session, self.own, self.appraisal.id, goals or (ENGLISH, COSTING))
        if agreed:
            plans.propose_plan(self.session, self.own, plan.id)
            plans.agree_plan(self.session, self.supervisor, plan.id)
        return plan


@pytest.fixture(autouse=True)
def _december() -> Iterator[None]:
    with clock.at(TODAY):
        yield


@pytest.fixture
def year(session: Session) -> Year:
    return a_year(session)


def a_year(session: Session, period: str = "2026") -> Year:
    head = factories.an_employee(session, "李主管")
    employee = factories.an_employee(session, post=factories.a_post(session), supervisor=head)
    cycle = factories.an_open_cycle(session, period=period)
    own, supervisor, colleague = (
        factories.an_actor(session, "employee", employee=one)
        for one in (employee, head, factories.an_employee(session, "赵同事"))
    )
    appraisal = factories.an_appraisal(session, employee, cycle=cycle)
    return Year(session, cycle, employee, appraisal, own, supervisor, factories.hr(session), colleague)


def test_a_plan_is_drafted_proposed_agreed_and_rated(year: Year):
    plan = year.plan()
    assert plan.status == "draft"
    assert plans.propose_plan(year.session, year.own, plan.id).status == "proposed"
    assert plans.agree_plan(year.session, year.supervisor, plan.id).status == "agreed"
    assert queries.plan_rating_of(year.session, year.appraisal.id) is None
    plans.rate_plan(year.session, year.supervisor, plan.id, ratings=[D(80), D("75.5")], comment="有进步")
    assert queries.plan_rating_of(year.session, year.appraisal.id) == D("77.75")


def test_the_rating_is_the_mean_of_the_goals_rounded_once_half_up(year: Year):
    plan = year.plan(ENGLISH, COSTING, SYSTEM, agreed=True)
    plans.rate_plan(year.session, year.supervisor, plan.id, ratings=[D(100), D(100), D(0)], comment="两项完成")
    # 200 / 3 = 66.66666…, at the four places of the policy
    assert queries.plan_ratings_of(year.session, [year.appraisal.id]) == {year.appraisal.id: D("66.6667")}


@pytest.mark.parametrize("rating", ["-0.0001", "100.0001"])
def test_a_goal_is_rated_from_0_to_100(year: Year, rating: str):
    plan = year.plan(ENGLISH, agreed=True)
    with pytest.raises(Invalid) as refused:
        plans.rate_plan(year.session, year.supervisor, plan.id, ratings=[D(rating)], comment="好")
    assert refused.value.code == "bad_ratings"
    for edge in ("0", "100"):
        plans.rate_plan(year.session, year.supervisor, plan.id, ratings=[D(edge)], comment="好")
        assert plan.rating == D(edge)


def test_every_goal_needs_its_rating(year: Year):
    plan = year.plan(agreed=True)
    with pytest.raises(Invalid):
        plans.rate_plan(year.session, year.supervisor, plan.id, ratings=[D(80)], comment="好")


def test_only_what_was_agreed_is_rated_and_only_by_the_supervisor(year: Year):
    plan = year.plan()
    with pytest.raises(Conflict) as refused:
        plans.rate_plan(year.session, year.supervisor, plan.id, ratings=[D(80), D(80)], comment="好")
    assert refused.value.code == "wrong_status"
    for actor in (year.own, year.hr):
        with pytest.raises(NotAllowed):
            plans.rate_plan(year.session, actor, plan.id, ratings=[D(80), D(80)], comment="好")


def test_the_rating_ends_with_the_review(year: Year):
    plan = year.plan(ENGLISH, agreed=True)
    year.appraisal.step = "supervisor_review"
    plans.rate_plan(year.session, year.supervisor, plan.id, ratings=[D(80)], comment="好")
    year.appraisal.step = "interview"
    with pytest.raises(Conflict) as refused:
        plans.rate_plan(year.session, year.supervisor, plan.id, ratings=[D(90)], comment="更好")
    assert refused.value.code == "wrong_step"
    assert plan.rating == D(80)


def test_the_employee_does_not_agree_for_the_supervisor_nor_the_other_way_round(year: Year):
    plan = year.plan()
    with pytest.raises(NotAllowed):
        plans.propose_plan(year.session, year.supervisor, plan.id)
    plans.propose_plan(year.session, year.own, plan.id)
    with pytest.raises(NotAllowed):
        plans.agree_plan(year.session, year.own, plan.id)


def test_a_plan_given_back_has_a_reason_and_is_a_draft_again(year: Year):
    plan = year.plan()
    plans.propose_plan(year.session, year.own, plan.id)
    with pytest.raises(Invalid):
        plans.return_plan(year.session, year.supervisor, plan.id, reason=" ")
    assert plans.return_plan(year.session, year.supervisor, plan.id, reason="目标不具体").status == "draft"


def test_changed_goals_have_to_be_agreed_anew_and_rated_ones_stay(year: Year):
    plan = year.plan(agreed=True)
    plans.set_goals(year.session, year.own, plan.id, (ENGLISH,), version=plan.version)
    assert (plan.status, [one.goal for one in queries.goals_of(year.session, [plan.id])[plan.id]]) == ("draft", [ENGLISH.goal])
    plans.propose_plan(year.session, year.own, plan.id)
    plans.agree_plan(year.session, year.supervisor, plan.id)
    plans.rate_plan(year.session, year.supervisor, plan.id, ratings=[D(80)], comment="好")
    with pytest.raises(Conflict):
        plans.set_goals(year.session, year.own, plan.id, (COSTING,))


def test_of_two_who_change_a_plan_the_second_is_told(year: Year):
    plan = year.plan()
    seen = plan.version
    plans.set_goals(year.session, year.own, plan.id, (ENGLISH,), version=seen)
    with pytest.raises(Conflict) as refused:
        plans.set_goals(year.session, year.supervisor, plan.id, (COSTING,), version=seen)
    assert refused.value.code == "stale_version"


@pytest.mark.parametrize("due", [date(2025, 12, 31), date(2027, 1, 1)])
def test_goals_are_due_within_the_year(year: Year, due: date):
    with pytest.raises(Invalid) as refused:
        year.plan(GoalDraft("目标", "行动", due))
    assert refused.value.code == "bad_dates"
    year.plan(GoalDraft("目标", "行动", date(2026, 1, 1)), GoalDraft("目标", "行动", date(2026, 12, 31)))


def test_there_is_one_plan_in_an_annual_appraisal_only(year: Year):
    year.plan()
    with pytest.raises(Conflict):
        year.plan()
    with pytest.raises(Invalid) as refused:
        a_year(year.session, "2026-Q4").plan(COSTING)
    assert refused.value.code == "not_annual"


def test_who_is_nothing_to_the_person_does_not_learn_of_the_plan(year: Year):
    plan = year.plan()
    with pytest.raises(NotFound):
        plans.find_plan(year.session, year.colleague, plan.id)
    assert plans.find_plan(year.session, year.hr, plan.id).plan is plan


# Check-ins


def test_both_sides_note_check_ins_and_they_are_at_hand_in_order(year: Year):
    notes.note_check_in(year.session, year.supervisor, year.appraisal.id, held_on=date(2026, 6, 1), text="中期谈话")
    notes.note_check_in(year.session, year.own, year.appraisal.id, held_on=date(2026, 3, 1), text="遇到困难")
    found = queries.check_ins_of(year.session, year.appraisal.id)
    assert [(note.text, author.name) for note, author in found] == [("遇到困难", "张三"), ("中期谈话", "李主管")]


def test_others_note_no_check_ins(year: Year):
    with pytest.raises(NotAllowed):
        notes.note_check_in(year.session, year.hr, year.appraisal.id, held_on=TODAY, text="谈话")
    with pytest.raises(NotFound):
        notes.note_check_in(year.session, year.colleague, year.appraisal.id, held_on=TODAY, text="谈话")


@pytest.mark.parametrize("held_on", [date(2025, 12, 31), date(2026, 12, 21)])
def test_a_check_in_lies_in_the_period_and_not_in_the_future(year: Year, held_on: date):
    with pytest.raises(Invalid):
        notes.note_check_in(year.session, year.own, year.appraisal.id, held_on=held_on, text="谈话")
    for edge in (date(2026, 1, 1), TODAY):
        notes.note_check_in(year.session, year.own, year.appraisal.id, held_on=edge, text="谈话")


# Training needs


def test_a_training_need_is_planned_and_done_with_what_came_of_it(year: Year):
    need = notes.note_training_need(year.session, year.supervisor, year.employee.id, topic="单证", need="单证差错多")
    with pytest.raises(Invalid):
        notes.settle_training_need(year.session, year.hr, need.id, status="planned")
    notes.settle_training_need(year.session, year.hr, need.id, status="planned", planned_on=date(2027, 1, 10))
    with pytest.raises(Invalid):
        notes.settle_training_need(year.session, year.hr, need.id, status="done")
    notes.settle_training_need(year.session, year.hr, need.id, status="done", outcome_note="考核通过")
    assert (need.status, need.planned_on) == ("done", date(2027, 1, 10))
    with pytest.raises(Conflict):
        notes.settle_training_need(year.session, year.hr, need.id, status="dropped", outcome_note="不需要")


def test_the_same_weak_item_is_noted_once(year: Year):
    weak = {"topic": "回款", "need": "回款率最低", "appraisal_id": year.appraisal.id, "item": "collection"}
    first = notes.note_training_need(year.session, year.hr, year.employee.id, **weak)
    assert notes.note_training_need(year.session, year.hr, year.employee.id, **weak) is first
    assert queries.training_needs_of(year.session, year.appraisal.id) == [first]


def test_a_training_need_names_an_appraisal_of_the_person(year: Year):
    other = factories.an_employee(year.session, "钱某")
    with pytest.raises(Invalid) as refused:
        notes.note_training_need(year.session, year.hr, other.id, topic="a", need="b", appraisal_id=year.appraisal.id)
    assert refused.value.code == "unknown_appraisal"


def test_the_person_reads_their_training_needs_and_settles_none(year: Year):
    need = notes.note_training_need(year.session, year.supervisor, year.employee.id, topic="单证", need="单证差错多")
    assert notes.find_training_need(year.session, year.own, need.id) is need
    with pytest.raises(NotAllowed):
        notes.settle_training_need(year.session, year.own, need.id, status="dropped", outcome_note="不想去")
    with pytest.raises(NotFound):
        notes.find_training_need(year.session, year.colleague, need.id)
