"""What the endpoints of appraisals and results give out: every field is always there, null where it is not the reader's."""

from appraisal import rest
from appraisal.results.models import APPEALED, CALIBRATED, COMPUTED, REVIEWED
from appraisal.results.told import SCOPES
from appraisal.reviews.models import DECISION, GOAL_RATING, INTERVIEW, ON_PAPER, REFUSED, SELF_ASSESSMENT, SUPERVISOR_REVIEW

LAYERS = (COMPUTED, CALIBRATED, APPEALED, REVIEWED)
ENTRY_KINDS = (SELF_ASSESSMENT, GOAL_RATING, SUPERVISOR_REVIEW, INTERVIEW, DECISION)


class PersonNamedOut(rest.Out):
    """A person; an account of a function has its login for a name."""

    id = rest.Id(allow_none=True)
    number = rest.Str(allow_none=True)
    name = rest.Str()


class CaseCycleOut(rest.Out):
    id = rest.Id()
    code = rest.Str()
    name = rest.Str()
    period = rest.Str()


class CasePlaceOut(rest.Out):
    unit_id = rest.Id()
    unit = rest.Said()
    post = rest.Said()


class FiguresOut(rest.Out):
    """The layer that the reader may see: null where it is not theirs to know."""

    layer = rest.OneOf(*LAYERS)
    score = rest.Number(allow_none=True)
    grade = rest.Str()
    multiplier = rest.Number(allow_none=True)
    vetoed = rest.Flag(allow_none=True)
    published_at = rest.Instant(allow_none=True)
    approved_at = rest.Instant(allow_none=True)


class AppraisalRowOut(rest.Out):
    id = rest.Id()
    version = rest.Version()
    cycle = rest.One(CaseCycleOut)
    employee = rest.One(PersonNamedOut)
    places = rest.Many(CasePlaceOut)
    rated = rest.Flag()
    step = rest.Str()
    step_name = rest.Said()
    due_on = rest.Day(allow_none=True)
    result = rest.One(FiguresOut, allow_none=True)


class ResultRowOut(rest.Out):
    """An approved result that stands."""

    number = rest.Str()
    appraisal_id = rest.Id()
    cycle = rest.One(CaseCycleOut)
    employee = rest.One(PersonNamedOut)
    places = rest.Many(CasePlaceOut)
    layer = rest.OneOf(*LAYERS)
    score = rest.Number(allow_none=True)
    grade = rest.Str()
    multiplier = rest.Number()
    vetoed = rest.Flag(allow_none=True)
    approved_at = rest.Instant()
    policy_digest = rest.Str()


class GivenRatingOut(rest.Out):
    rating = rest.Number(allow_none=True)
    factors = rest.Numbers(allow_none=True)


class JointAssessorOut(rest.Out):
    """One of several who rate a goal together. `rated`: whether they have; what they gave is for those who handle the case, and
    for the others who rate it once all have."""

    person = rest.One(PersonNamedOut, allow_none=True)
    share = rest.Number()
    rated = rest.Flag()
    given = rest.One(GivenRatingOut, allow_none=True)


class CaseItemOut(rest.Out):
    item = rest.Str()
    kind = rest.OneOf("kpi", "gs")
    name = rest.Said()
    dimension = rest.Str(allow_none=True)
    weight = rest.Number()
    target = rest.Number(allow_none=True)
    challenge = rest.Number(allow_none=True)
    unit = rest.Str(allow_none=True)
    standard = rest.Str(allow_none=True)
    factor_max = rest.Numbers(allow_none=True)
    assessor = rest.One(PersonNamedOut, allow_none=True)
    assessors = rest.Many(JointAssessorOut, metadata={"description": "several who rate it together, in place of one"})
    own_rating = rest.One(GivenRatingOut, allow_none=True)
    rating = rest.One(GivenRatingOut, allow_none=True)


class SubjectOut(rest.Out):
    """Whose sheet it is: the person's own, or that of the unit or contractor for which the person answers (D-01)."""

    kind = rest.OneOf("person", "unit", "external")
    name = rest.Said()
    responsible = rest.One(PersonNamedOut, allow_none=True)


class CaseSheetOut(rest.Out):
    id = rest.Id()
    subject = rest.One(SubjectOut)
    post = rest.Said()
    unit = rest.Said()
    from_on = rest.Day()
    to_on = rest.Day()
    days = rest.Whole()
    share = rest.Number()
    agreement_id = rest.Id(allow_none=True)
    signed = rest.Flag()
    items = rest.Many(CaseItemOut)


class InterviewSignatureOut(rest.Out):
    role = rest.OneOf("employee", "supervisor")
    how = rest.OneOf("signed", ON_PAPER, REFUSED, "lapsed")
    disagrees = rest.Flag()
    comment = rest.Str(allow_none=True)
    file_id = rest.Id(allow_none=True)
    witnesses = rest.Many(rest.One(PersonNamedOut))
    signed_at = rest.Instant()


class InterviewOut(rest.Out):
    held_on = rest.Day()
    began_at = rest.Str(allow_none=True)
    place = rest.Str()
    strengths = rest.Str()
    shortcomings = rest.Str()
    plan = rest.Str()
    next_goals = rest.Str(allow_none=True)
    training = rest.Str(allow_none=True)
    support = rest.Str(allow_none=True)
    content_hash = rest.Str()
    signatures = rest.Many(InterviewSignatureOut)


class CaseEntryOut(rest.Out):
    id = rest.Id()
    kind = rest.OneOf(*ENTRY_KINDS)
    author = rest.One(PersonNamedOut)
    comment = rest.Str()
    entered_at = rest.Instant()
    interview = rest.One(InterviewOut, allow_none=True)


class FormerOpinionOut(rest.Out):
    supervisor = rest.One(PersonNamedOut)
    opinion = rest.Str(allow_none=True)
    waived_because = rest.Str(allow_none=True)
    entered_at = rest.Instant()


class CaseFiguresOut(FiguresOut):
    """`preliminary`: proposed at the interview, not published (D-18)."""

    result_id = rest.Id()
    preliminary = rest.Flag()
    computed_score = rest.Number(allow_none=True)


class GivenApprovalOut(rest.Out):
    link = rest.Str()
    approver = rest.One(PersonNamedOut)
    approved_at = rest.Instant()
    note = rest.Str(allow_none=True)


class LayerOut(CaseFiguresOut):
    seq = rest.Whole()
    reason = rest.Str(allow_none=True)
    computed_by = rest.One(PersonNamedOut, allow_none=True)
    computed_at = rest.Instant()
    approvals = rest.Many(GivenApprovalOut)


class AcknowledgedOut(rest.Out):
    result_id = rest.Id()
    answer = rest.OneOf("agreed", "disagreed", "refused", "deemed")
    comment = rest.Str(allow_none=True)
    file_id = rest.Id(allow_none=True)
    witnesses = rest.Many(rest.One(PersonNamedOut))
    entered_by = rest.One(PersonNamedOut, allow_none=True)
    at = rest.Instant()


class AppealActOut(rest.Out):
    id = rest.Id()
    kind = rest.Str()
    text = rest.Str()
    wanted = rest.Str(allow_none=True)
    ground = rest.Str(allow_none=True)
    delayed_because = rest.Str(allow_none=True)
    result_id = rest.Id(allow_none=True)
    by = rest.One(PersonNamedOut, allow_none=True)
    at = rest.Instant()
    file_ids = rest.Many(rest.Id())


class AppealOut(rest.Out):
    id = rest.Id()
    result_id = rest.Id()
    late = rest.Flag()
    state = rest.OneOf("filed", "accepted", "rejected", "withdrawn", "upheld", "dismissed")
    filed_at = rest.Instant()
    accept_by = rest.Day(allow_none=True)
    decide_by = rest.Day(allow_none=True)
    acts = rest.Many(AppealActOut)


class ReopeningOut(rest.Out):
    id = rest.Id()
    result_id = rest.Id()
    reason = rest.Str()
    by = rest.One(PersonNamedOut, allow_none=True)
    at = rest.Instant()
    granted = rest.Flag(allow_none=True)
    decided_because = rest.Str(allow_none=True)
    decided_by = rest.One(PersonNamedOut, allow_none=True)
    decided_at = rest.Instant(allow_none=True)


class MadeMoveOut(rest.Out):
    action = rest.Str()
    action_name = rest.Said()
    from_step = rest.Str()
    to_step = rest.Str()
    reason = rest.Str(allow_none=True)
    by = rest.One(PersonNamedOut, allow_none=True)
    at = rest.Instant()


class CasePartOut(rest.Out):
    """What the result takes beside the sheets: a quarter, 360° feedback, the development plan, unit or company (D-02, D-24)."""

    kind = rest.OneOf("quarter", "feedback", "development", "unit", "company")
    name = rest.Said()
    source = rest.Str()
    share = rest.Number()
    score = rest.Number()
    vetoed = rest.Flag()
    coefficient = rest.Number(allow_none=True)


class CaseOfCycleOut(CaseCycleOut):
    status = rest.OneOf("draft", "open", "closed")


class CaseOut(rest.Out):
    """One appraisal as its reader may see it. `explanation` is the outcome of the shown layer: items, fired rules, lines."""

    id = rest.Id()
    version = rest.Version()
    scope = rest.OneOf(*SCOPES)
    cycle = rest.One(CaseOfCycleOut)
    employee = rest.One(PersonNamedOut)
    rated = rest.Flag()
    not_rated_reason = rest.Str(allow_none=True)
    step = rest.Str()
    step_name = rest.Said()
    step_since = rest.Instant()
    due_on = rest.Day(allow_none=True)
    sheets = rest.Many(CaseSheetOut)
    entries = rest.Many(CaseEntryOut)
    former_opinions = rest.Many(FormerOpinionOut)
    layers = rest.Many(LayerOut)
    result = rest.One(CaseFiguresOut, allow_none=True)
    explanation = rest.Raw(allow_none=True, metadata={"type": ["object", "null"]})
    parts = rest.Many(CasePartOut)
    acknowledgements = rest.Many(AcknowledgedOut)
    appeals = rest.Many(AppealOut)
    reopenings = rest.Many(ReopeningOut)
    moves = rest.Many(MadeMoveOut)
    possible = rest.Many(rest.Str())


class DraftRatingOut(rest.Out):
    sheet_id = rest.Id()
    item = rest.Str()
    rating = rest.Str(allow_none=True)
    factors = rest.Numbers(allow_none=True)


class DraftOut(rest.Out):
    """Version 1 is that of a draft of which nothing has been saved yet."""

    version = rest.Version()
    comment = rest.Str()
    ratings = rest.Many(DraftRatingOut)
    saved_at = rest.Instant(allow_none=True)


class GoalTaskOut(rest.Out):
    appraisal_id = rest.Id()
    sheet_id = rest.Id()
    employee = rest.One(PersonNamedOut)
    item = rest.One(CaseItemOut)


class GoalTasksOut(rest.Out):
    items = rest.Many(GoalTaskOut, most=20_000)


class DoneManyOut(rest.Out):
    """What was done about one appraisal, or the code and words of why nothing was."""

    appraisal_id = rest.Id()
    done = rest.Flag()
    code = rest.Str(allow_none=True)
    message = rest.Said(allow_none=True)


class DoneListOut(rest.Out):
    done = rest.Whole()
    rows = rest.Many(DoneManyOut)


class NotComputedOut(rest.Out):
    """Who could not be computed, and the code and words of why."""

    appraisal_id = rest.Id()
    number = rest.Str()
    code = rest.Str()
    message = rest.Said()


class ComputationOut(rest.Out):
    computed = rest.Whole()
    waiting = rest.Many(NotComputedOut, most=20_000)


class CalibrationLimitOut(rest.Out):
    """At most `limit` people may have this grade or a better one; `count` have."""

    grade = rest.Str()
    limit = rest.Whole()
    count = rest.Whole()
    impossible_for = rest.Whole()


class GradeCountOut(rest.Out):
    grade = rest.Str()
    count = rest.Whole()


class CalibrationGroupOut(rest.Out):
    unit = rest.Said(allow_none=True)
    size = rest.Whole()
    counts = rest.Many(GradeCountOut)
    limits = rest.Many(CalibrationLimitOut)


class CalibrationRowOut(rest.Out):
    id = rest.Id()
    version = rest.Version()
    cycle_id = rest.Id()
    unit_id = rest.Id(allow_none=True)
    name = rest.Str()
    status = rest.OneOf("open", "closed")
    opened_at = rest.Instant()
    closed_at = rest.Instant(allow_none=True)
    minutes = rest.Str(allow_none=True)


class CalibrationMemberOut(rest.Out):
    appraisal_id = rest.Id()
    employee = rest.One(PersonNamedOut)
    step = rest.Str()
    score = rest.Number(allow_none=True)
    computed_grade = rest.Str(allow_none=True)
    proposed_grade = rest.Str(allow_none=True)
    reason = rest.Str(allow_none=True)
    vetoed = rest.Flag()


class CalibrationOut(CalibrationRowOut):
    members = rest.Many(CalibrationMemberOut, most=20_000)
    groups = rest.Many(CalibrationGroupOut, most=20_000)


class PastGradeOut(rest.Out):
    id = rest.Id()
    employee_id = rest.Id()
    period = rest.Str()
    grade = rest.Str()
    score = rest.Number(allow_none=True)
    collective = rest.Flag()
    source_document = rest.Str()
    imported_at = rest.Instant()


class ImportedGradesOut(rest.Out):
    new = rest.Whole()
    unchanged = rest.Whole()
    faults = rest.Many(rest.Raw(), most=20_000)


class JudgedOut(rest.Out):
    score = rest.Number()
    grade = rest.Str()
    multiplier = rest.Number()


class WouldMoveOut(rest.Out):
    """`after` is null where the other text gives no result; `refusal` says why."""

    appraisal_id = rest.Id()
    number = rest.Str()
    name = rest.Str()
    before = rest.One(JudgedOut)
    after = rest.One(JudgedOut, allow_none=True)
    refusal = rest.Said(allow_none=True)


class GradesMovedOut(rest.Out):
    before = rest.Str()
    after = rest.Str(allow_none=True)
    count = rest.Whole()


class ImpactOut(rest.Out):
    """`moved` of `cases` would have another result. Multipliers are totals over the cases that both texts judge."""

    digest = rest.Str()
    cycle = rest.Str()
    cases = rest.Whole()
    moved = rest.Whole()
    multipliers_before = rest.Number()
    multipliers_after = rest.Number()
    grades = rest.Many(GradesMovedOut)
    moves = rest.Many(WouldMoveOut, most=10_000)
