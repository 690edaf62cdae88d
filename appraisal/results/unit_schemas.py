"""What goes in and out about the results of units and of the company."""

from decimal import Decimal

from appraisal import rest


class UnitResultFilter(rest.Listing):
    cycle_id = rest.Id(load_default=None)


class UnitFiguresIn(rest.In):
    """What the document says: a score out of 100, and the coefficient where the policy asks for one."""

    score = rest.Number(least=Decimal(0), required=True)
    coefficient = rest.Number(least=Decimal(0), allow_none=True, load_default=None)
    source_document = rest.Line(200, required=True)
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)


class UnitResultIn(UnitFiguresIn):
    """Of a unit; without one, of the company."""

    cycle_id = rest.Id(required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)


class UnitResultCorrectionIn(UnitFiguresIn):
    reason = rest.Prose(required=True)


class UnitResultFileOut(rest.Out):
    id = rest.Id()
    name = rest.Str()
    media_type = rest.Str()
    size = rest.Whole()
    sha256 = rest.Str()


class UnitResultOut(rest.Out):
    """An entry. It counts once confirmed, until a later one that corrects it has been confirmed; no unit is the company."""

    id = rest.Id()
    cycle_id = rest.Id()
    unit_id = rest.Id(allow_none=True)
    unit = rest.Said(allow_none=True)
    score = rest.Number()
    coefficient = rest.Number(allow_none=True)
    source_document = rest.Str()
    entered_by = rest.Str()
    entered_at = rest.Instant()
    confirmed_by = rest.Str(allow_none=True)
    confirmed_at = rest.Instant(allow_none=True)
    corrects_id = rest.Id(allow_none=True)
    corrected_by_id = rest.Id(allow_none=True)
    reason = rest.Str(allow_none=True)
    files = rest.Many(UnitResultFileOut)
