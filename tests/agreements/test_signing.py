"""Who drafts and signs an agreement, what a signature binds, and that nothing changes afterwards."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal as D
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import audit, db
from appraisal.actor import Actor
from appraisal.agreements import queries, service
from appraisal.agreements.models import Agreement, Signature
from appraisal.audit import AuditRecord
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from tests import factories
from tests.agreements.samples import NEW_CUSTOMERS, PLAN, REVENUE, SALES, Quarter, a_quarter, sign


@pytest.fixture
def quarter(session: Session) -> Quarter:
    return a_quarter(session)


@pytest.fixture
def drafted(quarter: Quarter) -> Agreement:
    agreement = service.draft_agreement(quarter.session, quarter.supervisor, quarter.sheet.id)
    service.set_items(quarter.session, quarter.supervisor, agreement.id, SALES)
    return agreement


def test_with_both_signatures_the_agreement_is_in_force(session: Session, quarter: Quarter, drafted: Agreement):
    service.sign_agreement(session, quarter.supervisor, drafted.id, drafted.content_hash)
    assert not queries.agreed(session, [quarter.sheet.id])[quarter.sheet.id].is_signed
    service.sign_agreement(session, quarter.own, drafted.id, drafted.content_hash)
    assert queries.agreed(session, [quarter.sheet.id])[quarter.sheet.id].is_signed
    assert {s.role: s.content_hash for s in queries.signatures_of(session, drafted.id)} == {
        "employee": drafted.content_hash,
        "supervisor": drafted.content_hash,
    }


def test_items_come_back_as_they_were_agreed(session: Session, quarter: Quarter, drafted: Agreement):
    items = queries.agreed(session, [quarter.sheet.id])[quarter.sheet.id].items
    assert tuple(queries.draft_of(item) for item in items) == SALES


def test_nobody_signs_for_another(session: Session, quarter: Quarter, drafted: Agreement):
    with pytest.raises(NotAllowed):
        service.sign_agreement(session, quarter.hr, drafted.id, drafted.content_hash)
    service.sign_agreement(session, quarter.own, drafted.id, drafted.content_hash)
    with pytest.raises(Conflict) as refused:
        service.sign_agreement(session, quarter.own, drafted.id, drafted.content_hash)
    assert refused.value.code == "already_signed"
    assert drafted.status == "draft"


def test_a_stranger_does_not_learn_that_the_agreement_exists(session: Session, drafted: Agreement):
    stranger = factories.an_actor(session, "employee", employee=factories.an_employee(session, "路人"))
    with pytest.raises(NotFound):
        service.sign_agreement(session, stranger, drafted.id, drafted.content_hash)
    with pytest.raises(NotFound):
        service.draft_agreement(session, stranger, drafted.sheet_id)


def test_what_was_read_is_what_is_signed(session: Session, quarter: Quarter, drafted: Agreement):
    read = drafted.content_hash
    service.set_items(session, quarter.own, drafted.id, (replace(REVENUE, target=D(101)), NEW_CUSTOMERS, PLAN))
    with pytest.raises(Conflict) as refused:
        service.sign_agreement(session, quarter.supervisor, drafted.id, read)
    assert refused.value.code == "content_changed"


def test_a_single_signature_already_stops_changes(session: Session, quarter: Quarter, drafted: Agreement):
    service.sign_agreement(session, quarter.own, drafted.id, drafted.content_hash)
    with pytest.raises(Conflict) as refused:
        service.set_items(session, quarter.supervisor, drafted.id, SALES)
    assert refused.value.code == "agreement_signed"


def test_a_half_signed_draft_gives_way_to_a_new_revision(session: Session, quarter: Quarter, drafted: Agreement):
    service.sign_agreement(session, quarter.own, drafted.id, drafted.content_hash)
    again = service.draft_agreement(session, quarter.supervisor, quarter.sheet.id)
    assert (drafted.status, again.revision, again.status) == ("superseded", 2, "draft")
    assert again.content_hash != drafted.content_hash
    assert [item.item for item in queries.items_of(session, [again.id])[again.id]] == ["revenue", "new_customers", "plan"]
    assert len(session.exec(select(Signature).where(Signature.agreement_id == drafted.id)).all()) == 1


def test_a_signed_agreement_is_neither_changed_nor_drafted_over(session: Session, quarter: Quarter):
    signed = sign(quarter)
    with pytest.raises(Conflict):
        service.set_items(session, quarter.supervisor, signed, SALES)
    with pytest.raises(Conflict) as refused:
        service.draft_agreement(session, quarter.supervisor, quarter.sheet.id)
    assert refused.value.code == "agreement_signed"


def test_an_unsigned_draft_is_not_drafted_twice(session: Session, quarter: Quarter, drafted: Agreement):
    with pytest.raises(Conflict) as refused:
        service.draft_agreement(session, quarter.own, quarter.sheet.id)
    assert refused.value.code == "already_exists"


def test_an_agreement_without_items_is_not_signed(session: Session, quarter: Quarter):
    agreement = service.draft_agreement(session, quarter.hr, quarter.sheet.id)
    with pytest.raises(Invalid) as refused:
        service.sign_agreement(session, quarter.own, agreement.id, agreement.content_hash)
    assert refused.value.code == "no_items"


def test_the_second_editor_of_one_version_is_refused(session: Session, quarter: Quarter, drafted: Agreement):
    seen = drafted.version
    service.set_items(session, quarter.own, drafted.id, (replace(REVENUE, target=D(90)), NEW_CUSTOMERS, PLAN), version=seen)
    with pytest.raises(Conflict) as refused:
        service.set_items(session, quarter.supervisor, drafted.id, SALES, version=seen)
    assert refused.value.code == "stale_version"


def test_nobody_is_the_assessor_of_their_own_goal(session: Session, quarter: Quarter, drafted: Agreement):
    with pytest.raises(Invalid) as refused:
        drafts = (REVENUE, NEW_CUSTOMERS, replace(PLAN, assessor_id=quarter.employee.id))
        service.set_items(session, quarter.supervisor, drafted.id, drafts)
    assert refused.value.code == "own_assessor"


@pytest.mark.parametrize("target", ["1E+15", "0.00001", "NaN"])
def test_a_figure_no_column_can_hold_is_refused_with_its_place(
    session: Session, quarter: Quarter, drafted: Agreement, target: str
):
    with pytest.raises(Invalid) as refused:
        service.set_items(session, quarter.supervisor, drafted.id, (replace(REVENUE, target=D(target)), NEW_CUSTOMERS, PLAN))
    assert [fault.path for fault in refused.value.faults] == ["items[0].target"]


def test_every_step_is_on_record(session: Session, quarter: Quarter):
    signed = sign(quarter)
    audit.flush(session)
    kept = select(AuditRecord).where(AuditRecord.object_kind == "agreement", AuditRecord.object_id == str(signed))
    acts = [record.action for record in session.exec(kept.order_by(AuditRecord.seq))]
    assert acts == ["agreement.draft", "agreement.set_items", "agreement.sign", "agreement.sign"]


def test_two_who_sign_at_once_do_not_miss_each_other(engine: Engine):
    with db.transaction(engine, write=True) as session:
        quarter = a_quarter(session)
        agreement = service.draft_agreement(session, quarter.supervisor, quarter.sheet.id)
        service.set_items(session, quarter.supervisor, agreement.id, SALES)
    both_ready = Barrier(2)

    def sign_as(actor: Actor) -> None:
        both_ready.wait()
        with db.transaction(engine, write=True) as session:
            service.sign_agreement(session, actor, agreement.id, agreement.content_hash)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(sign_as, (quarter.own, quarter.supervisor)))
    with db.transaction(engine, write=False) as session:
        assert session.get_one(Agreement, agreement.id).status == "signed"


def test_items_are_not_changed_under_a_signature_that_is_being_made(engine: Engine):
    """The editor has seen no signature yet; the signer has not committed. Whoever comes second must see the first."""
    with db.transaction(engine, write=True) as session:
        quarter = a_quarter(session)
        agreement = service.draft_agreement(session, quarter.supervisor, quarter.sheet.id)
        service.set_items(session, quarter.supervisor, agreement.id, SALES)
    outcomes: list[str] = []
    easier = (replace(REVENUE, target=D(1)), NEW_CUSTOMERS, PLAN)

    def edit() -> None:
        try:
            with db.transaction(engine, write=True) as session:
                service.set_items(session, quarter.supervisor, agreement.id, easier)
            outcomes.append("changed")
        except Conflict as refused:
            outcomes.append(refused.code)

    with db.transaction(engine, write=True) as session:
        service.sign_agreement(session, quarter.own, agreement.id, agreement.content_hash)
        editor = Thread(target=edit)
        editor.start()
        editor.join(timeout=1)
    editor.join(timeout=60)
    assert outcomes == ["agreement_signed"]
