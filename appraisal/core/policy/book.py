"""A policy through time: for each rule file its dated editions, and on any day the policy they make together."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from appraisal.core.errors import PolicyError
from appraisal.core.numbers import HUNDRED, ZERO
from appraisal.core.policy.digest import digest_of
from appraisal.core.policy.files import (
    DistributionFile,
    GradesFile,
    IndicatorFile,
    MonitoringFile,
    OutcomesFile,
    PolicyFile,
    ProcessFile,
    ScoringFile,
    VetoesFile,
    WeightsFile,
    WorkflowFile,
)
from appraisal.core.policy.model import (
    AppealRule,
    GradesEdition,
    LocatedFactor,
    LocatedIndicator,
    LocatedPost,
    LocatedProcess,
    OutcomesEdition,
    Policy,
    RatingScale,
    ScoringEdition,
    VetoesEdition,
    WorkflowEdition,
)
from appraisal.core.policy.tree import Problem, Where, error

EDITED: Final[Mapping[str, Any]] = {
    "policy.yaml": PolicyFile,
    "scoring.yaml": ScoringFile,
    "grades.yaml": GradesFile,
    "workflow.yaml": WorkflowFile,
    "vetoes.yaml": VetoesFile,
    "outcomes.yaml": OutcomesFile,
    "distribution.yaml": DistributionFile,
    "monitoring.yaml": MonitoringFile,
}
REQUIRED: Final = ("policy.yaml", "scoring.yaml", "grades.yaml", "workflow.yaml")
REQUIRED_TO_WATCH: Final = ("policy.yaml", "monitoring.yaml")
"""What a policy for monitoring needs; of the rest it may have indicators and processes only."""
NO_POLICIES: Final = frozenset({"calendar"})
"""Folders of rules/ that hold other things."""

_PATH: Final = re.compile(
    r"(?:rules/[^/]+/(?P<topic>[^/]+)|rules/[^/]+/(?P<folder>indicators|processes)/[^/]+|(?P<weights>weights)/[^/]+/[^/]+)[.]yaml"
)


def kind_of(path: str) -> Any:
    """The dataclass that a rule file's path stands for, or None."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    if found["folder"]:
        return IndicatorFile if found["folder"] == "indicators" else ProcessFile
    return WeightsFile if found["weights"] else EDITED.get(f"{found['topic']}.yaml")


def policy_names(files: Mapping[str, str]) -> list[str]:
    """The policies that have a file, in order of name."""
    folders = {path.split("/")[1] for path in files if path.count("/") >= 2}
    return sorted(folders - NO_POLICIES)


@dataclass(frozen=True)
class PolicyBook:
    """Every edition of one policy's files, by path. `dates`: the first day of each state in which a policy is in force."""

    id: str
    files: Mapping[str, Any]
    dates: tuple[date, ...]
    _states: dict[date, Policy] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(
        cls, policy_id: str, written: Mapping[str, str], bound: Mapping[str, Any], problems: list[Problem]
    ) -> "PolicyBook | None":
        """The book of files already bound; None, with the problems noted, where the files cannot make a policy."""
        general = bound.get(f"rules/{policy_id}/policy.yaml")
        watches = _watches(policy_id, written, general)
        required = REQUIRED_TO_WATCH if watches else REQUIRED
        for name in required:
            path = f"rules/{policy_id}/{name}"
            if path not in written:
                problems.append(error(Where(path, 1, 1), f"缺少必需的文件, 请新建 {path}", f"required file missing: {path}"))
        for path, file in bound.items():
            problems += _edition_problems(path, file)
        problems += _purpose_problems(policy_id, bound, general, watches)
        if general is not None and general.policy != policy_id:
            zh = f'policy 写的是 "{general.policy}", 应与文件夹同名: {policy_id}'
            problems.append(error(general.where.at("policy"), zh, f'policy says "{general.policy}", the folder is {policy_id}'))
        if problems:
            return None
        starts = {edition.effective for file in bound.values() for edition in file.editions}
        first = max(bound[f"rules/{policy_id}/{name}"].editions[-1].effective for name in required)
        return cls(policy_id, bound, tuple(sorted(day for day in starts | {first} if day >= first)))

    def on(self, day: date) -> Policy:
        """The policy in force on `day`. Raises PolicyError before the first edition of any required file."""
        started = [start for start in self.dates if start <= day]
        if not started:
            raise PolicyError(f"policy {self.id} is not in force on {day}: its first day is {self.dates[0]}")
        state = started[-1]
        if state not in self._states:
            self._states[state] = self._assemble(state)
        return self._states[state]

    def _in_force(self, name: str, day: date) -> Any:
        """The edition of a file of rules/ that applies on `day`, or None."""
        file = self.files.get(f"rules/{self.id}/{name}")
        return None if file is None else _edition_on(file, day)

    def _assemble(self, day: date) -> Policy:
        file: PolicyFile = self.files[f"rules/{self.id}/policy.yaml"]
        general = self._in_force("policy.yaml", day)
        ranks = {dimension.id: rank for rank, dimension in enumerate(general.dimensions)}
        library = [(one, edition) for one, edition in self._editions(IndicatorFile, day)]
        library.sort(key=lambda pair: ranks.get(pair[0].dimension, len(ranks)))
        weights = list(self._editions(WeightsFile, day))
        policy = Policy(
            id=self.id,
            title=file.title,
            documents=file.documents,
            effective=day,
            general=general,
            library=tuple(
                LocatedIndicator(row, one.dimension, one.where.at("dimension"))
                for one, edition in library
                for row in edition.indicators
            ),
            scoring=self._in_force("scoring.yaml", day) or _no_scoring(day),
            grades=self._in_force("grades.yaml", day) or GradesEdition(effective=day, bands=()),
            vetoes=self._in_force("vetoes.yaml", day) or VetoesEdition(effective=day),
            outcomes=self._in_force("outcomes.yaml", day) or OutcomesEdition(effective=day),
            workflow=self._in_force("workflow.yaml", day) or _no_workflow(day),
            sheets=tuple(LocatedPost(post, one.unit) for one, edition in weights for post in edition.posts),
            refused=tuple(post for _, edition in weights for post in edition.refused),
            distribution=self._in_force("distribution.yaml", day),
            factors=tuple(
                LocatedFactor(factor, one.dimension) for one, edition in library for factor in edition.success_factors
            ),
            monitoring=self._in_force("monitoring.yaml", day),
            processes=tuple(
                LocatedProcess(one.process, one.title, edition) for one, edition in self._editions(ProcessFile, day)
            ),
        )
        return replace(policy, digest=digest_of(policy))

    def _editions(self, kind: type, day: date) -> Iterator[tuple[Any, Any]]:
        """Files of one kind in order of path, each with the edition that applies on `day`; files without one are left out."""
        for file in self.files.values():
            if isinstance(file, kind) and (edition := _edition_on(file, day)):
                yield file, edition


def _no_scoring(day: date) -> ScoringEdition:
    return ScoringEdition(effective=day, defaults={}, rating_scale=RatingScale(minimum=ZERO, maximum=HUNDRED), curves=())


def _no_workflow(day: date) -> WorkflowEdition:
    return WorkflowEdition(effective=day, steps=(), moves=(), appeal=AppealRule(window_days=0, accept_days=0, decide_days=0))


def _watches(policy_id: str, written: Mapping[str, str], general: Any) -> bool:
    """Whether the policy is for monitoring; while policy.yaml cannot be read, by which files there are."""
    if general is not None and general.editions:
        return bool(general.editions[0].purpose == "monitoring")
    grading = any(f"rules/{policy_id}/{name}" in written for name in REQUIRED if name not in REQUIRED_TO_WATCH)
    return not grading and f"rules/{policy_id}/monitoring.yaml" in written


def _purpose_problems(policy_id: str, bound: Mapping[str, Any], general: Any, watches: bool) -> Iterator[Problem]:
    """One purpose in all editions, and no file that a policy for monitoring has no use for."""
    for edition in general.editions if general is not None else ():
        if (edition.purpose == "monitoring") is not watches:
            zh = "各版次的 purpose 须一致: 监测与考核请分成两个制度"
            yield error(edition.where.at("purpose"), zh, "all editions have one purpose: monitoring is a policy of its own")
    for path, file in bound.items() if watches else ():
        useful = isinstance(file, (IndicatorFile, ProcessFile)) or path.rpartition("/")[2] in REQUIRED_TO_WATCH
        if not useful or path.startswith("weights/"):
            zh = f"制度 {policy_id} 只作监测 (purpose: monitoring), 用不到此文件: 请删去"
            yield error(file.where, zh, f"the policy {policy_id} is for monitoring and has no use for this file: remove it")


def _edition_on(file: Any, day: date) -> Any:
    return next((edition for edition in file.editions if edition.effective <= day), None)


def _edition_problems(path: str, file: Any) -> Iterator[Problem]:
    """Editions stand newest first and no two begin on one day."""
    if not file.editions:
        zh, en = "至少写一个版次, 并注明 effective", "write at least one edition with its effective date"
        yield error(file.where.at("editions"), zh, en)
    for newer, older in zip(file.editions, file.editions[1:], strict=False):
        where = older.where.at("effective")
        if newer.effective == older.effective:
            zh = f"两个版次同日 {older.effective} 生效, 互相重叠: 请改其中一个日期或合并"
            yield error(where, zh, f"two editions overlap, both effective {older.effective}: change one date or merge them")
        elif newer.effective < older.effective:
            zh = f"版次须由新到旧排列: {older.effective} 应在 {newer.effective} 之前"
            yield error(where, zh, f"editions stand newest first: {older.effective} belongs above {newer.effective}")
