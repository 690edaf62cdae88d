"""Commands of the machine's operator: the first administrator, a way back in for one who has forgotten the password, and lists
of people.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from appraisal import db
from appraisal.actor import SYSTEM
from appraisal.errors import Fault, Invalid, NotFound
from appraisal.people import accounts, auth, importing, queries

# A company's first list is longer than what one uploads.
MOST_ROWS = 100_000


@click.group("admin")
def admin_group() -> None:
    """Administrators, for whoever runs this machine."""


@admin_group.command("create")
@click.argument("login")
def create(login: str) -> None:
    """Make an administrator's account and print its password, which has to be changed at the first sign-in."""
    db.migrate(db.engine())
    secret = auth.new_secret()
    with db.transaction(write=True) as session:
        account = accounts.create_account(session, SYSTEM, login=login, secret=secret, roles=["admin"])
    click.echo(f"{account.login}  {secret.text}")
    click.echo("shown this once; to be changed at the first sign-in", err=True)


@admin_group.command("reset")
@click.argument("login")
def reset(login: str) -> None:
    """Print a reset code, with which an account's owner chooses a new password on the page /reset."""
    with db.transaction(write=True) as session:
        account = queries.account_by_login(session, login)
        if account is None:
            raise NotFound("not_found", f"没有账号 {login}", f"there is no account {login}")
        made = accounts.create_reset(session, SYSTEM, account)
    click.echo(f"{account.login}  {made.code}")
    click.echo("shown this once; holds once and for a day", err=True)


@click.group("people")
def people_group() -> None:
    """Units, posts and employees."""


@people_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--preview", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--skip-faulty", is_flag=True, help="Leave out people with a faulty row instead of refusing the whole list.")
def import_list(file: Path, preview: bool, skip_faulty: bool) -> None:
    """Import people from a CSV or XLSX file. The same file may be imported again: what is so already is left alone."""
    try:
        table = importing.read_people(file.name, file.read_bytes(), most_rows=MOST_ROWS)
        with db.transaction(write=not preview) as session:
            if preview:
                done = importing.preview_people(session, SYSTEM, table)
            else:
                done = importing.import_people(session, SYSTEM, table, source=file.name, skip_faulty=skip_faulty)
    except Invalid as refused:
        _tell_faults(refused.faults)
        raise
    for one in done.people:
        if one.outcome != "unchanged":
            click.echo(f"{one.row}: {one.outcome} {one.number} {one.name} ({', '.join(one.changes)})")
    counts = [f"{done.counted(outcome)} {outcome}" for outcome in ("created", "changed", "unchanged")]
    counts += [f"{len(done.new_units)} new units", f"{len(done.new_posts)} new posts", f"{done.faulty_rows} faulty rows"]
    click.echo(", ".join(counts))
    _tell_faults(done.faults)
    sys.exit(1 if done.faults and not skip_faulty else 0)


def _tell_faults(faults: Sequence[Fault]) -> None:
    for fault in faults:
        click.echo(f"{fault.zh} | {fault.en}", err=True)
