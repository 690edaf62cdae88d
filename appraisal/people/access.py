"""Reads of accounts and tokens, for those who give access and those who look after it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from appraisal.people.models import Account, AccountRole, ApiToken, Employee


def accounts(wanted: Mapping[str, Any]) -> Any:
    """A select of accounts: by part of the `login`, by `employee_id`, `role` and whether `disabled`."""
    found = select(Account)
    if wanted["login"] is not None:
        found = found.where(col(Account.login).contains(wanted["login"].strip().lower(), autoescape=True))
    if wanted["employee_id"] is not None:
        found = found.where(Account.employee_id == wanted["employee_id"])
    if wanted["disabled"] is not None:
        found = found.where(col(Account.disabled).is_(wanted["disabled"]))
    if wanted["role"] is not None:
        holders = select(AccountRole.account_id).where(AccountRole.role == wanted["role"])
        found = found.where(col(Account.id).in_(holders))
    return found


def tokens(wanted: Mapping[str, Any]) -> Any:
    """A select of tokens with the logins of their accounts: by `account_id`."""
    found = select(ApiToken, Account.login).join(Account, col(Account.id) == ApiToken.account_id)
    return found if wanted["account_id"] is None else found.where(ApiToken.account_id == wanted["account_id"])


def shown(session: Session, found: Sequence[Account]) -> list[dict[str, Any]]:
    """Accounts as they are shown: with their roles, and whose they are."""
    ids = [account.id for account in found]
    granted: dict[int, list[dict[str, Any]]] = {}
    rows = select(AccountRole).where(col(AccountRole.account_id).in_(ids)).order_by(AccountRole.role, AccountRole.unit_id)
    for row in session.exec(rows):
        granted.setdefault(row.account_id, []).append({"role": row.role, "unit_id": row.unit_id})
    owners = {account.employee_id for account in found if account.employee_id is not None}
    employees = {one.id: one for one in session.exec(select(Employee).where(col(Employee.id).in_(owners)))}
    names = ("id", "login", "employee_id", "disabled", "must_change_password", "created_at", "version")
    return [
        {name: getattr(account, name) for name in names}
        | {
            "employee_number": employees[account.employee_id].number if account.employee_id else None,
            "name": employees[account.employee_id].name if account.employee_id else None,
            "roles": granted.get(account.id, []),
        }
        for account in found
    ]
