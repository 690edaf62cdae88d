"""What the endpoints of policies take in and give out."""

from decimal import Decimal

from appraisal import rest
from appraisal.policies.models import MEASURES, WAYS

_SHOWN = {"type": "object", "description": "the policy as `appraisal policy show --json` prints it"}


class StateOut(rest.Out):
    digest = rest.Str()
    effective = rest.Day()
    status = rest.OneOf("trial", "effective")


class PolicyRowOut(rest.Out):
    """`confirmed`: HR has confirmed the values the source does not give; `assumed` counts them."""

    name = rest.Str()
    title = rest.Said()
    digest = rest.Str()
    effective = rest.Day()
    status = rest.OneOf("trial", "effective")
    published_at = rest.Instant()
    assumed = rest.Whole()
    confirmed = rest.Flag()


class PolicyFileOut(rest.Out):
    id = rest.Id()
    name = rest.Str()
    media_type = rest.Str()
    size = rest.Whole()
    sha256 = rest.Str()


class MeasureOut(rest.Out):
    id = rest.Id()
    kind = rest.OneOf(*MEASURES)
    held_on = rest.Day()
    text = rest.Str()
    people = rest.Whole(allow_none=True)
    hours = rest.Number(allow_none=True)
    recorded_at = rest.Instant()
    files = rest.Many(PolicyFileOut)


class SignoffOut(rest.Out):
    id = rest.Id()
    duty = rest.Str()
    signer = rest.Str()
    signed_on = rest.Day()
    file_id = rest.Id(allow_none=True)


class PolicyOut(rest.Out):
    """One state of a policy and how it was made known; `acknowledged_at` is one's own acknowledgement."""

    name = rest.Str()
    title = rest.Said()
    digest = rest.Str()
    effective = rest.Day()
    status = rest.OneOf("trial", "effective")
    states = rest.Many(StateOut)
    confirmed_at = rest.Instant(allow_none=True)
    measures = rest.Many(MeasureOut)
    signoffs = rest.Many(SignoffOut)
    acknowledged_at = rest.Instant(allow_none=True)
    policy = rest.Raw(metadata=_SHOWN)


class PolicyFilter(rest.Query):
    """Which state: by its `digest`, or the one in force `on` a day, today where nothing is said."""

    digest = rest.Line(80, load_default=None)
    on = rest.Day(load_default=None)


class DigestIn(rest.In):
    digest = rest.Line(80, required=True)


class MeasureIn(DigestIn):
    kind = rest.OneOf(*MEASURES, required=True)
    held_on = rest.Day(required=True)
    text = rest.Prose(4000, required=True)
    people = rest.Whole(1, 1_000_000, allow_none=True, load_default=None)
    hours = rest.Number(places=2, least=Decimal("0.01"), allow_none=True, load_default=None)
    file_ids = rest.Many(rest.Id(), most=20, load_default=())


class SignoffIn(DigestIn):
    duty = rest.Line(40, required=True)
    signer = rest.Line(80, required=True)
    signed_on = rest.Day(required=True)
    file_id = rest.Id(allow_none=True, load_default=None)


class PaperIn(DigestIn):
    employee_ids = rest.Many(rest.Id(), most=1000, least=1, required=True)
    file_id = rest.Id(required=True)


class AddedOut(rest.Out):
    added = rest.Whole()


class AcknowledgementOut(rest.Out):
    employee_id = rest.Id()
    number = rest.Str()
    name = rest.Str()
    way = rest.OneOf(*WAYS, allow_none=True)
    acknowledged_at = rest.Instant(allow_none=True)


class AcknowledgementFilter(rest.Listing):
    digest = rest.Line(80, load_default=None)
    lacking = rest.Flag(load_default=None)


class DiffFilter(rest.Query):
    """Two states by digest."""

    before = rest.Line(80, required=True, data_key="from")
    after = rest.Line(80, required=True, data_key="to")


class ChangeOut(rest.Out):
    """`before` is null for what was added, `after` for what was removed; `path` and `line` say where it stands or stood."""

    key = rest.Str()
    before = rest.Str(allow_none=True)
    after = rest.Str(allow_none=True)
    path = rest.Str()
    line = rest.Whole()


class DiffOut(rest.Out):
    changes = rest.Many(ChangeOut, most=10_000)


# What the pages ask for


class PageFilter(PolicyFilter):
    """Which state, and what to look for in it."""

    q = rest.Line(80, load_default=None)


class StatesAsked(rest.Query):
    """Two states by digest; without them the latest two."""

    before = rest.Line(80, load_default=None)
    after = rest.Line(80, load_default=None)


class ImpactAsked(rest.Query):
    """A state by digest and the cycle it would judge, once both are chosen."""

    digest = rest.Line(80, load_default=None)
    cycle_id = rest.Id(load_default=None)


class PaperListIn(DigestIn):
    """A list signed on paper, with the people by employee number as they are typed, and the scan."""

    numbers = rest.Prose(20_000, required=True)
    file_ids = rest.Many(rest.Id(), least=1, most=1, required=True)
