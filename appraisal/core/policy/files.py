"""What stands at the top of each kind of rule file: a title, and its dated editions."""

from dataclasses import dataclass, field

from appraisal.core.policy.model import (
    DistributionEdition,
    GradesEdition,
    Id,
    IndicatorEdition,
    MonitoringEdition,
    OutcomesEdition,
    PolicyEdition,
    ProcessEdition,
    ScoringEdition,
    SourceDocument,
    Text,
    VetoesEdition,
    WeightsEdition,
    WorkflowEdition,
)
from appraisal.core.policy.tree import NOWHERE, Where


@dataclass(frozen=True, kw_only=True)
class PolicyFile:
    policy: Id
    title: Text
    documents: tuple[SourceDocument, ...]
    editions: tuple[PolicyEdition, ...]
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class IndicatorFile:
    title: Text
    dimension: str
    editions: tuple[IndicatorEdition, ...]
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class ScoringFile:
    title: Text
    editions: tuple[ScoringEdition, ...]
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class GradesFile:
    title: Text
    editions: tuple[GradesEdition, ...]
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class VetoesFile:
    title: Text
    editions: tuple[VetoesEdition, ...]
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class OutcomesFile:
    title: Text
    editions: tuple[OutcomesEdition, ...]
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class WorkflowFile:
    title: Text
    editions: tuple[WorkflowEdition, ...]
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class DistributionFile:
    title: Text
    editions: tuple[DistributionEdition, ...]
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class WeightsFile:
    title: Text
    unit: Text
    editions: tuple[WeightsEdition, ...]
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class MonitoringFile:
    title: Text
    editions: tuple[MonitoringEdition, ...]
    where: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class ProcessFile:
    process: Id
    title: Text
    editions: tuple[ProcessEdition, ...]
    where: Where = field(default=NOWHERE, compare=False)
