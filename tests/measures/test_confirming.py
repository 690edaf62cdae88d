"""Many figures confirmed at once: all or none, each by somebody other than who entered it; and rows that stay as they are."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from appraisal import clock, files
from appraisal.actor import Actor
from appraisal.cycles import service as cycles
from appraisal.errors import Invalid, NotAllowed, NotFound
from appraisal.measures import importing, queries, service
from appraisal.measures.entries import files_of, find_entry, find_file
from appraisal.measures.importers.table import read_figures
from appraisal.measures.models import Measure
from tests import factories
from tests.agreements.samples import Quarter, a_quarter, record, sign

PDF = b"%PDF-1.7 a page of the books"


@pytest.fixture
def quarter(session: Session) -> Quarter:
    quarter = a_quarter(session)
    sign(quarter)
    return quarter


def enter(quarter: Quarter, item: str = "revenue", *, actor: Actor | None = None, **more: object) -> Measure:
    actor = actor or quarter.provider
    return service.record_actual(
        quarter.session, actor, quarter.sheet.id, item, actual=D(110), source_document="利润表", **more
    )


def bring(quarter: Quarter, *others: Quarter) -> importing.Imported:
    rows = [f"{one.employee.number},{item},2026-Q1,9,表" for one in (quarter, *others) for item in ("revenue", "new_customers")]
    content = "\n".join(["工号,指标,考核期,实际值,数据来源", *rows]).encode()
    read = read_figures("f.csv", content)
    return importing.import_figures(quarter.session, quarter.provider, read, upload=("f.csv", content))


def refused(quarter: Quarter, actor: Actor, *ids: int) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as raised:
        service.confirm_actuals(quarter.session, actor, ids)
    assert raised.value.code == "cannot_confirm"
    assert all(queries.confirmation_of(quarter.session, one) is None for one in ids)
    return [(fault.path, fault.en) for fault in raised.value.faults]


def test_figures_are_confirmed_together(session: Session, quarter: Quarter):
    ids = [enter(quarter).id, enter(quarter, "new_customers").id]
    assert service.confirm_actuals(session, quarter.checker, ids) == ids
    assert set(queries.confirmed(session, [quarter.sheet.id])) == {
        (quarter.sheet.id, item, "2026-Q1") for item in ("revenue", "new_customers")
    }


def test_those_confirmed_already_are_left_as_they_are(session: Session, quarter: Quarter):
    first, second = enter(quarter), enter(quarter, "new_customers")
    service.confirm_actual(session, quarter.hr, first.id)
    assert service.confirm_actuals(session, quarter.checker, [first.id, second.id, second.id]) == [second.id]
    assert queries.confirmation_of(session, first.id).confirmed_by == quarter.hr.account_id


def test_one_figure_of_ones_own_entering_keeps_all_from_being_confirmed(quarter: Quarter):
    ids = [enter(quarter).id, enter(quarter, "new_customers", actor=quarter.checker).id]
    said = "a figure is confirmed by somebody other than who entered it"
    assert refused(quarter, quarter.checker, *ids) == [("measure_ids[1]", said)]


def test_a_corrected_figure_is_not_confirmed_any_more(session: Session, quarter: Quarter):
    first = enter(quarter)
    service.correct_actual(session, quarter.provider, first.id, actual=D(1), source_document="表", reason="笔误")
    assert [path for path, _ in refused(quarter, quarter.checker, first.id)] == ["measure_ids[0]"]


def test_an_unknown_figure_and_one_of_somebody_elses_look_the_same(session: Session, quarter: Quarter):
    entered = enter(quarter)
    unit = factories.a_unit(session, "仓储部")
    elsewhere = replace(quarter.hr, limits=frozenset({("hr", unit.id)}))
    missing = [words for _, words in refused(quarter, quarter.checker, entered.id + 1)]
    assert [words for _, words in refused(quarter, elsewhere, entered.id)] == missing


def test_nothing_is_confirmed_in_a_cycle_that_is_closed(session: Session, quarter: Quarter):
    entered = enter(quarter)
    quarter.cycle.status, quarter.cycle.closed_at = "closed", clock.now()
    session.flush()
    assert [path for path, _ in refused(quarter, quarter.checker, entered.id)] == ["measure_ids[0]"]


def test_only_providers_and_hr_confirm(session: Session, quarter: Quarter):
    entered = enter(quarter)
    for actor in (quarter.own, quarter.supervisor, quarter.payroll, quarter.approver):
        with pytest.raises(NotAllowed):
            service.confirm_actuals(session, actor, [entered.id])


def test_a_whole_file_is_confirmed_by_somebody_else(session: Session, quarter: Quarter):
    done = bring(quarter)
    waiting = service.waiting_of_file(session, quarter.checker, done.file_id)
    assert waiting == sorted(done.recorded)
    service.confirm_actuals(session, quarter.checker, waiting[:1])
    assert service.waiting_of_file(session, quarter.checker, done.file_id) == waiting[1:]
    with pytest.raises(NotFound):
        service.waiting_of_file(session, quarter.checker, done.file_id + 1)


# Evidence


def keep(quarter: Quarter, actor: Actor | None = None) -> int:
    kept = files.keep(quarter.session, actor or quarter.provider, name="利润表.pdf", content=PDF, media_type="application/pdf")
    return kept.id


def test_a_figure_carries_its_evidence_and_a_correction_its_own(session: Session, quarter: Quarter):
    first_file, second_file = keep(quarter), keep(quarter)
    first = enter(quarter, file_ids=[first_file, first_file])
    more = {"source_document": "表", "reason": "笔误", "file_ids": [second_file]}
    second = service.correct_actual(session, quarter.provider, first.id, actual=D(1), **more)
    found = files_of(session, [first.id, second.id])
    assert {one: [file.id for file in several] for one, several in found.items()} == {
        first.id: [first_file],
        second.id: [second_file],
    }


def test_only_files_one_has_handed_in_are_attached(quarter: Quarter):
    for file_id in (keep(quarter, quarter.checker), 10**6):
        with pytest.raises(Invalid) as raised:
            enter(quarter, file_ids=[file_id])
        assert raised.value.code == "unknown_file"


def test_evidence_is_read_by_who_sees_the_figure(session: Session, quarter: Quarter):
    file_id = keep(quarter)
    entered = enter(quarter, file_ids=[file_id])
    for actor in (quarter.hr, quarter.checker, quarter.supervisor):
        assert find_file(session, actor, entered.id, file_id).name == "利润表.pdf"
    for actor in (quarter.own, quarter.payroll):
        with pytest.raises(NotFound):
            find_file(session, actor, entered.id, file_id)
    service.confirm_actual(session, quarter.checker, entered.id)
    assert find_file(session, quarter.own, entered.id, file_id)
    with pytest.raises(NotFound):
        find_file(session, quarter.hr, entered.id, keep(quarter))


def test_an_imported_table_is_not_shown_to_one_of_those_it_is_about(session: Session, quarter: Quarter):
    colleague = factories.an_employee(session, "李四", post=factories.a_post(session), supervisor=quarter.head)
    cycles.refresh_cycle(session, quarter.hr, quarter.cycle)
    other = a_quarter(session, colleague, cycle=quarter.cycle)
    sign(other)
    done = bring(quarter, other)
    service.confirm_actuals(session, quarter.checker, done.recorded)
    mine = done.recorded[0]
    assert find_entry(session, quarter.own, mine).state == "confirmed"
    with pytest.raises(NotFound):
        find_file(session, quarter.own, mine, done.file_id)
    for actor in (quarter.supervisor, quarter.hr, quarter.checker):
        assert find_file(session, actor, mine, done.file_id)


# What the database itself keeps


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE measure SET actual = 0",
        "DELETE FROM measure_file",
        "UPDATE measure_file SET file_id = file_id",
        "DELETE FROM measure_confirmation",
        "UPDATE measure_confirmation SET confirmed_by = confirmed_by",
        "DELETE FROM measure WHERE corrects_id IS NULL",
    ],
)
def test_the_database_refuses_to_change_or_delete_what_was_recorded(session: Session, quarter: Quarter, statement: str):
    record(quarter, {"new_customers": "10"})
    enter(quarter, file_ids=[keep(quarter)])
    with pytest.raises(DBAPIError) as raised, session.begin_nested():
        session.connection().execute(text(statement))
    assert "only added" in str(raised.value.orig)


def test_an_exception_of_hr_stands_for_missing_signatures(session: Session):
    quarter = a_quarter(session)
    with pytest.raises(Invalid) as raised:
        service.complete_data(session, quarter.provider, quarter.appraisal.id)
    assert raised.value.code == "agreement_unsigned"
    cycles.record_exception(session, quarter.hr, quarter.appraisal.id, kind="unsigned", reason="本人长期外派, 暂无法签署")
    assert service.complete_data(session, quarter.provider, quarter.appraisal.id) == "self_assessment"
