"""An agreement as a document: what it says, who has signed it, what it was before; and where one stands without one."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import clock, entering, files, rest, web
from appraisal.agreements import issuing, paper, queries, service, shown
from appraisal.agreements.acts import may_decide, open_acts
from appraisal.agreements.context import DRAFTERS, READERS, Context, find_agreement
from appraisal.agreements.models import Agreement
from appraisal.agreements.scales import scales_of
from appraisal.agreements.schemas import ReasonIn, SignIn
from appraisal.agreements.views.blueprint import ROW, pages
from appraisal.cycles import queries as cycles
from appraisal.cycles import service as cycle_service
from appraisal.cycles.models import OPEN, Appraisal, Sheet
from appraisal.desk.shell import cycle_in_hand, stand_under
from appraisal.errors import NotFound
from appraisal.fields import Day, In
from appraisal.forms import Form, done, submits
from appraisal.people.models import Employee, Post, Unit

ONE = f"/agreements/<{ROW}:agreement_id>"


class NothingIn(In):
    """An act that needs no words."""


class SigningIn(SignIn):
    """What was read; and of who has signed on paper, when."""

    signed_on = Day(load_default=None)


@pages.get("/my/agreement")
@web.signed_in_only
def mine() -> ResponseReturnValue:
    """What I have agreed on in the cycle in hand, or how to begin."""
    cycle, me = cycle_in_hand(), web.actor().employee_id
    in_hand = col(Appraisal.cycle_id) == (cycle.id if cycle else None)
    asked = select(Appraisal).where(Appraisal.employee_id == me).order_by(in_hand.desc(), col(Appraisal.id).desc())
    appraisal = web.session().exec(asked).first() if me is not None else None
    if appraisal is None:
        return render_template("agreements/none.html", cycle=cycle)
    return _of(appraisal.id or 0)


@pages.get(f"/appraisals/<{ROW}:appraisal_id>/agreement")
@web.signed_in_only
def of_appraisal(appraisal_id: int) -> ResponseReturnValue:
    """The agreement of an appraisal; of each sheet, where it has several."""
    return _of(appraisal_id)


@pages.get(ONE)
@web.signed_in_only
def agreement(agreement_id: int, form: Form | None = None, acting: str = "") -> ResponseReturnValue:
    """One agreement whole."""
    form = form or Form()
    found, context = find_agreement(web.session(), web.actor(), agreement_id)
    return render_template("agreements/agreement.html", form=form, acting=acting, **document(found, context))


@pages.get(f"{ONE}/files/<{ROW}:file_id>")
@web.signed_in_only
def file(agreement_id: int, file_id: int) -> ResponseReturnValue:
    """The scan of what was signed on paper, or of a refusal."""
    find_agreement(web.session(), web.actor(), agreement_id)
    if file_id not in {one.file_id for one in queries.signatures_of(web.session(), agreement_id)}:
        raise NotFound()
    stored = files.by_id(web.session(), file_id)
    return rest.download(stored.name, stored.media_type, files.content_of(web.session(), stored))


@pages.post(f"/appraisals/<{ROW}:appraisal_id>/sheets/<{ROW}:sheet_id>/agreement")
@web.signed_in_only
@submits(NothingIn, again=lambda appraisal_id, sheet_id, form: _of(appraisal_id, form))
def begin(body: dict[str, Any], appraisal_id: int, sheet_id: int) -> Response:
    """Begins the agreement of a sheet. Raises NotFound for who sees the appraisal and not what is agreed on for it."""
    cycle_service.find_appraisal(web.session(), web.actor(), appraisal_id, seen_as=READERS)
    drafted = service.draft_agreement(web.session(), web.actor(), sheet_id)
    return done(
        url_for("agreements.edit", agreement_id=drafted.id), "草稿已建立, 请选择项目", "The draft is begun: choose the items"
    )


@pages.post(f"/appraisals/<{ROW}:appraisal_id>/sheets/<{ROW}:sheet_id>/copy")
@web.signed_in_only
@submits(NothingIn, again=lambda appraisal_id, sheet_id, form: _of(appraisal_id, form))
def copy(body: dict[str, Any], appraisal_id: int, sheet_id: int) -> Response:
    """Begins it with what was last in force for the same person and post."""
    session, actor = web.session(), web.actor()
    _, cycle, _ = cycle_service.find_appraisal(session, actor, appraisal_id)
    (made,) = issuing.copy_agreements(session, actor, cycle.id or 0, sheet_ids=[sheet_id])
    if made.agreement_id is None:
        way = url_for("agreements.of_appraisal", appraisal_id=appraisal_id)
        return done(way, "上期没有可沿用的责任书, 请新建草稿", "There is nothing to copy from: begin a new draft")
    left = "、".join(one.name for one in made.left_out)
    zh = f"已沿用上期内容; 不再适用而未沿用: {left}" if left else "已沿用上期内容, 请核对后签署"
    en = f"Copied from last time, without what no longer fits: {left}" if left else "Copied from last time: check it, then sign"
    return done(url_for("agreements.agreement", agreement_id=made.agreement_id), zh, en)


@pages.post(f"{ONE}/sign")
@web.signed_in_only
@submits(SigningIn, again=agreement, versioned=True)
def sign(body: dict[str, Any], agreement_id: int, version: int) -> Response:
    """Signs exactly what was read; a clerk enters what the person has signed on the paper that they have begun with."""
    session, actor, entry = web.session(), web.actor(), entering.in_hand()
    way = url_for("agreements.agreement", agreement_id=agreement_id)
    if entry is not None and entry.file_id is not None:
        signed_on = body["signed_on"] or clock.today()
        seen = {"role": "employee", "content_hash": body["content_hash"], "version": version}
        paper.enter_paper_signature(session, actor, agreement_id, file_id=entry.file_id, signed_on=signed_on, **seen)
        return done(way, f"{entry.name} 的纸质签署已登记", f"{entry.name}'s signature on paper is entered")
    signed = service.sign_agreement(session, actor, agreement_id, body["content_hash"], version=version)
    if signed.status == "signed":
        return done(way, "双方已签署, 责任书生效", "Both sides have signed: the agreement is in force")
    return done(way, "您已签署, 待对方签署后生效", "You have signed: it is in force once the other side has, too")


@pages.post(f"{ONE}/renew")
@web.signed_in_only
@submits(NothingIn, again=agreement)
def renew(body: dict[str, Any], agreement_id: int) -> Response:
    """A new revision over a draft that one side has signed."""
    found, _ = find_agreement(web.session(), web.actor(), agreement_id)
    drafted = service.draft_agreement(web.session(), web.actor(), found.sheet_id)
    return done(url_for("agreements.edit", agreement_id=drafted.id), "新的一版已建立", "A new revision is begun")


@pages.post(f"{ONE}/withdraw")
@web.signed_in_only
@submits(ReasonIn, again=lambda agreement_id, form: agreement(agreement_id, form, "withdraw"), versioned=True)
def withdraw(body: dict[str, Any], agreement_id: int, version: int) -> Response:
    """Takes back a draft or a proposed amendment."""
    service.withdraw_draft(web.session(), web.actor(), agreement_id, body["reason"], version=version)
    return done(
        url_for("agreements.agreement", agreement_id=agreement_id), "已撤回, 仍留存备查", "Withdrawn; it stays on record"
    )


def document(found: Agreement, context: Context) -> dict[str, Any]:
    """An agreement as its page has it: parts by weight, examples of the curves, last year's targets, and what can be done."""
    session, actor = web.session(), web.actor()
    told = shown.whole(session, found, context)
    policy = cycles.policy_of(session, context.cycle)
    amendment = queries.amendment_of(session, found.id)
    flawed = any(one["severity"] == "error" for one in told["findings"])
    own = "employee" in context.relations
    if own:
        stand_under("agreements.mine")
    return {
        "told": told,
        "parts": parts_of(told["items"]),
        "scales": scales_of(policy, context.sheet.policy_post, queries.drafts_of(session, found.id)),
        "earlier": queries.backgrounds(session, context.cycle, [context.sheet])[context.sheet.id].earlier,
        "people": _people(told["items"]),
        "amendment": amendment,
        "decides": amendment is not None and may_decide(actor, amendment, context),
        "acts": open_acts(session, actor, found, context, flawed=flawed, empty=not told["items"]),
        "own": own,
        "unit": session.get_one(Unit, context.sheet.unit_id),
        "sheets": _sheets(context.appraisal.id or 0),
        "today": clock.today(),
    }


def parts_of(items: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The items by printed group, else by dimension, each part headed by its first item."""

    def part(item: dict[str, Any]) -> tuple[int, str]:
        return (item["group"] or 0, "" if item["group"] else item["dimension"] or item["kind"])

    order = {key: place for place, key in reversed(list(enumerate(map(part, items))))}
    found = groupby(sorted(items, key=lambda one: order[part(one)]), key=part)
    return [(several[0], several) for several in (list(group) for _, group in found)]


def _of(appraisal_id: int, form: Form | None = None) -> ResponseReturnValue:
    """The only agreement of an appraisal in full, or what each of its sheets has."""
    form = form or Form()
    session, actor = web.session(), web.actor()
    seen_as = {*cycles.SEEN_AS, "data_provider"}
    appraisal, cycle, relations = cycle_service.find_appraisal(session, actor, appraisal_id, seen_as=seen_as)
    sheets, own = _sheets(appraisal_id), "employee" in relations
    if own:
        stand_under("agreements.mine")
    if len(sheets) == 1 and sheets[0][2] is not None and not form.refused:
        return agreement(sheets[0][2].id or 0)
    running = cycle.status == OPEN and appraisal.rated
    return render_template(
        "agreements/sheets.html",
        form=form,
        appraisal=appraisal,
        cycle=cycle,
        employee=session.get_one(Employee, appraisal.employee_id),
        sheets=sheets,
        own=own,
        drafts=bool(relations & DRAFTERS) and running,
        has_items=queries.has_items(cycles.policy_of(session, cycle), cycle),
    )


def _sheets(appraisal_id: int) -> list[tuple[Sheet, str, Agreement | None, str]]:
    """The sheets of an appraisal: the post, the agreement that counts, and the unit."""
    session = web.session()
    rows = session.exec(
        select(Sheet, Post.title, Post.title_en, web.named(Unit))
        .join(Post, col(Post.id) == Sheet.post_id)
        .join(Unit, col(Unit.id) == Sheet.unit_id)
        .where(Sheet.appraisal_id == appraisal_id)
        .order_by(col(Sheet.from_on), col(Sheet.id))
    ).all()
    have = queries.agreed(session, [sheet.id for sheet, *_ in rows])
    zh = web.language() == "zh"
    return [
        (sheet, title if zh else title_en or title, have[sheet.id].agreement if sheet.id in have else None, unit)
        for sheet, title, title_en, unit in rows
    ]


def _people(items: Sequence[dict[str, Any]]) -> dict[int, str]:
    """The names of whoever is to rate an item, by id."""
    ids = {item["assessor_id"] for item in items} | {one["assessor_id"] for item in items for one in item["assessors"]}
    found = select(Employee.id, Employee.name).where(col(Employee.id).in_(ids - {None}))
    return dict(web.session().exec(found).all()) if ids - {None} else {}
