"""Many readings at once: which indicator, unit and period each belongs to, what it adds or corrects, and all of it or nothing.

A list may be sent again at any time: what is on record with the same figure is left alone. A reading that differs is only
recorded as a correction, when whoever sends it says so and why. The number of queries does not grow with the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlmodel import Session, select

from appraisal import audit, clock, db, files
from appraisal.actor import Actor
from appraisal.agreements.fields import as_text, require_text
from appraisal.core.numbers import plain
from appraisal.core.scoring.rolling import Figure
from appraisal.errors import Fault, Invalid
from appraisal.measures.queries import add_rows
from appraisal.monitoring import queries, reach
from appraisal.monitoring.checking import Base, Refused, Sound, checked
from appraisal.monitoring.importers import Read, Reported
from appraisal.monitoring.models import Reading, ReadingFile
from appraisal.monitoring.spans import due_on
from appraisal.monitoring.watched import Watching, watching
from appraisal.people.models import Unit

MOST_FAULTS = 500
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BASE = {
    "no_base": ("分母为 0, 本期没有值 (不是 0)", "the denominator is 0: the period has no value, which is not 0"),
    "nothing_due": ("分母为 0, 本期无应做事项, 按制度计 100", "the denominator is 0, nothing was due: the policy counts 100"),
}


@dataclass(frozen=True)
class Planned:
    """A reading with its place, and the entry it would correct."""

    reported: Reported
    sound: Sound
    unit_id: int | None
    corrects: Reading | None = None

    @property
    def key(self) -> queries.Key:
        """The series it belongs to."""
        return self.sound.policy.id, self.sound.indicator.id, self.unit_id

    @property
    def figure(self) -> Figure:
        """Its value or inputs."""
        return Figure(self.sound.value, self.sound.inputs)


@dataclass(frozen=True)
class Plan:
    """What recording would do: readings that are new, that differ from what is on record, that are there already; `faults` by
    row, and `notes` on rows that can stand but have nothing to divide by."""

    new: tuple[Planned, ...]
    changed: tuple[Planned, ...]
    unchanged: int
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Imported:
    """What has been recorded, and why rows were left out. A file is kept where anything of it was recorded."""

    recorded: tuple[int, ...]
    corrected: tuple[int, ...]
    unchanged: int
    left_out: tuple[Fault, ...]
    notes: tuple[Fault, ...] = ()
    file_id: int | None = None


def tagged(read: Read, record_type: str | None, policy: str | None) -> Read:
    """The readings of a file with the record type it holds, and the policy that is meant where a row names none."""
    rows = (replace(one, record_type=record_type, policy=one.policy or policy) for one in read.readings)
    return Read(tuple(rows), read.faults)


def preview_readings(session: Session, actor: Actor, read: Read) -> Plan:
    """What `record_readings` would make of these. Raises NotAllowed for who enters no readings."""
    reach.require_any(actor, reach.ENTERING)
    known, units, today = watching(session), _units(session, read.readings), clock.today()
    placed: list[Planned] = []
    faults = list(read.faults)
    for reported in read.readings:
        try:
            placed.append(place(known, units, actor, reported, today))
        except Refused as refused:
            faults.append(refused.fault(reported.row))
    on_record = queries.latest(session, {one.key for one in placed})
    new: list[Planned] = []
    changed: list[Planned] = []
    notes: list[Fault] = []
    unchanged = 0
    taken = _Taken(on_record)
    for one in placed:
        try:
            taken.take(one)
        except Refused as refused:
            faults.append(refused.fault(one.reported.row))
            continue
        notes += _note(one.reported.row, one.sound.base)
        before = on_record[one.key].get(one.sound.span.text)
        if before is None:
            new.append(one)
        elif queries.figure_of(before) == one.figure:
            unchanged += 1
        else:
            changed.append(replace(one, corrects=before))
    return Plan(tuple(new), tuple(changed), unchanged, tuple(faults), tuple(notes))


def record_readings(
    session: Session,
    actor: Actor,
    read: Read,
    *,
    upload: tuple[str, bytes] | None = None,
    correct: bool = False,
    reason: str | None = None,
    keep_good: bool = False,
) -> Imported:
    """Records readings: all of them, or with `keep_good` the sound ones; the file they came in is kept as their evidence.

    With `correct` and a reason, readings that differ from what is on record become corrections of it. Raises Invalid
    `bad_rows` with every row that stands in the way.
    """
    reach.require_any(actor, reach.ENTERING)
    if correct:
        require_text(reason=reason or "")
    db.one_at_a_time(session, "readings")
    plan = preview_readings(session, actor, read)
    faults = [*plan.faults, *(() if correct else map(_differs, plan.changed))]
    if faults and not keep_good:
        count = len(faults)
        zh, en = f"有 {count} 处需要改正, 未录入任何读数", f"{count} rows cannot be recorded; nothing has been"
        raise Invalid("bad_rows", zh, en, faults[:MOST_FAULTS])
    corrections = plan.changed if correct else ()
    if not plan.new and not corrections:
        return Imported((), (), plan.unchanged, tuple(faults), plan.notes)
    kept = _keep(session, actor, *upload) if upload else None
    evidence = [kept.id] if kept else []
    recorded = add(session, actor, plan.new, evidence)
    corrected = add(session, actor, corrections, evidence, reason)
    if kept:
        after = {"file": kept.sha256, "recorded": len(recorded), "corrected": len(corrected), "unchanged": plan.unchanged}
        audit.record(session, actor, "reading.import", "file", kept.id, after=after, reason=reason if correct else None)
    return Imported(recorded, corrected, plan.unchanged, tuple(faults), plan.notes, kept.id if kept else None)


def place(known: Watching, units: Mapping[str, Sequence[Unit]], actor: Actor, reported: Reported, today: date) -> Planned:
    """A reading with the indicator, the period and the unit it belongs to. Raises Refused, also for a unit that is not the
    actor's."""
    sound = checked(known, reported, today)
    unit_id = _unit_id(units, reported, sound)
    if not reach.may(actor, reach.ENTERING, unit_id):
        zh, en = "该部门 (或公司) 的读数不由您提供", "readings of this unit, or of the company, are not yours to enter"
        raise Refused("not_your_unit", "unit", zh, en)
    return Planned(reported, sound, unit_id)


def place_one(session: Session, actor: Actor, reported: Reported) -> Planned:
    """The same for a single reading."""
    return place(watching(session), _units(session, [reported]), actor, reported, clock.today())


def check_period_is_free(session: Session, one: Planned) -> Reading | None:
    """The entry on record for the very period, if any. Raises Refused where readings of parts of it, or of a longer period
    around it, are there already: one number for one period."""
    on_record = queries.latest(session, [one.key])
    _Taken(on_record).check_overlap(one)
    return on_record[one.key].get(one.sound.span.text)


def add(
    session: Session, actor: Actor, planned: Sequence[Planned], file_ids: Sequence[int], reason: str | None = None
) -> tuple[int, ...]:
    """Adds readings with their evidence, each on record; their ids."""
    now, today = clock.now(), clock.today()
    rows = [_row(one, actor, reason) | {"entered_at": now} | _lateness(one, today) for one in planned]
    ids = add_rows(session, Reading, rows)
    add_rows(session, ReadingFile, [{"reading_id": one, "file_id": file_id} for one in ids for file_id in file_ids])
    for reading_id, row, one in zip(ids, rows, planned, strict=True):
        action = "reading.correct" if one.corrects else "reading.record"
        before = queries.shown(one.corrects) if one.corrects else None
        after = {name: row[name] for name in queries.SHOWN}
        audit.record(session, actor, action, "reading", reading_id, before=before, after=after, reason=reason)
    return tuple(ids)


def said_figure(figure: Figure) -> str:
    """A figure on one line: the value, or its inputs."""
    if figure.actual is not None:
        return plain(figure.actual)
    return "; ".join(f"{name}={plain(value)}" for name, value in (figure.inputs or {}).items())


def _row(one: Planned, actor: Actor, reason: str | None) -> dict[str, Any]:
    span, inputs = one.sound.span, one.sound.inputs
    return {
        "policy": one.sound.policy.id,
        "indicator": one.sound.indicator.id,
        "unit_id": one.unit_id,
        "cadence": span.cadence,
        "period": span.text,
        "starts_on": span.starts_on,
        "ends_on": span.ends_on,
        "value": one.sound.value,
        "inputs": None if inputs is None else as_text(inputs),
        "origin": one.reported.origin,
        "record_type": one.reported.record_type,
        "source_document": one.reported.source_document,
        "entered_by": actor.account_id,
        "corrects_id": one.corrects.id if one.corrects else None,
        "reason": reason,
    }


def _lateness(one: Planned, today: date) -> dict[str, bool]:
    late = today > due_on(one.sound.policy, one.sound.span)
    return {"late": late, "back_filled": late and one.reported.origin == "manual"}


def _units(session: Session, readings: Sequence[Reported]) -> dict[str, list[Unit]]:
    """The units by code and by name, where readings name any."""
    units: dict[str, list[Unit]] = {}
    if any(one.unit is not None for one in readings):
        for unit in session.exec(select(Unit)):
            for called in {unit.code, unit.name}:
                units.setdefault(called, []).append(unit)
    return units


def _unit_id(units: Mapping[str, Sequence[Unit]], reported: Reported, sound: Sound) -> int | None:
    if reported.unit is None:
        return None
    span = sound.span
    called = units.get(reported.unit, ())
    there = [one for one in called if one.from_on <= span.ends_on and (one.to_on is None or one.to_on >= span.starts_on)]
    exact = [one for one in there if one.code == reported.unit] or there
    if len(exact) == 1:
        return exact[0].id
    shown = reported.unit[:80]
    if exact:
        codes = "、".join(sorted(one.code for one in exact))
        zh, en = f"有几个部门叫 {shown}, 请写编码: {codes}", f"several units are called {shown}: write the code ({codes})"
    else:
        zh, en = f"{span.text} 没有部门 {shown}", f"there is no unit {shown} in {span.text}"
    raise Refused("unknown_unit", "unit", zh, en)


class _Taken:
    """The periods that the readings of each series take up, by cadence, so that those of one cadence are not compared."""

    def __init__(self, on_record: Mapping[queries.Key, Mapping[str, Reading]]) -> None:
        self.rows: dict[tuple[queries.Key, str], int | None] = {}
        self.spans: dict[queries.Key, dict[str, list[tuple[date, date, str]]]] = {}
        for key, entries in on_record.items():
            for one in entries.values():
                self._note(key, one.cadence, (one.starts_on, one.ends_on, one.period))

    def take(self, one: Planned) -> None:
        """Takes up the period of a reading. Raises Refused where a row before has it, or where it overlaps another."""
        span, place = one.sound.span, (one.key, one.sound.span.text)
        if place in self.rows:
            first = self.rows[place]
            raise Refused("duplicate_period", "period", f"与第 {first} 行重复", f"is the same reading as row {first}")
        self.check_overlap(one)
        self.rows[place] = one.reported.row
        self._note(one.key, span.cadence, (span.starts_on, span.ends_on, span.text))

    def check_overlap(self, one: Planned) -> None:
        """One number for one period. Raises Refused."""
        span = one.sound.span
        for cadence, spans in self.spans.get(one.key, {}).items():
            if cadence != span.cadence:
                for first, last, period in spans:
                    if first <= span.ends_on and span.starts_on <= last:
                        _refuse_overlap(period)

    def _note(self, key: queries.Key, cadence: str, span: tuple[date, date, str]) -> None:
        self.spans.setdefault(key, {}).setdefault(cadence, []).append(span)


def _refuse_overlap(period: str) -> None:
    zh = f"与 {period} 的读数重叠: 同一段时间只有一个数"
    raise Refused("overlapping_period", "period", zh, f"overlaps the reading of {period}: one number for one period")


def _note(row: int | None, base: Base | None) -> list[Fault]:
    if base is None:
        return []
    return [Refused(base, "inputs", *_BASE[base]).fault(row)]


def _differs(planned: Planned) -> Fault:
    assert planned.corrects is not None
    before, now = said_figure(queries.figure_of(planned.corrects)), said_figure(planned.figure)
    zh = f"已有读数 {before}, 现为 {now}; 如属更正, 请选择更正并写明原因"
    en = f"on record is {before}, this has {now}: if it is a correction, send it with `correct` and a reason"
    return Refused("differs", "value", zh, en).fault(planned.reported.row)


def _keep(session: Session, actor: Actor, name: str, content: bytes) -> files.StoredFile:
    media_type = _XLSX if content.startswith(files.MEDIA_TYPES[_XLSX]) else "text/csv"
    return files.keep(session, actor, name=name, content=content, media_type=media_type)
