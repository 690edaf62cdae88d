"""Delivering in the background: every minute in which there is something to deliver."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from appraisal import jobs
from appraisal.config import settings
from appraisal.delivery import groups, mailing
from appraisal.delivery.service import DELIVER


def _anything_to_do(session: Session) -> bool:
    by_mail = mailing.server(settings()) is not None and mailing.anything_to_do(session)
    return by_mail or groups.anything_to_do(session)


@jobs.task(DELIVER, at="* * * * *", when=_anything_to_do)
def deliver(work: jobs.Work) -> Mapping[str, Any]:
    """Mail to people, then messages to groups."""
    return {"mails": mailing.deliver(work, settings()), "messages": groups.deliver(work, settings())}
