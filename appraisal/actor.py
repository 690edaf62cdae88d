"""Who acts: the account behind a request, a command or a job, as a frozen value that services are handed."""

from dataclasses import dataclass, field, replace
from typing import Literal

Role = Literal["employee", "supervisor", "hr", "payroll", "data_provider", "kpi_manager", "approver", "auditor", "admin"]

# `supervisor` is never given to an account: it follows from the reporting line, on a date.
ASSIGNABLE_ROLES: tuple[Role, ...] = (
    *("employee", "hr", "payroll", "data_provider", "kpi_manager", "approver", "auditor", "admin"),
)


@dataclass(frozen=True)
class Actor:
    """`roles` are the account's; relations such as supervisor are asked of the database on the date that counts.

    `limits` names the units in which a role counts, every one below included, as (role, unit); a role that is not named there
    counts everywhere (D-23). `on_behalf_of` is the employee for whom a clerk enters something, `token_id` the token of a
    machine that acts as the account; `via` and `request_id` lead back to the log.
    """

    account_id: int | None
    employee_id: int | None
    name: str
    roles: frozenset[str] = field(default_factory=frozenset)
    on_behalf_of: int | None = None
    via: Literal["web", "cli", "api", "job"] = "web"
    request_id: str | None = None
    limits: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    token_id: int | None = None

    @property
    def opaque_id(self) -> str:
        """What the audit trail keeps when names are purged."""
        return "system" if self.account_id is None else f"account:{self.account_id}"

    def has(self, *roles: str, unit: int | None = None) -> bool:
        """Whether at least one of these roles counts in a unit; without a unit, everywhere: a limited role then does not."""
        return any(
            units is None or (unit is not None and unit in units)
            for units in (self.units_of(role) for role in roles if role in self.roles)
        )

    def holds(self, *roles: str) -> bool:
        """Whether the account holds one of these roles, be it for some units only: what to offer, never what to allow."""
        return not self.roles.isdisjoint(roles)

    def units_of(self, role: str) -> frozenset[int] | None:
        """The units in which a role that is held counts; None: everywhere."""
        return frozenset(unit for limited, unit in self.limits if limited == role) or None

    def acting_via(self, via: Literal["web", "cli", "api", "job"], request_id: str | None = None) -> "Actor":
        """The same actor through another door."""
        return replace(self, via=via, request_id=request_id)


# The programme itself: migrations of data, the sample company, jobs. It holds no role, so it may do nothing by default.
SYSTEM = Actor(account_id=None, employee_id=None, name="system", via="cli")
