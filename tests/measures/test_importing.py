"""Many figures in one file: found by number, indicator and period; all or nothing; the same file again records nothing."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session, func, select

from appraisal.agreements.checks import ItemDraft
from appraisal.errors import Invalid, NotAllowed
from appraisal.files import StoredFile
from appraisal.measures import importing, places, providers, queries, service
from appraisal.measures.entries import files_of
from appraisal.measures.importers import Read, readers
from appraisal.measures.importers.table import read_figures
from appraisal.measures.models import Measure
from appraisal.people import service as people_service
from tests import factories
from tests.agreements.samples import NEW_CUSTOMERS, PLAN, REVENUE, Quarter, a_quarter, sign
from tests.measures.counting import asked

HEAD = "工号,指标,考核期,实际值,原始数据,数据来源\n"
COLLECTED = ItemDraft("collection_rate", "kpi", D(20), target=D(95), challenge=D(100))
WITH_FORMULA = (replace(REVENUE, weight=D(40)), COLLECTED, NEW_CUSTOMERS, PLAN)


@pytest.fixture
def quarter(session: Session) -> Quarter:
    quarter = a_quarter(session)
    sign(quarter, WITH_FORMULA)
    return quarter


def table(*lines: str) -> tuple[str, bytes]:
    return "figures.csv", (HEAD + "\n".join(lines)).encode()


def lines_of(quarter: Quarter, revenue: str = "110", collected: str = "实际回款金额=91; 应收账款总额=96") -> tuple[str, ...]:
    number = quarter.employee.number
    return f"{number},revenue,2026-Q1,{revenue},,利润表", f"{number},回款率,2026-Q1,,{collected},回款明细"


def bring(quarter: Quarter, *lines: str, actor=None, **options: object) -> importing.Imported:
    name, content = table(*(lines or lines_of(quarter)))
    read = read_figures(name, content)
    return importing.import_figures(quarter.session, actor or quarter.provider, read, upload=(name, content), **options)


def refused(quarter: Quarter, *lines: str, **options: object) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as raised:
        bring(quarter, *lines, **options)
    assert raised.value.code == "bad_rows"
    assert count(quarter.session) == 0
    return [(fault.path, fault.en) for fault in raised.value.faults]


def count(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Measure)).one()


def last(quarter: Quarter, item: str = "revenue") -> Measure:
    return queries.latest(quarter.session, [quarter.sheet.id])[quarter.sheet.id, item, quarter.cycle.period]


def test_figures_are_found_by_number_indicator_and_period(quarter: Quarter):
    done = bring(quarter)
    assert (len(done.recorded), len(done.corrected), done.unchanged) == (2, 0, 0)
    assert (last(quarter).actual, last(quarter).origin, last(quarter).source_document) == (D(110), "import", "利润表")
    assert last(quarter, "collection_rate").inputs == {"实际回款金额": "91", "应收账款总额": "96"}


def test_the_file_is_kept_as_the_evidence_of_its_figures(session: Session, quarter: Quarter):
    done = bring(quarter)
    for measure_id, evidence in files_of(session, done.recorded).items():
        assert ([file.id for file in evidence], measure_id in done.recorded) == ([done.file_id], True)


def test_the_same_file_again_records_nothing_and_is_not_kept_twice(session: Session, quarter: Quarter):
    bring(quarter)
    kept = session.exec(select(func.count()).select_from(StoredFile)).one()
    done = bring(quarter)
    assert (done.recorded, done.corrected, done.unchanged, done.file_id) == ((), (), 2, None)
    assert count(session) == 2
    assert session.exec(select(func.count()).select_from(StoredFile)).one() == kept


def test_a_figure_that_differs_is_refused_unless_it_is_called_a_correction(session: Session, quarter: Quarter):
    bring(quarter)
    with pytest.raises(Invalid) as raised:
        bring(quarter, *lines_of(quarter, "105"))
    (fault,) = raised.value.faults
    assert (fault.path, "110" in fault.zh, "105" in fault.zh) == ("row 2, 实际值", True, True)
    assert count(session) == 2


def test_a_correction_says_why_and_leaves_the_earlier_entry(session: Session, quarter: Quarter):
    bring(quarter)
    first = last(quarter)
    for reason in (None, " "):
        with pytest.raises(Invalid):
            bring(quarter, *lines_of(quarter, "105"), correct=True, reason=reason)
    done = bring(quarter, *lines_of(quarter, "105"), correct=True, reason="重复计入一单")
    assert (done.recorded, len(done.corrected), done.unchanged) == ((), 1, 1)
    assert (last(quarter).actual, last(quarter).corrects_id, last(quarter).reason) == (D(105), first.id, "重复计入一单")
    assert first.actual == D(110)


def test_inputs_that_differ_are_a_correction_too(quarter: Quarter):
    bring(quarter)
    done = bring(quarter, *lines_of(quarter, collected="实际回款金额=90; 应收账款总额=96"), correct=True, reason="冲销")
    assert (len(done.corrected), done.unchanged) == (1, 1)


def test_one_faulty_row_keeps_the_whole_file_out(quarter: Quarter):
    (fault,) = refused(quarter, *lines_of(quarter), f"{quarter.employee.number},profit,2026-Q1,1,,表")
    assert fault == ("row 4, 指标", "row 4, 指标: the agreement has no KPI profit")


def test_the_sound_rows_alone_come_in_when_that_is_asked_for(quarter: Quarter):
    done = bring(quarter, *lines_of(quarter), "nobody,revenue,2026-Q1,1,,表", skip_faulty=True)
    assert (len(done.recorded), [fault.path for fault in done.left_out]) == (2, ["row 4, 工号"])


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("nobody,revenue,2026-Q1,1,,表", "row 2, 工号"),
        ("{number},revenue,2026-Q2,1,,表", "row 2, 工号"),
        ("{number},plan,2026-Q1,1,,表", "row 2, 指标"),
        ("{number},revenue,2026-Q1,,,表", "row 2, 实际值"),
        ("{number},revenue,2026-Q1,1e3,,表", "row 2, 实际值"),
        ("{number},revenue,2026-Q1,0.00001,,表", "row 2, 实际值"),
        ("{number},revenue,2026-Q1,100000000000000,,表", "row 2, 实际值"),
        ("{number},revenue,2026-Q1,1,,", "row 2, 数据来源"),
        ("{number},revenue,2026-Q1,,x=1,表", "row 2, 原始数据"),
        ("{number},collection_rate,2026-Q1,95,,表", "row 2, 实际值"),
        ("{number},collection_rate,2026-Q1,,实际回款金额=91,表", "row 2, 原始数据"),
        ("{number},collection_rate,2026-Q1,,实际回款金额=91; 应收账款总额=-96,表", "row 2, 原始数据"),
        ("{number},collection_rate,2026-Q1,,实际回款金额,表", "row 2, 原始数据"),
        ("{number},collection_rate,2026-Q1,,实际回款金额=九十一,表", "row 2, 原始数据"),
        ("{number},collection_rate,2026-Q1,,实际回款金额=1; 实际回款金额=1,表", "row 2, 原始数据"),
    ],
)
def test_a_row_that_cannot_stand_is_named_with_its_place(quarter: Quarter, line: str, path: str):
    assert [where for where, _ in refused(quarter, line.format(number=quarter.employee.number))] == [path]


def test_zero_is_a_figure(quarter: Quarter):
    bring(quarter, lines_of(quarter, "0")[0])
    assert last(quarter).actual == D(0)


def test_a_figure_named_twice_is_refused(quarter: Quarter):
    first, _ = lines_of(quarter)
    assert refused(quarter, first, first) == [("row 3, 指标", "row 3, 指标: is the same figure as row 2")]


def test_a_preview_says_what_would_happen_and_does_nothing(session: Session, quarter: Quarter):
    bring(quarter, lines_of(quarter)[0])
    read = read_figures(*table(*lines_of(quarter, "105"), "nobody,revenue,2026-Q1,1,,表"))
    plan = importing.preview_figures(session, quarter.provider, read)
    assert [one.item for one in plan.new] == ["collection_rate"]
    assert [(one.item, one.corrects.actual, one.figure.actual) for one in plan.changed] == [("revenue", D(110), D(105))]
    assert (plan.unchanged, [fault.path for fault in plan.faults]) == (0, ["row 4, 工号"])
    assert count(session) == 1


def test_figures_after_data_collection_are_marked_as_back_filled(session: Session, quarter: Quarter):
    done = bring(quarter, *lines_of(quarter), f"{quarter.employee.number},new_customers,2026-Q1,10,,台账")
    service.confirm_actuals(session, quarter.checker, done.recorded)
    service.complete_data(session, quarter.provider, quarter.appraisal.id)
    bring(quarter, *lines_of(quarter, "105"), correct=True, reason="补")
    assert last(quarter).back_filled and not last(quarter, "new_customers").back_filled


def test_only_providers_and_hr_import(quarter: Quarter):
    for actor in (quarter.own, quarter.supervisor, quarter.payroll):
        with pytest.raises(NotAllowed):
            bring(quarter, actor=actor)
    assert bring(quarter, actor=quarter.hr).recorded


def test_a_provider_imports_nothing_of_their_own_and_nothing_assigned_to_others(session: Session, quarter: Quarter):
    own_provider = replace(quarter.own, roles=frozenset({"employee", "data_provider"}))
    assert [path for path, _ in refused(quarter, actor=own_provider)] == ["row 2, 工号", "row 3, 工号"]
    providers.assign_provider(session, quarter.hr, kind="indicator", name="revenue", account_id=quarter.checker.account_id)
    assert [path for path, _ in refused(quarter)] == ["row 2, 指标"]
    assert len(bring(quarter, actor=quarter.checker).recorded) == 2


def test_a_person_with_two_sheets_of_one_indicator_says_which(session: Session):
    first, second = (factories.a_post(session, title=title) for title in ("业务员", "高级业务员"))
    employee = factories.an_employee(session, post=first, supervisor=factories.an_employee(session, "李主管"))
    people_service.assign_post(session, factories.hr(session), employee, second, from_on=date(2026, 2, 1))
    quarter = a_quarter(session, employee)
    for sheet in quarter.sheets:
        sign(quarter, WITH_FORMULA, sheet)
    line = f"{employee.number},revenue,2026-Q1,60,,,利润表"
    head = HEAD.replace("数据来源", "岗位,数据来源")

    def plan(post: str) -> importing.Plan:
        content = (head + line.replace(",,,", f",,{post},")).encode()
        return importing.preview_figures(session, quarter.provider, read_figures("f.csv", content))

    assert [one.place.sheet_id for one in plan("高级业务员").new] == [quarter.sheets[1].id]
    assert [one.place.sheet_id for one in plan(first.code).new] == [quarter.sheets[0].id]
    for post in ("", "经理"):
        assert [fault.path for fault in plan(post).faults] == ["row 2, 岗位"]


def test_a_single_figure_finds_its_sheet_the_same_way(session: Session, quarter: Quarter):
    figure = read_figures(*table(lines_of(quarter)[0])).figures[0]
    assert places.find_place(session, quarter.provider, figure) == (quarter.sheet.id, "revenue")
    with pytest.raises(Invalid) as raised:
        places.find_place(session, quarter.provider, replace(figure, row=None, number="nobody"))
    assert (raised.value.code, raised.value.faults[0].path) == ("no_place", "number")


def test_the_cycle_decides_between_two_of_the_same_period(session: Session, quarter: Quarter):
    read = read_figures(*table(*lines_of(quarter)))
    assert len(importing.preview_figures(session, quarter.provider, read, cycle_id=quarter.cycle.id).new) == 2
    assert len(importing.preview_figures(session, quarter.provider, read, cycle_id=quarter.cycle.id + 1).faults) == 2


def test_the_number_of_queries_does_not_grow_with_the_rows(session: Session):
    head = factories.an_employee(session, "李主管")
    post = factories.a_post(session)
    people = [factories.an_employee(session, post=post, supervisor=head) for _ in range(6)]
    cycle = factories.an_open_cycle(session)
    quarters = [a_quarter(session, person, cycle=cycle) for person in people]
    for quarter in quarters:
        sign(quarter, WITH_FORMULA)
    one, checker = quarters[0], quarters[0].checker
    few = asked(session, lambda: bring(one))
    many = asked(session, lambda: bring(one, *(line for quarter in quarters[1:] for line in lines_of(quarter))))
    assert many <= few
    ids = session.exec(select(Measure.id).order_by(Measure.id)).all()
    few = asked(session, lambda: service.confirm_actuals(session, checker, ids[:1]))
    many = asked(session, lambda: service.confirm_actuals(session, checker, ids[1:]))
    assert many <= few


def test_every_importer_is_one_file_with_one_function():
    assert list(readers()) == ["table"]
    assert isinstance(readers()["table"]("f.csv", (HEAD + "E1,revenue,2026-Q1,1,,表").encode()), Read)
