"""Improvement plans: opened by HR, signed by both, approved by a third, checked, evaluated; and what they never say."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session

from appraisal import clock, db, files, labels
from appraisal.actor import Actor
from appraisal.development import queries
from appraisal.development.models import ImprovementPlan
from appraisal.development.service import improvement, outcomes
from appraisal.development.service.improvement import TargetDraft, Terms, months_later
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.people.models import Employee
from tests import factories

START, END = date(2026, 5, 1), date(2026, 7, 31)
MIDDLE = date(2026, 6, 15)
TARGETS = (TargetDraft("回款率达到 90%", END), TargetDraft("每周拜访三家客户", MIDDLE))
TERMS: dict[str, Any] = {
    "from_on": START,
    "to_on": END,
    "facts": "连续两个季度回款率低于 70%",
    "causes": "客户分级不清",
    "assistance": "参加应收账款培训, 主管每周陪访一次",
    "targets": TARGETS,
    "checks": (MIDDLE, END),
}
PDF = b"%PDF-1.7 signed"


@dataclass
class Case:
    """Somebody who needs to improve, and everybody with a part in it."""

    session: Session
    employee: Employee
    own: Actor
    supervisor: Actor
    hr: Actor
    manager: Actor
    witnesses: tuple[Employee, Employee]
    plan: ImprovementPlan = field(init=False)

    def open(self, **changed: Any) -> ImprovementPlan:
        self.plan = improvement.open_improvement_plan(self.session, self.hr, self.employee.id, **TERMS | changed)
        return self.plan

    def sign(self, *actors: Actor) -> None:
        for actor in actors or (self.own, self.supervisor):
            stands = outcomes.content_hash(queries.improvement_of(self.session, self.plan))
            outcomes.sign_improvement_plan(self.session, actor, self.plan.id, stands)

    def run(self) -> None:
        self.open()
        improvement.offer_improvement_plan(self.session, self.hr, self.plan.id)
        self.sign()
        outcomes.approve_improvement_plan(self.session, self.manager, self.plan.id)

    def check(self, *days: date) -> None:
        for day in days or (MIDDLE, END):
            outcomes.record_check(self.session, self.supervisor, self.plan.id, day, held_on=day, findings="有改进")

    def evaluate(self, *met: bool, **changed: Any) -> ImprovementPlan:
        said = {"outcome": "met", "evaluation": "已达到", "measure": "none"} | changed
        return outcomes.evaluate_improvement_plan(self.session, self.supervisor, self.plan.id, met=met, **said)


@pytest.fixture
def case(session: Session) -> Iterator[Case]:
    with clock.at(date(2026, 4, 28)):
        yield a_case(session)


def a_case(session: Session) -> Case:
    head = factories.an_employee(session, "李主管")
    employee = factories.an_employee(session, post=factories.a_post(session), supervisor=head)
    own, supervisor = (factories.an_actor(session, "employee", employee=one) for one in (employee, head))
    manager = factories.an_actor(session, "approver", employee=factories.an_employee(session, "韩总"))
    witnesses = factories.an_employee(session, "证人甲"), factories.an_employee(session, "证人乙")
    return Case(session, employee, own, supervisor, factories.hr(session), manager, witnesses)


def test_a_plan_goes_from_draft_to_its_end(case: Case):
    plan = case.open(last_grade="D")
    assert (plan.status, plan.post_title, plan.last_grade) == ("draft", "业务员", "D")
    improvement.offer_improvement_plan(case.session, case.hr, plan.id)
    case.sign()
    assert plan.status == "offered"
    outcomes.approve_improvement_plan(case.session, case.manager, plan.id, note="同意")
    assert plan.status == "running"
    with clock.at(END):
        case.check()
        case.evaluate(True, True)
        assert plan.status == "evaluated"
        case.sign()
        outcomes.approve_improvement_plan(case.session, case.manager, plan.id)
    found = queries.improvement_of(case.session, plan)
    assert (plan.status, plan.outcome, [one.met for one in found.targets]) == ("closed", "met", [True, True])
    assert [one.part for one in found.approvals] == ["plan", "evaluation"]


def test_only_hr_opens_a_plan_and_never_for_themselves(case: Case):
    for actor in (case.supervisor, case.manager):
        with pytest.raises(NotAllowed):
            improvement.open_improvement_plan(case.session, actor, case.employee.id, **TERMS)
    own = factories.an_employee(case.session, "人事", post=factories.a_post(case.session), supervisor=case.witnesses[0])
    with pytest.raises(NotAllowed):
        improvement.open_improvement_plan(case.session, factories.an_actor(case.session, "hr", employee=own), own.id, **TERMS)


def test_one_person_has_one_plan_at_a_time(case: Case):
    case.open()
    with pytest.raises(Conflict):
        case.open()
    improvement.cancel_improvement_plan(case.session, case.hr, case.plan.id, reason="情况改变")
    case.open()


@pytest.mark.parametrize(
    ("to_on", "fits"),
    [(date(2026, 5, 30), False), (date(2026, 5, 31), True), (date(2026, 7, 31), True), (date(2026, 8, 1), False)],
)
def test_the_period_is_one_to_three_months(case: Case, to_on: date, fits: bool):
    terms = {"to_on": to_on, "targets": (TargetDraft("回款", START),), "checks": (START,)}
    if fits:
        assert case.open(**terms).to_on == to_on
    else:
        with pytest.raises(Invalid) as refused:
            case.open(**terms)
        assert refused.value.code == "bad_dates"


@pytest.mark.parametrize(
    "changed",
    [
        {"assistance": " "},
        {"facts": ""},
        {"targets": ()},
        {"checks": ()},
        {"checks": (date(2026, 4, 30),)},
        {"checks": (date(2026, 8, 1),)},
        {"checks": (MIDDLE, MIDDLE)},
        {"targets": (TargetDraft("回款", date(2026, 8, 1)),)},
    ],
)
def test_a_plan_has_facts_help_results_and_checks_within_its_period(case: Case, changed: dict[str, Any]):
    with pytest.raises(Invalid):
        case.open(**changed)
    case.open(checks=(START, END), targets=(TargetDraft("回款", START), TargetDraft("拜访", END)))


def test_months_end_where_the_month_ends():
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2026, 11, 30), 3) == date(2027, 2, 28)


def test_the_person_sees_the_plan_once_it_is_offered(case: Case):
    case.open()
    with pytest.raises(NotFound):
        improvement.find_plan(case.session, case.own, case.plan.id)
    assert improvement.find_plan(case.session, case.supervisor, case.plan.id) is case.plan
    improvement.offer_improvement_plan(case.session, case.hr, case.plan.id)
    assert improvement.find_plan(case.session, case.own, case.plan.id) is case.plan
    stranger = factories.an_actor(case.session, "employee", employee=case.witnesses[0])
    for actor in (stranger, factories.an_actor(case.session, "payroll"), factories.an_actor(case.session, "data_provider")):
        with pytest.raises(NotFound):
            improvement.find_plan(case.session, actor, case.plan.id)


def test_what_is_offered_is_no_longer_changed_until_it_is_sent_back(case: Case):
    case.open()
    terms = Terms(**TERMS)
    improvement.change_improvement_plan(case.session, case.hr, case.plan.id, terms, version=case.plan.version)
    improvement.offer_improvement_plan(case.session, case.hr, case.plan.id)
    case.sign(case.own)
    with pytest.raises(Conflict):
        improvement.change_improvement_plan(case.session, case.hr, case.plan.id, terms)
    outcomes.return_improvement_plan(case.session, case.manager, case.plan.id, reason="目标不具体")
    assert (case.plan.status, queries.improvement_of(case.session, case.plan).signatures) == ("draft", ())
    improvement.change_improvement_plan(case.session, case.hr, case.plan.id, replace(terms, causes="客户太多"))
    assert case.plan.causes == "客户太多"


def test_a_signature_binds_what_was_seen(case: Case):
    case.open()
    before = outcomes.content_hash(queries.improvement_of(case.session, case.plan))
    improvement.change_improvement_plan(case.session, case.hr, case.plan.id, replace(Terms(**TERMS), facts="另一回事"))
    improvement.offer_improvement_plan(case.session, case.hr, case.plan.id)
    with pytest.raises(Conflict) as refused:
        outcomes.sign_improvement_plan(case.session, case.own, case.plan.id, before)
    assert refused.value.code == "content_changed"


def test_nobody_signs_twice_or_in_place_of_another(case: Case):
    case.open()
    improvement.offer_improvement_plan(case.session, case.hr, case.plan.id)
    case.sign(case.own)
    with pytest.raises(Conflict) as refused:
        case.sign(case.own)
    assert refused.value.code == "already_signed"
    with pytest.raises(NotAllowed):
        case.sign(case.hr)
    with pytest.raises(NotAllowed):
        case.sign(replace(case.supervisor, on_behalf_of=5))


def test_it_runs_only_when_both_have_signed_and_a_third_person_approves(case: Case):
    case.open()
    improvement.offer_improvement_plan(case.session, case.hr, case.plan.id)
    case.sign(case.own)
    with pytest.raises(Conflict) as refused:
        outcomes.approve_improvement_plan(case.session, case.manager, case.plan.id)
    assert refused.value.code == "unsigned"
    case.sign(case.supervisor)
    with pytest.raises(NotAllowed):
        outcomes.approve_improvement_plan(case.session, case.hr, case.plan.id)
    both = replace(case.supervisor, roles=frozenset({"employee", "approver"}))
    with pytest.raises(NotAllowed) as refused_to:
        outcomes.approve_improvement_plan(case.session, both, case.plan.id)
    assert refused_to.value.code == "same_person"


def test_a_refusal_to_sign_is_recorded_with_two_witnesses_and_the_plan_goes_on(case: Case):
    case.open()
    improvement.offer_improvement_plan(case.session, case.hr, case.plan.id)
    first, second = (one.number for one in case.witnesses)
    refusal = {"role": "employee", "comment": "不同意事实部分"}
    for witnesses in ((first, first), (first, "E99999"), (first, case.employee.number)):
        with pytest.raises(Invalid) as refused:
            outcomes.record_refusal(case.session, case.hr, case.plan.id, witnesses=witnesses, **refusal)
        assert refused.value.code == "bad_witnesses"
    outcomes.record_refusal(case.session, case.hr, case.plan.id, witnesses=(first, second), **refusal)
    case.sign(case.supervisor)
    outcomes.approve_improvement_plan(case.session, case.manager, case.plan.id)
    signed = queries.improvement_of(case.session, case.plan).signed("plan")["employee"]
    assert (signed.refused, case.plan.status) == (True, "running")


def test_a_scan_of_the_signed_paper_counts(case: Case):
    case.open()
    improvement.offer_improvement_plan(case.session, case.hr, case.plan.id)
    stands = outcomes.content_hash(queries.improvement_of(case.session, case.plan))
    scan = files.keep(case.session, case.hr, name="签字.pdf", content=PDF, media_type="application/pdf")
    with pytest.raises(NotAllowed):
        outcomes.record_paper_signature(case.session, case.supervisor, case.plan.id, stands, role="employee", file_id=scan.id)
    outcomes.record_paper_signature(case.session, case.hr, case.plan.id, stands, role="employee", file_id=scan.id)
    signed = queries.improvement_of(case.session, case.plan).signed("plan")["employee"]
    assert (signed.employee_id, signed.file_id) == (case.employee.id, scan.id)


def test_checks_are_recorded_once_and_not_ahead(case: Case):
    case.run()
    with clock.at(MIDDLE):
        with pytest.raises(Invalid):
            outcomes.record_check(case.session, case.supervisor, case.plan.id, END, held_on=END, findings="提前写")
        with pytest.raises(Invalid):
            outcomes.record_check(case.session, case.supervisor, case.plan.id, START, held_on=START, findings="没有这一天")
        case.check(MIDDLE)
        with pytest.raises(Conflict):
            case.check(MIDDLE)
        with pytest.raises(NotAllowed):
            outcomes.record_check(case.session, case.own, case.plan.id, END, held_on=MIDDLE, findings="我很好")


def test_it_is_evaluated_after_all_checks_and_not_failed_before_its_last_day(case: Case):
    case.run()
    failed = {"outcome": "not_met", "measure": "training", "measures": "回款专题培训"}
    with clock.at(MIDDLE):
        case.check(MIDDLE)
        with pytest.raises(Conflict) as refused:
            case.evaluate(True, True)
        assert refused.value.code == "checks_missing"
        outcomes.record_check(case.session, case.hr, case.plan.id, END, held_on=MIDDLE, findings="提前检查")
        with pytest.raises(Conflict) as refused:
            case.evaluate(True, False, **failed)
        assert refused.value.code == "too_early"
    with clock.at(END):
        assert case.evaluate(True, False, **failed).outcome == "not_met"


def test_a_plan_whose_results_are_all_met_may_end_early(case: Case):
    case.run()
    with clock.at(MIDDLE):
        case.check(MIDDLE)
        outcomes.record_check(case.session, case.hr, case.plan.id, END, held_on=MIDDLE, findings="已全部达到")
        assert case.evaluate(True, True).status == "evaluated"


@pytest.mark.parametrize(
    ("met", "said"),
    [
        ((True, False), {"outcome": "met"}),
        ((True, True), {"outcome": "not_met", "measure": "training", "measures": "培训"}),
        ((True,), {"outcome": "met"}),
        ((True, True), {"outcome": "met", "measure": "training", "measures": "培训"}),
        ((True, False), {"outcome": "not_met", "measure": "training"}),
        ((True, False), {"outcome": "not_met", "measure": "dismissal", "measures": "解除合同"}),
        ((True, False), {"outcome": "unfit", "measure": "none"}),
    ],
)
def test_the_outcome_says_what_the_expected_results_say_and_no_more(case: Case, met: tuple[bool, ...], said: dict[str, str]):
    case.run()
    with clock.at(END):
        case.check()
        with pytest.raises(Invalid) as refused:
            case.evaluate(*met, **said)
        assert refused.value.code == "bad_outcome"


def test_an_evaluation_sent_back_is_said_and_signed_anew(case: Case):
    case.run()
    with clock.at(END):
        case.check()
        case.evaluate(True, True)
        case.sign(case.supervisor)
        outcomes.return_improvement_plan(case.session, case.manager, case.plan.id, reason="请补充依据")
        assert (case.plan.status, case.plan.outcome) == ("running", None)
        found = queries.improvement_of(case.session, case.plan)
        assert [one.part for one in found.signatures] == ["plan", "plan"]
        assert case.evaluate(True, True).status == "evaluated"


def test_a_stale_version_is_refused(case: Case):
    case.open()
    seen = case.plan.version
    improvement.offer_improvement_plan(case.session, case.hr, case.plan.id, version=seen)
    with pytest.raises(Conflict) as refused:
        improvement.cancel_improvement_plan(case.session, case.hr, case.plan.id, reason="晚了", version=seen)
    assert refused.value.code == db.stale().code


def test_no_word_for_an_outcome_or_measure_says_that_somebody_is_unfit():
    words = [labels.label(kind, code) for kind in ("improvement_outcome", "improvement_measure") for code in labels.codes(kind)]
    assert not any("胜任" in word.zh or "incompeten" in word.en.lower() or "unfit" in word.en.lower() for word in words)
