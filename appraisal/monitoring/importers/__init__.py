"""读数导入: one file per type of the platform's records that needs a reading of its own, and the generic table for the others.

Such a file has one function, `read_readings(name, content)`. Which indicator, unit and period a reading belongs to, and whether
it may be recorded, is `importing`'s business. A file named after a record type (`qc_report.py`) reads that type's exports.
"""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module

from appraisal.errors import Fault
from appraisal.monitoring.models import RECORD_TYPES

GENERIC = "table"


@dataclass(frozen=True)
class Reported:
    """A reading as its source has it: `indicator` is an id or a name, `unit` a unit's code or name, none for the company,
    `measured_in` the unit of measure where the source tells it. `row` leads back to a line of a file or a list."""

    row: int | None
    indicator: str
    period: str
    source_document: str
    value: Decimal | None = None
    inputs: Mapping[str, Decimal] | None = None
    unit: str | None = None
    policy: str | None = None
    measured_in: str | None = None
    record_type: str | None = None
    origin: str = "import"


@dataclass(frozen=True)
class Read:
    """What a file holds: the sound readings, and what is wrong with the other rows."""

    readings: tuple[Reported, ...]
    faults: tuple[Fault, ...] = ()


def reader_of(record_type: str | None) -> Callable[[str, bytes], Read]:
    """The reader of a record type: its own where it has one, else that of the generic table."""
    own = {module.name for module in pkgutil.iter_modules(__path__)} & set(RECORD_TYPES)
    name = record_type if record_type in own else GENERIC
    reader: Callable[[str, bytes], Read] = import_module(f"{__name__}.{name}").read_readings
    return reader
