"""绩效目标责任书: what two sides agree on for one sheet, as it is signed, with what it was changed by and why.

Read under the policy its cycle has pinned. It says what the agreement says: a clause that nobody has written is not there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from appraisal.actor import Actor
from appraisal.agreements import queries as agreements
from appraisal.agreements import shown
from appraisal.agreements.context import Context, find_agreement
from appraisal.agreements.models import IN_FORCE, SIGNED, SUPERSEDED, Agreement
from appraisal.agreements.scales import Scale, scales_of
from appraisal.core.policy.model import IncidentRule, Policy, Text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Sheet
from appraisal.formats import local_date
from appraisal.people.models import Employee, Unit
from appraisal.reports import queries
from appraisal.reports.document import Filing, Form, Head, Signature
from appraisal.reports.queries import measured_in, titled, words
from appraisal.reports.signed import signature_of

TITLE = Text("绩效目标责任书", "Performance agreement")
_SIDES = {
    "supervisor": Text("甲方（直接上级）", "Party A (supervisor)"),
    "employee": Text("乙方（责任人）", "Party B (employee)"),
}


@dataclass(frozen=True)
class AgreedItem:
    """One agreed item. `curve` with `examples` (a figure and its points) is how a figure becomes points; `levels` and `factors`
    how a rated goal does."""

    name: Text
    dimension: Text
    is_goal: bool
    measured_in: Text | None
    weight: Decimal
    target: Decimal | None
    challenge: Decimal | None
    threshold: Decimal | None
    baseline: Decimal | None
    definition: Text | None
    curve: Text | None
    examples: tuple[tuple[Decimal, Decimal], ...]
    levels: tuple[tuple[Decimal, Text], ...]
    standard: str | None
    factors: tuple[tuple[Text, Decimal], ...]
    sources: str
    assessor: Text
    goal: str | None


@dataclass(frozen=True)
class ZeroRule:
    """What makes an item or the whole zero, and as whom that falls on the holder of the post."""

    name: Text
    veto: bool
    effects: tuple[tuple[Text, Text], ...]


@dataclass(frozen=True)
class Change:
    """An amendment that has come into force: the revision it made, and why."""

    revision: int
    proposed_by: str
    proposed_at: datetime
    reason: str
    decided_at: datetime | None
    decision: str | None


@dataclass(frozen=True)
class PerformanceAgreement:
    """Everything the agreement of a sheet says. `in_force`: both sides have signed, or what stands for a signature is there."""

    filing: Filing
    head: Head
    employee_number: str
    employee_name: str
    supervisor_name: str | None
    unit: Text
    post: Text
    cycle: Text
    first_day: date
    last_day: date
    revision: int
    status: Text
    in_force: bool
    superseded: bool
    items: tuple[AgreedItem, ...]
    total: Decimal
    rules: tuple[ZeroRule, ...]
    duties: str | None
    rewards: str | None
    ending: str | None
    changes: tuple[Change, ...]
    content_hash: str
    signatures: tuple[Signature, ...]


def tell_agreement(session: Session, actor: Actor, agreement_id: int) -> PerformanceAgreement:
    """One revision of an agreement. Raises NotFound for who may not read it."""
    agreement, context = find_agreement(session, actor, agreement_id)
    cycle, sheet = context.cycle, context.sheet
    policy = cycles.policy_of(session, cycle)
    told = shown.whole(session, agreement, context)
    signatures = _signatures(session, told)
    signed = [one.signed_at for one in signatures if one.signed_at is not None]
    unit = session.get_one(Unit, sheet.unit_id)
    filing = Filing(agreement_id, context.appraisal.employee_id, cycle.id, sheet.unit_id, cycle.period)
    dated = local_date(max(signed, default=agreement.drafted_at))
    company = queries.company_of(session, sheet.unit_id)
    return PerformanceAgreement(
        filing=filing,
        head=Head(told["number"], TITLE, company, dated, policy.title, cycle.policy_digest),
        employee_number=told["employee"]["number"],
        employee_name=told["employee"]["name"],
        supervisor_name=_supervisor(told),
        unit=Text(unit.name, unit.name_en),
        post=titled(told["post"], sheet.subject),
        cycle=queries.cycle_name(cycle),
        first_day=sheet.from_on,
        last_day=sheet.to_on,
        revision=agreement.revision,
        status=words("agreement_status", agreement.status),
        in_force=agreement.status == SIGNED,
        superseded=agreement.status == SUPERSEDED,
        items=_items(session, policy, agreement, context, told["items"]),
        total=sum((one["weight"] for one in told["items"]), Decimal(0)),
        rules=tuple(_rule(policy, rule, sheet.policy_post) for rule in policy.rules_for(sheet.policy_post)),
        **told["terms"],
        changes=_changes(session, agreement),
        content_hash=agreement.content_hash,
        signatures=signatures,
    )


def agreements_of_case(session: Session, appraisal_id: int) -> Sequence[int]:
    """The revisions of an appraisal that have been in force, the oldest first."""
    found = (
        select(Agreement.id)
        .join(Sheet, col(Sheet.id) == Agreement.sheet_id)
        .where(Sheet.appraisal_id == appraisal_id, col(Agreement.status).in_((SIGNED, SUPERSEDED)))
        .order_by(Agreement.sheet_id, Agreement.revision)
    )
    return [one for one in session.exec(found) if one is not None]


FORM = Form("performance_agreement", TITLE, "agreement", tell_agreement, kept="appraisal", of_case=agreements_of_case)


def _items(
    session: Session, policy: Policy, agreement: Agreement, context: Context, told: Sequence[dict[str, Any]]
) -> tuple[AgreedItem, ...]:
    scales = scales_of(policy, context.sheet.policy_post, agreements.drafts_of(session, agreement.id))
    raters = {one["assessor_id"] for one in told} | {each["assessor_id"] for one in told for each in one["assessors"]}
    found = session.exec(select(Employee).where(col(Employee.id).in_(raters - {None})))
    names = {one.id or 0: one.name for one in found}
    return tuple(_item(policy, one, scales.get(one["id"]), names) for one in told)


def _item(policy: Policy, told: dict[str, Any], scale: Scale | None, names: dict[int, str]) -> AgreedItem:
    figures = ("weight", "target", "challenge", "threshold", "baseline")
    located = policy.indicators.get(told["id"])
    factor_names = {one.id: one.name for one in located.indicator.factors} if located else {}
    definition = told["definition"] if told["definition"] != told["name"] else None
    return AgreedItem(
        name=told["name"],
        dimension=told["dimension_name"] or words("item_kind", told["kind"]),
        is_goal=told["kind"] == "gs",
        measured_in=measured_in(told["unit"]),
        **{name: told[name] for name in figures},
        definition=definition,
        curve=scale.name if scale else None,
        examples=tuple((one.actual, one.points) for one in scale.examples) if scale else (),
        levels=tuple((one["rating"], one["text"]) for one in told["levels"]),
        standard=told["standard"] if not told["levels"] else None,
        factors=tuple((factor_names.get(one, Text(one, one)), most) for one, most in told["factor_max"].items()),
        sources="、".join(told["sources"]),
        assessor=_assessor(told, names),
        goal=told["goal"],
    )


def _assessor(told: dict[str, Any], names: dict[int, str]) -> Text:
    """Who rates it, or that the figure decides."""
    if told["assessors"]:
        several = "、".join(f"{names[one['assessor_id']]} {one['share']:f}%" for one in told["assessors"])
        return Text(several, several)
    if told["assessor_id"] is not None:
        return Text(names[told["assessor_id"]], names[told["assessor_id"]])
    if told["assessor"]:
        return Text(told["assessor"], told["assessor"])
    return words("role", "supervisor") if told["kind"] == "gs" else Text("按数据计分", "by its figure")


def _rule(policy: Policy, rule: IncidentRule, own_post: str) -> ZeroRule:
    """What of it can fall on a holder of this post: of a rule for other posts only what reaches beyond these."""
    own_rule = rule.all_posts or own_post in rule.posts
    reaching = {"unit", "named", "superior", f"post:{own_post}"} | ({"self"} if own_rule else set())
    effects = []
    for effect in (one for one in rule.effects if one.subject in reaching):
        does, item = words("zeroes", effect.effect), policy.indicators.get(effect.item or "")
        name = item.indicator.name if item else Text(effect.item or "", effect.item or "")
        kind, _, post = effect.subject.partition(":")
        whose = words("veto_subject", kind)
        title = policy.posts[post].post.title if post in policy.posts else Text(post, post)
        effects.append(
            (
                Text(does.zh.format(item=name.zh), does.en.format(item=name.en)),
                Text(whose.zh.format(post=title.zh), whose.en.format(post=title.en)),
            )
        )
    return ZeroRule(rule.name, rule.veto, tuple(effects))


def _supervisor(told: dict[str, Any]) -> str | None:
    """Who has signed as the supervisor, else who is to."""
    signed = next((one["employee"] for one in told["signatures"] if one["role"] == "supervisor"), None)
    person = signed or told["supervisor"]
    return person["name"] if person else None


def _signatures(session: Session, told: dict[str, Any]) -> tuple[Signature, ...]:
    by_role = {one["role"]: one for one in told["signatures"]}
    found = []
    for role, side in _SIDES.items():
        one = by_role.get(role)
        name = _supervisor(told) if role == "supervisor" else told["employee"]["name"]
        if one is None:
            found.append(Signature(side, name))
            continue
        seen = [who["name"] for who in one["witnesses"]]
        kept = {"at": one["signed_at"], "content_hash": one["content_hash"], "file_id": one["file_id"]}
        found.append(
            signature_of(session, side, name, one["kind"], on=one["signed_on"], said=one["reason"], witnesses=seen, **kept)
        )
    return tuple(found)


def _changes(session: Session, agreement: Agreement) -> tuple[Change, ...]:
    """The amendments that led to this revision, this one's own included."""
    revisions = {one.id: one.revision for one in agreements.revisions_of(session, agreement.sheet_id)}
    led = [
        one
        for one in agreements.amendments_of(session, agreement.sheet_id)
        if one.agreement_id == agreement.id or (one.status == IN_FORCE and revisions[one.agreement_id] < agreement.revision)
    ]
    return tuple(
        Change(
            revision=revisions[one.agreement_id],
            proposed_by=session.get_one(Employee, one.proposer_id).name,
            proposed_at=one.proposed_at,
            reason=one.reason,
            decided_at=one.decided_at,
            decision=one.decision,
        )
        for one in led
    )
