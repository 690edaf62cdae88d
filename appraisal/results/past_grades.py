"""Grades from before the system, one or a whole file of them: imported, not computed (D-22).

They count in runs of grades and are never scored anew. What has been imported is not changed: a row that says the same again is
left alone, so that a file may be sent twice, and one that says otherwise is a fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col, select

from appraisal import audit, clock, db, spreadsheets
from appraisal.actor import Actor
from appraisal.agreements.fields import require_figures, require_text
from appraisal.core.calendar import Period
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.people import auth
from appraisal.people.models import Employee
from appraisal.policies import queries as policies
from appraisal.results.models import PastGradeImport
from appraisal.spreadsheets import Column, SheetRow, row_fault

COLUMNS = (
    Column("number", ("工号", "Employee number"), required=True, most=40),
    Column("period", ("考核期", "Period"), required=True, most=10),
    Column("grade", ("等级", "Grade"), required=True, most=10),
    Column("score", ("得分", "Score"), kind="number"),
    Column("collective", ("连带", "Collective"), kind="flag"),
    Column("source_document", ("来源", "Source document"), required=True, most=200),
)


@dataclass(frozen=True)
class PastGrade:
    """One grade as a row gives it, and whose it is."""

    employee_id: int
    period: str
    grade: str
    score: Decimal | None
    collective: bool
    source_document: str


@dataclass(frozen=True)
class Preview:
    """What an import would do: the grades it would add, how many are there already, and the rows that stand in the way."""

    new: tuple[PastGrade, ...]
    unchanged: int
    faults: tuple[Fault, ...]


def import_past_grade(
    session: Session,
    actor: Actor,
    employee_id: int,
    *,
    period: str,
    grade: str,
    source_document: str,
    collective: bool = False,
    score: Decimal | None = None,
) -> PastGradeImport:
    """One grade of one person, by HR."""
    if session.get(Employee, employee_id) is None:
        raise NotFound()
    auth.require_relation(session, actor, employee_id, clock.today(), "hr")
    require_text(200, source_document=source_document)
    require_text(10, grade=grade)
    require_figures({"score": score})
    parsed = _past_period(period)
    _require_known_grade(grade, _known_grades(session))
    known = select(PastGradeImport).where(PastGradeImport.employee_id == employee_id, PastGradeImport.period == parsed)
    if session.exec(known).one_or_none() is not None:
        raise Conflict("already_exists", f"{period} 的等级已导入", f"the grade of {period} has been imported already")
    return _add(session, actor, PastGrade(employee_id, parsed, grade, score, collective, source_document))


def preview_past_grades(session: Session, actor: Actor, name: str, content: bytes) -> Preview:
    """What `import_past_grades` would make of a file (CSV or XLSX). Raises Invalid for one that cannot be read."""
    if not actor.holds("hr"):
        raise auth.for_others("hr")
    table = spreadsheets.read(name, content, COLUMNS)
    people = _handled(session, actor, {row.values["number"] for row in table.rows})
    known = _known_grades(session)
    there = _there(session, set(people.values()))
    new: list[PastGrade] = []
    faults = list(table.faults)
    rows: dict[tuple[int, str], int] = {}
    unchanged = 0
    for row in table.rows:
        found = _read(row, people, known)
        if isinstance(found, Fault):
            faults.append(found)
            continue
        key = (found.employee_id, found.period)
        if (first := rows.setdefault(key, row.number)) != row.number:
            faults.append(row_fault(row.number, "考核期", f"与第 {first} 行重复", f"is the same as row {first}"))
        elif key not in there:
            new.append(found)
        elif there[key] == found:
            unchanged += 1
        else:
            zh = f"已导入等级 {there[key].grade}, 与本行不同; 已导入的不能更改"
            faults.append(row_fault(row.number, "等级", zh, f"{there[key].grade} has been imported, and is not changed"))
    return Preview(tuple(new), unchanged, tuple(faults))


def import_past_grades(session: Session, actor: Actor, name: str, content: bytes, *, skip_faulty: bool = False) -> Preview:
    """Imports the grades of a file, all or none, or with `skip_faulty` those of its sound rows.

    Raises Invalid `bad_rows` with every row that stands in the way.
    """
    db.one_at_a_time(session, "import of past grades")
    plan = preview_past_grades(session, actor, name, content)
    if plan.faults and not skip_faulty:
        count = len(plan.faults)
        zh, en = f"有 {count} 处需要改正, 未导入任何等级", f"{count} rows cannot be imported; nothing has been"
        raise Invalid("bad_rows", zh, en, plan.faults)
    for grade in plan.new:
        _add(session, actor, grade)
    return plan


def of_employee(session: Session, employee_id: int) -> Sequence[PastGradeImport]:
    """The grades of one person from before the system, the latest period first."""
    found = select(PastGradeImport).where(PastGradeImport.employee_id == employee_id)
    return sorted(session.exec(found), key=lambda one: Period.parse(one.period).last_day(), reverse=True)


def _read(row: SheetRow, people: dict[str, int], known: Sequence[str]) -> PastGrade | Fault:
    values = row.values
    if values["number"] not in people:
        return row_fault(row.number, "工号", "没有您可办理的此员工", "there is no such employee whom you handle")
    heading = "考核期"
    try:
        period = _past_period(values["period"])
        heading = "等级"
        _require_known_grade(values["grade"], known)
    except Invalid as refused:
        return row_fault(row.number, heading, refused.message.zh, refused.message.en)
    told = (values["grade"], values["score"], bool(values["collective"]), values["source_document"])
    return PastGrade(people[values["number"]], period, *told)


def _handled(session: Session, actor: Actor, numbers: set[str]) -> dict[str, int]:
    """By number those of these people whom the actor handles as HR; never themselves (D-23)."""
    seen = auth.seen_employees(session, actor, clock.today(), ["hr"])
    found = select(Employee.number, Employee.id).where(col(Employee.number).in_(numbers), seen)
    return {number: one for number, one in session.exec(found) if one != actor.employee_id}


def _there(session: Session, employee_ids: set[int]) -> dict[tuple[int, str], PastGrade]:
    found = session.exec(select(PastGradeImport).where(col(PastGradeImport.employee_id).in_(employee_ids)))
    return {
        (row.employee_id, row.period): PastGrade(
            row.employee_id, row.period, row.grade, row.score, row.collective, row.source_document
        )
        for row in found
    }


def _past_period(written: str) -> str:
    try:
        parsed = Period.parse(written)
    except ValueError:
        raise Invalid("bad_period", f"{written} 不是考核期", f"{written!r} is no period: write 2025-Q4 or the like") from None
    if parsed.last_day() >= clock.today():
        raise Invalid("bad_period", f"{written} 尚未结束", f"the period {written} is not over yet")
    return str(parsed)


def _known_grades(session: Session) -> tuple[str, ...]:
    names = policies.published_names(session)
    stored = [found for name in names if (found := policies.policy_in_force(session, name, clock.today())) is not None]
    return tuple(dict.fromkeys(band.grade for one in stored for band in policies.compiled(session, one.digest).bands))


def _require_known_grade(grade: str, known: Sequence[str]) -> None:
    """Refuses a grade that no published policy has: imports are never changed, and it would block every later result."""
    if grade not in known:
        shown = "、".join(known) or "-"
        zh, en = f"没有等级 {grade}; 可用: {shown}", f"there is no grade {grade}; the policies have: {', '.join(known) or '-'}"
        raise Invalid("unknown_grade", zh, en, [Fault("grade", zh, en)])


def _add(session: Session, actor: Actor, given: PastGrade) -> PastGradeImport:
    row = PastGradeImport(**vars(given), imported_by=actor.account_id, imported_at=clock.now())
    session.add(row)
    session.flush()
    after = {"employee_id": row.employee_id, "period": row.period, "grade": row.grade, "collective": row.collective}
    after |= {"score": row.score, "source": row.source_document}
    audit.record(session, actor, "past_grade.import", "past_grade", row.id, after=after)
    return row
