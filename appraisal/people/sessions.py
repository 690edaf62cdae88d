"""Use cases of being signed in: open a session with a password, keep it, end it."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, delete
from sqlmodel import Session, col

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.errors import NotAllowed
from appraisal.people import auth, queries
from appraisal.people.models import WebSession

# The same words whether the account exists or not.
BAD_CREDENTIALS = Message("账号或密码不正确", "the account or the password is wrong")


@dataclass(frozen=True)
class Opened:
    """A session that has just begun. The token is handed to the client and kept nowhere."""

    token: str = field(repr=False)
    actor: Actor
    expires_at: datetime
    must_change_password: bool


def sign_in(target: Engine, login: str, password: str, *, client: str | None = None, agent: str = "") -> Opened:
    """A session for the right password. Works in transactions of its own, because the password is verified between them.

    `client` is the address it comes from, `agent` what the client calls itself. Raises NotAllowed `bad_credentials`, the same
    and about as slow whether login or password is wrong or the account shut.
    """
    with db.transaction(target, write=False) as session:
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
        actor = auth.actor_of(session, account)
        token = secrets.token_urlsafe(32)
        now = clock.now()
        session.add(
            WebSession(
                token_hash=auth.token_hash(token),
                account_id=account.id,
                agent="".join(filter(str.isprintable, agent))[:200],
                created_at=now,
                last_seen_at=now,
                expires_at=now + auth.LIFETIME,
            )
        )
        audit.record(session, actor, "account.sign_in", "account", account.id)
        return Opened(token, actor, now + auth.LIFETIME, account.must_change_password)


def sign_out(session: Session, actor: Actor, token: str) -> None:
    """Ends the session behind a token; one that has ended already is no error."""
    ended = session.exec(delete(WebSession).where(col(WebSession.token_hash) == auth.token_hash(token)))
    if ended.rowcount:
        audit.record(session, actor, "account.sign_out", "account", actor.account_id)


def touch_session(session: Session, session_id: int) -> None:
    """Notes that a session was used just now; called in a short transaction of its own, at most once a minute."""
    web_session = session.get(WebSession, session_id)
    if web_session is not None:
        web_session.last_seen_at = clock.now()


def _bad_credentials() -> NotAllowed:
    return NotAllowed("bad_credentials", BAD_CREDENTIALS.zh, BAD_CREDENTIALS.en)
