"""`appraisal purge`: delete what is past the term that the policies state."""

from datetime import date, datetime

import click

from appraisal import clock, db
from appraisal.actor import SYSTEM
from appraisal.records import due, purging
from appraisal.records.models import Purge


@click.command("purge")
@click.option("--preview", "only_look", is_flag=True, help="Say what is due and what is kept back, and change nothing.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="With --preview: the day to look at (YYYY-MM-DD).")
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge(only_look: bool, day: datetime | None, yes: bool) -> None:
    """Delete for good what is past its term: documents, cases, people's names; and what the audit trail says of them.

    Nothing goes before its day, nothing under a legal hold or with an open matter, and what is permanent never. Backups made
    before still hold it until they are cleared away.
    """
    if day is not None and not only_look:
        raise click.UsageError("--on is for --preview: a purge is as of today")
    on = day.date() if day else clock.today()
    ready = _shown(on)
    if only_look or not ready:
        return
    if not yes:
        click.confirm(f"{ready} 项将永久删除, 无法恢复 | {ready} things are deleted for good. Go on?", abort=True)
    with db.transaction(write=True) as session:
        purge_id = purging.begin(session, SYSTEM, on).id or 0
    taken = 0
    while some := _take(purge_id):
        taken += some
    with db.transaction(write=False) as session:
        counts = session.get_one(Purge, purge_id).counts
    rows = sum(counts.get("rows", {}).values())
    click.echo(f"purge {purge_id}: {taken} taken ({_listed(counts.get('taken', {}))}), {rows} rows, files and payloads")


def _take(purge_id: int) -> int:
    with db.transaction(write=True) as session:
        return purging.take_some(session, SYSTEM, purge_id)


def _shown(on: date) -> int:
    with db.transaction(write=False) as session:
        found = due.preview(session, on)
    for one in (*found.ready, *found.blocked):
        why = ", ".join(f"{words.zh} | {words.en}" for words in one.blocks)
        click.echo(" ".join(part for part in (one.kind, str(one.id), one.number, one.what, str(one.since), why) if part))
    counts = {kind: sum(one.kind == kind for one in found.ready) for kind in ("document", "release", "case", "person")}
    click.echo(f"{on}: due {_listed(counts)}; kept back {len(found.blocked)}; cases within their term {found.kept_cases}")
    return len(found.ready)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "nothing"
