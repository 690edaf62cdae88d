"""What the endpoints of goals and of targets from before the system take in and give out."""

from appraisal import rest
from appraisal.agreements.models import COMPANY, UNIT
from appraisal.agreements.schemas import AgreementFaultOut, PartyOut


class GoalIn(rest.In):
    """Without `unit_id` a goal of the company; a unit's needs the goal above it, `parent_id`."""

    period = rest.Line(10, required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)
    name = rest.Line(200, required=True)
    indicator = rest.Line(80, allow_none=True, load_default=None)
    target = rest.Number(allow_none=True, load_default=None)
    measured_in = rest.Line(40, allow_none=True, load_default=None)
    parent_id = rest.Id(allow_none=True, load_default=None)
    owner_id = rest.Id(allow_none=True, load_default=None)


class GoalChange(rest.In):
    name = rest.Line(200, required=True)
    indicator = rest.Line(80, allow_none=True, load_default=None)
    target = rest.Number(allow_none=True, load_default=None)
    measured_in = rest.Line(40, allow_none=True, load_default=None)
    parent_id = rest.Id(allow_none=True, load_default=None)
    owner_id = rest.Id(allow_none=True, load_default=None)
    reason = rest.Prose(500, required=True)


class GoalFilter(rest.Listing):
    period = rest.Line(10, load_default=None)
    level = rest.OneOf(COMPANY, UNIT, load_default=None)
    unit_id = rest.Id(load_default=None)


class GoalOut(rest.Out):
    id = rest.Id()
    level = rest.OneOf(COMPANY, UNIT)
    unit_id = rest.Id(allow_none=True)
    period = rest.Str()
    name = rest.Str()
    indicator = rest.Str(allow_none=True)
    target = rest.Number(allow_none=True)
    measured_in = rest.Str(allow_none=True)
    parent_id = rest.Id(allow_none=True)
    owner_id = rest.Id(allow_none=True)
    version = rest.Version()


# Targets from before the system


class PastTargetFilter(rest.Listing):
    number = rest.Line(40, load_default=None)
    period = rest.Line(10, load_default=None)


class PastTargetOut(rest.Out):
    id = rest.Id()
    employee = rest.One(PartyOut)
    period = rest.Str()
    item = rest.Str()
    target = rest.Number()
    source_document = rest.Str()
    imported_at = rest.Instant()


class PastTargetForm(rest.Query):
    """`policy` names the library in which the items are looked up."""

    file = rest.File(required=True)
    policy = rest.Line(60, required=True)
    preview = rest.Flag(load_default=False)


class PlannedTargetOut(rest.Out):
    employee = rest.One(PartyOut)
    period = rest.Str()
    item = rest.Str()
    target = rest.Number()
    action = rest.OneOf("create", "change", "unchanged")


class PastTargetsOut(rest.Out):
    preview = rest.Flag()
    targets = rest.Many(PlannedTargetOut, most=20_000)
    faults = rest.Many(AgreementFaultOut, most=20_000)
