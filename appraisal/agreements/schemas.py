"""What the endpoints of agreements take in and give out."""

from appraisal import rest
from appraisal.agreements.approvals import STATES
from appraisal.agreements.content import LONGEST, LONGEST_TERM
from appraisal.agreements.lists import STATUSES
from appraisal.agreements.models import (
    APPROVED,
    EXCEPTED,
    IN_FORCE,
    OWN,
    PAPER,
    PROPOSED,
    REFUSED,
    TURNED_DOWN,
    WITHDRAWN,
)

SIDES = ("employee", "supervisor")
AMENDMENT_STATUSES = (PROPOSED, APPROVED, TURNED_DOWN, WITHDRAWN, IN_FORCE)
DIRECTIONS = ("higher", "lower", "target", "zero")
MOST_ITEMS = 60


class PartyOut(rest.Out):
    id = rest.Id()
    number = rest.Str()
    name = rest.Str()


class AgreementFaultOut(rest.Out):
    path = rest.Str()
    message = rest.Said()


# Content


class JointIn(rest.In):
    """One of several who rate a goal together; without a share, as the sheet prints it, else an even one."""

    assessor_id = rest.Id(required=True)
    share = rest.Number(places=2, allow_none=True, load_default=None)


class ItemIn(rest.In):
    """`id` names an indicator of the pinned policy's library, or is the sheet's own, which then needs `name_zh`, and says where
    its figure comes from (`source`) or how it is rated (`standard`). `goal_id` is the goal it serves.
    `assessors` are several who rate a goal together, in place of one."""

    id = rest.Line(80, required=True)
    kind = rest.OneOf("kpi", "gs", required=True)
    weight = rest.Number(required=True)
    dimension = rest.Line(80, allow_none=True, load_default=None)
    target = rest.Number(allow_none=True, load_default=None)
    challenge = rest.Number(allow_none=True, load_default=None)
    threshold = rest.Number(allow_none=True, load_default=None)
    baseline = rest.Number(allow_none=True, load_default=None)
    curve = rest.Line(80, allow_none=True, load_default=None)
    direction = rest.OneOf(*DIRECTIONS, allow_none=True, load_default=None)
    name_zh = rest.Line(LONGEST["name_zh"], allow_none=True, load_default=None)
    name_en = rest.Line(LONGEST["name_en"], allow_none=True, load_default=None)
    unit = rest.Line(LONGEST["unit"], allow_none=True, load_default=None)
    factor_max = rest.Numbers(load_default=dict)
    standard = rest.Prose(LONGEST["standard"], allow_none=True, load_default=None)
    source = rest.Line(LONGEST["source"], allow_none=True, load_default=None)
    assessor_id = rest.Id(allow_none=True, load_default=None)
    assessors = rest.Many(JointIn, most=10, load_default=list)
    goal_id = rest.Id(allow_none=True, load_default=None)


class JointOut(rest.Out):
    """One of several who rate a goal together."""

    assessor_id = rest.Id()
    share = rest.Number()


class TermsIn(rest.In):
    """Rights and duties, rewards and penalties, how it is amended and ended."""

    duties = rest.Prose(LONGEST_TERM, allow_none=True, load_default=None)
    rewards = rest.Prose(LONGEST_TERM, allow_none=True, load_default=None)
    ending = rest.Prose(LONGEST_TERM, allow_none=True, load_default=None)


class TermsOut(rest.Out):
    duties = rest.Str(allow_none=True)
    rewards = rest.Str(allow_none=True)
    ending = rest.Str(allow_none=True)


class ContentIn(rest.In):
    """Without `terms`, those that stand are kept."""

    items = rest.Many(ItemIn, least=1, most=MOST_ITEMS, required=True)
    terms = rest.One(TermsIn, allow_none=True, load_default=None)


class LevelOut(rest.Out):
    rating = rest.Number()
    text = rest.Said()


class ItemOut(rest.Out):
    """`name`, `sources` and `definition` are the library's, or for an item of the sheet's own what it says itself; so are
    target, challenge, curve, sub-factors and standard where the item does not say them.

    Of a sheet whose weights are printed by group, `printed` is the weight of the item's whole `group`, and `assessor` who
    assesses it by the sheet.
    """

    id = rest.Str()
    kind = rest.OneOf("kpi", "gs")
    name = rest.Said()
    own = rest.Flag()
    dimension = rest.Str(allow_none=True)
    dimension_name = rest.Said(allow_none=True)
    weight = rest.Number()
    printed = rest.Number(allow_none=True)
    group = rest.Whole(1, allow_none=True)
    unit = rest.Str(allow_none=True)
    target = rest.Number(allow_none=True)
    challenge = rest.Number(allow_none=True)
    threshold = rest.Number(allow_none=True)
    baseline = rest.Number(allow_none=True)
    curve = rest.Str(allow_none=True)
    direction = rest.Str(allow_none=True)
    factor_max = rest.Numbers()
    definition = rest.Said(allow_none=True)
    sources = rest.Many(rest.Str())
    standard = rest.Str(allow_none=True)
    levels = rest.Many(LevelOut)
    assessor = rest.Str(allow_none=True)
    assessor_id = rest.Id(allow_none=True)
    assessors = rest.Many(JointOut)
    goal_id = rest.Id(allow_none=True)
    goal = rest.Str(allow_none=True)


class FindingOut(rest.Out):
    """An error keeps the agreement from being signed, and so does what needs approval until it has it; a warning is for those
    who sign."""

    severity = rest.OneOf("error", "approval", "warning")
    code = rest.Str()
    path = rest.Str()
    message = rest.Said()


# Agreements


class AgreementFilter(rest.Listing):
    cycle_id = rest.Id(required=True)
    status = rest.OneOf(*STATUSES, load_default=None)
    unit_id = rest.Id(load_default=None, metadata={"description": "this unit and all below"})
    number = rest.Line(40, load_default=None)
    sheet_id = rest.Id(load_default=None)


class MissingFilter(rest.Listing):
    cycle_id = rest.Id(required=True)
    unit_id = rest.Id(load_default=None, metadata={"description": "this unit and all below"})
    number = rest.Line(40, load_default=None)


class MissingOut(rest.Out):
    """A sheet without an agreement in force; `draft_id` is the draft there is."""

    sheet_id = rest.Id()
    appraisal_id = rest.Id()
    employee = rest.One(PartyOut)
    unit = rest.Str()
    post = rest.Said()
    from_on = rest.Day()
    to_on = rest.Day()
    draft_id = rest.Id(allow_none=True)


class AgreementRowOut(rest.Out):
    """`settled`: the sides that have signed, or for whom something stands on record instead."""

    id = rest.Id()
    sheet_id = rest.Id()
    appraisal_id = rest.Id()
    employee = rest.One(PartyOut)
    unit = rest.Str()
    post = rest.Said()
    revision = rest.Whole(1)
    status = rest.OneOf(*STATUSES)
    amendment_status = rest.OneOf(*AMENDMENT_STATUSES, allow_none=True)
    settled = rest.Many(rest.OneOf(*SIDES))
    version = rest.Version()


class SignatureOut(rest.Out):
    """`refused` and `excepted` stand for a signature. `signed_at` is when it was entered, `signed_on` the day on the paper."""

    role = rest.OneOf(*SIDES)
    kind = rest.OneOf(OWN, PAPER, REFUSED, EXCEPTED)
    employee = rest.One(PartyOut, allow_none=True)
    signed_at = rest.Instant()
    signed_on = rest.Day(allow_none=True)
    content_hash = rest.Str()
    reason = rest.Str(allow_none=True)
    file_id = rest.Id(allow_none=True)
    witnesses = rest.Many(PartyOut)


class RevisionOut(rest.Out):
    id = rest.Id()
    revision = rest.Whole(1)
    status = rest.OneOf(*STATUSES)
    amendment_id = rest.Id(allow_none=True)


class RuleOut(rest.Out):
    """An incident that zeroes an item or the whole of this sheet."""

    id = rest.Str()
    name = rest.Said()
    veto = rest.Flag()


class AgreedGroupOut(rest.Out):
    """A printed weight of the sheet beside what is agreed on for its rows."""

    group = rest.Whole(1)
    kind = rest.OneOf("kpi", "gs")
    printed = rest.Number()
    agreed = rest.Number()
    items = rest.Many(rest.Str())


class WeightsOut(rest.Out):
    """Whether the weights leave the printed ones and have been approved, for exactly this content (D-09)."""

    approval = rest.OneOf(*STATES)
    approval_id = rest.Id(allow_none=True)
    groups = rest.Many(AgreedGroupOut)


class AgreementOut(rest.Out):
    id = rest.Id()
    number = rest.Str()
    cycle_id = rest.Id()
    cycle = rest.Str()
    sheet_id = rest.Id()
    appraisal_id = rest.Id()
    employee = rest.One(PartyOut)
    supervisor = rest.One(PartyOut, allow_none=True)
    unit = rest.Str()
    post = rest.Said()
    from_on = rest.Day()
    to_on = rest.Day()
    revision = rest.Whole(1)
    status = rest.OneOf(*STATUSES)
    content_hash = rest.Str()
    drafted_at = rest.Instant()
    terms = rest.One(TermsOut)
    items = rest.Many(ItemOut)
    weights = rest.One(WeightsOut)
    rules = rest.Many(RuleOut)
    findings = rest.Many(FindingOut)
    signatures = rest.Many(SignatureOut)
    amendment_id = rest.Id(allow_none=True)
    revisions = rest.Many(RevisionOut)
    version = rest.Version()


class DraftIn(rest.In):
    sheet_id = rest.Id(required=True)


class SignIn(rest.In):
    """The hash of the content as it was read."""

    content_hash = rest.Line(80, required=True)


class PaperIn(SignIn):
    role = rest.OneOf(*SIDES, required=True)
    file_id = rest.Id(required=True)
    signed_on = rest.Day(required=True)


class RefusalIn(SignIn):
    role = rest.OneOf(*SIDES, required=True)
    witness_ids = rest.Many(rest.Id(), least=2, most=2, required=True)
    reason = rest.Prose(2000, required=True)
    file_id = rest.Id(allow_none=True, load_default=None)


class SigningExceptionIn(SignIn):
    reason = rest.Prose(2000, required=True)


class ReasonIn(rest.In):
    reason = rest.Prose(500, required=True)


# Amendments


class AmendmentIn(ContentIn):
    reason = rest.Prose(2000, required=True)


class DecisionIn(SignIn):
    """A refusal needs a reason."""

    approve = rest.Flag(required=True)
    reason = rest.Prose(2000, allow_none=True, load_default=None)


class AmendmentFilter(rest.Listing):
    cycle_id = rest.Id(required=True)
    status = rest.OneOf(*AMENDMENT_STATUSES, load_default=None)


class AmendmentOut(rest.Out):
    """`agreement_id` is the revision it proposes, and `content_hash` that revision's; `of_id` is what it would supersede."""

    id = rest.Id()
    agreement_id = rest.Id()
    of_id = rest.Id()
    employee = rest.One(PartyOut)
    status = rest.OneOf(*AMENDMENT_STATUSES)
    reason = rest.Str()
    proposer_id = rest.Id()
    proposed_at = rest.Instant()
    decided_at = rest.Instant(allow_none=True)
    decision = rest.Str(allow_none=True)
    content_hash = rest.Str()
    version = rest.Version()
