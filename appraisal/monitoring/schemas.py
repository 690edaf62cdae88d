"""What the endpoints of monitoring take in and give out."""

from appraisal import rest
from appraisal.monitoring import entries
from appraisal.monitoring.models import CADENCES, ORIGINS, RECORD_TYPES


class SubjectOut(rest.Out):
    """The unit that a reading is of; null stands for the company."""

    id = rest.Id()
    code = rest.Str()
    name = rest.Str()
    name_en = rest.Str()


class FigureIn(rest.In):
    """The value, or for a computed indicator its inputs by name; `measured_in` is its unit of measure, checked where given."""

    value = rest.Number(allow_none=True, load_default=None)
    inputs = rest.Numbers(allow_none=True, load_default=None)
    measured_in = rest.Line(40, allow_none=True, load_default=None)
    source_document = rest.Line(200, required=True)


class RowIn(FigureIn):
    """`indicator` is an id or a name, `policy` needed where several policies use it; `unit` a code or a name, null for the
    company; `period` 2026-03-05, 2026-W10, 2026-03 …, as the indicator is gathered."""

    policy = rest.Line(60, allow_none=True, load_default=None)
    indicator = rest.Line(200, required=True)
    unit = rest.Line(120, allow_none=True, load_default=None)
    period = rest.Line(10, required=True)
    record_type = rest.OneOf(*RECORD_TYPES, allow_none=True, load_default=None)


class ReadingIn(RowIn):
    origin = rest.OneOf(*ORIGINS, load_default="manual")
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)


class CorrectionOfReadingIn(FigureIn):
    origin = rest.OneOf(*ORIGINS, load_default="manual")
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)
    reason = rest.Prose(required=True)


class PushIn(rest.In):
    """Many readings of a system. All or none, unless `keep_good`; with `correct` and a reason, what differs from what is on
    record becomes a correction of it."""

    readings = rest.Many(RowIn, least=1, most=5000, required=True)
    origin = rest.OneOf("event", "import", load_default="event")
    correct = rest.Flag(load_default=False)
    reason = rest.Prose(allow_none=True, load_default=None)
    keep_good = rest.Flag(load_default=False)


class ReadingImportForm(rest.Query):
    """`record_type` says what the platform exported; `policy` which policy's indicators are meant where names are shared."""

    file = rest.File(required=True)
    record_type = rest.OneOf(*RECORD_TYPES, load_default=None)
    policy = rest.Line(60, load_default=None)
    preview = rest.Flag(load_default=False)
    correct = rest.Flag(load_default=False)
    reason = rest.Prose(load_default=None)
    keep_good = rest.Flag(load_default=False)


class ReadingChangeOut(rest.Out):
    row = rest.Whole(allow_none=True)
    indicator = rest.Str()
    period = rest.Str()
    before = rest.Str(allow_none=True)
    after = rest.Str()


class RowFaultOut(rest.Out):
    path = rest.Str()
    message = rest.Said()


class ReadingsRecordedOut(rest.Out):
    """In a preview nothing is recorded: `recorded` and `corrected` are what would be. `changes` shows the first of them;
    `notes` are on rows that can stand but have nothing to divide by."""

    preview = rest.Flag()
    recorded = rest.Whole()
    corrected = rest.Whole()
    unchanged = rest.Whole()
    faulty = rest.Whole()
    file_id = rest.Id(allow_none=True)
    changes = rest.Many(ReadingChangeOut)
    faults = rest.Many(RowFaultOut)
    notes = rest.Many(RowFaultOut)


class ProofOut(rest.Out):
    id = rest.Id()
    name = rest.Str()
    media_type = rest.Str()
    size = rest.Whole()
    sha256 = rest.Str()


class ReadingRowOut(rest.Out):
    """`computed` is what the inputs give by the policy in force on the period's first day, null where they give none; `base`
    says what a denominator of 0 made of it."""

    id = rest.Id()
    policy = rest.Str()
    indicator = rest.Str()
    name = rest.Said()
    measured_in = rest.Str(allow_none=True)
    unit = rest.One(SubjectOut, allow_none=True)
    cadence = rest.OneOf(*CADENCES)
    period = rest.Str()
    value = rest.Number(allow_none=True)
    inputs = rest.Numbers(allow_none=True)
    computed = rest.Number(allow_none=True)
    base = rest.OneOf("no_base", "nothing_due", allow_none=True)
    state = rest.OneOf(*entries.STATES)
    origin = rest.OneOf(*ORIGINS)
    record_type = rest.OneOf(*RECORD_TYPES, allow_none=True)
    source_document = rest.Str()
    late = rest.Flag()
    back_filled = rest.Flag()
    entered_by = rest.Str(allow_none=True)
    entered_at = rest.Instant()
    confirmed_by = rest.Str(allow_none=True)
    confirmed_at = rest.Instant(allow_none=True)
    corrects_id = rest.Id(allow_none=True)
    corrected_by_id = rest.Id(allow_none=True)
    reason = rest.Str(allow_none=True)


class ReadingOut(ReadingRowOut):
    files = rest.Many(ProofOut)


class ReadingListing(rest.Listing):
    """Filters of readings. `company`: the company's own only; `from` and `to` are days that periods reach into."""

    policy = rest.Line(60, load_default=None)
    indicator = rest.Line(80, load_default=None)
    unit_id = rest.Id(load_default=None)
    company = rest.Flag(load_default=False)
    cadence = rest.OneOf(*CADENCES, load_default=None)
    from_on = rest.Day(load_default=None)
    to_on = rest.Day(load_default=None)
    state = rest.OneOf(*entries.STATES, load_default=None)
    record_type = rest.OneOf(*RECORD_TYPES, load_default=None)
    file_id = rest.Id(load_default=None, metadata={"description": "only what this imported file has brought"})


class ReadingConfirmationsIn(rest.In):
    """Either these readings, or all that an imported file has brought and nobody has confirmed yet."""

    reading_ids = rest.Many(rest.Id(), most=5000, allow_none=True, load_default=None)
    file_id = rest.Id(allow_none=True, load_default=None)


class ReadingConfirmationsOut(rest.Out):
    confirmed = rest.Whole()


class IndicatorsFilter(rest.Query):
    """`unit_id`: whose last reading is shown; without it the company's."""

    policy = rest.Line(60, load_default=None)
    dimension = rest.Line(80, load_default=None)
    unit_id = rest.Id(load_default=None)


class TargetOut(rest.Out):
    """A target of the periods whose first day lies between two days; open where null."""

    operator = rest.Str(allow_none=True)
    value = rest.Number()
    phase = rest.Said(allow_none=True)
    from_on = rest.Day(allow_none=True)
    to_on = rest.Day(allow_none=True)


class LastReadingOut(rest.Out):
    id = rest.Id()
    period = rest.Str()
    value = rest.Number(allow_none=True)
    late = rest.Flag()
    corrected = rest.Flag()


class WatchedOut(rest.Out):
    """An indicator of a monitoring policy in force. `entered` are the cadences in which its readings are entered, `last` is its
    last confirmed reading, null where there is none or it is not to be seen."""

    policy = rest.Str()
    id = rest.Str()
    name = rest.Said()
    definition = rest.Said()
    dimension = rest.Str(allow_none=True)
    measured_in = rest.Str(allow_none=True)
    direction = rest.Str(allow_none=True)
    status = rest.Str()
    formula = rest.Str(allow_none=True)
    inputs = rest.Many(rest.Str())
    owner = rest.Str(allow_none=True)
    document = rest.Str(allow_none=True)
    record_type = rest.Str(allow_none=True)
    cadence = rest.Many(rest.Str())
    entered = rest.Many(rest.Str())
    targets = rest.Many(TargetOut)
    last = rest.One(LastReadingOut, allow_none=True)


class WatchedListOut(rest.Out):
    """All of them at once: a dictionary is not long."""

    items = rest.Many(WatchedOut)
    total = rest.Whole()


class SeriesFilter(rest.Query):
    """The last `periods` periods up to `until`, of a unit or the company."""

    unit_id = rest.Id(load_default=None)
    until = rest.Line(10, required=True)
    periods = rest.Whole(1, 120, load_default=12)


class PointOut(rest.Out):
    """A period's reading as it counts, rolled up where it was entered oftener; null where there is nothing to divide by, or
    where `problem` says what is wrong."""

    period = rest.Str()
    value = rest.Number(allow_none=True)
    inputs = rest.Numbers(allow_none=True)
    origin = rest.OneOf(*ORIGINS)
    late = rest.Flag()
    corrected = rest.Flag()
    problem = rest.Said(allow_none=True)


class SeriesOut(rest.Out):
    policy = rest.Str()
    indicator = rest.Str()
    name = rest.Said()
    measured_in = rest.Str(allow_none=True)
    points = rest.Many(PointOut)


class FiguresIn(rest.In):
    """A cycle whose KPIs take their figures from readings."""

    cycle_id = rest.Id(required=True)


class LeftOut(rest.Out):
    """A KPI that names a reading and has taken none, and why."""

    appraisal_id = rest.Id()
    sheet_id = rest.Id()
    item = rest.Str()
    period = rest.Str()
    code = rest.OneOf("entered", "no_reading", "no_value", "other_inputs", "own_reading", "not_fitting")
    message = rest.Said()


class FiguresOut(rest.Out):
    """How many figures were recorded, corrected and there already."""

    recorded = rest.Whole()
    corrected = rest.Whole()
    unchanged = rest.Whole()
    left = rest.Many(LeftOut)
