"""What the endpoints of choosing from a sheet, and of weights that leave the printed ones, take in and give out."""

from appraisal import rest
from appraisal.agreements.models import ASKED, NOT_REALLOTTED, OVERTAKEN, REALLOTTED
from appraisal.agreements.schemas import MOST_ITEMS, AgreedGroupOut, LevelOut, PartyOut, SignIn

APPROVALS = (ASKED, REALLOTTED, NOT_REALLOTTED, OVERTAKEN)


class FactorOut(rest.Out):
    id = rest.Str()
    name = rest.Said()
    points = rest.Number()


class ChoiceOut(rest.Out):
    """A row that can be chosen. `printed` is the weight of its whole group; `uncertain` why our reading may be wrong."""

    id = rest.Str()
    name = rest.Said()
    definition = rest.Said(allow_none=True)
    printed = rest.Number()
    unit = rest.Str(allow_none=True)
    direction = rest.Str(allow_none=True)
    target = rest.Number(allow_none=True)
    challenge = rest.Number(allow_none=True)
    curve = rest.Str(allow_none=True)
    cadence = rest.Str(allow_none=True)
    collected = rest.Str(allow_none=True)
    sources = rest.Many(rest.Str())
    assessor = rest.Str(allow_none=True)
    levels = rest.Many(LevelOut)
    factors = rest.Many(FactorOut)
    uncertain = rest.Str(allow_none=True)


class ChoiceGroupOut(rest.Out):
    """One printed weight, and how many of its rows can be chosen while each keeps the least weight a row should have."""

    group = rest.Whole(1)
    kind = rest.OneOf("kpi", "gs")
    printed = rest.Number()
    least = rest.Whole()
    most = rest.Whole()
    rows = rest.Many(ChoiceOut)


class ChoicesOut(rest.Out):
    """`most` rows in all; `keeps_printed` whether any choice keeps all printed weights within the design rules."""

    sheet_id = rest.Id()
    post = rest.Said()
    most = rest.Whole()
    keeps_printed = rest.Flag()
    groups = rest.Many(ChoiceGroupOut)


class ChoiceIn(rest.In):
    """A row; without `weight` it gets its even part of what its group has left."""

    id = rest.Line(80, required=True)
    weight = rest.Number(allow_none=True, load_default=None)


class SelectionIn(rest.In):
    items = rest.Many(ChoiceIn, most=MOST_ITEMS, required=True)


class SelectedOut(rest.Out):
    """`preview`: an even split, which nobody has agreed on."""

    id = rest.Str()
    name = rest.Said()
    weight = rest.Number()
    preview = rest.Flag()


class SelectionFindingOut(rest.Out):
    """`approval`: no mistake, but it takes an approval. `group` counts from 1."""

    severity = rest.OneOf("error", "approval", "warning")
    code = rest.Str()
    group = rest.Whole(1, allow_none=True)
    item = rest.Str(allow_none=True)
    message = rest.Said()


class SelectionOut(rest.Out):
    """`can_stand`: no error forbids it; `feasible`: it keeps to the design rules as well."""

    items = rest.Many(SelectedOut)
    groups = rest.Many(AgreedGroupOut)
    preview = rest.Flag()
    feasible = rest.Flag()
    can_stand = rest.Flag()
    needs_approval = rest.Flag()
    findings = rest.Many(SelectionFindingOut)


class JudgedOut(SelectionOut):
    """Nothing is stored. `nearest` are up to three choices that would do, the fewest changes first, each evenly split."""

    nearest = rest.Many(SelectionOut)


class WeightApprovalIn(SignIn):
    """The hash of the content as it was read, and why its weights leave the printed ones."""

    reason = rest.Prose(2000, required=True)


class WeightApprovalFilter(rest.Listing):
    cycle_id = rest.Id(required=True)
    status = rest.OneOf(*APPROVALS, load_default=None)


class WeightApprovalOut(rest.Out):
    """`overtaken`: the draft has changed, or gone, since it was asked."""

    id = rest.Id()
    agreement_id = rest.Id()
    employee = rest.One(PartyOut)
    status = rest.OneOf(*APPROVALS)
    content_hash = rest.Str()
    reason = rest.Str()
    asker_id = rest.Id(allow_none=True)
    asked_at = rest.Instant()
    decided_at = rest.Instant(allow_none=True)
    decision = rest.Str(allow_none=True)
    version = rest.Version()
