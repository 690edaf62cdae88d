"""What people are told: a sentence in both languages from what was stored, and nobody else's to read."""

from datetime import date

import pytest
from sqlmodel import Session

from appraisal import clock, notify
from appraisal.actor import SYSTEM
from appraisal.core.errors import Message
from appraisal.core.policy.model import Text
from appraisal.errors import NotFound
from appraisal.labels import codes, label
from appraisal.people.models import Employee
from tests import factories as make


def told(session: Session, employee: Employee, **changed: object) -> notify.Notification:
    values = {"cycle": "一季度", "step": Text("自我评估", "Self-assessment"), "due_on": date(2026, 1, 16)} | changed
    return notify.post(session, employee.id, "overdue", about=("cycle", 7), who=Message("您本人", "your own"), **values)


def test_each_reader_has_it_in_their_language(session: Session):
    one = told(session, make.an_employee(session))
    session.flush()
    session.expire(one)
    assert notify.sentence(one) == Message(
        "一季度「自我评估」已于 2026-01-16 到期, 请尽快办理: 您本人", "一季度, Self-assessment: was due on 2026-01-16: your own"
    )


def test_half_a_sentence_and_a_kind_without_words_are_never_stored(session: Session):
    employee = make.an_employee(session)
    for kind in ("overdue", "gossip"):
        with pytest.raises(KeyError):
            notify.post(session, employee.id, kind, about=("cycle", 7), cycle="一季度")
    assert notify.unread(session, [employee.id]) == {}


def test_it_is_read_once_and_by_whom_it_was_told(session: Session):
    employee, other = make.an_employee(session), make.an_employee(session)
    one, _ = told(session, employee), told(session, employee)
    session.flush()
    assert notify.unread(session, [employee.id, other.id]) == {employee.id: 2}
    for stranger in (make.an_actor(session, "hr", "admin", employee=other), make.an_actor(session, "hr"), SYSTEM):
        with pytest.raises(NotFound):
            notify.mark_read(session, stranger, one.id)
    reader = make.an_actor(session, employee=employee)
    with clock.at(date(2026, 1, 17)):
        first = notify.mark_read(session, reader, one.id).read_at
    assert notify.mark_read(session, reader, one.id).read_at == first
    assert notify.unread(session, [employee.id]) == {employee.id: 1}


@pytest.mark.parametrize("kind", codes("notification"))
def test_both_languages_of_a_sentence_ask_for_the_same_values(kind: str):
    class Asked(dict[str, str]):
        def __missing__(self, name: str) -> str:
            self[name] = name
            return name

    asked: list[Asked] = []
    for text in (label("notification", kind).zh, label("notification", kind).en):
        values = Asked()
        text.format_map(values)
        asked.append(values)
    assert asked[0].keys() == asked[1].keys()
