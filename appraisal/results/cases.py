"""The stored form of what was judged: sheets as canonical JSON and their digest.

A result keeps this text beside its outcome, so that years later the same policy and the same case give the same answer,
and so that a result whose inputs have moved since shows itself by a different digest.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from appraisal.core.inputs import Case, Incident, Item, Part, PastGrade, Sheet, case_from_json
from appraisal.core.numbers import parse_number, plain

_ITEM_TEXTS = ("dimension", "name", "curve", "direction")
_ITEM_NUMBERS = ("target", "challenge", "threshold", "baseline", "actual", "actual2", "last_actual", "rating")


def case_json(case: Case) -> dict[str, Any]:
    """The case in the shape that `core.inputs.case_from_json` reads; what is missing or empty is left out."""
    written: dict[str, Any] = {
        "on": case.on.isoformat(),
        "period": str(case.period),
        "post": case.post,
        "items": [_item(item) for item in case.items],
        "incidents": [_incident(incident) for incident in case.incidents],
        "history": [_past_grade(past) for past in case.history],
    }
    if case.policy is not None:
        written["policy"] = case.policy
    if case.parts:
        written["parts"] = [_part(part) for part in case.parts]
    return written


def sheets_json(sheets: Sequence[Sheet]) -> list[dict[str, Any]]:
    """All sheets of an appraisal, in order, as stored with its result."""
    return [{"label": sheet.label, "share": plain(sheet.share), "case": case_json(sheet.case)} for sheet in sheets]


def sheets_from_json(stored: Sequence[Mapping[str, Any]]) -> tuple[Sheet, ...]:
    """The sheets that `sheets_json` stored."""
    return tuple(
        Sheet(case=case_from_json(entry["case"]), share=parse_number(entry["share"]), label=entry["label"]) for entry in stored
    )


def digest_of(stored: Sequence[Mapping[str, Any]]) -> str:
    """ "sha256:" and the SHA-256 of the canonical JSON of stored sheets."""
    text = json.dumps(stored, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _item(item: Item) -> dict[str, Any]:
    written: dict[str, Any] = {"id": item.id, "kind": item.kind, "weight": plain(item.weight)}
    written |= {name: value for name in _ITEM_TEXTS if (value := getattr(item, name)) is not None}
    written |= {name: plain(value) for name in _ITEM_NUMBERS if (value := getattr(item, name)) is not None}
    for name in ("factors", "factor_max"):
        if values := getattr(item, name):
            written[name] = _numbers(values)
    if item.judged:
        written["judged"] = [{"share": plain(one.share), "rating": plain(one.rating)} for one in item.judged]
    for name in ("events", "inputs"):
        if (values := getattr(item, name)) is not None:
            written[name] = _numbers(values)
    return written


def _incident(incident: Incident) -> dict[str, Any]:
    return {"event": incident.event, "count": incident.count, "confirmed": incident.confirmed, "reach": incident.reach}


def _past_grade(past: PastGrade) -> dict[str, Any]:
    return {"period": str(past.period), "grade": past.grade, "collective": past.collective}


def _part(part: Part) -> dict[str, Any]:
    written: dict[str, Any] = {"kind": part.kind, "share": plain(part.share), "score": plain(part.score), "vetoed": part.vetoed}
    if part.source:
        written["source"] = part.source
    return written | {name: plain(value) for name in ("computed", "coefficient") if (value := getattr(part, name)) is not None}


def _numbers(values: Mapping[str, Decimal | None]) -> dict[str, str | None]:
    return {name: None if value is None else plain(value) for name, value in values.items()}
