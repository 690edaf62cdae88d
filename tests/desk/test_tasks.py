"""What waits for whom: one list over all slices."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.agreements import amendments
from appraisal.agreements import service as agreements
from appraisal.agreements.models import Agreement
from appraisal.desk import tasks
from appraisal.measures import service as measures
from appraisal.results import appeals, approving, publishing
from tests.agreements.samples import (
    AFTER_APPEALS,
    FIGURES,
    REVIEW_DAY,
    SALES,
    a_quarter,
    publish,
    record,
    reviewed,
    sign,
)


@pytest.fixture(autouse=True)
def _review_day():
    with clock.at(REVIEW_DAY):
        yield


def kinds(session: Session, actor: Actor) -> list[tuple[str, int]]:
    return [(one.kind, one.count) for one in tasks.waiting_for(session, actor)]


def test_a_self_assessment_waits_for_the_employee_alone(session: Session):
    quarter = a_quarter(session)
    sign(quarter)
    record(quarter, FIGURES)
    measures.complete_data(session, quarter.provider, quarter.appraisal.id)
    assert kinds(session, quarter.own) == [("submit_self_assessment", 1)]
    assert kinds(session, quarter.supervisor) == []


def test_an_agreement_waits_for_each_side_that_has_not_signed_it(session: Session):
    quarter = a_quarter(session)
    draft = agreements.draft_agreement(session, quarter.supervisor, quarter.sheet.id)
    waiting = ("sign_agreement", 1)
    assert waiting not in kinds(session, quarter.own) + kinds(session, quarter.supervisor)  # nothing is in it yet
    agreements.set_items(session, quarter.supervisor, draft.id, SALES)
    assert waiting in kinds(session, quarter.own) and waiting in kinds(session, quarter.supervisor)
    assert waiting not in kinds(session, quarter.hr) + kinds(session, quarter.approver)
    agreements.sign_agreement(session, quarter.own, draft.id, draft.content_hash)
    assert waiting not in kinds(session, quarter.own) and waiting in kinds(session, quarter.supervisor)
    agreements.sign_agreement(session, quarter.supervisor, draft.id, draft.content_hash)
    assert waiting not in kinds(session, quarter.supervisor)


def test_an_amendment_waits_for_signatures_once_it_is_approved(session: Session):
    quarter = a_quarter(session)
    changed = (replace(SALES[0], target=D(105)), *SALES[1:])
    proposed, _ = amendments.propose_amendment(session, quarter.supervisor, sign(quarter), changed, reason="客户改期")
    assert ("sign_agreement", 1) not in kinds(session, quarter.own)
    content = session.get_one(Agreement, proposed.agreement_id).content_hash
    amendments.decide_amendment(session, quarter.hr, proposed.id, approve=True, content_hash=content)
    assert ("sign_agreement", 1) in kinds(session, quarter.own)


def test_a_result_waits_for_approval_until_it_is_given(session: Session):
    quarter = reviewed(session)
    publish(quarter)
    assert ("approve", 1) not in kinds(session, quarter.approver)
    with clock.at(AFTER_APPEALS):
        publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        assert kinds(session, quarter.approver) == [("approve", 1)]
        approving.approve_result(session, quarter.approver, quarter.appraisal.id)
        assert kinds(session, quarter.approver) == []


def test_an_appeal_waits_for_hr(session: Session):
    quarter = reviewed(session)
    publish(quarter)
    assert ("decide_appeal", 1) not in kinds(session, quarter.hr)
    appeals.file_appeal(session, quarter.own, quarter.appraisal.id, grounds="回款数据漏计一笔")
    assert ("decide_appeal", 1) in kinds(session, quarter.hr)


def test_every_task_has_a_name_in_both_languages(session: Session):
    quarter = reviewed(session)
    publish(quarter)
    with clock.at(date(2026, 4, 9)):
        found = tasks.waiting_for(session, quarter.hr)
    assert found and all(one.name.zh and one.name.en for one in found)
