"""奖金基数 from a file: who has which base, read for the release it is for. Only what the release seals is kept."""

from decimal import Decimal

from appraisal import spreadsheets
from appraisal.errors import Fault, Invalid
from appraisal.spreadsheets import Column, row_fault

COLUMNS = (
    Column("number", ("工号", "Employee number"), required=True, most=40),
    Column("base", ("奖金基数", "Base"), required=True, kind="number", places=2),
    Column("currency", ("币种", "Currency"), most=3),
)
CURRENCY = "CNY"


def bases_in(name: str, content: bytes) -> dict[str, tuple[Decimal, str]]:
    """The bases in a file (CSV or XLSX), by employee number; without a currency, renminbi.

    Raises Invalid `bad_file`, and `bad_bases` with every row that cannot be used.
    """
    table = spreadsheets.read(name, content, COLUMNS)
    faults: list[Fault] = list(table.faults)
    found: dict[str, tuple[Decimal, str]] = {}
    for row in table.rows:
        number, currency = row.values["number"], (row.values["currency"] or CURRENCY).upper()
        if number in found:
            faults.append(row_fault(row.number, "工号", "工号重复", "this employee is given twice"))
        elif len(currency) != 3 or not currency.isascii() or not currency.isalpha():
            faults.append(row_fault(row.number, "币种", "须为三位代码, 如 CNY", "needs three letters such as CNY"))
        else:
            found[number] = (row.values["base"], currency)
    if faults:
        zh, en = f"有 {len(faults)} 处需要改正, 未保存任何基数", f"{len(faults)} rows cannot be used; nothing has been kept"
        raise Invalid("bad_bases", zh, en, faults)
    return found
