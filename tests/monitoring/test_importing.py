"""Many readings in one file or push: placed by indicator, unit and period; all or nothing; sent again, nothing happens."""

import io
from collections.abc import Iterator
from datetime import date

import pytest
from openpyxl import Workbook
from sqlmodel import Session, func, select

from appraisal import clock
from appraisal.errors import Invalid, NotAllowed
from appraisal.monitoring import importing, queries
from appraisal.monitoring.entries import files_of
from appraisal.monitoring.importers import reader_of
from appraisal.monitoring.models import RECORD_TYPES, Reading
from tests.measures.counting import asked
from tests.monitoring.samples import TODAY, Watched, watched

HEAD = "指标,期间,部门,数值,原始数据,计量单位,来源单据\n"
IQC = "IQC合格批数={}; IQC检验批数={}"


@pytest.fixture
def around(session: Session) -> Iterator[Watched]:
    with clock.at(TODAY):
        yield watched(session)


def line(around: Watched, period: str = "2026-03", passed: int = 98, of: int = 100, **more: str) -> str:
    said = {"indicator": "iqc_pass_rate", "unit": around.unit.code, "source": "QR-1"} | more
    return f"{said['indicator']},{period},{said['unit']},,{IQC.format(passed, of)},,{said['source']}"


def bring(around: Watched, *lines: str, encoding: str = "utf-8", kind: str | None = "qc_report", **how: object):
    content = (HEAD + "\n".join(lines)).encode(encoding)
    read = importing.tagged(reader_of(kind)("qc.csv", content), kind, None)
    return importing.record_readings(around.session, around.provider, read, upload=("qc.csv", content), **how)


def refused(around: Watched, *lines: str, **how: object) -> list[str]:
    with pytest.raises(Invalid) as raised:
        bring(around, *lines, **how)
    assert raised.value.code == "bad_rows"
    assert count(around) == 0
    return [fault.en for fault in raised.value.faults]


def count(around: Watched) -> int:
    return around.session.exec(select(func.count()).select_from(Reading)).one()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_in_either_encoding_is_read_and_tagged_with_its_record_type(around: Watched, encoding: str):
    done = bring(around, line(around), line(around, "2026-02", unit=""), encoding=encoding)
    rows = around.session.exec(select(Reading).order_by(Reading.id)).all()
    assert [(one.unit_id, one.period, one.record_type, one.origin) for one in rows] == [
        (around.unit.id, "2026-03", "qc_report", "import"),
        (None, "2026-02", "qc_report", "import"),
    ]
    assert [file.id for file in files_of(around.session, done.recorded)[done.recorded[0]]] == [done.file_id]


def test_a_workbook_is_read_too(around: Watched):
    book = Workbook()
    book.active.append(["指标", "期间", "数值", "计量单位", "来源单据"])
    book.active.append([watched_name(around, "monthly_revenue"), "2026-03", 12.5, "万元", "利润表"])
    content = io.BytesIO()
    book.save(content)
    read = reader_of("sale")("sale.xlsx", content.getvalue())
    done = importing.record_readings(around.session, around.provider, read)
    (kept,) = around.session.exec(select(Reading)).all()
    assert (len(done.recorded), kept.indicator, kept.inputs) == (1, "monthly_revenue", {"营业收入": "125000"})


def watched_name(around: Watched, indicator: str) -> str:
    policy = importing.watching(around.session).policy_on("kpi_sop", TODAY)
    assert policy is not None
    return policy.watched[indicator].indicator.name.zh


@pytest.mark.parametrize("kind", [None, *RECORD_TYPES])
def test_every_record_type_has_a_reader(kind: str | None):
    read = reader_of(kind)("a.csv", (HEAD + "x,2026-03,,1,,,单据").encode())
    assert len(read.readings) == 1


def test_the_same_file_again_records_nothing(around: Watched):
    bring(around, line(around))
    again = bring(around, line(around))
    assert (again.recorded, again.corrected, again.unchanged, again.file_id, count(around)) == ((), (), 1, None, 1)


def test_what_differs_is_a_correction_that_says_why(around: Watched):
    bring(around, line(around))
    with pytest.raises(Invalid) as raised:
        bring(around, line(around, passed=97))
    assert "on record is" in raised.value.faults[0].en
    done = bring(around, line(around, passed=97), correct=True, reason="漏计一批")
    (reading,) = queries.latest(around.session, {("kpi_sop", "iqc_pass_rate", around.unit.id)}).values()
    assert (len(done.corrected), reading["2026-03"].inputs["IQC合格批数"], reading["2026-03"].reason) == (1, "97", "漏计一批")


def test_every_bad_row_is_named_and_nothing_is_stored(around: Watched):
    said = refused(
        around,
        line(around),
        line(around, "2026-05"),
        line(around, passed=1, of=-1),
        line(around, "2026-02", passed=200),
        line(around, "2026-01", unit="nowhere"),
        line(around, "2025-12", indicator="unheard"),
        f"iqc_pass_rate,2025-11,{around.unit.code},,IQC合格批数=9,,QR",
        f"iqc_pass_rate,2025-10,{around.unit.code},,{IQC.format(9, 10)},件,QR",
        f"iqc_pass_rate,2025-09,{around.unit.code},,,,QR",
        line(around),
        line(around, "2026-03-05"),
    )
    told = "\n".join(said)
    for row, words in (
        (3, "has not begun yet"),
        (4, "negative"),
        (5, "is not in 0–100"),
        (6, "no unit nowhere"),
        (7, "watches unheard"),
        (8, "lacks IQC检验批数"),
        (9, "not 件"),
        (10, "no figure"),
        (11, "same reading as row 2"),
        (12, "overlaps the reading of 2026-03"),
    ):
        assert any(one.startswith(f"row {row},") and words in one for one in said), (row, told)
    assert len(said) == 10


def test_the_good_rows_are_kept_where_that_is_chosen(around: Watched):
    done = bring(around, line(around), line(around, "2026-05"), keep_good=True)
    assert (len(done.recorded), len(done.left_out), count(around)) == (1, 1, 1)


def test_a_row_without_a_base_is_kept_and_named(around: Watched):
    done = bring(around, line(around, passed=0, of=0))
    assert (len(done.recorded), [note.en for note in done.notes]) == (
        1,
        ["row 2, 原始数据: the denominator is 0: the period has no value, which is not 0"],
    )


def test_what_the_policy_counts_as_100_is_said(around: Watched):
    ncr = f"ncr_30d_closure,2026-03,{around.unit.code},,按期关闭NCR数=0; 到期NCR数=0,,NCR"
    (note,) = bring(around, ncr, kind="ncr").notes
    assert "the policy counts 100" in note.en


def test_a_preview_tells_the_same_and_stores_nothing(around: Watched):
    read = reader_of(None)("qc.csv", (HEAD + line(around) + "\n" + line(around, "2026-05")).encode())
    plan = importing.preview_readings(around.session, around.provider, read)
    assert (len(plan.new), len(plan.faults), count(around)) == (1, 1, 0)


def test_only_data_providers_import(around: Watched):
    read = reader_of(None)("qc.csv", (HEAD + line(around)).encode())
    for actor in (around.hr, around.head, around.member):
        with pytest.raises(NotAllowed):
            importing.record_readings(around.session, actor, read)


def test_the_number_of_queries_does_not_grow_with_the_rows(around: Watched):
    bring(around, line(around, "2025-01"))

    def queries_for(lines: list[str]) -> int:
        return asked(around.session, lambda: bring(around, *lines))

    one = queries_for([line(around, "2025-02")])
    many = queries_for([line(around, f"2025-{month:02}") for month in range(3, 13)])
    assert many <= one + 1


def test_a_late_import_is_marked_late_and_not_as_filled_in_by_hand(around: Watched):
    with clock.at(date(2026, 4, 20)):
        bring(around, line(around))
    (reading,) = around.session.exec(select(Reading)).all()
    assert (reading.late, reading.back_filled) == (True, False)
