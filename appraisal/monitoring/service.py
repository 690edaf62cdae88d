"""Use cases of readings: enter, have another person confirm, correct by a later entry. Many at once: `importing`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from sqlmodel import Session, col, select

from appraisal import audit, clock, files
from appraisal.actor import Actor
from appraisal.agreements.fields import require_text
from appraisal.errors import Conflict, Fault, Invalid, NotAllowed, NotFound
from appraisal.measures.queries import add_rows
from appraisal.monitoring import importing, queries, reach, taking
from appraisal.monitoring.checking import Refused
from appraisal.monitoring.entries import find_entry
from appraisal.monitoring.importers import Reported
from appraisal.monitoring.models import Reading, ReadingConfirmation, ReadingFile
from appraisal.people.models import Unit

MOST_AT_ONCE = 20_000
_REFUSALS = {
    "same_person": ("读数须由录入人以外的人确认", "a reading is confirmed by somebody other than who entered it"),
    "already_corrected": ("该读数已被更正, 请以最新一条为准", "this reading has been corrected: take the latest entry"),
    "unknown_reading": ("没有这条读数, 或不由您确认", "there is no such reading for you to confirm"),
}


def enter_reading(session: Session, actor: Actor, reported: Reported, file_ids: Sequence[int] = ()) -> Reading:
    """Enters one reading of an indicator, by a data provider for whose unit it is; it counts once somebody else confirms it.

    Raises Invalid with the code of what is wrong with it, Conflict `already_recorded` (correct the entry instead).
    """
    reach.require_any(actor, reach.ENTERING)
    try:
        planned = importing.place_one(session, actor, replace(reported, row=None))
        before = importing.check_period_is_free(session, planned)
    except Refused as refused:
        raise _refusal(refused) from refused
    if before is not None:
        name, period = planned.sound.indicator.name, planned.sound.span.text
        zh, en = (
            f"「{name.zh}」{period} 已有读数, 请用更正",
            f"{planned.sound.indicator.id} has a reading of {period}: correct it",
        )
        raise Conflict("already_recorded", zh, en)
    evidence = files.own(session, actor, list(dict.fromkeys(file_ids)))
    (reading_id,) = importing.add(session, actor, [planned], [one.id for one in evidence])
    return session.get_one(Reading, reading_id)


def correct_reading(
    session: Session,
    actor: Actor,
    reading_id: int,
    *,
    source_document: str,
    reason: str,
    value: Decimal | None = None,
    inputs: Mapping[str, Decimal] | None = None,
    measured_in: str | None = None,
    origin: str = "manual",
    file_ids: Sequence[int] = (),
) -> Reading:
    """A later entry that takes the place of an earlier one once it is confirmed; the earlier one stays on record (R-000-45)."""
    before = find_entry(session, actor, reading_id).reading
    reach.require(actor, reach.ENTERING, before.unit_id)
    require_text(reason=reason)
    _require_latest(session, before)
    unit = session.get(Unit, before.unit_id) if before.unit_id is not None else None
    reported = Reported(
        row=None,
        indicator=before.indicator,
        period=before.period,
        source_document=source_document,
        value=value,
        inputs=inputs,
        unit=unit.code if unit else None,
        policy=before.policy,
        measured_in=measured_in,
        record_type=before.record_type,
        origin=origin,
    )
    try:
        planned = importing.place_one(session, actor, reported)
    except Refused as refused:
        raise _refusal(refused) from refused
    evidence = files.own(session, actor, list(dict.fromkeys(file_ids)))
    corrected = replace(planned, corrects=before)
    (later_id,) = importing.add(session, actor, [corrected], [one.id for one in evidence], reason)
    return session.get_one(Reading, later_id)


def confirm_reading(session: Session, actor: Actor, reading_id: int) -> None:
    """Vouches for a reading that somebody else has entered; KPIs that name it take it as their figure (`taking`).

    Raises Conflict when it was confirmed or corrected already."""
    reading = find_entry(session, actor, reading_id).reading
    reach.require(actor, reach.CONFIRMING, reading.unit_id)
    if actor.account_id is None or actor.account_id == reading.entered_by:
        raise NotAllowed("same_person", *_REFUSALS["same_person"])
    if session.get(ReadingConfirmation, reading_id) is not None:
        raise Conflict("already_confirmed", "该读数已确认", "this reading has been confirmed already")
    _require_latest(session, reading)
    _confirm(session, actor, [reading])


def confirm_readings(session: Session, actor: Actor, reading_ids: Sequence[int]) -> Sequence[int]:
    """Vouches for many readings at once, all or none; those confirmed already are left as they are. Returns the others' ids.

    Raises Invalid `cannot_confirm` naming each that the actor has entered themselves, that has been corrected, or that is none
    of theirs. The number of queries does not grow with the readings.
    """
    reach.require_any(actor, reach.CONFIRMING)
    wanted = list(dict.fromkeys(reading_ids))
    if len(wanted) > MOST_AT_ONCE:
        zh, en = f"一次最多确认 {MOST_AT_ONCE} 条", f"at most {MOST_AT_ONCE} readings are confirmed at once"
        raise Invalid("too_many", zh, en, [Fault("reading_ids", zh, en)])
    found = session.exec(select(Reading).where(col(Reading.id).in_(wanted)))
    theirs = {one.id: one for one in found if reach.may(actor, reach.CONFIRMING, one.unit_id)}
    corrected = set(session.exec(select(Reading.corrects_id).where(col(Reading.corrects_id).in_(wanted))))
    known = select(ReadingConfirmation.reading_id).where(col(ReadingConfirmation.reading_id).in_(wanted))
    confirmed = set(session.exec(known)) & theirs.keys()

    def refusal(reading_id: int) -> str | None:
        if reading_id not in theirs:
            return "unknown_reading"
        if actor.account_id is None or theirs[reading_id].entered_by == actor.account_id:
            return "same_person"
        return "already_corrected" if reading_id in corrected else None

    waiting = [reading_id for reading_id in wanted if reading_id not in confirmed]
    refused = [(wanted.index(one), code) for one in waiting if (code := refusal(one)) is not None]
    if refused:
        faults = [Fault(f"reading_ids[{index}]", *_REFUSALS[code]) for index, code in refused[: importing.MOST_FAULTS]]
        zh, en = f"有 {len(refused)} 条不能确认, 未确认任何读数", f"{len(refused)} cannot be confirmed; nothing has been"
        raise Invalid("cannot_confirm", zh, en, faults)
    _confirm(session, actor, [theirs[reading_id] for reading_id in waiting])
    return waiting


def waiting_of_file(session: Session, actor: Actor, file_id: int) -> Sequence[int]:
    """The readings that an imported file has brought, that have not been corrected and that nobody has confirmed. Raises
    NotFound for a file that has brought nothing the actor confirms."""
    reach.require_any(actor, reach.CONFIRMING)
    brought = session.exec(
        select(Reading.id, Reading.unit_id)
        .join(ReadingFile, col(ReadingFile.reading_id) == Reading.id)
        .where(ReadingFile.file_id == file_id)
    ).all()
    theirs = {one for one, unit_id in brought if reach.may(actor, reach.CONFIRMING, unit_id)}
    if not theirs:
        raise NotFound()
    later = set(session.exec(select(Reading.corrects_id).where(col(Reading.corrects_id).in_(theirs))))
    known = select(ReadingConfirmation.reading_id).where(col(ReadingConfirmation.reading_id).in_(theirs))
    return sorted(theirs - later - set(session.exec(known)))


def _confirm(session: Session, actor: Actor, readings: Sequence[Reading]) -> None:
    vouched = {"confirmed_by": actor.account_id, "confirmed_at": clock.now()}
    add_rows(session, ReadingConfirmation, [{"reading_id": one.id, **vouched} for one in readings])
    for one in readings:
        after = queries.shown(one) | {"confirmed": True}
        audit.record(session, actor, "reading.confirm", "reading", one.id, before={"confirmed": False}, after=after)
    taking.follow(session, actor, readings)


def _require_latest(session: Session, reading: Reading) -> None:
    if session.exec(select(Reading.id).where(Reading.corrects_id == reading.id)).first() is not None:
        raise Conflict("already_corrected", *_REFUSALS["already_corrected"])


def _refusal(refused: Refused) -> Invalid | NotAllowed:
    if refused.code == "not_your_unit":
        return NotAllowed(refused.code, refused.zh, refused.en)
    return refused.as_invalid()
