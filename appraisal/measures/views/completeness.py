"""How complete the figures of a cycle are: by provider, figure by figure, and which cases may go on."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import clock, forms, paging, web
from appraisal.core.workflow import first_step
from appraisal.cycles import queries as cycles
from appraisal.errors import NotFound
from appraisal.forms import Form
from appraisal.measures import completing, entries, owed, ready
from appraisal.measures.schemas import CompletionsIn, OwedPage
from appraisal.measures.shaping import owed_out
from appraisal.measures.views.blueprint import ALL, cycle_for_provider, pages

TOLD = 3


@pages.get(ALL)
@web.signed_in_only
def completeness() -> ResponseReturnValue:
    """What is there and what is owed, per provider and figure by figure."""
    cycle = cycle_for_provider()
    if cycle is None:
        return render_template("measures/completeness.html", cycle=None)
    session, actor, asked = web.session(), web.actor(), forms.asked(OwedPage)
    policy = cycles.policy_of(session, cycle)
    statement, order = owed.figures_owed(session, actor, cycle, **{name: asked[name] for name in ("state", "item", "number")})
    page = paging.paged(session, statement, order, asked)
    rows = [owed_out(policy, one) for one in owed.owed(session, cycle, page.items)]
    shares = owed.by_provider(session, actor, cycle)
    items = {item: policy.indicators.get(item) for share in shares for item in share.items}
    known = {item: web.said(located.indicator.name) for item, located in items.items() if located}
    waiting = paging.count(session, entries.to_confirm(session, actor, cycle))
    shown = {"cycle": cycle, "page": page, "rows": rows, "asked": asked, "shares": shares, "known": known}
    shown |= {"waiting": waiting, "today": clock.today(), "collecting": first_step(policy.workflow).id}
    return render_template("measures/completeness.html", **shown)


@pages.get(f"{ALL}/ready")
@web.signed_in_only
def ready_cases(form: Form | None = None) -> ResponseReturnValue:
    """The cases whose figures are all confirmed, to be sent on to the self-assessment."""
    cycle = cycle_for_provider()
    if cycle is None:
        raise NotFound()
    found = ready.collecting(web.session(), web.actor(), cycle)
    return render_template("measures/ready.html", cycle=cycle, found=found, form=form or Form(), most=500)


@pages.post(f"{ALL}/ready")
@web.signed_in_only
@forms.submits(CompletionsIn, again=ready_cases)
def complete(body: dict[str, Any]) -> Response:
    """Declares their figures complete; who lacks one stays, and it is said why."""
    rows = completing.complete_many(web.session(), web.actor(), body["appraisal_ids"])
    refused = [one.error.message for one in rows if one.error is not None]
    count = len(rows) - len(refused)
    zh, en = f"{count} 人进入自评", f"{count} go on to the self-assessment"
    if refused:
        zh += f"; {len(refused)} 人未能: {'; '.join(one.zh for one in refused[:TOLD])}"
        en += f"; {len(refused)} cannot yet: {'; '.join(one.en for one in refused[:TOLD])}"
    return forms.done(url_for("measures.ready_cases"), zh, en)
