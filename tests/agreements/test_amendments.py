"""What is in force changes only by an amendment, and until both have signed it nothing changes at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import audit, db
from appraisal.actor import Actor
from appraisal.agreements import amendments, queries, service
from appraisal.agreements.content import Terms
from appraisal.agreements.models import Agreement, Amendment
from appraisal.audit import AuditRecord
from appraisal.cycles import queries as cycles
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.measures import service as measures
from appraisal.notify import Notification
from appraisal.people.models import Employee, UnitHead
from appraisal.results import service as results
from appraisal.results.gathering import gather_sheets
from appraisal.results.queries import is_stale
from appraisal.reviews import service as reviews
from appraisal.reviews.queries import GoalRating, goals_to_rate
from tests import factories
from tests.agreements.samples import NEW_CUSTOMERS, PLAN, REVENUE, Quarter, a_quarter, acting, record, review, sign

HARDER = (replace(REVENUE, target=D(110), challenge=D(130)), NEW_CUSTOMERS, PLAN)
REASON = "新增华东区业务"


@pytest.fixture
def superior(session: Session) -> Actor:
    return factories.an_actor(session, "employee", employee=factories.an_employee(session, "王总"))


@pytest.fixture
def quarter(session: Session, superior: Actor) -> Quarter:
    return a_quarter_below(session, superior)


def a_quarter_below(session: Session, superior: Actor) -> Quarter:
    top = session.get_one(Employee, superior.employee_id)
    head = factories.an_employee(session, "李主管", supervisor=top)
    return a_quarter(session, factories.an_employee(session, post=factories.a_post(session), supervisor=head))


@pytest.fixture
def signed(quarter: Quarter) -> int:
    return sign(quarter)


@pytest.fixture
def proposed(quarter: Quarter, signed: int) -> Amendment:
    return propose(quarter, signed)


def propose(quarter: Quarter, signed: int, by: Actor | None = None) -> Amendment:
    found, _ = amendments.propose_amendment(quarter.session, by or quarter.supervisor, signed, HARDER, reason=REASON)
    return found


def decide(quarter: Quarter, by: Actor, amendment: Amendment, approve: bool = True, reason: str | None = None) -> Amendment:
    seen = revision(quarter, amendment).content_hash
    found = amendments.decide_amendment
    return found(quarter.session, by, amendment.id, approve=approve, content_hash=seen, reason=reason)


def revision(quarter: Quarter, amendment: Amendment) -> Agreement:
    return quarter.session.get_one(Agreement, amendment.agreement_id)


def sign_as(quarter: Quarter, actor: Actor, amendment: Amendment) -> Agreement:
    drafted = revision(quarter, amendment)
    return service.sign_agreement(quarter.session, actor, drafted.id, drafted.content_hash)


def target_in_force(quarter: Quarter) -> D | None:
    found = queries.agreed(quarter.session, [quarter.sheet.id])[quarter.sheet.id]
    assert found.is_signed
    return found.items[0].target


def test_what_is_in_force_stays_so_until_both_have_signed_the_amendment(quarter: Quarter, superior: Actor, signed: int):
    amendment = propose(quarter, signed)
    assert target_in_force(quarter) == D(100)
    decide(quarter, superior, amendment)
    assert target_in_force(quarter) == D(100)
    sign_as(quarter, quarter.own, amendment)
    assert target_in_force(quarter) == D(100)
    sign_as(quarter, quarter.supervisor, amendment)
    assert target_in_force(quarter) == D(110)
    assert amendment.status == "in_force"


def test_the_old_revision_is_kept_as_it_was(quarter: Quarter, superior: Actor, signed: int):
    before = queries.agreed(quarter.session, [quarter.sheet.id])[quarter.sheet.id]
    content_hash = before.agreement.content_hash
    amendment = propose(quarter, signed)
    decide(quarter, superior, amendment)
    sign_as(quarter, quarter.own, amendment)
    sign_as(quarter, quarter.supervisor, amendment)
    old = quarter.session.get_one(Agreement, signed)
    assert (old.status, old.revision, old.content_hash) == ("superseded", 1, content_hash)
    assert queries.drafts_of(quarter.session, signed)[0].target == D(100)
    assert {s.content_hash for s in queries.signatures_of(quarter.session, signed)} == {content_hash}
    assert [one.revision for one in queries.revisions_of(quarter.session, quarter.sheet.id)] == [1, 2]


def test_the_score_reads_what_is_in_force(quarter: Quarter, superior: Actor, signed: int):
    policy = cycles.policy_of(quarter.session, quarter.cycle)

    def target() -> D | None:
        (sheet,) = gather_sheets(quarter.session, quarter.appraisal, quarter.cycle, policy)
        return sheet.case.items[0].target

    amendment = propose(quarter, signed)
    decide(quarter, superior, amendment)
    sign_as(quarter, quarter.own, amendment)
    assert target() == D(100)
    sign_as(quarter, quarter.supervisor, amendment)
    assert target() == D(110)


def test_figures_are_entered_for_what_is_in_force(quarter: Quarter, superior: Actor, signed: int):
    more = (replace(REVENUE, id="gross_profit"), NEW_CUSTOMERS, PLAN)
    amendment, _ = amendments.propose_amendment(quarter.session, quarter.supervisor, signed, more, reason=REASON)

    def enter() -> None:
        measures.record_actual(
            quarter.session, quarter.provider, quarter.sheet.id, "gross_profit", actual=D(5), source_document="财务报表"
        )

    with pytest.raises(Invalid) as refused:
        enter()
    assert refused.value.code == "not_agreed"
    decide(quarter, superior, amendment)
    sign_as(quarter, quarter.own, amendment)
    sign_as(quarter, quarter.supervisor, amendment)
    enter()


def test_a_result_shows_itself_older_than_the_amendment_that_took_effect_since(quarter: Quarter, superior: Actor, signed: int):
    session = quarter.session
    record(quarter, {"revenue": "110", "new_customers": "10"})
    review(quarter, (quarter.sheet, "plan", "85"))
    result = results.compute_result(session, quarter.hr, quarter.appraisal.id)
    quarter.appraisal.step = "self_assessment"
    amendment = propose(quarter, signed)
    decide(quarter, superior, amendment)
    sign_as(quarter, quarter.own, amendment)
    assert not is_stale(session, quarter.appraisal, result)
    sign_as(quarter, quarter.supervisor, amendment)
    assert is_stale(session, quarter.appraisal, result)


def test_an_assessor_has_the_goals_in_force_to_rate_and_no_proposed_ones(quarter: Quarter, superior: Actor, signed: int):
    session, assessor = quarter.session, factories.an_employee(quarter.session, "评定人")
    goals = (*HARDER[:2], replace(PLAN, assessor_id=assessor.id))

    def to_rate() -> list[str]:
        return [item.item for _, item, _ in goals_to_rate(session, assessor.id)]

    quarter.appraisal.step = "data_collection"
    amendment, _ = amendments.propose_amendment(session, quarter.supervisor, signed, goals, reason=REASON)
    decide(quarter, superior, amendment)
    quarter.appraisal.step = "supervisor_review"
    assert to_rate() == []
    quarter.appraisal.step = "data_collection"
    sign_as(quarter, quarter.own, amendment)
    sign_as(quarter, quarter.supervisor, amendment)
    quarter.appraisal.step = "supervisor_review"
    assert to_rate() == ["plan"]


def the_unit_head(quarter: Quarter) -> Actor:
    head = factories.an_employee(quarter.session, "赵部长")
    heads = UnitHead(unit_id=quarter.sheet.unit_id, employee_id=head.id, from_on=date(2025, 1, 1))
    quarter.session.add(heads)
    quarter.session.flush()
    return acting(quarter.session, head)


@pytest.mark.parametrize("who", [lambda q, s: q.hr, lambda q, s: s, lambda q, s: the_unit_head(q)])
def test_hr_the_superior_or_the_units_head_decide(
    quarter: Quarter, superior: Actor, proposed: Amendment, who: Callable[[Quarter, Actor], Actor]
):
    assert decide(quarter, who(quarter, superior), proposed).status == "approved"


@pytest.mark.parametrize("proposer", ["own", "supervisor"])
@pytest.mark.parametrize("who", ["own", "supervisor", "approver", "provider"])
def test_neither_side_nor_any_other_role_decides(quarter: Quarter, signed: int, proposer: str, who: str):
    amendment = propose(quarter, signed, getattr(quarter, proposer))
    with pytest.raises(NotAllowed):
        decide(quarter, getattr(quarter, who), amendment)
    assert amendment.status == "proposed"


def test_a_supervisor_who_is_hr_or_heads_the_unit_does_not_decide_either(session: Session, superior: Actor):
    chief = factories.an_employee(session, "李主管")
    factories.an_actor(session, "employee", "hr", employee=chief)
    quarter = a_quarter(session, factories.an_employee(session, post=factories.a_post(session), supervisor=chief))
    session.add(UnitHead(unit_id=quarter.sheet.unit_id, employee_id=chief.id, from_on=date(2025, 1, 1)))
    session.flush()
    amendment = propose(quarter, sign(quarter), quarter.own)
    with pytest.raises(NotAllowed):
        decide(quarter, quarter.supervisor, amendment)


def test_a_stranger_and_payroll_do_not_learn_of_it(quarter: Quarter, proposed: Amendment):
    stranger = acting(quarter.session, factories.an_employee(quarter.session, "路人"))
    for actor in (stranger, quarter.payroll):
        with pytest.raises(NotFound):
            decide(quarter, actor, proposed)


def test_only_a_side_proposes(quarter: Quarter, superior: Actor, signed: int):
    for actor in (quarter.hr, superior, quarter.approver):
        with pytest.raises(NotAllowed):
            propose(quarter, signed, actor)


def test_a_refusal_needs_a_reason_and_leaves_the_agreement_as_it_is(quarter: Quarter, superior: Actor, proposed: Amendment):
    with pytest.raises(Invalid):
        decide(quarter, superior, proposed, approve=False)
    decide(quarter, superior, proposed, approve=False, reason="年度目标一年一定")
    assert (proposed.status, revision(quarter, proposed).status) == ("refused", "dropped")
    assert target_in_force(quarter) == D(100)
    with pytest.raises(Conflict) as refused:
        sign_as(quarter, quarter.own, proposed)
    assert refused.value.code == "agreement_signed"


def test_after_a_refusal_another_amendment_may_be_proposed(quarter: Quarter, superior: Actor, signed: int, proposed: Amendment):
    with pytest.raises(Conflict) as refused:
        propose(quarter, signed, quarter.own)
    assert refused.value.code == "amendment_open"
    decide(quarter, superior, proposed, approve=False, reason="依据不足")
    again = propose(quarter, signed, quarter.own)
    assert revision(quarter, again).revision == 3


def test_a_decision_is_made_once(quarter: Quarter, superior: Actor, proposed: Amendment):
    decide(quarter, superior, proposed)
    with pytest.raises(Conflict) as refused:
        decide(quarter, quarter.hr, proposed, approve=False, reason="不同意")
    assert refused.value.code == "already_decided"


def test_nobody_signs_before_the_approval(quarter: Quarter, proposed: Amendment):
    with pytest.raises(Conflict) as refused:
        sign_as(quarter, quarter.own, proposed)
    assert refused.value.code == "not_approved"


def test_what_was_read_is_what_is_approved(quarter: Quarter, superior: Actor, proposed: Amendment):
    drafted = revision(quarter, proposed)
    seen = drafted.content_hash
    service.set_items(quarter.session, quarter.supervisor, drafted.id, (replace(HARDER[0], target=D(105)), *HARDER[1:]))
    with pytest.raises(Conflict) as refused:
        amendments.decide_amendment(quarter.session, superior, proposed.id, approve=True, content_hash=seen)
    assert refused.value.code == "content_changed"


def test_what_was_approved_is_what_is_signed(quarter: Quarter, superior: Actor, proposed: Amendment):
    decide(quarter, superior, proposed)
    with pytest.raises(Conflict) as refused:
        service.set_items(quarter.session, quarter.supervisor, proposed.agreement_id, HARDER)
    assert refused.value.code == "already_decided"


def test_only_the_proposer_changes_what_is_proposed(quarter: Quarter, proposed: Amendment):
    for actor in (quarter.own, quarter.hr):
        with pytest.raises(NotAllowed):
            service.set_items(quarter.session, actor, proposed.agreement_id, HARDER)


def test_it_is_withdrawn_by_its_proposer_or_hr_even_after_the_approval(quarter: Quarter, superior: Actor, proposed: Amendment):
    decide(quarter, superior, proposed)
    sign_as(quarter, quarter.own, proposed)
    with pytest.raises(NotAllowed):
        service.withdraw_draft(quarter.session, quarter.own, proposed.agreement_id, "改变主意")
    service.withdraw_draft(quarter.session, quarter.supervisor, proposed.agreement_id, "改变主意")
    assert (proposed.status, target_in_force(quarter)) == ("withdrawn", D(100))


def test_what_says_the_same_is_no_amendment(quarter: Quarter, signed: int):
    drafts = queries.drafts_of(quarter.session, signed)
    with pytest.raises(Invalid) as refused:
        amendments.propose_amendment(quarter.session, quarter.own, signed, drafts, reason=REASON)
    assert refused.value.code == "nothing_changed"
    terms = Terms(ending="经双方书面同意可以变更")
    amendments.propose_amendment(quarter.session, quarter.own, signed, drafts, reason=REASON, terms=terms)


def test_an_unsound_amendment_is_refused(quarter: Quarter, signed: int):
    with pytest.raises(Invalid) as refused:
        amendments.propose_amendment(quarter.session, quarter.own, signed, HARDER[:2], reason=REASON)
    assert refused.value.code == "agreement_errors"


def test_a_draft_is_no_matter_for_an_amendment(quarter: Quarter):
    drafted = service.draft_agreement(quarter.session, quarter.own, quarter.sheet.id)
    service.set_items(quarter.session, quarter.own, drafted.id, HARDER)
    with pytest.raises(Conflict) as refused:
        propose(quarter, drafted.id)
    assert refused.value.code == "not_in_force"


def test_once_the_person_has_assessed_themselves_nothing_is_amended(quarter: Quarter, superior: Actor, signed: int):
    amendment = propose(quarter, signed)
    record(quarter, {"revenue": "110", "new_customers": "10"})
    measures.complete_data(quarter.session, quarter.provider, quarter.appraisal.id)
    decide(quarter, superior, amendment)
    sign_as(quarter, quarter.own, amendment)
    own_rating = [GoalRating(quarter.sheet.id, "plan", D(80))]
    reviews.submit_self_assessment(
        quarter.session, quarter.own, quarter.appraisal.id, statement="完成了主要目标。", ratings=own_rating
    )
    with pytest.raises(Conflict) as refused:
        sign_as(quarter, quarter.supervisor, amendment)
    assert refused.value.code == "wrong_step"
    service.withdraw_draft(quarter.session, quarter.supervisor, amendment.agreement_id, "已过自评")
    with pytest.raises(Conflict) as refused:
        propose(quarter, signed)
    assert refused.value.code == "wrong_step"


def test_who_has_to_act_is_told(quarter: Quarter, superior: Actor, proposed: Amendment):
    decide(quarter, quarter.hr, proposed)
    told = select(Notification.employee_id, Notification.kind).where(Notification.about_id == proposed.agreement_id)
    assert set(quarter.session.exec(told)) == {
        (superior.employee_id, "amendment_proposed"),
        (quarter.employee.id, "amendment_approved"),
        (quarter.head.id, "amendment_approved"),
    }


def test_every_step_of_an_amendment_is_on_record(quarter: Quarter, superior: Actor, signed: int):
    amendment = propose(quarter, signed)
    decide(quarter, superior, amendment, reason="同意")
    sign_as(quarter, quarter.own, amendment)
    sign_as(quarter, quarter.supervisor, amendment)
    audit.flush(quarter.session)
    kept = select(AuditRecord.action, AuditRecord.object_id).where(AuditRecord.object_kind.startswith("agreement"))
    acts = quarter.session.exec(kept.order_by(AuditRecord.seq)).all()[-8:]
    new, old, changed = str(amendment.agreement_id), str(signed), str(amendment.id)
    assert acts == [
        ("agreement.sign", old),
        ("agreement.draft", new),
        ("agreement_amendment.propose", changed),
        ("agreement_amendment.approve", changed),
        ("agreement.sign", new),
        ("agreement.supersede", old),
        ("agreement_amendment.take_effect", changed),
        ("agreement.sign", new),
    ]


def test_of_two_amendments_proposed_at_once_one_is_refused(engine: Engine):
    with db.transaction(engine, write=True) as session:
        quarter = a_quarter(session)
        signed = sign(quarter)
    both_ready = Barrier(2)

    def attempt(actor: Actor) -> str:
        both_ready.wait()
        try:
            with db.transaction(engine, write=True) as session:
                amendments.propose_amendment(session, actor, signed, HARDER, reason=REASON)
        except Conflict as refused:
            return refused.code
        return "proposed"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(attempt, (quarter.own, quarter.supervisor))) == ["amendment_open", "proposed"]
