"""What may be asked of the table of results, and what the endpoints of appraisals and results take in."""

from marshmallow import EXCLUDE, Schema, fields, validate

from appraisal import rest
from appraisal.reviews.models import ON_PAPER, REFUSED


class TableFilter(Schema):
    """The cycle by its code and the unit by its number; everything else of the address is none of its business."""

    class Meta:
        unknown = EXCLUDE

    cycle = fields.String(load_default=None, validate=validate.Length(max=40))
    unit = fields.Integer(load_default=None, validate=validate.Range(1, 2**31 - 1))


# What the endpoints take in


class AppraisalFilter(rest.Query):
    cycle_id = rest.Id(load_default=None)
    unit_id = rest.Id(load_default=None)
    step = rest.Line(40, load_default=None)
    grade = rest.Line(10, load_default=None)
    whose = rest.OneOf("all", "own", "team", load_default="all")
    rated = rest.Flag(load_default=None)
    search = rest.Line(80, load_default=None)


class AppraisalListing(rest.Listing, AppraisalFilter):
    """The same, a page at a time."""


class ResultFilter(rest.Query):
    cycle_id = rest.Id(load_default=None)
    unit_id = rest.Id(load_default=None)
    grade = rest.Line(10, load_default=None)
    search = rest.Line(80, load_default=None)


class ResultListing(rest.Listing, ResultFilter):
    """The same, a page at a time."""


class RatingIn(rest.In):
    """A rating on the policy's scale, or points by sub-factor."""

    sheet_id = rest.Id(required=True)
    item = rest.Line(80, required=True)
    rating = rest.Number(allow_none=True, load_default=None)
    factors = rest.Numbers(allow_none=True, load_default=None)


class SelfAssessmentIn(rest.In):
    statement = rest.Prose(20_000, required=True)
    ratings = rest.Many(RatingIn, most=200, load_default=list)


class DraftIn(rest.In):
    comment = rest.Prose(20_000, least=0, required=True)
    ratings = rest.Many(RatingIn, most=200, load_default=list)


class ReviewIn(rest.In):
    comment = rest.Prose(20_000, required=True)
    ratings = rest.Many(RatingIn, most=200, load_default=list)


class OpinionIn(rest.In):
    opinion = rest.Prose(20_000, required=True)


class WaiverIn(rest.In):
    supervisor_id = rest.Id(required=True)
    reason = rest.Prose(required=True)


class InterviewIn(rest.In):
    held_on = rest.Day(required=True)
    began_at = rest.TimeOfDay(allow_none=True, load_default=None)
    place = rest.Line(200, required=True)
    strengths = rest.Prose(20_000, required=True)
    shortcomings = rest.Prose(20_000, required=True)
    plan = rest.Prose(20_000, required=True)
    comment = rest.Prose(20_000, least=0, load_default="")
    next_goals = rest.Prose(20_000, allow_none=True, load_default=None)
    training = rest.Prose(20_000, allow_none=True, load_default=None)
    support = rest.Prose(20_000, allow_none=True, load_default=None)


class SignatureIn(rest.In):
    disagrees = rest.Flag(load_default=False)
    comment = rest.Prose(20_000, allow_none=True, load_default=None)


class SignatureEntryIn(SignatureIn):
    """A signature on paper, with the scan handed in before, or a refusal before two witnesses."""

    how = rest.OneOf(ON_PAPER, REFUSED, required=True)
    file_id = rest.Id(allow_none=True, load_default=None)
    witness_ids = rest.Many(rest.Id(), most=2, load_default=list)


class AcknowledgementIn(rest.In):
    agrees = rest.Flag(required=True)
    comment = rest.Prose(20_000, allow_none=True, load_default=None)


class AcknowledgementEntryIn(rest.In):
    answer = rest.OneOf("agreed", "disagreed", "refused", required=True)
    comment = rest.Prose(20_000, allow_none=True, load_default=None)
    file_id = rest.Id(allow_none=True, load_default=None)
    witness_ids = rest.Many(rest.Id(), most=2, load_default=list)


class AppealIn(rest.In):
    grounds = rest.Prose(20_000, required=True)
    wanted = rest.Prose(20_000, allow_none=True, load_default=None)
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)


class AcceptanceIn(rest.In):
    note = rest.Prose(20_000, required=True)


class TurningDownIn(rest.In):
    ground = rest.OneOf("late", "out_of_scope", required=True)
    reason = rest.Prose(20_000, required=True)


class StatementIn(rest.In):
    text = rest.Prose(20_000, required=True)
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)


class ReasonIn(rest.In):
    reason = rest.Prose(20_000, required=True)


class DecisionIn(rest.In):
    """Upheld, with goals rated anew or another grade, unless figures have been corrected; or dismissed."""

    upheld = rest.Flag(required=True)
    reasons = rest.Prose(20_000, required=True)
    ratings = rest.Many(RatingIn, most=200, load_default=list)
    grade = rest.Line(10, allow_none=True, load_default=None)
    delayed_because = rest.Prose(20_000, allow_none=True, load_default=None)


class RevisionIn(rest.In):
    reason = rest.Prose(20_000, required=True)
    ratings = rest.Many(RatingIn, most=200, load_default=list)
    grade = rest.Line(10, allow_none=True, load_default=None)


class GrantIn(rest.In):
    granted = rest.Flag(required=True)
    reason = rest.Prose(20_000, required=True)


class ApprovalIn(rest.In):
    note = rest.Prose(20_000, allow_none=True, load_default=None)


class MoveIn(rest.In):
    action = rest.Line(80, required=True)
    reason = rest.Prose(20_000, allow_none=True, load_default=None)


class NothingIn(rest.In):
    """Nothing but the version."""


class ChosenIn(rest.In):
    id = rest.Id(required=True)
    version = rest.Version(required=True)


class ManyIn(rest.In):
    """Appraisals by id with the version one has seen of each."""

    appraisals = rest.Many(ChosenIn, least=1, most=500, required=True)


class ApprovalsIn(ManyIn):
    note = rest.Prose(20_000, allow_none=True, load_default=None)


class ComputationIn(rest.In):
    cycle_id = rest.Id(required=True)


class CalibrationFilter(rest.Listing):
    cycle_id = rest.Id(load_default=None)
    status = rest.OneOf("open", "closed", load_default=None)


class CalibrationIn(rest.In):
    cycle_id = rest.Id(required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)
    name = rest.Line(120, required=True)


class ProposalIn(rest.In):
    appraisal_id = rest.Id(required=True)
    grade = rest.Line(10, required=True)
    reason = rest.Prose(20_000, required=True)


class ClosingIn(rest.In):
    minutes = rest.Prose(20_000, allow_none=True, load_default=None)


class PastGradeFilter(rest.Listing):
    employee_id = rest.Id(load_default=None)


class PastGradeIn(rest.In):
    employee_id = rest.Id(required=True)
    period = rest.Line(10, required=True)
    grade = rest.Line(10, required=True)
    score = rest.Number(allow_none=True, load_default=None)
    collective = rest.Flag(load_default=False)
    source_document = rest.Line(200, required=True)


class PastGradeForm(rest.Query):
    file = rest.File(required=True)
    preview = rest.Flag(load_default=False)


class ImpactFilter(rest.Query):
    """Another text, by digest, and the cycle whose stored cases it would judge."""

    digest = rest.Line(80, required=True)
    cycle_id = rest.Id(required=True)
