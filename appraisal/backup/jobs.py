"""Backups that are made by themselves, into the folder BACKUP_DIR where one is set: one every day, a full one every week, an
archive every month (R-001-9).
"""

from collections.abc import Mapping
from typing import Any

from appraisal import jobs
from appraisal.actor import SYSTEM
from appraisal.backup.making import Keep, make
from appraisal.backup.manifest import Kind
from appraisal.config import settings
from appraisal.errors import Invalid

STEPS = 20
"""How often at most a job's progress is written down."""


@jobs.task("backup.daily", at="0 2 * * 1-6")
def back_up_daily(work: jobs.Work) -> Mapping[str, Any]:
    """What is new since the last backup."""
    return _back_up(work, "incremental")


@jobs.task("backup.weekly", at="0 2 * * 0")
def back_up_weekly(work: jobs.Work) -> Mapping[str, Any]:
    """On Sundays: everything read and checked again."""
    return _back_up(work, "full")


@jobs.task("backup.monthly", at="0 4 1 * *")
def back_up_monthly(work: jobs.Work) -> Mapping[str, Any]:
    """On the first of a month: one file to be kept."""
    return _back_up(work, "archive")


def _back_up(work: jobs.Work, kind: Kind) -> Mapping[str, Any]:
    """Raises Invalid `backup_findings` for a backup that was made but shows damage, so that the job tells it."""
    folder = settings().backup_dir
    if folder is None:
        return {"path": None}
    told = 0

    def progress(_table: str, done: int, total: int) -> None:
        nonlocal told
        if (done - told) * STEPS >= total:
            with work.chunk(done=done - told, total=total):
                told = done

    made = make(work.target, folder, kind, actor=SYSTEM.acting_via("job"), keep=Keep(), progress=progress)
    if made.findings:
        zh, en = ("; ".join(getattr(one, lang) for one in made.findings) for lang in ("zh", "en"))
        raise Invalid("backup_findings", f"备份 {made.path} 已完成, 但: {zh}", f"{made.path} was made, but: {en}")
    return {"path": str(made.path), "rows": made.manifest.rows, "written": made.bytes_written, "removed": made.removed}
