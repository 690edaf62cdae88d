"""What a list of people would change in the organisation as it stands: worked out in memory, so that a preview and the import
itself cannot differ, and thirty thousand people take no more queries than three.

Rows of one number are one person with several posts. What a blank cell does not say stays as it is.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from appraisal.people.import_lines import Stretch, loops
from appraisal.people.import_model import Blame, Organisation, Person, PersonPlan, Plan, holds
from appraisal.people.import_places import check_tree, check_units, collect_new, posts_to_set, posts_wanted
from appraisal.people.mailing import fault_of
from appraisal.people.models import Employee
from appraisal.spreadsheets import SheetRow

PERSONAL = ("name", "joined_on", "probation_until", "left_on", "email")
_SAME_IN_ALL = (*PERSONAL, "supervisor", "from_on")


def plan_import(there: Organisation, rows: Sequence[SheetRow], today: date, own_number: str | None) -> Plan:
    """What the rows change. `own_number` is that of whoever imports, whose own file they do not touch (D-23)."""
    plan = Plan()
    blame = plan.blame
    persons = dict(_persons(there, rows, today, blame))
    collect_new(there, plan, persons.values())
    for person in persons.values():
        check_units(there, plan, person, blame)
    check_tree(plan, there, persons, blame)
    for number, person in persons.items():
        posts = posts_wanted(there, plan, person, blame)
        values = _values_to_set(person)
        planned = PersonPlan(
            person.rows[0].number,
            number,
            person.values["name"] or (person.employee.name if person.employee else ""),
            person.employee,
            values,
            {key: getattr(person.employee, key) for key in values} if person.employee else {},
            _supervisor_to_set(there, persons, person, blame),
            posts_to_set(there, person, posts, blame),
        )
        if planned.outcome == "changed" and number == own_number:
            blame(person.rows[0], "number", "不得办理本人的人事事项 (D-23)", "nobody handles their own file (D-23)")
        plan.people[number] = planned
    _check_loops(there, plan, persons, blame)
    return plan


def _persons(there: Organisation, rows: Sequence[SheetRow], today: date, blame: Blame) -> Iterator[tuple[str, Person]]:
    by_number: dict[str, list[SheetRow]] = {}
    for row in rows:
        by_number.setdefault(row.values["number"], []).append(row)
    for number, own in by_number.items():
        employee = there.people.get(number)
        values = {key: next((row.values[key] for row in own if row.values[key] is not None), None) for key in _SAME_IN_ALL}
        for row in own:
            for key in _SAME_IN_ALL:
                if row.values[key] not in (None, values[key]):
                    blame(row, key, f"与工号 {number} 的另一行不同", f"differs from another row of {number}")
        lacking = [key for key in ("name", "joined_on") if values[key] is None] if employee is None else []
        for key in lacking:
            blame(own[0], key, "新员工必填", "is needed for somebody new")
        if not lacking:
            yield number, _person(own, employee, values, today, blame)


def _person(rows: list[SheetRow], employee: Employee | None, values: dict[str, Any], today: date, blame: Blame) -> Person:
    joined_on = values["joined_on"] or employee.joined_on  # type: ignore[union-attr]
    left_on = values["left_on"] or (employee.left_on if employee else None)
    usual = joined_on if employee is None else max(joined_on, min(today, left_on or today))
    from_on = values["from_on"] or usual
    for key, day in (("probation_until", values["probation_until"]), ("left_on", left_on), ("from_on", from_on)):
        if day is not None and day < joined_on:
            blame(rows[0], key, f"{day} 早于入职日期 {joined_on}", f"{day} is before the first day of work, {joined_on}")
    if fault := fault_of(values["email"]):
        blame(rows[0], "email", fault.zh, fault.en)
    if left_on is not None and from_on > left_on >= joined_on:
        blame(rows[0], "from_on", f"{from_on} 晚于离职日期 {left_on}", f"{from_on} is after the last day of work, {left_on}")
    return Person(rows, employee, values, from_on)


def _values_to_set(person: Person) -> dict[str, Any]:
    given = {key: person.values[key] for key in PERSONAL if person.values[key] is not None}
    return {key: value for key, value in given.items() if person.employee is None or getattr(person.employee, key) != value}


def _supervisor_to_set(
    there: Organisation, persons: Mapping[str, Person], person: Person, blame: Blame
) -> tuple[str, date] | None:
    number, row = person.values["supervisor"], person.rows[0]
    if number is None:
        return None
    listed, known = persons.get(number), there.people.get(number)
    if listed is None and known is None:
        blame(row, "supervisor", f"没有工号 {number}", f"there is nobody with the number {number}")
        return None
    joined_on = listed.joined_on if listed else known.joined_on  # type: ignore[union-attr]
    left_on = (listed.values["left_on"] if listed else None) or (known.left_on if known else None)
    from_on = max(person.from_on, joined_on)
    dated = there.lines.get(person.employee.id, ()) if person.employee else ()
    if any(holds(line, from_on) and known is not None and line.supervisor_id == known.id for line in dated):
        return None
    if left_on is not None and left_on < from_on:
        blame(row, "supervisor", f"上级已于 {left_on} 离职", f"the supervisor has left on {left_on}")
    if any(line.from_on > from_on for line in dated):
        blame(row, "supervisor", f"{from_on} 之后已有汇报关系", f"a reporting line is noted after {from_on} already")
    return number, from_on


def _check_loops(there: Organisation, plan: Plan, persons: Mapping[str, Person], blame: Blame) -> None:
    numbers = there.numbers
    stretches: dict[str, list[Stretch]] = {
        numbers[employee_id]: [Stretch(line.from_on, line.to_on, numbers[line.supervisor_id]) for line in lines]
        for employee_id, lines in there.lines.items()
    }
    changed = {number: one.supervisor for number, one in plan.people.items() if one.supervisor is not None}
    for number, (supervisor, from_on) in changed.items():
        kept = [stretch.until(from_on) for stretch in stretches.get(number, ()) if stretch.from_on < from_on]
        stretches[number] = [*kept, Stretch(from_on, None, supervisor)]
    for number, way in loops(stretches, changed):
        shown = " → ".join(way[:8])
        blame(
            persons[number].rows[0], "supervisor", f"汇报关系成环: {shown}", f"the reporting lines close into a loop: {shown}"
        )


def without(rows: Sequence[SheetRow], numbers: Collection[str]) -> list[SheetRow]:
    """The rows that are not of these people."""
    return [row for row in rows if row.values["number"] not in numbers]
