"""What the endpoints of weekly summaries, suggestions, indicator reviews and the KPIs about the KPIs take in and give out."""

from appraisal import rest
from appraisal.bulletins import indicator_reviews, suggestions
from appraisal.bulletins.models import CHOICES, OUTCOMES
from appraisal.core.monitoring.advice import ADVICE_KINDS
from appraisal.core.monitoring.summary import KINDS
from appraisal.monitoring.schemas import SubjectOut

FINDINGS = ("redundant", "always_met", "never_met", "unguarded")
ACTIONS = ("drop", "raise", "redefine", "pair")


class _Subject(rest.In):
    """`unit_id` null is the company."""

    policy = rest.Line(60, required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)


class _Of(rest.Query):
    """`company`: the company's own only."""

    policy = rest.Line(60, load_default=None)
    unit_id = rest.Id(load_default=None)
    company = rest.Flag(load_default=False)


class RestsOut(rest.Out):
    """The readings of an indicator in a period."""

    indicator = rest.Str()
    period = rest.Str()
    ids = rest.Many(rest.Id())


class NamedRuleOut(rest.Out):
    """The line of the rule files that a sentence rests on."""

    path = rest.Str()
    line = rest.Whole()


# Summaries


class SummariesIn(_Subject):
    week = rest.Line(8, required=True)


class SummaryFilter(_Of):
    """The last edition of each, unless `history` is asked for."""

    week = rest.Line(8, load_default=None)
    advisor = rest.Line(60, load_default=None)
    history = rest.Flag(load_default=False)


class SummaryListing(rest.Listing, SummaryFilter):
    pass


class SummaryRowOut(rest.Out):
    """`area` is what the policy calls the area `advisor`; `rewording` what became of one by a language model, null without."""

    id = rest.Id()
    policy = rest.Str()
    unit = rest.One(SubjectOut, allow_none=True)
    week = rest.Str()
    advisor = rest.Str()
    area = rest.Said()
    edition = rest.Whole(1)
    evaluation_id = rest.Id()
    made_at = rest.Instant()
    sentences = rest.Whole()
    suggested = rest.Whole()
    rewording = rest.OneOf(*OUTCOMES, allow_none=True)


class StatementOut(rest.Out):
    kind = rest.OneOf(*KINDS)
    indicator = rest.Str(allow_none=True)
    other = rest.Str(allow_none=True)
    said = rest.Said()
    rule = rest.One(NamedRuleOut)
    readings = rest.Many(RestsOut)


class SuggestionDecisionOut(rest.Out):
    """`exception_id` and `task_id` are what it led to, where that was named."""

    adopted = rest.Flag()
    reason = rest.Str(allow_none=True)
    exception_id = rest.Id(allow_none=True)
    task_id = rest.Id(allow_none=True)
    decided_by = rest.Str()
    decided_at = rest.Instant()


class SuggestionOut(rest.Out):
    """`week` is the first that told of it; `decision` the one that counts."""

    id = rest.Id()
    policy = rest.Str()
    unit = rest.One(SubjectOut, allow_none=True)
    advisor = rest.Str()
    week = rest.Str()
    kind = rest.OneOf(*ADVICE_KINDS)
    indicator = rest.Str()
    other = rest.Str(allow_none=True)
    period = rest.Str()
    department = rest.Str(allow_none=True)
    said = rest.Said()
    rule = rest.One(NamedRuleOut)
    readings = rest.Many(RestsOut)
    made_at = rest.Instant()
    state = rest.OneOf(*suggestions.STATES)
    decision = rest.One(SuggestionDecisionOut, allow_none=True)


class SummaryOut(SummaryRowOut):
    """`reworded` are the words of a language model, which are no source of figures, and `problem` why there are none;
    `suggestions` are there for those who may see what is done about an indicator."""

    statements = rest.Many(StatementOut)
    suggestions = rest.Many(SuggestionOut)
    reworded = rest.Said(allow_none=True)
    problem = rest.Str(allow_none=True)


class SummariesMadeOut(rest.Out):
    """`made` are those that are new; the others say what they said before."""

    made = rest.Whole()
    items = rest.Many(SummaryRowOut)


# Suggestions


class SuggestionFilter(_Of):
    advisor = rest.Line(60, load_default=None)
    indicator = rest.Line(80, load_default=None)
    kind = rest.OneOf(*ADVICE_KINDS, load_default=None)
    period = rest.Line(10, load_default=None)
    week = rest.Line(8, load_default=None)
    state = rest.OneOf(*suggestions.STATES, load_default=None)


class SuggestionListing(rest.Listing, SuggestionFilter):
    pass


class SuggestionWholeOut(SuggestionOut):
    """`decisions` are all there were, the first in front."""

    decisions = rest.Many(SuggestionDecisionOut)


class SuggestionDecisionIn(rest.In):
    """A reason is needed for what is not adopted."""

    adopted = rest.Flag(required=True)
    reason = rest.Prose(allow_none=True, load_default=None)
    exception_id = rest.Id(allow_none=True, load_default=None)
    task_id = rest.Id(allow_none=True, load_default=None)


class AdoptionFilter(rest.Query):
    """Decisions from a day on and up to a day, both inclusive; `unit_id` left out is the company."""

    policy = rest.Line(60, required=True)
    unit_id = rest.Id(load_default=None)
    from_on = rest.Day(load_default=None)
    to_on = rest.Day(load_default=None)


class AdoptionOut(rest.Out):
    """`rate` in per cent of what was decided, null where nothing was; `undecided` counts in neither."""

    adopted = rest.Whole()
    decided = rest.Whole()
    undecided = rest.Whole()
    rate = rest.Number(allow_none=True)


# Indicator reviews


class IndicatorReviewIn(_Subject):
    quarter = rest.Line(7, required=True)


class IndicatorReviewListing(rest.Listing, _Of):
    """The last of each quarter, unless `history` is asked for."""

    quarter = rest.Line(7, load_default=None)
    history = rest.Flag(load_default=False)


class ProposalFilter(_Of):
    """Those of the last review of each quarter, unless `history` is asked for."""

    quarter = rest.Line(7, load_default=None)
    review_id = rest.Id(load_default=None)
    indicator = rest.Line(80, load_default=None)
    action = rest.OneOf(*ACTIONS, load_default=None)
    state = rest.OneOf(*indicator_reviews.STATES, load_default=None)
    history = rest.Flag(load_default=False)


class ProposalListing(rest.Listing, ProposalFilter):
    pass


class IndicatorReviewRowOut(rest.Out):
    """`decided` counts what was adopted or declined at some time."""

    id = rest.Id()
    policy = rest.Str()
    unit = rest.One(SubjectOut, allow_none=True)
    quarter = rest.Str()
    digest = rest.Str()
    made_at = rest.Instant()
    proposals = rest.Whole()
    decided = rest.Whole()


class ProposalOut(rest.Out):
    """`other` is the indicator that says the same, `rho` over so many `periods` how closely, which is no cause."""

    id = rest.Id()
    review_id = rest.Id()
    policy = rest.Str()
    unit = rest.One(SubjectOut, allow_none=True)
    quarter = rest.Str()
    indicator = rest.Str()
    finding = rest.OneOf(*FINDINGS)
    action = rest.OneOf(*ACTIONS)
    other = rest.Str(allow_none=True)
    rho = rest.Number(allow_none=True)
    periods = rest.Whole(allow_none=True)
    said = rest.Said()
    rule = rest.One(NamedRuleOut)
    state = rest.OneOf(*indicator_reviews.STATES)
    reason = rest.Str(allow_none=True)
    decided_by = rest.Str(allow_none=True)
    decided_at = rest.Instant(allow_none=True)


class IndicatorReviewOut(IndicatorReviewRowOut):
    items = rest.Many(ProposalOut)


class ProposalDecisionIn(rest.In):
    choice = rest.OneOf(*CHOICES, required=True)
    reason = rest.Prose(required=True)


# The KPIs about the KPIs


class AboutKpisIn(_Subject):
    period = rest.Line(7, required=True)


class NotYetOut(rest.Out):
    indicator = rest.Str()
    because = rest.Str()


class AboutKpisOut(rest.Out):
    """Ids of readings, which a person then confirms; `not_yet` is what cannot be known yet."""

    recorded = rest.Many(rest.Id())
    corrected = rest.Many(rest.Id())
    unchanged = rest.Many(rest.Id())
    not_yet = rest.Many(NotYetOut)
