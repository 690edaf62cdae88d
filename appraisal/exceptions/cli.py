"""The command that evaluates a period: for a job after the readings of a month are in, and for whoever runs it by hand."""

import json
from typing import Any

import click

from appraisal import db
from appraisal.actor import SYSTEM, Actor
from appraisal.errors import NotFound
from appraisal.exceptions import responding, shaping
from appraisal.monitoring import evaluations
from appraisal.monitoring.watched import watching
from appraisal.people import auth, queries


@click.command("evaluate")
@click.option("--period", required=True, help="A period that is over: 2026-03, 2026-Q1, 2026-W10.")
@click.option("--policy", help="One monitoring policy; otherwise all that have readings of the period.")
@click.option("--unit", metavar="CODE", help="One unit; otherwise all, and the company, that have readings.")
@click.option("--account", metavar="LOGIN", help="The KPI manager in whose name it is done; otherwise the machine's own.")
def evaluate(period: str, policy: str | None, unit: str | None, account: str | None) -> None:
    """Evaluate a period and open what follows; prints JSON.

    Alerts, exceptions, tasks and notices follow. Run again, it opens and tells nothing twice.
    """
    asked = evaluations.period_of(period)
    with db.transaction(write=True) as session:
        actor = _actor(session, account)
        chosen = evaluations.subjects(session, actor, asked, policy)
        if unit is not None:
            row = queries.unit_by_code(session, unit)
            if row is None:
                raise NotFound("not_found", f"没有部门 {unit}", f"there is no unit {unit}")
            chosen = [one for one in chosen if one[1] == row.id]
        done = [responding.evaluate_and_respond(session, actor, *one, asked) for one in chosen]
        known = watching(session)
        told = [_told(shaping.responded_out(session, known, one)) for one in done]
    click.echo(json.dumps({"period": str(asked), "evaluations": told}, ensure_ascii=False, indent=2))


def _actor(session: Any, account: str | None) -> Actor:
    if account is None:
        return SYSTEM
    row = queries.account_by_login(session, account)
    if row is None or row.disabled:
        raise NotFound("not_found", f"没有可用的账号 {account}", f"there is no account {account} in use")
    return auth.actor_of(session, row).acting_via("cli")


def _told(one: dict[str, Any]) -> dict[str, Any]:
    unit = one["unit"]
    shown = ("indicator", "other", "level", "kind", "value", "target", "deviation")
    return {
        "policy": one["policy"],
        "unit": unit["code"] if unit else None,
        "digest": one["digest"],
        "counts": one["levels"],
        "alerts": [
            {name: each[name] for name in shown}
            | {"name": {"zh": each["name"].zh, "en": each["name"].en}, "lines": each["lines"]}
            for each in one["alerts"]
        ],
        "exceptions_opened": one["exceptions_opened"],
        "exceptions_open": one["exceptions_open"],
    }
