"""Accounts and their roles, for administrators. What is shown once is shown in answer to the form and kept nowhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, current_app, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session, col, select

from appraisal import clock, db, forms, paging, web
from appraisal.actor import ASSIGNABLE_ROLES
from appraisal.errors import Conflict, Fault, Invalid
from appraisal.forms import OPENED, Form
from appraisal.labels import label
from appraisal.people import access, accounts, auth, directory
from appraisal.people.models import Account, Unit, WebSession
from appraisal.people.schemas_access import AccountFilter, NewAccountForm, ReasonForm, RolesForm, StateForm
from appraisal.people.views.blueprint import pages

ACCOUNT = f"/admin/accounts/<int(max={2**31 - 1}):account_id>"


@pages.get("/admin/accounts", endpoint="accounts")
@web.signed_in_only
def all_accounts() -> ResponseReturnValue:
    """Accounts by login."""
    session = web.session()
    auth.require_role(web.actor(), "admin", "auditor")
    wanted = forms.asked(AccountFilter)
    page = paging.paged(session, access.accounts(wanted), [(Account.login, "asc")], wanted)
    return render_template(
        "people/accounts.html",
        page=page.with_items(access.shown(session, page.items)),
        wanted=wanted,
        roles=_roles(),
        units=_unit_names(session),
        may=web.actor().has("admin"),
    )


@pages.get("/admin/accounts/new")
@web.signed_in_only
def new_account(form: Form = OPENED) -> ResponseReturnValue:
    """The form that gives access."""
    auth.require_role(web.actor(), "admin")
    wanted = request.args.get("employee", "")[:40]
    granted = _typed(form, [("employee", None)])
    return render_template("people/account_new.html", form=form, number=wanted, granted=granted, **_choices())


@pages.post("/admin/accounts/new")
@web.outside_door
@web.signed_in_only
def create_account() -> ResponseReturnValue:
    """Gives access; the first password is hashed outside any transaction and shown in the answer."""
    secret = auth.new_secret()

    def create(session: Session) -> ResponseReturnValue:
        auth.require_role(web.actor(), "admin")
        body = forms.read(NewAccountForm)
        number = body["employee_number"]
        employee = directory.named_by(session, number, "employee_number") if number else None
        granted = {"roles": _grants(body["grants"]), "employee": employee}
        made = accounts.create_account(session, web.actor(), login=body["login"], secret=secret, **granted)
        shown = access.shown(session, [made])[0]
        return make_response(render_template("people/account_made.html", account=shown, password=secret.text), 201)

    return _or_again(create, new_account)


@pages.get(ACCOUNT)
@web.signed_in_only
def account(account_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """One account with its roles, and what an administrator may do with it; one's own is there to be read."""
    session, actor = web.session(), web.actor()
    found = accounts.find_account(session, actor, account_id)
    shown = access.shown(session, [found])[0]
    running = select(WebSession).where(WebSession.account_id == account_id, ~auth.ended()).order_by(col(WebSession.id).desc())
    return render_template(
        "people/account.html",
        account=shown,
        granted=_typed(form, [(grant["role"], grant["unit_id"]) for grant in shown["roles"]]),
        running=session.exec(running).all(),
        form=form,
        may=actor.has("admin") and actor.account_id != account_id,
        own=actor.account_id == account_id,
        **_choices(),
    )


@pages.post(f"{ACCOUNT}/roles")
@web.signed_in_only
@forms.submits(RolesForm, account, versioned=True)
def set_roles(body: dict[str, Any], account_id: int, version: int) -> Response:
    """Other roles in place of those it has."""
    granted = _grants(body["grants"])
    accounts.set_roles(web.session(), web.actor(), _account(account_id), granted, reason=body["reason"], version=version)
    return _done(account_id, "角色已变更, 自其下一次操作起生效", "The roles are changed; they count from the next request on")


@pages.post(f"{ACCOUNT}/state")
@web.signed_in_only
@forms.submits(StateForm, account, versioned=True)
def set_state(body: dict[str, Any], account_id: int, version: int) -> Response:
    """Shuts or reopens an account."""
    session, shut = web.session(), body["disabled"] == "true"
    accounts.set_disabled(session, web.actor(), _account(account_id), shut, reason=body["reason"], version=version)
    return _done(account_id, *(("账号已停用", "The account is shut") if shut else ("账号已启用", "The account is open again")))


@pages.post(f"{ACCOUNT}/sessions")
@web.signed_in_only
@forms.submits(ReasonForm, account)
def end_sessions(body: dict[str, Any], account_id: int) -> Response:
    """Ends every session of an account."""
    ended = accounts.end_sessions(web.session(), web.actor(), _account(account_id), reason=body["reason"])
    return _done(account_id, f"已结束 {ended} 个登录", f"{ended} sessions have been ended")


@pages.post(f"{ACCOUNT}/reset")
@web.signed_in_only
def create_reset(account_id: int) -> ResponseReturnValue:
    """Makes a reset code, which is shown in the answer."""
    session, found = web.session(), _account(account_id)
    try:
        reset = accounts.create_reset(session, web.actor(), found)
    except Conflict as refused:
        db.take_back(session)
        return make_response(account(account_id, Form(request.form, refused)), 409)
    shown = access.shown(session, [found])[0]
    return make_response(render_template("people/account_reset.html", account=shown, reset=reset), 201)


def _account(account_id: int) -> Account:
    return accounts.find_account(web.session(), web.actor(), account_id)


def _done(account_id: int, zh: str, en: str) -> Response:
    return forms.done(url_for("people.account", account_id=account_id), zh, en)


def _grants(given: list[str]) -> list[accounts.Grant]:
    """Roles as a form names them: `hr`, or `hr:12` for a unit and below."""
    granted: list[accounts.Grant] = []
    for one in given:
        role, _, unit = one.partition(":")
        if unit and not (unit.isascii() and unit.isdigit() and len(unit) < 10):
            zh, en = "没有这个部门", "there is no such unit"
            raise Invalid("bad_role", zh, en, [Fault("grants", zh, en)])
        granted.append((role, int(unit) if unit else None))
    return granted


def _typed(form: Form, otherwise: list[accounts.Grant]) -> list[accounts.Grant]:
    """The roles as they were ticked in a form that was not taken, else those there are."""
    if form.refused is None or "grants[]" not in request.form:
        return otherwise
    pairs = (one.partition(":") for one in dict.fromkeys(request.form.getlist("grants[]")) if one)
    return [(role, int(unit) if unit.isascii() and unit.isdigit() else None) for role, _, unit in pairs]


def _choices() -> dict[str, Any]:
    """What a form of roles offers."""
    session = web.session()
    return {
        "roles": _roles(),
        "limited": accounts.LIMITED_ROLES,
        "units": _unit_names(session),
        "branches": directory.tree(session, clock.today()),
    }


def _roles() -> list[tuple[str, str]]:
    return [(role, web.said(label("role", role))) for role in ASSIGNABLE_ROLES]


def _unit_names(session: Session) -> dict[int, str]:
    zh = web.language() == "zh"
    return {unit.id or 0: unit.name if zh else unit.name_en for unit in session.exec(select(Unit)).all()}


def _or_again(
    act: Callable[[Session], ResponseReturnValue], again: Callable[[Form], ResponseReturnValue]
) -> ResponseReturnValue:
    """An act in a writing transaction of its own; what it refuses shows the form once more."""
    try:
        with _opened(write=True) as session:
            return act(session)
    except (Invalid, Conflict) as refused:
        with _opened(write=False):
            return make_response(again(Form(request.form, refused)), 409 if isinstance(refused, Conflict) else 422)


@contextmanager
def _opened(*, write: bool) -> Iterator[Session]:
    with db.transaction(current_app.target, write=write) as session:  # type: ignore[attr-defined]
        g.session = session
        try:
            yield session
        finally:
            g.pop("session")
