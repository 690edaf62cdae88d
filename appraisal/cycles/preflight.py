"""The pre-flight: what opening a cycle would do, what stands in the way, and for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from sqlmodel import Session, col, select

from appraisal.core.policy.model import CycleRule, Policy
from appraisal.cycles.models import DRAFT, Cycle
from appraisal.labels import label
from appraisal.people import queries as people
from appraisal.people.models import Employee
from appraisal.people.queries import Held
from appraisal.policies import queries as policies
from appraisal.policies.models import StoredPolicy


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


@dataclass(frozen=True)
class Planned:
    """One person's appraisal as it would be; with a reason, 不参评."""

    employee_id: int
    sheets: tuple[PlannedSheet, ...]
    not_rated_reason: str | None


@dataclass(frozen=True)
class Preflight:
    """What opening a cycle would do: the policy it would pin, the appraisals it would make, and everything found."""

    stored: StoredPolicy | None
    planned: tuple[Planned, ...]
    findings: tuple[Finding, ...]

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that must be mended first."""
        return tuple(finding for finding in self.findings if finding.blocking)


def preflight(session: Session, cycle: Cycle) -> Preflight:
    """What opening a draft would do, or what bringing an open cycle up to date would do under the policy it has pinned."""
    if cycle.status == DRAFT:
        stored = policies.policy_in_force(session, cycle.policy_name, cycle.starts_on)
    else:
        stored = policies.by_digest(session, cycle.policy_digest or "")
    if stored is None:
        zh = f"{cycle.starts_on} 没有已发布并生效的制度 {cycle.policy_name}: 请先发布"
        en = f"no published policy {cycle.policy_name} is in force on {cycle.starts_on}: publish it first"
        return Preflight(None, (), (Finding("no_policy", zh, en, blocking=True),))
    policy = policies.compiled(session, stored.digest)
    rule = next((rule for rule in policy.general.cycles if rule.cadence == cycle.cadence), None)
    if rule is None:
        cadence = label("cadence", cycle.cadence)
        zh = f"制度「{policy.title.zh}」没有{cadence.zh}考核; 请改用制度规定的周期"
        en = f"the policy {cycle.policy_name} has no cadence {cadence.en!r}: use one it declares"
        return Preflight(stored, (), (Finding("no_cycle_rule", zh, en, blocking=True),))
    findings = _findings_on_the_whole(session, cycle, policy, rule)
    planned, personal = _plan(session, cycle, policy, rule)
    if not any(person.not_rated_reason is None for person in planned):
        findings.append(Finding("nobody", "没有可参评的人员", "there is nobody to appraise", blocking=True))
    return Preflight(stored, tuple(planned), (*findings, *personal))


def _findings_on_the_whole(session: Session, cycle: Cycle, policy: Policy, rule: CycleRule) -> list[Finding]:
    found = []
    assumed = policies.assumed_values(policy)
    if assumed and policies.confirmation_of(session, policy.digest) is None:
        zh = f"制度有 {len(assumed)} 个原文未写的假定值, 须由人力资源部确认后才能开启"
        en = f"HR has to confirm the {len(assumed)} assumed values of the policy first"
        found.append(Finding("assumed_unconfirmed", zh, en, blocking=True))
    if cycle.pays and policy.general.status == "trial":
        zh, en = "制度仍在试行, 试行期的结果不发奖金 (D-14)", "the policy is on trial, and trial results do not pay (D-14)"
        found.append(Finding("trial_pays", zh, en, blocking=True))
    if cycle.pays and not rule.pays:
        cadence = label("cadence", rule.cadence)
        zh = f"制度规定{cadence.zh}考核不发奖金, 请将周期改为不发奖金 (D-24)"
        en = f"by the policy, cycles with the cadence {cadence.en!r} do not pay: draft one that does not (D-24)"
        found.append(Finding("pays_not_declared", zh, en, blocking=True))
    if cycle.pays and (other := _paying_beside(session, cycle)):
        zh = f"周期 {other.code} 已为同一期间的同一批人发放奖金"
        en = f"the cycle {other.code} already pays the same people for the same period"
        found.append(Finding("pays_twice", zh, en, blocking=True))
    return found


def _paying_beside(session: Session, cycle: Cycle) -> Cycle | None:
    """Another cycle that has opened, pays for the same period and shares people with this one."""
    others = session.exec(
        select(Cycle).where(
            Cycle.id != cycle.id,
            Cycle.period == cycle.period,
            Cycle.policy_name == cycle.policy_name,
            Cycle.status != DRAFT,
            col(Cycle.pays).is_(True),
        )
    ).all()
    own = _units(session, cycle)
    for other in others:
        units = _units(session, other)
        if own is None or units is None or own & units:
            return other
    return None


def _units(session: Session, cycle: Cycle) -> frozenset[int] | None:
    return None if cycle.unit_id is None else people.unit_and_below(session, cycle.unit_id)


def _plan(session: Session, cycle: Cycle, policy: Policy, rule: CycleRule) -> tuple[list[Planned], list[Finding]]:
    """Who is appraised on which sheets, and everybody who is left out or lacks something."""
    units = _units(session, cycle)
    held: dict[int, list[Held]] = {}
    for holding in people.posts_held(session, None, cycle.starts_on, cycle.ends_on):
        if units is None or holding.unit_id in units:
            held.setdefault(holding.employee_id, []).append(holding)
    employees = people.employed_between(session, cycle.starts_on, cycle.ends_on)
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
        reason = _reason_not_rated(policy, counted)
        without = [part for part in counted if part.policy_post not in policy.posts]
        if reason is not None:
            findings.append(_about("not_rated", employee, reason, f"works too few days in this period: {reason}"))
        elif without:
            findings += [_without_profile(employee, part, policy, refused) for part in without]
            continue
        planned.append(Planned(employee.id, tuple(map(_sheet, counted)), reason))
    rated = {person.employee_id for person in planned if person.not_rated_reason is None}
    supervisors = _supervisors(session, cycle, [employee for employee in employees if employee.id in rated])
    findings += [
        _about("no_supervisor", employee, "没有直接上级", "has no supervisor")
        for employee in employees
        if employee.id in rated and employee.id not in supervisors
    ]
    return planned, findings


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


def _reason_not_rated(policy: Policy, counted: Sequence[Held]) -> str | None:
    """Why somebody is 不参评: fewer days in post than the policy asks for. Days with two posts count once (D-03)."""
    days = len({part.from_on + timedelta(days=day) for part in counted for day in range(part.days)})
    minimum = policy.general.not_rated.minimum_days
    return f"本期在岗 {days} 天, 少于 {minimum} 天" if days < minimum else None


def _without_profile(employee: Employee, part: Held, policy: Policy, refused: Mapping[str, object]) -> Finding:
    reason = refused.get(part.policy_post)
    zh = getattr(reason, "zh", f"制度 {policy.id} 没有岗位 {part.policy_post} 的权重方案")
    en = getattr(reason, "en", f"the policy {policy.id} has no profile for the post {part.policy_post}")
    return _about("post_without_profile", employee, f"岗位 {part.post_title}: {zh}", f"post {part.post_title}: {en}")


def _about(kind: str, employee: Employee, zh: str, en: str) -> Finding:
    named = f"{employee.number} {employee.name}"
    return Finding(kind, f"{named}: {zh}", f"{named}: {en}", employee_id=employee.id, number=employee.number)


def _sheet(part: Held) -> PlannedSheet:
    where = (part.post_id, part.policy_post, part.unit_id, part.from_on, part.to_on)
    return PlannedSheet(*where, days=part.days, share=part.share)


def _supervisors(session: Session, cycle: Cycle, employees: Sequence[Employee]) -> set[int]:
    """Those of the employees who have a supervisor on the last day that counts for them."""
    found: set[int] = set()
    by_day: dict[date, list[int]] = {}
    for employee in employees:
        by_day.setdefault(min(cycle.ends_on, employee.left_on or cycle.ends_on), []).append(employee.id)
    for day, ids in by_day.items():
        found |= people.supervisors_on(session, ids, day).keys()
    return found
