"""Commands of bulletins: make a KPI report, write a week's summaries, count the KPIs about the KPIs."""

import json
from typing import Any

import click
from sqlmodel import Session, select

from appraisal import db
from appraisal.actor import SYSTEM, Actor
from appraisal.bulletins import about_kpis, kpi_reports, rewording, summaries
from appraisal.bulletins.kpi_reports import Standing
from appraisal.bulletins.models import KpiSummary
from appraisal.bulletins.report_models import KINDS
from appraisal.config import settings
from appraisal.errors import Conflict, Invalid, NotFound
from appraisal.monitoring import evaluations
from appraisal.monitoring.watched import watching
from appraisal.people import auth, queries
from appraisal.people.models import Unit


@click.command("report")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--period", required=True, help="2026-03, 2026-Q1, 2026-H1 or 2026, as the kind asks.")
@click.option("--policy", help="The monitoring policy; needed where there are several.")
@click.option("--unit", help="The code of the unit; without it the company.")
@click.option("--account", help="The login of the KPI manager who makes it; without it the machine itself.")
@click.option("--json", "as_json", is_flag=True, help="Write the whole report as JSON.")
def report(kind: str, period: str, policy: str | None, unit: str | None, account: str | None, as_json: bool) -> None:
    """Make a KPI report of what has been evaluated.

    Made again with nothing new it is the same report.
    """
    with db.transaction(write=True) as session:
        made = kpi_reports.make_report(
            session,
            _actor(session, account),
            kind=kind,
            policy=policy or _only_policy(session),
            unit_id=_unit(session, unit),
            period=evaluations.period_of(period),
        )
        found = kpi_reports.standing_of(session, made.report)
        click.echo(json.dumps(_told(found, made.is_new), ensure_ascii=False) if as_json else _line(found, made.is_new))


@click.command("summaries")
@click.option("--week", required=True, help="The week, as 2026-W14.")
@click.option("--policy", help="One monitoring policy only.")
@click.option("--unit", help="The code of one unit only.")
@click.option("--account", help="The login of the KPI manager who writes them; without it the machine itself.")
def write_summaries(week: str, policy: str | None, unit: str | None, account: str | None) -> None:
    """Write the summaries of a week for every policy and unit that has been evaluated, and print them as JSON.

    Written again with nothing new they are the same. Where SUMMARY_ENDPOINT is set, a language model is asked to reword those
    that it has not seen; what it answers is kept beside them if it says the same numbers.
    """
    asked, endpoint = summaries.week_of(week), rewording.endpoint_of(settings())
    told: list[dict[str, Any]] = []
    left_out: list[dict[str, Any]] = []
    with db.transaction(write=True) as session:
        actor, unit_id = _actor(session, account), _unit(session, unit)
        codes = {one.id: one.code for one in session.exec(select(Unit))}
        for name, of_unit in summaries.subjects(session, actor, asked, policy):
            if unit is not None and of_unit != unit_id:
                continue
            try:
                made = summaries.make_summaries(session, actor, name, of_unit, asked)
            except Conflict as refused:
                left_out.append({"policy": name, "unit": codes.get(of_unit), "code": refused.code})
                continue
            told += [_summary(one, codes.get(of_unit), one.id in made.new) for one in made.summaries]
    outcomes = _reworded(actor, endpoint, [one["id"] for one in told]) if endpoint else {}
    found = [one | {"rewording": outcomes.get(one["id"])} for one in told]
    click.echo(json.dumps({"week": str(asked), "summaries": found, "left_out": left_out}, ensure_ascii=False))


def _summary(one: KpiSummary, unit: str | None, is_new: bool) -> dict[str, Any]:
    kept = {"id": one.id, "policy": one.policy, "unit": unit, "area": one.advisor, "edition": one.edition, "is_new": is_new}
    return kept | {"statements": one.content["statements"], "suggestions": one.content["suggestions"]}


def _reworded(actor: Actor, endpoint: rewording.Endpoint, ids: list[int]) -> dict[int, str]:
    """What became of each that was asked about."""
    answers = rewording.reword_all(db.engine(), actor, endpoint, ids)
    for summary_id, answer in answers.items():
        if answer.problem is not None:
            click.echo(f"summary {summary_id}: {answer.outcome}: {answer.problem}", err=True)
    return {summary_id: answer.outcome for summary_id, answer in answers.items()}


@click.command("about-kpis")
@click.option("--period", required=True, help="The month, as 2026-03.")
@click.option("--policy", default="kpi_sop", show_default=True, help="The policy that watches the four.")
@click.option("--unit", help="The code of the unit; without it the company.")
@click.option("--account", help="The login of the KPI manager who asks; without it the machine itself.")
def enter_about_kpis(period: str, policy: str, unit: str | None, account: str | None) -> None:
    """Count the four KPIs about the KPIs for a month and enter them as readings, which a person then confirms."""
    with db.transaction(write=True) as session:
        actor, unit_id = _actor(session, account), _unit(session, unit)
        found = about_kpis.enter(session, actor, policy, unit_id, evaluations.period_of(period))
    for one in found.not_yet:
        click.echo(f"{one.indicator}: {one.source}", err=True)
    click.echo(f"{len(found.recorded)} recorded, {len(found.corrected)} corrected, {len(found.unchanged)} unchanged")


def _told(found: Standing, is_new: bool) -> dict[str, Any]:
    one = found.report
    kept = {"id": one.id, "number": one.number, "status": found.status, "stale": found.stale, "is_new": is_new}
    return kept | {"digest": one.digest, "content": one.content}


def _line(found: Standing, is_new: bool) -> str:
    content, one = found.report.content, found.report
    levels = ", ".join(f"{count} {level}" for level, count in content["counts"].items() if count)
    marks = "provisional" if one.provisional else found.status
    counts = f"{len(content['alerts'])} alerts, {len(content['exceptions']['open'])} exceptions open"
    return f"{one.number}: {'made' if is_new else 'there already'}, {marks}; {levels or 'nothing judged'}; {counts}"


def _actor(session: Session, login: str | None) -> Actor:
    if login is None:
        return SYSTEM
    row = queries.account_by_login(session, login)
    if row is None or row.disabled:
        raise NotFound("not_found", f"没有可用的账号 {login}", f"there is no account {login} in use")
    return auth.actor_of(session, row).acting_via("cli")


def _unit(session: Session, code: str | None) -> int | None:
    if code is None:
        return None
    found = session.exec(select(Unit.id).where(Unit.code == code)).one_or_none()
    if found is None:
        raise NotFound("unknown_unit", f"没有部门 {code}", f"there is no unit {code}")
    return found


def _only_policy(session: Session) -> str:
    known = list(watching(session).states)
    if len(known) != 1:
        zh = f"请用 --policy 指明制度: {'、'.join(known) or '尚无监测制度'}"
        raise Invalid(
            "policy_needed", zh, f"say which with --policy: {', '.join(known) or 'no monitoring policy is published'}"
        )
    return known[0]
