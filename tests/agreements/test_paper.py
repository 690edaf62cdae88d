"""Sides that do not sign on a screen: scans of paper, refusals before witnesses, exceptions by HR."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock, files
from appraisal.actor import Actor
from appraisal.agreements import amendments, paper, queries, service
from appraisal.agreements.models import Agreement
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from tests import factories
from tests.agreements.samples import SALES, Quarter, a_quarter, acting, sign

SIGNED_ON = date(2026, 1, 8)


@pytest.fixture
def quarter(session: Session) -> Quarter:
    return a_quarter(session)


@pytest.fixture
def drafted(quarter: Quarter) -> Agreement:
    agreement = service.draft_agreement(quarter.session, quarter.supervisor, quarter.sheet.id)
    service.set_items(quarter.session, quarter.supervisor, agreement.id, SALES)
    return agreement


def a_scan(session: Session, actor: Actor) -> int:
    kept = files.keep(session, actor, name="责任书.pdf", content=b"%PDF-1.7 signed", media_type="application/pdf")
    assert kept.id is not None
    return kept.id


def enter(quarter: Quarter, drafted: Agreement, by: Actor, role: str = "employee", on: date = SIGNED_ON) -> Agreement:
    scan = a_scan(quarter.session, by)
    seen = {"content_hash": drafted.content_hash, "file_id": scan, "signed_on": on}
    return paper.enter_paper_signature(quarter.session, by, drafted.id, role=role, **seen)


def refuse(quarter: Quarter, drafted: Agreement, witnesses: tuple[int, int], by: Actor | None = None) -> Agreement:
    seen = {"content_hash": drafted.content_hash, "witnesses": witnesses, "reason": "认为目标过高"}
    return paper.record_refusal(quarter.session, by or quarter.hr, drafted.id, role="employee", **seen)


def two_witnesses(quarter: Quarter) -> tuple[int, int]:
    first, second = (factories.an_employee(quarter.session, name) for name in ("见证人甲", "见证人乙"))
    return first.id, second.id


def test_a_scan_that_hr_hands_in_is_a_signature(quarter: Quarter, drafted: Agreement):
    enter(quarter, drafted, quarter.hr)
    service.sign_agreement(quarter.session, quarter.supervisor, drafted.id, drafted.content_hash)
    assert queries.agreed(quarter.session, [quarter.sheet.id])[quarter.sheet.id].is_signed
    entered, _ = queries.signatures_of(quarter.session, drafted.id)
    assert (entered.kind, entered.employee_id, entered.signed_on) == ("paper", quarter.employee.id, SIGNED_ON)
    assert entered.account_id == quarter.hr.account_id


def test_hr_enters_the_supervisors_paper_too(quarter: Quarter, drafted: Agreement):
    enter(quarter, drafted, quarter.hr, "supervisor")
    (entered,) = queries.signatures_of(quarter.session, drafted.id)
    assert (entered.role, entered.employee_id) == ("supervisor", quarter.head.id)


def test_a_clerk_enters_what_the_employee_signed_and_does_not_sign_for_them(quarter: Quarter, drafted: Agreement):
    clerk = factories.an_actor(quarter.session, "employee", employee=factories.an_employee(quarter.session, "文员"))
    entering = replace(clerk, employee_id=quarter.employee.id, on_behalf_of=clerk.account_id)
    with pytest.raises(NotAllowed):
        service.sign_agreement(quarter.session, entering, drafted.id, drafted.content_hash)
    with pytest.raises(NotAllowed):
        enter(quarter, drafted, entering, "supervisor")
    enter(quarter, drafted, entering)
    assert [one.kind for one in queries.signatures_of(quarter.session, drafted.id)] == ["paper"]


def test_neither_side_hands_in_scans_of_the_other(quarter: Quarter, drafted: Agreement):
    for actor in (quarter.own, quarter.supervisor, quarter.approver):
        with pytest.raises(NotAllowed):
            enter(quarter, drafted, actor)
    with pytest.raises(NotFound):
        enter(quarter, drafted, acting(quarter.session, factories.an_employee(quarter.session, "路人")))


def test_a_scan_somebody_else_handed_in_is_refused(quarter: Quarter, drafted: Agreement):
    scan = a_scan(quarter.session, quarter.own)
    seen = {"content_hash": drafted.content_hash, "file_id": scan, "signed_on": SIGNED_ON}
    with pytest.raises(Invalid) as refused:
        paper.enter_paper_signature(quarter.session, quarter.hr, drafted.id, role="employee", **seen)
    assert refused.value.code == "unknown_file"


def test_nothing_was_signed_tomorrow(quarter: Quarter, drafted: Agreement):
    with pytest.raises(Invalid) as refused:
        enter(quarter, drafted, quarter.hr, on=clock.today() + timedelta(days=1))
    assert refused.value.code == "bad_dates"
    enter(quarter, drafted, quarter.hr, on=clock.today())


def test_paper_is_under_the_content_as_it_stands(quarter: Quarter, drafted: Agreement):
    seen = {"content_hash": "sha256:other", "file_id": a_scan(quarter.session, quarter.hr), "signed_on": SIGNED_ON}
    with pytest.raises(Conflict) as refused:
        paper.enter_paper_signature(quarter.session, quarter.hr, drafted.id, role="employee", **seen)
    assert refused.value.code == "content_changed"


def test_a_refusal_before_two_witnesses_stands_for_the_signature(quarter: Quarter, drafted: Agreement):
    refuse(quarter, drafted, two_witnesses(quarter))
    assert drafted.status == "draft"
    service.sign_agreement(quarter.session, quarter.supervisor, drafted.id, drafted.content_hash)
    assert drafted.status == "signed"
    kinds = {one.role: one.kind for one in queries.signatures_of(quarter.session, drafted.id)}
    assert kinds == {"employee": "refused", "supervisor": "own"}


def test_the_witnesses_are_two_and_nobodys_side(quarter: Quarter, drafted: Agreement):
    one, two = two_witnesses(quarter)
    for witnesses in ((one, one), (quarter.employee.id, one), (quarter.head.id, one), (one, 999_999)):
        with pytest.raises(Invalid) as refused:
            refuse(quarter, drafted, witnesses)
        assert refused.value.code == "bad_witnesses"
    refuse(quarter, drafted, (one, two))


def test_hr_is_no_witness_of_what_they_enter_themselves(quarter: Quarter, drafted: Agreement):
    clerk = factories.an_employee(quarter.session, "人事员")
    entering = factories.an_actor(quarter.session, "hr", employee=clerk)
    one, two = two_witnesses(quarter)
    with pytest.raises(Invalid):
        refuse(quarter, drafted, (one, clerk.id), entering)
    refuse(quarter, drafted, (one, two), entering)


def test_an_exception_by_hr_puts_a_draft_in_force_and_names_the_missing_sides(quarter: Quarter, drafted: Agreement):
    service.sign_agreement(quarter.session, quarter.supervisor, drafted.id, drafted.content_hash)
    paper.record_exception(
        quarter.session, quarter.hr, drafted.id, content_hash=drafted.content_hash, reason="本人长期驻外, 暂不能签署"
    )
    assert drafted.status == "signed"
    kinds = {one.role: (one.kind, one.employee_id) for one in queries.signatures_of(quarter.session, drafted.id)}
    assert kinds == {"employee": ("excepted", quarter.employee.id), "supervisor": ("own", quarter.head.id)}


def test_an_exception_serves_somebody_without_supervisor(session: Session):
    head = factories.an_employee(session, "李主管")
    quarter = a_quarter(session, factories.an_employee(session, post=factories.a_post(session), supervisor=head))
    drafted = service.draft_agreement(session, quarter.hr, quarter.sheet.id)
    service.set_items(session, quarter.hr, drafted.id, SALES)
    head.left_on = date(2025, 12, 31)
    session.flush()
    with pytest.raises(Invalid) as refused:
        enter(quarter, drafted, quarter.hr, "supervisor")
    assert refused.value.code == "no_supervisor"
    service.sign_agreement(session, quarter.own, drafted.id, drafted.content_hash)
    paper.record_exception(session, quarter.hr, drafted.id, content_hash=drafted.content_hash, reason="暂无上级")
    assert drafted.status == "signed"


def test_only_hr_makes_exceptions_and_with_a_reason(quarter: Quarter, drafted: Agreement):
    for actor in (quarter.own, quarter.supervisor, quarter.approver):
        with pytest.raises(NotAllowed):
            paper.record_exception(quarter.session, actor, drafted.id, content_hash=drafted.content_hash, reason="急用")
    with pytest.raises(Invalid):
        paper.record_exception(quarter.session, quarter.hr, drafted.id, content_hash=drafted.content_hash, reason=" ")


def test_an_amendment_takes_both_signatures(quarter: Quarter):
    signed = sign(quarter)
    harder = (replace(SALES[0], target=D(110)), *SALES[1:])
    amendment, _ = amendments.propose_amendment(quarter.session, quarter.supervisor, signed, harder, reason="目标上调")
    revision = quarter.session.get_one(Agreement, amendment.agreement_id)
    seen = revision.content_hash
    amendments.decide_amendment(quarter.session, quarter.hr, amendment.id, approve=True, content_hash=seen)
    with pytest.raises(Conflict) as refused:
        refuse(quarter, revision, two_witnesses(quarter))
    assert refused.value.code == "amendment_needs_both"
    with pytest.raises(Conflict):
        paper.record_exception(quarter.session, quarter.hr, revision.id, content_hash=seen, reason="本人不在")
    enter(quarter, revision, quarter.hr)
    service.sign_agreement(quarter.session, quarter.supervisor, revision.id, seen)
    assert queries.agreed(quarter.session, [quarter.sheet.id])[quarter.sheet.id].agreement.id == revision.id
