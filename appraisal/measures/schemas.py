"""What the endpoints of figures take in and give out."""

from appraisal import rest
from appraisal.measures import entries, owed
from appraisal.measures.models import INDICATOR, ORIGINS, SOURCE
from appraisal.people.schemas_organisation import EmployeeNameOut


class EvidenceOut(rest.Out):
    id = rest.Id()
    name = rest.Str()
    media_type = rest.Str()
    size = rest.Whole()
    sha256 = rest.Str()


class FigureIn(rest.In):
    """The actual, or for a computed indicator its inputs by name; where it comes from, and files handed in before."""

    actual = rest.Number(allow_none=True, load_default=None)
    inputs = rest.Numbers(allow_none=True, load_default=None)
    origin = rest.OneOf(*ORIGINS, load_default="manual")
    source_document = rest.Line(200, required=True)
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)


class MeasureIn(FigureIn):
    """`sheet_id` and `item`; or, for systems that know neither, employee number, period and the indicator's id or name.

    With `sheet_id`, `period` is needed only where figures are gathered oftener than they are appraised, such as 2026-02.
    """

    sheet_id = rest.Id(allow_none=True, load_default=None)
    number = rest.Line(40, allow_none=True, load_default=None)
    period = rest.Line(10, allow_none=True, load_default=None)
    cycle_id = rest.Id(allow_none=True, load_default=None)
    post = rest.Line(120, allow_none=True, load_default=None)
    item = rest.Line(200, required=True)


class CorrectionIn(FigureIn):
    reason = rest.Prose(required=True)


class MeasureRowOut(rest.Out):
    """`computed` is the actual that the inputs give, null where there is nothing to divide by."""

    id = rest.Id()
    cycle_id = rest.Id()
    appraisal_id = rest.Id()
    sheet_id = rest.Id()
    employee = rest.One(EmployeeNameOut)
    item = rest.Str()
    name = rest.Said()
    period = rest.Str()
    actual = rest.Number(allow_none=True)
    inputs = rest.Numbers(allow_none=True)
    computed = rest.Number(allow_none=True)
    state = rest.OneOf(*entries.STATES)
    origin = rest.OneOf(*ORIGINS)
    source_document = rest.Str()
    back_filled = rest.Flag()
    entered_by = rest.Str(allow_none=True)
    entered_at = rest.Instant()
    confirmed_by = rest.Str(allow_none=True)
    confirmed_at = rest.Instant(allow_none=True)
    corrects_id = rest.Id(allow_none=True)
    corrected_by_id = rest.Id(allow_none=True)
    reason = rest.Str(allow_none=True)


class MeasureOut(MeasureRowOut):
    files = rest.Many(EvidenceOut)


class MeasureFilter(rest.Query):
    """Of one cycle."""

    cycle_id = rest.Id(required=True)
    state = rest.OneOf(*entries.STATES, load_default=None)
    item = rest.Line(80, load_default=None)
    number = rest.Line(40, load_default=None)
    file_id = rest.Id(load_default=None, metadata={"description": "only what this imported file has brought"})


class MeasureListing(rest.Listing, MeasureFilter):
    """The same, a page at a time."""


class ConfirmationsIn(rest.In):
    """Either these figures, or all that an imported file has brought and nobody has confirmed yet."""

    measure_ids = rest.Many(rest.Id(), most=5000, allow_none=True, load_default=None)
    file_id = rest.Id(allow_none=True, load_default=None)


class ConfirmationsOut(rest.Out):
    confirmed = rest.Whole()


class CompletionsIn(rest.In):
    """Appraisals whose figures are all there."""

    appraisal_ids = rest.Many(rest.Id(), least=1, most=500, required=True)


class CompletionOut(rest.Out):
    """An appraisal that has gone on to the self-assessment, or the code and words of why not."""

    appraisal_id = rest.Id()
    done = rest.Flag()
    code = rest.Str(allow_none=True)
    message = rest.Said(allow_none=True)


class CompletionsOut(rest.Out):
    done = rest.Whole()
    rows = rest.Many(CompletionOut)


class ImportForm(rest.Query):
    file = rest.File(required=True)
    source = rest.Line(40, load_default="table")
    cycle_id = rest.Id(load_default=None)
    preview = rest.Flag(load_default=False)
    correct = rest.Flag(load_default=False)
    reason = rest.Prose(load_default=None)
    skip_faulty = rest.Flag(load_default=False)


class ChangeOut(rest.Out):
    row = rest.Whole()
    number = rest.Str()
    item = rest.Str()
    before = rest.Str(allow_none=True)
    after = rest.Str()


class FaultOut(rest.Out):
    path = rest.Str()
    message = rest.Said()


class ImportOut(rest.Out):
    """In a preview nothing is recorded: `recorded` and `corrected` are what would be. `changes` shows the first of them."""

    preview = rest.Flag()
    recorded = rest.Whole()
    corrected = rest.Whole()
    unchanged = rest.Whole()
    faulty = rest.Whole()
    file_id = rest.Id(allow_none=True)
    changes = rest.Many(ChangeOut)
    faults = rest.Many(FaultOut)


class AssignmentOut(rest.Out):
    id = rest.Id()
    kind = rest.OneOf(INDICATOR, SOURCE)
    name = rest.Str()
    provider = rest.Str()
    account_id = rest.Id(allow_none=True)
    unit_id = rest.Id(allow_none=True)
    working_days = rest.Whole(allow_none=True)
    assigned_at = rest.Instant()
    ended_at = rest.Instant(allow_none=True)
    version = rest.Version()


class AssignmentIn(rest.In):
    """An account or a unit; `working_days` after data collection began, where that is sooner than the step's own deadline."""

    kind = rest.OneOf(INDICATOR, SOURCE, required=True)
    name = rest.Line(80, required=True)
    account_id = rest.Id(allow_none=True, load_default=None)
    unit_id = rest.Id(allow_none=True, load_default=None)
    working_days = rest.Whole(1, 60, allow_none=True, load_default=None)


class AssignmentFilter(rest.Listing):
    ended = rest.Flag(load_default=False)


class CompletenessFilter(rest.Query):
    cycle_id = rest.Id(required=True)


class ShareOut(rest.Out):
    """`assignment_id` and `provider` are null for what has been assigned to nobody and is left to every data provider."""

    assignment_id = rest.Id(allow_none=True)
    provider = rest.Str(allow_none=True)
    items = rest.Many(rest.Str())
    missing = rest.Whole()
    unconfirmed = rest.Whole()
    no_base = rest.Whole()
    confirmed = rest.Whole()
    overdue = rest.Whole()
    due_on = rest.Day(allow_none=True)


class CompletenessOut(rest.Out):
    cycle_id = rest.Id()
    providers = rest.Many(ShareOut)


class OwedFilter(rest.Listing):
    cycle_id = rest.Id(required=True)
    state = rest.OneOf(owed.MISSING, owed.UNCONFIRMED, owed.CONFIRMED, load_default=None)
    item = rest.Line(80, load_default=None)
    number = rest.Line(40, load_default=None)


class OwedOut(rest.Out):
    appraisal_id = rest.Id()
    sheet_id = rest.Id()
    employee = rest.One(EmployeeNameOut)
    item = rest.Str()
    name = rest.Said()
    period = rest.Str()
    state = rest.OneOf(*owed.STATES)
    entry_id = rest.Id(allow_none=True)
    due_on = rest.Day(allow_none=True)
    overdue = rest.Flag()
    providers = rest.Many(rest.Str())


# What pages ask for and take in


class NothingIn(rest.In):
    """Only that it is to be done."""


class OwedPage(rest.Listing):
    """Which figures of the cycle in hand."""

    state = rest.OneOf(owed.MISSING, owed.UNCONFIRMED, owed.CONFIRMED, load_default=None)
    item = rest.Line(80, load_default=None)
    number = rest.Line(40, load_default=None)


class EntryPlace(rest.Query):
    """Whose figure is to be entered."""

    sheet_id = rest.Id(required=True)
    item = rest.Line(200, required=True)
    period = rest.Line(10, required=True)


class WaitingPage(rest.Listing):
    """What waits to be confirmed; of a file only what it has brought."""

    file_id = rest.Id(load_default=None)


class ConfirmingIn(rest.In):
    """The figures chosen, or all that an imported file has brought."""

    measure_ids = rest.Many(rest.Id(), most=200, load_default=list)
    file_id = rest.Id(load_default=None)


class ImportingIn(rest.In):
    """How a file that has been looked at is taken."""

    skip_faulty = rest.Flag(load_default=False)
    correct = rest.Flag(load_default=False)
    reason = rest.Prose(load_default=None)
