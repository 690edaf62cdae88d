"""What waits for my rating: goals of others, and my people's goals in a grid, saved as one goes."""

from flask import render_template
from flask.typing import ResponseReturnValue

from appraisal import clock, web
from appraisal.core.policy.model import Text
from appraisal.cycles import queries as cycles
from appraisal.desk import shell
from appraisal.forms import Form
from appraisal.reports.queries import cycle_name
from appraisal.results import told
from appraisal.reviews import scoring as to_score
from appraisal.reviews.views.blueprint import pages


@pages.get("/my/ratings")
@web.signed_in_only
def ratings() -> ResponseReturnValue:
    """The goals of others that wait for my rating, a person at a time."""
    by_person: dict[int, list[dict[str, object]]] = {}
    for one in told.goal_tasks(web.session(), web.actor()):
        by_person.setdefault(one["appraisal_id"], []).append(one)
    return render_template("reviews/ratings.html", people=list(by_person.values()))


@pages.get("/team/scoring")
@web.signed_in_only
def grid() -> ResponseReturnValue:
    """My people down, their goals across."""
    session, actor, cycle = web.session(), web.actor(), shell.cycle_in_hand()
    people = to_score.to_score(session, actor, cycle) if cycle is not None and actor.employee_id is not None else []
    names: dict[tuple[str, str], Text] = {}
    for goal in (goal for one in people for goal in one.goals):
        names.setdefault((goal.key[1], goal.name.zh), goal.name)
    return render_template(
        "reviews/scoring.html",
        cycle=cycle,
        title=cycle_name(cycle) if cycle is not None else None,
        people=people,
        columns=names,
        scale=cycles.policy_of(session, cycle).scoring.rating_scale if cycle is not None else None,
        severity=to_score.severity(session, actor, cycle) if cycle is not None and actor.employee_id is not None else None,
        form=Form(),
        today=clock.today(),
    )
