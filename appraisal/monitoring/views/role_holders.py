"""Who holds the roles that monitoring policies name, settled by KPI managers."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from appraisal import clock, forms, paging, web
from appraisal.fields import Line
from appraisal.forms import OPENED, Form
from appraisal.monitoring import holders, reach
from appraisal.monitoring.choices import company_and_units, policy_choices, titles
from appraisal.monitoring.evaluation_schemas import RoleHolderEndIn, RoleHolderIn, RoleHolderListing
from appraisal.monitoring.judged_shaping import holder_out
from appraisal.monitoring.models import KpiRoleHolder
from appraisal.monitoring.views.blueprint import MOST, pages
from appraisal.monitoring.watched import watching
from appraisal.people import auth, directory

ALL = "/kpi/role-holders"
_LATEST: list[tuple[Any, str]] = [(KpiRoleHolder.id, "desc")]


class HolderForm(RoleHolderIn):
    """Who holds a role, by their number."""

    class Meta(RoleHolderIn.Meta):
        exclude = ("employee_id",)

    number = Line(40, required=True)


@pages.get(ALL)
@web.signed_in_only
def role_holders(form: Form = OPENED, holder_id: int | None = None) -> ResponseReturnValue:
    """The holders that one may see, those named last in front; a KPI manager names and ends them here."""
    session, actor, asked = web.session(), web.actor(), forms.asked(RoleHolderListing)
    known, manages = watching(session), actor.holds(*reach.MANAGING)
    page = paging.paged(session, holders.holders_seen(session, actor, asked), _LATEST, asked)
    return render_template(
        "monitoring/role_holders.html",
        form=form,
        failed=holder_id,
        page=page,
        rows=[holder_out(*row) for row in page.items],
        titles=titles(known),
        manages=manages,
        policies=policy_choices(known),
        roles=_roles(known),
        units=company_and_units() if manages else [],
        today=clock.today(),
    )


@pages.post(ALL)
@web.signed_in_only
@forms.submits(HolderForm, again=role_holders, creates=True)
def name_holder(body: dict[str, Any]) -> Response:
    """Says who holds a role."""
    if not web.actor().holds(*reach.MANAGING):
        raise auth.for_others(*reach.MANAGING)
    employee_id = directory.id_of(web.session(), body.pop("number"), "number")
    holders.name_holder(web.session(), web.actor(), **body, employee_id=employee_id)
    return forms.done(url_for("monitoring.role_holders"), f"已指定「{body['role']}」", f"{body['role']} is named")


@pages.post(f"{ALL}/<int(max={MOST}):holder_id>/end")
@web.signed_in_only
@forms.submits(RoleHolderEndIn, again=role_holders, versioned=True)
def end_holder(body: dict[str, Any], holder_id: int, version: int) -> Response:
    """Ends the holding of a role on a day."""
    holders.end_holder(web.session(), web.actor(), holder_id, to_on=body["to_on"], version=version)
    return forms.done(url_for("monitoring.role_holders"), f"任期至 {body['to_on']}", f"Until {body['to_on']}")


def _roles(known: Any) -> list[str]:
    """The roles that the policies in force name."""
    found: dict[str, None] = {}
    for name in known.states:
        rules = known.policy_on(name, clock.today())
        if rules is None or rules.monitoring is None:
            continue
        named = [
            one.role for one in (*rules.monitoring.notify, *rules.monitoring.records, *getattr(rules.general, "meetings", ()))
        ]
        found |= dict.fromkeys(one for one in named if one)
    return list(found)
