"""How readings, imports and indicators look on their way out of the API."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from appraisal.core.errors import ScoringError
from appraisal.core.judging import readings as core
from appraisal.core.policy.model import Indicator, LocatedIndicator, Policy, Text
from appraisal.errors import Fault
from appraisal.monitoring import importing, queries
from appraisal.monitoring.checking import base_of
from appraisal.monitoring.entries import Entry
from appraisal.monitoring.importing import Imported, Plan, said_figure
from appraisal.monitoring.judged_shaping import unit_out
from appraisal.monitoring.spans import taken_by
from appraisal.monitoring.taking import Taken
from appraisal.monitoring.watched import Watching

SHOWN_CHANGES = 200
SHOWN_LEFT = 1000


def entry_out(known: Watching, one: Entry) -> dict[str, Any]:
    """A reading with its name, unit and value by the policy of its time."""
    reading = one.reading
    located = known.indicator_on(reading.policy, reading.indicator, reading.starts_on)
    kept = (
        *("id", "policy", "indicator", "cadence", "period", "origin", "record_type", "source_document"),
        *("late", "back_filled", "entered_at", "corrects_id", "reason"),
    )
    figure = queries.figure_of(reading)
    return {name: getattr(reading, name) for name in kept} | {
        "name": located.indicator.name if located else Text(reading.indicator, reading.indicator),
        "measured_in": located.indicator.unit if located else None,
        "unit": unit_out(one.unit),
        "value": figure.actual,
        "inputs": figure.inputs,
        "computed": None if figure.inputs is None else queries.value_by(known, reading),
        "base": base_of(located.indicator, figure.inputs) if located else None,
        "state": one.state,
        "entered_by": one.entered_by,
        "confirmed_by": one.confirmed_by,
        "confirmed_at": one.confirmed_at,
        "corrected_by_id": one.corrected_by_id,
    }


def plan_out(plan: Plan) -> dict[str, Any]:
    """What recording would do."""
    changes = [
        {
            "row": one.reported.row,
            "indicator": one.sound.indicator.id,
            "period": one.sound.span.text,
            "before": said_figure(queries.figure_of(one.corrects)) if one.corrects else None,
            "after": said_figure(one.figure),
        }
        for one in (*plan.changed, *plan.new)[:SHOWN_CHANGES]
    ]
    counts = {"recorded": len(plan.new), "corrected": len(plan.changed), "unchanged": plan.unchanged}
    said = {"preview": True, "faulty": len(plan.faults), "file_id": None, "changes": changes}
    return counts | said | {"faults": _faults(plan.faults), "notes": _faults(plan.notes)}


def recorded_out(done: Imported) -> dict[str, Any]:
    """What has been recorded."""
    counts = {"recorded": len(done.recorded), "corrected": len(done.corrected), "unchanged": done.unchanged}
    said = {"preview": False, "faulty": len(done.left_out), "file_id": done.file_id, "changes": ()}
    return counts | said | {"faults": _faults(done.left_out), "notes": _faults(done.notes)}


def taken_out(taken: Taken) -> dict[str, Any]:
    """What came of the KPIs that name a reading."""
    names = ("appraisal_id", "sheet_id", "item", "period", "code")
    left = [{name: getattr(one, name) for name in names} | {"message": {"zh": one.zh, "en": one.en}} for one in taken.left]
    return {
        "recorded": len(taken.recorded),
        "corrected": len(taken.corrected),
        "unchanged": taken.unchanged,
        "left": left[:SHOWN_LEFT],
    }


def _faults(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    shown = faults[: importing.MOST_FAULTS]
    return [{"path": one.path, "message": {"zh": one.zh, "en": one.en}} for one in shown]


def watched_out(policy: Policy, located: LocatedIndicator, last: queries.Kept | None) -> dict[str, Any]:
    """An indicator of the dictionary with its targets and last reading."""
    one = located.indicator
    return {
        "policy": policy.id,
        "id": one.id,
        "name": one.name,
        "definition": one.definition,
        "dimension": located.dimension,
        "measured_in": one.unit,
        "direction": one.direction,
        "status": one.status,
        "formula": one.formula,
        "inputs": [given.name for given in one.inputs],
        "owner": one.owner,
        "document": one.document,
        "record_type": one.platform,
        "cadence": list(one.cadence or ()),
        "entered": list(taken_by(one)),
        "targets": list(_targets(one)),
        "last": None if last is None else last_out(one, last),
    }


def _targets(one: Indicator) -> Iterable[Mapping[str, Any]]:
    if one.target is not None:
        yield {"operator": one.operator, "value": one.target, "phase": None, "from_on": None, "to_on": None}
    for target in one.targets:
        days = {"from_on": target.from_, "to_on": target.to}
        yield {"operator": target.operator, "value": target.value, "phase": target.phase} | days


def last_out(one: Indicator, last: queries.Kept) -> dict[str, Any]:
    """The last confirmed reading of an indicator."""
    value, _ = value_or_problem(one, last.reading)
    marks = {"late": last.reading.late, "corrected": last.reading.corrected}
    return {"id": last.id, "period": last.span.text, "value": value} | marks


def point_out(one: Indicator, reading: core.Reading) -> dict[str, Any]:
    """A period of a series."""
    value, problem = value_or_problem(one, reading)
    kept = {name: getattr(reading, name) for name in ("origin", "late", "corrected")}
    inputs = {name: figure for name, figure in reading.inputs.items() if figure is not None}
    return kept | {"period": str(reading.period), "value": value, "inputs": inputs or None, "problem": problem}


def value_or_problem(one: Indicator, reading: core.Reading) -> tuple[Any, Any]:
    """The value of a reading, or why there is none."""
    try:
        return core.value_of(one, reading), None
    except ScoringError as refused:
        return None, refused.message
