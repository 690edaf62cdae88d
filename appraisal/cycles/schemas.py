"""What comes in and goes out about cycles, deadlines and notifications."""

from appraisal import rest
from appraisal.labels import codes


class CycleFilter(rest.Listing):
    """Which cycles."""

    status = rest.OneOf(*codes("cycle_status"), load_default=None)
    cadence = rest.OneOf(*codes("cadence"), load_default=None)
    period = rest.Line(10, load_default=None)


class CycleOut(rest.Out):
    """A cycle; the policy's digest is pinned when it opens."""

    id = rest.Id()
    code = rest.Str()
    name = rest.Str()
    policy = rest.Str()
    policy_digest = rest.Str(allow_none=True)
    cadence = rest.Str()
    period = rest.Str()
    starts_on = rest.Day()
    ends_on = rest.Day()
    unit_id = rest.Id(allow_none=True)
    pays = rest.Flag()
    data_due_on = rest.Day(allow_none=True, metadata={"description": "null: by the policy's workflow"})
    status = rest.Str()
    opened_at = rest.Instant(allow_none=True)
    closed_at = rest.Instant(allow_none=True)
    version = rest.Version()


class CycleChange(rest.In):
    """What may be changed while it is a draft."""

    name = rest.Line(120, required=True)
    pays = rest.Flag(required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)
    data_due_on = rest.Day(allow_none=True, load_default=None)


class CycleIn(CycleChange):
    """A new cycle."""

    code = rest.Line(40, required=True)
    policy = rest.Line(60, required=True)
    period = rest.Line(10, required=True, metadata={"description": "2026, 2026-H1, 2026-Q1 or 2026-03"})


class PreflightFilter(rest.Query):
    """Which findings."""

    kind = rest.OneOf(*codes("finding"), load_default=None)
    blocking = rest.Flag(load_default=None)


class PreflightFindingOut(rest.Out):
    """One finding; `employee_id` where it is about somebody."""

    kind = rest.Str()
    title = rest.Said()
    message = rest.Said()
    blocking = rest.Flag()
    employee_id = rest.Id(allow_none=True)
    number = rest.Str()


class PreflightCountOut(rest.Out):
    """How many findings of a kind there are."""

    kind = rest.Str()
    title = rest.Said()
    count = rest.Whole()


class PreflightOut(rest.Out):
    """What would happen and what was found; of more than a thousand findings the first, by kind all of them."""

    ready = rest.Flag()
    policy_digest = rest.Str(allow_none=True)
    effective = rest.Day(allow_none=True)
    rated = rest.Whole()
    not_rated = rest.Whole()
    counts = rest.Many(PreflightCountOut, most=100)
    findings = rest.Many(PreflightFindingOut, most=1000)


class PolicyMoveIn(rest.In):
    """The text to move to, by the digest the pre-flight shows, and why."""

    policy_digest = rest.Line(80, required=True)
    reason = rest.Line(500, required=True)


# Rulings


class RulingOut(rest.Out):
    """What was ruled of a row last: on its cadence, its source or its assessor."""

    key = rest.Str()
    value = rest.Str()
    assessor_id = rest.Id(allow_none=True)
    reason = rest.Str()
    copied = rest.Flag(metadata={"description": "taken over from an earlier cycle"})
    ruled_at = rest.Instant()


class PrintedOut(rest.Out):
    """What the source says."""

    cadence = rest.Str(allow_none=True)
    source = rest.Str(allow_none=True)
    assessor = rest.Str(allow_none=True)


class RulingRowOut(rest.Out):
    """A row of a sheet that lacks something or has been ruled on."""

    post = rest.Str()
    post_title = rest.Said()
    item = rest.Str()
    name = rest.Said()
    kind = rest.Str()
    raw = rest.Str(allow_none=True)
    uncertain = rest.Str(allow_none=True)
    printed = rest.One(PrintedOut)
    blank = rest.Many(rest.Str())
    rulings = rest.Many(RulingOut)


class RulingsOut(rest.Out):
    """The rows of the posts appraised in a cycle, and how many of them lack something still."""

    cycle_id = rest.Id()
    blank = rest.Whole()
    rows = rest.Many(RulingRowOut, most=1000)
    version = rest.Version()


class RulingIn(rest.In):
    """What is to hold for these rows. `assessor` is whose office it is, `assessor_id` the person."""

    items = rest.Many(rest.Line(80), most=1000, least=1, required=True)
    cadence = rest.OneOf(*codes("cadence"), allow_none=True, load_default=None)
    source = rest.Line(200, allow_none=True, load_default=None)
    assessor = rest.Line(120, allow_none=True, load_default=None)
    assessor_id = rest.Id(allow_none=True, load_default=None)


class RulingsIn(rest.In):
    """Rulings on many rows for one reason."""

    rulings = rest.Many(RulingIn, most=1000, least=1, required=True)
    reason = rest.Line(500, required=True)


class RulingsCopyIn(rest.In):
    """Whose rulings to take over; null: those of the last cycle that has any."""

    from_cycle_id = rest.Id(allow_none=True, load_default=None)


# Deadlines


class DeadlineFilter(rest.Listing):
    """Which appraisals."""

    step = rest.Line(40, load_default=None)
    overdue = rest.Flag(load_default=None)


class DeadlineOut(rest.Out):
    """Until when an appraisal is to be at its step."""

    appraisal_id = rest.Id()
    employee_id = rest.Id()
    number = rest.Str()
    name = rest.Str()
    step = rest.Str()
    step_name = rest.Said()
    since = rest.Instant()
    due_on = rest.Day(allow_none=True)
    overdue = rest.Flag()


class ExtensionIn(rest.In):
    """For all of the cycle, or for a unit and all below, or for single appraisals."""

    step = rest.Line(40, required=True)
    until_on = rest.Day(required=True)
    reason = rest.Line(500, required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)
    appraisal_ids = rest.Many(rest.Id(), most=1000, least=1, allow_none=True, load_default=None)


class ExtensionOut(rest.Out):
    """An extension as it was granted."""

    id = rest.Id()
    step = rest.Str()
    until_on = rest.Day()
    unit_id = rest.Id(allow_none=True)
    appraisal_id = rest.Id(allow_none=True)
    reason = rest.Str()
    granted_at = rest.Instant()


class ReminderIn(rest.In):
    """Whom to remind; null: everybody in the cycle one may remind."""

    appraisal_ids = rest.Many(rest.Id(), most=1000, least=1, allow_none=True, load_default=None)


class ReassignmentIn(rest.In):
    """Who is to act as supervisor: in these appraisals, or in all that `from_supervisor_id` has."""

    supervisor_id = rest.Id(required=True)
    reason = rest.Line(500, required=True)
    appraisal_ids = rest.Many(rest.Id(), most=1000, least=1, allow_none=True, load_default=None)
    from_supervisor_id = rest.Id(allow_none=True, load_default=None)


class ReassignmentOut(rest.Out):
    """A reassignment; the latest of an appraisal counts."""

    id = rest.Id()
    appraisal_id = rest.Id()
    supervisor_id = rest.Id()
    supervisor_name = rest.Str()
    reason = rest.Str()
    assigned_at = rest.Instant()


class BulkRowOut(rest.Out):
    """What was done about one appraisal."""

    appraisal_id = rest.Id()
    number = rest.Str()
    name = rest.Str()
    done = rest.Flag()
    code = rest.Str()
    message = rest.Said()
    due_on = rest.Day(allow_none=True)


class BulkOut(rest.Out):
    """What was done, one by one; of more than a thousand the first."""

    done = rest.Whole()
    left = rest.Whole()
    rows = rest.Many(BulkRowOut, most=1000)


class CycleExceptionIn(rest.In):
    """What an appraisal may go on without, and why."""

    kind = rest.OneOf(*codes("exception"), required=True)
    reason = rest.Line(500, required=True)


class CycleExceptionOut(rest.Out):
    """An exception on record."""

    id = rest.Id()
    appraisal_id = rest.Id()
    kind = rest.Str()
    reason = rest.Str()
    recorded_at = rest.Instant()


# Notifications


class NotificationFilter(rest.Listing):
    """Which notifications."""

    unread = rest.Flag(load_default=None)


class NotificationOut(rest.Out):
    """One thing one has been told; `about` is the row it concerns."""

    id = rest.Id()
    kind = rest.Str()
    message = rest.Said()
    about_kind = rest.Str()
    about_id = rest.Id()
    created_at = rest.Instant()
    read_at = rest.Instant(allow_none=True)


# What pages take in


class NothingIn(rest.In):
    """Only that it is to be done."""


class ExceptionsIn(rest.In):
    """Appraisals that may go on without both signatures, and why."""

    appraisal_ids = rest.Many(rest.Id(), most=200, least=1, required=True)
    reason = rest.Line(500, required=True)


class RulingRowIn(rest.In):
    """What is to hold for one row; a row that says nothing is left as it is. The person who assesses comes by number."""

    item = rest.Line(80, required=True)
    cadence = rest.OneOf(*codes("cadence"))
    source = rest.Line(200)
    assessor = rest.Line(120)
    assessor_number = rest.Line(40)


class RulingRowsIn(rest.In):
    """Rulings row by row, for one reason."""

    rulings = rest.Many(RulingRowIn, most=1000, least=1, required=True)
    reason = rest.Line(500, required=True)


class CadenceIn(rest.In):
    """One cadence for every row that has none, and why."""

    cadence = rest.OneOf(*codes("cadence"), required=True)
    reason = rest.Line(500, required=True)
