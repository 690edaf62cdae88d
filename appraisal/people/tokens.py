"""Use cases of tokens: what machines sign in with, for some scopes and for a time."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session, col, select

from appraisal import audit, clock
from appraisal.actor import Actor
from appraisal.errors import Conflict, Fault, Invalid, NotFound
from appraisal.people import auth
from appraisal.people.checks import require_fits
from appraisal.people.models import Account, ApiToken

# The parts of the API; a test holds them to those there are.
PARTS = (
    *("absence", "access", "agreements", "appraisals", "archive", "calibrations", "choices", "cycles", "deadlines", "delivery"),
    "desk",
    "documents",
    *("development", "feedback", "files", "goals", "improvement_plans", "incidents", "measures", "notifications"),
    *(
        "kpi_dashboard",
        "kpi_evaluations",
        "kpi_exceptions",
        "kpi_meetings",
        "kpi_processes",
        "kpi_reports",
        "kpi_reviews",
        "kpi_summaries",
        "kpi_targets",
        "kpi_tasks",
    ),
    *("organisation", "payroll", "people", "policies", "readings", "records", "results", "rulings", "unit_results", "uses"),
)
SCOPES = tuple(f"{part}:{act}" for part in PARTS for act in ("read", "write"))
LONGEST = timedelta(days=365)


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


@dataclass(frozen=True)
class NewToken:
    """A token that has just been made; its text is shown once."""

    text: str = field(repr=False)
    row: ApiToken


def make_token(
    session: Session, actor: Actor, account: Account, *, name: str, scopes: Collection[str], expires_on: date
) -> NewToken:
    """A token for a machine's account, with named scopes, to the end of a day within a year.

    Raises Invalid for scopes or a day that cannot be, Conflict for a name that another token in use has, or for an account that
    is shut or a person's own: a token would speak for that person.
    """
    auth.require_role(actor, "admin")
    auth.require_person(actor)
    require_fits(name=(name, 80))
    if unknown := sorted(set(scopes) - set(SCOPES)):
        zh, en = f"没有权限 {', '.join(unknown)}; 可用: {', '.join(SCOPES)}", f"no such scope: {', '.join(unknown)}"
        raise Invalid("bad_scope", zh, en, [Fault("scopes", zh, en)])
    if not scopes:
        zh, en = "请至少给出一个权限", "name at least one scope"
        raise Invalid("bad_scope", zh, en, [Fault("scopes", zh, en)])
    today = clock.today()
    if not today <= expires_on <= today + LONGEST:
        zh, en = f"有效期须在 {today} 至 {today + LONGEST} 之间", f"a token ends between {today} and {today + LONGEST}"
        raise Invalid("bad_dates", zh, en, [Fault("expires_on", zh, en)])
    if account.disabled:
        raise Conflict("account_disabled", "账号已停用, 请先启用", "the account is shut: reopen it first")
    if account.employee_id is not None:
        zh, en = "令牌只发给系统账号, 不发给员工本人的账号", "tokens are for accounts of machines, not for a person's own"
        raise Conflict("personal_account", zh, en)
    if any(row.name == name and row.revoked_at is None and row.expires_at > clock.now() for row in _of(session, account)):
        raise Conflict("already_exists", f"令牌 {name} 已存在", f"a token {name} exists already")
    text = f"ap_{auth.random_token()}"
    row = ApiToken(
        token_hash=auth.token_hash(text),
        account_id=account.id,
        name=name,
        scopes=sorted(set(scopes)),
        created_by=actor.account_id,
        created_at=clock.now(),
        expires_at=datetime.combine(expires_on + timedelta(days=1), time(), clock.COMPANY_ZONE).astimezone(UTC),
    )
    session.add(row)
    session.flush()
    after = {"account_id": account.id, "name": name, "scopes": row.scopes, "expires_on": expires_on}
    audit.record(session, actor, "token.make", "api_token", row.id, after=after)
    return NewToken(text, row)


def revoke_token(session: Session, actor: Actor, token_id: int) -> None:
    """Ends a token at once; one that was revoked before stays so."""
    auth.require_role(actor, "admin", operator=True)
    auth.require_person(actor)
    row = session.get(ApiToken, token_id)
    if row is None:
        raise NotFound()
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        audit.record(session, actor, "token.revoke", "api_token", row.id, after={"name": row.name})


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
    row, account = found
    actor = replace(auth.actor_of(session, account), via="api", token_id=row.id)
    return TokenActor(actor, frozenset(row.scopes), row.id, row.last_used_at)


def touch_token(session: Session, token_id: int) -> None:
    """Notes that a token was used just now; called in a short transaction of its own, at most once a minute."""
    row = session.get(ApiToken, token_id)
    if row is not None:
        row.last_used_at = clock.now()


def _of(session: Session, account: Account) -> list[ApiToken]:
    return list(session.exec(select(ApiToken).where(ApiToken.account_id == account.id)))
