"""The part of a list of people that says where they work: units and posts that are new, and posts held from a day on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from appraisal.core.numbers import HUNDRED, ZERO, add
from appraisal.people.import_model import Blame, NewPost, NewUnit, Organisation, Person, Plan, holds
from appraisal.people.models import PostHolding, Unit
from appraisal.spreadsheets import SheetRow


def collect_new(there: Organisation, plan: Plan, persons: Iterable[Person]) -> None:
    """The units and posts that any row brings; another row need only name their codes."""
    for person in persons:
        for row in person.rows:
            _collect_unit(there, plan, row.values["parent"], row.values["parent_name"], None, None, person)
            names = row.values["unit_name"], row.values["unit_name_en"]
            _collect_unit(there, plan, row.values["unit"], *names, row.values["parent"], person)
            given = [row.values[key] for key in ("post", "title", "unit", "policy_post")]
            if None not in given and given[0] not in there.posts and given[0] not in plan.posts:
                code, title, unit, policy_post = given
                plan.posts[code] = NewPost(code, title, row.values["title_en"] or title, unit, policy_post)


def _collect_unit(
    there: Organisation, plan: Plan, code: str | None, name: str | None, name_en: str | None, parent: str | None, person: Person
) -> None:
    known = plan.units.get(code) if code is not None else None
    if known is not None:
        first = min(known.from_on, person.from_on)
        plan.units[known.code] = replace(known, from_on=first, parent=known.parent or parent)
    elif code is not None and name is not None and code not in there.units:
        plan.units[code] = NewUnit(code, name, name_en or name, parent, person.from_on)


def check_units(there: Organisation, plan: Plan, person: Person, blame: Blame) -> None:
    """What a row says of a unit is so already, or comes about with the file."""
    for row in person.rows:
        code, name, parent = row.values["unit"], row.values["unit_name"], row.values["parent"]
        if code is None:
            if name is not None or parent is not None:
                blame(row, "unit", "须填写部门代码", "the code of the unit is needed")
            continue
        known = there.units.get(code) or plan.units.get(code)
        if known is None:
            blame(row, "unit", f"没有部门 {code}; 新部门须填写名称", f"there is no unit {code}; a new one needs its name")
        elif name not in (None, known.name):
            zh = f"部门 {code} 名为 {known.name}; 更名请在部门中办理"
            blame(row, "unit_name", zh, f"the unit {code} is called {known.name}: rename it where units are kept")
        elif parent not in (None, _parent_code(there, known)):
            zh = f"部门 {code} 的上级不是 {parent}; 调整请在部门中办理"
            blame(row, "parent", zh, f"the unit {code} does not lie below {parent}: move it where units are kept")
        elif isinstance(known, Unit) and known.to_on is not None and known.to_on < person.from_on:
            blame(row, "unit", f"部门 {code} 已于 {known.to_on} 撤销", f"the unit {code} has ended on {known.to_on}")


def _parent_code(there: Organisation, unit: Unit | NewUnit) -> str | None:
    if isinstance(unit, NewUnit):
        return unit.parent
    return there.unit_codes[unit.parent_id] if unit.parent_id is not None else None


def check_tree(plan: Plan, there: Organisation, persons: Mapping[str, Person], blame: Blame) -> None:
    """Refuses a new unit that does not hang, over new ones, on one that is there or on none."""
    bad: dict[str, tuple[str, str]] = {}
    for code, unit in plan.units.items():
        if unit.parent is not None and unit.parent not in plan.units and unit.parent not in there.units:
            bad[code] = f"没有上级部门 {unit.parent}", f"there is no unit {unit.parent} above"
            continue
        above, seen = unit, {code}
        while above.parent in plan.units and above.parent not in seen:
            seen.add(above.parent)
            above = plan.units[above.parent]
        if above.parent in seen:
            bad[code] = "部门上下级成环", "the units above one another close into a loop"
    for person in persons.values() if bad else ():
        for row in person.rows:
            if row.values["unit"] in bad:
                blame(row, "parent", *bad[row.values["unit"]])


def posts_wanted(there: Organisation, plan: Plan, person: Person, blame: Blame) -> dict[str, Decimal]:
    """The posts of a person's rows with their shares."""
    wanted: dict[str, Decimal] = {}
    several = len(person.rows) > 1
    for row in person.rows:
        code, share = row.values["post"], row.values["share"]
        if code is None:
            if several or row.values["title"] is not None or share is not None or not _works_in(there, person, row):
                blame(row, "post", "须填写岗位代码", "the code of the post is needed")
            continue
        if code in wanted:
            blame(row, "post", f"岗位 {code} 重复", f"the post {code} is there twice")
        if (share is None and several) or (share is not None and not ZERO < share <= HUNDRED):
            zh, en = "须大于 0 且不超过 100, 多岗须逐一填写", "is above 0 and at most 100, and needed for each of several posts"
            blame(row, "share", zh, en)
        wanted[code] = HUNDRED if share is None else share
        _check_post(there, plan, row, code, blame)
    if several and add(*wanted.values()) > HUNDRED:
        blame(person.rows[0], "share", "各岗位比例合计超过 100", "the shares exceed 100 together")
    return wanted


def _works_in(there: Organisation, person: Person, row: SheetRow) -> bool:
    """Whether somebody is in the unit of a row by a post they hold already; nobody is in a unit without a post."""
    if row.values["unit"] is None:
        return True
    held = (there.posts_by_id[one.post_id] for one in _dated(there, person) if holds(one, person.from_on))
    return any(there.unit_codes[post.unit_id] == row.values["unit"] for post in held)


def _check_post(there: Organisation, plan: Plan, row: SheetRow, code: str, blame: Blame) -> None:
    known = there.posts.get(code) or plan.posts.get(code)
    if known is None:
        zh = f"没有岗位 {code}; 新岗位须填写名称、部门和制度岗位"
        blame(row, "post", zh, f"there is no post {code}; a new one needs its title, unit and post in the policy")
        return
    at = known.unit if isinstance(known, NewPost) else there.unit_codes[known.unit_id]
    for column, kept in (("title", known.title), ("unit", at), ("policy_post", known.policy_post)):
        if row.values[column] not in (None, kept):
            zh = f"岗位 {code} 登记为 {kept}; 变更请在岗位中办理"
            blame(row, column, zh, f"the post {code} has {kept}: change it where posts are kept")


def _dated(there: Organisation, person: Person) -> Sequence[PostHolding]:
    return there.holdings.get(person.employee.id, ()) if person.employee is not None and person.employee.id else ()


def posts_to_set(
    there: Organisation, person: Person, wanted: dict[str, Decimal], blame: Blame
) -> tuple[Mapping[str, Decimal], date] | None:
    """The posts that a person is to hold from their day on; None where they hold just these then, or none are named."""
    if not wanted:
        return None
    dated = _dated(there, person)
    held = {there.posts_by_id[one.post_id].code: one.share for one in dated if holds(one, person.from_on)}
    if held == wanted:
        return None
    if any(one.from_on > person.from_on for one in dated):
        blame(person.rows[0], "post", f"{person.from_on} 之后已有任职记录", f"a post is noted after {person.from_on} already")
    return wanted, person.from_on
