"""What comes in and goes out at the desk."""

from appraisal import rest
from appraisal.people.schemas_organisation import EmployeeNameOut


class CycleNameOut(rest.Out):
    """The cycle something belongs to."""

    id = rest.Id()
    code = rest.Str()
    name = rest.Str()


class TaskOut(rest.Out):
    """One thing to do; a role's many cases of a kind are one task of `count`. `about` is the row it concerns, where that is one
    beside the appraisal; its kind is that of the trail."""

    kind = rest.Str()
    name = rest.Said()
    cycle = rest.One(CycleNameOut, allow_none=True)
    appraisal_id = rest.Id(allow_none=True)
    employee = rest.One(EmployeeNameOut, allow_none=True)
    about_kind = rest.Str(allow_none=True)
    about_id = rest.Id(allow_none=True)
    number = rest.Str(allow_none=True)
    due_on = rest.Day(allow_none=True)
    overdue = rest.Flag()
    count = rest.Whole()


class TasksOut(rest.Out):
    """Everything that waits for me, the soonest due first."""

    items = rest.Many(TaskOut, most=100_000)


class RunOut(rest.Out):
    """What looking at a cycle's deadlines came to: notices by kind, and how many cases have no day to hold them to."""

    cycle_id = rest.Id()
    code = rest.Str()
    noted = rest.Raw(metadata={"type": "object", "additionalProperties": {"type": "integer"}})
    undated = rest.Whole()


class LateOut(rest.Out):
    """Exceptions of indicators by number: whose owners were told, and of which those above were."""

    overdue = rest.Many(rest.Str(), most=100_000)
    escalated = rest.Many(rest.Str(), most=100_000)


class DailyLookOut(rest.Out):
    """What looking at every deadline came to."""

    cycles = rest.Many(RunOut, most=1000)
    exceptions = rest.One(LateOut)
    decisions = rest.Whole()


class FileIn(rest.In):
    """A file to be attached somewhere."""

    file = rest.File(required=True)


class FileOut(rest.Out):
    """A kept file."""

    id = rest.Id()
    name = rest.Str()
    media_type = rest.Str()
    size = rest.Whole()
    sha256 = rest.Str()
    kept_at = rest.Instant()


class JobsListing(rest.Listing):
    """Which jobs."""

    state = rest.OneOf("waiting", "running", "done", "failed", "cancelled", load_default=None)


class JobOut(rest.Out):
    """A piece of background work. `about` is what it was asked for (`cycle:3`), `done` of `total` how far it got; `said` why it
    failed or waits; `outcome` what it came to, once done; `over`: nothing more happens unless it is run again."""

    id = rest.Id()
    task = rest.Str()
    name = rest.Said()
    about = rest.Str(allow_none=True)
    state = rest.Str()
    state_name = rest.Said()
    asked_by = rest.Str(allow_none=True)
    asked_at = rest.Instant()
    due_at = rest.Instant()
    started_at = rest.Instant(allow_none=True)
    ended_at = rest.Instant(allow_none=True)
    attempts = rest.Whole()
    done = rest.Whole()
    total = rest.Whole(allow_none=True)
    parts = rest.Whole()
    said = rest.Said(allow_none=True)
    outcome = rest.Raw(metadata={"type": "object"})
    over = rest.Flag()


class DocumentsIn(rest.In):
    """Which documents of a cycle are to be made: forms of a case, in Chinese or in both languages, of all or of one unit."""

    forms = rest.Many(rest.Line(40), least=1, most=20, required=True)
    language = rest.OneOf("zh", "both", load_default="zh")
    unit_id = rest.Id(load_default=None)


class TrailFilter(rest.Query):
    """Which part of the trail."""

    action = rest.Line(80, load_default=None)
    object_kind = rest.Line(40, load_default=None)
    object_id = rest.Line(80, load_default=None)
    actor = rest.Line(40, load_default=None)
    since = rest.Day(load_default=None)
    until = rest.Day(load_default=None)


class TrailListing(rest.Listing, TrailFilter):
    """The same, a page at a time."""


class TrailRecordOut(rest.Out):
    """One record; `payload` holds names and values, and is null once they have been erased."""

    seq = rest.Whole()
    at = rest.Instant()
    actor = rest.Str()
    action = rest.Str()
    object_kind = rest.Str()
    object_id = rest.Str()
    payload = rest.Raw(allow_none=True, metadata={"type": ["object", "null"]})
    hash = rest.Str()


# What pages ask for and take in


class CasesFilter(rest.Query):
    """Which cases of a cycle."""

    unit_id = rest.Id(load_default=None)
    step = rest.Line(40, load_default=None)
    grade = rest.Line(10, load_default=None)
    rated = rest.Flag(load_default=None)
    search = rest.Line(80, load_default=None)
    overdue = rest.Flag(load_default=None)


class CasesListing(rest.Listing, CasesFilter):
    """The same, a page at a time."""


class ReassigningIn(rest.In):
    """Who is to act as supervisor, by number: in these appraisals, or in all that another one has."""

    supervisor = rest.Line(40, required=True)
    from_supervisor = rest.Line(40, allow_none=True, load_default=None)
    reason = rest.Line(500, required=True)
    appraisal_ids = rest.Many(rest.Id(), most=1000, least=1, allow_none=True, load_default=None)
