"""Who provides which figures: HR's assignments, and what they leave to each provider.

The regulation names sources ("财务系统"), not people. HR assigns an indicator, or all that comes from a source, to an account
or a unit. An indicator's own assignments go before those of its sources. What nobody has been assigned, every data provider
may enter, so that a company can start without assignments; what has been assigned is for the assigned ones, and for HR.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.blanks import Ruled
from appraisal.cycles.models import Cycle
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.labels import label
from appraisal.measures.models import INDICATOR, SOURCE, DataProvider
from appraisal.people import auth
from appraisal.people import queries as people
from appraisal.people.models import Account, Employee, Unit
from appraisal.policies import queries as policies

MOST_WORKING_DAYS = 60


@dataclass(frozen=True)
class Assigned:
    """An assignment that holds, with what the provider is called."""

    row: DataProvider
    provider: str


class Assignments:
    """All assignments that hold, asked for an item of a policy. `ruled`: what HR has settled where the source is silent."""

    def __init__(self, assigned: Sequence[Assigned], ruled: Mapping[str, Ruled] = MappingProxyType({})) -> None:
        self.ruled = ruled
        self.by_name: dict[tuple[str, str], list[Assigned]] = {}
        for one in assigned:
            self.by_name.setdefault((one.row.kind, one.row.name), []).append(one)

    def where(self, ruled: Mapping[str, Ruled]) -> "Assignments":
        """The same where HR has settled this."""
        return Assignments([one for some in self.by_name.values() for one in some], ruled)

    def of(self, policy: Policy, item: str) -> list[Assigned]:
        """Those assigned to an item: to the indicator itself, or else to one of its sources."""
        own = self.by_name.get((INDICATOR, item))
        located = policy.indicators.get(item)
        if own or located is None:
            return own or []
        ruled = self.ruled[item].source if item in self.ruled else None
        sources = (ruled,) if ruled else located.indicator.sources or ()
        found = [one for source in sources for one in self.by_name.get((SOURCE, source), ())]
        return list({one.row.id: one for one in found}.values())


def assignments(session: Session, cycle: Cycle | None = None) -> Assignments:
    """The assignments that hold, in the order in which they were made, with the sources ruled for a cycle."""
    found = _named().where(col(DataProvider.ended_at).is_(None)).order_by(DataProvider.id)
    assigned = [Assigned(row, person or login or unit or "") for row, login, person, unit in session.exec(found)]
    return Assignments(assigned, cycles.rulings_of(session, cycle) if cycle is not None else {})


def assignments_seen(actor: Actor, *, ended: bool) -> Any:
    """The select of the assignments that hold, or have ended, with the provider's login, name or unit; without an order.

    For HR and data providers, who have to know whom to ask. Raises NotAllowed for others.
    """
    if not actor.holds("hr", "data_provider"):
        raise auth.for_others("hr", "data_provider")
    return _named().where(col(DataProvider.ended_at).is_not(None) if ended else col(DataProvider.ended_at).is_(None))


def find_assignment(session: Session, actor: Actor, assignment_id: int) -> Any:
    """One assignment, ended or not, as a row of `assignments_seen`. Raises NotFound."""
    if not actor.holds("hr", "data_provider"):
        raise NotFound()
    found = session.exec(_named().where(DataProvider.id == assignment_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def withheld_from(session: Session, actor: Actor, policy: Policy, known: Assignments | None = None) -> frozenset[str]:
    """The items that are assigned to others and not to the actor: not theirs to enter, confirm or list as a data provider.

    A unit's assignment is for whoever holds a post in it, or below it, today.
    """
    known = known or assignments(session)
    return _withheld(known, policy, actor, _units_of(session, actor)) if known.by_name else frozenset()


def withheld_in(session: Session, actor: Actor, running: Collection[Cycle]) -> dict[int, frozenset[str]]:
    """The same in many cycles, each with the sources ruled for it, by cycle."""
    known = assignments(session)
    if not known.by_name:
        return dict.fromkeys((cycle.id or 0 for cycle in running), frozenset())
    units, ruled = _units_of(session, actor), cycles.rulings_in(session, running)
    return {
        cycle.id or 0: _withheld(known.where(ruled[cycle.id or 0]), cycles.policy_of(session, cycle), actor, units)
        for cycle in running
    }


def _withheld(known: Assignments, policy: Policy, actor: Actor, units: Collection[int]) -> frozenset[str]:
    def is_mine(one: Assigned) -> bool:
        mine = actor.account_id is not None and one.row.account_id == actor.account_id
        return mine or one.row.unit_id in units

    items = {*policy.indicators, *(name for kind, name in known.by_name if kind == INDICATOR)}
    by_item = {item: known.of(policy, item) for item in items}
    return frozenset(item for item, assigned in by_item.items() if assigned and not any(map(is_mine, assigned)))


def assign_provider(
    session: Session,
    actor: Actor,
    *,
    kind: str,
    name: str,
    account_id: int | None = None,
    unit_id: int | None = None,
    working_days: int | None = None,
) -> DataProvider:
    """Has an account or a unit provide an indicator, or all that comes from a source: by HR, and not by HR of some units only,
    because who provides a figure is settled for everybody at once.

    Raises Invalid `unknown_indicator` or `unknown_source` (with those the policies know), `unknown_provider` for an account
    without the role, Conflict `already_exists`.
    """
    auth.require_role(actor, "hr")
    if (account_id is None) == (unit_id is None):
        zh, en = "提供方须为一个账号或一个部门", "the provider is either an account or a unit"
        raise Invalid("one_provider", zh, en, [Fault("account_id", zh, en)])
    if working_days is not None and not 1 <= working_days <= MOST_WORKING_DAYS:
        zh, en = f"期限须为 1 至 {MOST_WORKING_DAYS} 个工作日", f"a deadline has 1 to {MOST_WORKING_DAYS} working days"
        raise Invalid("bad_working_days", zh, en, [Fault("working_days", zh, en)])
    _require_known(session, kind, name)
    _require_provider(session, account_id, unit_id)
    db.one_at_a_time(session, "data providers")
    same = select(DataProvider.id).where(
        DataProvider.kind == kind,
        DataProvider.name == name,
        DataProvider.account_id == account_id,
        DataProvider.unit_id == unit_id,
        col(DataProvider.ended_at).is_(None),
    )
    if session.exec(same).first() is not None:
        raise Conflict("already_exists", "已有同样的分工", "this has been assigned already")
    made = DataProvider(
        kind=kind,
        name=name,
        account_id=account_id,
        unit_id=unit_id,
        working_days=working_days,
        assigned_by=actor.account_id,
        assigned_at=clock.now(),
    )
    session.add(made)
    session.flush()
    audit.record(session, actor, "data_provider.assign", "data_provider", made.id, after=_shown(made))
    return made


def end_assignment(session: Session, actor: Actor, assignment_id: int, *, version: int | None = None) -> DataProvider:
    """Ends an assignment; it stays on record. By the same as `assign_provider`. Raises Conflict when it has ended already."""
    auth.require_role(actor, "hr")
    found = session.get(DataProvider, assignment_id)
    if found is None:
        raise NotFound()
    db.expect_version(found, version)
    if found.ended_at is not None:
        raise Conflict("wrong_status", "该分工已经结束", "this assignment has ended already")
    found.ended_by, found.ended_at = actor.account_id, clock.now()
    session.flush()
    audit.record(session, actor, "data_provider.end", "data_provider", found.id, before=_shown(found))
    return found


def _named() -> Any:
    return (
        select(DataProvider, Account.login, Employee.name, Unit.name)
        .outerjoin(Account, col(Account.id) == DataProvider.account_id)
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .outerjoin(Unit, col(Unit.id) == DataProvider.unit_id)
    )


def _units_of(session: Session, actor: Actor) -> frozenset[int]:
    """The units in which the actor holds a post today, and every unit above them."""
    if actor.employee_id is None:
        return frozenset()
    today = clock.today()
    return units_above(session, {held.unit_id for held in people.posts_held(session, [actor.employee_id], today, today)})


def units_above(session: Session, unit_ids: Collection[int]) -> frozenset[int]:
    """Units with every unit above them, under their names before too: what was assigned to those goes on."""
    tree = select(Unit.id, Unit.parent_id, Unit.was_id).where(col(Unit.id).in_(unit_ids)).cte("above", recursive=True)
    upwards = or_(col(Unit.id) == tree.c.parent_id, col(Unit.id) == tree.c.was_id)
    tree = tree.union(select(Unit.id, Unit.parent_id, Unit.was_id).join(tree, upwards))
    return frozenset(session.exec(select(tree.c.id)))


def _require_known(session: Session, kind: str, name: str) -> None:
    """Refuses an indicator or source that no policy in use names: it would silently assign nothing."""
    in_use = {cycle.policy_digest: cycles.policy_of(session, cycle) for cycle in cycles.open_cycles(session)}
    for published in policies.published_names(session):
        stored = policies.policy_in_force(session, published, clock.today())
        if stored is not None and stored.digest not in in_use:
            in_use[stored.digest] = policies.compiled(session, stored.digest)
    indicators = [one.indicator for policy in in_use.values() for one in policy.indicators.values()]
    known = {INDICATOR: {one.id for one in indicators}, SOURCE: {name for one in indicators for name in one.sources or ()}}
    known[SOURCE] |= cycles.ruled_sources(session)
    if kind not in known:
        zh, en = "分工须按指标或数据来源", "an assignment is by indicator or by source"
        raise Invalid("bad_kind", zh, en, [Fault("kind", zh, en)])
    if name not in known[kind]:
        what = label("provider_kind", kind)
        listed = "、".join(sorted(known[kind]))
        zh = f"制度中没有{what.zh}“{name}”; 可用: {listed}"
        en = f"no policy in use has the {what.en} {name}; they have: {listed}"
        raise Invalid(f"unknown_{kind}", zh, en, [Fault("name", zh, en)])


def _require_provider(session: Session, account_id: int | None, unit_id: int | None) -> None:
    if unit_id is not None:
        if session.get(Unit, unit_id) is None:
            zh, en = "没有这个部门", "there is no such unit"
            raise Invalid("unknown_provider", zh, en, [Fault("unit_id", zh, en)])
        return
    account = session.get(Account, account_id)
    if account is None or account.disabled or people.roles_of(session, account.id).isdisjoint({"data_provider", "hr"}):
        zh = "没有这个账号, 或它没有数据提供角色; 请先由管理员授予"
        en = "there is no such account, or it lacks the role of a data provider: have an administrator grant it"
        raise Invalid("unknown_provider", zh, en, [Fault("account_id", zh, en)])


def _shown(row: DataProvider) -> dict[str, object]:
    said: dict[str, object] = {"kind": row.kind, "name": row.name, "account_id": row.account_id, "unit_id": row.unit_id}
    return said | {"working_days": row.working_days}
