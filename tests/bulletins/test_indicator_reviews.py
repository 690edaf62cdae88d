"""The quarterly review keeps what the rules find about indicators; people decide with a reason, and may decide again (D-27)."""

from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.actor import SYSTEM
from appraisal.bulletins import indicator_reviews
from appraisal.bulletins.indicator_reviews import Reviewed, decide, make_review
from appraisal.core.calendar import Period
from appraisal.errors import Invalid, NotAllowed, NotFound
from tests import factories
from tests.bulletins.a_week import READ, Weekly, a_week
from tests.monitoring.samples import read

Q1 = Period.parse("2026-Q1")
BEFORE = tuple(f"2025-{month:02}" for month in range(4, 13))


def reviewed(week: Weekly, quarter: Period = Q1) -> Reviewed:
    return make_review(week.session, week.manager, "kpi_sop", week.unit_id, quarter)


def oqc(week: Weekly, periods: tuple[str, ...], passed: int = 100) -> None:
    with clock.at(READ):
        for period in periods:
            read(week.around, period, indicator="oqc_pass_rate", inputs={"OQC合格批数": D(passed), "OQC检验批数": D(100)})


def findings(found: Reviewed, indicator: str) -> set[str]:
    return {one.finding for one in found.proposals if one.indicator == indicator}


@pytest.mark.parametrize(("months", "found"), [(BEFORE, {"always_met"}), (BEFORE[1:], set())])
def test_an_indicator_that_met_its_target_in_twelve_months_is_proposed_to_rise_and_in_eleven_not(
    session: Session, months: tuple[str, ...], found: set[str]
) -> None:
    with a_week(session) as week:
        oqc(week, (*months, "2026-01", "2026-02", "2026-03"))
        proposals = reviewed(week)
        assert findings(proposals, "oqc_pass_rate") - {"unguarded"} == found
        assert all(one.path == "rules/kpi_sop/monitoring.yaml" and one.zh and one.en for one in proposals.proposals)


def test_one_that_never_met_it_is_proposed_to_be_redefined(session: Session) -> None:
    with a_week(session) as week:
        oqc(week, (*BEFORE, "2026-01", "2026-02", "2026-03"), passed=50)
        (one,) = [one for one in reviewed(week).proposals if one.finding == "never_met"]
        assert (one.indicator, one.action) == ("oqc_pass_rate", "redefine")


def test_a_review_made_again_is_the_same_and_a_changed_reading_gives_another(session: Session) -> None:
    with a_week(session) as week:
        oqc(week, BEFORE)
        first, again = reviewed(week), reviewed(week)
        assert (first.is_new, again.is_new, again.row.id) == (True, False, first.row.id)
        oqc(week, ("2026-01", "2026-02", "2026-03"))
        later = reviewed(week)
        assert later.is_new and later.row.id != first.row.id
        seen = indicator_reviews.reviews_seen(session, week.manager, {"history": False})
        assert [row[0].id for row in session.execute(seen)] == [later.row.id]
        both = indicator_reviews.reviews_seen(session, week.manager, {"history": True})
        assert len(session.execute(both).all()) == 2


@pytest.mark.parametrize(("on", "refused"), [(date(2026, 3, 31), True), (date(2026, 4, 1), False)])
def test_a_quarter_is_reviewed_once_it_is_over(session: Session, on: date, refused: bool) -> None:
    with a_week(session, evaluated=False) as week, clock.at(on):
        if refused:
            with pytest.raises(Invalid) as found:
                reviewed(week)
            assert found.value.code == "quarter_not_over"
        else:
            assert reviewed(week).is_new


@pytest.mark.parametrize("period", ["2026-03", "2025", "2026-H1", "2026-W10"])
def test_only_a_quarter_is_reviewed(session: Session, period: str) -> None:
    with a_week(session) as week, pytest.raises(Invalid) as refused:
        reviewed(week, Period.parse(period))
    assert refused.value.code == "bad_quarter"


def test_a_decision_names_its_reason_and_a_later_one_takes_its_place(session: Session) -> None:
    with a_week(session) as week:
        one = reviewed(week).proposals[0]
        with pytest.raises(Invalid) as refused:
            decide(session, week.manager, one.id, "adopt", "  ")
        assert refused.value.code == "text_needed"
        decide(session, week.manager, one.id, "later", "等半年数据")
        decide(session, week.manager, one.id, "adopt", "数据已足")
        found = indicator_reviews.find_proposal(session, week.manager, one.id)
        assert (found[3].choice, found[3].reason) == ("adopt", "数据已足")
        (row,) = session.execute(indicator_reviews.reviews_seen(session, week.manager, {})).all()
        assert (row.decided, row.proposals > 1) == (1, True)
        assert [entry.action for entry in session.info["audit"]].count("kpi_proposal.decide") == 2


def test_one_left_for_later_is_not_decided(session: Session) -> None:
    with a_week(session) as week:
        one = reviewed(week).proposals[0]
        decide(session, week.manager, one.id, "later", "等半年数据")
        (row,) = session.execute(indicator_reviews.reviews_seen(session, week.manager, {})).all()
        assert row.decided == 0
        still = session.execute(indicator_reviews.proposals_seen(session, week.manager, {"state": "open"})).all()
        assert one.id not in {row[0].id for row in still}


def test_only_kpi_managers_of_the_unit_make_and_decide(session: Session) -> None:
    with a_week(session) as week:
        around = week.around
        elsewhere = factories.an_actor(session, "kpi_manager", unit=factories.a_unit(session, "别处"))
        for who in (around.head, around.hr, around.provider, elsewhere):
            with pytest.raises(NotAllowed):
                make_review(session, who, "kpi_sop", week.unit_id, Q1)
        found = make_review(session, SYSTEM, "kpi_sop", week.unit_id, Q1)
        one = found.proposals[0].id
        for who in (around.head, around.hr):
            with pytest.raises(NotAllowed):
                decide(session, who, one, "adopt", "好")
        for who in (elsewhere, around.member, around.provider):
            with pytest.raises(NotFound):
                decide(session, who, one, "adopt", "好")
