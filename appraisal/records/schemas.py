"""What the endpoints of retention take in and give out."""

from appraisal import rest
from appraisal.people.schemas_organisation import EmployeeNameOut


class PreviewFilter(rest.Query):
    on = rest.Day(load_default=None)


class DueOut(rest.Out):
    """`since`: the first day on which it is past its term; `blocks`: why it is kept all the same."""

    kind = rest.OneOf("case", "person", "document", "release")
    id = rest.Id()
    since = rest.Day()
    number = rest.Str()
    what = rest.Str()
    blocks = rest.Many(rest.Said())


class PreviewOut(rest.Out):
    """`kept_cases`: cases that are within their term, those of everybody who is employed included."""

    on = rest.Day()
    ready = rest.Many(DueOut)
    blocked = rest.Many(DueOut)
    kept_cases = rest.Whole()


class PurgeIn(rest.In):
    """`ready`: how many things were shown as due, so that nothing goes that nobody has seen."""

    ready = rest.Whole(1, 10_000_000, required=True)


class PurgeOut(rest.Out):
    """`taken` and `rows`: how many things, and rows of each table, it took."""

    id = rest.Id()
    on = rest.Day()
    asked_by = rest.Str(allow_none=True)
    began_at = rest.Instant()
    ended_at = rest.Instant(allow_none=True)
    taken = rest.Raw()
    rows = rest.Raw()


class HoldFilter(rest.Listing):
    standing = rest.Flag(load_default=None)


class HoldIn(rest.In):
    employee_id = rest.Id(required=True)
    reason = rest.Line(500, required=True)


class HoldByNumberIn(rest.In):
    """As the page has it, where somebody is named by their number."""

    number = rest.Line(40, required=True)
    reason = rest.Line(500, required=True)


class LiftIn(rest.In):
    reason = rest.Line(500, required=True)


class HoldOut(rest.Out):
    id = rest.Id()
    employee = rest.One(EmployeeNameOut)
    reason = rest.Str()
    set_by = rest.Str(allow_none=True)
    set_at = rest.Instant()
    lifted_at = rest.Instant(allow_none=True)
    lifted_because = rest.Str(allow_none=True)
    version = rest.Version()


class TakeOutIn(rest.In):
    """Why a person's data are given out for them."""

    reason = rest.Line(500, required=True)
