"""What belongs to a year: 360° feedback, development and improvement plans, results of units."""

from datetime import date
from decimal import Decimal as D
from functools import partial

from appraisal import clock
from appraisal.development.queries import improvement_of
from appraisal.development.service import improvement, notes, outcomes, plans
from appraisal.development.service.improvement import TargetDraft
from appraisal.feedback.service import answers, raters, reports, rounds
from appraisal.feedback.service.raters import RaterDraft
from appraisal.results.models import UnitResult, UnitResultFile
from tests.feedback.a_round import QUESTIONS, rated
from tests.world.cases import case_of, opened
from tests.world.company import SECRETS, Company


def add_feedback(company: Company) -> None:
    session, ids, hr, numbers = company.session, company.world.ids, company.actors["hr"], company.world.words
    round_of = partial(rounds.draft_round, session, hr, questions=QUESTIONS, answers_until=date(2026, 12, 15))
    asking = round_of(ids["annual_cycle"])
    rounds.open_round(session, hr, asking.id)
    company.keep("round", asking)
    propose = partial(raters.propose_rater, session)
    rater = propose(company.actors["self"], ids["annual"], RaterDraft("peers", number=numbers["colleague_number"]))
    raters.decide_rater(session, company.actors["supervisor"], rater.id, approve=True)
    company.keep("rater", rater)
    proposed = propose(company.actors["self"], ids["annual"], RaterDraft("peers", number=numbers["peer_number"]))
    company.keep("proposed_rater", proposed)
    draft = RaterDraft("external", name="王客户", organisation="某客户公司", mail="wang@example.com")
    outside = propose(company.actors["supervisor"], ids["annual"], draft)
    raters.decide_rater(session, hr, outside.id, approve=True)
    company.keep("outside_rater", outside)
    company.world.words["link"] = raters.issue_link(session, hr, outside.id).token
    cycle = opened(company, "told", "2026")
    case = case_of(company, "self", cycle, "told")
    ended = round_of(cycle.id)
    rounds.open_round(session, hr, ended.id)
    company.keep("ended_round", ended)
    for who in ("colleague", "assessor", "stand_in"):
        one = propose(company.actors["self"], case.appraisal.id, RaterDraft("peers", number=numbers[f"{who}_number"]))
        raters.decide_rater(session, company.actors["supervisor"], one.id, approve=True)
        answers.answer(session, company.actors[who], one.id, ratings=rated("4 5"), remarks={})
    reports.close_round(session, hr, ended.id)
    drafted = opened(company, "planned", "2026")
    case_of(company, "self", drafted, "planned")
    company.keep("draft_round", round_of(drafted.id))


def add_development(company: Company) -> None:
    session, ids = company.session, company.world.ids
    wanted = [plans.GoalDraft("商务英语达到中级", "每周两课时", date(2026, 10, 31))]
    for name, step in (("annual", "proposed"), ("told", "agreed"), ("planned", "draft")):
        plan = plans.draft_plan(session, company.actors["self"], ids[name], wanted)
        if step != "draft":
            plans.propose_plan(session, company.actors["self"], plan.id)
        if step == "agreed":
            plans.agree_plan(session, company.actors["supervisor"], plan.id)
        company.keep(f"{step}_development", plan)
    note = notes.note_check_in(
        session, company.actors["supervisor"], ids["annual"], held_on=date(2026, 4, 20), text="客户分级已完成"
    )
    company.keep("check_in", note)
    need = notes.note_training_need(session, company.actors["supervisor"], ids["self"], topic="应收账款", need="账龄分析与催收")
    company.keep("training_need", need)


def add_improvement(company: Company) -> None:
    """A draft about `self`, what has been offered to `colleague`, and plans that run about the worker and a peer."""
    session, hr, ids = company.session, company.actors["hr"], company.world.ids
    start, end, middle = date(2026, 4, 24), date(2026, 7, 23), date(2026, 4, 24)
    says = {
        "from_on": start,
        "to_on": end,
        "facts": SECRETS["improvement_facts"],
        "causes": "客户分级不清",
        "assistance": "参加应收账款培训",
        "targets": [TargetDraft("回款率达到 90%", end)],
        "checks": [middle],
    }
    for who, name in (("self", "draft"), ("colleague", "offered"), ("worker", "running"), ("peer", "checked")):
        plan = improvement.open_improvement_plan(session, hr, ids[who], **says)
        company.keep(f"{name}_improvement", plan)
        if name == "draft":
            continue
        improvement.offer_improvement_plan(session, hr, plan.id)
        company.world.words[f"{name}_improvement_hash"] = outcomes.content_hash(improvement_of(session, plan))
        if name == "offered":
            continue
        _run_improvement(company, plan.id, company.world.words[f"{name}_improvement_hash"], "plan_scan")
        if name == "checked":
            outcomes.record_check(session, company.actors["supervisor"], plan.id, middle, held_on=middle, findings="有改进")


def _run_improvement(company: Company, plan_id: int, hashed: str, scan: str) -> None:
    paper_one = {"role": "employee", "file_id": company.world.ids[scan]}
    outcomes.record_paper_signature(company.session, company.actors["hr"], plan_id, hashed, **paper_one)
    outcomes.sign_improvement_plan(company.session, company.actors["supervisor"], plan_id, hashed)
    outcomes.approve_improvement_plan(company.session, company.actors["approver"], plan_id)


def add_unit_results(company: Company) -> None:
    """What would be entered under a policy that ties people to their unit; the one in force does not."""
    entry = UnitResult(
        cycle_id=company.world.ids["annual_cycle"],
        unit_id=company.world.ids["department"],
        score=D(80),
        source_document="经营会纪要",
        entered_by=company.world.ids["hr_account"],
        entered_at=clock.now(),
    )
    company.session.add(entry)
    company.session.flush()
    company.keep("unit_result", entry)
    company.session.add(UnitResultFile(unit_result_id=entry.id, file_id=company.file("hr", "unit_result_file")))
    company.session.flush()
