"""`appraisal demo`: loads the sample companies into an empty database, and says what it made and where it lies."""

from collections.abc import Container, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import click
from rich import box
from rich.cells import cell_len
from rich.columns import Columns
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import Engine

from appraisal import db
from appraisal.config import settings
from appraisal.core.numbers import plain
from appraisal.core.policy.model import Text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.demo.quarter import CLERKS, Quarter
from appraisal.payroll import content as payroll_content
from appraisal.payroll import queries as payroll_queries
from appraisal.payroll import service as payroll
from appraisal.people import queries as people
from appraisal.policies import service as policies
from appraisal.reports import queries as reports
from appraisal.reports import service as notices
from appraisal.reports.queries import ResultRow

UNSEEN = 120
"""Columns where the output is no terminal: in a log or a file."""
WIDE = 100
"""Columns from which on unit and post have room beside the notes."""
SHORT = 44
"""Columns up to which a note is given in both languages on one line."""


@click.command("demo")
def demo() -> None:
    """Load the sample companies into an empty database and run their quarter."""
    target, console = db.engine(), Console(highlight=False)
    if not console.is_terminal:
        console.width = UNSEEN
    db.migrate(target)
    with db.transaction(target, write=False) as session:
        if people.has_accounts(session):
            console.print("The database holds data already: nothing is loaded. The sign-ins were shown when it was made;")
            console.print(f"delete {_shown(settings().var)} and run again to begin afresh.")
            return
    checked = policies.check_folder(settings().root, "trading")
    calendar = policies.check_calendar_folder(settings().root)
    with db.transaction(target, write=True) as session:
        quarter = Quarter(session, console.print, {}, {})
        cycle = quarter.run(checked, calendar)
    _show_results(console, target, quarter, cycle)
    folder = settings().var / "demo"
    _write_notices(console, target, quarter, cycle, folder / "notices")
    _write_payroll(console, target, quarter, cycle, folder)
    _show_sign_ins(console, quarter)


def _show_results(console: Console, target: Engine, quarter: Quarter, cycle: Cycle) -> None:
    with db.transaction(target, write=False) as session:
        rows = reports.rows_of_cycle(session, quarter.actors["admin"], cycle)
        remarks = reports.remarks_of(session, cycle)
        edges = {band.from_ for band in cycles.policy_of(session, cycle).bands}
    console.print(results_table(cycle.name, rows, remarks, edges, wide=console.width >= WIDE))


def results_table(
    title: str, rows: Sequence[ResultRow], remarks: Mapping[int, Sequence[Text]], edges: Container[Decimal], *, wide: bool
) -> Table:
    """The results as a table in which only the notes may wrap; a narrow terminal goes without unit and post."""
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("工号\nNo.", no_wrap=True)
    table.add_column("姓名\nName", no_wrap=True)
    if wide:
        table.add_column("部门 · 岗位\nUnit · post", no_wrap=True)
    for heading in ("  得分\n  Score", "等级\nGrade", " 系数\n Multiplier"):
        table.add_column(heading, no_wrap=True)
    table.add_column("说明\nNote", overflow="fold")
    for row in rows:
        place = [" → ".join(f"{place.unit.zh} · {place.post.zh}" for place in row.places)] if wide else []
        figures = ["", "", ""]
        if row.score is not None and row.grade is not None and row.multiplier is not None:
            figures = [_in_line(row.score), row.grade, _in_line(row.multiplier)]
        notes = "\n".join(_notes(row, remarks.get(row.appraisal_id, ()), edges))
        table.add_row(*(escape(cell) for cell in (row.employee_number, row.employee_name, *place, *figures, notes)))
    return table


def _notes(row: ResultRow, remarks: Sequence[Text], edges: Container[Decimal]) -> Iterator[str]:
    """What is special about a row, one line each: in both languages where that stays short."""
    if row.why_not is not None:
        yield from (row.why_not.zh, row.why_not.en)
        return
    if row.score in edges and not row.vetoed:
        yield f"恰在 {row.grade} 级下限 Exactly on the edge of {row.grade}"
    if len(row.places) > 1:
        yield f"换岗, {len(row.places)} 张考核表 Transfer, {len(row.places)} sheets"
    for remark in remarks:
        both = f"{remark.zh} {remark.en}"
        yield both if cell_len(both) <= SHORT else remark.zh


def _in_line(figure: Decimal) -> str:
    """A figure with blanks before it, so that a column has its points in line; blanks behind it rich would drop."""
    whole, point, rest = plain(figure).partition(".")
    return f"{whole:>3}{point}{rest}"


def _write_notices(console: Console, target: Engine, quarter: Quarter, cycle: Cycle, folder: Path) -> None:
    with db.transaction(target, write=False) as session:
        pages = notices.cycle_notices(session, quarter.actors["admin"], cycle)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Result notices", total=len(pages))
        written = notices.write_notices(pages, folder, progress=lambda _: progress.advance(task))
    console.print(f"{len(written)} result notices (PDF) in {_shown(folder)}")


def _write_payroll(console: Console, target: Engine, quarter: Quarter, cycle: Cycle, folder: Path) -> None:
    with db.transaction(target, write=True) as session:
        release = payroll.prepare_release(session, quarter.actors["T002"], cycle.id)
        payroll.release_pay(session, quarter.actors["T003"], release.id)
    with db.transaction(target, write=False) as session:
        said = payroll.pull(session, quarter.actors["T003"], release.id)
        waiting = payroll_queries.waiting(session, cycle)
    path = folder / f"payroll-{said['release']}.csv"
    path.write_bytes(payroll_content.as_csv(said))
    totals = said["totals"]
    rated = f"{totals['rated']} approved results and {totals['not_rated']} not rated"
    console.print(f"Payroll release {said['release']}, {rated}: {_shown(path)}")
    console.print(f"Not approved yet, so not in it: {', '.join(waiting) or 'nobody'}")


def _show_sign_ins(console: Console, quarter: Quarter) -> None:
    """Every account with its password: made at random for this database, stored hashed, shown this once."""
    console.print("\nSign-ins, shown this once. T001 and T004 approve, T002 is HR, T003 payroll, T010 heads sales,")
    console.print("admin runs the system, data enters figures; everybody else is an employee.")
    named = [f"{login.upper() if login not in CLERKS else login} {secret.text}" for login, secret in quarter.secrets.items()]
    console.print(Columns(named, equal=True, padding=(0, 3)))


def _shown(path: Path) -> Path:
    """A path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
