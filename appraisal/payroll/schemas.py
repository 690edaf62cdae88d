"""What comes in and goes out of payroll."""

from decimal import Decimal

from appraisal import rest


class ReleaseIn(rest.In):
    """The cycle to release."""

    cycle_id = rest.Id(required=True)


class BaseIn(rest.In):
    """One person's base amount and its currency (ISO 4217)."""

    employee_no = rest.Line(40, required=True)
    base = rest.Number(places=2, least=Decimal(0), required=True)
    currency = rest.Line(3, least=3, required=True)


class BasesIn(rest.In):
    """The base amounts of a release, all at once."""

    bases = rest.Many(BaseIn, most=20_000, required=True)


class DiscardIn(rest.In):
    """Why a prepared release is given up."""

    reason = rest.Prose(1000, required=True)


class ReleaseFilter(rest.Listing):
    """Which releases."""

    cycle_id = rest.Id(load_default=None)
    status = rest.OneOf("prepared", "released", "discarded", load_default=None)


class ReleaseOut(rest.Out):
    """A release in a list: its control totals, not its lines."""

    id = rest.Id()
    cycle_id = rest.Id()
    status = rest.Str()
    number = rest.Whole(allow_none=True)
    prepared_at = rest.Instant()
    ended_at = rest.Instant(allow_none=True)
    totals = rest.Raw(metadata={"type": "object"})
    sha256 = rest.Str(allow_none=True)
    version = rest.Version()


class PlaceOut(rest.Out):
    """Where somebody worked in the period."""

    unit = rest.Str()
    unit_name = rest.Str()
    post = rest.Str()
    days = rest.Whole()


class LineOut(rest.Out):
    """One line; `base`, `amount` and `delta_amount` are payroll's alone."""

    employee_no = rest.Str()
    name = rest.Str()
    places = rest.Many(PlaceOut)
    state = rest.Str()
    result_no = rest.Str(allow_none=True)
    grade = rest.Str(allow_none=True)
    multiplier = rest.Str(allow_none=True)
    coefficient = rest.Str(allow_none=True)
    previous_multiplier = rest.Str(allow_none=True)
    delta = rest.Str(allow_none=True)
    pay = rest.Str(allow_none=True)
    base = rest.Str(allow_none=True)
    currency = rest.Str(allow_none=True)
    amount = rest.Str(allow_none=True)
    delta_amount = rest.Str(allow_none=True)

    def on_bind_field(self, field_name, field_obj):  # type: ignore[no-untyped-def]
        field_obj.required = field_name not in ("base", "currency", "amount", "delta_amount")


class FullReleaseOut(rest.Out):
    """A release with its lines: once released, the same bytes each time."""

    release = rest.Str()
    cycle = rest.Str()
    period = rest.Str()
    policy_digest = rest.Str()
    status = rest.Str()
    prepared_at = rest.Str()
    released_at = rest.Str(allow_none=True)
    totals = rest.Raw(metadata={"type": "object"})
    audit = rest.Raw(metadata={"type": "object"})
    lines = rest.Many(LineOut, most=100_000)


class DueOut(rest.Out):
    """What the next release of a cycle would hold, and who is still without an approved result."""

    due = rest.Whole()
    corrections = rest.Whole()
    waiting = rest.Many(rest.Str(), most=100_000)


class SettlementFilter(rest.Query):
    """Of which cycle."""

    cycle_id = rest.Id(required=True)


class SettlementOut(rest.Out):
    """A contractor and what it has come to; figures once they are published or approved."""

    unit = rest.Str()
    unit_name = rest.Str()
    representative_no = rest.Str()
    representative = rest.Str()
    state = rest.Str(metadata={"description": "approved, provisional, waiting, not_rated"})
    result_no = rest.Str(allow_none=True)
    score = rest.Number(allow_none=True)
    grade = rest.Str(allow_none=True)
    multiplier = rest.Number(allow_none=True)


class SettlementsOut(rest.Out):
    """The contractors of a cycle."""

    cycle_id = rest.Id()
    cycle = rest.Str()
    period = rest.Str()
    policy_digest = rest.Str()
    items = rest.Many(SettlementOut, most=1000)
