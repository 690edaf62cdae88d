"""Choosing the items of an agreement: every row with its weight and target, what is feasible, and the nearest that would be."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import pre_load
from sqlmodel import col, select

from appraisal import web
from appraisal.agreements import queries, service
from appraisal.agreements.content import Terms
from appraisal.agreements.context import Context, find_agreement, require_drafter
from appraisal.agreements.drafts import Finding, ItemDraft, Joint
from appraisal.agreements.lines import Line, lines_of, parts_of, taken, typed_into
from appraisal.agreements.models import DRAFT, Agreement
from appraisal.agreements.schemas import MOST_ITEMS, ContentIn, ItemIn
from appraisal.agreements.shown import judged_out
from appraisal.agreements.views.agreement import ONE
from appraisal.agreements.views.blueprint import pages
from appraisal.core.numbers import parse_number, plain
from appraisal.core.policy.model import Policy, Post
from appraisal.core.selection import Chosen, even_split, feasible, judge, nearest
from appraisal.cycles import queries as cycles
from appraisal.desk.shell import stand_under
from appraisal.errors import Conflict, Fault, Invalid
from appraisal.fields import Line as LineField
from appraisal.fields import Many
from appraisal.forms import Form, done, submits
from appraisal.people.models import Employee


class Shown(Form):
    """A form as it was typed, shown again without having been sent in: nothing was refused."""

    def typed(self, name: str, otherwise: object = "") -> object:
        """What was typed."""
        return self.given.get(name, "")


class ItemForm(ItemIn):
    """An item as a form has it: who rates it by their number."""

    assessor = LineField(40, allow_none=True, load_default=None)


class ItemsForm(ContentIn):
    """The lines that are ticked; a line that is not has no `id`."""

    items = Many(ItemForm, least=1, most=MOST_ITEMS, required=True)

    @pre_load
    def leave_out(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Without the lines that nobody has chosen."""
        items = data.get("items", [])
        return data | {"items": [one for one in items if isinstance(one, dict) and "id" in one]}


@pages.get(f"{ONE}/items")
@web.signed_in_only
def edit(agreement_id: int, form: Form | None = None, take: Mapping[str, str] | None = None) -> ResponseReturnValue:
    """The form in which the items and terms of a draft are written."""
    form = form or Form()
    found, context = find_agreement(web.session(), web.actor(), agreement_id)
    require_drafter(context)
    if found.status != DRAFT or queries.signatures_of(web.session(), agreement_id):
        zh, en = "已有一方签署, 内容不能再改; 可另起一版", "one side has signed: begin a new revision to change it"
        raise Conflict("agreement_signed", zh, en)
    return render_template("agreements/edit.html", form=form, amending=False, **sheet_form(found, context, form, take))


@pages.post(f"{ONE}/items")
@web.signed_in_only
@submits(ItemsForm, again=edit, versioned=True)
def save(body: dict[str, Any], agreement_id: int, version: int) -> Response:
    """Writes them."""
    drafts, terms = content(body)
    left = service.set_items(web.session(), web.actor(), agreement_id, drafts, terms=terms, version=version)
    way = url_for("agreements.agreement", agreement_id=agreement_id)
    if left:
        return done(way, "已保存; 签署前请看提示", "Saved; there is something to know before signing")
    return done(way, "已保存, 请双方签署", "Saved: both sides can sign it now")


@pages.post(f"{ONE}/items/shown")
@web.signed_in_only
def show_items(agreement_id: int) -> ResponseReturnValue:
    """The same form with a choice that was proposed, or with weights shared evenly: nothing is saved yet."""
    return edit(agreement_id, Shown(request.form), proposed_in(request.form))


def sheet_form(
    found: Agreement, context: Context, form: Form, take: Mapping[str, str] | None, drafts: Sequence[ItemDraft] | None = None
) -> dict[str, Any]:
    """What the form of a sheet shows: its parts, what was typed, last year's targets, and what stands against the choice."""
    session = web.session()
    if "employee" in context.relations:
        stand_under("agreements.mine")
    policy = cycles.policy_of(session, context.cycle)
    post = policy.posts[context.sheet.policy_post].post
    around = queries.backgrounds(session, context.cycle, [context.sheet])[context.sheet.id]
    drafts = queries.drafts_of(session, found.id) if drafts is None else drafts
    shown = post_form(policy, post, drafts, form, take)
    findings = service.check(session, context, drafts) if drafts and not form.given else []
    return shown | {
        "agreement": found,
        "context": context,
        "employee": session.get_one(Employee, context.appraisal.employee_id),
        "earlier": around.earlier,
        "goals": sorted(around.goals.items()),
        "found": _by_item(drafts, findings),
        "terms": Terms.of(found),
    }


def post_form(
    policy: Policy, post: Post, drafts: Sequence[ItemDraft], form: Form, take: Mapping[str, str] | None
) -> dict[str, Any]:
    """The lines of a post by part, numbered as the form has them; where its weights are printed by group, what would do."""
    lines = lines_of(policy, post, drafts, _numbers(drafts))
    if form.given:
        lines = typed_into(lines, form.given, form.faults)
    if take is not None:
        lines = taken(lines, _even(post, lines) if "even" in take else take)
    parts = parts_of(policy, post, lines)
    places = {line.id: place for place, line in enumerate(line for part in parts for line in part.lines)}
    names = {line.id: line.name for line in lines if line.name}
    said = {"policy": policy, "post": post, "parts": parts, "places": places, "names": names, "room": None}
    if not post.groups:
        return said | {"judged": None}
    chosen = [Chosen(line.id, line.weight) for line in lines if line.chosen]
    selection = judge(post, policy.general.design_rules, chosen)
    better = nearest(post, policy.general.design_rules, chosen) if chosen and not selection.is_feasible else ()
    judged = judged_out(policy, selection, better, {one.id for one in chosen if one.weight is None})
    for one in judged["nearest"]:
        one["take"] = urlencode({item["id"]: plain(item["weight"]) for item in one["items"]})
        kept, now = {item["id"] for item in one["items"]}, {line.id for line in lines if line.chosen}
        one["without"] = [line.name for line in lines if line.chosen and line.name and line.id not in kept]
        one["with"] = [item["name"] for item in one["items"] if item["id"] not in now]
    return said | {"judged": judged, "room": feasible(post, policy.general.design_rules)}


def proposed_in(given: Mapping[str, str]) -> dict[str, str] | None:
    """The choice that a button of the form proposes: weights by item, or `even`."""
    if "_even" in given:
        return {"even": ""}
    return dict(parse_qsl(given["_take"])[:MOST_ITEMS]) if "_take" in given else None


def content(body: Mapping[str, Any]) -> tuple[list[ItemDraft], Terms | None]:
    """The items and terms of a form. Raises Invalid `unknown_employee` for a number nobody has."""
    numbers = {item["assessor"] for item in body["items"]} - {None}
    asked = select(Employee.number, Employee.id).where(col(Employee.number).in_(numbers))
    ids = dict(web.session().exec(asked).all()) if numbers else {}
    drafts, faults = [], []
    for place, item in enumerate(body["items"]):
        number = item.pop("assessor")
        if number is not None and number not in ids:
            zh, en = f"没有工号 {number}", f"there is no employee {number}"
            faults.append(Fault(f"items[{place}].assessor", zh, en))
        named = item | {"assessors": tuple(Joint(**one) for one in item["assessors"])}
        drafts.append(replace(ItemDraft(**named), assessor_id=ids.get(number, item["assessor_id"])))
    if faults:
        raise Invalid("unknown_employee", faults[0].zh, faults[0].en, faults)
    return drafts, None if body["terms"] is None else Terms(**body["terms"])


def _numbers(drafts: Sequence[ItemDraft]) -> dict[int, str]:
    """The numbers of whoever is to rate, by id."""
    ids = {draft.assessor_id for draft in drafts} - {None}
    asked = select(Employee.id, Employee.number).where(col(Employee.id).in_(ids))
    return dict(web.session().exec(asked).all()) if ids else {}  # type: ignore[arg-type]


def _by_item(drafts: Sequence[ItemDraft], findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """What is found, by the item it is about; under no item what concerns the whole."""
    found: dict[str, list[Finding]] = {}
    for one in findings:
        at = one.item
        found.setdefault(drafts[at].id if at is not None and at < len(drafts) else "", []).append(one)
    return found


def _even(post: Post, lines: Sequence[Line]) -> dict[str, str]:
    """Each part's printed weight shared evenly among its chosen lines; 100 where nothing is printed."""
    heads = [(str(n), group.weight) for n, group in enumerate(post.groups, start=1)] or list(post.dimensions.items())
    chosen = [line for line in lines if line.chosen]
    if not heads:
        return {item: plain(weight) for item, weight in even_split(parse_number("100"), [line.id for line in chosen]).items()}
    shared = {line.id: line.typed.get("weight", "") for line in chosen}
    for key, printed in heads:
        shared |= {
            item: plain(weight) for item, weight in even_split(printed, [one.id for one in chosen if one.part == key]).items()
        }
    return shared
