"""KPI 异常应对单 (QEF-29-02): what raised an exception, its cause, the action, whether it helped, and who did each when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlmodel import Session

from appraisal import charts
from appraisal.actor import Actor
from appraisal.bulletins.report_contents import number
from appraisal.charts import LineChart
from appraisal.core.policy.model import Text
from appraisal.exceptions import queries as exceptions
from appraisal.exceptions.models import ENDED, KpiException, KpiTask
from appraisal.exceptions.queries import Raised, Said
from appraisal.exceptions.shaping import tasks_out
from appraisal.formats import local_date
from appraisal.monitoring.watched import watching
from appraisal.reports.document import Filing, Form, Head, Signature
from appraisal.reports.kpi_paper import Level
from appraisal.reports.kpi_report import aim, deviation, level_of
from appraisal.reports.queries import company_of, measured_in, words

FORM_TITLE: Final = Text("KPI 异常应对单", "KPI exception response sheet")
MONTHS: Final = 12
MOST_TASKS: Final = 50
ACTS: Final = (
    ("analysis", Text("原因分析", "Cause found by")),
    ("action", Text("制定措施", "Action set by")),
    ("done", Text("措施完成", "Carried out by")),
    ("verified", Text("效果验证", "Verified by")),
    ("closed", Text("关闭", "Closed by")),
)
"""The acts that somebody answers for, in their order."""


@dataclass(frozen=True)
class Cause:
    """An alert that the exception answers. `withdrawn`: a reading was corrected, and it holds no longer."""

    period: str
    kind: Text
    value: Decimal | None
    target: str | None
    deviation: str | None
    lines: tuple[Text, ...]
    withdrawn: bool


@dataclass(frozen=True)
class Asked:
    """What another department was asked to look into."""

    department: str
    follow_up: Text
    state: Text
    due_on: date
    note: str | None


@dataclass(frozen=True)
class Entry:
    """What was said or done; `proofs` are the files with it, each as its name and its hash. Without `by`: the programme."""

    at: datetime
    name: Text
    by: str | None
    text: str | None
    proofs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ExceptionSheet:
    """The whole sheet. `due_on` is the last day for all of it, `action_due_on` that of the action."""

    head: Head
    filing: Filing
    subject: Text
    indicator: Text
    measured_in: Text | None
    period: str
    level: Level | None
    record: Text
    state: Text
    role: str
    owner: str | None
    opened_on: date
    due_on: date
    causes: tuple[Cause, ...]
    chart: LineChart | None
    cause: str | None
    action: str | None
    action_due_on: date | None
    carried_out: str | None
    verification: str | None
    closing: str | None
    asked: tuple[Asked, ...]
    entries: tuple[Entry, ...]
    signatures: tuple[Signature, ...]


def tell_exception(session: Session, actor: Actor, exception_id: int) -> ExceptionSheet:
    """The sheet of an exception as it stands. Raises NotFound."""
    found, unit, owner, _ = exceptions.find_row(session, actor, exception_id)
    known = watching(session)
    raised = exceptions.raised_by(session, exception_id)
    history = exceptions.history_of(session, exception_id)
    policy = known.policy_on(found.policy, found.starts_on)
    located = policy.watched.get(found.indicator) if policy else None
    done = [one.text for one in history if one.kind == "done"]
    return ExceptionSheet(
        head=Head(
            found.number,
            FORM_TITLE,
            company_of(session, found.unit_id),
            local_date(history[-1].at if history else found.opened_at),
            policy.title if policy else None,
            policy.digest if policy else None,
        ),
        filing=Filing(exception_id, unit_id=found.unit_id, period=found.period),
        subject=Text(unit.name, unit.name_en) if unit else Text("公司", "Company"),
        indicator=located.indicator.name if located else Text(found.indicator, found.indicator),
        measured_in=measured_in(located.indicator.unit) if located else None,
        period=found.period,
        level=level_of(found.level) if found.level else None,
        record=words("kpi_record", found.record),
        state=words("kpi_state", found.state),
        role=found.role,
        owner=owner.name if owner else None,
        opened_on=local_date(found.opened_at),
        due_on=found.due_on,
        causes=tuple(_cause(one) for one in raised),
        chart=_chart(raised),
        cause=found.cause,
        action=found.action,
        action_due_on=found.action_due_on,
        carried_out=done[-1] if done else None,
        verification=found.verification,
        closing=found.closing,
        asked=tuple(_asked(session, actor, exception_id)),
        entries=tuple(_entry(one) for one in history),
        signatures=tuple(_signatures(found, history)),
    )


FORM = Form("kpi_exception", FORM_TITLE, "exception", tell_exception, kept="kpi_form", code="QEF-29-02")


def _cause(one: Raised) -> Cause:
    return Cause(
        period=one.alert.period,
        kind=words("kpi_alert", one.alert.kind),
        value=number(one.judged.get("value")),
        target=aim(one.judged.get("target")),
        deviation=deviation(one.judged) if one.judged else None,
        lines=tuple(Text(line["zh"], line["en"]) for line in one.lines),
        withdrawn=one.withdrawn,
    )


def _chart(raised: list[Raised]) -> LineChart | None:
    """The figures up to the last alert; none where fewer than two make no line."""
    judged = raised[-1].judged if raised else {}
    series = [(period, number(value)) for period, value in judged.get("series") or ()][-MONTHS:]
    if sum(value is not None for _, value in series) < 2:
        return None
    target = judged.get("target")
    wanted = number(target["value"]) if target else None
    lines = [("", "this", [value for _, value in series])]
    lines += [("", "target", [wanted] * len(series))] if wanted is not None else []
    return charts.line_chart([period for period, _ in series], lines, width=720, height=150)


def _asked(session: Session, actor: Actor, exception_id: int) -> Iterator[Asked]:
    seen = exceptions.tasks_seen(session, actor, {"exception_id": exception_id})
    rows = session.execute(seen.order_by(KpiTask.id).limit(MOST_TASKS)).all()
    for one in tasks_out(session, watching(session), rows):
        follow_up = Text(one["follow_up"]["zh"], one["follow_up"]["en"])
        yield Asked(one["department"], follow_up, words("kpi_task_state", one["state"]), one["due_on"], one["note"])


def _entry(one: Said) -> Entry:
    proofs = tuple((proof.name, proof.sha256) for proof in one.files)
    return Entry(one.at, words("kpi_entry", one.kind), one.by, one.text, proofs)


def _signatures(found: KpiException, history: list[Said]) -> Iterator[Signature]:
    """Who did each act, the last time it was done; what is still to be done has a line to sign, as long as it is to be done."""
    for kind, role in ACTS:
        done = [one for one in history if one.kind == kind]
        if done:
            yield Signature(role, done[-1].by, done[-1].at)
        elif found.state not in ENDED:
            yield Signature(role)
