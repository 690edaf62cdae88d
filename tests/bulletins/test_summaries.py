"""Weekly summaries rest on the evaluation on record and on readings; written again, they change only where something has."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from sqlmodel import Session, col, select

from appraisal import clock, labels
from appraisal.actor import SYSTEM
from appraisal.bulletins import indicator_reviews, suggestions, summaries
from appraisal.bulletins.models import KpiSuggestion, KpiSummary
from appraisal.bulletins.summary_schemas import ACTIONS, FINDINGS
from appraisal.core.calendar import Period
from appraisal.core.monitoring.advice import ADVICE_KINDS
from appraisal.core.monitoring.summary import KINDS
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.monitoring import service
from tests import factories
from tests.bulletins.a_week import MONDAY, READ, SUNDAY, WEEK, a_week
from tests.monitoring.samples import enter, iqc, read


def told(summary: KpiSummary, kind: str) -> list[dict]:
    return [one for one in summary.content["statements"] if one["kind"] == kind]


def of_area(session: Session, area: str) -> KpiSummary:
    found = select(KpiSummary).where(KpiSummary.advisor == area).order_by(col(KpiSummary.edition).desc())
    return session.exec(found).first()


def test_every_area_gets_its_summary_and_each_sentence_the_readings_behind_it(session: Session) -> None:
    with a_week(session) as week:
        made = week.make()
        assert [one.advisor for one in made.summaries] == ["compliance", "procurement", "supply_chain", "strategy", "finance"]
        assert len(made.new) == 5
        (level,) = told(of_area(session, "procurement"), "level")
        assert level["indicator"] == "iqc_pass_rate" and "90" in level["zh"]
        assert level["path"] == "rules/kpi_sop/monitoring.yaml" and level["line"] > 1
        (rests,) = level["readings"]
        assert rests["period"] == "2026-03" and len(rests["ids"]) == 1
        (worsened,) = told(of_area(session, "procurement"), "worsened")
        assert "由 97 变为 90" in worsened["zh"] and len(worsened["readings"]) == 2
        (trend,) = told(of_area(session, "procurement"), "trend")
        assert [rests["period"] for rests in trend["readings"]] == ["2025-12", "2026-01", "2026-02", "2026-03"]
        assert all(len(rests["ids"]) == 1 for rests in trend["readings"])


def test_the_same_week_written_again_changes_nothing(session: Session) -> None:
    with a_week(session) as week:
        first, again = week.make(), week.make()
        assert [one.id for one in again.summaries] == [one.id for one in first.summaries]
        assert again.new == frozenset()
        assert [one.id for one in again.suggestions] == [one.id for one in first.suggestions]


def test_a_corrected_reading_gives_a_new_edition_of_what_it_changes_and_of_nothing_else(session: Session) -> None:
    with a_week(session) as week:
        week.make()
        around, before = week.around, told(of_area(session, "procurement"), "level")[0]["readings"][0]["ids"]
        said = {"source_document": "QR-2", "reason": "复检", "inputs": iqc(99)}
        later = service.correct_reading(session, around.provider, before[0], **said)
        service.confirm_reading(session, around.checker, later.id)
        week.evaluate()
        made = week.make()
        editions = {one.advisor: one.edition for one in made.summaries}
        assert editions["procurement"] == 2 and editions["finance"] == 1
        levels = [told(one, "level") for one in made.summaries if one.advisor == "procurement"]
        assert levels[0][0]["readings"][0]["ids"] == [later.id] != before


def test_a_suggestion_is_kept_once_however_many_weeks_tell_of_it(session: Session) -> None:
    with a_week(session) as week:
        first = week.make()
        with clock.at(SUNDAY + timedelta(days=1)):
            second = week.make(WEEK.next())
        assert first.suggestions and {one.id for one in second.suggestions} == {one.id for one in first.suggestions}
        assert {one.advisor for one in second.summaries} == {one.advisor for one in first.summaries}
        assert len(second.new) == 5


def test_what_is_suggested_stands_in_the_summary_of_its_area(session: Session) -> None:
    with a_week(session) as week:
        made = week.make()
        kept = {one.id: one for one in session.exec(select(KpiSuggestion))}
        listed = {area.advisor: area.content["suggestions"] for area in made.summaries}
        assert sorted(kept) == sorted(one for ids in listed.values() for one in ids)
        kinds = {kept[one].kind for one in listed["procurement"]}
        assert {"level", "trend"} <= kinds
        assert all(one.readings and one.line > 0 for one in kept.values())


@pytest.mark.parametrize(("on", "count"), [(SUNDAY - timedelta(days=1), 0), (SUNDAY, 1)])
def test_a_reading_is_missing_only_after_the_day_it_was_due(session: Session, on: date, count: int) -> None:
    with a_week(session) as week:
        with clock.at(READ):
            read(week.around, "2026-02", indicator="oqc_pass_rate", inputs=oqc())
        with clock.at(on):
            week.make()
        missing = told(of_area(session, "compliance"), "missing")
        assert [one["indicator"] for one in missing] == ["oqc_pass_rate"] * count


def test_what_came_in_after_the_week_was_missing_in_it(session: Session) -> None:
    with a_week(session) as week:
        with clock.at(READ):
            read(week.around, "2026-02", indicator="oqc_pass_rate", inputs=oqc())
        with clock.at(SUNDAY + timedelta(days=2)):
            read(week.around, "2026-03", indicator="oqc_pass_rate", inputs=oqc())
            week.make()
            week.make(WEEK.next())
        first, second = (of_week(session, each) for each in (WEEK, WEEK.next()))
        assert len(told(first, "missing")) == 1 and told(second, "missing") == []
        late = [[rests["period"] for one in told(week, "late") for rests in one["readings"]] for week in (first, second)]
        assert late == [["2026-02"], ["2026-03"]]


@pytest.mark.parametrize(
    ("on", "counts"), [(MONDAY - timedelta(days=1), False), (MONDAY, True), (SUNDAY, True), (SUNDAY + timedelta(days=1), False)]
)
def test_new_are_the_readings_confirmed_from_monday_to_sunday(session: Session, on: date, counts: bool) -> None:
    with a_week(session) as week:
        with clock.at(on):
            read(week.around, "2026-02", indicator="oqc_pass_rate", inputs=oqc())
        with clock.at(SUNDAY + timedelta(days=1)):
            week.make()
        assert bool(told(of_area(session, "compliance"), "reading")) is counts


def test_a_reading_that_nobody_has_confirmed_is_not_news(session: Session) -> None:
    with a_week(session) as week:
        enter(week.around, "2026-02", indicator="oqc_pass_rate", inputs=oqc())
        week.make()
        assert told(of_area(session, "compliance"), "reading") == []


def test_without_an_evaluation_there_is_nothing_to_write(session: Session) -> None:
    with a_week(session, evaluated=False) as week:
        with pytest.raises(Conflict) as refused:
            week.make()
        assert refused.value.code == "not_evaluated"


def test_the_month_has_to_be_over_by_the_end_of_the_week(session: Session) -> None:
    with a_week(session) as week, pytest.raises(Conflict) as refused:
        week.make(WEEK.previous())
    assert refused.value.code == "not_evaluated"


def test_a_week_that_has_not_begun_is_refused_and_one_that_has_is_not(session: Session) -> None:
    with a_week(session) as week:
        with clock.at(SUNDAY), pytest.raises(Invalid) as refused:
            week.make(WEEK.next())
        assert refused.value.code == "future_week"
        with clock.at(SUNDAY + timedelta(days=1)):
            assert week.make(WEEK.next()).new


def test_a_policy_without_areas_has_no_summaries(session: Session) -> None:
    with a_week(session) as week, pytest.raises(Invalid) as refused:
        summaries.make_summaries(session, week.manager, "weather", week.unit_id, WEEK)
    assert refused.value.code == "unknown_policy"


@pytest.mark.parametrize("text", ["2026-03", "2026-W54", "W14", "2026-W14x"])
def test_only_a_week_is_a_week(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        summaries.week_of(text)
    assert refused.value.code == "bad_week"
    assert summaries.week_of("2026-W14") == WEEK


def test_only_who_manages_the_units_indicators_or_runs_commands_writes_them(session: Session) -> None:
    with a_week(session) as week:
        around = week.around
        for who in (around.provider, around.head, around.hr, factories.an_actor(session, "auditor")):
            with pytest.raises(NotAllowed):
                summaries.make_summaries(session, who, "kpi_sop", week.unit_id, WEEK)
        elsewhere = factories.an_actor(session, "kpi_manager", unit=factories.a_unit(session, "别处"))
        with pytest.raises(NotAllowed):
            summaries.make_summaries(session, elsewhere, "kpi_sop", week.unit_id, WEEK)
        assert summaries.subjects(session, elsewhere, WEEK) == []
        assert summaries.subjects(session, SYSTEM, WEEK) == [("kpi_sop", week.unit_id)]
        assert summaries.subjects(session, SYSTEM, WEEK.previous()) == []
        assert summaries.make_summaries(session, SYSTEM, "kpi_sop", week.unit_id, WEEK).new


def test_who_may_see_the_evaluation_sees_the_summary(session: Session) -> None:
    with a_week(session) as week:
        made = week.make()
        around = week.around
        stranger = factories.an_actor(session, "employee", employee=factories.an_employee(session, "路人"))
        for who, sees in ((around.head, 5), (around.member, 5), (around.hr, 5), (week.manager, 5), (stranger, 0)):
            assert len(session.execute(summaries.summaries_seen(session, who, {})).all()) == sees
        with pytest.raises(NotFound):
            summaries.find_summary(session, stranger, made.summaries[0].id)


def test_every_summary_and_suggestion_is_on_the_trail(session: Session) -> None:
    with a_week(session) as week:
        made = week.make()
        actions = [entry.action for entry in session.info["audit"]]
        assert actions.count("kpi_summary.make") == 5
        assert actions.count("kpi_suggestion.make") == len(made.suggestions) > 0


def of_week(session: Session, week: Period) -> KpiSummary:
    found = select(KpiSummary).where(KpiSummary.advisor == "compliance", KpiSummary.week == str(week))
    return session.exec(found).one()


def oqc() -> dict[str, D]:
    return {"OQC合格批数": D(99), "OQC检验批数": D(100)}


def test_every_kind_of_sentence_suggestion_and_proposal_has_words() -> None:
    words = {"kpi_statement": KINDS, "kpi_advice": ADVICE_KINDS, "kpi_suggestion_state": suggestions.STATES}
    words |= {"kpi_finding": FINDINGS, "kpi_proposal": ACTIONS, "kpi_choice": indicator_reviews.STATES}
    assert all(labels.label(group, code).zh for group, codes in words.items() for code in codes)
