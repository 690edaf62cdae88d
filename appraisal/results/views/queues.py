"""What waits in line: appeals with their clocks, approvals, requests for 复核, and steps that HR takes for many at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import clock, forms, web
from appraisal.core.errors import Message
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import AppraisalError
from appraisal.fields import In, Line, Many, OneOf, Prose, Query, Whole
from appraisal.forms import Form
from appraisal.paging import Page
from appraisal.people import relations
from appraisal.people.models import Employee
from appraisal.reports.queries import cycle_name
from appraisal.results import approving, batches, courses, publishing, table
from appraisal.results.approving import Done
from appraisal.results.courses import Course
from appraisal.results.views.blueprint import chosen_cases, cycle_in_hand, pages, require

HANDLING = ("hr", "approver", "auditor")
TOLD = 3
ON_A_PAGE = 100


class AppealsPage(Query):
    state = OneOf("open", "ended", "all", load_default="open")


class Place(Query):
    """Where in a list one is: behind so many rows."""

    cursor = Whole(0, 1_000_000, load_default=0)


class ChosenIn(In):
    """The cases ticked in a list, each as `id-version`."""

    chosen = Many(Line(22), least=1, most=batches.MOST_AT_ONCE, required=True)


class ApprovingIn(ChosenIn):
    note = Prose(20_000, allow_none=True, load_default=None)


@dataclass(frozen=True)
class Batch:
    """Something that HR does about many cases at once, its words, and what will happen, asked before."""

    act: str
    words: Message
    asks: Message
    none: Message
    use_case: Callable[..., object]


BATCHES = {
    "publication": Batch(
        batches.PUBLISH,
        Message("公布结果", "Publish results"),
        Message(
            "将公布 {n} 人的结果: 本人可以看到, 申诉期从今天起算, 公布不能收回。",
            "The results of {n} people are published: they see them, appeals begin today, and nothing is taken back.",
        ),
        Message("没有等待公布的结果。", "No result waits to be published."),
        publishing.publish_result,
    ),
    "appeals-closing": Batch(
        batches.CLOSE_APPEALS,
        Message("结束申诉期, 送审批", "Close appeals, on to approval"),
        Message(
            "将结束 {n} 人的申诉期, 送交审批。", "The appeals of {n} people are closed, and their results go on to approval."
        ),
        Message("没有在申诉期的结果。", "No published result waits for this."),
        publishing.close_appeals,
    ),
    "archiving": Batch(
        batches.ARCHIVE,
        Message("归档", "Archive"),
        Message(
            "将归档 {n} 人的考核; 此后只有经审批同意的复核才能再改变结果。",
            "{n} appraisals are archived; only a granted review can change a result after that.",
        ),
        Message("没有等待归档的考核。", "Nothing waits to be archived."),
        approving.archive_appraisal,
    ),
}


@pages.get("/hr/appeals")
@web.signed_in_only
def appeals() -> ResponseReturnValue:
    """The appeals of the cycle in hand with what they wait for and until when, the most urgent first."""
    cycle, asked = cycle_in_hand(*HANDLING), forms.asked(AppealsPage)
    if cycle is None:
        return render_template("results/appeals.html", cycle=None)
    session = web.session()
    people = _of_others(cycle)
    found = courses.courses_in(session, cycles.policy_of(session, cycle), list(people))
    counts = {"open": sum(one.ended is None for one in found), "all": len(found)}
    counts["ended"] = counts["all"] - counts["open"]
    wanted = [one for one in found if asked["state"] == "all" or (one.ended is None) == (asked["state"] == "open")]
    wanted.sort(key=lambda one: (one.ended is not None, one.due_on or clock.today().max, one.appeal.id))
    places = table.places_of(session, {one.appeal.appraisal_id for one in wanted})
    shown = {"cycle": cycle, "name": cycle_name(cycle), "rows": wanted, "people": people, "places": places, "asked": asked}
    return render_template("results/appeals.html", **shown, counts=counts, today=clock.today(), waits_for=_waits_for)


@pages.get("/approvals")
@web.signed_in_only
def approvals(form: Form | None = None) -> ResponseReturnValue:
    """The results that wait for the actor's approval in the cycle in hand, and the requests for 复核 they decide."""
    cycle, session, actor = cycle_in_hand("employee", *HANDLING), web.session(), web.actor()
    found = batches.waiting_for(session, actor, cycle, batches.APPROVE) if cycle else []
    asked = batches.requests(session, actor)
    shown = {"cycle": cycle, "name": cycle_name(cycle) if cycle else None, "asked": asked, "form": form or Form()}
    return render_template("results/approvals.html", **shown, page=_page(found))


@pages.post("/approvals")
@web.signed_in_only
@forms.submits(ApprovingIn, again=approvals)
def approve_many(body: dict[str, Any]) -> Response:
    """Approves those that were ticked; one that is refused does not stop the others."""
    require("employee", *HANDLING)
    done = approving.approve_results(web.session(), web.actor(), chosen_cases(body["chosen"]), note=body["note"])
    return forms.done(url_for("results.approvals"), *_told(done, "已批准", "approved"))


@pages.get("/hr/steps/<any('publication', 'appeals-closing', 'archiving'):batch>", endpoint="batch")
@web.signed_in_only
def many(batch: str, form: Form | None = None) -> ResponseReturnValue:
    """Those of the cycle in hand for whom a step may be taken, to be ticked."""
    cycle, one = cycle_in_hand("hr"), BATCHES[batch]
    found = batches.waiting_for(web.session(), web.actor(), cycle, one.act) if cycle else []
    shown = {"cycle": cycle, "name": cycle_name(cycle) if cycle else None, "page": _page(found), "form": form or Form()}
    return render_template("results/many.html", **shown, batch=batch, one=one, batches=BATCHES)


@pages.post("/hr/steps/<any('publication', 'appeals-closing', 'archiving'):batch>")
@web.signed_in_only
@forms.submits(ChosenIn, again=many)
def do_batch(body: dict[str, Any], batch: str) -> Response:
    """Takes the step for those that were ticked; one that is refused does not stop the others."""
    require("hr")
    act, session, actor = BATCHES[batch].use_case, web.session(), web.actor()
    done = approving.each(chosen_cases(body["chosen"]), lambda one, version: act(session, actor, one, version=version))
    return forms.done(url_for("results.batch", batch=batch), *_told(done, "已办理", "done"))


def _page(rows: Sequence[batches.Waiting]) -> Page:
    """The part of a list that the address asks for. Who is done with leaves the list, so that the first page is always next."""
    start = forms.asked(Place)["cursor"]
    shown = rows[start : start + ON_A_PAGE]
    following = start + ON_A_PAGE
    return Page(shown, len(rows), str(following) if following < len(rows) else None)


def _of_others(cycle: Cycle) -> dict[int, Employee]:
    """By appraisal whose case it is, of those that the actor handles in a cycle; their own is not among them (D-23)."""
    session, actor, on = web.session(), web.actor(), min(clock.today(), cycle.ends_on)
    theirs = relations.towards_others(session, actor, on, HANDLING).values()
    found = select(Appraisal.id, Employee).join(Employee, col(Employee.id) == Appraisal.employee_id)
    found = found.where(Appraisal.cycle_id == cycle.id, Appraisal.employee_id != (actor.employee_id or 0))
    people: dict[int, Employee] = {}
    for condition in theirs:
        people |= dict(session.exec(found.where(condition)).all())
    return people


def _waits_for(course: Course) -> Message | None:
    if course.ended is not None:
        return None
    if course.decide_by is None:
        return Message("答复是否受理", "Say whether it is taken up")
    return Message("作出决定", "Decide it")


def _told(done: Sequence[Done], zh: str, en: str) -> tuple[str, str]:
    """What came of many, in one sentence for each language: how many, and why not the others."""
    refused: list[AppraisalError] = [one.error for one in done if one.error is not None]
    count = len(done) - len(refused)
    said = (f"{zh} {count} 人", f"{count} {en}")
    if not refused:
        return said
    why = list(dict.fromkeys(one.message for one in refused))[:TOLD]
    return (
        f"{said[0]}; {len(refused)} 人未能办理: {'; '.join(one.zh for one in why)}",
        f"{said[1]}; {len(refused)} not: {'; '.join(one.en for one in why)}",
    )
