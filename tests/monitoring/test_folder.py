"""`appraisal kpi import`: a folder of exports, each file under its record type, recorded as a whole or not at all."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine
from sqlmodel import select

from appraisal import clock, db
from appraisal.cli import main
from appraisal.config import settings
from appraisal.monitoring.folder import record_type_of
from appraisal.monitoring.models import RECORD_TYPES, Reading
from tests.monitoring.samples import TODAY, watched

Run = Callable[..., Result]
HEAD = "指标,期间,数值,原始数据,来源单据\n"
IQC = "iqc_pass_rate,2026-03,,IQC合格批数=98; IQC检验批数=100,QR\n"


@pytest.fixture
def run(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command on the folder `tmp_path`, as the data provider."""
    with clock.at(TODAY):
        with db.transaction(engine, write=True) as session:
            login = watched(session).provider.name
        monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
        settings.cache_clear()
        yield lambda *words: CliRunner().invoke(main, ["kpi", "import", str(tmp_path), "--account", login, *words])
    monkeypatch.undo()
    settings.cache_clear()


def stored(engine: Engine) -> list[tuple[str, str | None]]:
    with db.transaction(engine, write=False) as session:
        return [(one.indicator, one.record_type) for one in session.exec(select(Reading).order_by(Reading.id))]


def test_each_file_is_recorded_under_its_record_type(run: Run, engine: Engine, tmp_path: Path):
    (tmp_path / "qc_report.csv").write_text(HEAD + IQC, "utf-8")
    (tmp_path / "sale-2026-03.csv").write_bytes((HEAD + "monthly_revenue,2026-03,1200000,,利润表\n").encode("gb18030"))
    (tmp_path / "notes.txt").write_text("not a table")
    assert run("--preview").stdout.splitlines()[0] == "qc_report.csv: 1 recorded, 0 corrected, 0 unchanged, 0 faulty"
    assert stored(engine) == []
    assert run().exit_code == 0
    assert stored(engine) == [("iqc_pass_rate", "qc_report"), ("monthly_revenue", "sale")]
    assert "0 recorded, 0 corrected, 1 unchanged" in run().stdout


def test_one_bad_row_in_any_file_stores_nothing(run: Run, engine: Engine, tmp_path: Path):
    (tmp_path / "qc_report.csv").write_text(HEAD + IQC, "utf-8")
    (tmp_path / "sale.csv").write_text(HEAD + "monthly_revenue,2026-09,1,,利润表\n", "utf-8")
    told = run()
    assert (told.exit_code, "sale.csv, row 2" in told.stderr, stored(engine)) == (1, True, [])
    assert run("--keep-good").exit_code == 0
    assert stored(engine) == [("iqc_pass_rate", "qc_report")]


def test_an_empty_folder_and_an_unknown_account_are_refused(run: Run, tmp_path: Path):
    assert run().exit_code == 1
    (tmp_path / "qc_report.csv").write_text(HEAD + IQC, "utf-8")
    assert CliRunner().invoke(main, ["kpi", "import", str(tmp_path), "--account", "nobody"]).exit_code == 1


@pytest.mark.parametrize("kind", RECORD_TYPES)
def test_a_files_name_begins_with_its_record_type(kind: str):
    assert {record_type_of(f"{kind}{rest}") for rest in (".csv", "-2026-03.xlsx", "_a.csv")} == {kind}
    assert record_type_of(f"{kind}x.csv") is None
