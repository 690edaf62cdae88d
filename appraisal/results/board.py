"""The board of a calibration session: columns of grades with the limit drawn, and who stands where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appraisal.core.errors import Message
from appraisal.core.policy.model import Band, Policy
from appraisal.people.models import Unit
from appraisal.results import populations
from appraisal.results.populations import Group, Member


@dataclass(frozen=True)
class Column:
    """One grade of a board. `limit`: how many may have it or a better one, and `count` how many do; `room`: how many of this
    column's own cards that leaves, below which the limit is drawn. Both None where nothing is limited."""

    band: Band
    members: Sequence[Member]
    count: int
    limit: int | None
    room: int | None

    @property
    def too_many(self) -> int:
        """For how many it is impossible."""
        return max(self.count - self.limit, 0) if self.limit is not None else 0


@dataclass(frozen=True)
class Board:
    """A population with its columns, the best grade first; `unit` is None for the whole session. `waiting` have no result."""

    unit: Unit | None
    size: int
    columns: Sequence[Column]
    waiting: Sequence[Member]
    impossible: Message | None


def boards_of(policy: Policy, members: Sequence[Member], groups: Sequence[Group]) -> list[Board]:
    """A board for each population that the limits apply to; without its group, one that draws no limit."""
    whole = policy.distribution is None or policy.distribution.scope == "whole"
    by_unit: dict[int | None, list[Member]] = {}
    for member in members:
        by_unit.setdefault(None if whole else member.unit_id, []).append(member)
    known = {group.unit.id if group.unit else None: group for group in groups}
    return [_board(policy, here, known.get(unit_id)) for unit_id, here in by_unit.items()]


def _board(policy: Policy, members: Sequence[Member], group: Group | None) -> Board:
    limits: Mapping[str, int] = group.limits if group else {}
    columns, better = [], 0
    for band in policy.bands:
        here = [one for one in members if one.grade == band.grade]
        own = group.counts[band.grade] if group else 0
        limit = limits.get(band.grade)
        room = None if limit is None else max(limit - better, 0)
        ranked = sorted(here, key=lambda one: (-(one.score or 0), one.number))
        columns.append(Column(band, ranked, better + own, limit, room))
        better += own
    broken = Message(*populations.impossible([group])) if group and group.broken else None
    unit = group.unit if group else None
    return Board(unit, group.size if group else 0, columns, [one for one in members if one.grade is None], broken)
