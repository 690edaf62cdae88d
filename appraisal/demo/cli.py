"""`appraisal demo`: loads the sample companies into an empty database, and says what it made and where it lies."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import combinations
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
from appraisal.actor import Actor
from appraisal.config import settings
from appraisal.core.numbers import plain
from appraisal.core.policy.model import Text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle, Sheet
from appraisal.demo.coal_group import HR, PAYROLL
from appraisal.demo.coal_quarter import CoalQuarters
from appraisal.demo.plant import POLICIES
from appraisal.demo.plant_readings import LAST
from appraisal.demo.plant_watch import WatchedPlant
from appraisal.demo.quarter import Quarter
from appraisal.demo.sample import Sample
from appraisal.labels import label
from appraisal.monitoring import alerts
from appraisal.monitoring.watched import watching
from appraisal.payroll import content as payroll_content
from appraisal.payroll import queries as payroll_queries
from appraisal.payroll import service as payroll
from appraisal.payroll import settlements
from appraisal.people import queries as people
from appraisal.policies import service as policies
from appraisal.policies.service import Checked
from appraisal.reports import queries as reports
from appraisal.reports import result_notice
from appraisal.reports import service as notices
from appraisal.reports.document import file_name
from appraisal.reports.queries import ResultRow

UNSEEN = 120
"""Columns where the output is no terminal: in a log or a file."""
WIDE = 100
"""Columns from which on unit and post have room beside the notes."""
LOGIN = re.compile(r"[a-z]\d+")
"""Sign-ins that are employee numbers, which are written with a capital."""
SHORT = 44
"""Columns up to which a note is given in both languages on one line."""


TOLD = ("C101", "C103", "C116", "C121", "C126", "C127")
"""Of the coal group those whose notices are printed: the others' look like those of the trading company."""
TRADING = """\
Sign-ins, shown this once. Trading company: T001 and T004 approve, T002 is HR, T003 payroll, T010 heads sales,
admin runs the system, data enters figures; everybody else is an employee."""
COAL = """\
Coal group: C127 (chef) and C121 (logistics supervisor) see what a food event did, C126 (driver) what a complaint did,
C103 what befell the planning department and C101 its head, C123 two posts at once, C120 what waits for a figure.
C001 leads, C002 approves what is left to approve, C116 is HR, C112 payroll, C151 enters for the contractor,
coal-data enters figures."""
PLANT = """\
Plant: P011 is the KPI manager, P012 brings readings in and P013 vouches for them, P001 leads and approves; P002, P003,
P004, P006 and P008 head it or departments and answer for exceptions."""


@click.command("demo")
def demo() -> None:
    """Load the sample companies into an empty database and run their quarters."""
    target, console = db.engine(), Console(highlight=False)
    if not console.is_terminal:
        console.width = UNSEEN
    db.migrate(target)
    with db.transaction(target, write=False) as session:
        if people.has_accounts(session):
            console.print("The database holds data already: nothing is loaded. The sign-ins were shown when it was made;")
            console.print(f"delete {_shown(settings().var)} and run again to begin afresh.")
            return
    folder = settings().var / "demo"
    with ThreadPoolExecutor(len(POLICIES)) as pool:
        # Checking takes a process of its own: those of the last company run while the first one's quarter does.
        watched = [pool.submit(policies.check_folder, settings().root, name) for name in POLICIES]
        trading = _run_trading(console, target, folder)
        coal = _run_coal(console, target, trading.actors["admin"], folder / "coal")
        checked = [one.result() for one in watched]
    plant = _run_plant(console, target, trading.actors["admin"], checked, folder / "plant")
    _show_sign_ins(console, TRADING, trading)
    _show_sign_ins(console, COAL, coal)
    _show_sign_ins(console, PLANT, plant)


def _run_trading(console: Console, target: Engine, folder: Path) -> Quarter:
    checked = policies.check_folder(settings().root, "trading")
    calendar = policies.check_calendar_folder(settings().root)
    with db.transaction(target, write=True) as session:
        quarter = Quarter(session, console.print, {}, {})
        cycle = quarter.run(checked, calendar)
    admin = quarter.actors["admin"]
    _show_results(console, target, admin, cycle)
    _write_notices(console, target, admin, cycle, folder / "notices")
    _write_payroll(console, target, quarter.actors["T002"], quarter.actors["T003"], cycle, folder)
    return quarter


def _run_coal(console: Console, target: Engine, admin: Actor, folder: Path) -> CoalQuarters:
    checked = policies.check_folder(settings().root, "coal_group")
    console.print()
    with db.transaction(target, write=True) as session:
        group = CoalQuarters(session, console.print, {"admin": admin}, {})
        cycle = group.run(checked)
    _show_results(console, target, admin, cycle)
    _write_notices(console, target, admin, cycle, folder / "notices", [group.appraisal_id(number) for number in TOLD])
    _write_payroll(console, target, group.actors[HR], group.actors[PAYROLL], cycle, folder)
    _write_settlement(console, target, cycle, folder)
    return group


def _run_plant(console: Console, target: Engine, admin: Actor, checked: Sequence[Checked], folder: Path) -> WatchedPlant:
    console.print()
    with db.transaction(target, write=True) as session:
        plant = WatchedPlant(session, console.print, {"admin": admin}, {}, folder=folder / "exports")
        plant.run(checked)
    console.print(f"Exports of the platform, a folder a month: {_shown(plant.folder)}")
    _show_alerts(console, target, plant)
    return plant


def _show_alerts(console: Console, target: Engine, plant: WatchedPlant) -> None:
    """What the evaluation of the last month alerts of."""
    table = Table(title=f"示例医疗器械厂 {LAST}", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for heading in ("制度\nPolicy", "指标\nIndicator", "预警\nAlert"):
        table.add_column(heading, no_wrap=True)
    with db.transaction(target, write=False) as session:
        known = watching(session)
        for alert, *_ in session.exec(alerts.alerts_seen(session, plant.manager, {"period": str(LAST)})):
            policy = known.policy_on(alert.policy, alert.starts_on)
            named = [policy.watched[one].indicator.name.zh for one in (alert.indicator, alert.other) if policy and one]
            said = label("kpi_level", alert.level) if alert.level else label("kpi_alert", alert.kind)
            table.add_row(alert.policy, " · ".join(named), f"{said.zh} {said.en}")
    console.print(table)
    console.print(f"Judged again, nothing is opened twice: appraisal kpi evaluate --period {LAST}")


def _show_results(console: Console, target: Engine, admin: Actor, cycle: Cycle) -> None:
    with db.transaction(target, write=False) as session:
        rows = reports.rows_of_cycle(session, admin, cycle)
        remarks = reports.remarks_of(session, cycle)
        edges = {band.from_ for band in cycles.policy_of(session, cycle).bands}
        beside = _with_posts_beside(cycles.sheets_of(session, [row.appraisal_id for row in rows]))
    console.print(results_table(cycle.name, rows, remarks, edges, beside, wide=console.width >= WIDE))


def _with_posts_beside(sheets: Mapping[int, Sequence[Sheet]]) -> frozenset[int]:
    """The appraisals of those who hold posts beside each other, and not one after another."""
    return frozenset(
        appraisal_id
        for appraisal_id, several in sheets.items()
        if any(one.from_on <= other.to_on and other.from_on <= one.to_on for one, other in combinations(several, 2))
    )


def results_table(
    title: str,
    rows: Sequence[ResultRow],
    remarks: Mapping[int, Sequence[Text]],
    edges: Container[Decimal],
    beside: Container[int] = (),
    *,
    wide: bool,
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
        joined = " + " if row.appraisal_id in beside else " → "
        place = [joined.join(f"{place.unit.zh} · {place.post.zh}" for place in row.places)] if wide else []
        figures = ["", "", ""]
        if row.score is not None and row.grade is not None and row.multiplier is not None:
            figures = [_in_line(row.score), row.grade, _in_line(row.multiplier)]
        notes = "\n".join(_notes(row, remarks.get(row.appraisal_id, ()), edges, beside))
        table.add_row(*(escape(cell) for cell in (row.employee_number, row.employee_name, *place, *figures, notes)))
    return table


def _notes(row: ResultRow, remarks: Sequence[Text], edges: Container[Decimal], beside: Container[int]) -> Iterator[str]:
    """What is special about a row, one line each: in both languages where that stays short."""
    if row.why_not is not None:
        yield from (row.why_not.zh, row.why_not.en)
        return
    if row.score in edges and not row.vetoed:
        yield f"恰在 {row.grade} 级下限 Exactly on the edge of {row.grade}"
    if len(row.places) > 1:
        zh, en = ("兼任", "Two posts") if row.appraisal_id in beside else ("换岗", "Transfer")
        yield f"{zh}, {len(row.places)} 张考核表 {en}, {len(row.places)} sheets"
    for remark in remarks:
        both = f"{remark.zh} {remark.en}"
        yield both if cell_len(both) <= SHORT else remark.zh


def _in_line(figure: Decimal) -> str:
    """A figure with blanks before it, so that a column has its points in line; blanks behind it rich would drop."""
    whole, point, rest = plain(figure).partition(".")
    return f"{whole:>3}{point}{rest}"


def _write_notices(
    console: Console, target: Engine, admin: Actor, cycle: Cycle, folder: Path, chosen: Sequence[int] | None = None
) -> None:
    """The notices of everybody, or of the appraisals that are chosen."""
    with db.transaction(target, write=False) as session:
        if chosen is None:
            told = list(notices.documents_of_cycle(session, admin, cycle, result_notice.FORM))
        else:
            told = [result_notice.tell_result(session, admin, appraisal_id) for appraisal_id in chosen]
        pages = [(file_name(result_notice.FORM, one, "zh"), result_notice.FORM.html(one, "zh")) for one in told]
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Result notices", total=len(pages))
        written = notices.write_documents(pages, folder, progress=lambda _: progress.advance(task))
    console.print(f"{len(written)} result notices (PDF) in {_shown(folder)}")


def _write_payroll(console: Console, target: Engine, hr: Actor, payer: Actor, cycle: Cycle, folder: Path) -> None:
    with db.transaction(target, write=True) as session:
        release = payroll.prepare_release(session, hr, cycle.id)
        payroll.release_pay(session, payer, release.id)
    with db.transaction(target, write=False) as session:
        said = payroll.pull(session, payer, release.id)
        waiting = payroll_queries.waiting(session, cycle)
    path = folder / f"payroll-{said['release']}.csv"
    path.write_bytes(payroll_content.as_csv(said))
    totals = said["totals"]
    rated = f"{totals['rated']} approved results and {totals['not_rated']} not rated"
    console.print(f"Payroll release {said['release']}, {rated}: {_shown(path)}")
    console.print(f"Not approved yet, so not in it: {', '.join(waiting) or 'nobody'}")


def _write_settlement(console: Console, target: Engine, cycle: Cycle, folder: Path) -> None:
    with db.transaction(target, write=False) as session:
        lines = settlements.settlements(session, cycle)
    path = folder / f"settlement-{cycle.code}.csv"
    path.write_bytes(settlements.as_csv(cycle, lines))
    console.print(f"Contractors are paid outside, by a settlement list of {len(lines)}: {_shown(path)}")


def _show_sign_ins(console: Console, words: str, company: Sample) -> None:
    """Every account with its password: made at random for this database, stored hashed, shown this once."""
    console.print(f"\n{words}")
    named = [f"{login.upper() if LOGIN.fullmatch(login) else login} {one.text}" for login, one in company.secrets.items()]
    console.print(Columns(named, equal=True, padding=(0, 3)))


def _shown(path: Path) -> Path:
    """A path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
