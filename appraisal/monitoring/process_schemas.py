"""What the endpoints of processes take in and give out."""

from appraisal import rest
from appraisal.monitoring.evaluation_schemas import LEVELS
from appraisal.monitoring.schemas import LastReadingOut

KEYS = ("decision", "collaboration", "risk")
IDLE = ("waiting", "repeated_approval", "other")
NATURES = ("behaviour", "result")


class ProcessesFilter(rest.Query):
    policy = rest.Line(60, load_default=None)


class ProcessRowOut(rest.Out):
    """`steps` and `indicators` are how many there are, `core` the ids of the core indicators."""

    policy = rest.Str()
    id = rest.Str()
    name = rest.Said()
    starts = rest.Said()
    ends = rest.Said()
    goal = rest.Said()
    steps = rest.Whole()
    indicators = rest.Whole()
    core = rest.Many(rest.Str())


class ProcessListOut(rest.Out):
    """All of them at once: a company has few."""

    items = rest.Many(ProcessRowOut)
    total = rest.Whole()


class ProcessFilter(rest.Query):
    """`unit_id`: whose readings are shown; without it the company's. `period`: the last one evaluated, unless given."""

    unit_id = rest.Id(load_default=None)
    period = rest.Line(10, load_default=None)


class GoalOut(rest.Out):
    """A goal after the one it `serves`; `depth` 0 is the organisation's. `indicators` serve it directly."""

    id = rest.Str()
    name = rest.Said()
    department = rest.Str(allow_none=True)
    serves = rest.Str(allow_none=True)
    depth = rest.Whole()
    steps = rest.Many(rest.Str())
    indicators = rest.Many(rest.Str())


class InputOut(rest.Out):
    """A figure that is entered, and the field it is taken from; `indicator` where it is another indicator's value."""

    name = rest.Str()
    en = rest.Str()
    unit = rest.Str(allow_none=True)
    source = rest.Str(allow_none=True)
    indicator = rest.Str(allow_none=True)


class LimitOut(rest.Out):
    """A target of the period, or a warning line."""

    operator = rest.Str()
    value = rest.Number()
    phase = rest.Said(allow_none=True)


class JudgedOut(rest.Out):
    """What the evaluation of the period says."""

    value = rest.Number(allow_none=True)
    met = rest.Flag(allow_none=True)
    deviation = rest.Number(allow_none=True)
    level = rest.OneOf(*LEVELS, allow_none=True)
    lines = rest.Many(rest.Said())


class AtStepOut(rest.Out):
    """An indicator, read at `step` or of the process as a whole. Its readings are entered at /kpi/readings by its id, in one of
    the cadences of `entered`; `last` is the last confirmed one, `judged` null where the period has not been evaluated, or is
    not to be seen."""

    id = rest.Str()
    name = rest.Said()
    definition = rest.Said()
    step = rest.Str(allow_none=True)
    serves = rest.Str(allow_none=True)
    core = rest.Flag()
    nature = rest.OneOf(*NATURES, allow_none=True)
    guards = rest.Many(rest.Str())
    measured_in = rest.Str(allow_none=True)
    direction = rest.Str(allow_none=True)
    formula = rest.Str(allow_none=True)
    inputs = rest.Many(InputOut)
    sources = rest.Many(rest.Str())
    tool = rest.Str(allow_none=True)
    owner = rest.Str(allow_none=True)
    department = rest.Str(allow_none=True)
    record_type = rest.Str(allow_none=True)
    cadence = rest.Many(rest.Str())
    entered = rest.Many(rest.Str())
    note = rest.Str(allow_none=True)
    period = rest.Str()
    target = rest.One(LimitOut, allow_none=True)
    alert = rest.One(LimitOut, allow_none=True)
    last = rest.One(LastReadingOut, allow_none=True)
    judged = rest.One(JudgedOut, allow_none=True)


class StepOut(rest.Out):
    """`key` marks a key node, `adds_no_value` one that adds nothing."""

    number = rest.Whole()
    id = rest.Str()
    name = rest.Said()
    roles = rest.Many(rest.Str())
    inputs = rest.Many(rest.Said())
    outputs = rest.Many(rest.Said())
    key = rest.OneOf(*KEYS, allow_none=True)
    adds_no_value = rest.OneOf(*IDLE, allow_none=True)
    bottleneck = rest.Said(allow_none=True)
    serves = rest.Str(allow_none=True)
    note = rest.Str(allow_none=True)
    indicators = rest.Many(AtStepOut)


class ProcessOut(rest.Out):
    """`indicators` are those of the process as a whole; those of a step stand with it. `evaluation_id` and `evaluated_at` are
    of the evaluation that the levels come from."""

    policy = rest.Str()
    id = rest.Str()
    name = rest.Said()
    effective = rest.Day()
    starts = rest.Said()
    ends = rest.Said()
    goal = rest.Said()
    period = rest.Str()
    evaluation_id = rest.Id(allow_none=True)
    evaluated_at = rest.Instant(allow_none=True)
    goals = rest.Many(GoalOut)
    steps = rest.Many(StepOut)
    indicators = rest.Many(AtStepOut)
