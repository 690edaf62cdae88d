"""Work that a page begins and does not wait for: who asked goes on to the page that shows how far it has come."""

from collections.abc import Mapping
from typing import Any

from flask import Response, url_for
from sqlmodel import Session

from appraisal import forms, jobs
from appraisal.actor import Actor

MANY = 500
"""People from whom on what is done for all of them at once is done in the background."""


def begin(session: Session, actor: Actor, task: str, given: Mapping[str, Any], about: str) -> Response:
    """Begins a task, unless it is going on for the same thing already, and goes to the page of its job."""
    last = jobs.latest(session, about, task)
    if last is None or last.state in jobs.OVER:
        last = jobs.enqueue(session, actor, task, given, about=about)
    return forms.done(url_for("desk.job", job_id=last.id), "已开始, 可以离开本页", "It has begun; you may leave this page")
