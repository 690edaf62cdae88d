"""Reads for the desk: the audit trail, for those who may."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, select

from appraisal.audit import AuditRecord
from appraisal.clock import COMPANY_ZONE
from appraisal.people.models import Account, Employee


def trail(wanted: Mapping[str, Any]) -> Any:
    """The select of the records asked for; days are days of the company's zone."""
    found = select(AuditRecord)
    for name in ("action", "object_kind", "object_id", "actor"):
        if wanted[name] is not None:
            found = found.where(getattr(AuditRecord, name) == wanted[name])
    if wanted["since"] is not None:
        found = found.where(AuditRecord.at >= _begin(wanted["since"]))
    if wanted["until"] is not None:
        found = found.where(AuditRecord.at < _begin(wanted["until"] + timedelta(days=1)))
    return found


def actions_of_trail(session: Session) -> list[str]:
    """The actions there are on record, by name."""
    return sorted(session.exec(select(AuditRecord.action).distinct()))


def actors_named(session: Session, actors: Collection[str]) -> dict[str, str]:
    """Whom the accounts of a trail belong to: the person with their number, or the login of a function. Others are absent."""
    ids = {int(one.partition(":")[2]): one for one in actors if one.startswith("account:") and one.partition(":")[2].isdigit()}
    found = (
        select(Account.id, Account.login, Employee.name, Employee.number)
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .where(col(Account.id).in_(ids))
    )
    return {ids[one]: f"{name} {number}" if name else login for one, login, name, number in session.exec(found)}


def _begin(day: Any) -> datetime:
    return datetime.combine(day, time.min, COMPANY_ZONE).astimezone(UTC)
