"""The pre-flight: what opening a cycle would do, what stands in the way, and for whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from appraisal import clock
from appraisal.core.policy.model import CycleRule, Policy
from appraisal.core.workflow import first_step
from appraisal.cycles.blanks import Ruled, blanks_by_kind
from appraisal.cycles.models import DRAFT, Cycle
from appraisal.cycles.planning import Finding, Planned, plan, units_of
from appraisal.cycles.queries import by_workflow, calendar, rulings_of
from appraisal.labels import label
from appraisal.policies import queries as policies
from appraisal.policies.models import StoredPolicy


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

    @property
    def rated(self) -> int:
        """How many people are to be rated."""
        return sum(person.not_rated_reason is None for person in self.planned)


def preflight(session: Session, cycle: Cycle, stored: StoredPolicy | None = None) -> Preflight:
    """What opening a draft would do, or what bringing an open cycle up to date would do under the policy it has pinned.

    Under `stored`, where another text is to be tried. What HR should see to, but could not know to be wrong, blocks nothing
    (D-16), such as people without supervisor.
    """
    if stored is None:
        stored = stored_for(session, cycle)
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
    planned, personal = plan(session, cycle, policy, rule)
    if not any(person.not_rated_reason is None for person in planned):
        findings.append(Finding("nobody", "没有可参评的人员", "there is nobody to appraise", blocking=True))
    ruled = rulings_of(session, cycle)
    findings += [finding for post in posts_in(planned, policy) for finding in _findings_on_a_post(policy, post, ruled)]
    return Preflight(stored, tuple(planned), (*findings, *personal))


def posts_in(planned: Iterable[Planned], policy: Policy) -> list[str]:
    """The posts on whose sheets anybody would be appraised; what others' sheets lack is in nobody's way."""
    sheets = (sheet.policy_post for person in planned for sheet in person.sheets)
    return [post for post in dict.fromkeys(sheets) if post in policy.posts]


def stored_for(session: Session, cycle: Cycle) -> StoredPolicy | None:
    """The policy a draft would pin on opening, or the one that an open cycle has pinned."""
    if cycle.status == DRAFT:
        return in_force(session, cycle)
    return policies.by_digest(session, cycle.policy_digest or "")


def in_force(session: Session, cycle: Cycle) -> StoredPolicy | None:
    """The published text that applies on a cycle's first day."""
    return policies.policy_in_force(session, cycle.policy_name, cycle.starts_on)


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
    return [*found, *_findings_on_the_deadline(session, cycle, policy)]


def _findings_on_the_deadline(session: Session, cycle: Cycle, policy: Policy) -> list[Finding]:
    """Every cycle has a last day for its data (R-002-29), which takes a calendar to count."""
    first = first_step(policy.workflow)
    if first.days is None and cycle.data_due_on is None:
        zh = f"流程的“{first.name.zh}”没有期限, 请为本周期填写数据截止日 (R-002-29)"
        en = f"the step {first.name.en!r} has no deadline in the workflow: give this cycle one (R-002-29)"
        return [Finding("no_data_deadline", zh, en, blocking=True)]
    if by_workflow(cycle, policy.workflow, first.id, clock.today(), calendar(session)) is not None:
        return []
    zh = "工作日历尚未发布, 或不含本周期的截止日, 期限无从计算: 请在 rules/calendar 补上并发布"
    en = "no working calendar is published that reaches the deadlines of this cycle: add the year to rules/calendar and publish"
    return [Finding("no_calendar", zh, en, blocking=True)]


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
    own = units_of(session, cycle)
    for other in others:
        units = units_of(session, other)
        if own is None or units is None or own & units:
            return other
    return None


def _findings_on_a_post(policy: Policy, post_id: str, ruled: Mapping[str, Ruled]) -> list[Finding]:
    """Rows that lack a cadence, a source, an assessor or a standard, and that HR has not ruled on for this cycle: whatever can
    be chosen from the sheet must be complete before anybody is appraised by it (D-07, D-08, R-003-43)."""
    post = policy.posts[post_id].post
    return [
        Finding(
            kind,
            f"岗位 {post.title.zh}: {label('finding', kind).zh}: {'、'.join(name.zh for name in names)}",
            f"post {post.title.en}: {label('finding', kind).en}: {', '.join(name.en for name in names)}",
            blocking=True,
        )
        for kind, names in blanks_by_kind(policy, post_id, ruled).items()
    ]
