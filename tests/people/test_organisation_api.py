"""The organisation over HTTP: who sees whom, what a change takes and answers, and a list of people uploaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from appraisal import clock, db
from appraisal.people.models import Account, Employee, Post, Unit
from tests import factories as make
from tests.caller import Caller, a_service

TODAY = date(2026, 3, 2)


@dataclass
class World:
    """A small company, and those who call."""

    engine: Engine
    unit: Unit
    other: Unit
    post: Post
    head: Employee
    led: Employee
    stranger: Employee
    worker: Employee
    callers: dict[str, Caller]

    def __getitem__(self, name: str) -> Caller:
        return self.callers[name]


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> Iterator[World]:
    with clock.at(TODAY):
        with db.transaction(engine, write=True) as session:
            unit, other = make.a_unit(session, "销售部"), make.a_unit(session, "采购部")
            post = make.a_post(session, unit=unit)
            boss = make.an_employee(session, "总监")
            make.a_unit_head(session, unit, boss)
            head = make.an_employee(session, "主管")
            led = make.an_employee(session, "业务员甲", post=post, supervisor=head)
            stranger = make.an_employee(session, "采购员", post=make.a_post(session, "purchasing", unit=other))
            worker = make.an_employee(session, "搬运工", post=post, supervisor=head)
            accounts: dict[str, Account] = {
                "boss": make.an_account(session, "employee", employee=boss),
                "head": make.an_account(session, "employee", employee=head),
                "led": make.an_account(session, "employee", employee=led),
                "stranger": make.an_account(session, "employee", employee=stranger),
                "approver": make.an_account(session, "approver", "data_provider"),
                "clerk": session.get_one(Account, make.a_clerk(session, unit).account_id),
            }
            for role in ("hr", "payroll", "auditor", "admin"):
                accounts[role] = make.an_account(session, role)
            accounts["unit hr"] = make.an_account(session, "hr", unit=unit)
        site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
        callers = {name: Caller(site, account) for name, account in accounts.items()}
        callers["nobody"] = Caller(site, None)
        yield World(engine, unit, other, post, head, led, stranger, worker, callers)


def names(answer) -> set[str]:
    assert answer.status == 200, answer.json
    return {row["name"] for row in answer.json["items"]}


# Who sees whom


def test_everybody_sees_their_own_part_of_the_directory(world: World):
    everybody = {"总监", "主管", "业务员甲", "采购员", "搬运工", "代录员"}
    assert names(world["led"].get("/employees")) == {"业务员甲"}
    assert names(world["head"].get("/employees")) == {"主管", "业务员甲", "搬运工"}
    assert names(world["boss"].get("/employees")) == {"总监", "业务员甲", "搬运工"}
    assert names(world["unit hr"].get("/employees")) == {"业务员甲", "搬运工"}
    assert names(world["approver"].get("/employees")) == set()
    for role in ("hr", "payroll", "auditor", "admin"):
        assert names(world[role].get("/employees")) == everybody
    assert world["nobody"].get("/employees").status == 401


@pytest.mark.parametrize("path", ["/employees/{}", "/employees/{}/history", "/employees/{}/leave"])
def test_somebody_else_is_as_if_not_there(world: World, path: str):
    missing = world["led"].get(path.format(99999))
    for who in ("led", "head", "boss", "unit hr", "approver"):
        hidden = world[who].get(path.format(world.stranger.id))
        assert (hidden.status, hidden.json) == (404, missing.json)
    assert world["stranger"].get(path.format(world.stranger.id)).status == 200


def test_an_employee_is_shown_with_supervisor_and_posts(world: World):
    shown = world["led"].get(f"/employees/{world.led.id}")
    assert shown.json["supervisor"] == {"id": world.head.id, "number": world.head.number, "name": "主管"}
    [held] = shown.json["posts"]
    assert (held["unit"], held["share"], held["policy_post"]) == ("销售部", "100", "sales")
    assert shown.headers["ETag"] == '"1"'


def test_the_directory_is_searched(world: World):
    hr = world["hr"]
    assert names(hr.get("/employees", unit_id=world.other.id)) == {"采购员"}
    assert names(hr.get("/employees", supervisor_id=world.head.id)) == {"业务员甲", "搬运工"}
    assert names(hr.get("/employees", name="业务")) == {"业务员甲"}
    assert names(hr.get("/employees", name="%")) == set()
    assert names(hr.get("/employees", number=world.led.number)) == {"业务员甲"}
    left = hr.post(f"/employees/{world.led.id}/leaving", {"left_on": "2026-03-01", "reason": "辞职"}, version=1)
    assert left.json["supervisor"]["name"] == "主管"
    assert "业务员甲" not in names(hr.get("/employees", current="true"))
    assert "业务员甲" in names(hr.get("/employees"))


def test_a_list_is_paged_and_takes_no_more_queries_for_more_rows(world: World):
    first = world["hr"].get("/employees", limit=4)
    rest = world["hr"].get("/employees", limit=4, cursor=first.json["next"])
    assert (first.json["total"], len(first.json["items"]), len(rest.json["items"]), rest.json["next"]) == (6, 4, 2, None)

    def counted(**query: object) -> int:
        count = 0

        def add(*_: object) -> None:
            nonlocal count
            count += 1

        target = world["hr"].client.application.target
        event.listen(target, "before_cursor_execute", add)
        assert world["hr"].get("/employees", **query).status == 200
        event.remove(target, "before_cursor_execute", add)
        return count

    assert counted(limit=1) == counted(limit=200)


def test_why_somebody_is_away_is_not_for_payroll(world: World):
    path = f"/employees/{world.led.id}/leave"
    noted = world["hr"].post(path, {"kind": "sick", "from_on": "2026-01-05", "to_on": "2026-01-09"})
    assert (noted.status, noted.json["neutral"]) == (201, True)
    for who in ("led", "head", "boss", "unit hr", "auditor"):
        assert world[who].get(path).json["total"] == 1
    for who in ("payroll", "admin"):
        assert world[who].get(path).status in (403, 404)
    assert world["stranger"].get(path).status == 404


# Changes


def test_only_hr_of_the_person_changes_them(world: World):
    body = {"name": "业务员乙", "joined_on": "2025-01-01", "probation_until": None}
    path = f"/employees/{world.led.id}"
    for who in ("led", "head", "boss", "payroll", "auditor", "admin"):
        assert world[who].put(path, body, version=1).status == 403
    for who in ("stranger", "approver"):
        assert world[who].put(path, body, version=1).status == 404
    assert world["unit hr"].put(f"/employees/{world.stranger.id}", body, version=1).status == 404
    changed = world["unit hr"].put(path, body, version=1)
    assert (changed.status, changed.json["name"], changed.version) == (200, "业务员乙", 2)
    stale = world["hr"].put(path, body, version=1)
    assert (stale.status, stale.json["current"]["name"]) == (412, "业务员乙")
    assert world["hr"].put(path, body).status == 428


def test_somebody_is_hired_placed_led_and_leaves(world: World):
    hr = world["hr"]
    body = {
        "number": "0042",
        "name": "新人",
        "joined_on": "2026-03-01",
        "post_id": world.post.id,
        "supervisor_id": world.head.id,
    }
    hired = hr.post("/employees", body, key="one")
    assert (hired.status, hired.json["number"], hired.json["supervisor"]["name"]) == (201, "0042", "主管")
    assert hr.post("/employees", body, key="one").json == hired.json
    assert hr.post("/employees", body).status == 409
    path = f"/employees/{hired.json['id']}"
    loop = hr.post(f"/employees/{world.head.id}/supervisor", {"supervisor_id": hired.json["id"], "from_on": "2026-03-01"})
    assert (loop.status, loop.json["code"]) == (422, "reporting_loop")
    beside = {"post_id": world.post.id, "from_on": "2026-03-02", "share": "50", "beside": True}
    assert hr.post(f"{path}/posts", beside).json["code"] == "already_dated"
    unknown = hr.post(f"{path}/posts", beside | {"post_id": 99999})
    assert (unknown.status, unknown.json["errors"][0]["path"]) == (422, "post_id")
    history = hr.get(f"{path}/history").json["episodes"]
    assert [one["kind"] for one in history] == ["employment", "post", "supervisor"]


def test_units_are_founded_renamed_and_headed_over_the_api(world: World):
    hr = world["hr"]
    body = {"code": "SZ", "name": "深圳", "name_en": "Shenzhen", "parent_id": world.unit.id, "from_on": "2026-01-01"}
    assert world["led"].post("/units", body).status == 403
    founded = hr.post("/units", body)
    path = f"/units/{founded.json['id']}"
    new_name = {"code": "SZ2", "name": "深圳湾", "name_en": "Shenzhen Bay", "from_on": "2026-03-01", "reason": "更名"}
    renamed = hr.post(f"{path}/rename", new_name, version=1)
    assert (renamed.status, renamed.json["was_id"]) == (200, founded.json["id"])
    assert hr.get(path).json["to_on"] == "2026-02-28"
    headed = hr.post(f"/units/{renamed.json['id']}/head", {"employee_id": world.led.id, "from_on": "2026-03-01"})
    assert headed.json["head"]["name"] == "业务员甲"
    assert {row["code"] for row in hr.get("/units", parent_id=world.unit.id, current="true").json["items"]} == {"SZ2"}
    assert world["led"].get("/units", code="SZ2").json["total"] == 1
    ended = hr.post(f"/units/{renamed.json['id']}/end", {"to_on": "2026-03-31", "reason": "撤销"}, version=1)
    assert (ended.status, ended.json["to_on"]) == (200, "2026-03-31")
    merged = hr.post(
        f"/units/{world.other.id}/merge", {"into_id": world.unit.id, "from_on": "2026-03-02", "reason": "合并"}, version=1
    )
    assert merged.json["id"] == world.unit.id
    assert names(hr.get("/employees", unit_id=world.unit.id)) == {"业务员甲", "搬运工", "采购员"}


def test_posts_are_founded_corrected_and_moved_over_the_api(world: World):
    hr = world["hr"]
    founded = hr.post(
        "/posts",
        {"code": "PX", "title": "客服", "title_en": "Agent", "policy_post": "customer_service", "unit_id": world.unit.id},
    )
    path = f"/posts/{founded.json['id']}"
    changed = hr.put(path, {"title": "客服员", "title_en": "Agent", "policy_post": "customer_service"}, version=1)
    assert (changed.json["title"], changed.version) == ("客服员", 2)
    moved = hr.post(f"{path}/unit", {"unit_id": world.other.id, "from_on": "2026-03-01", "reason": "调整"}, version=2)
    assert (moved.status, moved.json["unit_id"], moved.version) == (200, world.other.id, 3)
    assert {row["code"] for row in hr.get("/posts", unit_id=world.other.id).json["items"]} >= {"PX"}
    assert world["led"].put(path, {"title": "x", "title_en": "x", "policy_post": "x"}, version=3).status == 403


def test_leave_is_corrected_and_cancelled_over_the_api(world: World):
    path = f"/employees/{world.led.id}/leave"
    noted = world["hr"].post(path, {"kind": "sick", "from_on": "2026-01-05", "to_on": "2026-01-09"}).json
    one = f"{path}/{noted['id']}"
    body = {"kind": "annual", "from_on": "2026-01-05", "to_on": "2026-01-06"}
    assert world["led"].put(one, body, version=1).status == 403
    assert world["hr"].put(one, body, version=1).json["to_on"] == "2026-01-06"
    assert world["hr"].delete(one, version=1).status == 412
    assert world["hr"].delete(one, version=2).status == 204
    assert world["hr"].get(one).status == 404
    assert world["hr"].post(path, body | {"kind": "holiday"}).status == 422


def test_who_may_not_know_why_somebody_is_away_does_not_learn_that_they_were(world: World):
    path = f"/employees/{world.led.id}/leave"
    noted = world["hr"].post(path, {"kind": "sick", "from_on": "2026-01-05", "to_on": "2026-01-09"}).json
    for who in ("payroll", "admin"):
        assert [world[who].get(f"{path}/{one}").status for one in (noted["id"], 999)] == [403, 403]


def test_delegations_are_seen_by_those_concerned(world: World):
    body = {"stand_in_number": world.stranger.number, "from_on": "2026-03-02", "to_on": "2026-03-06", "reason": "出差"}
    made = world["head"].post("/delegations", body)
    assert (made.status, made.json["stand_in"]["name"]) == (201, "采购员")
    path = f"/delegations/{made.json['id']}"
    for who in ("head", "stranger", "hr", "auditor", "admin"):
        assert world[who].get("/delegations").json["total"] == 1, who
        assert world[who].get(path).status == 200
    for who in ("led", "boss", "payroll", "unit hr"):
        assert world[who].get("/delegations").json["total"] == 0, who
        assert world[who].get(path).status == 404
    assert names(world["stranger"].get("/employees")) == {"采购员", "业务员甲", "搬运工"}
    assert world["stranger"].delete(path, version=1).status == 403
    assert world["head"].delete(path, version=1).status == 204
    assert names(world["stranger"].get("/employees")) == {"采购员"}
    assert world["head"].post("/delegations", body | {"stand_in_number": "none"}).json["code"] == "unknown_row"
    assert world["approver"].post("/delegations", body).status == 403


# Clerks


def test_a_clerk_enters_with_the_scan_and_reads_without(world: World):
    clerk, other = {"On-Behalf-Of": world.worker.number}, {"On-Behalf-Of": world.stranger.number}
    caller = world["clerk"]
    own = caller.get("/employees").json["items"]
    caller.headers |= clerk
    assert names(caller.get("/employees")) == {"搬运工"}
    assert caller.post("/clerks", {}).json["code"] == "scan_needed"
    for name in clerk:
        del caller.headers[name]
    scan = caller.upload("/files", "签字.pdf", b"%PDF-1.7 x", "application/pdf").json["id"]
    caller.headers |= clerk | {"Scan": str(scan)}
    body = {"stand_in_number": world.stranger.number, "from_on": "2026-03-02", "to_on": "2026-03-06", "reason": "出差"}
    assert caller.post("/delegations", body).json["supervisor"]["name"] == "搬运工"
    caller.headers |= other
    assert caller.get("/employees").status == 404
    assert [row["name"] for row in own] == ["代录员"]


def test_clerks_are_appointed_and_dismissed_over_the_api(world: World):
    body = {"employee_id": world.led.id, "unit_id": world.other.id, "from_on": "2026-03-02", "reason": "一线"}
    assert world["unit hr"].post("/clerks", body).status == 403
    made = world["hr"].post("/clerks", body)
    assert (made.status, made.json["employee"]["name"]) == (201, "业务员甲")
    path = f"/clerks/{made.json['id']}"
    assert world["led"].get("/clerks").json["total"] == 1
    assert world["stranger"].get(path).status == 404
    assert world["unit hr"].get("/clerks").json["total"] == 1
    ended = world["hr"].post(f"{path}/dismissal", {"to_on": "2026-03-03", "reason": "轮岗"}, version=1)
    assert (ended.status, ended.json["to_on"]) == (200, "2026-03-03")


# Lists of people


LIST = "工号,姓名,入职日期,部门代码,部门,岗位代码,岗位,制度岗位,直接上级工号\n"
LIST += "X2,李四,2026-01-01,XU,新部门,XP,业务员,sales,X1\nX1,张三,2026-01-01,,,,,,\n"


def test_a_list_is_previewed_imported_and_imported_again(world: World):
    hr = world["hr"]
    preview = hr.upload("/employees/import", "名单.csv", LIST.encode(), preview="true")
    assert (preview.status, preview.json["created"], preview.json["new_units"]) == (200, 2, ["XU"])
    assert preview.json["people"][0]["changes"] == ["name", "joined_on", "supervisor", "post"]
    assert hr.get("/employees", number="X1").json["total"] == 0
    done = hr.upload("/employees/import", "名单.csv", LIST.encode("gb18030"))
    assert (done.json["preview"], done.json["created"]) == (False, 2)
    again = hr.upload("/employees/import", "名单.csv", LIST.encode())
    assert (again.json["created"], again.json["changed"], again.json["unchanged"], again.json["people"]) == (0, 0, 2, [])


def test_a_faulty_list_is_refused_row_by_row_or_imported_without_them(world: World):
    hr, faulty = world["hr"], (LIST + "X3,,2026-01-01,,,,,,\n").encode()
    refused = hr.upload("/employees/import", "名单.csv", faulty)
    assert (refused.status, refused.json["code"]) == (422, "import_refused")
    assert refused.json["errors"][0]["path"] == "row 4, 姓名"
    assert hr.get("/employees", number="X1").json["total"] == 0
    shown = hr.upload("/employees/import", "名单.csv", faulty, preview="true").json
    assert (shown["faulty_rows"], shown["faults"][0]["path"]) == (1, "row 4, 姓名")
    assert hr.upload("/employees/import", "名单.csv", faulty, skip_faulty="true").json["created"] == 2
    assert hr.upload("/employees/import", "x.xlsx", b"PK\x03\x04 no").json["code"] == "bad_file"


def test_a_list_is_for_hr_of_everybody(world: World):
    for who in ("unit hr", "admin", "payroll", "led"):
        assert world[who].upload("/employees/import", "名单.csv", LIST.encode()).status == 403
