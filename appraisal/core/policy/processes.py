"""The keys of processes/*.yaml (seed 004): a process step by step, the goals it serves, and the indicators of its steps."""

from dataclasses import dataclass
from typing import Literal

from appraisal.core.policy.entry import Edition, Entry, Id, Text
from appraisal.core.policy.library import Indicator


@dataclass(frozen=True, kw_only=True)
class Goal(Entry):
    """A goal of the organisation, or of a department with the goal above that it `serves` (R-004-4)."""

    id: Id
    name: Text
    serves: str | None = None
    department: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProcessStep(Entry):
    """A step with its roles, inputs and outputs; a key node or one that adds no value (R-004-1, R-004-2)."""

    id: Id
    name: Text
    roles: tuple[str, ...]
    inputs: tuple[Text, ...]
    outputs: tuple[Text, ...]
    key: Literal["decision", "collaboration", "risk"] | None = None
    adds_no_value: Literal["waiting", "repeated_approval", "other"] | None = None
    bottleneck: Text | None = None
    serves: str | None = None


@dataclass(frozen=True, kw_only=True)
class StepIndicator(Indicator):
    """An indicator of a process: at which step it is read, which goal it `serves`, whether it is one of the core few.

    `behaviour` and `result` indicators pair for goals hard to quantify; `wants_guard` says it must not stand alone; `tool`
    is what its figures are gathered with.
    """

    step: str | None = None
    serves: str | None = None
    core: bool = False
    wants_guard: bool = False
    nature: Literal["behaviour", "result"] | None = None
    tool: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProcessEdition(Edition):
    """One state of a process, from where to where it reaches; `most_core` indicators of it are core at most (R-004-13)."""

    starts: Text
    ends: Text
    goal: Text
    goals: tuple[Goal, ...]
    steps: tuple[ProcessStep, ...]
    indicators: tuple[StepIndicator, ...] = ()
    most_core: int = 3


@dataclass(frozen=True)
class LocatedProcess:
    """A process in force, with its id and name."""

    id: Id
    name: Text
    edition: ProcessEdition
