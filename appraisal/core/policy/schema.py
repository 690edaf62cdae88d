"""JSON Schema (2020-12) of the rule files, so that an editor can complete and check them while HR types.

Derived from the same annotations the loader binds to: a key is described once. An editor's word is advice; the loader and
the checks decide.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from appraisal.core.policy.binding import VARIANTS, Key, keys_of
from appraisal.core.policy.book import EDITED
from appraisal.core.policy.files import IndicatorFile, ProcessFile, WeightsFile
from appraisal.core.policy.model import Assumed, Curve
from appraisal.core.policy.scalars import ID
from appraisal.core.policy.tree import Node
from appraisal.core.policy.working_calendar import CalendarFile

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FILES: Final[Mapping[str, Any]] = {
    **EDITED,
    "indicators.yaml": IndicatorFile,
    "processes.yaml": ProcessFile,
    "weights.yaml": WeightsFile,
    "calendar.yaml": CalendarFile,
}

_SIMPLE: Final[Mapping[Any, dict[str, Any]]] = {
    str: {"type": "string", "minLength": 1},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    Decimal: {"type": "number"},
    date: {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    NoneType: {"type": "null"},
    Node: {},
}


def schemas(methods: Mapping[str, Mapping[str, Key]] | None = None) -> dict[str, dict[str, Any]]:
    """A schema for each kind of rule file, by file name; some names stand for the files of a folder.

    `methods` are the parameters of each scoring method; without them any parameters are let through.
    """
    return {name: _Writer(methods or {}).document(name, kind) for name, kind in FILES.items()}


class _Writer:
    """Writes one document; each dataclass once, under `$defs`."""

    def __init__(self, methods: Mapping[str, Mapping[str, Key]]) -> None:
        self.methods = methods
        self.names: dict[Any, str] = {}
        self.definitions: dict[str, dict[str, Any]] = {}

    def document(self, name: str, kind: Any) -> dict[str, Any]:
        body = self._object(kind)
        return {"$schema": DIALECT, "title": name, **body, "$defs": self.definitions}

    def _of(self, annotation: Any) -> dict[str, Any]:
        if annotation in _SIMPLE:
            return dict(_SIMPLE[annotation])
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return {"type": "string", "pattern": f"^{ID.pattern}$"}
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin is tuple:
            return {"type": "array", "items": self._of(arguments[0])}
        if origin is Mapping:
            return {"type": "object", "propertyNames": self._of(arguments[0]), "additionalProperties": self._of(arguments[1])}
        if annotation in VARIANTS:
            key, others = VARIANTS[annotation]
            return self._either(key, annotation, others)
        if is_dataclass(annotation):
            return self._reference(annotation)
        if origin is Union or arguments:
            return {"anyOf": [self._of(argument) for argument in arguments]}
        raise TypeError(f"rule files hold no {annotation!r}")

    def _either(self, key: str, kind: Any, others: Mapping[str, Any]) -> dict[str, Any]:
        """Which of several kinds an entry is, told by one key, so that an editor complains about one of them only."""
        schema = self._reference(kind)
        for name, other in others.items():
            chosen = {"properties": {key: {"const": name}}, "required": [key]}
            schema = {"if": chosen, "then": self._reference(other), "else": schema}
        return schema

    def _reference(self, kind: Any) -> dict[str, Any]:
        if kind not in self.names:
            taken = sum(name.split("_")[0] == kind.__name__ for name in self.definitions)
            self.names[kind] = name = kind.__name__ + (f"_{taken + 1}" if taken else "")
            self.definitions[name] = {}
            self.definitions[name] = self._object(kind)
        return {"$ref": f"#/$defs/{self.names[kind]}"}

    def _object(self, kind: Any) -> dict[str, Any]:
        schema = self._keys(keys_of(kind), _defaults(kind))
        if kind.__doc__ and not kind.__doc__.startswith(f"{kind.__name__}("):
            schema = {"description": " ".join(kind.__doc__.split()), **schema}
        if kind is Curve and self.methods:
            schema["properties"]["method"] = {"enum": list(self.methods)}
            schema["allOf"] = [
                {
                    "if": {"properties": {"method": {"const": name}}, "required": ["method"]},
                    "then": {"properties": {"parameters": self._keys(keys, {})}},
                }
                for name, keys in self.methods.items()
            ]
        return schema

    def _keys(self, keys: Mapping[str, Key], defaults: Mapping[str, Any]) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        for name, key in keys.items():
            if name == "assumed" and get_args(key.annotation)[:1] == (Assumed,):
                properties[name] = _assumed([other for other in keys if other != "assumed"])
                continue
            properties[name] = self._of(key.annotation)
            if name in defaults:
                properties[name]["default"] = defaults[name]
        required = [name for name, key in keys.items() if key.required]
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _assumed(names: list[str]) -> dict[str, Any]:
    """A reason for the whole entry, or for named keys of it."""
    reason = {"type": "string", "minLength": 1}
    by_key = {"type": "object", "propertyNames": {"enum": names}, "additionalProperties": reason, "minProperties": 1}
    return {"description": "what the source does not say, and why this value stands", "anyOf": [reason, by_key]}


def _defaults(kind: Any) -> dict[str, Any]:
    """What stands where a key is left out, as far as an editor can show it."""
    return {
        field.name.rstrip("_"): field.default
        for field in fields(kind)
        if field.default is not MISSING and isinstance(field.default, (str, bool, int))
    }
