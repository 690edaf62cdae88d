"""Commands of bulletins: make a KPI report."""

import json
from typing import Any

import click
from sqlmodel import Session, select

from appraisal import db
from appraisal.actor import SYSTEM, Actor
from appraisal.bulletins import kpi_reports
from appraisal.bulletins.kpi_reports import Standing
from appraisal.bulletins.report_models import KINDS
from appraisal.errors import Invalid, NotFound
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
