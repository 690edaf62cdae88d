"""What the endpoints of targets, role holders, evaluations and alerts take in and give out."""

from appraisal import rest
from appraisal.monitoring import alerts
from appraisal.monitoring.models import ALERT_KINDS, OPERATORS
from appraisal.monitoring.schemas import SubjectOut
from appraisal.people.schemas_organisation import EmployeeNameOut

LEVELS = ("normal", "attention", "abnormal", "severe")


# Targets and role holders


class TargetIn(rest.In):
    """A target for the periods that begin from `from_on` on, until `to_on` or a later one; of a unit, or with null of the
    company. Far from the last reading it needs `accept_unrealistic`."""

    policy = rest.Line(60, required=True)
    indicator = rest.Line(80, required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)
    operator = rest.OneOf(*OPERATORS, required=True)
    value = rest.Number(required=True)
    from_on = rest.Day(required=True)
    to_on = rest.Day(allow_none=True, load_default=None)
    reason = rest.Prose(required=True)
    accept_unrealistic = rest.Flag(load_default=False)


class SetTargetOut(rest.Out):
    id = rest.Id()
    policy = rest.Str()
    indicator = rest.Str()
    name = rest.Said()
    measured_in = rest.Str(allow_none=True)
    unit = rest.One(SubjectOut, allow_none=True)
    operator = rest.OneOf(*OPERATORS)
    value = rest.Number()
    from_on = rest.Day()
    to_on = rest.Day(allow_none=True)
    reason = rest.Str()
    set_by = rest.Str()
    set_at = rest.Instant()


class TargetListing(rest.Listing):
    """`company`: the company's own only."""

    policy = rest.Line(60, load_default=None)
    indicator = rest.Line(80, load_default=None)
    unit_id = rest.Id(load_default=None)
    company = rest.Flag(load_default=False)


class RoleHolderIn(rest.In):
    """Who holds a role of a monitoring policy, for a unit and all below, or with null everywhere."""

    policy = rest.Line(60, required=True)
    role = rest.Line(80, required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)
    employee_id = rest.Id(required=True)
    from_on = rest.Day(required=True)
    to_on = rest.Day(allow_none=True, load_default=None)


class RoleHolderEndIn(rest.In):
    """The last day, that day included."""

    to_on = rest.Day(required=True)


class RoleHolderOut(rest.Out):
    id = rest.Id()
    policy = rest.Str()
    role = rest.Str()
    unit = rest.One(SubjectOut, allow_none=True)
    employee = rest.One(EmployeeNameOut)
    from_on = rest.Day()
    to_on = rest.Day(allow_none=True)
    version = rest.Version()


class RoleHolderListing(rest.Listing):
    """`on`: who holds it that day."""

    policy = rest.Line(60, load_default=None)
    role = rest.Line(80, load_default=None)
    unit_id = rest.Id(load_default=None)
    on = rest.Day(load_default=None)


# Evaluations


class EvaluationRowOut(rest.Out):
    """`digest` is of the policy's state, `readings_digest` of the readings and targets; `levels` counts indicators by level,
    those without value or target under `none`."""

    id = rest.Id()
    policy = rest.Str()
    unit = rest.One(SubjectOut, allow_none=True)
    period = rest.Str()
    digest = rest.Str()
    readings_digest = rest.Str()
    levels = rest.Raw(metadata={"type": "object", "additionalProperties": {"type": "integer"}})
    made_at = rest.Instant()


class EvaluationOut(EvaluationRowOut):
    """`content`: each indicator's value, target, level, the rules that fired with their lines, the values of its last periods
    and that of the same period a year before; guards and related pairs."""

    content = rest.Raw(metadata={"type": "object"})


class EvaluationListing(rest.Listing):
    """Of a period evaluated more than once the last, unless `history`. `from_on` and `to_on` are days that periods reach into;
    `company` leaves the company's own."""

    policy = rest.Line(60, load_default=None)
    unit_id = rest.Id(load_default=None)
    company = rest.Flag(load_default=False)
    period = rest.Line(10, load_default=None)
    from_on = rest.Day(load_default=None)
    to_on = rest.Day(load_default=None)
    history = rest.Flag(load_default=False)


# Alerts


class AlertOut(rest.Out):
    """`other` is the second indicator of a pair; value, target and deviation are those of the evaluation that says so. An
    alert that is `withdrawn` has none: what was read has been corrected."""

    id = rest.Id()
    policy = rest.Str()
    unit = rest.One(SubjectOut, allow_none=True)
    indicator = rest.Str()
    name = rest.Said()
    other = rest.Str(allow_none=True)
    other_name = rest.Said(allow_none=True)
    period = rest.Str()
    kind = rest.OneOf(*ALERT_KINDS)
    level = rest.OneOf(*LEVELS, allow_none=True)
    state = rest.OneOf(*alerts.STATES)
    value = rest.Number(allow_none=True)
    target = rest.Str(allow_none=True)
    deviation = rest.Number(allow_none=True)
    lines = rest.Many(rest.Said())
    evaluation_id = rest.Id()
    opened_at = rest.Instant()
    withdrawn_at = rest.Instant(allow_none=True)


class AlertFilter(rest.Query):
    """`from_on` and `to_on` are days that periods reach into; `company` leaves the company's own."""

    policy = rest.Line(60, load_default=None)
    unit_id = rest.Id(load_default=None)
    company = rest.Flag(load_default=False)
    indicator = rest.Line(80, load_default=None)
    period = rest.Line(10, load_default=None)
    from_on = rest.Day(load_default=None)
    to_on = rest.Day(load_default=None)
    kind = rest.OneOf(*ALERT_KINDS, load_default=None)
    level = rest.OneOf(*LEVELS, load_default=None)
    state = rest.OneOf(*alerts.STATES, load_default=None)


class AlertListing(rest.Listing, AlertFilter):
    """The same, a page at a time."""
