"""Work that a page begins and does not wait for: who asked goes on to the page that shows how far it has come."""

from collections.abc import Mapping
from typing import Any

from flask import Response, url_for
from sqlmodel import Session

from appraisal import forms, jobs
from appraisal.actor import Actor
from appraisal.errors import Conflict

MANY = 500
"""People from whom on what is done for all of them at once is done in the background."""


def begin(session: Session, actor: Actor, task: str, given: Mapping[str, Any], about: str) -> Response:
    """Begins a task, unless the actor has it going on for the same thing already, and goes to the page of its job.

    Raises Conflict `under_way` while somebody else's is going on: their job's page is not the actor's to see.
    """
    last = jobs.latest(session, about, task)
    if last is None or last.state in jobs.OVER:
        last = jobs.enqueue(session, actor, task, given, about=about)
    elif last.asked_by != actor.account_id:
        zh, en = "已有人在办理此事, 请稍后查看结果", "somebody else has this under way already: see in a moment what came of it"
        raise Conflict("under_way", zh, en)
    return forms.done(url_for("desk.job", job_id=last.id), "已开始, 可以离开本页", "It has begun; you may leave this page")
