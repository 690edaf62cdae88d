"""Use cases of accounts: give access and roles, shut it, passwords and reset codes.

Whatever opens a door (a password, a reset code, a token) is kept as a hash only and shown once. Such acts are done in person:
not by a machine's token, which would reach beyond its scopes, nor by a clerk for somebody else.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import ASSIGNABLE_ROLES, Actor
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.labels import label, listing
from appraisal.people import auth, queries
from appraisal.people.checks import require_fits, require_new
from appraisal.people.models import Account, AccountRole, Employee, PasswordReset, Unit, WebSession

RESET_HOLDS = timedelta(hours=24)
LIMITED_ROLES = ("hr", "payroll", "kpi_manager")
# Whoever gives out access must not hold what they could give to nobody else unseen.
APART = ("admin", ("payroll", "auditor"))

Grant = tuple[str, int | None]


@dataclass(frozen=True)
class Reset:
    """Leave to choose a new password, shown once."""

    code: str = field(repr=False)
    expires_at: datetime


def create_account(
    session: Session,
    actor: Actor,
    *,
    login: str,
    secret: auth.Secret,
    roles: Collection[str | Grant] = ("employee",),
    employee: Employee | None = None,
) -> Account:
    """An account with a first password (`auth.new_secret()`, made before the transaction and shown once), to be changed. A role
    that is given as (role, unit) counts in that unit and below only (D-23)."""
    _require_admin(actor)
    login = login.strip().lower()
    require_fits(login=(login, 80))
    granted = _checked_roles(session, roles)
    require_new(queries.account_by_login(session, login), f"账号 {login}", f"the account {login}")
    if employee is not None:
        theirs = session.exec(select(Account.id).where(Account.employee_id == employee.id)).first()
        require_new(theirs, f"{employee.name} 的账号", f"an account of {employee.name}")
    account = Account(
        login=login, password_hash=secret.hash, employee_id=employee.id if employee else None, created_at=clock.now()
    )
    session.add(account)
    session.flush()
    session.add_all(AccountRole(account_id=account.id, role=role, unit_id=unit_id) for role, unit_id in granted)
    session.flush()
    after = {"login": login, "roles": granted, "employee_id": account.employee_id}
    audit.record(session, actor, "account.create", "account", account.id, after=after)
    return account


def set_roles(
    session: Session, actor: Actor, account: Account, roles: Collection[str | Grant], *, reason: str, version: int | None = None
) -> None:
    """Other roles in place of the account's; they count from the next request on. Nobody changes their own."""
    _require_admin(actor)
    _require_other(actor, account)
    db.expect_version(account, version)
    require_fits(reason=(reason, 500))
    granted = _checked_roles(session, roles)
    rows = session.exec(select(AccountRole).where(AccountRole.account_id == account.id)).all()
    before = _sorted((row.role, row.unit_id) for row in rows)
    for row in rows:
        if (row.role, row.unit_id) not in granted:
            session.delete(row)
    session.add_all(
        AccountRole(account_id=account.id, role=role, unit_id=at) for role, at in granted if (role, at) not in before
    )
    flag_modified(account, "login")  # roles are rows of their own, and the version is that of the account as it is shown
    session.flush()
    change = {"before": {"roles": before}, "after": {"roles": granted}, "reason": reason}
    audit.record(session, actor, "account.set_roles", "account", account.id, **change)


def set_disabled(
    session: Session, actor: Actor, account: Account, disabled: bool, *, reason: str, version: int | None = None
) -> None:
    """Shuts or reopens an account; shutting ends its sessions and voids its reset codes, and its tokens open nothing."""
    _require_admin(actor)
    _require_other(actor, account)
    db.expect_version(account, version)
    require_fits(reason=(reason, 500))
    change = {"before": {"disabled": account.disabled}, "after": {"disabled": disabled}, "reason": reason}
    account.disabled = disabled
    if disabled:
        _end_sessions(session, account)
        _void_resets(session, account)
    session.flush()
    audit.record(session, actor, "account.set_disabled", "account", account.id, **change)


def end_sessions(session: Session, actor: Actor, account: Account, *, reason: str) -> int:
    """Ends every session of an account, which stays open; how many have ended. One's own are ended one by one."""
    _require_admin(actor)
    _require_other(actor, account)
    require_fits(reason=(reason, 500))
    ended = session.exec(delete(WebSession).where(col(WebSession.account_id) == account.id)).rowcount
    audit.record(session, actor, "account.end_sessions", "account", account.id, after={"ended": ended}, reason=reason)
    return int(ended)


def set_password(session: Session, actor: Actor, account: Account, secret: auth.Secret) -> None:
    """A new password: by its owner (`auth.secret_of`, after the old one was verified) or, to be changed again, by an
    administrator. Every session of the account ends."""
    own = actor.account_id is not None and actor.account_id == account.id
    if own:
        auth.require_person(actor)
    else:
        _require_admin(actor)
    _replace_password(session, account, secret, must_change=not own)
    audit.record(session, actor, "account.set_password", "account", account.id, after={"by_owner": own})


def create_reset(session: Session, actor: Actor, account: Account) -> Reset:
    """Leave for the owner of an account to choose a new password without the old one, once and within a day. Codes made before
    are void; the old password holds until the code is used."""
    _require_admin(actor)
    _require_other(actor, account)
    if account.disabled:
        raise Conflict("account_disabled", "账号已停用, 请先启用", "the account is shut: reopen it first")
    _void_resets(session, account)
    reset, now = Reset(auth.new_secret_text(), clock.now() + RESET_HOLDS), clock.now()
    session.add(
        PasswordReset(
            token_hash=auth.token_hash(reset.code),
            account_id=account.id,
            created_by=actor.account_id,
            created_at=now,
            expires_at=reset.expires_at,
        )
    )
    session.flush()
    audit.record(session, actor, "account.create_reset", "account", account.id, after={"expires_at": reset.expires_at})
    return reset


def as_typed(code: str) -> str:
    """A reset code as it was made, whatever capitals and spaces it was typed with."""
    return "-".join(code.strip().lower().replace("-", " ").split())


def account_of_reset(session: Session, hashed: str) -> Account | None:
    """The account a reset code opens, as long as it does."""
    found = (
        select(Account)
        .join(PasswordReset, col(PasswordReset.account_id) == Account.id)
        .where(
            PasswordReset.token_hash == hashed,
            col(PasswordReset.used_at).is_(None),
            PasswordReset.expires_at > clock.now(),
            col(Account.disabled).is_(False),
        )
    )
    return session.exec(found).one_or_none()


def redeem_reset(session: Session, hashed: str, secret: auth.Secret) -> Account:
    """Uses a reset code for a new password. Of several who try at once, one succeeds. Raises Invalid `bad_reset`."""
    account = account_of_reset(session, hashed)
    unused = update(PasswordReset).where(col(PasswordReset.token_hash) == hashed, col(PasswordReset.used_at).is_(None))
    if account is None or not session.exec(unused.values(used_at=clock.now())).rowcount:
        raise bad_reset()
    _replace_password(session, account, secret, must_change=False)
    audit.record(session, auth.actor_of(session, account), "account.use_reset", "account", account.id)
    return account


def bad_reset() -> Invalid:
    """The one refusal for a reset code that opens nothing."""
    zh, en = (
        "重置码无效或已过期, 请向系统管理员索取新的",
        "this code is not or no longer valid: ask an administrator for another",
    )
    return Invalid("bad_reset", zh, en, [Fault("code", zh, en)])


def find_account(session: Session, actor: Actor, account_id: int) -> Account:
    """An account, for administrators and auditors; for others there is none but their own."""
    account = session.get(Account, account_id)
    if account is None or not (actor.has("admin", "auditor") or actor.account_id == account_id):
        raise NotFound(hidden=account is not None)
    return account


def _require_admin(actor: Actor) -> None:
    auth.require_role(actor, "admin", operator=True)
    auth.require_person(actor)


def _require_other(actor: Actor, account: Account) -> None:
    if actor.account_id is not None and actor.account_id == account.id:
        zh, en = (
            "不得变更本人账号的权限, 请由其他管理员办理",
            "nobody changes what their own account may do: ask another administrator",
        )
        raise NotAllowed("own_case", zh, en)


def _checked_roles(session: Session, roles: Collection[str | Grant]) -> list[Grant]:
    """Roles as they are kept. Raises Invalid `bad_role` for one that cannot be given, there or beside another."""
    granted = _sorted({(role, None) if isinstance(role, str) else role for role in roles})
    if unknown := sorted({role for role, _ in granted} - set(ASSIGNABLE_ROLES)):
        given, known = ", ".join(unknown), listing("role", ASSIGNABLE_ROLES)
        raise _bad_role(f"角色 {given} 不可授予; 可授予: {known.zh}", f"{given} cannot be given; known: {known.en}")
    for role, unit_id in granted:
        if unit_id is None:
            continue
        if role not in LIMITED_ROLES:
            limited, asked = listing("role", LIMITED_ROLES), label("role", role)
            raise _bad_role(
                f"角色「{asked.zh}」不能限于部门; 可限于部门的: {limited.zh}",
                f"{asked.en} cannot be limited to a unit; these can: {limited.en}",
            )
        if session.get(Unit, unit_id) is None:
            raise _bad_role(f"没有部门 {unit_id}", f"there is no unit {unit_id}")
    held = {role for role, _ in granted}
    if APART[0] in held and (both := [role for role in APART[1] if role in held]):
        one, other = label("role", APART[0]), listing("role", both)
        raise _bad_role(
            f"「{one.zh}」不得与「{other.zh}」由同一账号担任", f"one account cannot be both {one.en} and {other.en}: use two"
        )
    return granted


def _sorted(grants: Collection[Grant] | object) -> list[Grant]:
    return sorted(grants, key=lambda grant: (grant[0], grant[1] or 0))  # type: ignore[call-overload, no-any-return]


def _bad_role(zh: str, en: str) -> Invalid:
    return Invalid("bad_role", zh, en, [Fault("roles", zh, en)])


def _replace_password(session: Session, account: Account, secret: auth.Secret, *, must_change: bool) -> None:
    account.password_hash = secret.hash
    account.must_change_password = must_change
    _end_sessions(session, account)
    _void_resets(session, account)


def _end_sessions(session: Session, account: Account) -> None:
    session.flush()
    session.exec(delete(WebSession).where(col(WebSession.account_id) == account.id))


def _void_resets(session: Session, account: Account) -> None:
    unused = col(PasswordReset.used_at).is_(None)
    session.exec(delete(PasswordReset).where(col(PasswordReset.account_id) == account.id, unused))
