"""What the endpoints of KPI reports and meetings take in and give out."""

from appraisal import rest
from appraisal.bulletins.kpi_reports import STATES
from appraisal.bulletins.report_models import CANCELLED, DONE, DROPPED, HELD, KINDS, OPEN, PLANNED
from appraisal.monitoring.schemas import SubjectOut
from appraisal.people.schemas_organisation import EmployeeNameOut

# Reports


class ReportListing(rest.Listing):
    kind = rest.OneOf(*KINDS, load_default=None)
    policy = rest.Line(60, load_default=None)
    unit_id = rest.Id(load_default=None)
    company = rest.Flag(load_default=False)
    period = rest.Line(10, load_default=None)
    status = rest.OneOf(*STATES, load_default=None)


class BenchmarkIn(rest.In):
    """What others in the trade reach, and who says so."""

    indicator = rest.Line(80, required=True)
    value = rest.Number(required=True)
    source = rest.Line(200, required=True)


class ReportIn(rest.In):
    """`unit_id` null is the company; `period` 2026-03, 2026-Q1, 2026-H1 or 2026, as the kind asks. `benchmarks` are for annual
    reports; those of the version before stay unless given anew."""

    kind = rest.OneOf(*KINDS, required=True)
    policy = rest.Line(60, required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)
    period = rest.Line(10, required=True)
    benchmarks = rest.Many(BenchmarkIn, most=200, load_default=list)


class ReportApprovalIn(rest.In):
    """`reason` is needed where readings are missing."""

    reason = rest.Prose(allow_none=True, load_default=None)


class TargetAdoptionIn(rest.In):
    """From the first day of the next year, unless another is given."""

    indicator = rest.Line(80, required=True)
    reason = rest.Prose(required=True)
    from_on = rest.Day(allow_none=True, load_default=None)
    accept_unrealistic = rest.Flag(load_default=False)


class AdoptedTargetOut(rest.Out):
    target_id = rest.Id()
    policy = rest.Str()
    indicator = rest.Str()
    operator = rest.Str()
    value = rest.Number()
    from_on = rest.Day()


class ReportRowOut(rest.Out):
    """`stale`: a month it covers has been evaluated since. `provisional`: its last month had not been evaluated."""

    id = rest.Id()
    kind = rest.OneOf(*KINDS)
    name = rest.Said()
    number = rest.Str()
    policy = rest.Str()
    unit = rest.One(SubjectOut, allow_none=True)
    period = rest.Str()
    status = rest.OneOf(*STATES)
    provisional = rest.Flag()
    stale = rest.Flag()
    digest = rest.Str()
    made_at = rest.Instant()
    approved_at = rest.Instant(allow_none=True)
    reason = rest.Str(allow_none=True)
    supersedes_id = rest.Id(allow_none=True)
    superseded_by = rest.Id(allow_none=True)


class ReportOut(ReportRowOut):
    """`content` is all that the report says, as it was made: form, sources, classes with rows, alerts, exceptions, and how
    complete the data are. Figures are decimals as text; each names its evaluation, its period and its readings."""

    content = rest.Raw()


# Meetings


class CalendarFilter(rest.Query):
    year = rest.Whole(2000, 2100, required=True)
    policy = rest.Line(60, load_default=None)
    unit_id = rest.Id(load_default=None)


class DueOut(rest.Out):
    """Something due. `regular_on` is its day before days off were looked at; `unsure`: the working calendar does not reach so
    far, so the day has not moved. `early`: the figures it is about are due on `figures_due_on` only, and may be missing."""

    policy = rest.Str()
    kind = rest.Str()
    name = rest.Said()
    about = rest.Str()
    due_on = rest.Day()
    regular_on = rest.Day()
    unsure = rest.Flag()
    early = rest.Flag()
    figures_due_on = rest.Day(allow_none=True)
    note = rest.Said(allow_none=True)
    role = rest.Str(allow_none=True)
    holders = rest.Many(EmployeeNameOut)
    form = rest.Str(allow_none=True)
    meeting_id = rest.Id(allow_none=True)


class CalendarOut(rest.Out):
    items = rest.Many(DueOut, most=10_000)


class MeetingListing(rest.Listing):
    policy = rest.Line(60, load_default=None)
    kind = rest.Line(80, load_default=None)
    unit_id = rest.Id(load_default=None)
    about = rest.Line(10, load_default=None)
    status = rest.OneOf(PLANNED, HELD, CANCELLED, load_default=None)
    from_on = rest.Day(load_default=None)
    to_on = rest.Day(load_default=None)


class MeetingIn(rest.In):
    """`kind` is a meeting of the policy, `about` the period it looks at; its day and chair are the calendar's unless given."""

    policy = rest.Line(60, required=True)
    kind = rest.Line(80, required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)
    about = rest.Line(10, required=True)
    due_on = rest.Day(allow_none=True, load_default=None)
    place = rest.Line(200, allow_none=True, load_default=None)
    chair_id = rest.Id(allow_none=True, load_default=None)


class MinutesIn(rest.In):
    """What is on record of a meeting held; attendees and reports replace those given before."""

    held_on = rest.Day(required=True)
    minutes = rest.Prose(20_000, required=True)
    place = rest.Line(200, allow_none=True, load_default=None)
    chair_id = rest.Id(allow_none=True, load_default=None)
    attendee_ids = rest.Many(rest.Id(), most=200, load_default=list)
    report_ids = rest.Many(rest.Id(), most=50, load_default=list)


class CancellationIn(rest.In):
    reason = rest.Prose(required=True)


class ActionIn(rest.In):
    text = rest.Prose(required=True)
    owner_id = rest.Id(required=True)
    due_on = rest.Day(required=True)


class MeetingDecisionIn(rest.In):
    text = rest.Prose(required=True)
    actions = rest.Many(ActionIn, most=50, load_default=list)


class ActionEndIn(rest.In):
    """`dropped` takes a KPI manager and a note."""

    status = rest.OneOf(DONE, DROPPED, required=True)
    note = rest.Prose(allow_none=True, load_default=None)


class ActionListing(rest.Listing):
    mine = rest.Flag(load_default=False)
    overdue = rest.Flag(load_default=False)
    status = rest.OneOf(OPEN, DONE, DROPPED, load_default=None)
    owner_id = rest.Id(load_default=None)
    meeting_id = rest.Id(load_default=None)


class FollowUpOut(rest.Out):
    id = rest.Id()
    text = rest.Str()
    owner = rest.One(EmployeeNameOut)
    due_on = rest.Day()
    status = rest.OneOf(OPEN, DONE, DROPPED)
    overdue = rest.Flag()
    ended_on = rest.Day(allow_none=True)
    note = rest.Str(allow_none=True)
    version = rest.Version()


class ActionOut(FollowUpOut):
    decision = rest.Str()
    meeting_id = rest.Id()
    policy = rest.Str()
    about = rest.Str()


class MeetingDecisionOut(rest.Out):
    id = rest.Id()
    text = rest.Str()
    actions = rest.Many(FollowUpOut)


class PresentedOut(rest.Out):
    id = rest.Id()
    number = rest.Str()


class MeetingRowOut(rest.Out):
    id = rest.Id()
    policy = rest.Str()
    kind = rest.Str()
    name = rest.Said()
    unit = rest.One(SubjectOut, allow_none=True)
    about = rest.Str()
    due_on = rest.Day()
    status = rest.OneOf(PLANNED, HELD, CANCELLED)
    held_on = rest.Day(allow_none=True)
    place = rest.Str(allow_none=True)
    chair = rest.One(EmployeeNameOut, allow_none=True)
    version = rest.Version()


class MeetingOut(MeetingRowOut):
    minutes = rest.Str(allow_none=True)
    attendees = rest.Many(EmployeeNameOut)
    reports = rest.Many(PresentedOut)
    decisions = rest.Many(MeetingDecisionOut)
