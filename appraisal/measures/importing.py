"""Many figures at once: which row belongs to which item of whose sheet, what it adds or corrects, and all of it or nothing.

A file may be sent again at any time: what is on record with the same figure is left alone. A figure that differs is only
recorded as a correction, when whoever imports says so and why. The number of queries does not grow with the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from appraisal import audit, clock, db, files
from appraisal.actor import Actor
from appraisal.agreements.fields import as_text, require_text
from appraisal.core.numbers import plain
from appraisal.core.workflow import first_step
from appraisal.errors import Fault, Invalid
from appraisal.measures import queries
from appraisal.measures.figures import checked_figure, require_origin
from appraisal.measures.importers import Read, Reported
from appraisal.measures.models import Measure, MeasureFile
from appraisal.measures.places import Place, fault_in, place_of, places_of, require_provider
from appraisal.measures.queries import Figure

MOST_FAULTS = 500
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Planned:
    """A figure with the place it goes to, and the entry it would correct."""

    reported: Reported
    place: Place
    item: str
    figure: Figure
    corrects: Measure | None = None


@dataclass(frozen=True)
class Plan:
    """What importing would do: figures that are new, that differ from what is on record, that are there already; and faults."""

    new: tuple[Planned, ...]
    changed: tuple[Planned, ...]
    unchanged: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Imported:
    """What has been recorded, and why rows were left out. The file is kept where anything was recorded."""

    recorded: tuple[int, ...]
    corrected: tuple[int, ...]
    unchanged: int
    left_out: tuple[Fault, ...]
    file_id: int | None


def preview_figures(session: Session, actor: Actor, read: Read, *, cycle_id: int | None = None) -> Plan:
    """What `import_figures` would make of a file, which may hold only what the actor handles. `cycle_id` decides between
    cycles of the same period. Raises NotAllowed for who provides no figures."""
    require_provider(actor)
    places = places_of(session, actor, {one.period for one in read.figures}, {one.number for one in read.figures}, cycle_id)
    on_record = queries.latest(session, [place.sheet_id for several in places.values() for place in several])
    new: list[Planned] = []
    changed: list[Planned] = []
    faults = list(read.faults)
    unchanged = 0
    rows: dict[queries.EntryKey, int | None] = {}
    for reported in read.figures:
        found = _planned(places, reported)
        if isinstance(found, Fault):
            faults.append(found)
            continue
        key = (found.place.sheet_id, found.item, reported.period)
        if (first := rows.setdefault(key, reported.row)) != reported.row:
            zh, en = f"与第 {first} 行重复", f"is the same figure as row {first}"
            faults.append(fault_in(reported, "指标", zh, en))
            continue
        before = on_record.get(key)
        if before is None:
            new.append(found)
        elif queries.figure_of(before) == found.figure:
            unchanged += 1
        else:
            changed.append(replace(found, corrects=before))
    return Plan(tuple(new), tuple(changed), unchanged, tuple(faults))


def import_figures(
    session: Session,
    actor: Actor,
    read: Read,
    *,
    upload: tuple[str, bytes],
    cycle_id: int | None = None,
    correct: bool = False,
    reason: str | None = None,
    skip_faulty: bool = False,
) -> Imported:
    """Records the figures of a file, which is kept as their evidence: all of them, or with `skip_faulty` the sound ones.

    With `correct` and a reason, figures that differ from what is on record become corrections of it. Raises Invalid
    `bad_rows` with every row that stands in the way.
    """
    require_provider(actor)
    if correct:
        require_text(reason=reason or "")
    db.one_at_a_time(session, "import of figures")
    plan = preview_figures(session, actor, read, cycle_id=cycle_id)
    faults = [*plan.faults, *(() if correct else map(_differs, plan.changed))]
    if faults and not skip_faulty:
        count = len(faults)
        zh, en = f"有 {count} 处需要改正, 未导入任何数据", f"{count} rows cannot be imported; nothing has been"
        raise Invalid("bad_rows", zh, en, faults[:MOST_FAULTS])
    corrections = plan.changed if correct else ()
    if not plan.new and not corrections:
        return Imported((), (), plan.unchanged, tuple(faults), None)
    kept = _keep(session, actor, *upload)
    recorded = _record(session, actor, plan.new, kept.id)
    corrected = _record(session, actor, corrections, kept.id, reason)
    after = {"file": kept.sha256, "recorded": len(recorded), "corrected": len(corrected), "unchanged": plan.unchanged}
    audit.record(session, actor, "measure.import", "file", kept.id, after=after, reason=reason if correct else None)
    return Imported(recorded, corrected, plan.unchanged, tuple(faults), kept.id)


def _planned(places: Mapping[tuple[str, str], Sequence[Place]], reported: Reported) -> Planned | Fault:
    found = place_of(places, reported)
    if isinstance(found, Fault):
        return found
    place, item = found
    if not place.by_hr and item in place.withheld:
        zh, en = "该指标由其他数据提供方负责", "others have been assigned to provide this indicator"
        return fault_in(reported, "指标", zh, en)
    try:
        require_origin(reported.origin, reported.source_document)
        is_part = reported.period != place.cycle.period
        figure = checked_figure(place.policy, item, place.items[item], reported.actual, reported.inputs, is_part=is_part)
    except Invalid as refused:
        where = "数据来源" if refused.code == "text_needed" else "实际值" if reported.inputs is None else "原始数据"
        return fault_in(reported, where, refused.message.zh, refused.message.en)
    return Planned(reported, place, item, figure)


def _differs(planned: Planned) -> Fault:
    assert planned.corrects is not None
    before, now = (said_figure(figure) for figure in (queries.figure_of(planned.corrects), planned.figure))
    zh = f"已有数据 {before}, 文件为 {now}; 如属更正, 请选择更正并写明原因"
    en = f"on record is {before}, the file has {now}: if it is a correction, import with `correct` and a reason"
    return fault_in(planned.reported, "实际值", zh, en)


def said_figure(figure: Figure) -> str:
    """A figure on one line: the actual, or its inputs."""
    if figure.actual is not None:
        return plain(figure.actual)
    return "; ".join(f"{name}={plain(value)}" for name, value in (figure.inputs or {}).items())


def _keep(session: Session, actor: Actor, name: str, content: bytes) -> files.StoredFile:
    media_type = _XLSX if content.startswith(files.MEDIA_TYPES[_XLSX]) else "text/csv"
    return files.keep(session, actor, name=name, content=content, media_type=media_type)


def _record(
    session: Session, actor: Actor, planned: Sequence[Planned], file_id: int, reason: str | None = None
) -> tuple[int, ...]:
    now = clock.now()
    collecting = {one.place.cycle.id: first_step(one.place.policy.workflow).id for one in planned}
    rows = [
        {
            "sheet_id": one.place.sheet_id,
            "item": one.item,
            "period": one.reported.period,
            "actual": one.figure.actual,
            "inputs": None if one.figure.inputs is None else as_text(one.figure.inputs),
            "origin": one.reported.origin,
            "source_document": one.reported.source_document,
            "entered_by": actor.account_id,
            "entered_at": now,
            "back_filled": one.place.step != collecting[one.place.cycle.id],
            "corrects_id": one.corrects.id if one.corrects else None,
            "reason": reason,
        }
        for one in planned
    ]
    ids = queries.add_rows(session, Measure, rows) if rows else []
    queries.add_rows(session, MeasureFile, [{"measure_id": one, "file_id": file_id} for one in ids])
    for measure_id, row, one in zip(ids, rows, planned, strict=True):
        action = "measure.correct" if one.corrects else "measure.record"
        before = queries.shown(one.corrects) if one.corrects else None
        after = {name: row[name] for name in queries.SHOWN}
        audit.record(session, actor, action, "measure", measure_id, before=before, after=after, reason=reason)
    return tuple(ids)
