"""Decisions that wait: each for those who may make it, until it is made; and how often the database is asked for them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from functools import partial

from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements import amendments
from appraisal.agreements.models import Agreement
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Cycle
from appraisal.desk import tasks
from appraisal.desk.waiting import Waiting
from appraisal.development.models import ImprovementPlan
from appraisal.development.queries import improvement_of
from appraisal.development.service import improvement, outcomes, plans
from appraisal.development.service.improvement import TargetDraft
from appraisal.feedback import queries
from appraisal.feedback.service import raters, rounds
from appraisal.feedback.service.raters import RaterDraft
from appraisal.incidents import service as incidents
from appraisal.measures import service as measures
from appraisal.people import auth
from appraisal.results import approving, calibration, publishing, reopening, unit_results
from appraisal.results.models import UnitResult
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
from tests.feedback.a_round import QUESTIONS, TODAY, UNTIL, Feedback, a_round
from tests.incidents.coal import DAY, a_coal_company
from tests.measures.counting import asked
from tests.test_permissions import ROUTES, expected
from tests.world import NOW, a_world

# Per task: the route by which it is done, the row of the world it is about, and the cycle it is listed under.
DONE_BY = {
    "decide_amendment": ("POST /api/v1/amendments/{amendment_id}/decision", "amendment", "collecting_cycle"),
    "confirm_figures": ("POST /api/v1/measures/{measure_id}/confirm", "collecting_new_customers", "collecting_cycle"),
    "agree_development": ("POST /api/v1/development-plans/{plan_id}/agreement", "proposed_development", "annual_cycle"),
    "decide_raters": ("POST /api/v1/feedback/raters/{rater_id}/decision", "proposed_rater", "annual_cycle"),
    "confirm_unit_result": ("POST /api/v1/unit-results/{unit_result_id}/confirm", "unit_result", "annual_cycle"),
    "hold_calibration": ("POST /api/v1/calibrations/{calibration_id}/close", "calibration", "calibrating_cycle"),
    "decide_reopening": ("POST /api/v1/appraisals/{appraisal_id}/reopening/decision", "asked", "asked_cycle"),
    "sign_improvement": ("POST /api/v1/improvement-plans/{plan_id}/signature", "offered_improvement", None),
    "evaluate_improvement": ("POST /api/v1/improvement-plans/{plan_id}/evaluation", "checked_improvement", None),
    "confirm_incident": ("POST /api/v1/incidents/{incident_id}/confirm", "heard_incident", None),
    "hear_incident": ("POST /api/v1/incidents/{incident_id}/hear", "filed_incident", None),
}


def waiting(session: Session, actor: Actor, kind: str) -> list[Waiting]:
    return [one for one in tasks.waiting_for(session, actor) if one.kind == kind]


def counted(session: Session, actor: Actor, kind: str) -> int:
    return sum(one.count for one in waiting(session, actor, kind))


def holding(actor: Actor, role: str) -> Actor:
    """The same with another office."""
    return replace(actor, roles=actor.roles | {role})


def test_every_decision_waits_for_exactly_those_who_may_make_it(session: Session):
    world = a_world(session)
    with clock.at(NOW):
        theirs = {who: tasks.waiting_for(session, auth.actor_of(session, one)) for who, one in world.accounts.items()}

    def shown_to(kind: str, cycle: str | None = None) -> set[str]:
        wanted = world.ids[cycle] if cycle else None
        of_kind = {who: [one for one in found if one.kind == kind] for who, found in theirs.items()}
        return {who for who, found in of_kind.items() if any((one.cycle.id if one.cycle else None) == wanted for one in found)}

    for kind, (route, row, cycle) in DONE_BY.items():
        (line,) = [one for one in ROUTES[route] if row in one["with"].values()]
        may = {who for who, answer in expected(line, world.accounts).items() if answer == "may"}
        # Who is heard has a task of another name than who hears them.
        assert (kind, shown_to(kind, cycle)) == (kind, may - {"self"} if kind == "hear_incident" else may)
    assert shown_to("state_on_incident") == {"self"}
    every = [one for found in theirs.values() for one in found]
    assert {one.kind for one in every} >= {*DONE_BY, "state_on_incident"}
    assert all(one.name.zh and one.name.en and one.count > 0 for one in every)
    abouts = {(one.kind, one.about_kind) for one in every if one.about_id}
    assert abouts >= {
        ("decide_amendment", "agreement_amendment"),
        ("agree_development", "development_plan"),
        ("hold_calibration", "calibration"),
        ("sign_improvement", "improvement_plan"),
        ("state_on_incident", "incident"),
    }


# Done, it is gone


def test_an_amendment_is_decided_by_hr_once(session: Session):
    with clock.at(REVIEW_DAY):
        quarter = a_quarter(session)
        changed = (replace(SALES[0], target=D(105)), *SALES[1:])
        proposed, _ = amendments.propose_amendment(session, quarter.supervisor, sign(quarter), changed, reason="客户改期")
        assert counted(session, quarter.hr, "decide_amendment") == 1
        assert [counted(session, side, "decide_amendment") for side in (quarter.own, quarter.supervisor)] == [0, 0]
        content = session.get_one(Agreement, proposed.agreement_id).content_hash
        amendments.decide_amendment(session, quarter.hr, proposed.id, approve=True, content_hash=content)
        assert counted(session, quarter.hr, "decide_amendment") == 0


def entered(quarter: Quarter, item: str = "revenue", figure: str = "110") -> int:
    said = {"actual": D(figure), "source_document": "财务报表 2026-Q1"}
    made = measures.record_actual(quarter.session, quarter.provider, quarter.sheet.id, item, **said)
    assert made.id is not None
    return made.id


def test_a_figure_waits_for_all_who_may_confirm_it_but_not_for_who_entered_it(session: Session):
    with clock.at(date(2026, 4, 2)):
        quarter = a_quarter(session)
        sign(quarter)
        first = entered(quarter)
        entered(quarter, "new_customers", "10")
        (task,) = waiting(session, quarter.checker, "confirm_figures")
        assert (task.count, task.due_on, task.overdue) == (2, date(2026, 4, 10), False)
        assert counted(session, quarter.hr, "confirm_figures") == 2
        assert counted(session, quarter.provider, "confirm_figures") == 0
        assert [counted(session, one, "confirm_figures") for one in (quarter.own, quarter.supervisor, quarter.approver)] == [
            0
        ] * 3
        measures.confirm_actual(session, quarter.checker, first)
        assert counted(session, quarter.hr, "confirm_figures") == 1


def test_of_a_corrected_figure_only_the_correction_waits(session: Session):
    with clock.at(date(2026, 4, 2)):
        quarter = a_quarter(session)
        sign(quarter)
        first = entered(quarter)
        said = {"actual": D(111), "source_document": "财务报表 2026-Q1", "reason": "漏计一笔"}
        second = measures.correct_actual(session, quarter.checker, first, **said)
        assert [counted(session, one, "confirm_figures") for one in (quarter.provider, quarter.checker)] == [1, 0]
        measures.confirm_actual(session, quarter.provider, second.id)
        assert counted(session, quarter.provider, "confirm_figures") == 0


def test_a_request_for_review_waits_for_an_approver_who_has_not_made_it(session: Session):
    with clock.at(REVIEW_DAY):
        quarter = reviewed(session)
        publish(quarter)
    with clock.at(AFTER_APPEALS):
        publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        approving.approve_result(session, quarter.approver, quarter.appraisal.id)
        assert counted(session, quarter.approver, "decide_reopening") == 0
        reopening.request_reopening(session, quarter.own, quarter.appraisal.id, reason="回款漏计")
        (task,) = waiting(session, quarter.approver, "decide_reopening")
        assert (task.cycle, task.count) == (quarter.cycle, 1)
        asker = holding(quarter.own, "approver")
        unnamed = factories.an_actor(session, "approver")
        assert [counted(session, one, "decide_reopening") for one in (asker, unnamed, quarter.hr)] == [0, 0, 0]
        reopening.decide_reopening(session, quarter.approver, quarter.appraisal.id, granted=False, reason="数据无误")
        assert counted(session, quarter.approver, "decide_reopening") == 0


def test_a_request_for_review_waits_after_its_cycle_has_closed_too(session: Session):
    with clock.at(REVIEW_DAY):
        quarter = reviewed(session)
        publish(quarter)
    with clock.at(AFTER_APPEALS):
        approve(quarter)
        approving.archive_appraisal(session, quarter.hr, quarter.appraisal.id)
        cycles.close_cycle(session, quarter.hr, quarter.cycle)
        reopening.request_reopening(session, quarter.own, quarter.appraisal.id, reason="回款漏计")
        (task,) = waiting(session, quarter.approver, "decide_reopening")
        assert (task.cycle, task.count) == (quarter.cycle, 1)
        reopening.decide_reopening(session, quarter.approver, quarter.appraisal.id, granted=True, reason="同意")
        assert counted(session, quarter.approver, "decide_reopening") == 0


def test_a_development_plan_waits_for_the_supervisor_until_it_is_agreed(session: Session):
    with clock.at(TODAY):
        feedback = a_round(session)
        wanted = [plans.GoalDraft("商务英语达到中级", "每周两课时", date(2026, 12, 31))]
        plan = plans.draft_plan(session, feedback.own, feedback.appraisal.id, wanted)
        assert counted(session, feedback.supervisor, "agree_development") == 0
        plans.propose_plan(session, feedback.own, plan.id)
        (task,) = waiting(session, feedback.supervisor, "agree_development")
        assert (task.employee, task.about) == (feedback.employee, ("development_plan", plan.id))
        plans.agree_plan(session, feedback.supervisor, plan.id)
        assert counted(session, feedback.supervisor, "agree_development") == 0


def propose(feedback: Feedback, actor: Actor, *colleagues: str) -> list[int]:
    people = [factories.an_employee(feedback.session, name) for name in colleagues]
    drafts = [RaterDraft("peers", number=one.number) for one in people]
    return [raters.propose_rater(feedback.session, actor, feedback.appraisal.id, draft).id or 0 for draft in drafts]


def test_raters_wait_for_supervisor_and_hr_but_not_for_who_proposed_them(session: Session):
    with clock.at(TODAY):
        feedback = a_round(session)
        first, _ = propose(feedback, feedback.own, "赵", "钱")
        propose(feedback, feedback.supervisor, "孙")
        (task,) = waiting(session, feedback.supervisor, "decide_raters")
        assert (task.employee, task.count, task.due_on) == (feedback.employee, 2, UNTIL)
        (task,) = waiting(session, feedback.hr, "decide_raters")
        assert (task.employee, task.count) == (None, 3)
        assert counted(session, feedback.own, "decide_raters") == 0
        raters.decide_rater(session, feedback.supervisor, first, approve=True)
        assert counted(session, feedback.hr, "decide_raters") == 2


def an_improvement_plan(quarter: Quarter) -> ImprovementPlan:
    """A draft of three months, with a check on its first day."""
    end, says = date(2026, 7, 7), {"facts": "回款率 60%", "causes": "客户分级不清", "assistance": "参加应收账款培训"}
    return improvement.open_improvement_plan(
        *(quarter.session, quarter.hr, quarter.employee.id),
        **says,
        from_on=REVIEW_DAY,
        to_on=end,
        targets=[TargetDraft("回款率达到 90%", end)],
        checks=[REVIEW_DAY],
    )


def test_an_improvement_plan_waits_for_each_who_signs_then_for_an_approver_then_for_its_evaluation(session: Session):
    with clock.at(REVIEW_DAY):
        quarter = a_quarter(session)
        plan = an_improvement_plan(quarter)
        everybody = (quarter.own, quarter.supervisor, quarter.approver, quarter.hr)

        def seen(kind: str) -> list[int]:
            return [counted(session, one, kind) for one in everybody]

        assert seen("sign_improvement") == [0, 0, 0, 0]
        improvement.offer_improvement_plan(session, quarter.hr, plan.id)
        assert seen("sign_improvement") == [1, 1, 0, 0] and seen("approve_improvement") == [0, 0, 0, 0]
        hashed = outcomes.content_hash(improvement_of(session, plan))
        outcomes.sign_improvement_plan(session, quarter.own, plan.id, hashed)
        assert seen("sign_improvement") == [0, 1, 0, 0] and seen("approve_improvement") == [0, 0, 0, 0]
        outcomes.sign_improvement_plan(session, quarter.supervisor, plan.id, hashed)
        own = holding(quarter.supervisor, "approver")
        assert seen("approve_improvement") == [0, 0, 1, 0] and counted(session, own, "approve_improvement") == 0
        outcomes.approve_improvement_plan(session, quarter.approver, plan.id)
        assert seen("approve_improvement") == seen("evaluate_improvement") == [0, 0, 0, 0]
        outcomes.record_check(session, quarter.supervisor, plan.id, REVIEW_DAY, held_on=REVIEW_DAY, findings="有改进")
        (task,) = waiting(session, quarter.supervisor, "evaluate_improvement")
        assert (task.employee, task.due_on, task.about) == (quarter.employee, plan.to_on, ("improvement_plan", plan.id))
        assert seen("evaluate_improvement") == [0, 1, 0, 0]
        said = {"met": [True], "outcome": "met", "evaluation": "已达到", "measure": "none"}
        outcomes.evaluate_improvement_plan(session, quarter.supervisor, plan.id, **said)
        assert seen("evaluate_improvement") == [0, 0, 0, 0] and seen("sign_improvement") == [1, 1, 0, 0]


def test_an_incident_waits_to_be_heard_and_then_to_be_decided_by_another_than_who_filed_it(session: Session):
    with clock.at(REVIEW_DAY):
        quarter = a_quarter(session)
        filed = {"event": "serious_violation", "happened_on": date(2026, 3, 2), "facts": "签收单存疑"}
        incident = incidents.file_incident(session, quarter.hr, quarter.employee.id, **filed)
        other = factories.an_actor(session, "hr")
        (task,) = waiting(session, quarter.own, "state_on_incident")
        assert (task.employee, task.about) == (quarter.employee, ("incident", incident.id))
        assert [counted(session, one, "hear_incident") for one in (quarter.own, quarter.hr, other)] == [0, 1, 1]
        assert counted(session, other, "confirm_incident") == 0
        incidents.hear_incident(session, quarter.own, incident.id, statement="单据已补签")
        assert not waiting(session, quarter.own, "state_on_incident") and not waiting(session, other, "hear_incident")
        acting_on = (quarter.own, quarter.supervisor, quarter.hr, other)
        assert [counted(session, one, "confirm_incident") for one in acting_on] == [0, 0, 0, 1]
        incidents.withdraw_incident(session, other, incident.id, reason="误报")
        assert counted(session, other, "confirm_incident") == 0


def test_hr_of_a_unit_has_the_incidents_of_those_who_were_in_it_on_the_day(session: Session):
    with clock.at(REVIEW_DAY):
        here, elsewhere = factories.a_unit(session, "销售部"), factories.a_unit(session, "采购部")
        chief = factories.an_employee(session, "李主管")
        employee = factories.an_employee(session, post=factories.a_post(session, unit=here), supervisor=chief)
        quarter = a_quarter(session, employee)
        filed = {"event": "serious_violation", "happened_on": date(2026, 3, 2), "facts": "签收单存疑"}
        incidents.file_incident(session, quarter.supervisor, employee.id, **filed)
        of_units = [factories.an_actor(session, "hr", unit=unit) for unit in (here, elsewhere)]
        assert [counted(session, one, "hear_incident") for one in of_units] == [1, 0]


def test_an_incident_that_would_reach_them_too_waits_for_no_decision_of_theirs(session: Session):
    company = a_coal_company(session)
    with clock.at(REVIEW_DAY):
        filed = {"event": "food_event", "happened_on": DAY, "facts": "食材过期"}
        incident = incidents.file_incident(session, company.reporter, company.people["chef"].id, **filed)
        incidents.hear_incident(session, company.actor("chef"), incident.id, statement="没有异议")
        reached, beside = (holding(company.actor(who), "hr") for who in ("supervisor", "driver"))
        assert [counted(session, one, "confirm_incident") for one in (company.hr, reached, beside)] == [1, 0, 1]


def test_who_was_in_the_unit_that_day_does_not_decide_on_what_reaches_it_whole(session: Session):
    company = a_coal_company(session)
    with clock.at(REVIEW_DAY):
        for about in ("planning", "chef"):
            event = {"planning": "planning_failure", "chef": "food_event"}[about]
            filed = {"event": event, "happened_on": DAY, "facts": "现场记录在案"}
            incident = incidents.file_incident(session, company.reporter, company.people[about].id, **filed)
            incidents.hear_incident(session, company.actor(about), incident.id, statement="没有异议")
        # Whoever came the day after, or had gone the day before, is not reached.
        here = ("strategist", "mover", "latecomer", "leaver", "engineer")
        assert [counted(session, holding(company.actor(who), "hr"), "confirm_incident") for who in here] == [1, 1, 2, 2, 2]


def test_the_result_of_a_unit_waits_for_another_person_who_does_not_head_it(session: Session):
    with clock.at(REVIEW_DAY):
        quarter = a_quarter(session)
        unit = factories.a_unit(session, "销售二部")
        head = factories.an_actor(session, "approver", employee=factories.a_unit_head(session, unit))
        said = {"score": D(80), "source_document": "经营会纪要", "entered_by": quarter.hr.account_id, "entered_at": clock.now()}
        entry = UnitResult(cycle_id=quarter.cycle.id, unit_id=unit.id, **said)
        session.add(entry)
        session.flush()
        elsewhere = factories.an_actor(session, "hr", unit=factories.a_unit(session, "采购部"))
        here = factories.an_actor(session, "hr", unit=unit)
        everybody = (quarter.approver, here, quarter.hr, head, elsewhere, quarter.own)
        assert [counted(session, one, "confirm_unit_result") for one in everybody] == [1, 1, 0, 0, 0, 0]
        unit_results.confirm_unit_result(session, quarter.approver, entry.id)
        assert counted(session, here, "confirm_unit_result") == 0


def test_a_calibration_waits_for_hr_who_is_not_part_of_it(session: Session):
    world = a_world(session)
    with clock.at(NOW):
        own = holding(auth.actor_of(session, world.accounts["self"]), "hr")
        hr = auth.actor_of(session, world.accounts["hr"])
        assert [counted(session, one, "hold_calibration") for one in (hr, own)] == [1, 0]
        calibration.close_calibration(session, hr, world.ids["calibration"])
        assert counted(session, hr, "hold_calibration") == 0


# How often the database is asked


def test_the_number_of_queries_does_not_grow_with_what_waits(session: Session):
    with clock.at(REVIEW_DAY):
        chief, unit = factories.an_employee(session, "李主管"), factories.a_unit(session, "销售部")
        post = factories.a_post(session, unit=unit)
        people = [factories.an_employee(session, post=post, supervisor=chief) for _ in range(4)]
        quarter, year = (factories.an_open_cycle(session, period=period) for period in ("2026-Q1", "2026"))
        readers = [acting(session, chief), factories.hr(session), factories.an_actor(session, "data_provider")]
        readers.append(factories.an_actor(session, "hr", unit=unit, employee=factories.an_employee(session, post=post)))
        seen = []
        for wave in (people[:1], people[1:]):
            for person in wave:
                a_load(a_quarter(session, person, cycle=quarter), year)
            seen.append([(many(session, actor), asked(session, partial(reading, session, actor))) for actor in readers])
        for (few, first), (more, second) in zip(*seen, strict=True):
            assert more >= few + 6 > 6 and second == first


def many(session: Session, actor: Actor) -> int:
    return sum(one.count for one in tasks.waiting_for(session, actor))


def reading(session: Session, actor: Actor) -> None:
    session.expire_all()
    tasks.waiting_for(session, actor)


def a_load(quarter: Quarter, year: Cycle) -> None:
    """One of everything that waits about somebody: an amendment, figures, plans, a rater, an incident."""
    session = quarter.session
    changed = (replace(SALES[0], target=D(105)), *SALES[1:])
    amendments.propose_amendment(session, quarter.own, sign(quarter), changed, reason="客户改期")
    for item, figure in (("revenue", "110"), ("new_customers", "10")):
        entered(quarter, item, figure)
    annual = factories.an_appraisal(session, quarter.employee, cycle=year)
    plan = plans.draft_plan(session, quarter.own, annual.id, [plans.GoalDraft("商务英语", "每周两课时", date(2026, 10, 31))])
    plans.propose_plan(session, quarter.own, plan.id)
    if queries.round_of(session, year.id) is None:
        made = rounds.draft_round(session, quarter.hr, year.id, answers_until=UNTIL, questions=QUESTIONS)
        rounds.open_round(session, quarter.hr, made.id)
    draft = RaterDraft("peers", number=factories.an_employee(session, "赵同事").number)
    raters.propose_rater(session, quarter.own, annual.id, draft)
    offered = an_improvement_plan(quarter)
    improvement.offer_improvement_plan(session, quarter.hr, offered.id)
    filed = {"event": "serious_violation", "happened_on": date(2026, 3, 2), "facts": "签收单存疑"}
    incidents.file_incident(session, quarter.supervisor, quarter.employee.id, **filed)
    heard = incidents.file_incident(session, quarter.supervisor, quarter.employee.id, **filed)
    incidents.hear_incident(session, quarter.own, heard.id, statement="单据已补签")
