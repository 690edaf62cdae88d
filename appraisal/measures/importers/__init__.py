"""KPI 数据导入: one file per system that figures come from.

Such a file has one function, `read_figures(name, content)`, which makes the figures of whatever that system exports. Which
person, sheet and item a figure belongs to, whether it may be recorded and what it corrects, is `importing`'s business.
"""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module

from appraisal.errors import Fault


@dataclass(frozen=True)
class Reported:
    """A figure as its source has it. `item` is an indicator's id or name; `post` tells the sheets of one person apart, by the
    post's code, its title or its id in the policy. `row` leads back to a line of a file."""

    row: int | None
    number: str
    item: str
    period: str
    source_document: str
    actual: Decimal | None = None
    inputs: Mapping[str, Decimal] | None = None
    post: str | None = None
    origin: str = "import"


@dataclass(frozen=True)
class Read:
    """What a file holds: the sound figures, and what is wrong with the other rows."""

    figures: tuple[Reported, ...]
    faults: tuple[Fault, ...] = ()


def readers() -> Mapping[str, Callable[[str, bytes], Read]]:
    """The readers by the name of their source, which is that of their file."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").read_figures for name in names}
