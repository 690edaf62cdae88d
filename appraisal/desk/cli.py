"""The command that a daily job runs: look at every deadline, and clear away what has had its day."""

import click

from appraisal import db, idempotency
from appraisal.actor import SYSTEM
from appraisal.desk import service
from appraisal.people import sessions


@click.command("deadlines")
def deadlines_command() -> None:
    """Remind, escalate and tell HR about deadlines, of appeals, exceptions of indicators and decisions of meetings too.

    To be run every morning; running it again says nothing twice. Sessions, reset codes and idempotency keys that have ended go.
    """
    with db.transaction(write=True) as session:
        idempotency.forget_old(session)
        sessions.forget_old(session)
    with db.transaction(write=True) as session:
        looked = service.look_at_deadlines(session, SYSTEM)
    for one in looked.cycles:
        noted = ", ".join(f"{count} {kind}" for kind, count in one.noted.items()) or "nothing new"
        click.echo(f"{one.cycle.code}: {noted}")
        if one.undated:
            click.echo(f"{one.cycle.code}: {one.undated} without a deadline: does the working calendar reach so far?", err=True)
    if looked.overdue or looked.escalated:
        click.echo(f"exceptions: {len(looked.overdue)} overdue, {len(looked.escalated)} escalated")
    if looked.decisions:
        click.echo(f"decisions of meetings: {looked.decisions} overdue")
