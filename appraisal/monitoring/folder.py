"""A folder of the platform's exports, one file per record type: imported as a whole or not at all.

A file belongs to the record type that its name begins with (qc_report.csv, sale-2026-03.xlsx); any other is read as the
generic table, without a type.
"""

from collections.abc import Sequence
from pathlib import Path

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.errors import Fault, Invalid
from appraisal.monitoring import importing
from appraisal.monitoring.importers import Read, reader_of
from appraisal.monitoring.importing import Imported, Plan
from appraisal.monitoring.models import RECORD_TYPES

ENDINGS = (".csv", ".xlsx")


def files_in(folder: Path) -> Sequence[Path]:
    """The tables of a folder, by name. Raises Invalid `no_files` where there are none."""
    found = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in ENDINGS)
    if not found:
        zh, en = f"{folder} 中没有 CSV 或 XLSX 文件", f"there is no CSV or XLSX file in {folder}"
        raise Invalid("no_files", zh, en)
    return found


def record_type_of(name: str) -> str | None:
    """The record type that a file's name begins with."""
    return next((kind for kind in RECORD_TYPES if name == kind or name.startswith((f"{kind}-", f"{kind}.", f"{kind}_"))), None)


def preview_folder(session: Session, actor: Actor, folder: Path, *, policy: str | None = None) -> dict[str, Plan]:
    """What importing each file would do by itself, by name."""
    return {
        path.name: importing.preview_readings(session, actor, _read(path, path.read_bytes(), policy))
        for path in files_in(folder)
    }


def import_folder(
    session: Session,
    actor: Actor,
    folder: Path,
    *,
    policy: str | None = None,
    correct: bool = False,
    reason: str | None = None,
    keep_good: bool = False,
) -> dict[str, Imported]:
    """Records what the files hold, by name: all rows of all files, or with `keep_good` the sound ones.

    Raises Invalid `bad_rows` with the faults of the first file that has any, each under that file's name.
    """
    asked = {"correct": correct, "reason": reason, "keep_good": keep_good}
    done = {}
    for path in files_in(folder):
        content = path.read_bytes()
        try:
            read = _read(path, content, policy)
            done[path.name] = importing.record_readings(session, actor, read, upload=(path.name, content), **asked)  # type: ignore[arg-type]
        except Invalid as refused:
            raise _of_file(path.name, refused) from refused
    return done


def _read(path: Path, content: bytes, policy: str | None) -> Read:
    kind = record_type_of(path.name)
    return importing.tagged(reader_of(kind)(path.name, content), kind, policy)


def _of_file(name: str, refused: Invalid) -> Invalid:
    said = refused.message
    faults = [Fault(f"{name}, {one.path}", f"{name} {one.zh}", f"{name}, {one.en}") for one in refused.faults]
    return Invalid(refused.code, f"{name}: {said.zh}", f"{name}: {said.en}", faults)
