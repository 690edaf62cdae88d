"""The `appraisal` command: each slice's commands, the sample company, the audit trail, and the served site."""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import click

from appraisal.config import PROJECT_ROOT, environment_of_server, settings
from appraisal.errors import AppraisalError, Invalid

WORKERS, THREADS = 2, 2


class Commands(click.Group):
    """Turns the project's own errors into a message and exit 1, as every command needs it.

    What a command works with is imported when it is asked for: a check of rule files waits for no database. `of_slices` says
    where: the module of a slice's commands, and the command's name there.
    """

    def __init__(self, *given: Any, of_slices: Mapping[str, tuple[str, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.of_slices = of_slices

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted({*super().list_commands(context), *self.of_slices})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.of_slices:
            return super().get_command(context, name)
        module, attribute = self.of_slices[name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except AppraisalError as error:
            click.echo(f"{error.code}: {error.message.zh} | {error.message.en}", err=True)
            sys.exit(1)


OF_SLICES: Final[Mapping[str, tuple[str, str]]] = {
    "policy": ("appraisal.policies.cli", "policy_group"),
    "score": ("appraisal.policies.cli", "score"),
    "formula": ("appraisal.policies.cli", "formula"),
    "demo": ("appraisal.demo.cli", "demo"),
    "deadlines": ("appraisal.desk.cli", "deadlines_command"),
    "admin": ("appraisal.people.cli", "admin_group"),
    "people": ("appraisal.people.cli", "people_group"),
    "archive": ("appraisal.reports.cli", "archive_group"),
    "purge": ("appraisal.records.cli", "purge"),
    "backup": ("appraisal.backup.cli", "backup_command"),
    "restore": ("appraisal.backup.cli", "restore"),
}
OF_MONITORING: Final[Mapping[str, tuple[str, str]]] = {
    "import": ("appraisal.monitoring.cli", "import_readings"),
    "evaluate": ("appraisal.exceptions.cli", "evaluate"),
    "report": ("appraisal.bulletins.cli", "report"),
    "summaries": ("appraisal.bulletins.cli", "write_summaries"),
    "about-kpis": ("appraisal.bulletins.cli", "enter_about_kpis"),
}


@click.group(cls=Commands, of_slices=OF_SLICES, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Staff appraisal decided from rule files."""


@main.group("kpi", cls=Commands, of_slices=OF_MONITORING)
def kpi_group() -> None:
    """Watched indicators: their readings, and reports on them."""


@main.group("audit")
def audit_group() -> None:
    """The trail of who did what."""


@audit_group.command("verify")
def verify() -> None:
    """Walk the audit chain and name the first bad record."""
    from appraisal import audit, db

    chosen = settings()
    keys = tuple(key for key in (chosen.audit_key, *chosen.old_audit_keys) if key)
    with db.transaction(write=False) as session:
        broken = audit.verify(session, keys)
    if broken is not None:
        click.echo(f"record {broken.seq}: {broken.message.zh} | {broken.message.en}", err=True)
        sys.exit(1)
    click.echo("the audit chain is whole" + ("" if keys else "; no AUDIT_KEY is set, so its seals were not checked"))


@audit_group.command("seal")
def seal() -> None:
    """Sign the end of the chain with AUDIT_KEY; meant to run daily, and done at every payroll release."""
    from appraisal import audit, db

    key = settings().audit_key
    if key is None:
        raise Invalid("bad_setting", "未设置 AUDIT_KEY", "set AUDIT_KEY in the environment")
    with db.transaction(write=True) as session:
        made = audit.seal(session, key)
    click.echo(f"sealed up to record {made.seq}" if made else "there is nothing to seal yet")


@main.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--publish/--no-publish", default=True, help="Publish the rule files on disk first; an error in them stops here.")
@click.option("--worker/--no-worker", default=None, help="A worker beside it for background work; by default on SQLite only.")
def serve(host: str, port: int, publish: bool, worker: bool | None) -> None:
    """Serve the site and the API. The served processes read stored policies only."""
    from appraisal import db
    from appraisal.policies import cli as policies

    target = db.engine()
    db.migrate(target)
    if publish:
        policies.publish_all(settings().root)
    click.echo(f"http://{host}:{port}/", err=True)
    options = ["--bind", f"{host}:{port}", "--workers", str(WORKERS), "--threads", str(THREADS), "--worker-class", "gthread"]
    options += ["--preload", "--no-control-socket", "--log-level", "warning", "--chdir", str(PROJECT_ROOT)]
    command = [sys.executable, "-m", "gunicorn", *options, "wsgi:app"]
    if worker if worker is not None else db.writers_take_turns(target):
        command = [
            sys.executable,
            "-m",
            "appraisal.supervisor",
            *command,
            "--",
            sys.executable,
            "-m",
            "appraisal.cli",
            "worker",
        ]
    os.execve(sys.executable, command, environment_of_server(settings().var))


@main.command("worker")
@click.option("--until-done", is_flag=True, help="Do what is due now, and end.")
def work(until_done: bool) -> None:
    """Do background work until told to stop.

    On SQLite `appraisal serve` starts the one worker by itself; on PostgreSQL run as many as are wanted, on any machine.
    """
    from appraisal import db, telemetry, worker

    telemetry.configure_logs()
    if until_done:
        click.echo(f"{worker.work_off(db.engine())} jobs")
    else:
        worker.work(db.engine())


if __name__ == "__main__":
    main()
