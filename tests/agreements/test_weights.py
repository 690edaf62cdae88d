"""Weights that leave the printed ones: who asks, who decides, and that nobody signs before (D-09, R-003-17)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session, select

from appraisal import audit, clock, notify
from appraisal.agreements import amendments, approvals, lists, queries, service
from appraisal.agreements.models import Agreement, WeightApproval
from appraisal.audit import AuditRecord
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.desk import tasks
from appraisal.errors import AppraisalError, Conflict, Invalid, NotAllowed
from appraisal.measures import service as measures
from appraisal.people.models import AccountRole
from tests import factories
from tests.agreements.coal import EIGHT, KPI, PROMOTION, a_coal_quarter, drafts, rows_of
from tests.agreements.samples import Quarter, acting

FIVE = [row for row in rows_of("planning") if row not in ("planning-expense_control", "planning-subsidiary_assets")]
PLANNING = {row: "13" if place < 4 else "12" for place, row in enumerate(FIVE)}
"""Eight of the ten rows of table 1: 100 allotted anew, four of 13 and four of 12."""


@pytest.fixture
def quarter(session: Session) -> Quarter:
    return a_coal_quarter(session, "planning")


def drafted(quarter: Quarter, weights: dict[str, str]) -> Agreement:
    agreement = service.draft_agreement(quarter.session, quarter.supervisor, quarter.sheet.id)
    service.set_items(quarter.session, quarter.supervisor, agreement.id, drafts(weights))
    return agreement


def ask(quarter: Quarter, agreement: Agreement) -> WeightApproval:
    reason = "两项今年不考核, 权重重新分配"
    return approvals.ask_approval(quarter.session, quarter.supervisor, agreement.id, agreement.content_hash, reason)


def decide(quarter: Quarter, asked: WeightApproval, *, approve: bool = True) -> WeightApproval:
    said = {"approve": approve, "content_hash": asked.content_hash, "reason": None if approve else "仍按印的权重"}
    return approvals.decide_approval(quarter.session, quarter.approver, asked.id, **said)


def sign(quarter: Quarter, agreement: Agreement) -> None:
    service.sign_agreement(quarter.session, quarter.own, agreement.id, agreement.content_hash)
    service.sign_agreement(quarter.session, quarter.supervisor, agreement.id, agreement.content_hash)


def refusal(quarter: Quarter, agreement: Agreement) -> str:
    with pytest.raises(AppraisalError) as refused:
        sign(quarter, agreement)
    return refused.value.code


def test_eight_of_the_marketing_centre_are_signed_without_any_approval(session: Session) -> None:
    quarter = a_coal_quarter(session, "marketing_centre")
    agreement = drafted(quarter, EIGHT)
    sign(quarter, agreement)
    assert agreement.status == "signed"
    items = queries.agreed(session, [quarter.sheet.id])[quarter.sheet.id].items
    assert [(item.item, item.weight) for item in items][-2:] == [(KPI[-1], D(12)), (PROMOTION, D(10))]


def test_table_20_is_signed_with_50_and_50_over_four_rows_each(session: Session) -> None:
    quarter = a_coal_quarter(session, "general_office")
    rows = rows_of("general_office")
    even = dict(zip([*rows[:4], *rows[5:9]], ["13", "13", "12", "12"] * 2, strict=True))
    agreement = drafted(quarter, even)
    sign(quarter, agreement)
    assert agreement.status == "signed"


def test_a_draft_that_misses_a_printed_total_is_not_even_kept(session: Session) -> None:
    quarter = a_coal_quarter(session, "marketing_centre")
    agreement = service.draft_agreement(session, quarter.own, quarter.sheet.id)
    with pytest.raises(Invalid) as refused:
        service.set_items(session, quarter.own, agreement.id, drafts(EIGHT | {PROMOTION: "9"}))
    assert refused.value.code == "agreement_errors" and "最接近的可行选择" in refused.value.message.zh


def test_table_1_allotted_anew_is_signed_once_an_approver_has_approved_it(quarter: Quarter) -> None:
    agreement = drafted(quarter, PLANNING)
    assert refusal(quarter, agreement) == "weights_not_approved"
    asked = ask(quarter, agreement)
    assert refusal(quarter, agreement) == "weights_not_approved"
    assert decide(quarter, asked).status == "approved"
    sign(quarter, agreement)
    assert agreement.status == "signed"


def test_what_was_turned_down_is_not_signed_and_is_asked_for_again_only_in_other_words(quarter: Quarter) -> None:
    agreement = drafted(quarter, PLANNING)
    decide(quarter, ask(quarter, agreement), approve=False)
    assert refusal(quarter, agreement) == "weights_not_approved"
    with pytest.raises(Conflict) as refused:
        ask(quarter, agreement)
    assert refused.value.code == "already_decided"


def test_a_draft_changed_after_approval_needs_another_one(session: Session, quarter: Quarter) -> None:
    agreement = drafted(quarter, PLANNING)
    first = ask(quarter, agreement)
    decide(quarter, first)
    approved = agreement.content_hash
    harder = tuple(replace(one, target=D(101)) if one.target == D(100) else one for one in drafts(PLANNING))
    service.set_items(session, quarter.supervisor, agreement.id, harder)
    assert agreement.content_hash != approved and refusal(quarter, agreement) == "weights_not_approved"
    service.set_items(session, quarter.supervisor, agreement.id, drafts(PLANNING))
    assert agreement.content_hash == approved
    sign(quarter, agreement)


def test_what_was_asked_before_a_change_is_not_decided_any_more(session: Session, quarter: Quarter) -> None:
    agreement = drafted(quarter, PLANNING)
    asked = ask(quarter, agreement)
    moved = PLANNING | {FIVE[0]: "14", FIVE[1]: "12"}
    service.set_items(session, quarter.supervisor, agreement.id, drafts(moved))
    assert asked.status == "overtaken"
    with pytest.raises(Conflict) as refused:
        decide(quarter, asked)
    assert refused.value.code == "already_decided"
    assert decide(quarter, ask(quarter, agreement)).status == "approved"


def test_printed_weights_need_nobodys_approval(session: Session) -> None:
    quarter = a_coal_quarter(session, "marketing_centre")
    agreement = drafted(quarter, EIGHT)
    with pytest.raises(Conflict) as refused:
        ask(quarter, agreement)
    assert refused.value.code == "nothing_to_approve"


def test_nobody_approves_what_they_sign_or_asked_for(session: Session, quarter: Quarter) -> None:
    agreement = drafted(quarter, PLANNING)
    asked = ask(quarter, agreement)
    session.add(AccountRole(account_id=quarter.supervisor.account_id, role="approver"))
    session.flush()
    both = acting(session, quarter.head)
    for actor in (both, quarter.own, quarter.supervisor, quarter.hr):
        with pytest.raises(NotAllowed):
            approvals.decide_approval(session, actor, asked.id, approve=True, content_hash=asked.content_hash)


def test_who_asked_does_not_decide(session: Session, quarter: Quarter) -> None:
    asker = factories.an_actor(session, "approver", "hr", employee=factories.an_employee(session, "自批"))
    agreement = drafted(quarter, PLANNING)
    mine = approvals.ask_approval(session, asker, agreement.id, agreement.content_hash, "重新分配")
    with pytest.raises(NotAllowed):
        approvals.decide_approval(session, asker, mine.id, approve=True, content_hash=mine.content_hash)
    assert lists.to_approve(session, asker, [quarter.cycle]) == {}
    assert decide(quarter, mine).status == "approved"


def test_approver_and_sides_are_told_and_every_act_is_on_record(session: Session, quarter: Quarter) -> None:
    agreement = drafted(quarter, PLANNING)
    asked = ask(quarter, agreement)
    told = session.exec(select(notify.Notification).where(notify.Notification.kind == "weights_asked")).all()
    assert quarter.approver.employee_id in {one.employee_id for one in told}
    decide(quarter, asked)
    told = session.exec(select(notify.Notification).where(notify.Notification.kind == "weights_approved")).all()
    assert {one.employee_id for one in told} == {quarter.employee.id, quarter.head.id}
    audit.flush(session)
    kept = select(AuditRecord).where(AuditRecord.object_kind == "agreement_weight_approval")
    assert [one.action for one in session.exec(kept.order_by(AuditRecord.seq))] == [
        "agreement_weights.ask",
        "agreement_weights.approve",
    ]


def test_it_is_a_task_of_the_approver_until_it_is_decided(session: Session, quarter: Quarter) -> None:
    asked = ask(quarter, drafted(quarter, PLANNING))

    def waiting(actor: object) -> list[int]:
        return [one.count for one in tasks.waiting_for(session, actor) if one.kind == "approve_weights"]

    assert waiting(quarter.approver) == [1]
    assert waiting(acting(session, quarter.head)) == waiting(quarter.hr) == []
    decide(quarter, asked)
    assert waiting(quarter.approver) == []
    assert lists.to_approve(session, quarter.approver, [quarter.cycle]) == {}


def test_an_amendment_that_leaves_the_weights_alone_needs_no_second_approval(session: Session, quarter: Quarter) -> None:
    agreement = drafted(quarter, PLANNING)
    decide(quarter, ask(quarter, agreement))
    sign(quarter, agreement)
    harder = tuple(replace(one, target=D(101)) if one.target == D(100) else one for one in drafts(PLANNING))
    moved = drafts(PLANNING | {FIVE[0]: "14", FIVE[1]: "12"})
    policy = cycles.policy_of(session, quarter.cycle)
    post = policy.posts["planning"].post
    for changed, state in ((harder, "not_needed"), (moved, "needed")):
        with clock.at(date(2026, 2, 1)):
            amendment, _ = amendments.propose_amendment(session, quarter.own, agreement.id, changed, reason="市场变化")
            revision = session.get_one(Agreement, amendment.agreement_id)
            assert approvals.standing(session, policy, post, revision, changed).state == state
            service.withdraw_draft(session, quarter.own, revision.id, "重拟")


def test_hr_spares_an_agreement_its_signatures_but_not_the_approval_of_its_weights(session: Session, quarter: Quarter) -> None:
    agreement = drafted(quarter, PLANNING)
    cycle_service.record_exception(session, quarter.hr, quarter.appraisal.id, reason="长期出差")
    with pytest.raises(Conflict) as refused:
        measures.complete_data(session, quarter.provider, quarter.appraisal.id)
    assert refused.value.code == "weights_not_approved"
    decide(quarter, ask(quarter, agreement))
    with pytest.raises(Invalid) as lacking:
        measures.complete_data(session, quarter.provider, quarter.appraisal.id)
    assert lacking.value.code == "figures_missing"
