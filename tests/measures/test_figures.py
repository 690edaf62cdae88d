"""Figures: entered by one, confirmed by another, corrected by a later entry, complete before the appraisal moves on."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from sqlmodel import Session, select

from appraisal import audit
from appraisal.agreements.checks import ItemDraft
from appraisal.audit import AuditRecord
from appraisal.cycles import queries as cycles
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.measures import queries, service
from appraisal.measures.models import Measure
from tests import factories
from tests.agreements.samples import FIGURES, NEW_CUSTOMERS, PLAN, REVENUE, Quarter, a_quarter, record, sign

COLLECTED = ItemDraft("collection_rate", "kpi", D(20), target=D(95), challenge=D(100))
WITH_FORMULA = (replace(REVENUE, weight=D(40)), COLLECTED, NEW_CUSTOMERS, PLAN)


@pytest.fixture
def quarter(session: Session) -> Quarter:
    quarter = a_quarter(session)
    sign(quarter, WITH_FORMULA)
    return quarter


def enter(quarter: Quarter, item: str = "revenue", actual: str = "110", **other: object) -> Measure:
    return service.record_actual(
        quarter.session, quarter.provider, quarter.sheet.id, item, actual=D(actual), source_document="利润表", **other
    )


def collect(quarter: Quarter, received: str, due: str) -> Measure:
    return service.record_actual(
        quarter.session,
        quarter.provider,
        quarter.sheet.id,
        "collection_rate",
        inputs={"实际回款金额": D(received), "应收账款总额": D(due)},
        source_document="回款明细",
    )


def counted(quarter: Quarter, item: str = "revenue") -> D | None:
    measure = queries.confirmed(quarter.session, [quarter.sheet.id]).get((quarter.sheet.id, item, quarter.cycle.period))
    policy = cycles.policy_of(quarter.session, quarter.cycle)
    return None if measure is None else queries.actual_by(policy, item, queries.figure_of(measure))


def test_a_figure_counts_once_another_person_has_confirmed_it(session: Session, quarter: Quarter):
    measure = enter(quarter)
    assert counted(quarter) is None
    with pytest.raises(NotAllowed) as refused:
        service.confirm_actual(session, quarter.provider, measure.id)
    assert refused.value.code == "same_person"
    service.confirm_actual(session, quarter.checker, measure.id)
    assert counted(quarter) == D(110)


def test_an_item_without_entry_is_missing_and_an_entered_zero_is_zero(session: Session, quarter: Quarter):
    assert counted(quarter) is None
    service.confirm_actual(session, quarter.checker, enter(quarter, actual="0").id)
    assert counted(quarter) == D(0)


def test_a_correction_is_a_later_entry_and_counts_once_confirmed(session: Session, quarter: Quarter):
    first = enter(quarter)
    service.confirm_actual(session, quarter.checker, first.id)
    second = service.correct_actual(
        session, quarter.provider, first.id, actual=D(105), source_document="利润表(更正)", reason="重复计入一单"
    )
    assert counted(quarter) == D(110)
    service.confirm_actual(session, quarter.checker, second.id)
    assert counted(quarter) == D(105)
    kept = [(entry.actual, entry.corrects_id) for entry in queries.entries_of(session, quarter.sheet.id, "revenue")]
    assert kept == [(D(110), None), (D(105), first.id)]


def test_only_the_latest_entry_is_corrected_or_confirmed(session: Session, quarter: Quarter):
    first = enter(quarter)
    service.correct_actual(session, quarter.provider, first.id, actual=D(105), source_document="利润表", reason="笔误")
    with pytest.raises(Conflict) as refused:
        service.correct_actual(session, quarter.provider, first.id, actual=D(1), source_document="利润表", reason="笔误")
    assert refused.value.code == "already_corrected"
    with pytest.raises(Conflict):
        service.confirm_actual(session, quarter.checker, first.id)


def test_a_second_first_entry_is_refused(quarter: Quarter):
    enter(quarter)
    with pytest.raises(Conflict) as refused:
        enter(quarter, actual="111")
    assert refused.value.code == "already_recorded"


def test_a_correction_says_why(session: Session, quarter: Quarter):
    with pytest.raises(Invalid):
        service.correct_actual(session, quarter.provider, enter(quarter).id, actual=D(1), source_document="表", reason=" ")


def test_a_computed_figure_comes_from_its_inputs_which_are_kept(session: Session, quarter: Quarter):
    measure = collect(quarter, "91", "96")
    service.confirm_actual(session, quarter.checker, measure.id)
    assert counted(quarter, "collection_rate") == D("94.7917")
    assert measure.inputs == {"实际回款金额": "91", "应收账款总额": "96"}


def test_a_computed_figure_is_never_typed(quarter: Quarter):
    with pytest.raises(Invalid) as refused:
        enter(quarter, "collection_rate", "95")
    assert refused.value.code == "inputs_needed"


def test_inputs_without_formula_and_incomplete_inputs_are_refused(session: Session, quarter: Quarter):
    for item, inputs in (("revenue", {"x": D(1)}), ("collection_rate", {"实际回款金额": D(1)})):
        with pytest.raises(Invalid):
            service.record_actual(session, quarter.provider, quarter.sheet.id, item, inputs=inputs, source_document="回款明细")


def test_a_negative_denominator_is_refused_at_the_door(quarter: Quarter):
    with pytest.raises(Invalid) as refused:
        collect(quarter, "91", "-96")
    assert refused.value.code == "negative_denominator"


@pytest.mark.parametrize("figure", ["NaN", "Infinity", "1E+15", "0.00001"])
def test_a_figure_that_cannot_be_stored_exactly_is_refused(quarter: Quarter, figure: str):
    with pytest.raises(Invalid) as refused:
        enter(quarter, actual=figure)
    assert (refused.value.code, refused.value.faults[0].path) == ("bad_number", "actual")


@pytest.mark.parametrize("figure", ["-99999999999999.9999", "99999999999999.9999", "0.0001"])
def test_the_widest_figures_are_kept_to_the_last_digit(session: Session, quarter: Quarter, figure: str):
    measure = enter(quarter, actual=figure)
    session.expire(measure)
    assert measure.actual == D(figure)


def test_a_float_is_no_figure(session: Session, quarter: Quarter):
    with pytest.raises(Invalid):
        service.record_actual(session, quarter.provider, quarter.sheet.id, "revenue", actual=1.5, source_document="表")


def test_figures_belong_to_agreed_kpis(quarter: Quarter):
    for item in ("plan", "gross_profit"):
        with pytest.raises(Invalid) as refused:
            enter(quarter, item)
        assert refused.value.code == "not_agreed"


def test_nobody_enters_their_own_figures(session: Session, quarter: Quarter):
    own_provider = replace(quarter.own, roles=frozenset({"employee", "data_provider"}))
    for actor in (own_provider, quarter.supervisor):
        with pytest.raises(NotAllowed):
            service.record_actual(session, actor, quarter.sheet.id, "revenue", actual=D(999), source_document="自报")


def test_a_stranger_learns_nothing(session: Session, quarter: Quarter):
    stranger = factories.an_actor(session, "employee", employee=factories.an_employee(session))
    with pytest.raises(NotFound):
        service.confirm_actual(session, stranger, enter(quarter).id)


def test_data_are_complete_once_every_kpi_is_confirmed(session: Session, quarter: Quarter):
    record(quarter, FIGURES)
    measure = collect(quarter, "91", "96")
    with pytest.raises(Invalid) as refused:
        service.complete_data(session, quarter.provider, quarter.appraisal.id)
    assert refused.value.code == "figures_missing"
    assert [fault.path for fault in refused.value.faults] == ["collection_rate"]
    assert "回款率" in refused.value.message.zh
    service.confirm_actual(session, quarter.checker, measure.id)
    assert service.complete_data(session, quarter.provider, quarter.appraisal.id) == "self_assessment"


def test_a_rate_without_base_counts_as_missing(session: Session, quarter: Quarter):
    record(quarter, FIGURES)
    service.confirm_actual(session, quarter.checker, collect(quarter, "0", "0").id)
    with pytest.raises(Invalid) as refused:
        service.complete_data(session, quarter.provider, quarter.appraisal.id)
    assert "collection_rate has no actual, because its base is 0" in refused.value.message.en


def test_data_are_not_complete_before_both_have_signed(session: Session):
    quarter = a_quarter(session)
    with pytest.raises(Invalid) as refused:
        service.complete_data(session, quarter.provider, quarter.appraisal.id)
    assert refused.value.code == "agreement_unsigned"


def test_entries_after_data_collection_are_marked(session: Session, quarter: Quarter):
    record(quarter, FIGURES)
    service.confirm_actual(session, quarter.checker, collect(quarter, "91", "96").id)
    service.complete_data(session, quarter.provider, quarter.appraisal.id)
    before = queries.latest(session, [quarter.sheet.id])[quarter.sheet.id, "revenue", "2026-Q1"]
    late = service.correct_actual(session, quarter.provider, before.id, actual=D(1), source_document="表", reason="补")
    assert (before.back_filled, late.back_filled) == (False, True)


def test_the_trail_says_what_was_corrected_from_and_to(session: Session, quarter: Quarter):
    first = enter(quarter)
    second = service.correct_actual(session, quarter.provider, first.id, actual=D(105), source_document="表", reason="笔误")
    audit.flush(session)
    kept = select(AuditRecord).where(AuditRecord.action == "measure.correct", AuditRecord.object_id == str(second.id))
    payload = session.exec(kept).one().payload
    assert '"actual":"110"' in payload and '"actual":"105"' in payload and '"reason":"笔误"' in payload
