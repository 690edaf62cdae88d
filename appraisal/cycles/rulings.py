"""补定: for one cycle HR settles what the source leaves blank in the rows of its posts, with a reason, many at once.

Only a blank or a doubtful reading is ruled on; who assesses may be named for any goal, because the source prints offices and
not persons. What was ruled for an earlier cycle can be taken over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries
from appraisal.cycles.blanks import ASSESSOR, CADENCE, NOTHING, SOURCE, Row, row_of, rows_of
from appraisal.cycles.models import CLOSED, DRAFT, Cycle, RowRuling
from appraisal.cycles.preflight import posts_in, preflight, stored_for
from appraisal.errors import Conflict, Fault, Invalid
from appraisal.labels import codes
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.people.checks import require_fits
from appraisal.people.models import Employee
from appraisal.policies import queries as policies


@dataclass(frozen=True)
class Ruling:
    """What is to hold for some rows; what it does not say stays as it is."""

    items: tuple[str, ...]
    cadence: str | None = None
    source: str | None = None
    assessor: str | None = None
    assessor_id: int | None = None


@dataclass(frozen=True)
class Standing:
    """A row of a post in the cycle with what it lacks still, and what has been ruled on it, by key."""

    row: Row
    blank: tuple[str, ...]
    rulings: Mapping[str, RowRuling]


def rows_in(session: Session, cycle: Cycle) -> list[Standing]:
    """The rows of the posts appraised in a cycle that lack something or have been ruled on, in the order of the sheets."""
    found = preflight(session, cycle)
    if found.stored is None:
        return []
    policy = policies.compiled(session, found.stored.digest)
    ruled, latest = queries.rulings_of(session, cycle), queries.latest_rulings(session, cycle.id)
    by_item: dict[str, dict[str, RowRuling]] = {}
    for (item, key), one in latest.items():
        by_item.setdefault(item, {})[key] = one
    rows = [row for post in posts_in(found.planned, policy) for row in rows_of(policy, post)]
    standing = [
        Standing(row, row.blanks(ruled.get(row.item.id, NOTHING)), by_item.get(row.item.id, {}))
        for row in {one.item.id: one for one in rows}.values()
    ]
    return [one for one in standing if one.blank or one.rulings]


def rule_rows(
    session: Session, actor: Actor, cycle: Cycle, rulings: Sequence[Ruling], *, reason: str, version: int | None = None
) -> list[RowRuling]:
    """HR settles rows of a cycle that has not ended, all or none.

    Raises Invalid `bad_rulings` with every row that is unknown, not blank, or ruled on in a way that does not fit its kind.
    """
    policy = _begin(session, actor, cycle, version)
    require_fits(reason=(reason, 500))
    names = _names(session, {one.assessor_id for one in rulings if one.assessor_id is not None})
    made: list[RowRuling] = []
    faults: list[Fault] = []
    for index, one in enumerate(rulings):
        path = f"rulings[{index}]"
        values = _values(one, names)
        faults += _faults_of(path, one, values, names)
        for item in one.items:
            faults += _faults_of_row(path, policy, item, values)
            made += [_ruling(cycle, actor, item, key, value, one.assessor_id, reason) for key, value in values.items()]
    if faults:
        zh, en = "; ".join(fault.zh for fault in faults[:5]), "; ".join(fault.en for fault in faults[:5])
        raise Invalid("bad_rulings", f"补定有误: {zh}", f"these rulings cannot stand: {en}", faults)
    return _store(session, actor, cycle, made, reason, "cycle.rule")


def copy_rulings(
    session: Session, actor: Actor, cycle: Cycle, from_cycle_id: int | None = None, *, version: int | None = None
) -> list[RowRuling]:
    """Takes over what an earlier cycle of the same policy has ruled, the latest one where none is named: of rows that are still
    blank here, and nothing that names a person who has left. Raises Invalid `no_earlier_rulings`.
    """
    policy = _begin(session, actor, cycle, version)
    earlier = _earlier(session, cycle, from_cycle_id)
    if earlier is None:
        zh, en = "没有可沿用补定的较早周期", "no earlier cycle of this policy has rulings to take over"
        raise Invalid("no_earlier_rulings", zh, en, [Fault("from_cycle_id", zh, en)])
    ruled = queries.rulings_of(session, cycle)
    before = queries.latest_rulings(session, earlier.id)
    there = _names(session, {one.assessor_id for one in before.values() if one.assessor_id is not None})
    made = []
    for (item, key), one in before.items():
        row = row_of(policy, item)
        if row is None or getattr(ruled.get(item, NOTHING), key) is not None or not (row.wants(key) and _may_rule(row, key)):
            continue
        if one.assessor_id in (None, *there):
            made.append(_ruling(cycle, actor, item, key, one.value, one.assessor_id, one.reason, copied_from=one))
    return _store(session, actor, cycle, made, f"沿用 {earlier.code}", "cycle.copy_rulings")


def _begin(session: Session, actor: Actor, cycle: Cycle, version: int | None) -> Policy:
    auth.require_role(actor, "hr", unit=cycle.unit_id)
    db.expect_version(cycle, version)
    if cycle.status == CLOSED:
        raise Conflict("cycle_not_open", f"周期 {cycle.code} 已结束", f"the cycle {cycle.code} has ended")
    stored = stored_for(session, cycle)
    if stored is None:
        zh, en = "制度尚未发布, 无从补定", "the policy has not been published: there is nothing to rule on"
        raise Conflict("no_policy", zh, en)
    return policies.compiled(session, stored.digest)


def _names(session: Session, employee_ids: Iterable[int]) -> dict[int, str]:
    """Those of some employees who work here today, with their names."""
    found = select(Employee.id, Employee.name).where(col(Employee.id).in_(set(employee_ids)), people.employed_on(clock.today()))
    return dict(session.exec(found).all())


def _values(one: Ruling, names: Mapping[int, str]) -> dict[str, str]:
    """What is ruled on, by key; a person without an office goes by their name."""
    said = {CADENCE: one.cadence, SOURCE: one.source, ASSESSOR: one.assessor or names.get(one.assessor_id or 0)}
    return {key: value for key, value in said.items() if value is not None}


def _faults_of(path: str, one: Ruling, values: Mapping[str, str], names: Mapping[int, str]) -> Iterable[Fault]:
    if one.assessor_id is not None and one.assessor_id not in names:
        yield Fault(f"{path}.assessor_id", "没有这名在职员工", "nobody with this id works here")
    elif not values:
        yield Fault(path, "没有补定任何内容", "nothing is ruled on")
    if one.cadence is not None and one.cadence not in codes("cadence"):
        known = ", ".join(codes("cadence"))
        yield Fault(f"{path}.cadence", f"周期须为: {known}", f"a cadence is one of: {known}")


def _faults_of_row(path: str, policy: Policy, item: str, values: Mapping[str, str]) -> Iterable[Fault]:
    row = row_of(policy, item)
    if row is None:
        yield Fault(f"{path}.items", f"{item} 不是考核表中的项", f"{item} is a row of no sheet")
        return
    for key in values:
        if not row.wants(key):
            zh = f"「{row.name.zh}」是{'指标, 由数据计分' if row.group.kind == 'kpi' else '目标, 由人评定'}, 没有这一项"
            yield Fault(f"{path}.{key}", zh, f"{item} is a {row.group.kind} and has no {key}")
        elif not _may_rule(row, key):
            zh = f"「{row.name.zh}」原文已印「{row.printed[key]}」, 不能补定; 制度有误请更正制度"
            yield Fault(f"{path}.{key}", zh, f"{item} has a {key} in the source: correct the policy if that is wrong")


def _may_rule(row: Row, key: str) -> bool:
    """A blank or a doubtful reading; an office that the source prints is given to a person."""
    return key == ASSESSOR or row.printed[key] is None or row.item.uncertain is not None


def _ruling(
    cycle: Cycle,
    actor: Actor,
    item: str,
    key: str,
    value: str,
    assessor_id: int | None,
    reason: str,
    copied_from: RowRuling | None = None,
) -> RowRuling:
    return RowRuling(
        cycle_id=cycle.id,
        item=item,
        key=key,
        value=value,
        assessor_id=assessor_id if key == ASSESSOR else None,
        reason=reason,
        copied_from_id=copied_from.id if copied_from else None,
        ruled_by=actor.account_id,
        ruled_at=clock.now(),
    )


def _store(
    session: Session, actor: Actor, cycle: Cycle, made: Sequence[RowRuling], reason: str, action: str
) -> list[RowRuling]:
    """Puts rulings in force, on record with what held before; whoever looks at the cycle sees another version."""
    before = queries.latest_rulings(session, cycle.id)
    session.add_all(made)
    flag_modified(cycle, "name")
    session.flush()
    said = {(one.item, one.key): _said(one) for one in made}
    audit.record(
        session,
        actor,
        action,
        "cycle",
        cycle.id,
        before={f"{item}.{key}": _said(before[item, key]) for item, key in said if (item, key) in before},
        after={f"{item}.{key}": value for (item, key), value in said.items()},
        reason=reason,
    )
    return list(made)


def _said(one: RowRuling) -> dict[str, object]:
    return {"value": one.value} | ({"assessor_id": one.assessor_id} if one.assessor_id is not None else {})


def _earlier(session: Session, cycle: Cycle, from_cycle_id: int | None) -> Cycle | None:
    """The cycle to copy from: one of the same policy with rulings, that began no later."""
    has_any = select(RowRuling.id).where(RowRuling.cycle_id == Cycle.id).exists()
    found = select(Cycle).where(Cycle.policy_name == cycle.policy_name, Cycle.id != cycle.id, has_any, Cycle.status != DRAFT)
    if from_cycle_id is not None:
        found = found.where(Cycle.id == from_cycle_id)
    else:
        found = found.where(Cycle.cadence == cycle.cadence, Cycle.starts_on <= cycle.starts_on)
    return session.exec(found.order_by(col(Cycle.starts_on).desc(), col(Cycle.id).desc()).limit(1)).first()
