"""Use cases of the organisation: found units and posts, hire, place, connect."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from appraisal import audit, db
from appraisal.actor import Actor
from appraisal.core.numbers import HUNDRED, ZERO, add
from appraisal.errors import Conflict, Invalid
from appraisal.people import auth, mailing, queries
from appraisal.people.checks import require_fits, require_new
from appraisal.people.models import Employee, Post, PostHolding, ReportingLine, Unit


def create_unit(
    session: Session, actor: Actor, *, code: str, name: str, name_en: str, from_on: date, parent: Unit | None = None
) -> Unit:
    """A new unit below another, or a root; HR of a unit makes them below it."""
    auth.require_role(actor, "hr", "admin", unit=parent.id if parent else None)
    require_fits(code=(code, 40), name=(name, 120), name_en=(name_en, 120))
    require_new(queries.unit_by_code(session, code), f"部门 {code}", f"the unit {code}")
    unit = Unit(code=code, name=name, name_en=name_en, from_on=from_on, parent_id=parent.id if parent else None)
    return _added(session, actor, "unit.create", unit, {"code": code, "name": name, "parent": parent.code if parent else None})


def create_post(session: Session, actor: Actor, *, code: str, title: str, title_en: str, unit: Unit, policy_post: str) -> Post:
    """A new post in a unit; `policy_post` names its sheet in the policy's weights files."""
    auth.require_role(actor, "hr", "admin", unit=unit.id)
    require_fits(code=(code, 40), title=(title, 120), title_en=(title_en, 120), policy_post=(policy_post, 80))
    require_new(queries.post_by_code(session, code), f"岗位 {code}", f"the post {code}")
    post = Post(code=code, title=title, title_en=title_en, unit_id=unit.id, policy_post=policy_post)
    after = {"code": code, "title": title, "unit": unit.code, "policy_post": policy_post}
    return _added(session, actor, "post.create", post, after)


def hire_employee(
    session: Session,
    actor: Actor,
    *,
    number: str,
    name: str,
    joined_on: date,
    probation_until: date | None = None,
    email: str | None = None,
    post: Post | None = None,
    supervisor: Employee | None = None,
) -> Employee:
    """A new employee, in a post and under a supervisor from the first day where these are given; HR of a unit hires into it.

    Raises Invalid for probation that ends before the first day and for no mail address, Conflict for a number in use.
    """
    auth.require_role(actor, "hr", unit=post.unit_id if post else None)
    require_fits(number=(number, 40), name=(name, 80))
    _check_dates(joined_on, probation_until)
    mailing.require_address(email)
    require_new(queries.employee_by_number(session, number), f"工号 {number}", f"the employee number {number}")
    employee = Employee(number=number, name=name, joined_on=joined_on, probation_until=probation_until, email=email)
    after = {"number": number, "name": name, "joined_on": joined_on, "probation_until": probation_until}
    after |= {"email": email} if email else {}
    _added(session, actor, "employee.hire", employee, after)
    if post is not None:
        _place(session, actor, employee, post, joined_on, None, HUNDRED, False)
    if supervisor is not None:
        _lead(session, actor, employee, supervisor, joined_on)
    return employee


def change_employee(
    session: Session,
    actor: Actor,
    employee: Employee,
    *,
    name: str,
    joined_on: date,
    probation_until: date | None,
    version: int | None = None,
) -> Employee:
    """Corrects a name, the first day of work or the end of probation."""
    auth.require_hr_of(session, actor, employee)
    db.expect_version(employee, version)
    require_fits(name=(name, 80))
    _check_dates(joined_on, probation_until)
    if employee.left_on is not None and employee.left_on < joined_on:
        raise Invalid("bad_dates", "离职日期早于入职日期", "the last day of work is before the first")
    before = {"name": employee.name, "joined_on": employee.joined_on, "probation_until": employee.probation_until}
    employee.name, employee.joined_on, employee.probation_until = name, joined_on, probation_until
    session.flush()
    after = {"name": name, "joined_on": joined_on, "probation_until": probation_until}
    audit.record(session, actor, "employee.change", "employee", employee.id, before=before, after=after)
    return employee


def end_employment(
    session: Session, actor: Actor, employee: Employee, *, left_on: date | None, reason: str, version: int | None = None
) -> None:
    """Notes the last day of work, or that there is none after all. Reporting lines and posts held later than that simply no
    longer count."""
    auth.require_hr_of(session, actor, employee)
    db.expect_version(employee, version)
    require_fits(reason=(reason, 500))
    if left_on is not None and left_on < employee.joined_on:
        raise Invalid("bad_dates", "离职日期早于入职日期", "the last day of work is before the first")
    before = employee.left_on
    employee.left_on = left_on
    session.flush()
    change = {"before": {"left_on": before}, "after": {"left_on": left_on}, "reason": reason}
    audit.record(session, actor, "employee.leave", "employee", employee.id, **change)


def assign_supervisor(
    session: Session, actor: Actor, employee: Employee, supervisor: Employee, *, from_on: date
) -> ReportingLine:
    """From a day on, `employee` reports to `supervisor`; the line before ends the day before.

    Raises Invalid `reporting_loop` when the supervisor would report to the employee on any later day, Conflict when a line
    is already noted from that day on or later.
    """
    auth.require_hr_of(session, actor, employee)
    return _lead(session, actor, employee, supervisor, from_on)


def assign_post(
    session: Session,
    actor: Actor,
    employee: Employee,
    post: Post,
    *,
    from_on: date,
    to_on: date | None = None,
    share: Decimal = HUNDRED,
    beside: bool = False,
) -> PostHolding:
    """From a day on, `employee` holds `post`. Other posts end the day before, unless it is held `beside` them (D-04).

    Raises Invalid when it begins before the first day of work, or shares would exceed 100 on a day, Conflict when the same post
    would be held beside itself.
    """
    auth.require_hr_of(session, actor, employee)
    auth.require_role(actor, "hr", unit=post.unit_id)
    return _place(session, actor, employee, post, from_on, to_on, share, beside)


def _lead(session: Session, actor: Actor, employee: Employee, supervisor: Employee, from_on: date) -> ReportingLine:
    # Two lines noted at once could each be harmless and together a loop.
    db.one_at_a_time(session, "reporting lines")
    if employee.id == supervisor.id or _reports_to(session, supervisor.id, employee.id, from_on):
        raise Invalid(
            "reporting_loop",
            f"{supervisor.name} 直接或间接向 {employee.name} 汇报, 汇报关系不得成环",
            f"{supervisor.name} reports to {employee.name}, directly or through others: a reporting line cannot be a loop",
        )
    ended = _end_before(session, ReportingLine, employee, from_on, "汇报关系", "a reporting line")
    line = ReportingLine(employee_id=employee.id, supervisor_id=supervisor.id, from_on=from_on)
    session.add(line)
    session.flush()
    before = {"supervisor_ids": [earlier.supervisor_id for earlier in ended]}
    change = {"before": before, "after": {"supervisor_id": supervisor.id, "from_on": from_on}}
    audit.record(session, actor, "employee.assign_supervisor", "employee", employee.id, **change)
    return line


def _place(
    session: Session,
    actor: Actor,
    employee: Employee,
    post: Post,
    from_on: date,
    to_on: date | None,
    share: Decimal,
    beside: bool,
) -> PostHolding:
    if from_on < employee.joined_on or (to_on is not None and to_on < from_on):
        raise Invalid("bad_dates", "任职日期早于入职日期或起止颠倒", "a post begins once work has begun, and ends later")
    if not ZERO < share <= HUNDRED:
        raise Invalid("bad_share", "任职比例须大于 0 且不超过 100", "the share of a post is above 0 and at most 100")
    db.one_at_a_time(session, "posts held")
    ended: list[PostHolding] = []
    if not beside:
        ended = _end_before(session, PostHolding, employee, from_on, "任职", "a post")
    elif _is_held(session, employee, post, from_on, to_on):
        zh, en = f"该员工同期已任岗位 {post.title}, 不必重复登记", f"the post {post.title_en} is held then already"
        raise Conflict("already_dated", zh, en)
    elif add(share, _highest_share(session, employee, from_on, to_on)) > HUNDRED:
        raise Invalid("bad_share", "同时任职的比例合计超过 100", "the shares of the posts held at once exceed 100")
    holding = PostHolding(employee_id=employee.id, post_id=post.id, from_on=from_on, to_on=to_on, share=share)
    session.add(holding)
    session.flush()
    before = {"ended_holdings": [earlier.id for earlier in ended]}
    after = {"post": post.code, "from_on": from_on, "to_on": to_on, "share": share, "beside": beside}
    audit.record(session, actor, "employee.assign_post", "employee", employee.id, before=before, after=after)
    return holding


def _check_dates(joined_on: date, probation_until: date | None) -> None:
    if probation_until is not None and probation_until < joined_on:
        raise Invalid("bad_dates", "试用期结束早于入职日期", "probation ends before the first day of work")


def _added(session: Session, actor: Actor, action: str, row: Any, after: dict[str, Any]) -> Any:
    session.add(row)
    session.flush()
    audit.record(session, actor, action, row.__tablename__, row.id, after=after)
    return row


def _end_before(session: Session, table: Any, employee: Employee, from_on: date, zh: str, en: str) -> list[Any]:
    """Ends the dated rows that still hold on `from_on` the day before, and returns them. Refuses what begins then or later."""
    rows = session.exec(
        select(table).where(table.employee_id == employee.id, or_(table.to_on.is_(None), table.to_on >= from_on))
    ).all()
    if any(row.from_on >= from_on for row in rows):
        raise Conflict("already_dated", f"{zh}在 {from_on} 或以后已有记录", f"{en} is already noted from {from_on} on or later")
    for row in rows:
        row.to_on = from_on - timedelta(days=1)
    return list(rows)


def _reports_to(session: Session, employee_id: int, superior_id: int, from_on: date) -> bool:
    """Whether, on `from_on` or any later day a line is noted for, somebody reports to a superior through the lines."""
    seen, waiting = {employee_id}, [employee_id]
    while waiting:
        found = session.exec(
            select(ReportingLine.supervisor_id).where(
                col(ReportingLine.employee_id).in_(waiting), queries.overlaps(ReportingLine, from_on, None)
            )
        )
        waiting = [supervisor for supervisor in set(found) if supervisor not in seen]
        seen.update(waiting)
    return superior_id in seen - {employee_id}


def _is_held(session: Session, employee: Employee, post: Post, from_on: date, to_on: date | None) -> bool:
    """Whether somebody holds this very post on any day of a span."""
    same = select(PostHolding.id).where(PostHolding.employee_id == employee.id, PostHolding.post_id == post.id)
    return session.exec(same.where(queries.overlaps(PostHolding, from_on, to_on)).limit(1)).first() is not None


def _highest_share(session: Session, employee: Employee, from_on: date, to_on: date | None) -> Decimal:
    """The highest sum of shares held on any day of a span; sums change only on first days."""
    held = session.exec(
        select(PostHolding).where(PostHolding.employee_id == employee.id, queries.overlaps(PostHolding, from_on, to_on))
    ).all()
    first_days = {max(holding.from_on, from_on) for holding in held}
    return max(
        (add(*(h.share for h in held if h.from_on <= day and (h.to_on is None or h.to_on >= day))) for day in first_days),
        default=ZERO,
    )
