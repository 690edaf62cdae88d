"""Posts: the list, one of them with who holds it, and what HR and administrators change of them."""

from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, or_, select

from appraisal import clock, forms, paging, web
from appraisal.core.policy.model import Policy
from appraisal.errors import NotFound
from appraisal.forms import OPENED, Form
from appraisal.people import auth, directory, places, queries, service, units
from appraisal.people.models import Post, Unit
from appraisal.people.schemas_organisation import PostChange, PostIn, PostListing, PostMoveIn
from appraisal.people.views.blueprint import pages
from appraisal.people.views.units import named_unit
from appraisal.policies import queries as policies

POST = f"/people/posts/<int(max={2**31 - 1}):post_id>"


@pages.get("/people/posts")
@web.signed_in_only
def all_posts() -> ResponseReturnValue:
    """The posts by code, with how many hold each."""
    session, today, wanted = web.session(), clock.today(), forms.asked(PostListing)
    asked = select(Post)
    if wanted["unit_id"] is not None:
        asked = asked.where(col(Post.unit_id).in_(queries.unit_and_below(session, wanted["unit_id"])))
    if wanted["q"] is not None:
        asked = asked.where(
            or_(*(col(one).icontains(wanted["q"], autoescape=True) for one in (Post.code, Post.title, Post.title_en)))
        )
    page = paging.paged(session, asked, [(Post.code, "asc")], wanted)
    here = {one.id: one for one in session.exec(select(Unit).where(col(Unit.id).in_({one.unit_id for one in page.items})))}
    held = places.held_by(session, [one.id or 0 for one in page.items], today)
    branches = directory.tree(session, today)
    return render_template("people/posts.html", page=page, units=here, held=held, branches=branches, wanted=wanted)


@pages.get(POST)
@web.signed_in_only
def post(post_id: int) -> ResponseReturnValue:
    """One post: its unit, its sheet, and who holds it, as far as one may know of them."""
    session, found = web.session(), _post(post_id)
    return render_template(
        "people/post.html",
        post=found,
        unit=session.get_one(Unit, found.unit_id),
        sheets=[one for one in _sheets() if one[1] == found.policy_post],
        without=[web.said(one.reason) for _, policy in _in_force() for one in policy.refused if one.id == found.policy_post],
        held=places.held_by(session, [post_id], clock.today()).get(post_id, 0),
        holders=places.holders_seen(session, web.actor(), found),
        stays=places.places_of(session, found),
        today=clock.today(),
        may=web.actor().has("hr", "admin", unit=found.unit_id),
        may_move=web.actor().has("hr", unit=found.unit_id),
    )


@pages.get("/people/posts/new")
@web.signed_in_only
def found_post(form: Form = OPENED) -> ResponseReturnValue:
    """The form for a new post."""
    if not web.actor().holds("hr", "admin"):
        raise auth.for_others("hr", "admin")
    asked = request.args.get("unit_id", "")
    return _form("found", None, form, inside=int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None)


@pages.post("/people/posts/new")
@web.signed_in_only
@forms.submits(PostIn, found_post, creates=True)
def found_post_now(body: dict[str, Any]) -> Response:
    """Founds a post."""
    if not web.actor().holds("hr", "admin"):
        raise auth.for_others("hr", "admin")
    unit = named_unit(body.pop("unit_id"), "unit_id")
    made = service.create_post(web.session(), web.actor(), unit=unit, **body)  # type: ignore[arg-type]
    return _done(made, f"岗位 {made.title} 已设立", f"The post {made.title_en} is founded")


@pages.get(f"{POST}/correct")
@web.signed_in_only
def correct_post(post_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that corrects titles and sheet."""
    return _form("correct", _changed(post_id, "hr", "admin"), form)


@pages.post(f"{POST}/correct")
@web.signed_in_only
@forms.submits(PostChange, correct_post, versioned=True)
def correct_post_now(body: dict[str, Any], post_id: int, version: int) -> Response:
    """Corrects them."""
    found = units.change_post(web.session(), web.actor(), _changed(post_id, "hr", "admin"), version=version, **body)
    return _done(found, "已更正", "Corrected")


@pages.get(f"{POST}/move")
@web.signed_in_only
def move_post(post_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The form that moves it to another unit."""
    return _form("move", _changed(post_id, "hr"), form)


@pages.post(f"{POST}/move")
@web.signed_in_only
@forms.submits(PostMoveIn, move_post, versioned=True)
def move_post_now(body: dict[str, Any], post_id: int, version: int) -> Response:
    """Moves it with everybody who holds it."""
    found, unit = _changed(post_id, "hr"), named_unit(body.pop("unit_id"), "unit_id")
    units.move_post(web.session(), web.actor(), found, unit, version=version, **body)  # type: ignore[arg-type]
    return _done(found, f"自 {body['from_on']} 起属于另一部门", f"It belongs there from {body['from_on']} on")


def _form(what: str, found: Post | None, form: Form, inside: int | None = None) -> ResponseReturnValue:
    session, today = web.session(), clock.today()
    shown = {"what": what, "post": found, "form": form, "inside": inside, "today": today, "sheets": _sheets()}
    unit = session.get_one(Unit, found.unit_id) if found else None
    return render_template("people/post_form.html", **shown, unit=unit, branches=directory.tree(session, today))


def _sheets() -> list[tuple[str, str, str, str]]:
    """The posts that the policies in force have a sheet for: policy, post, and what each is called."""
    return [
        (name, key, web.said(one.post.title), web.said(policy.title))
        for name, policy in _in_force()
        for key, one in policy.posts.items()
    ]


def _in_force() -> list[tuple[str, Policy]]:
    session, today = web.session(), clock.today()
    states = [(name, policies.policy_in_force(session, name, today)) for name in policies.published_names(session)]
    return [(name, policies.compiled_state(stored)) for name, stored in states if stored is not None]


def _done(found: Post, zh: str, en: str) -> Response:
    web.session().flush()
    return forms.done(url_for("people.post", post_id=found.id), zh, en)


def _post(post_id: int) -> Post:
    found = web.session().get(Post, post_id)
    if found is None:
        raise NotFound()
    return found


def _changed(post_id: int, *roles: str) -> Post:
    """A post, for who may change it. Raises NotFound, NotAllowed."""
    found = _post(post_id)
    auth.require_role(web.actor(), *roles, unit=found.unit_id)
    return found
