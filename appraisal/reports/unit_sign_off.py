"""考核结果签收表: who in a unit has received their notice, how, and a line to sign for everybody who has not (D-21).

The list goes from hand to hand, so it says nobody's score or grade, and not who disagrees.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlmodel import Session, col, select

from appraisal import files
from appraisal.actor import Actor
from appraisal.core.policy.model import Text
from appraisal.formats import local_date
from appraisal.people.directory import people_by_id
from appraisal.reports.document import Filing, Form, Head, Signature
from appraisal.reports.queries import ResultRow, cycle_name
from appraisal.reports.unit_people import UnitPeople, people_of_unit
from appraisal.results import queries as results
from appraisal.results.models import Acknowledgement, Result

FORM_TITLE: Final = Text("考核结果签收表", "List of notices received")
RECEIVED: Final = {
    "agreed": Text("已收到", "received"),
    "disagreed": Text("已收到", "received"),
    "refused": Text("拒绝签收", "refused to sign"),
    "deemed": Text("期满视为已收到", "deemed received"),
}
NOT_RATED: Final = Text("不参评", "not rated")
NOT_PUBLISHED: Final = Text("尚未公布", "not published yet")


@dataclass(frozen=True)
class Received:
    """Somebody of the unit and their notice. `said` is what they have answered; `nothing` why there is nothing to sign for."""

    number: str
    name: str
    post: Text
    notice: str | None
    published_on: date | None
    said: Text | None
    said_at: datetime | None
    witnesses: tuple[str, ...]
    scan: str | None
    nothing: Text | None


@dataclass(frozen=True)
class UnitSignOff:
    """The list of a unit in a cycle. `appeal_until` is the last day of the last window that is open."""

    head: Head
    filing: Filing
    unit: Text
    cycle: Text
    published: int
    received: int
    appeal_days: int
    appeal_until: date | None
    people: tuple[Received, ...]
    signatures: tuple[Signature, ...]


def list_unit(session: Session, actor: Actor, cycle_id: int, unit_id: int | None = None) -> UnitSignOff:
    """The list of a unit. Raises NotFound for who does not handle all of its people."""
    found = people_of_unit(session, actor, cycle_id, unit_id)
    people = tuple(_people(session, found))
    published = [at for own in found.layers.values() for one in own if (at := one.published_at) is not None]
    return UnitSignOff(
        head=found.head(session, FORM_TITLE),
        filing=found.filing(),
        unit=found.name,
        cycle=cycle_name(found.cycle),
        published=sum(one.published_on is not None for one in people),
        received=sum(one.said is not None for one in people),
        appeal_days=found.policy.workflow.appeal.window_days,
        appeal_until=results.appeal_until(session, found.policy, max(published)) if published else None,
        people=people,
        signatures=(
            Signature(Text("经办人", "Handed out by")),
            Signature(Text("部门负责人", "Head of the unit")),
            Signature(Text("人力资源部（盖章）", "HR (seal)")),
        ),
    )


FORM = Form("unit_sign_off", FORM_TITLE, "cycle", list_unit, kept="appraisal", per_unit=True)


def _people(session: Session, found: UnitPeople) -> Iterator[Received]:
    """Everybody of the unit, with the last layer that was published of their result."""
    told = {row.appraisal_id: [one for one in found.layers.get(row.appraisal_id, ()) if one.published_at] for row in found.rows}
    ids = [own[-1].result_id for own in told.values() if own]
    numbers = dict(session.exec(select(Result.id, Result.seq).where(col(Result.id).in_(ids))).all())
    answers = {
        one.result_id: one for one in session.exec(select(Acknowledgement).where(col(Acknowledgement.result_id).in_(ids)))
    }
    witnesses = people_by_id(
        session, [one for answer in answers.values() for one in (answer.witness_id, answer.second_witness_id) if one]
    )
    names = {employee_id: one.name for employee_id, one in witnesses.items()}
    for row in found.rows:
        shown = told[row.appraisal_id][-1] if told[row.appraisal_id] else None
        answer = answers.get(shown.result_id) if shown else None
        seq = numbers.get(shown.result_id) if shown else None
        published = local_date(shown.published_at) if shown and shown.published_at else None
        yield _received(session, found, row, seq, published, answer, names)


def _received(
    session: Session,
    found: UnitPeople,
    row: ResultRow,
    seq: int | None,
    published_on: date | None,
    answer: Acknowledgement | None,
    names: Mapping[int, str],
) -> Received:
    seen_by = (answer.witness_id, answer.second_witness_id) if answer else ()
    nothing = None if seq is not None else NOT_RATED if row.step is None else NOT_PUBLISHED
    return Received(
        number=row.employee_number,
        name=row.employee_name,
        post=row.places[-1].post,
        notice=None if seq is None else f"{found.cycle.code}-{row.employee_number}-{seq}",
        published_on=published_on,
        said=RECEIVED[answer.answer] if answer else None,
        said_at=answer.acknowledged_at if answer else None,
        witnesses=tuple(names[one] for one in seen_by if one is not None),
        scan=files.by_id(session, answer.file_id).sha256 if answer and answer.file_id else None,
        nothing=nothing,
    )
