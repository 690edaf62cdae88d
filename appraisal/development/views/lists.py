"""Lists for those who look after many: improvement plans by where they stand, development plans of a cycle."""

from collections.abc import Sequence
from datetime import date

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlmodel import and_, col, func, or_, select

from appraisal import clock, forms, paging, web
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Appraisal
from appraisal.desk.shell import cycle_in_hand
from appraisal.development.models import (
    CANCELLED,
    CLOSED,
    DRAFT,
    EVALUATED,
    OFFERED,
    RUNNING,
    DevelopmentPlan,
    ImprovementCheck,
    ImprovementPlan,
    ImprovementSignature,
)
from appraisal.development.service.improvement import READERS
from appraisal.development.service.plans import READERS as PLAN_READERS
from appraisal.development.views.blueprint import pages
from appraisal.fields import Listing, OneOf
from appraisal.people import auth
from appraisal.people.models import Employee

UNDER_WAY = (DRAFT, OFFERED, RUNNING, EVALUATED)


class BoardAsked(Listing):
    show = OneOf("open", "ended", load_default="open")


class PlansAsked(Listing):
    status = OneOf("draft", "proposed", "agreed", "rated", load_default=None)


@pages.get("/hr/improvement-plans")
@web.signed_in_only
def improvement_plans() -> ResponseReturnValue:
    """The improvement plans that one may see: those under way by where they stand, or those that have ended."""
    session, actor, asked = web.session(), web.actor(), forms.asked(BoardAsked)
    seen = auth.seen_employees(session, actor, clock.today(), READERS)
    own = col(Employee.id) == actor.employee_id
    found = select(ImprovementPlan, Employee).join(Employee, col(Employee.id) == ImprovementPlan.employee_id)
    found = found.where(and_(seen, or_(~own, col(ImprovementPlan.offered_at).is_not(None))))
    shown = found.where(col(ImprovementPlan.status).in_(UNDER_WAY if asked["show"] == "open" else (CLOSED, CANCELLED)))
    whole = {"limit": 200} if asked["show"] == "open" else {}
    page = paging.paged(session, shown, [(col(ImprovementPlan.id), "desc")], asked | whole)
    ids = [plan.id for plan, _ in page.items]
    return render_template(
        "development/improvement_plans.html",
        asked=asked,
        page=page,
        columns=[(status, [row for row in page.items if row[0].status == status]) for status in UNDER_WAY],
        next_checks=_next_checks(ids),
        signed=_signed(ids),
        opens=actor.holds("hr"),
        today=clock.today(),
    )


@pages.get("/hr/development-plans")
@web.signed_in_only
def plans() -> ResponseReturnValue:
    """The development plans of the cycle in hand that one may see."""
    session, actor, cycle = web.session(), web.actor(), cycle_in_hand()
    asked = forms.asked(PlansAsked)
    page, counts = None, dict[str, int]()
    if cycle is not None and cycle.cadence == "year":
        seen = cycles.seen_by(session, actor, min(clock.today(), cycle.ends_on), PLAN_READERS)
        found = (
            select(DevelopmentPlan, Employee)
            .join(Appraisal, col(Appraisal.id) == DevelopmentPlan.appraisal_id)
            .join(Employee, col(Employee.id) == Appraisal.employee_id)
            .where(Appraisal.cycle_id == cycle.id, seen)
        )
        by_status = found.with_only_columns(DevelopmentPlan.status, func.count(), maintain_column_froms=True)
        counts = dict(session.exec(by_status.group_by(DevelopmentPlan.status)).all())
        wanted = found if asked["status"] is None else found.where(DevelopmentPlan.status == asked["status"])
        page = paging.paged(session, wanted, [(col(Employee.number), "asc"), (col(DevelopmentPlan.id), "asc")], asked)
    return render_template("development/plans.html", cycle=cycle, asked=asked, page=page, counts=counts)


def _next_checks(plan_ids: Sequence[int | None]) -> dict[int, date]:
    """The next check of each plan that has not been held."""
    found = select(ImprovementCheck.plan_id, func.min(ImprovementCheck.due_on)).where(
        col(ImprovementCheck.plan_id).in_(plan_ids), col(ImprovementCheck.held_on).is_(None)
    )
    return dict(web.session().exec(found.group_by(col(ImprovementCheck.plan_id))).all())


def _signed(plan_ids: Sequence[int | None]) -> dict[tuple[int, str], int]:
    """How many have signed a part of each plan."""
    found = select(ImprovementSignature.plan_id, ImprovementSignature.part, func.count())
    found = found.where(col(ImprovementSignature.plan_id).in_(plan_ids))
    rows = web.session().exec(found.group_by(col(ImprovementSignature.plan_id), ImprovementSignature.part)).all()
    return {(plan_id, part): count for plan_id, part, count in rows}
