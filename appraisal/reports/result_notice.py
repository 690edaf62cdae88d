"""绩效考核结果通知书: what a person is told about one appraisal, with the reason for every number.

One frozen value serves the notice on paper and the result page, so both always say the same. Items, scores and reasons come
from what is stored with the result and from the policy it was computed under, never from today's rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from appraisal.actor import Actor
from appraisal.core.calendar import Period
from appraisal.core.combine import NAMES
from appraisal.core.inputs import Item
from appraisal.core.inputs import Sheet as JudgedSheet
from appraisal.core.numbers import HUNDRED, add, divide, parse_number, places_of
from appraisal.core.policy.model import Indicator, Policy, Text
from appraisal.core.scoring.formulas import actual_of
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import NotFound
from appraisal.formats import local_date
from appraisal.incidents import queries as ledger
from appraisal.labels import label
from appraisal.people.models import Employee
from appraisal.policies import queries as policies
from appraisal.reports import queries
from appraisal.reports.document import Filing, Form, Head
from appraisal.reports.queries import Layer, Place, cycle_name, measured_in, rule_names, titled
from appraisal.results import queries as results
from appraisal.results.cases import sheets_from_json
from appraisal.results.models import Approval, Result

FORM_TITLE = Text("绩效考核结果通知书", "Result notice")


@dataclass(frozen=True)
class Reason:
    """One sentence of the explanation and the rule it rests on, as `file:line`."""

    text: Text
    where: str


@dataclass(frozen=True)
class NoticeItem:
    """One agreed item. `actual` is the rating for a goal that a person rates; None is missing, never 0."""

    name: Text
    unit: Text | None
    kind: str
    weight: Decimal
    target: Decimal | None
    challenge: Decimal | None
    actual: Decimal | None
    score: Decimal | None
    weighted: Decimal | None
    missing: bool
    zeroed_by: Text | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class NoticeSheet:
    """The items of one post. Where there are several sheets: `span` the days in the post, `share` its percentage."""

    post: Text
    span: str
    share: Decimal | None
    items: tuple[NoticeItem, ...]

    def places(self, column: str) -> int:
        """The decimals a column of item figures needs."""
        return max((places_of(value) for item in self.items if (value := getattr(item, column)) is not None), default=0)


@dataclass(frozen=True)
class NoticePart:
    """What the result takes beside the sheets: a quarter, 360° feedback, the development plan, unit or company."""

    name: Text
    source: str
    score: Decimal
    coefficient: Decimal | None


@dataclass(frozen=True)
class NoticeIncident:
    """A confirmed event that counted; `accounts` are the dates and facts of what the person did themselves."""

    name: Text
    count: int
    reach: Text | None
    accounts: tuple[tuple[date, str], ...]


@dataclass(frozen=True)
class ResultNotice:
    """Everything the notice and the page show. Scores are out of 100; `summary` are the reasons beyond single items."""

    filing: Filing
    number: str
    company: str
    employee_number: str
    employee_name: str
    unit: Text
    posts: Text
    cycle: Text
    first_day: date
    last_day: date
    sheets: tuple[NoticeSheet, ...]
    computed_score: Decimal
    score: Decimal
    vetoed: bool
    grade: str
    grade_name: Text
    multiplier: Decimal
    parts: tuple[NoticePart, ...]
    incidents: tuple[NoticeIncident, ...]
    summary: tuple[Reason, ...]
    outcomes: tuple[Text, ...]
    fired: tuple[tuple[Text, str], ...]
    policy: Text
    policy_effective: date
    policy_digest: str
    computed_on: date
    published_at: datetime | None
    appeal_until: date | None
    appeal_days: int
    approved_by: str | None
    approved_at: datetime | None

    @property
    def head(self) -> Head:
        """What the notice carries as a document: dated the day it was computed on."""
        return Head(self.number, FORM_TITLE, self.company, self.computed_on, self.policy, self.policy_digest)

    @property
    def items(self) -> tuple[NoticeItem, ...]:
        """The items of all sheets, in order."""
        return tuple(item for sheet in self.sheets for item in sheet.items)


def tell_result(session: Session, actor: Actor, appraisal_id: int) -> ResultNotice:
    """The result of an appraisal with all its reasons.

    Raises NotFound when there is none, when it is not the actor's to see, and for the person themselves until it is
    published: all three look the same.
    """
    appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, appraisal_id)
    if relations.isdisjoint(queries.SEE_RESULTS):
        raise NotFound()
    which = Appraisal.id == appraisal_id
    layers = queries.layers_of(session, which).get(appraisal_id, ())
    layer = queries.shown_layer(layers, own="employee" in relations)
    if layer is None or not appraisal.rated:
        raise NotFound()
    places = queries.places_of(session, which)[appraisal_id]
    return _notice(session, appraisal, cycle, layer, places)


FORM = Form("result_notice", FORM_TITLE, "appraisal", tell_result, kept="appraisal")


def _notice(session: Session, appraisal: Appraisal, cycle: Cycle, layer: Layer, places: list[Place]) -> ResultNotice:
    """The notice of the result that `layer` names."""
    employee = session.get_one(Employee, appraisal.employee_id)
    result = session.get_one(Result, layer.result_id)
    policy = policies.compiled(session, result.policy_digest)
    outcome = result.outcome
    judged = sheets_from_json(result.sheets)
    sheets, spare = _sheets(policy, judged, outcome)
    band = next(band for band in policy.bands if band.grade == result.grade)
    approval = session.exec(select(Approval).where(Approval.result_id == result.id)).one_or_none()
    rules = rule_names(policy) | {
        f"grades/{one.grade}": Text(f"等级 {one.grade} {one.name.zh}", f"Grade {one.grade}, {one.name.en}")
        for one in policy.bands
    }
    titles = dict.fromkeys(
        titled(place.post, policy.posts[sheet.case.post].post.subject) for place, sheet in zip(places, judged, strict=True)
    )
    period = Period.parse(cycle.period)
    return ResultNotice(
        filing=Filing(appraisal.id, employee.id, cycle.id, places[-1].unit_id, cycle.period),
        number=f"{cycle.code}-{employee.number}-{result.seq}",
        company=queries.company_of(session, places[-1].unit_id),
        employee_number=employee.number,
        employee_name=employee.name,
        unit=places[-1].unit,
        posts=Text("、".join(title.zh for title in titles), ", ".join(title.en for title in titles)),
        cycle=cycle_name(cycle),
        first_day=period.first_day(),
        last_day=period.last_day(),
        sheets=sheets,
        computed_score=result.computed_score,
        score=result.score,
        vetoed=result.vetoed,
        grade=result.grade,
        grade_name=band.name,
        multiplier=result.multiplier,
        parts=tuple(NoticePart(NAMES[part.kind], part.source, part.score, part.coefficient) for part in judged[0].case.parts),
        incidents=tuple(_incidents(session, policy, cycle, employee, judged)),
        summary=spare,
        outcomes=tuple(rules.get(f"outcomes/{outcome_id}", Text(outcome_id, outcome_id)) for outcome_id in outcome["outcomes"]),
        fired=tuple((rules[fired["rule"]], f"{fired['path']}:{fired['line']}") for fired in outcome["fired"]),
        policy=policy.title,
        policy_effective=policy.effective,
        policy_digest=result.policy_digest,
        computed_on=local_date(result.computed_at),
        published_at=layer.published_at,
        appeal_until=results.appeal_until(session, policy, layer.published_at) if layer.published_at else None,
        appeal_days=policy.workflow.appeal.window_days,
        approved_by=session.get_one(Employee, approval.approver_id).name if approval else None,
        approved_at=approval.approved_at if approval else None,
    )


def _sheets(
    policy: Policy, judged: tuple[JudgedSheet, ...], outcome: dict[str, Any]
) -> tuple[tuple[NoticeSheet, ...], tuple[Reason, ...]]:
    """The sheets with each item's own reasons beside it, and the reasons that belong to no single item."""
    reasons = [Reason(Text(line["zh"], line["en"]), f"{line['path']}:{line['line']}") for line in outcome["lines"]]
    told = iter(outcome["items"])
    shares = add(*(sheet.share for sheet in judged))
    sheets = []
    for sheet in judged:
        declared = policy.posts[sheet.case.post].post
        post = declared.title
        prefix = f"[{sheet.label or sheet.case.post}] " if len(judged) > 1 else ""
        share = divide(HUNDRED * sheet.share, shares, 2) if len(judged) > 1 else None
        items = tuple(_item(policy, item, next(told), prefix, reasons) for item in sheet.case.items)
        sheets.append(NoticeSheet(titled(post, declared.subject), sheet.label.removeprefix(post.zh).strip(), share, items))
    return tuple(sheets), tuple(reasons)


def _item(policy: Policy, item: Item, told: dict[str, Any], prefix: str, reasons: list[Reason]) -> NoticeItem:
    located = policy.indicators.get(item.id)
    indicator = located.indicator if located else None
    own_name = item.name or item.id
    name = indicator.name if indicator else Text(own_name, own_name)
    # The core writes one line for each item, in order and beginning with its name; of several sheets, with the sheet's first.
    own = next((reason for reason in reasons if reason.text.zh.startswith(f"{prefix}{name.zh}: ")), None)
    if own is not None:
        reasons.remove(own)
        own = replace(own, text=Text(own.text.zh.removeprefix(prefix), own.text.en.removeprefix(prefix)))
    return NoticeItem(
        name=name,
        unit=measured_in(indicator.unit) if indicator else None,
        kind=item.kind,
        weight=item.weight,
        target=item.target if item.target is not None else (indicator.target if indicator else None),
        challenge=item.challenge,
        actual=_reading(indicator, item),
        score=_figure(told["score"]),
        weighted=_figure(told["weighted"]),
        missing=told["missing"],
        zeroed_by=rule_names(policy).get(told["zeroed_by"]),
        reasons=(own,) if own is not None else (),
    )


def _reading(indicator: Indicator | None, item: Item) -> Decimal | None:
    """What was achieved: the figure, where it is carried that of an earlier period, or what a goal was given."""
    if item.kind == "kpi":
        actual = actual_of(indicator, item)
        return item.last_actual if actual is None and item.events is None else actual
    points = [value for value in item.factors.values() if value is not None]
    return add(*points) if item.rating is None and points else item.rating


def _figure(text: str | None) -> Decimal | None:
    return None if text is None else parse_number(text)


def _incidents(
    session: Session, policy: Policy, cycle: Cycle, employee: Employee, judged: tuple[JudgedSheet, ...]
) -> Iterator[NoticeIncident]:
    """The confirmed events of the stored case, with the facts of the person's own where the reader may have them."""
    names = {event.id: event.name for event in policy.vetoes.events}
    counted: dict[tuple[str, str], int] = {}
    for incident in (incident for sheet in judged for incident in sheet.case.incidents if incident.confirmed):
        key = incident.event, incident.reach
        counted[key] = max(incident.count, counted.get(key, 0))
    happened = ledger.confirmed_between(session, employee.id, cycle.starts_on, cycle.ends_on)
    for (event, reach), count in ((key, count) for key, count in counted.items() if count):
        name = names.get(event, Text(event, event))
        if reach != "self":
            how = label("reach", reach)
            yield NoticeIncident(name, count, Text(how.zh, how.en), ())
            continue
        # A sheet knows only what happened in its post; the ledger has the whole period.
        own = tuple((row.happened_on, row.facts) for row in happened if row.event == event)
        yield NoticeIncident(name, len(own) or count, None, own)
