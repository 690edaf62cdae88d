"""Use cases of accounts: give access, shut it, choose passwords, and the tokens of machines.

Whatever opens a door (a password, a reset code, a token) is made before the transaction, kept as a hash only, and shown once.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from appraisal import audit, clock
from appraisal.actor import ASSIGNABLE_ROLES, Actor
from appraisal.errors import Invalid
from appraisal.labels import listing
from appraisal.people import auth, queries
from appraisal.people.checks import require_fits, require_new
from appraisal.people.models import Account, AccountRole, ApiToken, Employee, WebSession


@dataclass(frozen=True)
class TokenActor:
    """Who a machine acts as, and within which scopes (`cycles:read`)."""

    actor: Actor
    scopes: frozenset[str]
    token_id: int
    last_used_at: datetime | None

    def is_touch_due(self) -> bool:
        """Whether last-used should be written again: at most once a minute."""
        return self.last_used_at is None or clock.now() - self.last_used_at >= auth.SEEN_EVERY


def create_account(
    session: Session,
    actor: Actor,
    *,
    login: str,
    secret: auth.Secret,
    roles: Collection[str] = ("employee",),
    employee: Employee | None = None,
) -> Account:
    """An account with a first password (`auth.new_secret()`, made before the transaction and shown once), to be changed."""
    auth.require_role(actor, "admin", operator=True)
    login = login.strip().lower()
    require_fits(login=(login, 80))
    if unknown := sorted(set(roles) - set(ASSIGNABLE_ROLES)):
        given, known = ", ".join(unknown), listing("role", ASSIGNABLE_ROLES)
        raise Invalid("bad_role", f"角色 {given} 不可授予; 可授予: {known.zh}", f"{given} cannot be given; known: {known.en}")
    require_new(queries.account_by_login(session, login), f"账号 {login}", f"the account {login}")
    account = Account(
        login=login, password_hash=secret.hash, employee_id=employee.id if employee else None, created_at=clock.now()
    )
    session.add(account)
    session.flush()
    session.add_all(AccountRole(account_id=account.id, role=role) for role in sorted(set(roles)))
    session.flush()
    after = {"login": login, "roles": sorted(set(roles)), "employee_id": account.employee_id}
    audit.record(session, actor, "account.create", "account", account.id, after=after)
    return account


def set_password(session: Session, actor: Actor, account: Account, secret: auth.Secret) -> None:
    """A new password: by its owner (`auth.secret_of`, after the old one was verified) or, to be changed again, by an
    administrator. Every session of the account ends."""
    own = actor.account_id is not None and actor.account_id == account.id
    if not own:
        auth.require_role(actor, "admin", operator=True)
    account.password_hash = secret.hash
    account.must_change_password = not own
    _end_sessions(session, account)
    audit.record(session, actor, "account.set_password", "account", account.id, after={"by_owner": own})


def set_disabled(session: Session, actor: Actor, account: Account, disabled: bool, *, reason: str) -> None:
    """Shuts or reopens an account; shutting ends its sessions."""
    auth.require_role(actor, "admin", operator=True)
    require_fits(reason=(reason, 500))
    change = {"before": {"disabled": account.disabled}, "after": {"disabled": disabled}, "reason": reason}
    account.disabled = disabled
    if disabled:
        _end_sessions(session, account)
    audit.record(session, actor, "account.set_disabled", "account", account.id, **change)


def actor_of_token(session: Session, token: str) -> TokenActor | None:
    """Who a machine's token acts for, or None when it is unknown, expired, revoked, or the account is disabled."""
    found = session.exec(
        select(ApiToken, Account)
        .join(Account, col(Account.id) == ApiToken.account_id)
        .where(
            ApiToken.token_hash == auth.token_hash(token),
            col(ApiToken.revoked_at).is_(None),
            ApiToken.expires_at > clock.now(),
            col(Account.disabled).is_(False),
        )
    ).one_or_none()
    if found is None:
        return None
    api_token, account = found
    actor = replace(auth.actor_of(session, account), via="api", token_id=api_token.id)
    return TokenActor(actor, frozenset(api_token.scopes), api_token.id, api_token.last_used_at)


def touch_token(session: Session, token_id: int) -> None:
    """Notes that a token was used just now; called in a short transaction of its own, at most once a minute."""
    api_token = session.get(ApiToken, token_id)
    if api_token is not None:
        api_token.last_used_at = clock.now()


def _end_sessions(session: Session, account: Account) -> None:
    session.flush()
    session.exec(delete(WebSession).where(col(WebSession.account_id) == account.id))
