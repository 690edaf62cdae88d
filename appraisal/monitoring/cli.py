"""Commands of monitoring: bring the exports of a folder."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from appraisal import db
from appraisal.errors import Fault, Invalid, NotFound
from appraisal.monitoring import folder as folders
from appraisal.people import auth, queries


@click.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--account", required=True, help="The login of the data provider whose readings these are.")
@click.option("--policy", help="The policy meant where indicators of several share a name.")
@click.option("--preview", is_flag=True, help="Say what would be recorded, and record nothing.")
@click.option("--keep-good", is_flag=True, help="Leave faulty rows out instead of refusing the whole folder.")
@click.option(
    "--correct", metavar="REASON", help="Record what differs from what is on record as a correction, for this reason."
)
def import_readings(
    folder: Path, account: str, policy: str | None, preview: bool, keep_good: bool, correct: str | None
) -> None:
    """Import a folder of CSV and XLSX files, each named after its record type (qc_report.csv, sale-2026-03.xlsx).

    The same folder may be imported again: what is on record is left alone. Readings count once somebody else confirms them.
    """
    try:
        with db.transaction(write=not preview) as session:
            row = queries.account_by_login(session, account)
            if row is None or row.disabled:
                raise NotFound("not_found", f"没有可用的账号 {account}", f"there is no account {account} in use")
            actor = auth.actor_of(session, row).acting_via("cli")
            if preview:
                plans = folders.preview_folder(session, actor, folder, policy=policy)
                told = {name: (len(one.new), len(one.changed), one.unchanged, one.faults) for name, one in plans.items()}
            else:
                asked = {"correct": correct is not None, "reason": correct, "keep_good": keep_good}
                done = folders.import_folder(session, actor, folder, policy=policy, **asked)
                told = {
                    name: (len(one.recorded), len(one.corrected), one.unchanged, one.left_out) for name, one in done.items()
                }
    except Invalid as refused:
        _tell(refused.faults)
        raise
    for name, (recorded, corrected, unchanged, faults) in told.items():
        counts = f"{recorded} recorded, {corrected} corrected, {unchanged} unchanged, {len(faults)} faulty"
        click.echo(f"{name}: {counts}")
        _tell(faults)
    sys.exit(1 if not keep_good and any(faults for *_, faults in told.values()) else 0)


def _tell(faults: Sequence[Fault]) -> None:
    for fault in faults:
        click.echo(f"{fault.zh} | {fault.en}", err=True)
