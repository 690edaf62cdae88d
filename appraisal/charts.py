"""Where the lines and bars of a drawing go: the same picture on a page and in a PDF, drawn by templates/_chart.html.

Figures come as decimals and leave as lengths; a gap in the figures is a gap in the line. Every chart keeps what it was drawn
from, so that the page can say the same as a table.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from appraisal.core.numbers import plain

Values = Sequence[Decimal | None]

_NICE = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Dot:
    """A figure in its place."""

    x: float
    y: float
    label: str
    value: Decimal


@dataclass(frozen=True)
class Trace:
    """One line of a chart: where it runs, in pieces between the gaps, and its figures. `kind` is how it is drawn: this, last,
    target."""

    name: str
    kind: str
    paths: tuple[str, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class LineChart:
    """Lines over periods. `left` is where the axis stands; ticks of `across` are periods, of `up` figures."""

    width: int
    height: int
    left: float
    bottom: float
    traces: tuple[Trace, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Spark:
    """A line the size of a word, and its last figure."""

    width: int
    height: int
    paths: tuple[str, ...]
    last: Dot | None


def spark(values: Values, *, width: int = 104, height: int = 26) -> Spark:
    """A sparkline of these figures, oldest first."""
    low, high = _range([float(one) for one in values if one is not None])
    dots = _dots(values, [""] * len(values), (3.0, width - 4.0), (height - 4.0, 4.0), low, high)
    there = [one for one in dots if one is not None]
    return Spark(width, height, tuple(_paths(dots)), there[-1] if there else None)


def line_chart(
    labels: Sequence[str], lines: Sequence[tuple[str, str, Values]], *, width: int = 720, height: int = 240
) -> LineChart:
    """Lines over the same periods, each with its name, its kind and one figure a period."""
    figures = [float(one) for _, _, values in lines for one in values if one is not None]
    low, high = _range(figures)
    steps = _steps(low, high)
    low, high = min(low, steps[0]), max(high, steps[-1])
    texts = [_short(step) for step in steps]
    left, bottom = 14.0 + 7.0 * max(map(len, texts)), height - 26.0
    span, rise = (left + 8.0, width - 10.0), (bottom - 4.0, 10.0)
    traces = []
    for name, kind, values in lines:
        dots = _dots(values, labels, span, rise, low, high)
        traces.append(Trace(name, kind, tuple(_paths(dots)), tuple(one for one in dots if one is not None)))
    every = max(1, math.ceil(len(labels) * 62 / (span[1] - span[0])))
    across = [Tick(_across(place, len(labels), span), label) for place, label in enumerate(labels)]
    across = [tick for place, tick in enumerate(across) if (len(labels) - 1 - place) % every == 0]
    up = tuple(Tick(_up(step, low, high, rise), text) for step, text in zip(steps, texts, strict=True))
    return LineChart(width, height, left, bottom, tuple(traces), tuple(across), up, tuple(labels))


def function_chart(
    traces: Sequence[tuple[str, str, Sequence[tuple[Decimal, Decimal | None]]]],
    marks: Sequence[tuple[Decimal, str]],
    *,
    up_to: int = 100,
    width: int = 440,
    height: int = 220,
) -> LineChart:
    """Lines over figures that lie where they lie, from 0 points up to `up_to`; `marks` are the figures written on the axis.

    A trace is its name, its kind and its (figure, points).
    """
    places = [float(across) for _, _, dots in traces for across, _ in dots]
    first, last = min(places), max(places)
    left, bottom = 34.0, height - 26.0
    span, rise = (left + 10.0, width - 14.0), (bottom - 4.0, 12.0)
    wide = (last - first) or 1.0

    def at(across: Decimal) -> float:
        return span[0] + (span[1] - span[0]) * (float(across) - first) / wide

    drawn = []
    for name, kind, figures in traces:
        dots = [
            None if value is None else Dot(at(across), _up(float(value), 0.0, up_to, rise), plain(across), value)
            for across, value in figures
        ]
        drawn.append(Trace(name, kind, tuple(_paths(dots)), tuple(one for one in dots if one is not None)))
    up = tuple(Tick(_up(float(step), 0.0, up_to, rise), str(step)) for step in range(0, up_to + 1, max(1, up_to // 5)))
    return LineChart(width, height, left, bottom, tuple(drawn), tuple(Tick(at(one), text) for one, text in marks), up, ())


def _range(figures: Sequence[float]) -> tuple[float, float]:
    if not figures:
        return 0.0, 1.0
    low, high = min(figures), max(figures)
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return (low if low == 0 else low - room), high + room


def _steps(low: float, high: float) -> list[float]:
    """Three to six round figures between the two."""
    rough = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * nice for nice in _NICE if size * nice >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [first * step + step * count for count in range(int(math.floor(high / step + 1e-9)) - first + 1)] or [low]


def _short(figure: float) -> str:
    text = f"{figure:,.6f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text.replace("-", "−")


def _across(place: int, count: int, span: tuple[float, float]) -> float:
    return span[0] + (span[1] - span[0]) * (place / (count - 1) if count > 1 else 0.5)


def _up(figure: float, low: float, high: float, rise: tuple[float, float]) -> float:
    return rise[0] + (rise[1] - rise[0]) * ((figure - low) / (high - low))


def _dots(
    values: Values,
    labels: Sequence[str],
    span: tuple[float, float],
    rise: tuple[float, float],
    low: float,
    high: float,
) -> list[Dot | None]:
    return [
        None
        if value is None
        else Dot(_across(place, len(values), span), _up(float(value), low, high, rise), labels[place], value)
        for place, value in enumerate(values)
    ]


def _paths(dots: Sequence[Dot | None]) -> Iterator[str]:
    piece: list[str] = []
    for dot in [*dots, None]:
        if dot is not None:
            piece.append(f"{'L' if piece else 'M'}{dot.x:.1f} {dot.y:.1f}")
        elif piece:
            # A figure between two gaps is a point: a line of no length, with round ends.
            yield "".join(piece) if len(piece) > 1 else f"{piece[0]}h0"
            piece = []
