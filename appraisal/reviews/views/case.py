"""A case for whoever may see it: where it stands, its items, what has been written and decided, and what to do next."""

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import clock, files, rest, web
from appraisal.cycles import queries as cycles
from appraisal.desk import shell
from appraisal.errors import NotFound
from appraisal.forms import Form
from appraisal.people.models import Employee
from appraisal.reports.queries import cycle_name
from appraisal.results import told
from appraisal.reviews.views import shown
from appraisal.reviews.views.blueprint import CASE, pages


@pages.get("/my/appraisal")
@web.signed_in_only
def mine() -> ResponseReturnValue:
    """My case in the cycle in hand."""
    session, me, cycle = web.session(), web.actor().employee_id, shell.cycle_in_hand()
    own = cycles.appraisal_of(session, cycle, session.get_one(Employee, me)) if me is not None and cycle is not None else None
    if own is not None:
        return redirect(url_for("reviews.case", appraisal_id=own.id))
    return render_template("reviews/none.html", cycle=cycle, title=cycle_name(cycle) if cycle is not None else None)


@pages.get(CASE)
@web.signed_in_only
def case(appraisal_id: int, form: Form | None = None) -> ResponseReturnValue:
    """The case."""
    found = shown.show(web.session(), web.actor(), appraisal_id)
    return render_template("reviews/case.html", shown=found, case=found.case, form=form or Form(), today=clock.today())


@pages.get(f"{CASE}/appeal/files/<int(max={2**31 - 1}):file_id>")
@web.signed_in_only
def appeal_file(appraisal_id: int, file_id: int) -> Response:
    """A file that came with an appeal."""
    found = told.tell_case(web.session(), web.actor(), appraisal_id)
    if file_id not in {one for appeal in found["appeals"] for act in appeal["acts"] for one in act["file_ids"]}:
        raise NotFound()
    stored = files.by_id(web.session(), file_id)
    return rest.download(stored.name, stored.media_type, files.content_of(web.session(), stored))
