"""Incidents: which are confirmed, whom they reach, what they zero, and that one zero is enough."""

from decimal import Decimal

import pytest

from appraisal.core.appraise import appraise
from appraisal.core.inputs import Incident, Reach
from appraisal.core.outcome import Outcome
from appraisal.core.policy.model import Policy
from tests.core.cases import a_case, code_and_path, goal, kpi, trading
from tests.core.policy.mini import policy_with

VETOES = "rules/mini/vetoes.yaml"
REACHES: tuple[Reach, ...] = ("self", "unit", "named", "superior", "post")
SHEET = (
    kpi("revenue", "60", target="100", challenge="120", actual="120"),
    kpi("collection_rate", "40", target="90", challenge="95", actual="90"),
)


def trading_outcome(*incidents: Incident) -> Outcome:
    return appraise(trading(), a_case(*SHEET, incidents=incidents))


def mini() -> Policy:
    """Its rule `accident` is for the workshop: it voids the worker's total and the superior's, and a foreman's scrap rate."""
    return policy_with(VETOES)


def after_accident(post: str, reach: Reach, policy: Policy | None = None) -> Outcome:
    items = (kpi("scrap_rate", "60", target="2", actual="2"), goal("g", "40", rating="90"))
    return appraise(policy or mini(), a_case(*items, post=post, incidents=[Incident("accident", reach=reach)]))


def test_without_incidents_nothing_fires_but_the_grade() -> None:
    outcome = trading_outcome()
    assert (outcome.score, outcome.vetoed, [rule.rule for rule in outcome.fired]) == (Decimal(92), False, ["grades/A"])


def test_a_veto_zeroes_the_total_but_keeps_the_computed_score() -> None:
    outcome = trading_outcome(Incident("serious_violation"))
    assert (outcome.computed_score, outcome.score, outcome.vetoed) == (Decimal(92), Decimal(0), True)
    assert (outcome.grade, outcome.multiplier) == ("D", Decimal(0))
    assert [item.score for item in outcome.items] == [Decimal(100), Decimal(80)], "items keep their own scores"


def test_an_item_is_zeroed_by_name_and_the_rest_stands() -> None:
    outcome = trading_outcome(Incident("credit_loss"))
    assert (outcome.computed_score, outcome.score, outcome.vetoed, outcome.grade) == (Decimal(92), Decimal(60), False, "C")
    _, collection = outcome.items
    assert (collection.computed, collection.score, collection.weighted) == (Decimal(80), Decimal(0), Decimal(0))
    assert (collection.zeroed_by, collection.missing) == ("vetoes/credit_loss", False)


@pytest.mark.parametrize("event", ["serious_violation", "credit_loss"])
def test_an_unconfirmed_incident_changes_nothing(event: str) -> None:
    assert trading_outcome(Incident(event, confirmed=False)) == trading_outcome()
    assert trading_outcome(Incident(event, count=0)) == trading_outcome()


def test_confirmed_and_unconfirmed_incidents_of_one_event_stand_side_by_side() -> None:
    mixed = [Incident("credit_loss", confirmed=False), Incident("credit_loss")]
    assert trading_outcome(*mixed) == trading_outcome(Incident("credit_loss"))


@pytest.mark.parametrize("count", [1, 2, 999_999_999_999_999])
def test_however_often_it_happened_an_item_is_zeroed_once(count: int) -> None:
    assert trading_outcome(Incident("credit_loss", count)) == trading_outcome(Incident("credit_loss"))


@pytest.mark.parametrize("reach", REACHES)
def test_a_rule_for_the_person_falls_on_the_person_alone(reach: Reach) -> None:
    outcome = trading_outcome(Incident("serious_violation", reach=reach))
    assert outcome.vetoed is (reach == "self")


@pytest.mark.parametrize(
    ("post", "reach", "vetoed", "zeroed"),
    [
        *(("workshop", "self", True, False), ("workshop", "superior", True, False), ("workshop", "post", False, False)),
        *(("workshop", "unit", False, False), ("foreman", "superior", True, False), ("foreman", "post", False, True)),
        *(("foreman", "self", False, False), ("sales", "self", False, False), ("sales", "superior", True, False)),
        ("sales", "post", False, False),
    ],
)
def test_an_effect_falls_on_those_it_names(post: str, reach: Reach, vetoed: bool, zeroed: bool) -> None:
    outcome = after_accident(post, reach)
    assert (outcome.vetoed, outcome.items[0].zeroed_by is not None) == (vetoed, zeroed)


def test_an_incident_that_did_not_happen_gives_its_reach_to_no_other() -> None:
    incidents = [Incident("serious_violation", reach="unit"), Incident("serious_violation", count=0, reach="self")]
    assert not trading_outcome(*incidents).vetoed


def test_a_rule_by_figures_zeroes_below_its_edge_and_not_on_it() -> None:
    def on_time(actual: str, post: str = "workshop") -> Outcome:
        return appraise(mini(), a_case(kpi("on_time_rate", actual=actual), post=post))

    assert on_time("79.99999999").items[0].zeroed_by == "vetoes/late"
    assert on_time("80").items[0].zeroed_by is None
    assert on_time("0", post="sales").items[0].zeroed_by is None, "the rule is for the workshop and the foreman"


def test_a_missing_figure_never_makes_a_rule_true() -> None:
    zero = policy_with("rules/mini/policy.yaml", ("missing: block", "missing: zero"))
    outcome = appraise(zero, a_case(kpi("on_time_rate"), post="workshop"))
    assert (outcome.items[0].missing, outcome.items[0].zeroed_by) == (True, None)


def test_a_dropped_item_that_is_zeroed_counts_as_zero() -> None:
    drop = policy_with("rules/mini/policy.yaml", ("missing: block", "missing: drop"))
    items = (kpi("scrap_rate", "60", target="2"), kpi("on_time_rate", "40", actual="98"))
    free = appraise(drop, a_case(*items, post="foreman"))
    assert free.score == Decimal(100)
    struck = appraise(drop, a_case(*items, post="foreman", incidents=[Incident("accident", reach="post")]))
    assert (struck.computed_score, struck.score) == (Decimal(100), Decimal(40))
    assert (struck.items[0].computed, struck.items[0].score, struck.items[0].missing) == (None, Decimal(0), True)


def test_an_event_the_policy_does_not_know_is_refused_confirmed_or_not() -> None:
    for confirmed in (True, False):
        case = a_case(*SHEET, incidents=[Incident("flood", confirmed=confirmed)])
        assert code_and_path(appraise, trading(), case) == ("unknown_event", "incidents[0].event")


def test_a_figure_too_large_for_the_engine_is_refused_where_it_stands() -> None:
    fine = policy_with(VETOES, ("actual(on_time_rate) < 80", "actual(on_time_rate) < 80.00000001"))
    case = a_case(goal("g", "40", rating="80"), kpi("on_time_rate", "60", actual="999999999999999"), post="workshop")
    assert code_and_path(appraise, fine, case) == ("number_out_of_bounds", "items[1].actual")
    assert appraise(mini(), case).score == Decimal(92)
