"""What the endpoints of exceptions, tasks and evaluating take in and give out."""

from appraisal import rest
from appraisal.exceptions.models import ENTRIES, RECORDS, STATES, TASK_STATES
from appraisal.monitoring.evaluation_schemas import LEVELS
from appraisal.monitoring.models import ALERT_KINDS
from appraisal.monitoring.schemas import ProofOut, SubjectOut
from appraisal.people.schemas_organisation import EmployeeNameOut

# Evaluating, and the dashboard


class EvaluateIn(rest.In):
    """A period that is over, of a unit or with null of the company; without a policy and unit everything that has readings of
    it. Evaluated again, nothing is opened or told twice."""

    period = rest.Line(10, required=True)
    policy = rest.Line(60, allow_none=True, load_default=None)
    unit_id = rest.Id(allow_none=True, load_default=None)
    company = rest.Flag(load_default=False)


class RespondedAlertOut(rest.Out):
    """`value`, `target` and `deviation` are those of `indicator`; of a pair, it and `other` move apart or together."""

    id = rest.Id()
    indicator = rest.Str()
    name = rest.Said()
    other = rest.Str(allow_none=True)
    period = rest.Str()
    kind = rest.OneOf(*ALERT_KINDS)
    level = rest.OneOf(*LEVELS, allow_none=True)
    value = rest.Number(allow_none=True)
    target = rest.Str(allow_none=True)
    deviation = rest.Number(allow_none=True)
    lines = rest.Many(rest.Said())


class RespondedOut(rest.Out):
    """What came of one evaluation. `exceptions_open` are all that are open of that unit, by number."""

    evaluation_id = rest.Id()
    is_new = rest.Flag()
    policy = rest.Str()
    unit = rest.One(SubjectOut, allow_none=True)
    digest = rest.Str()
    levels = rest.Raw(metadata={"type": "object", "additionalProperties": {"type": "integer"}})
    alerts = rest.Many(RespondedAlertOut)
    alerts_opened = rest.Whole()
    alerts_withdrawn = rest.Whole()
    exceptions_opened = rest.Many(rest.Str())
    exceptions_attached = rest.Many(rest.Str())
    exceptions_void = rest.Many(rest.Str())
    exceptions_open = rest.Many(rest.Str())
    tasks_opened = rest.Whole()
    notified = rest.Whole()


class RespondedListOut(rest.Out):
    period = rest.Str()
    evaluations = rest.Many(RespondedOut)


class DashboardFilter(rest.Query):
    """`unit_id`: of which unit, without it of the company; `period`: without it the last that was evaluated."""

    policy = rest.Line(60, required=True)
    unit_id = rest.Id(load_default=None)
    period = rest.Line(10, load_default=None)


class PlainTargetOut(rest.Out):
    operator = rest.Str()
    value = rest.Number()
    phase = rest.Said(allow_none=True)


class SeriesPointOut(rest.Out):
    period = rest.Str()
    value = rest.Number(allow_none=True)


class DashboardItemOut(rest.Out):
    """An indicator in its own period. `series` are the values of its last 13 periods, `same_last_year` that of a year before;
    `change` 1 better than the period before, -1 worse; `open_exceptions` those one may see."""

    id = rest.Str()
    name = rest.Said()
    dimension = rest.Str(allow_none=True)
    measured_in = rest.Str(allow_none=True)
    direction = rest.Str(allow_none=True)
    owner = rest.Str(allow_none=True)
    document = rest.Str(allow_none=True)
    period = rest.Str()
    value = rest.Number(allow_none=True)
    target = rest.One(PlainTargetOut, allow_none=True)
    met = rest.Flag(allow_none=True)
    deviation = rest.Number(allow_none=True)
    points = rest.Flag()
    level = rest.OneOf(*LEVELS, allow_none=True)
    change = rest.Whole(-1, 1, allow_none=True)
    worsenings = rest.Whole()
    fired = rest.Many(rest.Str())
    origin = rest.Str(allow_none=True)
    late = rest.Flag()
    corrected = rest.Flag()
    problem = rest.Said(allow_none=True)
    lines = rest.Many(rest.Said())
    series = rest.Many(SeriesPointOut)
    same_last_year = rest.Number(allow_none=True)
    open_exceptions = rest.Whole()


class ClassCountOut(rest.Out):
    dimension = rest.Str(allow_none=True)
    name = rest.Said()
    levels = rest.Raw(metadata={"type": "object", "additionalProperties": {"type": "integer"}})


class DashboardOut(rest.Out):
    """The last evaluation, judged under the state `digest` of the policy at `evaluated_at`. `levels` counts indicators by
    level, those without value or target under `none`; `by_class` the same by class."""

    policy = rest.Str()
    unit = rest.One(SubjectOut, allow_none=True)
    period = rest.Str()
    evaluation_id = rest.Id()
    evaluated_at = rest.Instant()
    digest = rest.Str()
    as_of = rest.Instant()
    levels = rest.Raw(metadata={"type": "object", "additionalProperties": {"type": "integer"}})
    by_class = rest.Many(ClassCountOut)
    open_exceptions = rest.Whole()
    items = rest.Many(DashboardItemOut)
    guards = rest.Many(rest.Said())
    related = rest.Many(rest.Said())


# Exceptions


class ExceptionRowOut(rest.Out):
    """`level` is null for an investigation; `periods` is how many alerts it answers; `deadline` the day that counts now."""

    id = rest.Id()
    number = rest.Str()
    policy = rest.Str()
    unit = rest.One(SubjectOut, allow_none=True)
    indicator = rest.Str()
    name = rest.Said()
    period = rest.Str()
    level = rest.OneOf(*LEVELS, allow_none=True)
    record = rest.OneOf(*RECORDS)
    record_name = rest.Said()
    role = rest.Str()
    owner = rest.One(EmployeeNameOut, allow_none=True)
    state = rest.OneOf(*STATES)
    opened_at = rest.Instant()
    due_on = rest.Day()
    deadline = rest.Day()
    overdue = rest.Flag()
    closed_at = rest.Instant(allow_none=True)
    periods = rest.Whole()
    version = rest.Version()


class AnsweredOut(rest.Out):
    """An alert that an exception answers; `withdrawn`: it asks for this record no longer."""

    alert_id = rest.Id()
    period = rest.Str()
    kind = rest.OneOf(*ALERT_KINDS)
    level = rest.OneOf(*LEVELS, allow_none=True)
    withdrawn = rest.Flag()
    attached_at = rest.Instant()


class EntryOut(rest.Out):
    """What was said or done; `by` is null for the programme itself."""

    id = rest.Id()
    kind = rest.OneOf(*ENTRIES)
    name = rest.Said()
    text = rest.Str(allow_none=True)
    by = rest.Str(allow_none=True)
    at = rest.Instant()
    files = rest.Many(ProofOut)


class ExceptionOut(ExceptionRowOut):
    """The whole sheet (QEF-29-02)."""

    cause = rest.Str(allow_none=True)
    action = rest.Str(allow_none=True)
    action_due_on = rest.Day(allow_none=True)
    verification = rest.Str(allow_none=True)
    verified_by = rest.Str(allow_none=True)
    closing = rest.Str(allow_none=True)
    alerts = rest.Many(AnsweredOut)
    entries = rest.Many(EntryOut)


class ExceptionFilter(rest.Query):
    """`from_on` and `to_on` are days that the first period reaches into; `open` and `overdue` leave those only; `company`
    leaves the company's own."""

    policy = rest.Line(60, load_default=None)
    unit_id = rest.Id(load_default=None)
    company = rest.Flag(load_default=False)
    indicator = rest.Line(80, load_default=None)
    period = rest.Line(10, load_default=None)
    level = rest.OneOf(*LEVELS, load_default=None)
    record = rest.OneOf(*RECORDS, load_default=None)
    state = rest.OneOf(*STATES, load_default=None)
    owner_id = rest.Id(load_default=None)
    from_on = rest.Day(load_default=None)
    to_on = rest.Day(load_default=None)
    open = rest.Flag(load_default=False)
    overdue = rest.Flag(load_default=False)


class ExceptionListing(rest.Listing, ExceptionFilter):
    """The same, a page at a time."""


class AssignmentIn(rest.In):
    """Who works on it; another day needs a reason."""

    owner_id = rest.Id(required=True)
    due_on = rest.Day(allow_none=True, load_default=None)
    reason = rest.Prose(allow_none=True, load_default=None)


class _WithFiles(rest.In):
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)


class AnalysisIn(_WithFiles):
    cause = rest.Prose(required=True)


class ActionIn(_WithFiles):
    """What is going to be done, and until when."""

    action = rest.Prose(required=True)
    action_due_on = rest.Day(required=True)


class CompletionIn(_WithFiles):
    report = rest.Prose(required=True)


class VerificationIn(_WithFiles):
    """Where it is not `effective`, more has to be done."""

    effective = rest.Flag(required=True)
    verification = rest.Prose(required=True)


class ClosingIn(rest.In):
    closing = rest.Prose(required=True)


class VoidIn(rest.In):
    reason = rest.Prose(required=True)


class NoteIn(_WithFiles):
    text = rest.Prose(required=True)


# Tasks for other departments


class KpiTaskOut(rest.Out):
    """`unit` is whose indicator the alert is of, `department_unit` the unit of the department's name where there is one."""

    id = rest.Id()
    policy = rest.Str()
    unit = rest.One(SubjectOut, allow_none=True)
    indicator = rest.Str()
    name = rest.Said()
    period = rest.Str()
    alert_id = rest.Id()
    exception_id = rest.Id(allow_none=True)
    department = rest.Str()
    department_unit = rest.One(SubjectOut, allow_none=True)
    follow_up = rest.Said()
    state = rest.OneOf(*TASK_STATES)
    opened_at = rest.Instant()
    due_on = rest.Day()
    overdue = rest.Flag()
    done_by = rest.Str(allow_none=True)
    done_at = rest.Instant(allow_none=True)
    note = rest.Str(allow_none=True)
    version = rest.Version()


class KpiTaskFilter(rest.Query):
    """`unit_id`: the unit that is to do it."""

    policy = rest.Line(60, load_default=None)
    indicator = rest.Line(80, load_default=None)
    unit_id = rest.Id(load_default=None)
    exception_id = rest.Id(load_default=None)
    state = rest.OneOf(*TASK_STATES, load_default=None)


class KpiTaskListing(rest.Listing, KpiTaskFilter):
    """The same, a page at a time."""


class KpiTaskIn(rest.In):
    """What another department is to look into because of an exception. Without `unit_id` it is the unit of the department's
    name, where there is one."""

    exception_id = rest.Id(required=True)
    department = rest.Line(120, required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)
    follow_up = rest.Prose(required=True)
    due_on = rest.Day(allow_none=True, load_default=None)


class KpiTaskDoneIn(rest.In):
    """What was found or done."""

    note = rest.Prose(required=True)


class KpiTaskDropIn(rest.In):
    reason = rest.Prose(required=True)
