"""Who provides which figures: assigned by HR, until an assignment is ended."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import forms, paging, web
from appraisal.core.errors import Message
from appraisal.cycles import queries as cycles
from appraisal.forms import Form
from appraisal.labels import label
from appraisal.measures import providers
from appraisal.measures.models import INDICATOR, SOURCE, DataProvider
from appraisal.measures.schemas import AssignmentFilter, AssignmentIn, NothingIn
from appraisal.measures.shaping import assignment_out
from appraisal.measures.views.blueprint import ALL, cycle_for_provider, pages
from appraisal.people import queries as people
from appraisal.people.models import Account, AccountRole, Employee


@pages.get(f"{ALL}/providers")
@web.signed_in_only
def assignments(form: Form | None = None) -> ResponseReturnValue:
    """The assignments that hold, and a form for another."""
    cycle, session, actor = cycle_for_provider(), web.session(), web.actor()
    asked = forms.asked(AssignmentFilter)
    page = paging.paged(session, providers.assignments_seen(actor, ended=asked["ended"]), [(DataProvider.id, "desc")], asked)
    rows = [assignment_out(*row) for row in page.items]
    indicators = [] if cycle is None else [one.indicator for one in cycles.policy_of(session, cycle).indicators.values()]
    names = {one.id: web.said(one.name) for one in indicators}
    sources = sorted({source for one in indicators for source in one.sources or ()})
    shown = {"page": page, "rows": rows, "names": names, "sources": sources, "form": form or Form(), "assigns": actor.has("hr")}
    shown |= {"kinds": [(one, web.said(label("provider_kind", one))) for one in (INDICATOR, SOURCE)], "ended": asked["ended"]}
    return render_template("measures/providers.html", **shown, accounts=_accounts(), units=_units())


@pages.post(f"{ALL}/providers")
@web.signed_in_only
@forms.submits(AssignmentIn, again=assignments, creates=True)
def assign(body: dict[str, Any]) -> Response:
    """Has an account or a unit provide an indicator, or all that comes from a source."""
    providers.assign_provider(web.session(), web.actor(), **body)
    return forms.done(url_for("measures.assignments"), "已指定", "Assigned")


@pages.post(f"{ALL}/providers/<int(max={2**31 - 1}):assignment_id>/end")
@web.signed_in_only
@forms.submits(NothingIn, again=lambda assignment_id, form: assignments(form), versioned=True)
def end(body: dict[str, Any], assignment_id: int, version: int) -> Response:
    """Ends an assignment; it stays on record."""
    providers.end_assignment(web.session(), web.actor(), assignment_id, version=version)
    return forms.done(url_for("measures.assignments"), "分工已结束", "The assignment has ended")


def _accounts() -> list[tuple[int, str]]:
    """The accounts that provide figures."""
    found = (
        select(Account.id, Account.login, Employee.name)
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .where(col(Account.disabled).is_(False))
        .where(col(Account.id).in_(select(AccountRole.account_id).where(col(AccountRole.role).in_(("data_provider", "hr")))))
        .order_by(Account.login)
    )
    return [(one, f"{name} ({login})" if name else login) for one, login, name in web.session().exec(found) if one is not None]


def _units() -> list[tuple[int | None, str]]:
    return [(one.id, web.said(Message(one.name, one.name_en))) for one in people.units_within(web.session())]
