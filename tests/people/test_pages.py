"""Pages of people: who sees whom, what HR changes, delegation, an import with its preview."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from appraisal import clock, db, uploads, web, worker
from appraisal.audit import AuditRecord
from appraisal.deliveries import Delivery
from appraisal.people.models import Delegation, Employee, Leave, PostHolding, ReportingLine, UnitHead
from tests import factories as make
from tests.site import a_browser, a_site, form_token

JUNE = date(2026, 6, 1)


@dataclass
class Team:
    """A unit with a supervisor, who reports to a head, and an employee; HR apart from them."""

    site: web.Site
    logins: Mapping[str, str]
    ids: Mapping[str, int]
    numbers: Mapping[str, str]

    def browser(self, who: str, language: str = "zh") -> FlaskClient:
        return a_browser(self.site, self.logins[who], language)

    def send(self, client: FlaskClient, page: str, to: str | None = None, **form: str) -> tuple[int, str]:
        sent = {"csrf_token": form_token(client, page), "idempotency_key": "once", **form}
        answer = client.post(to or page, data=sent)
        return answer.status_code, answer.text


@pytest.fixture
def team(database_url: str, tmp_path: Path) -> Team:
    site = a_site(database_url, tmp_path)
    with db.transaction(site.target, write=True) as session:
        unit = make.a_unit(session, "销售部")
        sales, buying = make.a_post(session, unit=unit), make.a_post(session, "purchasing", unit=unit, title="采购员")
        head = make.an_employee(session, "李总", post=sales)
        lead = make.an_employee(session, "王经理", post=sales, supervisor=head)
        own = make.an_employee(session, "张三", post=sales, supervisor=lead)
        other = make.an_employee(session, "赵外人")
        hr = make.an_employee(session, "钱人事")
        people = {"head": head, "lead": lead, "own": own, "other": other, "hr": hr}
        accounts = {name: make.an_account(session, "employee", employee=one) for name, one in people.items() if name != "hr"}
        accounts["hr"] = make.an_account(session, "hr", "employee", employee=hr)
        ids = {name: one.id or 0 for name, one in people.items()} | {"unit": unit.id or 0, "buying": buying.id or 0}
        logins = {name: one.login for name, one in accounts.items()}
        return Team(site, logins, ids, {name: one.number for name, one in people.items()})


@pytest.mark.parametrize(("who", "sees"), [("lead", True), ("hr", True), ("own", True), ("other", False)])
def test_one_sees_whom_one_leads_or_looks_after_and_nobody_else(team: Team, who: str, sees: bool):
    client = team.browser(who)
    assert ("张三" in client.get("/people").text) is sees
    assert client.get(f"/people/{team.ids['own']}").status_code == (200 if sees else 404)


def test_one_page_says_all_that_is_dated_of_a_person(team: Team):
    text = team.browser("hr").get(f"/people/{team.ids['own']}").text
    for words in ("张三", "销售部 · 业务员", "王经理", "没有请假记录", "直接上级", "调岗"):
        assert words in text, words
    english = team.browser("lead", "en").get(f"/people/{team.ids['own']}").text
    assert "History" in english and "Transfer" not in english


def test_the_list_is_narrowed_by_a_part_of_name_or_number_and_goes_into_a_file(team: Team):
    client = team.browser("hr")
    found = client.get("/people?q=三").text
    assert "张三" in found and "赵外人" not in found
    assert "张三" in client.get(f"/people?q={team.numbers['own']}&unit_id={team.ids['unit']}").text
    assert "没有符合条件的人" in client.get("/people?q=没有这个人").text
    assert f"/api/v1/employees/file.csv?unit_id={team.ids['unit']}" in client.get(f"/people?unit_id={team.ids['unit']}").text


def test_hr_hires_somebody_once_however_often_the_form_is_sent(team: Team):
    client = team.browser("hr")
    form = {"number": "N1", "name": "新员工", "joined_on": "2026-05-01", "post_id": str(team.ids["buying"])}
    for _ in range(2):
        assert team.send(client, "/people/new", supervisor_number=team.numbers["lead"], **form)[0] == 303
    with db.transaction(team.site.target, write=False) as session:
        [hired] = session.exec(select(Employee).where(Employee.number == "N1")).all()
        assert session.exec(select(PostHolding.post_id).where(PostHolding.employee_id == hired.id)).all() == [
            team.ids["buying"]
        ]
    status, text = team.send(client, "/people/new", **form | {"name": "改了名"})
    assert status == 409 and "已经提交过" in text and "改了名" in text and 'name="idempotency_key" value="once"' not in text
    refused, text = team.send(client, "/people/new", idempotency_key="twice", **form | {"name": "另一位"})
    assert refused == 409 and "另一位" in text and "N1" in text


def test_hr_notes_a_mail_address_and_the_one_before_is_told_of_a_change(team: Team):
    client, own = team.browser("hr"), f"/people/{team.ids['own']}/correct"
    new = {"number": "N4", "name": "新员工", "joined_on": "2026-05-01"}
    status, text = team.send(client, "/people/new", email="no address", **new)
    assert status == 422 and "不是邮箱地址" in text and 'value="no address"' in text
    assert team.send(client, "/people/new", idempotency_key="another", email="n4@example.com", **new)[0] == 303
    corrected = {"name": "张三", "joined_on": "2025-01-01"}
    status, text = team.send(client, own, version="1", email="@", **corrected)
    assert status == 422 and "不是邮箱地址" in text
    for address in ("first@example.com", "second@example.com", "second@example.com"):
        [version] = re.findall(r'name="version" value="(\d+)"', client.get(own).text)
        assert team.send(client, own, version=version, email=address, **corrected)[0] == 303
    assert 'value="second@example.com"' in client.get(own).text
    with db.transaction(team.site.target, write=False) as session:
        assert session.exec(select(Employee.email).where(Employee.number == "N4")).one() == "n4@example.com"
        assert session.exec(select(Delivery.address)).all() == ["first@example.com"]
        noted = select(AuditRecord).where(AuditRecord.action == "employee.mail")
        assert len(session.exec(noted).all()) == 2, "what changes nothing is not noted"


def test_a_supervisor_nobody_knows_is_said_beside_the_field_and_what_was_typed_stays(team: Team):
    page = f"/people/{team.ids['own']}/supervisor"
    status, text = team.send(team.browser("hr"), page, supervisor_number="X77", from_on="2026-06-01")
    assert status == 422 and "没有这个工号" in text and 'value="X77"' in text and 'aria-invalid="true"' in text


def test_reporting_lines_and_posts_change_from_a_day_on(team: Team):
    client, own = team.browser("hr"), f"/people/{team.ids['own']}"
    assert team.send(client, f"{own}/supervisor", supervisor_number=team.numbers["head"], from_on="2026-06-01")[0] == 303
    post = {"post_id": str(team.ids["buying"]), "from_on": "2026-06-01", "share": "100"}
    assert team.send(client, f"{own}/post", idempotency_key="2", **post)[0] == 303
    turned = {"supervisor_number": team.numbers["own"], "from_on": "2026-07-01", "idempotency_key": "3"}
    status, text = team.send(client, f"/people/{team.ids['head']}/supervisor", **turned)
    assert status == 422 and "不得成环" in text
    with db.transaction(team.site.target, write=False) as session:
        lines = session.exec(select(ReportingLine).where(ReportingLine.employee_id == team.ids["own"])).all()
        assert {(one.supervisor_id, one.from_on == JUNE) for one in lines} == {
            (team.ids["lead"], False),
            (team.ids["head"], True),
        }
        held = session.exec(select(PostHolding).where(PostHolding.employee_id == team.ids["own"])).all()
        assert [one.post_id for one in held if one.from_on == JUNE] == [team.ids["buying"]]


def test_leave_is_noted_corrected_and_taken_back_and_a_change_in_between_is_told(team: Team):
    client, page = team.browser("hr"), f"/people/{team.ids['own']}/leave"
    span = {"kind": "sick", "from_on": "2026-05-11", "to_on": "2026-05-12", "neutral": "true"}
    assert team.send(client, page, **span)[0] == 303
    with db.transaction(team.site.target, write=False) as session:
        leave = session.exec(select(Leave)).one()
    one = f"{page}/{leave.id}"
    assert team.send(client, one, version="1", **span | {"neutral": "false"})[0] == 303
    status, text = team.send(client, one, version="1", **span | {"note": "补假条"})
    assert status == 409 and "补假条" in text
    assert "病假" in client.get(f"/people/{team.ids['own']}").text
    assert team.send(client, one, f"{one}/cancel", version="2")[0] == 303
    with db.transaction(team.site.target, write=False) as session:
        assert session.exec(select(Leave)).all() == []


def test_leaving_is_noted_and_taken_back(team: Team):
    client, page = team.browser("hr"), f"/people/{team.ids['other']}/leaving"
    assert team.send(client, page, version="1", left_on="2026-06-30", reason="辞职")[0] == 303
    assert team.send(client, page, version="2", reason="继续留任")[0] == 303
    with db.transaction(team.site.target, write=False) as session:
        assert session.get_one(Employee, team.ids["other"]).left_on is None


def test_nobody_handles_their_own_file(team: Team):
    client = team.browser("hr")
    assert client.get(f"/people/{team.ids['hr']}/post").status_code == 403
    assert "调岗" not in client.get(f"/people/{team.ids['hr']}").text


def test_a_unit_gets_a_head_from_a_day_on(team: Team):
    client, page = team.browser("hr"), f"/people/units/{team.ids['unit']}/head"
    assert team.send(client, page, head_number=team.numbers["lead"], from_on="2026-01-02")[0] == 303
    assert "王经理" in client.get("/people/units").text
    with db.transaction(team.site.target, write=False) as session:
        assert session.exec(select(UnitHead.employee_id)).one() == team.ids["lead"]
    assert team.browser("own").get(page).status_code == 403


def test_a_clerk_is_appointed_and_dismissed(team: Team):
    client, page = team.browser("hr"), "/people/clerks"
    asked = {"clerk_number": team.numbers["lead"], "unit_id": str(team.ids["unit"]), "from_on": "2026-01-05"}
    assert team.send(client, page, **asked)[0] == 422  # no reason
    assert team.send(client, page, idempotency_key="2", reason="一线员工无账号", **asked)[0] == 303
    assert "一线员工无账号" in client.get(page).text
    assert team.send(client, "/people/clerks/1", version="1", to_on="2026-01-31", reason="调岗")[0] == 303


def test_a_leader_has_somebody_stand_in_and_ends_it(team: Team):
    with clock.at(datetime(2026, 6, 1, 4, tzinfo=UTC)):
        client, page = team.browser("lead"), "/delegations"
        asked = {"from_on": "2026-06-02", "to_on": "2026-06-05", "reason": "出差"}
        refused, text = team.send(client, page, stand_in_number=team.numbers["own"], **asked)
        assert refused == 422 and "其下属" in text and 'value="出差"' in text
        assert team.send(client, page, idempotency_key="2", stand_in_number=team.numbers["other"], **asked)[0] == 303
        assert "赵外人" in client.get(page).text and "结束代理" in client.get(page).text
        assert "结束代理" not in team.browser("other").get(page).text
        with db.transaction(team.site.target, write=False) as session:
            made = session.exec(select(Delegation)).one()
        assert team.send(client, page, f"/delegations/{made.id}/end", version="1")[0] == 303
        assert "没有代理记录" in client.get(page).text


def test_a_list_is_looked_at_before_it_is_taken_and_its_faulty_rows_come_back(team: Team):
    client, page = team.browser("hr"), "/people/import"
    listed = f"工号,姓名,入职日期,直接上级工号\nN2,新员工,2026-05-01,{team.numbers['lead']}\nN3,,2026-05-01,\n".encode()
    sent = {"csrf_token": form_token(client, page), "file": (io.BytesIO(listed), "list.csv")}
    kept = client.post(page, data=sent, content_type="multipart/form-data")
    assert kept.status_code == 303
    preview = client.get(kept.location).text
    assert "新员工" in preview and "须更正" in preview
    assert "N3" in client.get(f"{kept.location}/to-mend.csv").text
    assert team.send(client, kept.location, skip_faulty="false")[0] == 422
    assert team.send(client, kept.location, idempotency_key="2", skip_faulty="true")[0] == 303
    with db.transaction(team.site.target, write=False) as session:
        numbers = session.exec(select(Employee.number)).all()
        assert "N2" in numbers and "N3" not in numbers


def test_a_long_list_is_taken_in_the_background_and_says_what_came_of_it(team: Team, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "LONG", 40)
    client, page = team.browser("hr"), "/people/import"
    listed = f"工号,姓名,入职日期,直接上级工号\nN2,新员工,2026-05-01,{team.numbers['lead']}\n".encode()
    sent = {"csrf_token": form_token(client, page), "file": (io.BytesIO(listed), "list.csv")}
    kept = client.post(page, data=sent, content_type="multipart/form-data")
    taken = client.post(kept.location, data={"csrf_token": form_token(client, page), "idempotency_key": "1"})
    assert taken.status_code == 303 and "/jobs/" in taken.location
    waiting = client.get(taken.location).text
    assert "导入人员" in waiting and "等待中" in waiting and "<progress" in waiting
    assert worker.work_off(team.site.target) == 1
    done = client.get(taken.location).text
    assert "已完成" in done and '<dt>新增</dt><dd class="figure">1</dd>' in done
    with db.transaction(team.site.target, write=False) as session:
        assert "N2" in session.exec(select(Employee.number)).all()


def test_a_long_list_whose_rows_stand_in_the_way_is_told_on_the_job(team: Team, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "LONG", 40)
    client, page = team.browser("hr"), "/people/import"
    sent = {
        "csrf_token": form_token(client, page),
        "file": (io.BytesIO("工号,姓名,入职日期\nN3,,2026-05-01\n".encode()), "list.csv"),
    }
    kept = client.post(page, data=sent, content_type="multipart/form-data")
    taken = client.post(kept.location, data={"csrf_token": form_token(client, page), "idempotency_key": "1"})
    assert worker.work_off(team.site.target) == 1
    failed = client.get(taken.location).text
    assert "失败" in failed and "重新运行" in failed
