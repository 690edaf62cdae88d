"""Reports say what the evaluations they are made of say: recomputed here against months written by hand."""

from datetime import date
from decimal import Decimal as D
from typing import Any

from appraisal.bulletins.report_contents import Around, Month, exceptions_of, monthly
from appraisal.bulletins.report_spans import Span, annual, management_review, quarterly
from appraisal.core.calendar import Period
from tests.bulletins.reporting import row_of
from tests.rules.kpi_sop.test_kpi_sop import kpi_sop

AT_LEAST_98 = {"operator": ">=", "value": "98", "phase": None}


def judged(period: str, value: str | None, level: str | None = "normal", **more: Any) -> dict[str, Any]:
    met = None if value is None else D(value) >= 98
    said = {"id": "iqc_pass_rate", "dimension": "quality", "period": period, "value": value, "target": AT_LEAST_98, "met": met}
    marks = {"origin": "import" if value else None, "late": False, "corrected": False, "problem": None, "deviation": "0"}
    judgement = {"points": False, "level": level if value else None, "change": None, "worsenings": 0, "fired": []}
    kept = {"lines": [], "series": [[period, value]], "same_last_year": None}
    return said | marks | judgement | kept | more


def month(number: int, *figures: dict[str, Any], evaluation_id: int | None = None) -> Month:
    period = Period("month", 2026, number)
    if not figures:
        return Month(period)
    return Month(period, evaluation_id or number, date(2026, number, 28), {"indicators": list(figures)})


def test_a_month_shows_each_figure_with_its_evaluation_its_target_and_twelve_months_behind_it() -> None:
    series = [[str(Period("month", 2025, number)), "98"] for number in range(3, 13)]
    series += [["2026-01", "98.5"], ["2026-02", "99"], ["2026-03", "97.5"]]
    figure = judged("2026-03", "97.5", "normal", series=series, same_last_year="98", change=-1)
    row = row_of(monthly(kpi_sop(), month(3, figure, evaluation_id=7), Around()))
    assert (row["value"], row["previous"], row["difference"], row["same_last_year"]) == ("97.5", "99", "-1.5", "98")
    assert (row["evaluation_id"], row["period"], row["target"], row["met"]) == (7, "2026-03", AT_LEAST_98, False)
    assert row["series"] == series[-12:]
    assert row["name"] == {"zh": "IQC 合格率", "en": kpi_sop().watched["iqc_pass_rate"].indicator.name.en}


def test_figures_stand_under_their_classes_in_the_order_of_the_policy() -> None:
    revenue = judged("2026-03", "8000000") | {"id": "monthly_revenue", "dimension": "business"}
    content = monthly(kpi_sop(), month(3, revenue, judged("2026-03", "98")), Around())
    assert [(one["id"], len(one["rows"])) for one in content["classes"]] == [("quality", 1), ("business", 1)]


def test_levels_are_counted_and_what_could_not_be_judged_is_counted_apart() -> None:
    figures = [judged("2026-03", "98"), judged("2026-03", "80", "abnormal"), judged("2026-03", None)]
    counts = monthly(kpi_sop(), month(3, *figures), Around())["counts"]
    assert counts == {"normal": 1, "attention": 0, "abnormal": 1, "severe": 0, "not_judged": 1}


def test_what_is_missing_late_filled_in_afterwards_corrected_or_refused_is_listed() -> None:
    names = iter(kpi_sop().watched)
    figures = [
        judged("2026-03", None) | {"id": next(names)},
        judged("2026-03", "98", late=True) | {"id": next(names)},
        judged("2026-03", "98", late=True, origin="manual") | {"id": next(names)},
        judged("2026-03", "98", corrected=True) | {"id": next(names)},
        judged("2026-03", None, origin="import", problem={"message": {"zh": "除数为 0", "en": "0"}}) | {"id": next(names)},
    ]
    found = monthly(kpi_sop(), month(3, *figures), Around())["completeness"]
    told = {key: [one["indicator"] for one in found[key]] for key in ("missing", "late", "back_filled", "corrected", "refused")}
    ids = [one["id"] for one in figures]
    assert told == {
        "missing": ids[:1],
        "late": ids[1:3],
        "back_filled": ids[2:3],
        "corrected": ids[3:4],
        "refused": ids[4:],
    }
    assert (found["due"], found["there"]) == (5, 3)
    assert found["refused"][0]["problem"] == {"zh": "除数为 0", "en": "0"}


def test_exceptions_are_told_by_what_the_period_opened_closed_and_left_open() -> None:
    def of(number: str, period: str, ended_on: str | None) -> dict[str, Any]:
        return {"number": number, "period": period, "ended_on": ended_on}

    several = [
        of("1", "2026-02", "2026-03-09"),
        of("2", "2026-03", "2026-04-02"),
        of("3", "2026-03", None),
        of("4", "2026-02", None),
    ]
    found = exceptions_of(several, Period.parse("2026-03"))
    told = {part: [one["number"] for one in found[part]] for part in found}
    assert told == {"opened": ["2", "3"], "closed": ["1", "2"], "open": ["3", "4"]}


def a_quarter(**more: Any) -> Span:
    months = [month(1, judged("2026-01", "98")), month(2, judged("2026-02", "97", "normal")), month(3, judged("2026-03", "99"))]
    figures = {Period.parse("2026-Q1"): D(98), Period.parse("2025-Q4"): D("98.5"), Period.parse("2025-Q1"): D(96)}
    updates = [
        {"period": "2026-01", "made_on": "2026-02-05", "due_on": "2026-02-05"},
        {"period": "2026-02", "made_on": "2026-03-06", "due_on": "2026-03-05"},
        {"period": "2026-03", "made_on": None, "due_on": "2026-04-03"},
    ]
    said = {"period": Period.parse("2026-Q1"), "months": months, "figures": {"iqc_pass_rate": figures}, "updates": updates}
    return Span(**(said | more))


def test_a_quarter_is_told_against_the_last_one_and_the_same_one_last_year() -> None:
    row = row_of(quarterly(kpi_sop(), a_quarter(), Around()))
    assert row["figure"] == "98"
    assert row["last_period"] == {
        "period": "2025-Q4",
        "figure": "98.5",
        "difference": "-0.5",
        "percent": "-0.51",
        "way": "worse",
    }
    assert (row["last_year"]["period"], row["last_year"]["difference"], row["last_year"]["way"]) == ("2025-Q1", "2", "better")
    assert [(one["period"], one["value"], one["evaluation_id"]) for one in row["periods"]] == [
        ("2026-01", "98", 1),
        ("2026-02", "97", 2),
        ("2026-03", "99", 3),
    ]


def test_a_quarter_without_an_earlier_one_says_nothing_of_a_trend() -> None:
    row = row_of(quarterly(kpi_sop(), a_quarter(figures={"iqc_pass_rate": {Period.parse("2026-Q1"): D(98)}}), Around()))
    assert row["last_period"] == {"period": "2025-Q4", "figure": None, "difference": None, "percent": None, "way": None}


def test_an_earlier_figure_of_nothing_has_a_difference_and_no_percentage() -> None:
    figures = {Period.parse("2026-Q1"): D(1), Period.parse("2025-Q4"): D(0)}
    row = row_of(quarterly(kpi_sop(), a_quarter(figures={"iqc_pass_rate": figures}), Around()))
    assert (row["last_period"]["difference"], row["last_period"]["percent"]) == ("1", None)


def test_the_update_rate_counts_months_evaluated_and_tells_those_in_time_on_the_day_and_not_the_day_after() -> None:
    found = quarterly(kpi_sop(), a_quarter(), Around())["updates"]
    assert (found["due"], found["made"], found["in_time"], found["rate"]) == (3, 2, 1, "66.67")


def test_a_year_shows_every_month_and_proposes_next_years_target_by_a_rule_it_names() -> None:
    months = [month(number, judged(str(Period("month", 2026, number)), "99")) for number in range(1, 13)]
    span = Span(Period.parse("2026"), months, {"iqc_pass_rate": {Period.parse("2026"): D(99)}})
    content = annual(kpi_sop(), span, Around())
    row = row_of(content)
    assert len(row["periods"]) == 12 and row["periods_met"] == 12
    assert [one["normal"] for one in content["months"]] == [1] * 12
    proposal = row["proposal"]
    assert (proposal["operator"], proposal["value"], proposal["rule"]) == (">=", "99", "hold_mean")
    assert (proposal["mean"], proposal["best"]) == ("99", "99")
    assert row["benchmark"] is None


def test_a_year_is_compared_with_what_others_reach_where_somebody_has_entered_it() -> None:
    months = [month(1, judged("2026-01", "98")), month(2, judged("2026-02", "99"))]
    entered = {"iqc_pass_rate": {"value": "99.2", "source": "行业协会 2026"}}
    span = Span(Period.parse("2026"), months, benchmarks=entered)
    told = row_of(annual(kpi_sop(), span, Around()))["benchmark"]
    assert told == {"value": "99.2", "source": "行业协会 2026", "mean": "98.5", "difference": "-0.7", "way": "worse"}


def test_a_year_without_its_december_tells_which_months_have_not_been_evaluated() -> None:
    months = [month(number, judged(str(Period("month", 2026, number)), "99")) for number in range(1, 12)] + [month(12)]
    content = annual(kpi_sop(), Span(Period.parse("2026"), months), Around())
    assert content["completeness"]["not_evaluated"] == ["2026-12"]
    assert content["months"][-1] == {"period": "2026-12"} | dict.fromkeys(
        ("normal", "attention", "abnormal", "severe", "not_judged"), 0
    )


def test_a_figure_judged_for_a_longer_period_stands_once() -> None:
    quarterly_one = judged("2026-Q1", "98")
    content = management_review(kpi_sop(), a_quarter(months=[month(3, quarterly_one)]), Around(), [])
    assert [one["period"] for one in row_of(content)["periods"]] == ["2026-Q1"]


def test_the_management_review_has_how_far_targets_were_met_and_says_which_inputs_people_write() -> None:
    content = management_review(kpi_sop(), a_quarter(), Around(), [{"action": "换供应商"}])
    row = row_of(content)
    assert (row["periods_met"], row["periods_judged"]) == (2, 3)
    assert content["actions"] == [{"action": "换供应商"}]
    given = {one["clause"] for one in content["inputs"] if one["part"]}
    assert given == {"9.3.2 a", "9.3.2 c2", "9.3.2 c3", "9.3.2 c4", "9.3.2 c5", "9.3.2 f"}
    assert {one["clause"] for one in content["inputs"] if not one["part"]} == {"9.3.2 b", "9.3.2 c6", "9.3.2 d", "9.3.2 e"}
