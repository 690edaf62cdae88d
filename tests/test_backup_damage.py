"""Backups that are damaged, and versions and databases that do not fit: named, and nothing is half restored or written over."""

import tarfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, inspect, text, update
from sqlmodel import select as select_rows

from appraisal import audit, backup, clock, db
from appraisal.backup.manifest import Damaged
from appraisal.errors import Conflict, Invalid
from appraisal.people.models import Unit
from tests import factories
from tests.backups import (
    NOW,
    EmptyOf,
    a_backup_folder,  # noqa: F401
    a_small_database,  # noqa: F401
    an_empty_database,  # noqa: F401
    empty_databases,  # noqa: F401
    flip,
    is_empty,
    object_of,
    objects,
    restore,
)

# Damage


def _unit_object_flipped(folder: Path, archive: Path) -> Path:
    flip(object_of(folder, "unit"), 20)
    return folder


def _unit_object_cut(folder: Path, archive: Path) -> Path:
    path = object_of(folder, "unit")
    path.write_bytes(path.read_bytes()[:-9])
    return folder


def _unit_object_missing(folder: Path, archive: Path) -> Path:
    object_of(folder, "unit").unlink()
    return folder


def _file_missing(folder: Path, archive: Path) -> Path:
    with backup.opened(folder) as (_, manifest):
        name = manifest.tables["file_content"].contents[0]
    (folder / "objects" / name[:2] / f"{name}.gz").unlink()
    return folder


def _manifest_cut(folder: Path, archive: Path) -> Path:
    path = max(folder.glob("backups/*"))
    path.write_bytes(path.read_bytes()[:-100])
    return folder


def _manifest_changed(folder: Path, archive: Path) -> Path:
    path = max(folder.glob("backups/*"))
    path.write_text(path.read_text().replace('"audit_seq": ', '"audit_seq": 1'))
    return folder


def _archive_cut(folder: Path, archive: Path) -> Path:
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    return archive


def _archive_flipped(folder: Path, archive: Path) -> Path:
    with tarfile.open(archive) as tar:
        entry = next(one for one in tar if one.name == str(object_of(folder, "unit").relative_to(folder)))
    flip(archive, entry.offset_data + 20)
    return archive


DAMAGE = {
    _unit_object_flipped: "object .* of the table unit has been changed or is cut off",
    _unit_object_cut: "object .* of the table unit has been changed or is cut off",
    _unit_object_missing: "object .* of the table unit is missing",
    _file_missing: "object .* of the table file_content is missing",
    _manifest_cut: "manifest .*-full.json is cut off or has been changed",
    _manifest_changed: "manifest .*-full.json is cut off or has been changed",
    _archive_cut: "is no whole archive|has no manifest",
    _archive_flipped: "object .* of the table unit has been changed or is cut off",
}


@pytest.fixture
def backed_up(small: Engine, folder: Path) -> tuple[Path, Path]:
    """A folder with a backup, and an archive of the same."""
    with clock.at(NOW):
        archive = backup.make(small, folder, "archive").path
        backup.make(small, folder, "full")
    return folder, archive


@pytest.mark.parametrize("spoil", DAMAGE, ids=lambda spoil: spoil.__name__.strip("_"))
def test_damage_is_named_and_nothing_is_half_restored(backed_up: tuple[Path, Path], empty_of: EmptyOf, spoil: Callable):
    source, into = spoil(*backed_up), empty_of("sqlite")
    with pytest.raises(Damaged, match=DAMAGE[spoil]):
        restore(source, into)
    assert is_empty(into)


def test_damage_leaves_an_empty_postgresql_empty(backed_up: tuple[Path, Path], empty_of: EmptyOf):
    into = empty_of("postgresql")
    with pytest.raises(Damaged):
        restore(_file_missing(*backed_up), into)
    assert is_empty(into)


def test_a_manifest_that_cannot_be_read_lets_nothing_be_cleared_away(small: Engine, folder: Path):
    with clock.at(date(2026, 3, 2)):
        backup.make(small, folder, "full")
    _manifest_cut(folder, folder)
    before = objects(folder)
    with clock.at(date(2026, 3, 20)):
        made = backup.make(small, folder, "incremental", keep=backup.Keep(1, 1))
    assert [one.en[:27] for one in made.findings] == ["nothing was cleared away: t"]
    assert before <= objects(folder)


def test_a_chain_that_was_broken_before_is_restored_as_it_was_and_told(engine: Engine, folder: Path, empty: str):
    with db.transaction(engine, write=True) as session:
        factories.a_unit(session)
        factories.a_unit(session)
    with engine.begin() as connection:
        connection.execute(update(audit.AuditRecord).where(audit.AuditRecord.seq == 2).values(action="unit.other"))
    backup.make(engine, folder, "full")
    (found,) = restore(folder, empty).findings
    assert found.en == "audit record 2: the record has been changed"
    assert not is_empty(empty)


# Versions


def test_a_backup_of_an_earlier_version_is_brought_up_to_this_one(engine: Engine, folder: Path, empty: str):
    with db.transaction(engine, write=True) as session:
        factories.a_unit(session)
    newest = backup.make(engine, folder, "full").manifest.revision
    db.migrate(engine, "2026_11_21_2340")
    made = backup.make(engine, folder, "full")
    assert made.manifest.revision == "2026_11_21_2340"
    assert "kpi_report" not in made.manifest.tables
    assert restore(made.path, empty).upgraded_to == newest
    restored = db.make_engine(empty)
    with db.transaction(restored, write=False) as session:
        assert session.exec(select_rows(func.count()).select_from(Unit)).one() == 1
    assert set(inspect(restored).get_table_names()) >= set(db.all_tables().tables)
    restored.dispose()


def test_a_backup_of_a_later_version_is_refused(small: Engine, folder: Path, empty_of: EmptyOf):
    with small.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2999_01_01_0000'"))
    backup.make(small, folder, "full")
    with pytest.raises(Invalid, match="does not know: update the program first"):
        restore(folder, empty_of("sqlite"))


def test_a_database_that_holds_tables_is_not_written_over(engine: Engine, small: Engine, folder: Path):
    backup.make(small, folder, "full")
    with pytest.raises(Conflict, match="never written over"):
        restore(folder, engine.url.render_as_string(hide_password=False))
    with db.transaction(engine, write=False) as session:
        assert session.exec(select_rows(func.count()).select_from(Unit)).one() == 0


def test_an_empty_database_is_not_backed_up(folder: Path, empty: str):
    made = db.make_engine(empty)
    with pytest.raises(Invalid, match="nothing to back up"):
        backup.make(made, folder, "full")
    made.dispose()
    assert list(backup.found(folder)) == []
