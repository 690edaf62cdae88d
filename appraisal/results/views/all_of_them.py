"""All results of the cycle in hand, and what follows from them: lists by outcome, and what people are to be trained in."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import forms, paging, web
from appraisal.core.numbers import HUNDRED, ZERO, divide
from appraisal.core.policy.model import Policy, Text
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import OPEN, Appraisal, Cycle
from appraisal.errors import NotFound
from appraisal.fields import In, Line, Listing, Number, OneOf
from appraisal.forms import Form
from appraisal.people import queries as people
from appraisal.reports import queries as reports
from appraisal.reports import waiting
from appraisal.reports.queries import BandCount, cycle_name
from appraisal.results import service, table, uses
from appraisal.results.schemas import AppraisalFilter, NothingIn
from appraisal.results.uses import READING
from appraisal.results.views.blueprint import cycle_in_hand, pages

SEE_ALL = (*READING, "payroll")


class ResultsPage(AppraisalFilter, Listing):
    """What the table of all results may be asked for."""

    sort = OneOf("number", "-number", "score", "-score", load_default="number")


class UsesPage(Listing):
    outcome = Line(80, load_default=None)


class NeedsIn(In):
    below = Number(allow_none=True, load_default=None)


@pages.get("/hr/results")
@web.signed_in_only
def all_results(form: Form | None = None) -> ResponseReturnValue:
    """Everybody in the cycle in hand, with how many have each grade."""
    cycle = cycle_in_hand(*SEE_ALL)
    if cycle is None:
        return render_template("results/all.html", cycle=None)
    session, actor = web.session(), web.actor()
    asked = forms.asked(ResultsPage) | {"cycle_id": cycle.id, "whose": "all"}
    found = table.with_result(session, actor, asked, table.appraisals(session, actor, asked))
    page = paging.paged(session, found, _order(asked), asked)
    policy = cycles.policy_of(session, cycle)
    rows = table.appraisal_rows(session, actor, page.items)
    shown = {"cycle": cycle, "page": page, "rows": rows, "asked": asked, "why_not": _why_not(cycle, rows)}
    shown |= {"bands": _bands(policy, table.counted(session, found)), "steps": policy.workflow.steps, "form": form or Form()}
    shown |= {"units": [(one.id, {"zh": one.name, "en": one.name_en}) for one in people.units_within(session)]}
    acts = cycle.status == OPEN and actor.holds("hr")
    return render_template("results/all.html", **shown, name=cycle_name(cycle), acts=acts)


@pages.post("/hr/results/computation")
@web.signed_in_only
@forms.submits(NothingIn, again=all_results)
def compute(body: dict[str, Any]) -> Response:
    """Computes everybody in the cycle in hand from today's figures."""
    cycle = cycle_in_hand("hr", "approver")
    if cycle is None:
        raise NotFound()
    found = service.compute_cycle(web.session(), web.actor(), cycle.id)
    left = [one for one in found if one.error is not None]
    zh, en = f"已按最新数据计算 {len(found) - len(left)} 人", f"{len(found) - len(left)} computed from the latest figures"
    if left:
        zh += f"; {len(left)} 人尚不能计算, 如 {left[0].employee_number}: {left[0].error.message.zh}"
        en += f"; {len(left)} cannot be yet, such as {left[0].employee_number}: {left[0].error.message.en}"
    return forms.done(url_for("results.all_results"), zh, en)


@pages.get("/hr/results/lists", endpoint="uses")
@web.signed_in_only
def list_uses(form: Form | None = None) -> ResponseReturnValue:
    """Who is on which list of the policy: for promotion, for a raise, for training."""
    cycle = cycle_in_hand(*READING)
    if cycle is None:
        return render_template("results/uses.html", cycle=None)
    session, actor, asked = web.session(), web.actor(), forms.asked(UsesPage)
    rules = cycles.policy_of(session, cycle).outcomes.rules
    chosen = asked["outcome"] or (rules[0].id if rules else None)
    shown = {"cycle": cycle, "name": cycle_name(cycle), "rules": rules, "chosen": chosen, "form": form or Form()}
    if chosen is None:
        return render_template("results/uses.html", **shown, rows=[], page=None)
    _, rule, found = uses.list_of(session, actor, cycle.id, chosen)
    page = paging.paged(session, found, [(found.selected_columns.position, "asc")], asked)
    shown |= {"rule": rule, "page": page, "rows": uses.rows_of(session, chosen, page.items), "by_score": uses.BY_SCORE}
    return render_template("results/uses.html", **shown, training=uses.TRAINING, notes=actor.holds("hr"))


@pages.post("/hr/results/training-needs")
@web.signed_in_only
@forms.submits(NeedsIn, again=list_uses, creates=True)
def note_needs(body: dict[str, Any]) -> Response:
    """Notes what everybody on the list for training is to be trained in."""
    cycle = cycle_in_hand("hr")
    if cycle is None:
        raise NotFound()
    done = uses.note_training_needs(web.session(), web.actor(), cycle.id, below=body["below"])
    back = url_for("results.uses", outcome=uses.TRAINING)
    return forms.done(
        back, f"已为 {done.people} 人记下 {done.needs} 项培训需求", f"{done.needs} needs noted for {done.people} people"
    )


def _why_not(cycle: Cycle, rows: Sequence[Mapping[str, Any]]) -> dict[int, Text]:
    """Of the rows without a result, what each waits for, as far as the reader may know."""
    session, actor = web.session(), web.actor()
    without = [row["id"] for row in rows if row["result"] is None]
    cases = session.exec(select(Appraisal).where(col(Appraisal.id).in_(without))).all()
    rated = [(one, cycle) for one in cases if one.rated and one.employee_id != actor.employee_id]
    known = waiting.not_computed(session, rated) if actor.holds(*READING) else {}
    found = {one.id: waiting.not_rated(one) for one in cases if not one.rated}
    otherwise = reports.NOT_PUBLISHED if actor.holds(*READING) else reports.NOT_APPROVED
    return dict.fromkeys(without, otherwise) | known | found


def _order(asked: dict[str, Any]) -> tuple[tuple[Any, str], ...]:
    key, way = asked["sort"].removeprefix("-"), "desc" if asked["sort"].startswith("-") else "asc"
    if key == "score":
        return table.by_score(web.session(), web.actor(), asked, way)
    return tuple((column, way) for column, _ in table.order(asked))


def _bands(policy: Policy, counts: dict[str, int]) -> list[BandCount]:
    graded = Decimal(sum(counts.values()))

    def share(count: int) -> Decimal:
        return divide(HUNDRED * count, graded, 1) if graded else ZERO

    here = [(one, counts.get(one.grade, 0)) for one in policy.bands]
    return [BandCount(one.grade, one.name, count, share(count)) for one, count in here]
