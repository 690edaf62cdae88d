"""`appraisal demo`: loads the sample companies into an empty database, and says what it made and where it lies."""

from pathlib import Path

import click
from rich.columns import Columns
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import Engine

from appraisal import db
from appraisal.config import settings
from appraisal.core.numbers import plain
from appraisal.cycles.models import Cycle
from appraisal.demo.quarter import CLERKS, PERIOD, Quarter
from appraisal.people import queries as people
from appraisal.policies import service as policies
from appraisal.reports import queries as reports
from appraisal.reports import service as notices
from appraisal.results import payroll


@click.command("demo")
def demo() -> None:
    """Load the sample companies into an empty database and run their quarter."""
    target, console = db.engine(), Console(highlight=False)
    db.migrate(target)
    with db.transaction(target, write=False) as session:
        if people.has_accounts(session):
            console.print("The database holds data already: nothing is loaded. The sign-ins were shown when it was made;")
            console.print(f"delete {_shown(settings().var)} and run again to begin afresh.")
            return
    checked = policies.check_folder(settings().root, "trading")
    with db.transaction(target, write=True) as session:
        quarter = Quarter(session, console.print, {}, {})
        cycle = quarter.run(checked)
    _show_results(console, target, quarter, cycle)
    folder = settings().var / "demo"
    _write_notices(console, target, quarter, cycle, folder / "notices")
    _write_payroll(console, target, quarter, cycle, folder)
    _show_sign_ins(console, quarter)


def _show_results(console: Console, target: Engine, quarter: Quarter, cycle: Cycle) -> None:
    table = Table("工号 No.", "姓名 Name", "部门 · 岗位 Unit · post", title=cycle.name)
    for heading in ("得分 Score", "等级 Grade", "系数 Multiplier"):
        table.add_column(heading, justify="right")
    table.add_column("说明 Note")
    with db.transaction(target, write=False) as session:
        for row in reports.rows_of_cycle(session, quarter.actors["admin"], cycle):
            place = " → ".join(f"{place.unit.zh} · {place.post.zh}" for place in row.places)
            figures, note = ("—", "—", "—"), row.why_not.zh if row.why_not else ""
            if row.score is not None and row.grade is not None and row.multiplier is not None:
                figures, note = (plain(row.score), row.grade, plain(row.multiplier)), "一票否决" if row.vetoed else ""
            table.add_row(row.employee_number, row.employee_name, place, *figures, note)
    console.print(table)


def _write_notices(console: Console, target: Engine, quarter: Quarter, cycle: Cycle, folder: Path) -> None:
    with db.transaction(target, write=False) as session:
        pages = notices.cycle_notices(session, quarter.actors["admin"], cycle)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Result notices", total=len(pages))
        written = notices.write_notices(pages, folder, progress=lambda _: progress.advance(task))
    console.print(f"{len(written)} result notices (PDF) in {_shown(folder)}")


def _write_payroll(console: Console, target: Engine, quarter: Quarter, cycle: Cycle, folder: Path) -> None:
    with db.transaction(target, write=True) as session:
        files = payroll.export_payroll(session, quarter.actors["T003"], cycle.id)
    for name, content in ((f"payroll-{PERIOD}.csv", files.results), (f"payroll-{PERIOD}-not-rated.csv", files.not_rated)):
        (folder / name).write_bytes(content)
    console.print(f"Payroll, {files.result_count} approved results: {_shown(folder / f'payroll-{PERIOD}.csv')}")
    console.print(f"Not rated, {files.not_rated_count}: {_shown(folder / f'payroll-{PERIOD}-not-rated.csv')}")
    console.print(f"Not approved yet, so in neither: {', '.join(files.waiting) or 'nobody'}")


def _show_sign_ins(console: Console, quarter: Quarter) -> None:
    """Every account with its password: made at random for this database, stored hashed, shown this once."""
    console.print("\nSign-ins, shown this once. T001 and T004 approve, T002 is HR, T003 payroll, T010 heads sales,")
    console.print("admin runs the system, data enters figures; everybody else is an employee.")
    named = [f"{login.upper() if login not in CLERKS else login} {secret.text}" for login, secret in quarter.secrets.items()]
    console.print(Columns(named, equal=True, padding=(0, 3)))


def _shown(path: Path) -> Path:
    """A path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
