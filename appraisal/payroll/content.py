"""What a release says, as text: the same bytes whenever it is pulled. Amounts are added for payroll alone.

A line's `delta` is what is still to be paid or taken back beside the release it follows, in multipliers or in money. Its
`multiplier` is that of the grade times the `coefficient` that unit and company give (D-02), so amounts need nothing else.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from appraisal.cells import harmless
from appraisal.core.numbers import ZERO, add, plain, round_half_up, times
from appraisal.payroll.models import CORRECTION, NOT_RATED, ReleaseLine

MONEY_PLACES = 2
PROVISIONAL = "provisional"
COLUMNS = (
    *("release", "employee_no", "name", "unit", "post", "days", "state", "result_no", "period", "grade", "multiplier"),
    *("coefficient", "previous_multiplier", "delta", "pay", "policy_digest"),
)
AMOUNTS = ("base", "currency", "amount", "delta_amount")

Bases = Mapping[str, tuple[Decimal, str]]


def as_json(value: Any) -> str:
    """The one way a release is written."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def line_json(
    line: ReleaseLine, before: ReleaseLine | None, result_no: str | None, *, provisional: bool = False
) -> dict[str, Any]:
    """One line, `provisional` while its result is not approved. `previous_multiplier` and `delta` are null unless it corrects a
    line that was paid on a multiplier."""
    previous = before.multiplier if before is not None else None
    both_known = line.multiplier is not None and previous is not None
    return {
        "employee_no": line.employee_number,
        "name": line.employee_name,
        "places": line.places,
        "state": PROVISIONAL if provisional else line.kind,
        "result_no": result_no,
        "grade": line.grade,
        "multiplier": _text(line.multiplier),
        "coefficient": _text(line.coefficient),
        "previous_multiplier": _text(previous),
        "delta": plain(add(line.multiplier, -previous)) if both_known else None,
        "pay": line.pay,
    }


def totals(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Control totals over the lines: how many of each kind and grade, the sum of multipliers and of deltas."""
    kinds, grades = Counter(line["state"] for line in lines), Counter(line["grade"] for line in lines if line["grade"])
    return {
        "lines": len(lines),
        "rated": len(lines) - kinds[NOT_RATED] - kinds[CORRECTION],
        "provisional": kinds[PROVISIONAL],
        "not_rated": kinds[NOT_RATED],
        "corrections": kinds[CORRECTION],
        "grades": dict(sorted(grades.items())),
        "multipliers": _sum(line["multiplier"] for line in lines if line["state"] != CORRECTION),
        "deltas": _sum(line["delta"] for line in lines),
    }


def with_amounts(content: Mapping[str, Any], bases: Bases) -> dict[str, Any]:
    """The content with what each line comes to, half-up to 0.01, and a total per currency (D-25)."""
    lines = [line | _amounts(line, bases) for line in content["lines"]]
    paid: dict[str, Decimal] = {}
    for line in lines:
        due = line["delta_amount"] if line["state"] == CORRECTION else line["amount"]
        if due is not None:
            paid[line["currency"]] = add(paid.get(line["currency"], ZERO), Decimal(due))
    shown = {currency: plain(amount) for currency, amount in sorted(paid.items())}
    return {**content, "lines": lines, "totals": content["totals"] | {"amounts": shown}}


def as_csv(content: Mapping[str, Any]) -> bytes:
    """The content as a table in UTF-8."""
    columns, rows = _rows(content)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([harmless(row[name]) for name in columns] for row in rows)
    return text.getvalue().encode()


def as_xlsx(content: Mapping[str, Any]) -> bytes:
    """The same table as a worksheet; every cell is text, so that no spreadsheet changes a number or a figure of it."""
    from openpyxl import Workbook  # takes a third of a second to load, and few processes need it
    from openpyxl.cell import WriteOnlyCell

    columns, rows = _rows(content)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(content["release"][:31])
    for row in ({name: name for name in columns}, *rows):
        cells = []
        for name in columns:
            cell = WriteOnlyCell(sheet, value="" if row[name] is None else str(row[name]))
            cell.data_type, cell.number_format = "s", "@"
            cells.append(cell)
        sheet.append(cells)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _rows(content: Mapping[str, Any]) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """The columns of the table, with amounts where there are any, and its rows."""
    has_amounts = any("amount" in line for line in content["lines"])
    columns = COLUMNS + AMOUNTS if has_amounts else COLUMNS
    shared = {"release": content["release"], "period": content["period"], "policy_digest": content["policy_digest"]}
    rows = []
    for line in content["lines"]:
        places = line["places"]
        where = {
            "unit": "; ".join(place["unit_name"] for place in places),
            "post": "; ".join(place["post"] for place in places),
            "days": "; ".join(str(place["days"]) for place in places),
        }
        row = shared | line | where
        rows.append({name: row.get(name) for name in columns})
    return columns, rows


def _amounts(line: Mapping[str, Any], bases: Bases) -> dict[str, str | None]:
    base, currency = bases.get(line["employee_no"], (None, None))

    def of(multiplier: str | None) -> Decimal | None:
        if base is None or multiplier is None:
            return None
        return round_half_up(times(base, Decimal(multiplier)), MONEY_PLACES)

    amount, previous = of(line["multiplier"]), of(line["previous_multiplier"])
    delta = add(amount, -previous) if amount is not None and previous is not None else None
    return {"base": _text(base), "currency": currency, "amount": _text(amount), "delta_amount": _text(delta)}


def _sum(numbers: Any) -> str:
    return plain(add(*(Decimal(number) for number in numbers if number is not None)))


def _text(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)
