"""What a list of people is read into before anything is written: the organisation as it stands, and what is to change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from appraisal.errors import Fault
from appraisal.people.models import Employee, Post, PostHolding, ReportingLine, Unit
from appraisal.spreadsheets import SheetRow, row_fault

HEADINGS = {
    "number": "工号",
    "name": "姓名",
    "unit": "部门代码",
    "unit_name": "部门",
    "parent": "上级部门代码",
    "parent_name": "上级部门",
    "post": "岗位代码",
    "title": "岗位",
    "policy_post": "制度岗位",
    "share": "任职比例",
    "supervisor": "直接上级工号",
    "joined_on": "入职日期",
    "probation_until": "试用期至",
    "left_on": "离职日期",
    "email": "邮箱",
    "from_on": "生效日期",
}

Blame = Callable[[SheetRow, str, str, str], None]


@dataclass(frozen=True)
class Organisation:
    """Everything there is: units and posts by code, people by number, what is dated by employee id."""

    units: Mapping[str, Unit]
    posts: Mapping[str, Post]
    people: Mapping[str, Employee]
    lines: Mapping[int, Sequence[ReportingLine]]
    holdings: Mapping[int, Sequence[PostHolding]]

    @cached_property
    def unit_codes(self) -> Mapping[int, str]:
        """The units' codes by id."""
        return {unit.id: code for code, unit in self.units.items() if unit.id is not None}

    @cached_property
    def posts_by_id(self) -> Mapping[int, Post]:
        """The posts by id."""
        return {post.id: post for post in self.posts.values() if post.id is not None}

    @cached_property
    def numbers(self) -> Mapping[int, str]:
        """The people's numbers by id."""
        return {employee.id: number for number, employee in self.people.items() if employee.id is not None}


@dataclass(frozen=True)
class NewUnit:
    """A unit that the file brings."""

    code: str
    name: str
    name_en: str
    parent: str | None
    from_on: date


@dataclass(frozen=True)
class NewPost:
    """A post that the file brings."""

    code: str
    title: str
    title_en: str
    unit: str
    policy_post: str


@dataclass(frozen=True)
class PersonPlan:
    """What becomes of one person. `values` are the personal ones to set and `before` what they were; `supervisor` and `posts`
    (code and share) hold from their day on. None: stays as it is."""

    row: int
    number: str
    name: str
    employee: Employee | None
    values: Mapping[str, Any]
    before: Mapping[str, Any]
    supervisor: tuple[str, date] | None = None
    posts: tuple[Mapping[str, Decimal], date] | None = None

    @property
    def changes(self) -> tuple[str, ...]:
        """The codes of what changes, as the columns are called."""
        return (*self.values, *(["supervisor"] if self.supervisor else []), *(["post"] if self.posts else []))

    @property
    def outcome(self) -> str:
        """`created`, `changed` or `unchanged`."""
        return "created" if self.employee is None else "changed" if self.changes else "unchanged"


@dataclass
class Plan:
    """All of it, with what is wrong. Rows of a person with a fault are in `faulty`."""

    units: dict[str, NewUnit] = field(default_factory=dict)
    posts: dict[str, NewPost] = field(default_factory=dict)
    people: dict[str, PersonPlan] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    faulty: set[int] = field(default_factory=set)

    def blame(self, row: SheetRow, column: str, zh: str, en: str) -> None:
        """Notes a fault."""
        self.faults.append(row_fault(row.number, HEADINGS[column], zh, en))
        self.faulty.add(row.number)


def holds(row: ReportingLine | PostHolding, day: date) -> bool:
    """Whether a dated row holds on a day."""
    return row.from_on <= day and (row.to_on is None or row.to_on >= day)


@dataclass
class Person:
    """The rows of one number, what they say of the person, and from when on it is to hold."""

    rows: list[SheetRow]
    employee: Employee | None
    values: dict[str, Any]
    from_on: date

    @property
    def joined_on(self) -> date:
        return self.values["joined_on"] or self.employee.joined_on  # type: ignore[union-attr]
