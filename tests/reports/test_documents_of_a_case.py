"""Documents about one person: built rightly from what is stored, and for nobody who may not see it."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal as D
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import clock, db, files, worker
from appraisal.actor import Actor
from appraisal.agreements import amendments
from appraisal.agreements import queries as agreements
from appraisal.agreements import service as drafting
from appraisal.agreements.models import Agreement
from appraisal.cycles.queries import policy_of
from appraisal.development.service import improvement, outcomes
from appraisal.errors import NotFound
from appraisal.reports import appeal, improvement_plan, interview_record, performance_agreement, self_assessment
from appraisal.reports.catalogue import FORMS
from appraisal.reports.document import LANGUAGES
from appraisal.reports.models import ArchivedDocument
from appraisal.results import appeals, approving, publishing
from appraisal.results import service as results
from appraisal.reviews import signing
from tests import factories
from tests.agreements.samples import (
    AFTER_APPEALS,
    REVIEW_DAY,
    SALES,
    Quarter,
    a_quarter,
    acting,
    approve,
    publish,
    reviewed,
    sign,
)
from tests.agreements.test_amendments import HARDER, REASON, a_quarter_below
from tests.agreements.test_paper import enter, refuse, two_witnesses
from tests.development.test_improvement import Case as Improving
from tests.development.test_improvement import a_case as somebody_improving
from tests.results.test_appeals import a_decider, goal
from tests.reviews.test_joint import Technician


@pytest.fixture(autouse=True)
def _review_day() -> Iterator[None]:
    with clock.at(REVIEW_DAY):
        yield


def a_stranger(session: Session) -> Actor:
    return acting(session, factories.an_employee(session, "路人"))


def written(form: str, document: object) -> None:
    """Every document that can be built can be written in each language."""
    for language in LANGUAGES:
        assert FORMS[form].html(document, language).startswith("<!doctype html>")  # type: ignore[arg-type]


# 绩效目标责任书


def test_an_agreement_says_what_was_agreed_how_it_scores_and_what_can_zero_it(session: Session) -> None:
    quarter = a_quarter(session)
    signed = sign(quarter)
    told = performance_agreement.tell_agreement(session, quarter.own, signed)
    revenue, _, plan = told.items
    assert (revenue.weight, revenue.target, revenue.challenge, told.total) == (D(60), D(100), D(120), D(100))
    assert dict(revenue.examples)[D(120)] == D(100) and revenue.curve is not None and not revenue.is_goal
    assert (plan.name.en, plan.standard, plan.assessor.zh) == (
        "Tidy the customer files",
        "全部档案齐全为 100, 每缺一户减 2 分",
        "直接上级",
    )
    assert any(rule.veto and "本人" in rule.effects[0][1].zh for rule in told.rules)
    assert told.in_force and told.changes == () and (told.duties, told.rewards, told.ending) == (None, None, None)
    stands = session.get_one(Agreement, signed)
    assert [(one.name, one.content_hash) for one in told.signatures] == [
        ("李主管", stands.content_hash),
        (quarter.employee.name, stands.content_hash),
    ]
    assert told.head.number == f"{quarter.cycle.code}-{quarter.employee.number}-{quarter.sheet.id}-1"
    assert told.head.policy_digest == quarter.cycle.policy_digest and told.filing.about_id == signed
    written("performance_agreement", told)


def test_of_what_zeroes_others_only_what_can_reach_the_person_is_told(session: Session) -> None:
    case = Technician(session)
    agreement_id, _ = case.draft()
    told = performance_agreement.tell_agreement(session, case.quarter.hr, agreement_id)
    rules = {rule.name: rule for rule in policy_of(session, case.quarter.cycle).vetoes.rules}
    own = {rule.name.zh: "technician" in rules[rule.name].posts or rules[rule.name].all_posts for rule in told.rules}
    assert not any(own.values())  # those of other posts that can name anybody, and no rule for technicians
    for rule in told.rules:
        assert rule.effects and not any("本人" in whose.zh for _, whose in rule.effects)


def test_an_agreement_is_hidden_from_who_is_nothing_to_the_person(session: Session) -> None:
    quarter = a_quarter(session)
    signed = sign(quarter)
    for actor in (quarter.own, quarter.supervisor, quarter.hr, quarter.provider):
        assert performance_agreement.tell_agreement(session, actor, signed).employee_name == quarter.employee.name
    for actor in (a_stranger(session), quarter.payroll):
        with pytest.raises(NotFound):
            performance_agreement.tell_agreement(session, actor, signed)


def test_paper_is_told_with_its_day_and_scan_and_a_refusal_with_its_witnesses(session: Session) -> None:
    quarter = a_quarter(session)
    drafted = drafting.draft_agreement(session, quarter.supervisor, quarter.sheet.id)
    drafting.set_items(session, quarter.supervisor, drafted.id, SALES)
    waiting = performance_agreement.tell_agreement(session, quarter.hr, drafted.id)
    assert [(one.name, one.signed_at) for one in waiting.signatures] == [("李主管", None), (quarter.employee.name, None)]
    enter(quarter, drafted, quarter.hr, "supervisor")
    refuse(quarter, drafted, two_witnesses(quarter))
    by_paper, refused = performance_agreement.tell_agreement(session, quarter.hr, drafted.id).signatures
    scan = files.by_id(session, next(one.file_id for one in agreements.signatures_of(session, drafted.id) if one.file_id))
    assert by_paper.signed_on is not None and by_paper.remark is not None and scan.sha256[:16] in by_paper.remark.zh
    assert refused.remark is not None and refused.remark.zh == "拒绝签署; 见证人: 见证人甲、见证人乙; “认为目标过高”"
    written("performance_agreement", performance_agreement.tell_agreement(session, quarter.hr, drafted.id))


def test_an_amended_agreement_tells_why_and_the_one_before_that_it_is_superseded(session: Session) -> None:
    quarter = a_quarter_below(session, factories.an_actor(session, "employee", employee=factories.an_employee(session, "王总")))
    first = sign(quarter)
    change, _ = amendments.propose_amendment(session, quarter.supervisor, first, HARDER, reason=REASON)
    drafted = session.get_one(Agreement, change.agreement_id)
    seen = {"approve": True, "content_hash": drafted.content_hash, "reason": "同意"}
    amendments.decide_amendment(session, quarter.hr, change.id, **seen)
    (waiting,) = performance_agreement.tell_agreement(session, quarter.own, drafted.id).changes
    assert (waiting.reason, waiting.decision, waiting.revision) == (REASON, "同意", 2)
    assert performance_agreement.agreements_of_case(session, quarter.appraisal.id) == [first]
    for actor in (quarter.own, quarter.supervisor):
        drafting.sign_agreement(session, actor, drafted.id, drafted.content_hash)
    before, after = (performance_agreement.tell_agreement(session, quarter.own, one) for one in (first, drafted.id))
    assert (before.superseded, before.in_force, before.changes) == (True, False, ())
    assert (after.superseded, after.in_force, len(after.changes)) == (False, True, 1)
    assert (before.items[0].target, after.items[0].target) == (D(100), D(110))
    assert performance_agreement.agreements_of_case(session, quarter.appraisal.id) == [first, drafted.id]
    written("performance_agreement", after)


# 自评与考核评分表


def test_a_review_sheet_holds_both_sides_with_evidence_and_who_handed_in_when(session: Session) -> None:
    quarter = reviewed(session)
    told = self_assessment.tell_review(session, quarter.supervisor, quarter.appraisal.id)
    (sheet,) = told.sheets
    revenue, _, plan = sheet.items
    assert (revenue.target, revenue.actual, revenue.evidence) == (D(100), D(110), ("财务报表 2026-Q1",))
    assert (plan.own, plan.given, plan.actual, plan.is_goal) == (D(85), D(85), None, True)
    assert [(one.name, one.text) for one in told.statements] == [
        (quarter.employee.name, "本季度完成了主要目标。"),
        ("李主管", "销售稳定增长。"),
    ]
    assert [one.name for one in told.signatures] == [quarter.employee.name, "李主管"]
    assert all(one.signed_at is not None and one.content_hash is None for one in told.signatures)
    assert told.total is None and revenue.score is None
    written("self_assessment", told)


def test_before_publication_the_persons_own_copy_holds_what_they_wrote_and_nothing_else(session: Session) -> None:
    quarter = reviewed(session)
    results.compute_result(session, quarter.hr, quarter.appraisal.id)
    own = self_assessment.tell_review(session, quarter.own, quarter.appraisal.id)
    assert [(item.own, item.given, item.score) for item in own.sheets[0].items if item.is_goal] == [(D(85), None, None)]
    assert [one.text for one in own.statements] == ["本季度完成了主要目标。"]
    assert not own.judged and own.total is None and [one.name for one in own.signatures] == [quarter.employee.name]
    theirs = self_assessment.tell_review(session, quarter.supervisor, quarter.appraisal.id)
    assert theirs.judged and theirs.total is not None and not theirs.total.published
    publishing.publish_result(session, quarter.hr, quarter.appraisal.id)
    own = self_assessment.tell_review(session, quarter.own, quarter.appraisal.id)
    assert [(item.given, item.score) for item in own.sheets[0].items if item.is_goal] == [(D(85), D(85))]
    assert own.judged and own.total is not None and (own.total.grade, own.total.published) == ("A", True)
    written("self_assessment", own)


def test_before_anything_is_written_there_are_lines_to_write_on(session: Session) -> None:
    quarter = a_quarter(session)
    sign(quarter)
    told = self_assessment.tell_review(session, quarter.hr, quarter.appraisal.id)
    assert [(one.name, one.signed_at) for one in told.signatures] == [(quarter.employee.name, None), (None, None)]
    assert told.statements == () and all(item.actual is None for item in told.sheets[0].items)
    html = FORMS["self_assessment"].html(told, "zh")
    assert "缺数" in html and 'class="blank"' in html and "年　　月　　日" in html


def test_who_rates_together_with_others_reads_theirs_once_all_have(session: Session) -> None:
    case = Technician(session).under_review()
    case.rate(case.plant_head, "90")

    def given(actor: Actor) -> list[D | None]:
        told = self_assessment.tell_review(session, actor, case.appraisal_id)
        item = next(one for one in told.sheets[0].items if one.together and one.own is not None)
        written("self_assessment", told)
        return [one.points for one in item.together]

    assert given(case.quarter.hr) == [None, D(90)]
    with pytest.raises(NotFound):  # who only rates a goal does not see the case whole
        given(acting(session, case.deputy))
    assert given(case.quarter.own) == [None, None]
    case.rate(case.deputy, "80")
    assert given(case.quarter.hr) == [D(80), D(90)]


@pytest.mark.parametrize("tell", [self_assessment.tell_review, interview_record.tell_interview])
def test_a_case_is_hidden_from_who_does_not_see_it_whole(session: Session, tell: Callable[..., Any]) -> None:
    quarter = reviewed(session)
    for actor in (quarter.own, quarter.supervisor, quarter.hr, quarter.approver):
        assert tell(session, actor, quarter.appraisal.id).about.employee_name == quarter.employee.name
    for actor in (a_stranger(session), quarter.payroll, quarter.provider):
        with pytest.raises(NotFound):
            tell(session, actor, quarter.appraisal.id)


# 绩效面谈记录表


def test_an_interview_is_told_with_the_box_of_who_disagrees(session: Session) -> None:
    quarter = reviewed(session)
    told = interview_record.tell_interview(session, quarter.own, quarter.appraisal.id)
    assert (told.place, told.held_on, told.strengths, told.disagrees) == ("第二会议室", date(2026, 4, 7), "客户维护细致", None)
    supervisor, employee = told.signatures
    assert supervisor.signed_at is not None and supervisor.content_hash == told.content_hash and employee.signed_at is None
    written("interview_record", told)
    signing.sign_interview(session, quarter.own, quarter.appraisal.id, disagrees=True, comment="目标调整过晚")
    told = interview_record.tell_interview(session, quarter.supervisor, quarter.appraisal.id)
    assert (told.disagrees, told.opinion) == (True, "目标调整过晚")
    assert told.signatures[1].content_hash == told.content_hash
    assert FORMS["interview_record"].html(told, "zh").count('<span class="box">×</span>') == 1


def test_who_would_not_sign_is_told_with_the_witnesses(session: Session) -> None:
    quarter = reviewed(session)
    witnesses = two_witnesses(quarter)
    signing.enter_signature(session, quarter.hr, quarter.appraisal.id, how="refused", witness_ids=witnesses)
    told = interview_record.tell_interview(session, quarter.hr, quarter.appraisal.id)
    assert told.signatures[1].remark is not None and "见证人甲、见证人乙" in told.signatures[1].remark.zh
    assert told.disagrees is None and '<span class="box">×</span>' not in FORMS["interview_record"].html(told, "zh")


def test_before_an_interview_there_is_no_record_of_it(session: Session) -> None:
    quarter = a_quarter(session)
    with pytest.raises(NotFound):
        interview_record.tell_interview(session, quarter.hr, quarter.appraisal.id)


# 申诉表与处理决定


@pytest.fixture
def published(session: Session) -> Quarter:
    quarter = reviewed(session)
    publish(quarter)
    return quarter


def file(quarter: Quarter, **more: object) -> int:
    given = {"grounds": "新客户少计两家", "wanted": "按 12 家重算"} | more
    return appeals.file_appeal(quarter.session, quarter.own, quarter.appraisal.id, **given).id or 0  # type: ignore[arg-type]


def test_an_appeal_waits_for_an_answer_until_a_day_and_then_for_a_decision(session: Session, published: Quarter) -> None:
    proof = files.keep(session, published.own, name="合同.pdf", content=b"%PDF-1.7", media_type="application/pdf")
    filed = file(published, file_ids=[proof.id])
    told = appeal.tell_appeal(session, published.own, filed)
    assert (told.filed.text, told.filed.wanted, told.filed.files) == ("新客户少计两家", "按 12 家重算", ("合同.pdf",))
    assert told.before is not None and (told.before.score, told.before.grade) == (D("86.5"), "A") and told.after is None
    assert (told.assessor, told.interviewed_on, told.late, told.ended) == ("李主管", date(2026, 4, 7), False, None)
    assert told.answer_by is not None and told.decide_by is None and told.taken_up is None
    assert [one.signed_at is None for one in told.signatures] == [False, True]
    appeals.accept_appeal(session, published.hr, published.appraisal.id, note="受理")
    told = appeal.tell_appeal(session, published.supervisor, filed)
    assert told.taken_up is not None and told.taken_up.text == "受理" and told.decide_by is not None
    assert told.filing.about_id == filed and told.head.number.endswith(f"-A{filed}")
    written("appeal", told)


def test_an_upheld_appeal_tells_the_result_before_and_after_it(session: Session, published: Quarter) -> None:
    filed = file(published)
    appeals.accept_appeal(session, published.hr, published.appraisal.id, note="受理")
    decided = {"reasons": "漏计属实", "upheld": True, "ratings": goal(published, "95")}
    decider = a_decider(session)
    appeals.decide_appeal(session, decider, published.appraisal.id, **decided)
    told = appeal.tell_appeal(session, published.supervisor, filed)
    assert told.upheld and told.ended is not None and told.ended.text == "漏计属实"
    assert told.before is not None and told.after is not None and told.after.score > told.before.score
    written("appeal", told)
    assert appeal.tell_appeal(session, published.own, filed).after == told.after


def test_an_appeal_not_taken_up_says_because_of_what(session: Session, published: Quarter) -> None:
    filed = file(published)
    ground = {"ground": "out_of_scope", "reason": "所述为薪酬事项"}
    appeals.turn_down_appeal(session, published.hr, published.appraisal.id, **ground)
    told = appeal.tell_appeal(session, published.own, filed)
    assert told.ended is not None and told.ended.ground is not None
    assert (told.ended.ground.zh, told.ended.text, told.state.zh) == ("不属申诉范围", "所述为薪酬事项", "不予受理")
    assert appeal.appeals_of_case(session, published.appraisal.id) == [filed]
    written("appeal", told)


def test_an_appeal_is_hidden_from_who_does_not_see_the_case_whole(session: Session, published: Quarter) -> None:
    filed = file(published)
    for actor in (a_stranger(session), published.payroll, published.provider):
        with pytest.raises(NotFound):
            appeal.tell_appeal(session, actor, filed)
    with pytest.raises(NotFound):
        appeal.tell_appeal(session, published.hr, filed + 1)


# 绩效改进计划


@pytest.fixture
def improving(session: Session) -> Improving:
    with clock.at(date(2026, 4, 28)):
        return somebody_improving(session)


def test_an_improvement_plan_is_told_from_its_draft_to_its_evaluation(session: Session, improving: Improving) -> None:
    with clock.at(date(2026, 4, 28)):
        plan = improving.open(last_grade="D")
        told = improvement_plan.tell_plan(session, improving.hr, plan.id)
        assert (told.last_grade, told.supervisor, told.manager, told.evaluated) == ("D", "李主管", None, None)
        assert [one.signed_at for one in told.plan.signatures] == [None, None, None] and told.plan.content_hash is None
        with pytest.raises(NotFound):  # nobody reads of a plan about themselves before it is offered
            improvement_plan.tell_plan(session, improving.own, plan.id)
        improvement.offer_improvement_plan(session, improving.hr, plan.id)
        stands = outcomes.content_hash(outcomes.queries.improvement_of(session, plan))
        improving.sign(improving.supervisor)
        witnesses = tuple(one.number for one in improving.witnesses)
        outcomes.record_refusal(session, improving.hr, plan.id, role="employee", witnesses=witnesses, comment="不同意事实部分")
        outcomes.approve_improvement_plan(session, improving.manager, plan.id, note="同意")
    told = improvement_plan.tell_plan(session, improving.own, plan.id)
    employee, supervisor, approver = told.plan.signatures
    assert employee.remark is not None and employee.remark.zh == "拒绝签署; 见证人: 证人甲、证人乙; “不同意事实部分”"
    assert (supervisor.content_hash, approver.name) == (stands, "韩总") and told.plan.content_hash == stands
    written("improvement_plan", told)
    last = max(one.due_on for one in told.checks)
    with clock.at(last):
        improving.check(*(one.due_on for one in told.checks))
        improving.evaluate(*(True for _ in told.expected))
    told = improvement_plan.tell_plan(session, improving.own, plan.id)
    assert told.outcome is not None and told.outcome.zh == "达到预期结果" and [one.met for one in told.expected] == [True, True]
    assert told.evaluated is not None and [one.signed_at for one in told.evaluated.signatures] == [None, None, None]
    written("improvement_plan", told)


def test_an_improvement_plan_is_hidden_from_who_may_not_read_it(session: Session, improving: Improving) -> None:
    with clock.at(date(2026, 4, 28)):
        plan = improving.open()
        for actor in (a_stranger(session), factories.an_actor(session, "payroll")):
            with pytest.raises(NotFound):
                improvement_plan.tell_plan(session, actor, plan.id)


# Which there are of a case


def test_a_case_has_its_own_documents_and_those_of_its_rows(session: Session, published: Quarter) -> None:
    case_id = published.appraisal.id
    ids = {form.id: list(form.ids_of_case(session, case_id)) for form in FORMS.values()}
    assert ids["self_assessment"] == ids["interview_record"] == ids["result_notice"] == [case_id]
    assert len(ids["performance_agreement"]) == 1 and ids["appeal"] == ids["improvement_plan"] == []
    assert all(
        not ids[form.id] for form in FORMS.values() if form.about in ("cycle", "release", "report", "exception", "policy")
    )


def test_a_document_is_dated_the_day_of_what_it_tells_last(session: Session) -> None:
    with clock.at(datetime(2026, 4, 8, 17, tzinfo=UTC)):  # past midnight in the company's zone
        quarter = reviewed(session)
    with clock.at(datetime(2026, 5, 8, tzinfo=UTC)):
        told = self_assessment.tell_review(session, quarter.hr, quarter.appraisal.id)
    assert told.head.dated == date(2026, 4, 9)


def test_a_case_that_is_archived_leaves_its_documents_and_those_of_its_rows(engine: Engine) -> None:
    with db.transaction(engine, write=True) as session:
        quarter = reviewed(session)
        publish(quarter)
        file(quarter)
        appeals.accept_appeal(session, quarter.hr, quarter.appraisal.id, note="受理")
        appeals.decide_appeal(session, a_decider(session), quarter.appraisal.id, reasons="核对无误", upheld=False)
        with clock.at(AFTER_APPEALS):
            approve(quarter)
            approving.archive_appraisal(session, quarter.hr, quarter.appraisal.id)
    with clock.at(AFTER_APPEALS):
        assert worker.work_off(engine) >= 1
    with db.transaction(engine, write=False) as session:
        kept = session.exec(select(ArchivedDocument.form).order_by(ArchivedDocument.form)).all()
    assert kept == ["appeal", "interview_record", "performance_agreement", "result_notice", "self_assessment"]
