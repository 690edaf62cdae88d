"""Who would be appraised on which sheets in a cycle, and who not and why: from posts held, leave, probation and the policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from sqlmodel import Session, col, select

from appraisal.core.errors import Message
from appraisal.core.policy.model import CycleRule, Policy
from appraisal.cycles.models import EXTERNAL, PERSON, Cycle
from appraisal.people import queries as people
from appraisal.people.models import Account, Employee, Leave
from appraisal.people.queries import Held


@dataclass(frozen=True)
class Finding:
    """One thing the pre-flight found. `blocking` ones keep the cycle from opening; the others leave somebody out or warn."""

    kind: str
    zh: str
    en: str
    blocking: bool = False
    employee_id: int | None = None
    number: str = ""


@dataclass(frozen=True)
class PlannedSheet:
    """A post sheet as the holdings of the period give it."""

    post_id: int
    policy_post: str
    unit_id: int
    from_on: date
    to_on: date
    days: int
    share: Decimal
    subject: str = PERSON


@dataclass(frozen=True)
class Planned:
    """One person's appraisal as it would be; with a reason, 不参评."""

    employee_id: int
    sheets: tuple[PlannedSheet, ...]
    not_rated_reason: Message | None


def units_of(session: Session, cycle: Cycle) -> frozenset[int] | None:
    """The units a cycle is limited to, or None where it is for all."""
    return None if cycle.unit_id is None else people.unit_and_below(session, cycle.unit_id)


def plan(session: Session, cycle: Cycle, policy: Policy, rule: CycleRule) -> tuple[list[Planned], list[Finding]]:
    """Who is appraised on which sheets, and everybody who is left out or lacks something."""
    units = units_of(session, cycle)
    held: dict[int, list[Held]] = {}
    for holding in people.posts_held(session, None, cycle.starts_on, cycle.ends_on):
        if units is None or holding.unit_id in units:
            held.setdefault(holding.employee_id, []).append(holding)
    employees = people.employed_between(session, cycle.starts_on, cycle.ends_on)
    away = _days_away(session, cycle) if policy.general.not_rated.leave == "neutral" else {}
    refused = {post.id: post.reason for post in policy.refused}
    planned: list[Planned] = []
    findings: list[Finding] = []
    for employee in employees:
        if employee.id not in held:
            if units is None:
                findings.append(_about("no_post", employee, "本期没有岗位", "holds no post in this period"))
            continue
        counted = [part for part in _joined(held[employee.id]) if rule.all_posts or part.policy_post in rule.posts]
        if not counted:
            continue
        reason = _reason_not_rated(policy, cycle, employee, counted, away.get(employee.id, frozenset()))
        without = [part for part in counted if part.policy_post not in policy.posts]
        if reason is not None:
            findings.append(_about("not_rated", employee, f"不参评: {reason.zh}", f"not rated: {reason.en}"))
        elif without:
            findings += [_without_profile(employee, part, policy, refused) for part in without]
            continue
        planned.append(Planned(employee.id, tuple(_sheet(policy, part) for part in counted), reason))
    rated = {person.employee_id for person in planned if person.not_rated_reason is None}
    supervisors = _supervisors(session, cycle, [employee for employee in employees if employee.id in rated])
    findings += [
        _about("no_supervisor", employee, "没有直接上级", "has no supervisor")
        for employee in employees
        if employee.id in rated and employee.id not in supervisors
    ]
    return planned, [*findings, *_outsiders(session, planned, employees)]


def _joined(held: Sequence[Held]) -> list[Held]:
    """Holdings of one post that follow on each other with one share make one sheet."""
    joined: list[Held] = []
    for part in held:
        for index, earlier in enumerate(joined):
            follows = part.from_on == earlier.to_on + timedelta(days=1)
            if follows and (part.post_id, part.share) == (earlier.post_id, earlier.share):
                joined[index] = replace(earlier, to_on=part.to_on)
                break
        else:
            joined.append(part)
    return joined


def _reason_not_rated(
    policy: Policy, cycle: Cycle, employee: Employee, counted: Sequence[Held], away: frozenset[date]
) -> Message | None:
    """Why somebody is 不参评 (D-03): still on probation when the period or their work ends, or fewer days at work than the
    policy asks for. Days with two posts count once, those of neutral leave not at all."""
    rule = policy.general.not_rated
    last = min(cycle.ends_on, employee.left_on or cycle.ends_on)
    if rule.probation == "not_rated" and employee.probation_until is not None and employee.probation_until >= last:
        zh, en = f"试用期至 {employee.probation_until}", f"on probation until {employee.probation_until}"
        return Message(zh, en)
    in_post = {part.from_on + timedelta(days=day) for part in counted for day in range(part.days)}
    days, lost = len(in_post - away), len(in_post & away)
    if days >= rule.minimum_days:
        return None
    leave_zh, leave_en = (f" (请假 {lost} 天不计)", f" ({lost} on leave)") if lost else ("", "")
    zh = f"本期在岗 {days} 天{leave_zh}, 少于 {rule.minimum_days} 天"
    unit = "day" if days == 1 else "days"
    return Message(zh, f"{days} {unit} at work in this period{leave_en}, {rule.minimum_days} are needed")


def _days_away(session: Session, cycle: Cycle) -> dict[int, frozenset[date]]:
    """The days of neutral leave in the period, by employee."""
    found = select(Leave.employee_id, Leave.from_on, Leave.to_on).where(
        col(Leave.neutral).is_(True), people.overlaps(Leave, cycle.starts_on, cycle.ends_on)
    )
    days: dict[int, set[date]] = {}
    for employee_id, from_on, to_on in session.exec(found):
        first, last = max(from_on, cycle.starts_on), min(to_on, cycle.ends_on)
        days.setdefault(employee_id, set()).update(first + timedelta(days=day) for day in range((last - first).days + 1))
    return {employee_id: frozenset(those) for employee_id, those in days.items()}


def _without_profile(employee: Employee, part: Held, policy: Policy, refused: Mapping[str, object]) -> Finding:
    reason = refused.get(part.policy_post)
    zh = getattr(reason, "zh", f"制度「{policy.title.zh}」没有它的权重方案 ({part.policy_post})")
    en = getattr(reason, "en", f"{policy.title.en} has no profile for it ({part.policy_post})")
    title_en = part.post_title_en or part.post_title
    return _about("post_without_profile", employee, f"岗位「{part.post_title}」: {zh}", f"post {title_en}: {en}")


def _about(kind: str, employee: Employee, zh: str, en: str) -> Finding:
    named = f"{employee.number} {employee.name}"
    return Finding(kind, f"{named}: {zh}", f"{named}: {en}", employee_id=employee.id, number=employee.number)


def _sheet(policy: Policy, part: Held) -> PlannedSheet:
    where = (part.post_id, part.policy_post, part.unit_id, part.from_on, part.to_on)
    located = policy.posts.get(part.policy_post)
    return PlannedSheet(*where, days=part.days, share=part.share, subject=located.post.subject if located else PERSON)


def _outsiders(session: Session, planned: Sequence[Planned], employees: Sequence[Employee]) -> list[Finding]:
    """Representatives of contractors: nobody of the own company, and without account, as others enter for them (D-01, D-21)."""
    by_id = {employee.id: employee for employee in employees}
    subjects = {one.employee_id: {sheet.subject for sheet in one.sheets} for one in planned}
    outside = [employee_id for employee_id, found in subjects.items() if EXTERNAL in found]
    own = select(Account.employee_id).where(col(Account.employee_id).in_(outside), col(Account.disabled).is_(False))
    with_account = set(session.exec(own)) if outside else set()
    findings = []
    for employee_id in outside:
        if subjects[employee_id] != {EXTERNAL}:
            zh, en = (
                "既代表承包单位, 又任本公司岗位: 请另设代表",
                "represents a contractor and holds a post here: name another one",
            )
            findings.append(replace(_about("external_with_post", by_id[employee_id], zh, en), blocking=True))
        if employee_id in with_account:
            zh, en = (
                "承包单位的代表不设账号, 由代录员录入: 请停用",
                "a contractor has no account, a clerk enters for it: disable it",
            )
            findings.append(_about("external_with_account", by_id[employee_id], zh, en))
    return findings


def _supervisors(session: Session, cycle: Cycle, employees: Sequence[Employee]) -> set[int]:
    """Those of the employees who have a supervisor on the last day that counts for them."""
    found: set[int] = set()
    by_day: dict[date, list[int]] = {}
    for employee in employees:
        by_day.setdefault(min(cycle.ends_on, employee.left_on or cycle.ends_on), []).append(employee.id)
    for day, ids in by_day.items():
        found |= people.supervisors_on(session, ids, day).keys()
    return found
