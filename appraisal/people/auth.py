"""Who is acting, and what they are to the person concerned: passwords, session tokens, roles and relations.

Hashing takes tens of milliseconds on purpose, so it never happens inside a transaction: callers hash or verify first and
hand the result to a service. Nothing is allowed by default.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

import argon2
from sqlalchemy import ColumnElement, false, or_
from sqlmodel import Session, and_, col, select

from appraisal import clock
from appraisal.actor import Actor
from appraisal.errors import Invalid, NotAllowed, NotFound
from appraisal.labels import listing
from appraisal.people import queries, relations
from appraisal.people.models import KIOSK, PROVIDER, Account, AccountRole, Employee, WebSession
from appraisal.people.passwords import weakness

MINIMUM_PASSWORD = 10
MAXIMUM_PASSWORD = 256
IDLE = timedelta(hours=2)
# The next in line stands behind whoever walks away from a shared screen (D-21).
KIOSK_IDLE = timedelta(minutes=2)
LIFETIME = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
KIOSK_SEEN_EVERY = timedelta(seconds=5)
RELATIONS = ("supervisor", "unit_head", *sorted(relations.CASE_ROLES))

HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True)
class Secret:
    """A password with its hash, made before the transaction. The text is shown once and kept nowhere."""

    text: str = field(repr=False)
    hash: str = field(repr=False)


@dataclass(frozen=True)
class SignedIn:
    """A session that holds: the actor, whether they must first choose a password of their own, and whether it is on a screen
    that many people share."""

    actor: Actor
    session_id: int
    must_change_password: bool
    last_seen_at: datetime
    expires_at: datetime
    kiosk: bool = False

    @property
    def idle(self) -> timedelta:
        """How long it holds without being used."""
        return KIOSK_IDLE if self.kiosk else IDLE

    def is_touch_due(self) -> bool:
        """Whether last-seen should be written again: at most once a minute, at a kiosk often enough for its two minutes."""
        return clock.now() - self.last_seen_at >= (KIOSK_SEEN_EVERY if self.kiosk else SEEN_EVERY)


def new_secret() -> Secret:
    """A random initial password, to be changed at the first sign-in."""
    text = new_secret_text()
    return Secret(text, HASHER.hash(text))


def new_secret_text() -> str:
    """About 99 random bits, in letters and digits that can be read aloud."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


def secret_of(password: str, personal: Collection[str] = ()) -> Secret:
    """A chosen password, hashed. `personal`: what anybody knows of its owner.

    Raises Invalid when it is too short, absurdly long, or too easy to guess.
    """
    if not MINIMUM_PASSWORD <= len(password) <= MAXIMUM_PASSWORD:
        raise Invalid(
            "bad_password",
            f"密码长度须为 {MINIMUM_PASSWORD} 至 {MAXIMUM_PASSWORD} 个字符",
            f"a password has {MINIMUM_PASSWORD} to {MAXIMUM_PASSWORD} characters",
        )
    if (weak := weakness(password, personal)) is not None:
        raise Invalid("common_password", weak.zh, weak.en)
    return Secret(password, HASHER.hash(password))


def password_fits(password_hash: str | None, password: str) -> bool:
    """Whether a password is the right one. Without a hash (no such account) it takes as long and says no."""
    if len(password) > MAXIMUM_PASSWORD:
        return False
    try:
        return HASHER.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return HASHER.hash(secrets.token_urlsafe(32))


def random_token() -> str:
    """What a browser or a machine is known by: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token or reset code; it is random enough for a plain hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def load_actor(session: Session, token: str) -> SignedIn | None:
    """The actor behind a session token, or None when it is unknown, idle too long, expired, or the account is disabled.

    Roles are read anew each time, so that a change acts at the next request.
    """
    found = session.exec(
        select(WebSession, Account).where(
            WebSession.token_hash == token_hash(token),
            WebSession.account_id == Account.id,
            Account.disabled == False,  # noqa: E712
        )
    ).one_or_none()
    if found is None:
        return None
    web_session, account = found
    now = clock.now()
    kiosk = web_session.way == KIOSK
    if now >= web_session.expires_at or now - web_session.last_seen_at >= (KIOSK_IDLE if kiosk else IDLE):
        return None
    must_change = account.must_change_password and web_session.way != PROVIDER
    return SignedIn(
        actor=actor_of(session, account),
        session_id=web_session.id,
        must_change_password=must_change,
        last_seen_at=web_session.last_seen_at,
        expires_at=web_session.expires_at,
        kiosk=kiosk,
    )


def ended() -> ColumnElement[bool]:
    """The same as a condition over `WebSession`: expired, or idle too long."""
    now = clock.now()
    seen = col(WebSession.last_seen_at)
    left_alone = and_(col(WebSession.way) == KIOSK, seen <= now - KIOSK_IDLE)
    return or_(col(WebSession.expires_at) <= now, seen <= now - IDLE, left_alone)


def actor_of(session: Session, account: Account) -> Actor:
    """The actor an account is."""
    employee = session.get(Employee, account.employee_id) if account.employee_id is not None else None
    granted = session.exec(select(AccountRole.role, AccountRole.unit_id).where(AccountRole.account_id == account.id)).all()
    everywhere = {role for role, unit_id in granted if unit_id is None}
    limited = [(role, unit_id) for role, unit_id in granted if unit_id is not None and role not in everywhere]
    below = queries.subtrees(session, {unit_id for _, unit_id in limited}) if limited else {}
    return Actor(
        account_id=account.id,
        employee_id=account.employee_id,
        name=employee.name if employee else account.login,
        roles=frozenset(role for role, _ in granted),
        limits=frozenset((role, unit) for role, unit_id in limited for unit in below[unit_id]),
    )


def actor_who_asked(session: Session, account_id: int) -> Actor:
    """Who asked for background work, with what they may do now. Raises Invalid `asker_gone` when their account is closed."""
    account = session.get_one(Account, account_id)
    if account.disabled:
        raise Invalid("asker_gone", "提出此任务的账号已停用", "the account that asked for this is closed")
    return actor_of(session, account)


def relations_to(session: Session, actor: Actor, employee_id: int, on: date) -> frozenset[str]:
    """What the actor is to a person on a day: `employee` to themselves and nothing else (nobody handles their own case,
    D-05, D-23), otherwise `supervisor` where the reporting line says so or during an absence a delegation, `unit_head` of a
    unit the person works in or below, and the roles that handle cases, each where it counts. Of somebody who has left, the
    last day of work counts."""
    if actor.employee_id is not None and actor.employee_id == employee_id:
        return frozenset({"employee"})
    conditions = relations.towards_others(session, actor, on, RELATIONS)
    if not conditions:
        return frozenset()
    asked = select(Employee.id, *(condition.label(name) for name, condition in conditions.items()))  # type: ignore[call-overload]
    found = session.exec(asked.where(Employee.id == employee_id)).one_or_none()
    return frozenset(name for name, holds in zip(conditions, found[1:], strict=True) if holds) if found else frozenset()


def seen_employees(session: Session, actor: Actor, on: date, roles: Collection[str]) -> ColumnElement[bool]:
    """The condition over `Employee` under which the actor is one of `roles` (relations, as `relations_to` gives them) to that
    person on a day: what every list of people or cases is held to."""
    others = or_(false(), *relations.towards_others(session, actor, on, roles).values())
    if actor.employee_id is None:
        return others
    own = col(Employee.id) == actor.employee_id
    return or_(own, others) if "employee" in roles else and_(~own, others)


def require_relation(session: Session, actor: Actor, employee_id: int, on: date, *allowed: str) -> frozenset[str]:
    """The actor's relations to a person, at least one of them allowed.

    Raises NotFound for somebody who is nothing to that person (so that the row's existence is not given away), and
    NotAllowed for somebody who may know of the case but not do this.
    """
    relations = relations_to(session, actor, employee_id, on)
    if not relations:
        raise NotFound(hidden=True)
    if relations.isdisjoint(allowed):
        raise for_others(*allowed)
    return relations


def require_hr_of(session: Session, actor: Actor, employee: Employee) -> None:
    """Refuses who is not HR of this person today, themselves above all (D-23). Raises NotFound for whom they are nothing."""
    require_other(actor, employee)
    relations = relations_to(session, actor, employee.id, clock.today())
    if "hr" in relations:
        return
    raise for_others("hr") if relations or actor.has("admin") else NotFound()


def require_role(actor: Actor, *roles: str, operator: bool = False, unit: int | None = None) -> None:
    """Refuses an actor for whom none of these roles counts: in `unit`, or without one everywhere, which a role limited to units
    never does (D-23). `operator`: who runs commands on the machine itself may do it too."""
    if actor.has(*roles, unit=unit) or (operator and actor.account_id is None and actor.via == "cli"):
        return
    raise for_others(*roles)


def require_other(actor: Actor, employee: Employee) -> None:
    """Refuses an act of HR on the actor's own file: nobody handles their own case (D-23)."""
    if actor.employee_id is not None and actor.employee_id == employee.id:
        zh, en = "不得办理本人的人事事项, 请由其他人力资源人员办理 (D-23)", "nobody handles their own file (D-23)"
        raise NotAllowed("own_case", zh, en)


def require_person(actor: Actor) -> None:
    """Refuses machines and clerks: what opens doors is done in person."""
    if actor.token_id is not None or actor.on_behalf_of is not None:
        zh, en = "此操作须本人登录办理, 不能用令牌或代录", "this is done in person, not with a token nor on somebody's behalf"
        raise NotAllowed("in_person", zh, en)


def for_others(*roles: str) -> NotAllowed:
    """The refusal that says whose act it is."""
    whose = listing("role", roles)
    return NotAllowed("not_allowed", f"此操作仅限: {whose.zh}", f"this is for {whose.en} only")
