"""Answers: given once, by the rater alone, and never led back to them, neither by a page nor by the tables side by side."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text
from sqlmodel import Session, select

from appraisal import audit, clock, db, sealing
from appraisal.audit import AuditRecord
from appraisal.config import settings
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.feedback import boxes, queries
from appraisal.feedback.models import FeedbackBox, FeedbackRemark
from appraisal.feedback.service import answers, raters, reports, rounds
from tests import factories
from tests.feedback.a_round import TODAY, UNTIL, Feedback, a_round, rated

SECRET = "他从不当面指责别人"


@pytest.fixture(autouse=True)
def _december() -> Iterator[None]:
    with clock.at(TODAY):
        yield


@pytest.fixture
def feedback(session: Session) -> Feedback:
    return a_round(session)


def close(feedback: Feedback) -> None:
    with clock.at(UNTIL + timedelta(days=1)):
        reports.close_round(feedback.session, feedback.hr, feedback.round.id)


def test_a_rater_answers_once(feedback: Feedback):
    rater, colleague = feedback.ask()
    answers.answer(feedback.session, colleague, rater.id, ratings=rated("4 5"), remarks={})
    with pytest.raises(Conflict) as refused:
        answers.answer(feedback.session, colleague, rater.id, ratings=rated("1 1"), remarks={})
    assert refused.value.code == "already_answered"
    assert queries.asked_of(feedback.session, colleague.employee_id) == []


def test_nobody_else_answers_nor_sees_what_is_asked(feedback: Feedback):
    rater, _ = feedback.ask()
    auditor = factories.an_actor(feedback.session, "auditor")
    for actor in (feedback.own, feedback.supervisor, feedback.hr, auditor):
        with pytest.raises(NotFound):
            answers.answer(feedback.session, actor, rater.id, ratings=rated("4 5"), remarks={})


def test_a_clerk_does_not_answer_for_somebody(feedback: Feedback):
    rater, colleague = feedback.ask()
    with pytest.raises(NotAllowed) as refused:
        answers.answer(feedback.session, replace(colleague, on_behalf_of=7), rater.id, ratings=rated("4 5"), remarks={})
    assert refused.value.code == "in_person"


@pytest.mark.parametrize(
    ("ratings", "remarks"),
    [
        ({"teamwork": D(4)}, {}),
        ({"teamwork": D(4), "reliability": D("0.9999")}, {}),
        ({"teamwork": D(4), "reliability": D("5.0001")}, {}),
        ({"teamwork": D(4), "reliability": D(5), "looks": D(5)}, {}),
        ({"teamwork": D(4), "reliability": D(5)}, {"teamwork": "好"}),
        ({"teamwork": D(4), "reliability": D(5)}, {"strengths": "x" * 2001}),
    ],
)
def test_an_answer_that_does_not_fit_the_form_is_refused_and_may_be_given_again(
    feedback: Feedback, ratings: dict[str, D], remarks: dict[str, str]
):
    rater, colleague = feedback.ask()
    with pytest.raises(Invalid) as refused:
        answers.answer(feedback.session, colleague, rater.id, ratings=ratings, remarks=remarks)
    assert refused.value.code == "bad_answer"
    edge = {"teamwork": D(1), "reliability": D(5)}
    answers.answer(feedback.session, colleague, rater.id, ratings=edge, remarks={"strengths": "x" * 2000})


def test_answers_are_taken_on_the_last_day_and_not_after(feedback: Feedback):
    (early, one), (late, other) = feedback.ask(), feedback.ask()
    with clock.at(UNTIL):
        answers.answer(feedback.session, one, early.id, ratings=rated("3 3"), remarks={})
    with clock.at(UNTIL + timedelta(days=1)):
        with pytest.raises(Conflict) as refused:
            answers.answer(feedback.session, other, late.id, ratings=rated("3 3"), remarks={})
        assert refused.value.code == "too_late"
        rounds.extend_round(
            feedback.session, feedback.hr, feedback.round.id, answers_until=UNTIL + timedelta(days=1), reason="假期"
        )
        answers.answer(feedback.session, other, late.id, ratings=rated("3 3"), remarks={})


def test_an_outsider_answers_once_by_a_link_that_is_kept_hashed(feedback: Feedback):
    rater = feedback.ask_outsider()
    with pytest.raises(NotAllowed):
        raters.issue_link(feedback.session, feedback.supervisor, rater.id)
    first = raters.issue_link(feedback.session, feedback.hr, rater.id)
    link = raters.issue_link(feedback.session, feedback.hr, rater.id)
    with pytest.raises(NotFound):
        answers.find_asked_outsider(feedback.session, first.token)
    asked, _ = answers.find_asked_outsider(feedback.session, link.token)
    assert asked.subject == feedback.employee.name
    answers.answer_as_outsider(feedback.session, link.token, ratings=rated("4 4"), remarks={})
    with pytest.raises(NotFound):
        answers.answer_as_outsider(feedback.session, link.token, ratings=rated("4 4"), remarks={})
    assert link.token not in everything(feedback.session)


def test_a_link_ends_with_the_last_day_to_answer(feedback: Feedback):
    link = raters.issue_link(feedback.session, feedback.hr, feedback.ask_outsider().id)
    with clock.at(link.expires_at - timedelta(seconds=1)):
        answers.find_asked_outsider(feedback.session, link.token)
    with clock.at(link.expires_at), pytest.raises(NotFound):
        answers.find_asked_outsider(feedback.session, link.token)
    assert link.expires_at.astimezone(clock.COMPANY_ZONE).date() == UNTIL + timedelta(days=1)


def test_an_employee_gets_no_link(feedback: Feedback):
    rater, _ = feedback.ask()
    with pytest.raises(Conflict) as refused:
        raters.issue_link(feedback.session, feedback.hr, rater.id)
    assert refused.value.code == "no_ballot"


def test_nothing_is_shown_before_the_round_has_closed(feedback: Feedback):
    feedback.answered("peers", "3 3", "4 4", "5 5")
    for actor in (feedback.own, feedback.supervisor, feedback.hr):
        with pytest.raises(Conflict) as refused:
            reports.show_report(feedback.session, actor, feedback.appraisal.id)
        assert refused.value.code == "not_closed"
    assert queries.score_of(feedback.session, feedback.appraisal.id) is None


def test_a_round_is_closed_when_all_have_answered_or_the_last_day_has_passed(feedback: Feedback):
    feedback.ask()
    with clock.at(UNTIL), pytest.raises(Conflict) as refused:
        reports.close_round(feedback.session, feedback.hr, feedback.round.id)
    assert refused.value.code == "still_asked"
    close(feedback)
    assert feedback.round.status == "closed"


def test_a_round_nobody_is_waited_for_is_closed_at_once(feedback: Feedback):
    feedback.answered("peers", "3 3", "4 4", "5 5")
    reports.close_round(feedback.session, feedback.hr, feedback.round.id)
    # (3 + 4 + 5) / 3 = 4 on 1 to 5: 75 points
    assert queries.score_of(feedback.session, feedback.appraisal.id) == D(75)


def test_two_answers_give_no_score_and_three_do(feedback: Feedback):
    feedback.answered("peers", "5 5", "5 5", remark=SECRET)
    close(feedback)
    report = reports.show_report(feedback.session, feedback.own, feedback.appraisal.id)
    assert (report.score, report.answers, report.withheld, report.groups) == (None, 0, 2, ())
    assert SECRET not in everything(feedback.session)


def test_small_groups_are_shown_as_one_with_their_texts(feedback: Feedback):
    feedback.answered("peers", "5 4", "4 4", remark="耐心")
    feedback.answered("subordinates", "3 1", remark="严格")
    close(feedback)
    report = reports.show_report(feedback.session, feedback.supervisor, feedback.appraisal.id)
    (group,) = report.groups
    assert [name.zh for name in group.names] == ["同级", "下属"]
    # teamwork (5+4+3)/3 = 4, reliability (4+4+1)/3 = 3; all six ratings 21/6 = 3.5: 62.5 points
    assert group.means == {"teamwork": D(4), "reliability": D(3)}
    assert (report.score, group.points) == (D("62.5"), D("62.5"))
    assert sorted(group.remarks["strengths"]) == ["严格", "耐心", "耐心"]


def test_remarks_come_in_another_order_at_another_reading(feedback: Feedback):
    for count in range(12):
        feedback.answered("peers", "3 3", remark=f"第{count}条")
    close(feedback)
    readings = set()
    for _ in range(20):
        (group,) = reports.show_report(feedback.session, feedback.own, feedback.appraisal.id).groups
        readings.add(tuple(group.remarks["strengths"]))
    assert len(readings) > 1
    assert {frozenset(one) for one in readings} == {frozenset(f"第{count}条" for count in range(12))}


def test_who_neither_handles_the_case_nor_is_the_person_does_not_read_it(feedback: Feedback):
    _, colleague = feedback.ask()
    close(feedback)
    with pytest.raises(NotFound):
        reports.show_report(feedback.session, colleague, feedback.appraisal.id)
    payroll = factories.an_actor(feedback.session, "payroll")
    with pytest.raises(NotAllowed):
        reports.show_report(feedback.session, payroll, feedback.appraisal.id)


def test_a_closed_round_takes_nothing_more(feedback: Feedback):
    rater, colleague = feedback.ask()
    close(feedback)
    with pytest.raises(Conflict):
        answers.answer(feedback.session, colleague, rater.id, ratings=rated("3 3"), remarks={})
    with pytest.raises(Conflict):
        feedback.ask()


def test_scores_of_many_are_read_at_once(feedback: Feedback):
    feedback.answered("peers", "3 3", "3 3", "3 3")
    reports.close_round(feedback.session, feedback.hr, feedback.round.id)
    ids = [feedback.appraisal.id, feedback.appraisal.id + 1000]
    assert queries.scores_of(feedback.session, ids) == {feedback.appraisal.id: D(50)}


# Anonymity


def rows(session: Session, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in session.connection().execute(text(f'SELECT * FROM "{table}"')).mappings()]


def everything(session: Session) -> str:
    """Every value of every table of this database, and what the trail is about to say."""
    session.flush()
    audit.flush(session)
    tables = inspect(session.connection()).get_table_names()
    values = (value for table in tables for row in rows(session, table) for value in row.values())
    return "\n".join(bytes(one).decode("latin-1") if isinstance(one, bytes | memoryview) else str(one) for one in values)


def test_an_answer_cannot_be_read_in_the_tables_while_the_round_runs(feedback: Feedback):
    feedback.answered("peers", "2 5", remark=SECRET)
    found = everything(feedback.session)
    assert SECRET not in found
    assert json.dumps(SECRET)[1:-1] not in found


def test_the_trail_names_neither_who_answered_nor_about_whom(feedback: Feedback):
    rater, colleague = feedback.ask()
    answers.answer(feedback.session, colleague, rater.id, ratings=rated("2 5"), remarks={"strengths": SECRET})
    audit.flush(feedback.session)
    said = feedback.session.exec(select(AuditRecord).where(AuditRecord.action == "feedback.answer")).all()[-1]
    assert (said.actor, said.object_kind, said.object_id) == ("system", "feedback_round", str(feedback.round.id))
    payload = json.loads(said.payload)
    assert (payload["name"], payload["after"], payload["before"], payload["request_id"]) == ("评价人", None, None, None)


def test_answering_leaves_no_mark_on_the_rater(feedback: Feedback):
    rater, colleague = feedback.ask()
    before = next(row for row in rows(feedback.session, "feedback_rater") if row["id"] == rater.id)
    answers.answer(feedback.session, colleague, rater.id, ratings=rated("2 5"), remarks={})
    feedback.session.flush()
    assert next(row for row in rows(feedback.session, "feedback_rater") if row["id"] == rater.id) == before


def test_no_table_that_holds_answers_has_a_rater_a_time_or_a_number_of_its_own(feedback: Feedback):
    columns = inspect(feedback.session.connection()).get_columns
    held = {
        table: {column["name"] for column in columns(table)}
        for table in ("feedback_box", "feedback_group_result", "feedback_remark")
    }
    assert held == {
        "feedback_box": {"appraisal_id", "group_code", "round_id", "answers", "sealed"},
        "feedback_group_result": {"id", "appraisal_id", "groups", "share", "answers", "sums"},
        "feedback_remark": {"id", "group_result_id", "question", "text"},
    }


def test_a_box_looks_wholly_different_after_each_answer_and_as_long_as_before(feedback: Feedback):
    feedback.answered("peers", "2 5", remark="短")
    (box,) = feedback.session.exec(select(FeedbackBox)).all()
    before = box.sealed
    feedback.answered("peers", "3 3", remark="这一条要长得多" * 20)
    after = box.sealed
    assert (box.answers, len(after)) == (2, len(before))
    assert sum(a == b for a, b in zip(before, after, strict=True)) < len(before) // 50


def test_the_order_inside_a_box_is_not_that_of_answering(feedback: Feedback):
    seen = set()
    box = FeedbackBox(appraisal_id=1, group_code="peers", round_id=1, answers=0, sealed=b"")
    given = [boxes.Answer({"q": D(number)}, {}) for number in range(8)]
    for _ in range(20):
        boxes.fill(box, given)
        seen.add(tuple(one.ratings["q"] for one in boxes.opened(box)))
    assert len(seen) > 1


def test_a_box_moved_to_another_person_does_not_open(feedback: Feedback):
    feedback.answered("peers", "2 5")
    (box,) = feedback.session.exec(select(FeedbackBox)).all()
    moved = FeedbackBox(appraisal_id=box.appraisal_id + 1, group_code="peers", round_id=1, answers=1, sealed=box.sealed)
    with pytest.raises(Conflict) as refused:
        boxes.opened(moved)
    assert refused.value.code == "sealed"


def test_after_a_change_of_key_the_former_one_still_opens(monkeypatch: pytest.MonkeyPatch):
    sealed = sealing.seal("something", b"content")
    try:
        monkeypatch.setenv("SEALING_KEY", "another")
        settings.cache_clear()
        with pytest.raises(Conflict):
            sealing.unseal("something", sealed)
        monkeypatch.setenv("OLD_SEALING_KEYS", "of the tests")
        settings.cache_clear()
        assert sealing.unseal("something", sealed) == b"content"
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_after_closing_nothing_is_left_to_open_and_ratings_are_sums(feedback: Feedback):
    feedback.answered("peers", "2 5", "3 3", "4 1", remark=SECRET)
    feedback.ask()
    close(feedback)
    assert rows(feedback.session, "feedback_box") == []
    ids = [rater.row.id for rater in queries.raters_of(feedback.session, feedback.appraisal.id)]
    assert [row for row in rows(feedback.session, "feedback_ballot") if row["rater_id"] in ids] == []
    (held,) = (row for row in rows(feedback.session, "feedback_group_result") if row["appraisal_id"] == feedback.appraisal.id)
    sums = held["sums"] if isinstance(held["sums"], dict) else json.loads(held["sums"])
    assert sums == {"teamwork": "9", "reliability": "9"}


def test_the_ids_of_remarks_are_random(feedback: Feedback):
    feedback.answered("peers", "2 5", "3 3", "4 1", remark="好")
    close(feedback)
    ids = feedback.session.exec(select(FeedbackRemark.id)).all()
    assert all(len(one) == 32 for one in ids)
    assert len(set(ids)) == len(ids)


def test_in_postgresql_no_transaction_number_parts_one_answer_from_another(engine: Engine, database_kind: str):
    """Each answer in a transaction of its own: what the last one wrote is one box with all of them."""
    with db.transaction(engine, write=True) as session:
        feedback = a_round(session)
        asked = [feedback.ask() for _ in range(3)]
    for rater, colleague in asked:
        with db.transaction(engine, write=True) as session:
            answers.answer(session, colleague, rater.id, ratings=rated("3 4"), remarks={"strengths": SECRET})
    with db.transaction(engine, write=False) as session:
        (box,) = session.exec(select(FeedbackBox)).all()
        assert box.answers == 3
        assert len(boxes.opened(box)) == 3
