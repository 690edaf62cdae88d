"""Agreements as they go out: an agreement whole, with the names a reader needs, and rows of lists."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlmodel import Session, col, select

from appraisal.agreements import approvals, queries
from appraisal.agreements.checks import findings
from appraisal.agreements.content import Terms
from appraisal.agreements.context import Context
from appraisal.agreements.declared import Place, declared, places_of
from appraisal.agreements.drafts import Finding, ItemDraft, dimension_of
from appraisal.agreements.groups import chosen_of
from appraisal.agreements.issuing import Issued
from appraisal.agreements.models import DRAFT, Agreement, Amendment, Goal, Signature, WeightApproval
from appraisal.core.policy.model import Level, Policy, Post, Text
from appraisal.core.selection import Feasibility, Selection, judge
from appraisal.cycles import queries as cycles
from appraisal.cycles.blanks import NOTHING, Ruled
from appraisal.cycles.models import Cycle, Sheet
from appraisal.errors import Fault
from appraisal.labels import label
from appraisal.people.models import Employee, Unit

Shown = dict[str, Any]


def person(employee: Employee) -> Shown:
    """Who somebody is."""
    return {"id": employee.id, "number": employee.number, "name": employee.name}


def whole(session: Session, agreement: Agreement, context: Context) -> Shown:
    """An agreement with its items, what the policy says of them, its signatures and its history.

    Findings are those of a draft: what has been signed was found sound then.
    """
    policy, sheet = cycles.policy_of(session, context.cycle), context.sheet
    drafts = queries.drafts_of(session, agreement.id)
    employee = session.get_one(Employee, context.appraisal.employee_id)
    supervisor = cycles.supervisors_of(session, context.cycle, [context.appraisal.id]).get(context.appraisal.id)
    post = policy.posts[sheet.policy_post].post
    around = queries.backgrounds(session, context.cycle, [sheet])[sheet.id]
    found = findings(policy, post, drafts, around) if agreement.status == DRAFT else []
    amendment = queries.amendment_of(session, agreement.id)
    goals, places = _goal_names(session, drafts), places_of(policy, sheet.policy_post)
    ruled = cycles.rulings_of(session, context.cycle)
    kept = ("id", "sheet_id", "revision", "status", "content_hash", "drafted_at", "version")
    return {name: getattr(agreement, name) for name in kept} | {
        "number": f"{context.cycle.code}-{employee.number}-{sheet.id}-{agreement.revision}",
        "cycle_id": context.cycle.id,
        "cycle": context.cycle.name,
        "appraisal_id": context.appraisal.id,
        "employee": person(employee),
        "supervisor": person(supervisor) if supervisor else None,
        "unit": session.get_one(Unit, sheet.unit_id).name,
        "post": post.title,
        "from_on": sheet.from_on,
        "to_on": sheet.to_on,
        "terms": vars(Terms.of(agreement)),
        "items": [_item(policy, draft, places.get(draft.id), goals, ruled.get(draft.id, NOTHING)) for draft in drafts],
        "weights": _weights(session, policy, post, agreement, drafts),
        "rules": [{"id": rule.id, "name": rule.name, "veto": rule.veto} for rule in policy.rules_for(sheet.policy_post)],
        "findings": [finding_out(one) for one in found],
        "signatures": _signatures(session, agreement),
        "amendment_id": amendment.id if amendment else None,
        "revisions": _revisions(session, sheet.id),
    }


def agreement_row(
    policy: Policy, row: tuple[Agreement, Sheet, Employee, Unit, Amendment | None], settled: Sequence[str]
) -> Shown:
    """An agreement in a list."""
    agreement, sheet, employee, unit, amendment = row
    kept = ("id", "sheet_id", "revision", "status", "version")
    return {name: getattr(agreement, name) for name in kept} | {
        "appraisal_id": sheet.appraisal_id,
        "employee": person(employee),
        "unit": unit.name,
        "post": policy.posts[sheet.policy_post].post.title,
        "amendment_status": amendment.status if amendment else None,
        "settled": list(settled),
    }


def missing_row(policy: Policy, row: tuple[Sheet, Employee, Unit, int | None]) -> Shown:
    """A sheet without an agreement in force."""
    sheet, employee, unit, draft_id = row
    return {
        "sheet_id": sheet.id,
        "appraisal_id": sheet.appraisal_id,
        "employee": person(employee),
        "unit": unit.name,
        "post": policy.posts[sheet.policy_post].post.title,
        "from_on": sheet.from_on,
        "to_on": sheet.to_on,
        "draft_id": draft_id,
    }


def amendment_out(row: tuple[Amendment, Agreement, Employee]) -> Shown:
    """An amendment, with the hash of what it proposes."""
    amendment, revision, employee = row
    kept = (
        "id",
        "agreement_id",
        "of_id",
        "status",
        "reason",
        "proposer_id",
        "proposed_at",
        "decided_at",
        "decision",
        "version",
    )
    said = {name: getattr(amendment, name) for name in kept}
    return said | {"employee": person(employee), "content_hash": revision.content_hash}


def issued_out(issued: Issued) -> Shown:
    """What came of one person."""
    return {
        "sheet_id": issued.sheet.id,
        "employee": person(issued.employee),
        "outcome": issued.outcome,
        "message": label("issue", issued.outcome),
        "agreement_id": issued.agreement_id,
        "left_out": [
            {"item": one.item, "name": one.name, "why": [finding_out(finding) for finding in one.why]}
            for one in issued.left_out
        ],
        "findings": [finding_out(one) for one in issued.findings],
    }


def finding_out(finding: Finding) -> Shown:
    """A finding with its words."""
    words = {"zh": finding.zh, "en": finding.en}
    return {"severity": finding.severity, "code": finding.code, "path": finding.path, "message": words}


def fault_out(fault: Fault) -> Shown:
    """A fault of a file with its words."""
    return {"path": fault.path, "message": {"zh": fault.zh, "en": fault.en}}


def policy_if_any(session: Session, cycle: Cycle, rows: Collection[object]) -> Policy | None:
    """The policy of a cycle, where there is a row to show by it; a draft has neither."""
    return cycles.policy_of(session, cycle) if rows else None


def choices_out(session: Session, context: Context, policy: Policy, post: Post, room: Feasibility) -> Shown:
    """What can be chosen from a sheet, with what HR has ruled where the source leaves a cell blank."""
    ruled = cycles.rulings_of(session, context.cycle)
    places = places_of(policy, post.id)
    groups = [
        {
            "group": place,
            "kind": one.group.kind,
            "printed": one.group.weight,
            "least": one.least,
            "most": one.most,
            "rows": [_row(policy, places[row.id], ruled.get(row.id, NOTHING)) for row in one.group.items],
        }
        for place, one in enumerate(room.rooms, start=1)
    ]
    said = {"most": room.most if groups else 0, "keeps_printed": room.keeps_printed}
    return {"sheet_id": context.sheet.id, "post": post.title, "groups": groups} | said


def judged_out(policy: Policy, selection: Selection, nearest: Sequence[Selection], previews: Collection[str]) -> Shown:
    """A choice as it would stand, with those that would do instead; `previews` are its rows without a weight of their own."""
    better = [_selection(policy, one, one.weights) for one in nearest]
    return _selection(policy, selection, previews) | {"nearest": better}


def approval_out(row: tuple[WeightApproval, Employee]) -> Shown:
    """A word asked for or given on an agreement's weights."""
    approval, employee = row
    kept = (
        "id",
        "agreement_id",
        "status",
        "content_hash",
        "reason",
        "asker_id",
        "asked_at",
        "decided_at",
        "decision",
        "version",
    )
    return {name: getattr(approval, name) for name in kept} | {"employee": person(employee)}


def _selection(policy: Policy, one: Selection, previews: Collection[str]) -> Shown:
    return {
        "items": [
            {"id": row, "name": policy.indicators[row].indicator.name, "weight": weight, "preview": row in previews}
            for row, weight in one.weights.items()
        ],
        "groups": _shares(one),
        "preview": one.preview,
        "feasible": one.is_feasible,
        "can_stand": one.can_stand,
        "needs_approval": one.needs_approval,
        "findings": [
            {
                "severity": found.severity,
                "code": found.code,
                "group": None if found.group is None else found.group + 1,
                "item": found.item,
                "message": {"zh": found.zh, "en": found.en},
            }
            for found in one.findings
        ],
    }


def _shares(selection: Selection) -> list[Shown]:
    return [
        {"group": place, "kind": one.group.kind, "printed": one.printed, "agreed": one.agreed, "items": one.rows}
        for place, one in enumerate(selection.shares, start=1)
    ]


def _row(policy: Policy, place: Place, ruled: Ruled) -> Shown:
    """A row that can be chosen, with what it declares."""
    one = policy.indicators[place.row.id].indicator
    found = declared(policy, ItemDraft(place.row.id, place.group.kind, place.group.weight), place, ruled)
    return {name: getattr(found, name) for name in ("target", "challenge", "curve", "sources", "assessor")} | {
        "id": place.row.id,
        "name": one.name,
        "definition": one.definition,
        "printed": place.group.weight,
        "unit": one.unit,
        "direction": one.direction,
        "cadence": ruled.cadence or place.row.cadence or (one.cadence or (None,))[0],
        "collected": place.row.collected,
        "levels": [_level(level) for level in found.levels],
        "factors": [{"id": factor.id, "name": factor.name, "points": factor.points} for factor in one.factors],
        "uncertain": place.row.uncertain,
    }


def _level(level: Level) -> Shown:
    return {"rating": level.rating, "text": Text(level.text, level.en or level.text)}


def _weights(session: Session, policy: Policy, post: Post, agreement: Agreement, drafts: Sequence[ItemDraft]) -> Shown:
    """The printed weights of the groups beside those agreed on, and whether anybody has to approve them."""
    found = approvals.standing(session, policy, post, agreement, drafts)
    groups = _shares(judge(post, policy.general.design_rules, chosen_of(drafts))) if post.groups else []
    return {"approval": found.state, "approval_id": found.approval.id if found.approval else None, "groups": groups}


def _item(policy: Policy, draft: ItemDraft, place: Place | None, goals: dict[int, str], ruled: Ruled) -> Shown:
    located = policy.indicators.get(draft.id)
    indicator = located.indicator if located else None
    dimension = dimension_of(policy, draft)
    known = policy.dimensions.get(dimension) if dimension else None
    kept = ("id", "kind", "weight", "threshold", "baseline", "assessor_id", "goal_id")
    found = declared(policy, draft, place, ruled)
    filled = ("target", "challenge", "curve", "factor_max", "standard", "sources", "assessor")
    said = {name: getattr(draft, name) for name in kept} | {name: getattr(found, name) for name in filled}
    return said | {
        "assessors": [{"assessor_id": one.assessor_id, "share": one.share} for one in draft.assessors],
        "printed": place.group.weight if place else None,
        "group": place.place if place else None,
        "levels": [_level(level) for level in found.levels],
        "name": indicator.name if indicator else Text(draft.name_zh or draft.id, draft.name_en or draft.name_zh or draft.id),
        "own": indicator is None,
        "dimension": dimension,
        "dimension_name": known.name if known else None,
        "unit": draft.unit or (indicator.unit if indicator else None),
        "direction": draft.direction or (indicator.direction if indicator else None),
        "definition": indicator.definition if indicator else None,
        "goal": goals.get(draft.goal_id) if draft.goal_id else None,
    }


def _goal_names(session: Session, drafts: Sequence[ItemDraft]) -> dict[int, str]:
    named = {draft.goal_id for draft in drafts if draft.goal_id is not None}
    return dict(session.exec(select(Goal.id, Goal.name).where(col(Goal.id).in_(named))).all()) if named else {}


def _signatures(session: Session, agreement: Agreement) -> list[Shown]:
    found = queries.signatures_of(session, agreement.id)
    named = {who for one in found for who in (one.employee_id, one.witness_1_id, one.witness_2_id) if who is not None}
    people = {who.id: person(who) for who in session.exec(select(Employee).where(col(Employee.id).in_(named)))}

    def shown(one: Signature) -> Shown:
        kept = ("role", "kind", "signed_at", "signed_on", "content_hash", "reason", "file_id")
        return {name: getattr(one, name) for name in kept} | {
            "employee": people[one.employee_id] if one.employee_id is not None else None,
            "witnesses": [people[who] for who in (one.witness_1_id, one.witness_2_id) if who is not None],
        }

    return [shown(one) for one in found]


def _revisions(session: Session, sheet_id: int) -> list[Shown]:
    amendments = {one.agreement_id: one.id for one in queries.amendments_of(session, sheet_id)}
    return [
        {"id": one.id, "revision": one.revision, "status": one.status, "amendment_id": amendments.get(one.id)}
        for one in queries.revisions_of(session, sheet_id)
    ]
