"""Where a reported figure belongs: whose sheet, which agreed item. Systems know employee numbers and names of indicators."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.core.calendar import Period
from appraisal.core.policy.model import Policy
from appraisal.core.scoring.rolling import gathered_oftener
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN, Appraisal, Cycle, Sheet
from appraisal.errors import Fault, Invalid
from appraisal.measures import queries
from appraisal.measures.importers import Reported
from appraisal.measures.reach import reach_of
from appraisal.people.models import Employee, Post
from appraisal.spreadsheets import row_fault

_FIELDS = {
    "工号": "number",
    "指标": "item",
    "岗位": "post",
    "考核期": "period",
    "实际值": "actual",
    "原始数据": "inputs",
    "数据来源": "source_document",
}


@dataclass(frozen=True)
class Place:
    """A sheet that figures can go to. `names` tell it from the other sheets of the person; `items` are its agreed KPIs by id,
    with the name the sheet itself gives them, `periods` those for which their figures are entered; `withheld` are not the
    actor's, unless they handle the person as HR."""

    sheet_id: int
    cycle: Cycle
    policy: Policy
    step: str
    names: frozenset[str]
    by_hr: bool
    withheld: frozenset[str]
    items: dict[str, str | None] = field(default_factory=dict)
    periods: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def finds(self, item: str) -> str | None:
        """The agreed KPI that an id or a name means."""
        if item in self.items:
            return item
        return next((one for one, own_name in self.items.items() if item in self._called(one, own_name)), None)

    def _called(self, item: str, own_name: str | None) -> tuple[str | None, ...]:
        located = self.policy.indicators.get(item)
        return (located.indicator.name.zh, located.indicator.name.en) if located else (own_name,)


def find_place(session: Session, actor: Actor, reported: Reported, *, cycle_id: int | None = None) -> tuple[int, str]:
    """The sheet and the item a single figure belongs to, by employee number and indicator. Raises Invalid `no_place`."""
    require_provider(actor)
    found = place_of(places_of(session, actor, {reported.period}, {reported.number}, cycle_id), reported)
    if isinstance(found, Fault):
        raise Invalid("no_place", found.zh, found.en, [found])
    place, item = found
    return place.sheet_id, item


def require_provider(actor: Actor) -> None:
    """Refuses who provides no figures for anybody."""
    if not actor.holds("data_provider", "hr"):
        raise queries.not_a_provider()


def places_of(
    session: Session, actor: Actor, periods: Set[str], numbers: Collection[str], cycle_id: int | None
) -> dict[tuple[str, str], list[Place]]:
    """The sheets of these people in the open cycles of these periods, or in which figures are gathered for them, by number and
    period: of whom the actor handles any."""
    running = select(Cycle).where(Cycle.status == OPEN).order_by(Cycle.id)
    if cycle_id is not None:
        running = running.where(Cycle.id == cycle_id)
    places: dict[tuple[str, str], list[Place]] = {}
    by_sheet: dict[int, Place] = {}
    for cycle in session.exec(running).all():
        policy = cycles.policy_of(session, cycle)
        parts = gathered_oftener(policy, Period.parse(cycle.period)).values()
        served = periods & {cycle.period, *(str(part) for several in parts for part in several)}
        if not served:
            continue
        reach = reach_of(session, actor, cycle)
        found = (
            select(
                Employee.number, Sheet.id, Sheet.policy_post, Post.code, Post.title, Appraisal.step, reach.as_hr.label("by_hr")
            )
            .select_from(Sheet)
            .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
            .join(Employee, col(Employee.id) == Appraisal.employee_id)
            .join(Post, col(Post.id) == Sheet.post_id)
            .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True), reach.as_hr | reach.as_provider)
            .order_by(Sheet.id)
        )
        for number, sheet_id, policy_post, code, title, step, by_hr in session.exec(found):
            if number in numbers:
                names = frozenset({policy_post, code, title})
                place = Place(sheet_id, cycle, policy, step, names, bool(by_hr), reach.withheld)
                for period in served:
                    places.setdefault((number, period), []).append(place)
                by_sheet[sheet_id] = place
    by_policy: dict[str, list[int]] = {}
    for sheet_id, place in by_sheet.items():
        by_policy.setdefault(place.policy.digest, []).append(sheet_id)
    where = {digest: queries.spans(session, by_sheet[ids[0]].policy, ids) for digest, ids in by_policy.items()}
    for sheet_id, agreed in agreements.agreed(session, list(by_sheet)).items():
        place = by_sheet[sheet_id]
        place.items.update({row.item: row.name_zh for row in agreed.items if row.kind == "kpi"})
        place.periods.update({item: where[place.policy.digest].of(sheet_id, item) for item in place.items})
    return places


def place_of(places: Mapping[tuple[str, str], Sequence[Place]], reported: Reported) -> tuple[Place, str] | Fault:
    """The one sheet of the person in that period that has the item agreed, and the item."""
    of_person = places.get((reported.number, reported.period), ())
    if not of_person:
        zh = f"{reported.period} 没有进行中的考核包含工号 {reported.number}, 或不由您提供数据"
        en = f"no open cycle of {reported.period} appraises {reported.number}, or not for you to provide figures"
        return fault_in(reported, "工号", zh, en)
    agreed = [(place, item) for place in of_person if (item := place.finds(reported.item)) is not None]
    if not agreed:
        zh, en = f"责任书中没有指标 {reported.item}", f"the agreement has no KPI {reported.item}"
        return fault_in(reported, "指标", zh, en)
    timely = [(place, item) for place, item in agreed if reported.period in place.periods[item]]
    if not timely:
        known = "、".join(dict.fromkeys(period for place, item in agreed for period in place.periods[item]))
        zh, en = f"该指标按这些考核期填报: {known}", f"figures of this indicator are entered for: {known}"
        return fault_in(reported, "考核期", zh, en)
    agreed = timely
    fitting = [one for one in agreed if reported.post is None or reported.post in one[0].names]
    if len(fitting) == 1:
        return fitting[0]
    known = "、".join(dict.fromkeys(name for place, _ in agreed for name in sorted(place.names)))
    zh = f"此人有几份考核表, 请在岗位列写明是哪一个: {known}" if fitting else f"此人没有岗位 {reported.post}; 有: {known}"
    en = f"say in the column for the post which sheet is meant: {known}" if fitting else f"no such post; there is: {known}"
    return fault_in(reported, "岗位", zh, en)


def fault_in(reported: Reported, heading: str, zh: str, en: str) -> Fault:
    """What is wrong with a row; or, of a single figure, with the field of that name."""
    return Fault(_FIELDS[heading], zh, en) if reported.row is None else row_fault(reported.row, heading, zh, en)
