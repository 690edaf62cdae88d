"""Reads for the desk: the audit trail, for those who may."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlmodel import select

from appraisal.audit import AuditRecord
from appraisal.clock import COMPANY_ZONE


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


def _begin(day: Any) -> datetime:
    return datetime.combine(day, time.min, COMPANY_ZONE).astimezone(UTC)
