"""What the booklet of a policy says: texts, figures and places, of which the template sees nothing but these."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from appraisal.charts import LineChart
from appraisal.core.policy.model import Text
from appraisal.reports.document import Filing, Head, Signature


@dataclass(frozen=True)
class Term:
    """A provision: what it is about, what it says line by line, and what of it the source does not say."""

    about: Text
    lines: tuple[Text, ...]
    remarks: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Measured:
    """An indicator, or a row of a sheet: what it measures, how, from what. `marks` say what is assumed, restored, uncertain.

    `weight` is that of the rows that share it, on the first of them; `shared` is how many these are.
    """

    name: Text
    kind: Text
    unit: Text | None
    definition: Text
    formula: str | None
    standard: tuple[tuple[Decimal, Text], ...]
    direction: Text | None
    targets: tuple[Text, ...]
    curve: Text | None
    source: Text
    cadence: Text | None
    assessor: str | None
    remarks: tuple[Text, ...]
    weight: Decimal | None = None
    shared: int = 1


@dataclass(frozen=True)
class Dimension:
    """The indicators of a dimension of the library."""

    name: Text
    indicators: tuple[Measured, ...]


@dataclass(frozen=True)
class PostSheet:
    """The sheet of a post: weights of dimensions, or rows with theirs."""

    anchor: str
    title: Text
    subject: Text | None
    weights: tuple[tuple[Text, Decimal], ...]
    rows: tuple[Measured, ...]
    total: Decimal
    vetoes: tuple[Text, ...]
    remarks: tuple[Text, ...]


@dataclass(frozen=True)
class UnitPosts:
    """The posts of a unit."""

    name: Text
    anchor: str
    posts: tuple[PostSheet, ...]


@dataclass(frozen=True)
class Example:
    """A figure, the points it gives, and why."""

    actual: Decimal
    points: Decimal
    told: Text


@dataclass(frozen=True)
class Curve:
    """A scoring curve, drawn, with its parameters and an example for each direction."""

    name: Text
    method: Text
    standard_for: Text | None
    parameters: tuple[Text, ...]
    chart: LineChart | None
    legend: tuple[Text, ...]
    sides: tuple[tuple[Text, tuple[Example, ...]], ...]
    where: str
    remarks: tuple[Text, ...]


@dataclass(frozen=True)
class Band:
    """A grade, the scores it reaches over, and its multiplier."""

    grade: str
    name: Text
    scores: str
    multiplier: Decimal
    where: str


@dataclass(frozen=True)
class Rule:
    """A veto, another zeroing rule, or what follows from a grade."""

    name: Text
    veto: bool
    when: tuple[Text, ...]
    confirmed_by: str | None
    effects: tuple[Text, ...]
    posts: Text | None
    where: str
    remarks: tuple[Text, ...]


@dataclass(frozen=True)
class Step:
    """A step of a workflow, or of a process: who does it, in which time, and what may follow."""

    name: Text
    who: Text
    days: int | None
    at_the_end: Text | None
    next: tuple[Text, ...]
    remarks: tuple[Text, ...]


@dataclass(frozen=True)
class Process:
    """A business process with its goal, steps and indicators."""

    name: Text
    goal: Text
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class AssumedFile:
    """The values of a rule file that its source does not say: line, key and reason."""

    path: str
    values: tuple[tuple[int, str | None, str], ...]


@dataclass(frozen=True)
class PolicyBooklet:
    """One state of a policy as a document."""

    head: Head
    filing: Filing
    status: Text
    effective: date
    published_at: datetime
    confirmed: Text | None
    general: tuple[Term, ...]
    units: tuple[UnitPosts, ...]
    refused: tuple[Term, ...]
    library: tuple[Dimension, ...]
    scale: Text | None
    curves: tuple[Curve, ...]
    bands: tuple[Band, ...]
    limits: tuple[Text, ...]
    vetoes: tuple[Rule, ...]
    outcomes: tuple[Rule, ...]
    steps: tuple[Step, ...]
    terms_of_steps: tuple[Term, ...]
    monitoring: tuple[Term, ...]
    processes: tuple[Process, ...]
    assumed: tuple[AssumedFile, ...]
    uncertain: tuple[tuple[str, str], ...]
    made_known: tuple[Term, ...]
    signatures: tuple[Signature, ...]
