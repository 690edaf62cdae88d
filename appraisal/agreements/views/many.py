"""The agreements of a whole cycle, for HR: who has none, who has to sign; drafts for many, and reminders."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import pre_load
from sqlmodel import col, select

from appraisal import cells, forms, paging, rest, web
from appraisal.agreements import issuing, lists, reminding, shown
from appraisal.agreements.issuing import Issued
from appraisal.agreements.lists import NONE, STATES
from appraisal.agreements.many_schemas import IssueIn
from appraisal.agreements.models import DRAFT, SIGNED
from appraisal.agreements.schemas import MOST_ITEMS
from appraisal.agreements.views.blueprint import pages
from appraisal.agreements.views.editing import ItemForm, Shown, content, post_form, proposed_in
from appraisal.core.policy.model import Policy
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN, Appraisal, Cycle, Sheet
from appraisal.desk.shell import cycle_in_hand
from appraisal.errors import NotFound
from appraisal.fields import Id, In, Line, Listing, Many, OneOf, Query
from appraisal.forms import Form, done, submits
from appraisal.people import auth
from appraisal.people.models import Employee, Unit

HEADINGS = ("工号", "姓名", "部门", "岗位", "自", "至", "状态", "版次", "本人已签", "上级已签")
_STATE_NAMES = {NONE: "未起草", DRAFT: "待签署", SIGNED: "已生效"}
_BY_NUMBER: list[tuple[Any, str]] = [(col(Employee.number), "asc"), (col(Sheet.id), "asc")]


class AgreementsAsked(Listing):
    """Which sheets of the cycle in hand."""

    state = OneOf(*STATES, load_default=None)
    unit = Id(load_default=None)
    number = Line(40, load_default=None)


class WithinIn(In):
    """Everybody, or the people of a unit and below it."""

    unit_id = Id(allow_none=True, load_default=None)


class PostAsked(Query):
    post = Line(80, load_default=None)


class IssueForm(IssueIn):
    items = Many(ItemForm, least=1, most=MOST_ITEMS, required=True)

    @pre_load
    def leave_out(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Without the lines that nobody has chosen."""
        return data | {"items": [one for one in data.get("items", []) if isinstance(one, dict) and "id" in one]}


@pages.get("/hr/agreements")
@web.signed_in_only
def all_agreements(form: Form | None = None) -> ResponseReturnValue:
    """The sheets of the cycle in hand with what is agreed on for each."""
    form = form or Form()
    session, actor, cycle = web.session(), web.actor(), cycle_in_hand()
    _require_reader()
    asked = forms.asked(AgreementsAsked)
    if cycle is None:
        return render_template("agreements/none.html", cycle=None)
    wanted = {"state": asked["state"], "unit_id": asked["unit"], "number": asked["number"]}
    found = lists.sheets_with(session, actor, cycle, **wanted)
    page = paging.paged(session, found, _BY_NUMBER, asked)
    settled = lists.settled_sides(session, [row[3].id for row in page.items if row[3] is not None])
    return render_template(
        "agreements/all.html",
        form=form,
        cycle=cycle,
        asked=asked,
        page=page,
        settled=settled,
        counts=lists.counted(session, actor, cycle),
        units=_units(cycle),
        posts=shown.policy_if_any(session, cycle, page.items),
        handles=actor.holds("hr") and cycle.status == OPEN,
    )


@pages.get("/hr/agreements/file.csv")
@web.signed_in_only
def agreements_file() -> ResponseReturnValue:
    """The same sheets as a table, at most 50 000 rows."""
    _require_reader()
    session, cycle, asked = web.session(), cycle_asked(), forms.asked(AgreementsAsked)
    wanted = {"state": asked["state"], "unit_id": asked["unit"], "number": asked["number"]}
    rows = paging.whole(session, lists.sheets_with(session, web.actor(), cycle, **wanted), _BY_NUMBER)
    policy = shown.policy_if_any(session, cycle, rows)
    table = paging.in_parts(rows, lambda part: _cells(policy, part))
    return rest.download(f"{cycle.code}-agreements.csv", "text/csv", cells.as_csv(HEADINGS, table))


def _cells(policy: Policy | None, rows: Sequence[Any]) -> list[list[object]]:
    settled = lists.settled_sides(web.session(), [row[3].id for row in rows if row[3] is not None])
    titles = {name: declared.post.title.zh for name, declared in policy.posts.items()} if policy else {}
    return [
        [
            *(employee.number, employee.name, unit.name, titles.get(sheet.policy_post), sheet.from_on, sheet.to_on),
            *(_STATE_NAMES[one.status if one else NONE], one.revision if one else None),
            *("是" if one and role in settled[one.id] else "否" for role in ("employee", "supervisor")),
        ]
        for sheet, employee, unit, one in rows
    ]


@pages.post("/hr/agreements/remind")
@web.signed_in_only
@submits(WithinIn, again=all_agreements)
def remind(body: dict[str, Any]) -> Response:
    """Reminds both sides of everything in the cycle in hand that is not signed yet."""
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    told = reminding.remind(web.session(), web.actor(), cycle_asked(), **body)
    if not told:
        return done(
            url_for("agreements.all_agreements"),
            "今天都已提醒过, 或没有待签署的",
            "All have been reminded today, or nothing waits",
        )
    return done(url_for("agreements.all_agreements"), f"已提醒 {told} 人", f"{told} people were reminded")


@pages.post("/hr/agreements/copy")
@web.signed_in_only
@submits(WithinIn, again=all_agreements, creates=True)
def copy_all(body: dict[str, Any]) -> Response:
    """Drafts for everybody without an agreement what was last in force for them."""
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    made = issuing.copy_agreements(web.session(), web.actor(), cycle_asked().id or 0, **body)
    return _told(made)


@pages.get("/hr/agreements/issue")
@web.signed_in_only
def issue(form: Form | None = None, take: Mapping[str, str] | None = None) -> ResponseReturnValue:
    """The form in which HR drafts the same items for everybody on a post."""
    form = form or Form()
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    cycle = cycle_asked()
    policy = cycles.policy_of(web.session(), cycle)
    posts = _posts(policy, cycle)
    chosen = form.given.get("policy_post") or forms.asked(PostAsked)["post"]
    post = policy.posts[chosen].post if chosen in policy.posts else None
    return render_template(
        "agreements/issue.html",
        form=form,
        cycle=cycle,
        posts=posts,
        units=_units(cycle),
        chosen=chosen if post else None,
        **(post_form(policy, post, [], form, take) if post else {}),
    )


@pages.post("/hr/agreements/issue")
@web.signed_in_only
@submits(IssueForm, again=issue, creates=True)
def issue_items(body: dict[str, Any]) -> Response:
    """Drafts them."""
    if not web.actor().holds("hr"):
        raise auth.for_others("hr")
    drafts, terms = content(body)
    asked = {"unit_id": body["unit_id"], "terms": terms}
    return _told(issuing.issue_to_post(web.session(), web.actor(), body["cycle_id"], body["policy_post"], drafts, **asked))


@pages.post("/hr/agreements/issue/shown")
@web.signed_in_only
def show_issued_items() -> ResponseReturnValue:
    """The same form with a choice that was proposed, or with weights shared evenly: nothing is drafted yet."""
    return issue(Shown(request.form), proposed_in(request.form))


def _told(made: list[Issued]) -> Response:
    """On to the list, with how many came of it."""
    drafted = sum(one.agreement_id is not None and one.outcome != "kept" for one in made)
    kept = sum(one.outcome == "kept" for one in made)
    rest = len(made) - drafted - kept
    zh = f"已起草 {drafted} 份; {kept} 人已有责任书, 未改动; {rest} 人没有可用的内容"
    en = f"{drafted} drafted; {kept} had one already; {rest} had nothing that fits"
    way = url_for("agreements.all_agreements", state="none" if rest else "draft")
    return done(way, zh, en)


def cycle_asked() -> Cycle:
    """The cycle in hand. Raises NotFound before there is any."""
    found = cycle_in_hand()
    if found is None:
        raise NotFound()
    return found


def _require_reader() -> None:
    if not web.actor().holds("hr", "approver", "auditor"):
        raise auth.for_others("hr", "approver", "auditor")


def _units(cycle: Cycle) -> list[tuple[int, str]]:
    """The units that have sheets in a cycle."""
    found = (
        select(Unit.id, web.named(Unit))
        .join(Sheet, col(Sheet.unit_id) == Unit.id)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .where(Appraisal.cycle_id == cycle.id)
        .distinct()
        .order_by(web.named(Unit))
    )
    return [(unit_id or 0, name) for unit_id, name in web.session().exec(found)]


def _posts(policy: Policy, cycle: Cycle) -> list[tuple[str, str]]:
    """The posts of the policy that somebody holds in a cycle."""
    found = (
        select(Sheet.policy_post)
        .join(Appraisal, col(Appraisal.id) == Sheet.appraisal_id)
        .where(Appraisal.cycle_id == cycle.id, col(Appraisal.rated).is_(True))
        .distinct()
    )
    held = set(web.session().exec(found))
    return [(key, web.said(one.post.title)) for key, one in policy.posts.items() if key in held]
