"""One exception as its sheet (QEF-29-02), and each act on its way: assign, find the cause, act, verify, close."""

from collections.abc import Callable
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from appraisal import clock, forms, web
from appraisal.actor import Actor
from appraisal.exceptions import queries, service, tasks
from appraisal.exceptions.models import ENDED, KpiException, KpiTask
from appraisal.exceptions.schemas import (
    ActionIn,
    AnalysisIn,
    AssignmentIn,
    ClosingIn,
    CompletionIn,
    KpiTaskIn,
    NoteIn,
    VerificationIn,
    VoidIn,
)
from appraisal.exceptions.shaping import exception_out, tasks_out
from appraisal.exceptions.views.blueprint import MOST, pages
from appraisal.fields import Line
from appraisal.forms import OPENED, Form
from appraisal.labels import label
from appraisal.monitoring import reach
from appraisal.monitoring.choices import titles, unit_choices
from appraisal.monitoring.watched import Watching, watching
from appraisal.people import directory

ONE = f"/kpi/exceptions/<int(max={MOST}):exception_id>"
MOST_TASKS = 50


@pages.get(ONE, endpoint="exception")
@web.signed_in_only
def one_exception(exception_id: int, form: Form = OPENED) -> ResponseReturnValue:
    """The sheet with the figures that raised it, all that was said and done, and what can be done next."""
    session, known = web.session(), watching(web.session())
    row = queries.find_row(session, web.actor(), exception_id)
    may = _may(row[0])
    return render_template(
        "exceptions/exception.html",
        form=form,
        one=exception_out(session, known, row),
        raised=_raised(exception_id),
        tasks=_tasks(known, exception_id),
        measured=_measure(known, row[0]),
        may=may,
        titles=titles(known),
        units=unit_choices() if may["manages"] else [],
        label=label,
        today=clock.today(),
    )


def _act(name: str, shape: Any, service_call: Callable[..., Any], zh: str, en: str) -> None:
    """A form that one act of the exception takes."""

    def act(body: dict[str, Any], exception_id: int, version: int) -> Response:
        service_call(web.session(), web.actor(), exception_id, **body, version=version)
        return forms.done(url_for("exceptions.exception", exception_id=exception_id), zh, en)

    view = web.signed_in_only(forms.submits(shape, again=one_exception, versioned=True)(act))
    pages.post(f"{ONE}/{name}", endpoint=name)(view)


class AssignmentForm(AssignmentIn):
    """Who works on it, by their number."""

    class Meta(AssignmentIn.Meta):
        exclude = ("owner_id",)

    owner = Line(40, required=True)


def _assign(session: Session, actor: Actor, exception_id: int, *, owner: str, **more: Any) -> object:
    queries.find_row(session, actor, exception_id)  # whose it is not learns nothing of numbers
    return service.assign(session, actor, exception_id, owner_id=directory.id_of(session, owner, "owner"), **more)


_act("assignment", AssignmentForm, _assign, "已指定责任人", "It is assigned")
_act("analysis", AnalysisIn, service.analyse, "原因已记录", "The cause is on record")
_act("action", ActionIn, service.plan_action, "措施已记录", "The action is on record")
_act("completion", CompletionIn, service.complete, "已完成, 等待另一人验证", "Done: somebody else now verifies it")
_act("verification", VerificationIn, service.verify, "验证结果已记录", "What was found is on record")
_act("closing", ClosingIn, service.close, "已关闭", "Closed")
_act("void", VoidIn, service.void, "已作废", "Void")
_act("notes", NoteIn, service.add_note, "已记录", "Noted")


@pages.post(f"{ONE}/tasks")
@web.signed_in_only
@forms.submits(KpiTaskIn, again=one_exception, creates=True)
def ask_department(body: dict[str, Any], exception_id: int) -> Response:
    """Asks another department to look into it."""
    tasks.ask_department(web.session(), web.actor(), **body | {"exception_id": exception_id})
    to = url_for("exceptions.exception", exception_id=exception_id)
    return forms.done(to, f"已交「{body['department']}」办理", f"{body['department']} is asked")


def _may(found: KpiException) -> dict[str, bool]:
    """What the actor may do with it as it stands; the services decide."""
    actor = web.actor()
    manages = reach.may(actor, reach.MANAGING, found.unit_id)
    owns = actor.employee_id is not None and actor.on_behalf_of is None and actor.employee_id == found.owner_id
    heads = found.unit_id is not None and found.unit_id in reach.headed(web.session(), actor)
    open_, works = found.state not in ENDED, owns or manages
    verifies = (manages or heads) and not owns and found.action_by != actor.account_id
    standing = any(link.withdrawn_at is None for link, _ in queries.alerts_of(web.session(), found.id or 0))
    return {
        "manages": manages and open_,
        "analyse": works and found.state in ("open", "analysed"),
        "act": works and found.state in ("analysed", "acting"),
        "complete": works and found.state == "acting",
        "verify": verifies and found.state == "done",
        "waits_for_another": found.state == "done" and not verifies and (works or heads),
        "close": manages and found.state == "verified",
        "void": manages and open_ and not standing,
        "note": open_ and (works or heads),
    }


def _raised(exception_id: int) -> list[dict[str, Any]]:
    """The figures of each alert that the exception answers, as the evaluation that alerted has them."""
    return [
        {name: one.judged.get(name) for name in ("value", "target", "deviation", "points")}
        | {"withdrawn": one.withdrawn, "alert": one.alert, "lines": one.lines}
        for one in queries.raised_by(web.session(), exception_id)
    ]


def _tasks(known: Watching, exception_id: int) -> list[dict[str, Any]]:
    session = web.session()
    seen = queries.tasks_seen(session, web.actor(), {"exception_id": exception_id})
    rows = session.execute(seen.order_by(KpiTask.id).limit(MOST_TASKS)).all()
    return tasks_out(session, known, rows)


def _measure(known: Watching, found: KpiException) -> str:
    located = known.indicator_on(found.policy, found.indicator, found.starts_on)
    return (located.indicator.unit or "") if located else ""
