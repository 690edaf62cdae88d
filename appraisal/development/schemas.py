"""What the endpoints of development take in and give out."""

from appraisal import rest
from appraisal.people.schemas_organisation import EmployeeNameOut


class DevelopmentActIn(rest.In):
    """An act that needs no words."""


class DevelopmentReasonIn(rest.In):
    """Why."""

    reason = rest.Prose(2000, required=True)


# Development plans


class DevelopmentGoalIn(rest.In):
    """A goal: what, by which actions, until when."""

    goal = rest.Line(500, required=True)
    actions = rest.Prose(4000, required=True)
    due_on = rest.Day(required=True)


class DevelopmentGoalsIn(rest.In):
    """The goals of a plan."""

    goals = rest.Many(DevelopmentGoalIn, least=1, most=20, required=True)


class DevelopmentPlanIn(DevelopmentGoalsIn):
    """A plan of an annual appraisal."""

    appraisal_id = rest.Id(required=True)


class DevelopmentRatingIn(rest.In):
    """How far each goal was reached, 0 to 100, in the order of the goals."""

    ratings = rest.Many(rest.Number(), least=1, most=20, required=True)
    comment = rest.Prose(4000, required=True)


class DevelopmentPlanFilter(rest.Listing):
    """Which plans of a cycle."""

    cycle_id = rest.Id(required=True)
    status = rest.OneOf("draft", "proposed", "agreed", "rated", load_default=None)


class DevelopmentGoalOut(rest.Out):
    """A goal, and how far it was reached."""

    goal = rest.Str()
    actions = rest.Str()
    due_on = rest.Day()
    rating = rest.Number(allow_none=True)


class DevelopmentPlanRowOut(rest.Out):
    """A development plan."""

    id = rest.Id()
    appraisal_id = rest.Id()
    employee = rest.One(EmployeeNameOut)
    status = rest.Str()
    rating = rest.Number(allow_none=True)
    version = rest.Version()


class DevelopmentPlanOut(DevelopmentPlanRowOut):
    """A development plan with its goals."""

    comment = rest.Str(allow_none=True)
    goals = rest.Many(DevelopmentGoalOut)


# Check-ins


class CheckInFilter(rest.Listing):
    """Of which appraisal."""

    appraisal_id = rest.Id(required=True)


class CheckInIn(rest.In):
    """What was talked about."""

    appraisal_id = rest.Id(required=True)
    held_on = rest.Day(required=True)
    text = rest.Prose(4000, required=True)


class CheckInOut(rest.Out):
    """A check-in."""

    id = rest.Id()
    appraisal_id = rest.Id()
    author = rest.One(EmployeeNameOut)
    held_on = rest.Day()
    text = rest.Str()
    noted_at = rest.Instant()


# Training needs


class TrainingNeedFilter(rest.Listing):
    """Which training needs."""

    employee_id = rest.Id(load_default=None)
    appraisal_id = rest.Id(load_default=None)
    status = rest.OneOf("open", "planned", "done", "dropped", load_default=None)


class TrainingNeedIn(rest.In):
    """A training need; `item` is the weak item of the appraisal it comes from."""

    employee_id = rest.Id(required=True)
    topic = rest.Line(200, required=True)
    need = rest.Prose(4000, required=True)
    appraisal_id = rest.Id(load_default=None, allow_none=True)
    item = rest.Line(80, load_default=None, allow_none=True)


class TrainingNeedSettlementIn(rest.In):
    """A training planned with its day, or ended with what came of it."""

    status = rest.OneOf("planned", "done", "dropped", required=True)
    planned_on = rest.Day(load_default=None, allow_none=True)
    outcome_note = rest.Prose(2000, load_default=None, allow_none=True)


class TrainingNeedOut(rest.Out):
    """A training need."""

    id = rest.Id()
    employee = rest.One(EmployeeNameOut)
    appraisal_id = rest.Id(allow_none=True)
    item = rest.Str(allow_none=True)
    topic = rest.Str()
    need = rest.Str()
    status = rest.Str()
    planned_on = rest.Day(allow_none=True)
    outcome_note = rest.Str(allow_none=True)
    version = rest.Version()


# Improvement plans


class ImprovementTargetIn(rest.In):
    """An expected result with its deadline."""

    result = rest.Prose(1000, required=True)
    due_on = rest.Day(required=True)


class ImprovementTermsIn(rest.In):
    """What an improvement plan says; help (training or support) is part of every one."""

    from_on = rest.Day(required=True)
    to_on = rest.Day(required=True)
    facts = rest.Prose(10_000, required=True)
    causes = rest.Prose(10_000, required=True)
    assistance = rest.Prose(10_000, required=True)
    targets = rest.Many(ImprovementTargetIn, least=1, most=20, required=True)
    checks = rest.Many(rest.Day(), least=1, most=20, required=True)


class ImprovementIn(ImprovementTermsIn):
    """An improvement plan."""

    employee_id = rest.Id(required=True)
    appraisal_id = rest.Id(load_default=None, allow_none=True)
    last_grade = rest.Line(20, load_default=None, allow_none=True)
    manager_id = rest.Id(load_default=None, allow_none=True)


class ImprovementSignatureIn(rest.In):
    """A signature under exactly the content whose hash was shown."""

    content_hash = rest.Line(80, required=True)
    comment = rest.Prose(2000, load_default=None, allow_none=True)


class ImprovementPaperSignatureIn(rest.In):
    """A scan of the signed paper."""

    content_hash = rest.Line(80, required=True)
    role = rest.OneOf("employee", "supervisor", required=True)
    file_id = rest.Id(required=True)


class ImprovementRefusalIn(rest.In):
    """That somebody refused to sign, before two witnesses by employee number."""

    role = rest.OneOf("employee", "supervisor", required=True)
    witnesses = rest.Many(rest.Line(40), least=2, most=2, required=True)
    comment = rest.Prose(2000, required=True)


class ImprovementApprovalIn(rest.In):
    """What the approver has to say."""

    note = rest.Prose(2000, load_default=None, allow_none=True)


class ImprovementCheckIn(rest.In):
    """What was found on a check date."""

    due_on = rest.Day(required=True)
    held_on = rest.Day(required=True)
    findings = rest.Prose(4000, required=True)


class ImprovementEvaluationIn(rest.In):
    """Whether each expected result was met, the outcome, and what people have decided to follow."""

    met = rest.Many(rest.Flag(), least=1, most=20, required=True)
    outcome = rest.OneOf("met", "not_met", required=True)
    evaluation = rest.Prose(10_000, required=True)
    measure = rest.OneOf("none", "extend", "training", "transfer", "demotion", required=True)
    measures = rest.Prose(4000, least=0, load_default="")


class ImprovementFilter(rest.Listing):
    """Which improvement plans."""

    employee_id = rest.Id(load_default=None)
    status = rest.OneOf("draft", "offered", "running", "evaluated", "closed", "cancelled", load_default=None)


class ImprovementTargetOut(rest.Out):
    """An expected result, and whether it was met."""

    result = rest.Str()
    due_on = rest.Day()
    met = rest.Flag(allow_none=True)


class ImprovementCheckOut(rest.Out):
    """A check date, and what was found."""

    due_on = rest.Day()
    held_on = rest.Day(allow_none=True)
    findings = rest.Str(allow_none=True)


class ImprovementSignatureOut(rest.Out):
    """A signature, or that it was refused."""

    part = rest.Str()
    role = rest.Str()
    employee = rest.One(EmployeeNameOut)
    signed_at = rest.Instant()
    refused = rest.Flag()
    comment = rest.Str(allow_none=True)
    file_id = rest.Id(allow_none=True)
    witnesses = rest.Many(EmployeeNameOut)


class ImprovementApprovalOut(rest.Out):
    """An approval of the plan or of its evaluation."""

    part = rest.Str()
    approver = rest.One(EmployeeNameOut)
    note = rest.Str(allow_none=True)
    approved_at = rest.Instant()


class ImprovementRowOut(rest.Out):
    """An improvement plan."""

    id = rest.Id()
    employee = rest.One(EmployeeNameOut)
    status = rest.Str()
    from_on = rest.Day()
    to_on = rest.Day()
    outcome = rest.Str(allow_none=True)
    version = rest.Version()


class ImprovementOut(ImprovementRowOut):
    """An improvement plan with everything around it; `content_hash` is what a signature binds now."""

    joined_on = rest.Day()
    post_title = rest.Str()
    unit_name = rest.Str()
    last_grade = rest.Str(allow_none=True)
    appraisal_id = rest.Id(allow_none=True)
    supervisor = rest.One(EmployeeNameOut)
    manager = rest.One(EmployeeNameOut, allow_none=True)
    facts = rest.Str()
    causes = rest.Str()
    assistance = rest.Str()
    targets = rest.Many(ImprovementTargetOut)
    checks = rest.Many(ImprovementCheckOut)
    evaluation = rest.Str(allow_none=True)
    measure = rest.Str(allow_none=True)
    measures = rest.Str(allow_none=True)
    content_hash = rest.Str()
    signatures = rest.Many(ImprovementSignatureOut)
    approvals = rest.Many(ImprovementApprovalOut)
