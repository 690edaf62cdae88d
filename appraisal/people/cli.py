"""Commands of the machine's operator: the first administrator, and a way back in for one who has forgotten the password."""

import click

from appraisal import db
from appraisal.actor import SYSTEM
from appraisal.errors import NotFound
from appraisal.people import accounts, auth, queries


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
