"""Use cases of being signed in: open a session, keep it, list and end one's own; choose a password of one's own.

Passwords are verified and hashed between transactions, because that takes tens of milliseconds on purpose.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, delete
from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.people import accounts, auth, queries, throttle
from appraisal.people.models import KIOSK, PASSWORD, PROVIDER, Account, Employee, PasswordReset, WebSession

# The same words whether the account exists or not.
BAD_CREDENTIALS = Message("账号或密码不正确", "the account or the password is wrong")


@dataclass(frozen=True)
class Opened:
    """A session that has just begun. The token is handed to the client and kept nowhere."""

    token: str = field(repr=False)
    actor: Actor
    expires_at: datetime
    must_change_password: bool


def sign_in(
    target: Engine, login: str, password: str, *, kiosk: bool = False, client: str | None = None, agent: str = ""
) -> Opened:
    """A session for the right password. Works in transactions of its own. `client` is the address it comes from, `agent` what
    the client calls itself; at a `kiosk` it ends after two minutes without use (D-21).

    Raises NotAllowed `bad_credentials`, the same and about as slow whether login or password is wrong or the account shut;
    TooMany after too many tries, even for the right password, which is then not looked at.
    """
    with db.transaction(target, write=True) as session:
        throttle.count_try(session, login, client)
        account = queries.account_by_login(session, login)
        known_hash = account.password_hash if account is not None and not account.disabled else None
    if not auth.password_fits(known_hash, password):
        raise _bad_credentials()
    rehashed = auth.HASHER.hash(password) if known_hash and auth.HASHER.check_needs_rehash(known_hash) else None
    with db.transaction(target, write=True) as session:
        account = queries.account_by_login(session, login)
        if account is None or account.disabled or account.password_hash != known_hash:
            raise _bad_credentials()
        if rehashed is not None:
            account.password_hash = rehashed
        throttle.forgive(session, login, client)
        return _open(session, account, agent, KIOSK if kiosk else PASSWORD)


def sign_in_as(target: Engine, match: str, claim: str, *, agent: str = "") -> Opened:
    """A session for whom an identity provider vouches: the account with this login, or of the employee with this number
    (`match`: login or employee_number). Accounts are never made here. Raises NotAllowed `bad_credentials`."""
    with db.transaction(target, write=True) as session:
        account = queries.account_by_login(session, claim) if match == "login" else _account_of(session, claim)
        if account is None or account.disabled:
            raise _bad_credentials()
        return _open(session, account, agent, PROVIDER)


def change_password(
    target: Engine,
    actor: Actor,
    *,
    old: str,
    new: str,
    kiosk: bool = False,
    client: str | None = None,
    agent: str = "",
) -> Opened:
    """A password of one's own for another. Every session of the account ends, and a new one begins here.

    Works in transactions of its own. Raises Invalid `wrong_password`, `bad_password`, `common_password`, TooMany.
    """
    auth.require_person(actor)
    with db.transaction(target, write=True) as session:
        account = session.get_one(Account, actor.account_id)
        throttle.count_try(session, account.login, client)
        login, known_hash, personal = account.login, account.password_hash, _personal(session, account)
    if not auth.password_fits(known_hash, old):
        raise _at("old", "wrong_password", "原密码不正确", "the old password is wrong")
    if new == old:
        raise _at("new", "same_password", "新密码与原密码相同", "the new password is the old one")
    secret = auth.secret_of(new, personal)
    with db.transaction(target, write=True) as session:
        account = session.get_one(Account, actor.account_id)
        if account.disabled or account.password_hash != known_hash:
            raise Conflict("stale_version", "密码刚被他人修改, 请重新登录", "the password has just been changed: sign in again")
        accounts.set_password(session, actor, account, secret)
        throttle.forgive(session, login, client)
        return _open(session, account, agent, KIOSK if kiosk else PASSWORD)


def use_reset(target: Engine, code: str, new: str, *, client: str | None = None) -> None:
    """Chooses a new password with a reset code, which holds once and for a day. Works in transactions of its own.

    Raises Invalid `bad_reset`, the same for a code that is unknown, used, expired or of an account that is shut.
    """
    hashed = auth.token_hash(accounts.as_typed(code))
    with db.transaction(target, write=True) as session:
        throttle.count_try(session, None, client)
        account = accounts.account_of_reset(session, hashed)
        personal = _personal(session, account) if account is not None else ()
    if account is None:
        raise accounts.bad_reset()
    secret = auth.secret_of(new, personal)
    with db.transaction(target, write=True) as session:
        account = accounts.redeem_reset(session, hashed, secret)
        throttle.forgive(session, account.login, client)


def sign_out(session: Session, actor: Actor, token: str) -> None:
    """Ends the session behind a token; one that has ended already is no error."""
    ended = session.exec(delete(WebSession).where(col(WebSession.token_hash) == auth.token_hash(token)))
    if ended.rowcount:
        audit.record(session, actor, "account.sign_out", "account", actor.account_id)


def touch_session(session: Session, session_id: int) -> None:
    """Notes that a session was used just now; called in a short transaction of its own, where that is due."""
    web_session = session.get(WebSession, session_id)
    if web_session is not None:
        web_session.last_seen_at = clock.now()


def own_sessions(actor: Actor) -> Any:
    """A select of one's own sessions that still hold."""
    auth.require_person(actor)
    return select(WebSession).where(WebSession.account_id == actor.account_id, ~auth.ended())


def forget_old(session: Session) -> None:
    """Drops everybody's sessions that have ended, and reset codes that have: they open nothing any more."""
    session.exec(delete(WebSession).where(auth.ended()))
    session.exec(delete(PasswordReset).where(col(PasswordReset.expires_at) <= clock.now()))


def end_session(session: Session, actor: Actor, session_id: int) -> None:
    """Ends one of one's own sessions. Raises NotFound for anybody else's."""
    auth.require_person(actor)
    own = delete(WebSession).where(col(WebSession.id) == session_id, col(WebSession.account_id) == actor.account_id)
    if not session.exec(own).rowcount:
        raise NotFound(hidden=session.get(WebSession, session_id) is not None)
    audit.record(session, actor, "account.end_session", "account", actor.account_id, after={"session_id": session_id})


def _open(session: Session, account: Account, agent: str, way: str) -> Opened:
    actor = auth.actor_of(session, account)
    token, now = auth.random_token(), clock.now()
    session.add(
        WebSession(
            token_hash=auth.token_hash(token),
            account_id=account.id,
            way=way,
            agent="".join(filter(str.isprintable, agent))[:200],
            created_at=now,
            last_seen_at=now,
            expires_at=now + auth.LIFETIME,
        )
    )
    audit.record(session, actor, "account.sign_in", "account", account.id, after={"way": way})
    return Opened(token, actor, now + auth.LIFETIME, way != PROVIDER and account.must_change_password)


def _account_of(session: Session, number: str) -> Account | None:
    found = select(Account).join(Employee, col(Employee.id) == Account.employee_id).where(Employee.number == number)
    return session.exec(found).one_or_none()


def _personal(session: Session, account: Account) -> tuple[str, ...]:
    """What anybody knows of an account's owner."""
    employee = session.get(Employee, account.employee_id) if account.employee_id is not None else None
    return (account.login, *((employee.name, employee.number) if employee else ()))


def _at(path: str, code: str, zh: str, en: str) -> Invalid:
    return Invalid(code, zh, en, [Fault(path, zh, en)])


def _bad_credentials() -> NotAllowed:
    return NotAllowed("bad_credentials", BAD_CREDENTIALS.zh, BAD_CREDENTIALS.en)
