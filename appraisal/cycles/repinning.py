"""A running cycle under a corrected text of its policy: never by itself, always on record with both digests and the reason."""

from dataclasses import replace

from sqlmodel import Session

from appraisal import audit, db
from appraisal.actor import Actor
from appraisal.core.workflow import find_step
from appraisal.cycles import queries
from appraisal.cycles.enrolment import enrol
from appraisal.cycles.models import OPEN, Cycle
from appraisal.cycles.planning import Finding
from appraisal.cycles.preflight import Preflight, in_force, preflight
from appraisal.cycles.service import refuse_unready, require_status
from appraisal.errors import Conflict
from appraisal.people import auth
from appraisal.people.checks import require_fits
from appraisal.policies import queries as policies
from appraisal.policies.models import StoredPolicy


def repin_preflight(session: Session, cycle: Cycle) -> Preflight:
    """What moving a running cycle to the text now published for its first day would do, and what stands in the way.

    Besides what keeps a cycle from opening: the same text, appraisals filed under the old one, a step that the new workflow
    does not have, and a post that loses its profile.
    """
    stored = in_force(session, cycle)
    found = preflight(session, cycle, stored)
    if stored is None or found.blocking:
        return found
    cases = [case for case in queries.appraisals_of(session, cycle) if case[0].rated]
    here = {employee.id for _, employee in cases}
    worse = [
        replace(one, blocking=True) if one.kind == "post_without_profile" and one.employee_id in here else one
        for one in found.findings
    ]
    return replace(found, findings=(*_on_the_move(session, cycle, stored), *worse))


def _on_the_move(session: Session, cycle: Cycle, stored: StoredPolicy) -> list[Finding]:
    found = []
    if stored.digest == cycle.policy_digest:
        zh, en = "周期已使用现行文本", "the cycle has the text in force already"
        found.append(Finding("same_policy", zh, en, blocking=True))
    old, new = queries.policy_of(session, cycle).workflow, policies.compiled(session, stored.digest).workflow
    known = {step.id for step in new.steps}
    standing = {appraisal.step for appraisal, _ in queries.appraisals_of(session, cycle) if appraisal.rated}
    for step in sorted(standing):
        name = find_step(old, step).name
        if find_step(old, step).final:
            zh, en = "已有考核按原文本归档, 请用复核更正", "some appraisals are filed under the old text: reopen these instead"
            found.append(Finding("filed_already", zh, en, blocking=True))
        elif step not in known:
            zh, en = (
                f"新流程没有步骤“{name.zh}”, 而有考核正在该步骤",
                f"the new workflow has no step {name.en!r}, where appraisals are",
            )
            found.append(Finding("step_gone", zh, en, blocking=True))
    return found


def repin_cycle(
    session: Session, actor: Actor, cycle: Cycle, *, digest: str, reason: str, version: int | None = None
) -> Preflight:
    """Moves a running cycle to the text now published for its first day, whose `digest` HR has seen and names.

    Results computed before are stale from then on. Raises Conflict `other_policy` when another text is in force by now, and
    Invalid `not_ready` with everything that stands in the way.
    """
    auth.require_role(actor, "hr", unit=cycle.unit_id)
    db.expect_version(cycle, version)
    require_status(cycle, OPEN)
    require_fits(reason=(reason, 500))
    db.one_at_a_time(session, "opening a cycle")
    found = repin_preflight(session, cycle)
    if found.stored is not None and found.stored.digest != digest:
        zh, en = "现行文本已不是所指定的文本, 请重新查看", "another text is in force than the one you name: look at it again"
        raise Conflict("other_policy", zh, en)
    stored = refuse_unready(found)
    before = {"digest": cycle.policy_digest}
    cycle.stored_policy_id, cycle.policy_digest = stored.id, stored.digest
    session.flush()
    added, changed = enrol(session, actor, cycle, found)
    after = {"digest": cycle.policy_digest, "appraisals": added, "changed": changed}
    audit.record(session, actor, "cycle.repin", "cycle", cycle.id, before=before, after=after, reason=reason)
    return found
