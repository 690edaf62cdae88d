"""What a KPI report says on paper: texts, dates and decimals, of which the template sees nothing but these."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from appraisal.charts import LineChart, Spark
from appraisal.core.policy.model import Text
from appraisal.reports.document import Filing, Head, Signature


@dataclass(frozen=True)
class Level:
    """How far a figure lies from its target: the shape that stands for it, and its name."""

    mark: str
    name: Text


@dataclass(frozen=True)
class Compared:
    """An earlier figure, and how the present one lies from it: in per cent of it, and which way."""

    figure: Decimal | None
    percent: Decimal | None = None
    way: Text | None = None


@dataclass(frozen=True)
class Row:
    """An indicator: its figure, what it is held against, and how it came about. None is missing, never 0.

    `run` are the levels of the periods of a longer report, `course` the same as a line; `met` counts those on target.
    """

    name: Text
    measured_in: Text | None
    owner: str | None
    value: Decimal | None
    target: str | None
    deviation: str | None
    level: Level
    before: Compared
    last_year: Compared
    flags: tuple[Text, ...]
    remarks: tuple[Text, ...]
    run: tuple[Level, ...]
    met: str | None
    benchmark: Compared | None
    benchmark_source: str | None
    proposal: str | None
    proposal_reason: Text | None
    course: Spark | None
    chart: LineChart | None


@dataclass(frozen=True)
class Class:
    """The indicators of one class."""

    name: Text
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Handled:
    """An exception as it stood when the report was made, with what was done about it."""

    number: str
    name: Text
    period: str
    level: Level | None
    record: Text
    state: Text
    owner: str
    cause: str | None
    action: str | None
    verification: str | None
    due_on: date
    ended_on: date | None


@dataclass(frozen=True)
class Counted:
    """How many indicators stand at each level, in a period."""

    period: str
    counts: tuple[int, ...]


@dataclass(frozen=True)
class KpiReportPaper:
    """A KPI report on paper. `levels` are the columns of every count; `updates` are due, made, in time."""

    head: Head
    filing: Filing
    status: Text
    provisional: bool
    subject: Text
    period: str
    from_on: date
    to_on: date
    due_on: date | None
    kept: Text | None
    levels: tuple[Level, ...]
    counts: tuple[int, ...]
    bars: tuple[tuple[str, int, str], ...]
    months: tuple[Counted, ...]
    updates: tuple[int, int, int] | None
    classes: tuple[Class, ...]
    alerts: tuple[tuple[Text, str], ...]
    opened: tuple[Handled, ...]
    ended: tuple[Handled, ...]
    standing: tuple[Handled, ...]
    due: int
    there: int
    lacking: tuple[tuple[Text, tuple[Text, ...]], ...]
    sources: tuple[tuple[str, date | None], ...]
    why_final: str | None
    signatures: tuple[Signature, ...]
