"""The only clock. Everything that asks for the time asks here, so that tests and the sample company can set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, timezone

# Working days and deadlines are those of the mainland, which has one zone and no summer time.
COMPANY_ZONE = timezone(timedelta(hours=8), "Asia/Shanghai")

_set_to: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _set_to.get() or datetime.now(UTC)


def today() -> date:
    """The calendar day it is where the company works."""
    return now().astimezone(COMPANY_ZONE).date()


@contextmanager
def at(instant: datetime | date) -> Iterator[None]:
    """Stops the clock of this context at an aware instant, or at nine in the morning of a day. For tests and samples."""
    if not isinstance(instant, datetime):
        instant = datetime(instant.year, instant.month, instant.day, 9, tzinfo=COMPANY_ZONE)
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone")
    token = _set_to.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _set_to.reset(token)
