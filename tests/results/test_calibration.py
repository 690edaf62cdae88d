"""校准: who is looked at, what may be proposed, when a session is impossible, and what closing it makes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal as D

import pytest
from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import Cycle
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.measures import service as measures
from appraisal.people.models import Unit
from appraisal.results import calibration, populations, queries, service
from appraisal.results.models import Calibration
from appraisal.reviews import service as reviews
from appraisal.reviews.queries import GoalRating
from tests import factories
from tests.agreements.samples import FIGURES, REVIEW_DAY, Quarter, a_quarter, record, sign
from tests.results.policies import a_cycle_under, with_calibration
from tests.results.test_path import a_violation


@pytest.fixture(autouse=True)
def _review_day() -> Iterator[None]:
    with clock.at(REVIEW_DAY):
        yield


@dataclass
class Department:
    """A unit whose people stand at the calibration, each with a computed result of 86.5 and A."""

    session: Session
    unit: Unit
    cycle: Cycle
    people: list[Quarter]
    hr: Actor

    def open(self, unit: Unit | None = None) -> Calibration:
        return calibration.open_calibration(self.session, self.hr, self.cycle, name="销售部校准会", unit=unit)

    def propose(self, found: Calibration, who: int, grade: str, reason: str = "贡献突出") -> None:
        about = self.people[who].appraisal.id
        calibration.propose_grade(self.session, self.hr, found.id, about, grade=grade, reason=reason)


def a_department(session: Session, size: int = 2, scope: str | None = None) -> Department:
    unit = factories.a_unit(session)
    head = factories.an_employee(session, "李主管")
    several = [factories.an_employee(session, post=factories.a_post(session, unit=unit), supervisor=head) for _ in range(size)]
    cycle = a_cycle_under(session, with_calibration(scope))
    people = [a_quarter(session, employee, cycle=cycle) for employee in several]
    for quarter in people:
        at_calibration(quarter)
    return Department(session, unit, cycle, people, factories.hr(session))


def at_calibration(quarter: Quarter) -> None:
    """Reviewed and computed: the interview has not been held yet."""
    session, appraisal_id = quarter.session, quarter.appraisal.id
    sign(quarter)
    record(quarter, FIGURES)
    rated = [GoalRating(quarter.sheet.id, "plan", D(85))]
    measures.complete_data(session, quarter.provider, appraisal_id)
    reviews.submit_self_assessment(session, quarter.own, appraisal_id, statement="完成", ratings=rated)
    reviews.submit_supervisor_review(session, quarter.supervisor, appraisal_id, comment="稳", ratings=rated)
    service.compute_result(session, quarter.hr, appraisal_id)


def test_closing_makes_a_layer_of_each_proposal_and_sends_everybody_on(session: Session):
    found = a_department(session)
    meeting = found.open(found.unit)
    found.propose(meeting, 0, "S")
    assert calibration.close_calibration(session, found.hr, meeting.id, minutes="逐人讨论") == 1
    raised, kept = (queries.layers_of(session, one.appraisal.id) for one in found.people)
    assert [(one.layer, one.grade, str(one.score)) for one in raised][0][:2] == ("computed", "A")
    assert (raised[1].layer, raised[1].grade, raised[1].score, raised[1].reason) == (
        "calibrated",
        "S",
        raised[0].score,
        "贡献突出",
    )
    assert (raised[1].adjusts_id, raised[1].computed_by) == (raised[0].id, found.hr.account_id)
    assert [one.grade for one in kept] == ["A"]
    assert {one.appraisal.step for one in found.people} == {"interview"}
    assert not queries.is_stale(session, found.people[0].appraisal, raised[1])


def test_the_latest_proposal_counts_and_the_computed_grade_undoes_it(session: Session):
    found = a_department(session)
    meeting = found.open()
    found.propose(meeting, 0, "S")
    found.propose(meeting, 0, "A", reason="维持")
    assert calibration.close_calibration(session, found.hr, meeting.id) == 0


@pytest.mark.parametrize(("grades", "too_many"), [((), 0), (("S",), 1), (("B", "B"), 0)])
def test_limits_are_upper_limits_and_say_for_how_many_it_is_impossible(
    session: Session, grades: tuple[str, ...], too_many: int
):
    """Of four people none may be S (10 % is 0.4) and two A or better: all four are A, so two have to come down at least."""
    found = a_department(session, 4, scope="unit")
    meeting = found.open(found.unit)
    for who, grade in enumerate(grades):
        found.propose(meeting, who, grade)
    policy = cycles.policy_of(session, found.cycle)
    (group,) = populations.groups_of(session, policy, populations.members_of(session, meeting, found.cycle))
    assert {one.grade: one.too_many for one in group.broken}.get("S", 0) == too_many
    if len(grades) == 2:
        calibration.close_calibration(session, found.hr, meeting.id)
        return
    with pytest.raises(Conflict) as refused:
        calibration.close_calibration(session, found.hr, meeting.id)
    assert refused.value.code == "impossible"
    assert "impossible for 2" in refused.value.message.en and "2 人不可行" in refused.value.message.zh
    assert {one.appraisal.step for one in found.people} == {"calibration"}


def test_limits_over_the_whole_take_the_whole_cycle_in_one_session(session: Session):
    found = a_department(session, scope="whole")
    with pytest.raises(Invalid) as refused:
        found.open(found.unit)
    assert refused.value.code == "whole_cycle"
    found.open()


def test_a_vetoed_total_keeps_its_grade(session: Session):
    found = a_department(session)
    a_violation(found.people[0])
    service.compute_result(session, found.hr, found.people[0].appraisal.id)
    meeting = found.open()
    with pytest.raises(Conflict) as refused:
        found.propose(meeting, 0, "C")
    assert refused.value.code == "vetoed"
    found.propose(meeting, 1, "C")
    calibration.close_calibration(session, found.hr, meeting.id)
    assert queries.standing(session, found.people[0].appraisal.id).result.grade == "D"


def test_everybody_in_it_has_to_have_come_as_far_with_fresh_figures(session: Session):
    found = a_department(session)
    meeting = found.open()
    with clock.at(date(2026, 4, 9)):
        a_violation(found.people[1])
        with pytest.raises(Conflict) as refused:
            calibration.close_calibration(session, found.hr, meeting.id)
        assert refused.value.code == "not_ready"
        assert found.people[1].employee.number in refused.value.message.zh
        service.compute_result(session, found.hr, found.people[1].appraisal.id)
        calibration.close_calibration(session, found.hr, meeting.id)


def test_a_proposal_for_a_result_that_was_computed_anew_since_is_none_any_more(session: Session):
    found = a_department(session)
    meeting = found.open()
    found.propose(meeting, 0, "S")
    with clock.at(date(2026, 4, 9)):
        a_violation(found.people[0], event="credit_loss")
        service.compute_result(session, found.hr, found.people[0].appraisal.id)
    members = populations.members_of(session, meeting, found.cycle)
    assert {one.proposed_grade for one in members} == {None}


def test_nobody_calibrates_themselves(session: Session):
    found = a_department(session)
    own = replace(found.people[0].own, roles=frozenset({"employee", "hr"}))
    meeting = found.open()
    with pytest.raises(NotAllowed):
        calibration.propose_grade(session, own, meeting.id, found.people[0].appraisal.id, grade="S", reason="自荐")
    with pytest.raises(NotAllowed) as refused:
        calibration.close_calibration(session, own, meeting.id)
    assert refused.value.code == "own_case"


def test_it_is_hrs_to_hold_and_closed_to_everybody_whose_grades_it_is_about(session: Session):
    found = a_department(session)
    quarter = found.people[0]
    for actor in (quarter.own, quarter.supervisor, quarter.approver):
        with pytest.raises(NotAllowed):
            calibration.open_calibration(session, actor, found.cycle, name="私下")
    meeting = found.open()
    for actor in (quarter.own, quarter.supervisor, quarter.payroll, quarter.provider):
        with pytest.raises(NotFound):
            calibration.find_calibration(session, actor, meeting.id)
    with pytest.raises(NotAllowed):
        calibration.propose_grade(session, quarter.approver, meeting.id, quarter.appraisal.id, grade="S", reason="x")
    calibration.find_calibration(session, quarter.approver, meeting.id)


def test_two_sessions_do_not_look_at_the_same_people(session: Session):
    found = a_department(session)
    found.open(found.unit)
    for unit in (found.unit, None):
        with pytest.raises(Conflict) as refused:
            found.open(unit)
        assert refused.value.code == "calibration_open"


def test_a_closed_session_stays_closed_and_a_changed_one_has_another_version(session: Session):
    found = a_department(session)
    meeting = found.open()
    seen = meeting.version
    found.propose(meeting, 0, "S")
    with pytest.raises(Conflict) as refused:
        calibration.close_calibration(session, found.hr, meeting.id, version=seen)
    assert refused.value.code == "stale_version"
    calibration.close_calibration(session, found.hr, meeting.id, version=meeting.version)
    with pytest.raises(Conflict) as closed:
        found.propose(meeting, 1, "S")
    assert closed.value.code == "calibration_closed"


def test_a_review_is_taken_back_only_until_a_grade_has_been_proposed(session: Session):
    found = a_department(session)
    first, second = found.people
    assert service.move_appraisal(session, first.supervisor, first.appraisal.id, "withdraw_review") == "supervisor_review"
    meeting = found.open()
    found.propose(meeting, 1, "S")
    with pytest.raises(Conflict) as refused:
        service.move_appraisal(session, second.supervisor, second.appraisal.id, "withdraw_review")
    assert refused.value.code == "acted_upon"


def test_a_policy_without_calibration_has_no_sessions(session: Session):
    quarter = a_quarter(session)
    with pytest.raises(Conflict) as refused:
        calibration.open_calibration(session, quarter.hr, quarter.cycle, name="校准会")
    assert refused.value.code == "no_calibration"
