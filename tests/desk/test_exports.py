"""Lists as tables: all the rows and figures that the list itself shows its reader, and nothing that a spreadsheet runs."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from appraisal import cells, clock, db, paging, web
from appraisal.people.models import Employee
from tests import factories
from tests.caller import Answer, Caller, a_service
from tests.world import NOW, SECRETS, World, a_world

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Served:
    """The world behind a site."""

    site: web.Site
    world: World

    def caller(self, who: str) -> Caller:
        return Caller(self.site, self.world.accounts[who])


@pytest.fixture(scope="module")
def served(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    site = a_service(module_database_url, tmp_path_factory.mktemp("var"))
    with clock.at(NOW):
        with db.transaction(site.target, write=True) as session:
            world = a_world(session)
        yield Served(site, world)


def in_file(answer: Answer) -> list[dict[str, str]]:
    assert answer.status == 200, answer.json
    assert answer.data.startswith(b"\xef\xbb\xbf") and "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def listed(caller: Caller, path: str, query: Row) -> list[Row]:
    """Every row of a list, page by page."""
    rows, cursor = [], {}
    while True:
        page = caller.get(path, **query, **cursor, limit=3).json
        rows += page["items"]
        if page["next"] is None:
            return rows
        cursor = {"cursor": page["next"]}


def text(value: Any) -> str:
    return {True: "是", False: "否", None: ""}.get(value, value) if not isinstance(value, str) else value


def of_employee(row: Row) -> list[str]:
    above = row["supervisor"] or {"number": ""}
    return [row["number"], row["name"], above["number"], "; ".join(one["unit"] for one in row["posts"])]


def of_appraisal(row: Row) -> list[str]:
    shown = row["result"] or dict.fromkeys(("score", "grade", "multiplier", "vetoed"))
    figures = [text(shown[name]) for name in ("score", "grade", "multiplier", "vetoed")]
    return [row["cycle"]["code"], row["employee"]["number"], row["step_name"]["zh"], text(row["due_on"]), *figures]


def of_result(row: Row) -> list[str]:
    return [row["number"], *(text(row[name]) for name in ("score", "grade", "multiplier", "vetoed"))]


def of_entry(row: Row) -> list[str]:
    kept = ("actual", "computed", "confirmed_by", "corrected_by_id")
    return [str(row["id"]), row["name"]["zh"], *(text(row[name]) for name in kept)]


@dataclass(frozen=True)
class Table:
    """A list, what of its rows to compare, and under which headings that stands in the file."""

    path: str
    query: Row
    said: Callable[[Row], list[str]]
    headings: tuple[str, ...]


TABLES = (
    Table("/employees", {}, of_employee, ("工号", "姓名", "直接上级工号", "部门")),
    Table("/appraisals", {}, of_appraisal, ("周期代码", "工号", "步骤", "期限", "得分", "等级", "奖金系数", "一票否决")),
    Table("/results", {}, of_result, ("结果编号", "得分", "等级", "奖金系数", "一票否决")),
    Table(
        "/measures",
        {"cycle_id": "@collecting_cycle"},
        of_entry,
        ("编号", "指标", "实际值", "计算值", "确认人", "已被更正为"),
    ),
)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.path)
def test_everybody_finds_in_the_file_what_the_list_shows_them_and_no_more(served: Served, table: Table):
    query = {name: served.world.ids[value[1:]] for name, value in table.query.items()}
    seen = set()
    for who in served.world.accounts:
        caller = served.caller(who)
        rows = [table.said(row) for row in listed(caller, table.path, query)]
        found = [[row[heading] for heading in table.headings] for row in in_file(caller.get(f"{table.path}/file.csv", **query))]
        assert (who, found) == (who, rows)
        seen.add(len(rows))
    assert len(seen) > 2, "the world shows different people different rows"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/employees", {"current": "true", "name": "赵"}),
        ("/employees", {"number": "none"}),
        ("/appraisals", {"grade": "A", "rated": "true"}),
        ("/appraisals", {"step": "self_assessment", "whose": "team"}),
        ("/results", {"search": "张"}),
        ("/audit", {"action": "incident.file"}),
        ("/audit", {"since": "2026-04-24", "until": "2026-04-24"}),
    ],
)
def test_the_file_takes_the_filters_of_the_list(served: Served, path: str, query: Row):
    caller = served.caller("auditor")
    rows = listed(caller, path, query)
    assert len(in_file(caller.get(f"{path}/file.csv", **query))) == len(rows)


def test_payroll_gets_grades_without_scores_and_who_is_appraised_nothing_before_it_is_published(served: Served):
    payroll = in_file(served.caller("payroll").get("/results/file.csv"))
    assert payroll and {row["得分"] for row in payroll} == {""} and all(row["奖金系数"] for row in payroll)
    cycle = {"cycle_id": served.world.ids["unpublished_cycle"]}
    (own,) = in_file(served.caller("self").get("/appraisals/file.csv", **cycle))
    (hrs,) = in_file(served.caller("hr").get("/appraisals/file.csv", **cycle))
    assert own["得分"] == own["等级"] == "" and D(hrs["得分"]) > 0


def test_the_trail_as_a_table_holds_the_payloads_that_were_hashed(served: Served):
    auditor = served.caller("auditor")
    (row,) = in_file(auditor.get("/audit/file.csv", action="calibration.open"))
    (item,) = auditor.get("/audit", action="calibration.open").json["items"]
    assert (row["序号"], row["散列值"], row["时间 (UTC)"][-1]) == (str(item["seq"]), item["hash"], "Z")
    assert "校准会" in row["内容"]
    assert SECRETS["base"] not in auditor.get("/audit/file.csv").data.decode()
    assert served.caller("hr").get("/audit/file.csv").status == 403


def test_a_file_is_asked_for_whole(served: Served):
    assert served.caller("auditor").get("/audit/file.csv", limit=1).json["code"] == "bad_fields"


def test_a_list_that_is_too_long_is_refused_with_the_number_of_its_rows(served: Served, monkeypatch: pytest.MonkeyPatch):
    caller = served.caller("auditor")
    number = caller.get("/employees", limit=1).json["total"]
    monkeypatch.setattr(paging, "MOST_EXPORTED", number)
    assert len(in_file(caller.get("/employees/file.csv"))) == number
    monkeypatch.setattr(paging, "MOST_EXPORTED", number - 1)
    refused = caller.get("/employees/file.csv")
    assert (refused.status, refused.json["code"]) == (422, "too_many_rows")
    assert f"{number} rows" in str(refused.json) and f"{number} 行" in str(refused.json)


def test_rows_dressed_in_parts_are_the_same_rows(served: Served, monkeypatch: pytest.MonkeyPatch):
    caller = served.caller("hr")
    at_once = caller.get("/appraisals/file.csv").data
    monkeypatch.setattr(paging, "_AT_ONCE", 2)
    assert caller.get("/appraisals/file.csv").data == at_once


def test_no_name_becomes_a_formula(engine: Engine, tmp_path: Path):
    with db.transaction(engine, write=True) as session:
        session.add(Employee(number="E-1", name="=cmd()", joined_on=factories.FIRST_DAY))
        account = factories.an_account(session, "hr")
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    (row,) = in_file(Caller(site, account).get("/employees/file.csv"))
    assert (row["工号"], row["姓名"]) == ("E-1", "'=cmd()")


def test_cells_are_exact_and_harmless():
    table = cells.as_csv(("=a", "b"), [(D("0.1000"), D("-5")), (True, None), (NOW, NOW.date()), ("+1", 'a,\n"b"')])
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))
    assert rows[1:] == [["0.1", "-5"], ["是", ""], ["2026-04-24 10:00", "2026-04-24"], ["'+1", 'a,\n"b"']]
