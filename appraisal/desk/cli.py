"""The command that a daily job runs: look at every deadline, and clear away what has had its day."""

import click

from appraisal import db, idempotency
from appraisal.actor import SYSTEM
from appraisal.bulletins import follow_up
from appraisal.cycles import deadlines
from appraisal.exceptions import overdue
from appraisal.people import sessions
from appraisal.results import appeal_deadlines


@click.command("deadlines")
def deadlines_command() -> None:
    """Remind, escalate and tell HR about deadlines, of appeals, exceptions of indicators and decisions of meetings too.

    To be run every morning; running it again says nothing twice. Sessions, reset codes and idempotency keys that have ended go.
    """
    with db.transaction(write=True) as session:
        idempotency.forget_old(session)
        sessions.forget_old(session)
    with db.transaction(write=True) as session:
        runs = deadlines.run_deadlines(session, SYSTEM)
        of_appeals = appeal_deadlines.run(session, SYSTEM)
        reminded = follow_up.tell_overdue(session, SYSTEM)
        late = overdue.escalate(session)
        for ran in runs:
            counts = ran.noted | of_appeals.get(ran.cycle.id, {})
            noted = ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "nothing new"
            click.echo(f"{ran.cycle.code}: {noted}")
            if ran.undated:
                click.echo(
                    f"{ran.cycle.code}: {ran.undated} without a deadline: does the working calendar reach so far?", err=True
                )
        if late.overdue or late.escalated:
            click.echo(f"exceptions: {len(late.overdue)} overdue, {len(late.escalated)} escalated")
        if reminded:
            click.echo(f"decisions of meetings: {reminded} overdue")
