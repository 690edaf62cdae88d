"""Pages of payroll: what is due in the cycle in hand, its releases, and one release with its totals and lines.

Amounts stand on a page only for who may see them: a release is told by the same use case that the endpoint pulls it with.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import forms, later, paging, uploads, web
from appraisal.cycles import queries as cycles
from appraisal.desk import shell
from appraisal.errors import NotFound
from appraisal.fields import In, Line, Listing, OneOf, Query
from appraisal.forms import Form
from appraisal.paging import Page
from appraisal.payroll import bases, content, queries, service, settlements
from appraisal.payroll.models import CORRECTION, PREPARED, RELEASED, Release
from appraisal.payroll.schemas import DiscardIn
from appraisal.people.models import Account, Employee
from appraisal.reports.queries import cycle_name
from appraisal.uploads import TableIn

pages = Blueprint("payroll", __name__)

RELEASE = f"/payroll/<int(max={2**31 - 1}):release_id>"
PER_PAGE = 100
_FIGURES = frozenset(("multiplier", "previous_multiplier", "delta", "base", "amount", "delta_amount"))


class ReleasePage(Query):
    """Which lines of a release: of one state, of one person, from which on."""

    state = OneOf("rated", "provisional", "not_rated", "correction", load_default=None)
    search = Line(80, load_default=None)
    cursor = Line(9, load_default=None)


class NothingIn(In):
    """Nothing but the version."""


@pages.get("/payroll")
@web.signed_in_only
def releases(form: Form | None = None) -> ResponseReturnValue:
    """What is due in the cycle in hand, its releases, and what contractors have come to."""
    session, actor = web.session(), web.actor()
    service.require_reader(actor)
    cycle = shell.cycle_in_hand()
    if cycle is None or not actor.has("payroll", "hr", "auditor", unit=cycle.unit_id):
        return render_template("payroll/releases.html", cycle=None)
    found = queries.releases(cycle.id, None).where(service.readable(actor))
    page = paging.paged(session, found, [(Release.id, "desc")], forms.asked(Listing))
    due = queries.due(session, cycle)
    policy = cycles.policy_of(session, cycle)
    shown = {"cycle": cycle, "name": cycle_name(cycle), "page": page, "due": due, "form": form or Form()}
    shown |= {"corrections": sum(line.kind == CORRECTION for line in due), "waiting": queries.waiting(session, cycle)}
    shown |= {"general": policy.general, "trial": policy.general.status == "trial", "names": _names(page.items)}
    shown["prepared"] = next((one for one in page.items if one.status == PREPARED), None)
    shown["prepares"] = actor.has("hr", unit=cycle.unit_id)
    contractors = settlements.settlements(session, cycle)
    return render_template("payroll/releases.html", **shown, contractors=contractors, number_of=service.number_of)


@pages.post("/payroll")
@web.signed_in_only
@forms.submits(NothingIn, again=releases, creates=True)
def prepare(body: dict[str, Any]) -> Response:
    """Prepares a release of what has been approved in the cycle in hand and not released yet."""
    service.require_reader(web.actor())
    cycle = shell.cycle_in_hand()
    if cycle is None:
        raise NotFound()
    session, actor = web.session(), web.actor()
    if len(service.to_prepare(session, actor, cycle.id)[1]) >= later.MANY:
        return later.begin(session, actor, "payroll.prepare", {"cycle_id": cycle.id}, about=f"payroll:{cycle.id}")
    made = service.prepare_release(session, actor, cycle.id)
    zh, en = "发放单已编制, 待薪酬人员核对后发放", "The release is prepared; payroll checks it and lets it go"
    return forms.done(url_for("payroll.release", release_id=made.id), zh, en)


@pages.get(RELEASE)
@web.signed_in_only
def release(release_id: int, form: Form | None = None) -> ResponseReturnValue:
    """One release: totals, who has done what, and its lines; amounts for payroll alone."""
    session, actor, asked = web.session(), web.actor(), forms.asked(ReleasePage)
    found, cycle = service.find_release(session, actor, release_id)
    said = service.pull(session, actor, release_id)
    lines = [line for line in said["lines"] if _is_asked(line, asked)]
    open_still = found.status == PREPARED
    pays = open_still and actor.has("payroll", unit=cycle.unit_id)
    shown = {"release": found, "cycle": cycle, "name": cycle_name(cycle), "said": said, "form": form or Form()}
    shown |= {"page": _part([_figures(line) for line in lines], asked["cursor"]), "asked": asked, "names": _names([found])}
    shown["grades"] = [band.grade for band in cycles.policy_of(session, cycle).bands]
    shown |= {"amounts": any("amount" in line for line in said["lines"]), "bases": found.totals.get("bases", 0)}
    shown |= {"pays": pays, "releases": pays and actor.account_id != found.prepared_by}
    shown |= {"discards": open_still and actor.has("hr", "payroll", unit=cycle.unit_id)}
    shown["outdated"] = open_still and service.is_outdated(session, found, cycle)
    return render_template("payroll/release.html", **shown, number=service.number_of(found, cycle), released=RELEASED)


@pages.get(f"{RELEASE}/file.xlsx")
@web.signed_in_only
def worksheet(release_id: int) -> ResponseReturnValue:
    """The lines as a worksheet, with amounts for payroll alone."""
    said = service.pull(web.session(), web.actor(), release_id)
    answer = Response(content.as_xlsx(said), content_type=uploads.XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{said["release"]}.xlsx"'
    return answer


@pages.post(f"{RELEASE}/bases")
@web.signed_in_only
@forms.submits(TableIn, again=release, versioned=True)
@uploads.takes_file
def set_bases(body: dict[str, Any], release_id: int, version: int) -> Response:
    """Takes the base amounts of a prepared release from a file, which is not kept."""
    service.find_release(web.session(), web.actor(), release_id)
    given = bases.bases_in(body["file"].name, body["file"].content)
    service.set_bases(web.session(), web.actor(), release_id, given, version=version)
    zh, en = f"已保存 {len(given)} 人的奖金基数, 只有薪酬人员看得到", f"Bases of {len(given)} are kept; payroll alone sees them"
    return forms.done(url_for("payroll.release", release_id=release_id), zh, en)


@pages.post(f"{RELEASE}/release")
@web.signed_in_only
@forms.submits(NothingIn, again=release, versioned=True)
def let_go(body: dict[str, Any], release_id: int, version: int) -> Response:
    """Freezes and numbers it."""
    session, actor = web.session(), web.actor()
    found, _ = service.find_release(session, actor, release_id)
    if found.totals["lines"] >= later.MANY:
        service.require_letting_go(session, actor, release_id, version=version)
        given = {"release_id": release_id, "version": version}
        return later.begin(session, actor, "payroll.release", given, about=f"release:{release_id}")
    service.release_pay(session, actor, release_id, version=version)
    zh, en = "已发放: 内容已固定, 不再改变", "Released: from now on it says the same for ever"
    return forms.done(url_for("payroll.release", release_id=release_id), zh, en)


@pages.post(f"{RELEASE}/discard")
@web.signed_in_only
@forms.submits(DiscardIn, again=release, versioned=True)
def discard(body: dict[str, Any], release_id: int, version: int) -> Response:
    """Gives it up; what it held is due again."""
    service.discard_release(web.session(), web.actor(), release_id, reason=body["reason"], version=version)
    zh, en = "已作废, 其中各人下次重新编制", "Discarded; what it held is due again"
    return forms.done(url_for("payroll.releases"), zh, en)


def _is_asked(line: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    named = asked["search"] is None or asked["search"] in line["name"] or asked["search"] in line["employee_no"]
    return named and asked["state"] in (None, line["state"])


def _figures(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line with its figures as numbers."""
    return {name: Decimal(value) if name in _FIGURES and value is not None else value for name, value in line.items()}


def _part(lines: Sequence[Any], cursor: str | None) -> Page:
    """The lines from a place on: a release does not change while it is read."""
    start = int(cursor) if cursor and cursor.isascii() and cursor.isdigit() else 0
    end = start + PER_PAGE
    return Page(lines[start:end], len(lines), str(end) if end < len(lines) else None)


def _names(found: Sequence[Release]) -> dict[int, str]:
    """Who has prepared and ended them, by account."""
    accounts = {one.prepared_by for one in found} | {one.ended_by for one in found if one.ended_by}
    named = (
        select(Account.id, Account.login, Employee.name)
        .outerjoin(Employee, col(Employee.id) == Account.employee_id)
        .where(col(Account.id).in_(accounts))
    )
    return {account: name or login for account, login, name in web.session().exec(named)}
