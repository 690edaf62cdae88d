"""The command that a daily job runs: look at every deadline."""

import click

from appraisal import db
from appraisal.actor import SYSTEM
from appraisal.cycles import deadlines


@click.command("deadlines")
def deadlines_command() -> None:
    """Remind, escalate and tell HR about deadlines. To be run every morning; running it again says nothing twice."""
    with db.transaction(write=True) as session:
        for ran in deadlines.run_deadlines(session, SYSTEM):
            noted = ", ".join(f"{count} {kind}" for kind, count in ran.noted.items()) or "nothing new"
            click.echo(f"{ran.cycle.code}: {noted}")
            if ran.undated:
                click.echo(
                    f"{ran.cycle.code}: {ran.undated} without a deadline: does the working calendar reach so far?", err=True
                )
