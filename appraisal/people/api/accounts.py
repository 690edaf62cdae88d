"""Endpoints of access: sign in and out, passwords, accounts with their roles, tokens of machines.

What is shown once (a first password, a reset code, a token) never goes through a repeatable post, whose answer would be kept.
"""

from datetime import datetime
from typing import Any

from flask import current_app, g
from flask_wtf.csrf import generate_csrf
from sqlmodel import Session

from appraisal import db, rest, web
from appraisal.actor import Actor
from appraisal.errors import Fault, Invalid, NotAllowed
from appraisal.people import access, accounts, auth, sessions, tokens
from appraisal.people.models import Account, ApiToken, Employee, WebSession
from appraisal.people.schemas_access import (
    AccountFilter,
    AccountIn,
    AccountOut,
    NewAccountIn,
    NewAccountOut,
    NewTokenOut,
    OwnSessionOut,
    PasswordIn,
    ResetIn,
    ResetOut,
    SessionOut,
    SignInIn,
    TokenFilter,
    TokenIn,
    TokenOut,
)

endpoints = rest.Endpoints("access", "登录与账号 · Sign in and out, passwords, accounts and their roles, tokens of machines")


# Signing in and out


@endpoints.post("/session", SignInIn, out=SessionOut, plain=True, public=True, outside_door=True)
def sign_in(body: dict[str, Any]) -> Any:
    """Sign in

    The session is a cookie; writes then need `csrf_token` as X-CSRF-Token. 401 says no more than that account or password is
    wrong, 429 that there were too many tries.
    """
    try:
        opened = sessions.sign_in(_target(), body["account"], body["password"], kiosk=body["kiosk"], **web.from_where())
    except NotAllowed as refused:
        return rest.problem(401, refused.code, refused.message.zh, refused.message.en)
    return _begun(opened, kiosk=body["kiosk"])


@endpoints.get("/session", out=SessionOut, before_password=True)
def show_session() -> dict[str, Any]:
    """Who am I, and what is my role"""
    session, actor = rest.session(), rest.actor()
    if actor.token_id is not None:
        expires_at = session.get_one(ApiToken, actor.token_id).expires_at
        return _shown_session(session, actor, expires_at) | {"csrf_token": None}
    signed_in = g.signed_in
    return _shown_session(
        session, actor, signed_in.expires_at, must_change=signed_in.must_change_password, kiosk=signed_in.kiosk
    )


@endpoints.delete("/session", plain=True, before_password=True)
def sign_out() -> None:
    """Sign out."""
    auth.require_person(rest.actor())
    sessions.sign_out(rest.session(), rest.actor(), web.end_session() or "")


@endpoints.put("/session/password", PasswordIn, out=SessionOut, plain=True, before_password=True, outside_door=True)
def change_password(body: dict[str, Any]) -> dict[str, Any]:
    """Choose another password

    Every session of the account ends, and a new one begins with this answer.
    """
    kiosk = web.at_a_kiosk()
    return _begun(sessions.change_password(_target(), rest.actor(), **body, kiosk=kiosk, **web.from_where()), kiosk=kiosk)


@endpoints.post("/password-resets", ResetIn, plain=True, public=True, outside_door=True)
def use_reset(body: dict[str, Any]) -> None:
    """Choose a password with a reset code, which holds once and for a day."""
    sessions.use_reset(_target(), body["code"], body["new"], client=web.from_where()["client"])


@endpoints.get("/sessions", rest.Listing, out=rest.page_of(OwnSessionOut))
def list_sessions(query: dict[str, Any]) -> rest.Page:
    """One's own sessions that hold, the newest first."""
    own = sessions.own_sessions(rest.actor())
    current = g.signed_in.session_id if "signed_in" in g else None
    page = rest.paged(rest.session(), own, [(WebSession.id, "desc")], query)
    names = [name for name in OwnSessionOut().fields if name != "current"]
    return page.with_items([{n: getattr(row, n) for n in names} | {"current": row.id == current} for row in page.items])


@endpoints.delete("/sessions/<int:session_id>", plain=True)
def end_session(session_id: int) -> None:
    """End one of one's own sessions."""
    sessions.end_session(rest.session(), rest.actor(), session_id)


# Accounts


@endpoints.get("/accounts", AccountFilter, out=rest.page_of(AccountOut))
def list_accounts(query: dict[str, Any]) -> rest.Page:
    """Accounts by login, for administrators and auditors."""
    auth.require_role(rest.actor(), "admin", "auditor")
    page = rest.paged(rest.session(), access.accounts(query), [(Account.login, "asc")], query)
    return page.with_items(access.shown(rest.session(), page.items))


@endpoints.post("/accounts", NewAccountIn, out=NewAccountOut, plain=True, outside_door=True, status=201)
def create_account(body: dict[str, Any]) -> dict[str, Any]:
    """Give access

    The first password is shown this once and has to be changed at the first sign-in. The same login again is refused (409).
    """
    auth.require_role(rest.actor(), "admin")
    secret = auth.new_secret()
    with db.transaction(_target(), write=True) as session:
        employee = None if body["employee_id"] is None else session.get(Employee, body["employee_id"])
        if employee is None and body["employee_id"] is not None:
            zh, en = "没有这名员工", "there is no such employee"
            raise Invalid("bad_fields", zh, en, [Fault("employee_id", zh, en)])
        made = accounts.create_account(
            session, rest.actor(), login=body["login"], secret=secret, roles=_grants(body["roles"]), employee=employee
        )
        return access.shown(session, [made])[0] | {"initial_password": secret.text}


@endpoints.get("/accounts/<int:account_id>", out=AccountOut)
def show_account(account_id: int) -> dict[str, Any]:
    """One account; one's own, or for administrators and auditors any."""
    return access.shown(rest.session(), [accounts.find_account(rest.session(), rest.actor(), account_id)])[0]


@endpoints.patch("/accounts/<int:account_id>", AccountIn, out=AccountOut, of=show_account)
def change_account(body: dict[str, Any], account_id: int, version: int) -> dict[str, Any]:
    """Shut or reopen an account, or give it other roles in place of those it has

    Both count from the account's next request on. Nobody changes their own.
    """
    session, actor = rest.session(), rest.actor()
    account = accounts.find_account(session, actor, account_id)
    auth.require_role(actor, "admin")
    if "roles" not in body and "disabled" not in body:
        zh, en = "请给出要变更的角色或状态", "give the roles or the state to change to"
        raise Invalid("nothing_to_change", zh, en, [Fault("roles", zh, en)])
    seen: int | None = version
    if "roles" in body:
        accounts.set_roles(session, actor, account, _grants(body["roles"]), reason=body["reason"], version=seen)
        seen = None  # the version has just risen, by the same hand
    if "disabled" in body:
        accounts.set_disabled(session, actor, account, body["disabled"], reason=body["reason"], version=seen)
    return access.shown(session, [account])[0]


@endpoints.post("/accounts/<int:account_id>/reset", out=ResetOut, plain=True, status=201)
def create_reset(account_id: int) -> accounts.Reset:
    """Make a reset code, with which the account's owner chooses a new password

    It is shown this once, holds once and for a day, and voids those made before.
    """
    account = accounts.find_account(rest.session(), rest.actor(), account_id)
    return accounts.create_reset(rest.session(), rest.actor(), account)


# Tokens


@endpoints.get("/tokens", TokenFilter, out=rest.page_of(TokenOut))
def list_tokens(query: dict[str, Any]) -> rest.Page:
    """Tokens of machines, the newest first, for administrators and auditors."""
    auth.require_role(rest.actor(), "admin", "auditor")
    page = rest.paged(rest.session(), access.tokens(query), [(ApiToken.id, "desc")], query)
    return page.with_items([_shown_token(*row) for row in page.items])


@endpoints.post("/tokens", TokenIn, out=NewTokenOut, plain=True, status=201)
def make_token(body: dict[str, Any]) -> dict[str, Any]:
    """Make a token for the account of a machine

    Its text is shown this once. The same name again is refused (409) while the first is in use.
    """
    auth.require_role(rest.actor(), "admin")
    account = rest.session().get(Account, body["account_id"])
    if account is None:
        zh, en = "没有这个账号", "there is no such account"
        raise Invalid("bad_fields", zh, en, [Fault("account_id", zh, en)])
    asked = {name: body[name] for name in ("name", "scopes", "expires_on")}
    made = tokens.make_token(rest.session(), rest.actor(), account, **asked)
    return _shown_token(made.row, account.login) | {"token": made.text}


@endpoints.delete("/tokens/<int:token_id>", plain=True)
def revoke_token(token_id: int) -> None:
    """End a token at once."""
    tokens.revoke_token(rest.session(), rest.actor(), token_id)


def _begun(opened: sessions.Opened, *, kiosk: bool) -> dict[str, Any]:
    """The session that has just begun, as it is told to the client."""
    web.begin_session(opened.token)
    with db.transaction(_target(), write=False) as session:
        must_change = opened.must_change_password
        return _shown_session(session, opened.actor, opened.expires_at, must_change=must_change, kiosk=kiosk)


def _shown_session(
    session: Session, actor: Actor, expires_at: datetime, *, must_change: bool = False, kiosk: bool = False
) -> dict[str, Any]:
    return {
        "account": session.get_one(Account, actor.account_id).login,
        "name": actor.name,
        "employee_id": actor.employee_id,
        "on_behalf_of": actor.on_behalf_of,
        "roles": sorted(actor.roles),
        "limits": [{"role": role, "unit_id": unit_id} for role, unit_id in sorted(actor.limits)],
        "must_change_password": must_change,
        "expires_at": expires_at,
        "kiosk": kiosk,
        "csrf_token": generate_csrf(),
    }


def _shown_token(row: ApiToken, login: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in TokenOut().fields if name != "account"} | {"account": login}


def _grants(roles: list[dict[str, Any]]) -> list[accounts.Grant]:
    return [(grant["role"], grant["unit_id"]) for grant in roles]


def _target() -> Any:
    return current_app.target  # type: ignore[attr-defined]
