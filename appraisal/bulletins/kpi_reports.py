"""KPI reports: made of what is on record, numbered, frozen; made again as a later version, final once somebody says so.

A report is stale when a month it covers has been evaluated anew since. It is never changed: the later version names the one it
takes the place of, and both stay on record (ISO 9001 9.1, R-000-57).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, or_
from sqlalchemy.orm import aliased, defer
from sqlmodel import Session, col, select

from appraisal import audit, clock, db
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.bulletins import report_sources as sources
from appraisal.bulletins.follow_up import actions_told
from appraisal.bulletins.report_contents import Json, Month, monthly
from appraisal.bulletins.report_forms import CADENCES, head_of, number_of
from appraisal.bulletins.report_models import (
    ANNUAL,
    MONTHLY,
    QUARTERLY,
    KpiReport,
    KpiReportApproval,
    KpiReportSource,
)
from appraisal.bulletins.report_reach import reads_report
from appraisal.bulletins.report_spans import annual, management_review, quarterly
from appraisal.core.calendar import Period
from appraisal.core.numbers import parse_number, plain, round_half_up
from appraisal.core.policy.model import Policy
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.monitoring import evaluations, reach, targets
from appraisal.monitoring.models import KpiEvaluation, KpiTarget
from appraisal.people import auth
from appraisal.people.models import Unit

PLACES: Final = 4
"""As many decimals as a target keeps."""
DRAFT, FINAL, SUPERSEDED = "draft", "final", "superseded"
STATES: Final = (DRAFT, FINAL, SUPERSEDED)


@dataclass(frozen=True)
class Benchmark:
    """What others in the trade reach, and who says so."""

    indicator: str
    value: Decimal
    source: str


@dataclass(frozen=True)
class Made:
    """A report, and whether it was made now."""

    report: KpiReport
    is_new: bool


@dataclass(frozen=True)
class Standing:
    """A report with how it stands. `superseded_by` is the later version."""

    report: KpiReport
    unit: Unit | None
    approval: KpiReportApproval | None
    superseded_by: int | None
    stale: bool

    @property
    def status(self) -> str:
        """Superseded by a later version, or else final or draft."""
        return SUPERSEDED if self.superseded_by is not None else FINAL if self.approval is not None else DRAFT


# Making


def make_report(
    session: Session,
    actor: Actor,
    *,
    kind: str,
    policy: str,
    unit_id: int | None,
    period: Period,
    benchmarks: Sequence[Benchmark] = (),
) -> Made:
    """Makes the report of a period on a unit or the company, by a KPI manager or on the machine.

    The latest version is answered instead where the report would say the same, and where that one is final and none of its
    months has been evaluated since. An annual report takes `benchmarks`; those of the version before stay unless given anew.

    Raises Invalid `bad_period` for a period of another length, `unknown_policy`,
    `unknown_unit`, `unknown_indicator`; Conflict `too_early` before its last month has begun, `not_evaluated`.
    """
    auth.require_role(actor, *reach.MANAGING, operator=True, unit=unit_id)
    if period.cadence not in CADENCES[kind]:
        zh, en = "该报告不是按这种期间编制的", f"a {kind} report is on a {' or '.join(CADENCES[kind])}"
        raise Invalid("bad_period", zh, en, [Fault("period", zh, en)])
    last_month = sources.months_of(period)[-1]
    in_force = evaluations.policy_of(session, policy, last_month)
    unit = session.get(Unit, unit_id) if unit_id is not None else None
    if unit_id is not None and unit is None:
        zh, en = "没有这个部门", "there is no such unit"
        raise Invalid("unknown_unit", zh, en, [Fault("unit_id", zh, en)])
    if clock.today() < last_month.first_day():
        zh, en = f"{period} 尚未到最后一个月, 不能编制", f"the last month of {period} has not begun"
        raise Conflict("too_early", zh, en)
    db.one_at_a_time(session, f"kpi report {kind} {policy} {unit_id} {period}")
    months = sources.evaluated(session, (in_force, unit_id), period)
    if all(month.evaluation_id is None for month in months):
        zh, en = f"{period} 尚未评价, 请先评价", f"no month of {period} has been evaluated yet"
        raise Conflict("not_evaluated", zh, en)
    known = _versions(session, kind, policy, unit_id, period)
    entered = _benchmarks(in_force, kind, benchmarks, known[-1] if known else None)
    content = _content(session, kind, in_force, unit, period, months, entered)
    digest = hashlib.sha256(audit.canonical(content).encode()).hexdigest()
    if known and (known[-1].digest == digest or _holds(session, known[-1])):
        return Made(known[-1], False)
    report = KpiReport(
        kind=kind,
        policy=policy,
        unit_id=unit_id,
        period=str(period),
        starts_on=period.first_day(),
        ends_on=period.last_day(),
        number=number_of(content["form"], kind, policy, unit, period, len(known) + 1),
        provisional=content["provisional"],
        content=content,
        digest=digest,
        made_by=actor.account_id,
        made_at=clock.now(),
        supersedes_id=known[-1].id if known else None,
    )
    session.add(report)
    session.flush()
    session.add_all(
        KpiReportSource(report_id=report.id, period=str(month.period), evaluation_id=month.evaluation_id) for month in months
    )
    session.flush()
    after = {"number": report.number, "policy": policy, "unit_id": unit_id, "period": str(period), "digest": digest}
    audit.record(session, actor, "kpi_report.make", "kpi_report", report.id, after=after)
    return Made(report, True)


def approve_report(session: Session, actor: Actor, report_id: int, *, reason: str | None = None) -> Standing:
    """Makes a draft final, by a KPI manager; `reason` where readings are missing.

    Raises Conflict `already_final`, `superseded`, `stale` (make it again), `provisional` (its last month is not evaluated),
    `incomplete` (readings are missing and it is not said why that will do).
    """
    found = find_report(session, actor, report_id)
    auth.require_role(actor, *reach.MANAGING, unit=found.report.unit_id)
    if actor.account_id is None:
        raise NotAllowed("no_name", "须由具名的账号办理", "this is done by a named account")
    if reason is not None:
        require_text(reason=reason)
    if found.approval is not None:
        raise Conflict("already_final", "该报告已定稿", "this report is final already")
    if found.superseded_by is not None:
        raise Conflict("superseded", "该报告已有新版本", "there is a later version of this report")
    if found.stale:
        zh, en = "编制后期间已重新评价, 请重新编制", "a month was evaluated anew since: make the report again"
        raise Conflict("stale", zh, en)
    if found.report.provisional:
        zh, en = "这是暂定稿, 最后一个月评价后请重新编制", "this is provisional: make it again once its last month is evaluated"
        raise Conflict("provisional", zh, en)
    missing = found.report.content["completeness"]["missing"]
    if missing and reason is None:
        zh, en = f"缺 {len(missing)} 个读数, 请补齐或说明理由", f"{len(missing)} readings are missing: say why that will do"
        raise Conflict("incomplete", zh, en)
    approval = KpiReportApproval(
        report_id=report_id, approved_by=actor.account_id, approved_at=clock.now(), reason=reason if missing else None
    )
    session.add(approval)
    session.flush()
    after = {"number": found.report.number, "digest": found.report.digest, "missing": len(missing)}
    audit.record(session, actor, "kpi_report.approve", "kpi_report", report_id, after=after, reason=approval.reason)
    return replace(found, approval=approval)


def adopt_target(
    session: Session,
    actor: Actor,
    report_id: int,
    *,
    indicator: str,
    reason: str,
    from_on: date | None = None,
    accept_unrealistic: bool = False,
) -> KpiTarget:
    """Sets the target that an annual report proposes, from the next year on unless another day is given.

    Raises Invalid `no_proposal`; Conflict `superseded`, `provisional`, `stale`; and what `targets.set_target` raises, such as
    `declared_in_policy`: what the policy declares is changed there.
    """
    found = find_report(session, actor, report_id)
    auth.require_role(actor, *reach.MANAGING, unit=found.report.unit_id)
    if found.superseded_by is not None or found.stale or found.report.provisional:
        code = "superseded" if found.superseded_by is not None else "stale" if found.stale else "provisional"
        zh, en = "请以最新的年度报告为准", "take the latest annual report, made once December was evaluated"
        raise Conflict(code, zh, en)
    proposal = _proposal(found.report, indicator)
    wanted = targets.Wanted(
        policy=found.report.policy,
        indicator=indicator,
        unit_id=found.report.unit_id,
        operator=proposal["operator"],
        value=round_half_up(parse_number(proposal["value"]), PLACES),
        from_on=from_on or date(found.report.ends_on.year + 1, 1, 1),
        reason=f"{reason} ({found.report.number})",
    )
    return targets.set_target(session, actor, wanted, accept_unrealistic=accept_unrealistic)


# Reads


def reports_seen(session: Session, actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The select of the reports that the actor sees: report (without what it says), unit, approval, the later version's id,
    whether it is stale; without an order."""
    later = aliased(KpiReport)
    found = (
        select(KpiReport, Unit, KpiReportApproval, later.id.label("superseded_by"), _is_stale().label("stale"))  # type: ignore[union-attr]
        .outerjoin(Unit, col(Unit.id) == KpiReport.unit_id)
        .outerjoin(KpiReportApproval, col(KpiReportApproval.report_id) == KpiReport.id)
        .outerjoin(later, later.supersedes_id == KpiReport.id)
        .where(reads_report(session, actor))
    )
    for name in ("kind", "policy", "unit_id", "period"):
        if asked.get(name) is not None:
            found = found.where(getattr(KpiReport, name) == asked[name])
    if asked.get("company"):
        found = found.where(col(KpiReport.unit_id).is_(None))
    superseded, final = col(later.id).is_not(None), col(KpiReportApproval.report_id).is_not(None)
    match asked.get("status"):
        case "superseded":
            found = found.where(superseded)
        case "final":
            found = found.where(~superseded, final)
        case "draft":
            found = found.where(~superseded, ~final)
    return found


def listed(found: Any) -> Any:
    """The same for a list: what reports say is not read."""
    return found.options(defer(KpiReport.content))  # type: ignore[arg-type]


def find_report(session: Session, actor: Actor, report_id: int) -> Standing:
    """A report with how it stands. Raises NotFound."""
    found = session.exec(reports_seen(session, actor, {}).where(KpiReport.id == report_id)).one_or_none()
    if found is None:
        raise NotFound(hidden=True)
    return Standing(*found)


def standing_of(session: Session, report: KpiReport) -> Standing:
    """How a report stands, for who has just made it."""
    later = session.exec(select(KpiReport.id).where(KpiReport.supersedes_id == report.id)).one_or_none()
    stale = session.exec(select(KpiReport.id).where(KpiReport.id == report.id, _is_stale())).first() is not None
    unit = session.get(Unit, report.unit_id) if report.unit_id is not None else None
    return Standing(report, unit, session.get(KpiReportApproval, report.id), later, stale)


def _is_stale() -> ColumnElement[bool]:
    """Whether a month of the report has been evaluated since."""
    same_unit = or_(
        KpiEvaluation.unit_id == KpiReport.unit_id,
        and_(col(KpiEvaluation.unit_id).is_(None), col(KpiReport.unit_id).is_(None)),
    )
    return exists().where(
        KpiReportSource.report_id == KpiReport.id,
        KpiEvaluation.policy == KpiReport.policy,
        same_unit,
        KpiEvaluation.period == KpiReportSource.period,
        col(KpiEvaluation.id) > func.coalesce(KpiReportSource.evaluation_id, 0),
    )


def _versions(session: Session, kind: str, policy: str, unit_id: int | None, period: Period) -> list[KpiReport]:
    unit = col(KpiReport.unit_id).is_(None) if unit_id is None else KpiReport.unit_id == unit_id
    found = select(KpiReport).where(KpiReport.kind == kind, KpiReport.policy == policy, unit, KpiReport.period == str(period))
    return list(session.exec(found.order_by(col(KpiReport.id)).options(defer(KpiReport.content))))  # type: ignore[arg-type]


def _holds(session: Session, report: KpiReport) -> bool:
    """Whether a report is final and rests on what is still the latest evaluation of its months."""
    asked = select(KpiReport.id).join(KpiReportApproval, col(KpiReportApproval.report_id) == KpiReport.id)
    return session.exec(asked.where(KpiReport.id == report.id, ~_is_stale())).first() is not None


# What a report says


def _content(
    session: Session, kind: str, policy: Policy, unit: Unit | None, period: Period, months: list[Month], benchmarks: Json
) -> dict[str, Any]:
    subject = (policy, unit.id if unit else None)
    around = sources.around_of(session, subject, period, months)
    if kind == MONTHLY:
        body = monthly(policy, months[0], around)
    else:
        span = sources.span_of(session, subject, period, months, clock.today())
        if kind == QUARTERLY:
            body = quarterly(policy, span, around)
        elif kind == ANNUAL:
            body = annual(policy, replace(span, benchmarks=benchmarks), around) | {"benchmarks": benchmarks}
        else:
            body = management_review(policy, span, around, actions_told(session, subject, period))
    return head_of(sources.calendar(session), kind, policy, unit, period, months) | body


def _benchmarks(policy: Policy, kind: str, given: Sequence[Benchmark], before: KpiReport | None) -> Json:
    """What was entered for the version before, and what is entered now in its place."""
    unknown = [one.indicator for one in given if kind != ANNUAL or one.indicator not in policy.watched]
    if unknown:
        zh = f"年度报告才有同业数据, 且须为制度监测的指标: {'、'.join(unknown)}"
        en = f"only annual reports have benchmarks, of indicators that the policy watches: {', '.join(unknown)}"
        raise Invalid("unknown_indicator", zh, en, [Fault("benchmarks", zh, en)])
    require_text(200, **{f"benchmarks[{index}].source": one.source for index, one in enumerate(given)})
    kept: Json = dict(before.content.get("benchmarks") or {}) if before is not None and kind == ANNUAL else {}
    return kept | {one.indicator: {"value": plain(one.value), "source": one.source} for one in given}


def _proposal(report: KpiReport, indicator: str) -> Json:
    rows = (row for one in report.content["classes"] for row in one["rows"]) if report.kind == ANNUAL else ()
    found: Json | None = next((row["proposal"] for row in rows if row["indicator"] == indicator), None)
    if found is None:
        zh, en = "该报告没有为此指标建议目标", "the report proposes no target for this indicator"
        raise Invalid("no_proposal", zh, en, [Fault("indicator", zh, en)])
    return found
