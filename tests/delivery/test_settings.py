"""What somebody is sent is theirs to choose: on the page and by the API; a new address is told to the one before."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session, select

from appraisal import audit, clock, db, deliveries, notify, web
from appraisal.actor import Actor
from appraisal.audit import AuditRecord
from appraisal.config import Settings
from appraisal.deliveries import CLAIMED, MAIL, Delivery
from appraisal.delivery import service
from appraisal.errors import Conflict, Invalid, NotAllowed
from appraisal.jobs import Job
from appraisal.notify import Notification
from appraisal.people import mailing
from appraisal.people.importing import import_people, read_people
from appraisal.people.models import Account, Employee
from tests import factories as make
from tests.caller import Caller
from tests.site import a_browser, a_site, send

PAGE = "/my/notification-settings"


def choose(session: Session, employee: Employee, email: str | None, how: str = "each", **more: object) -> Employee:
    actor = Actor(account_id=None, employee_id=employee.id, name=employee.name)
    return mailing.choose(session, actor, email=email, how=how, language="en", **more)  # type: ignore[arg-type]


def told_elsewhere(session: Session) -> list[tuple[str | None, str]]:
    found = select(Delivery.address, Notification).join(Notification, Delivery.notification_id == Notification.id)  # type: ignore[arg-type]
    return [(address, notify.sentence(told).en) for address, told in session.exec(found)]


def test_a_new_address_is_told_to_the_one_before_and_stands_on_the_trail(session: Session):
    employee = make.an_employee(session)
    choose(session, employee, "li@example.com")
    assert told_elsewhere(session) == [], "there was none before"
    choose(session, employee, "li@example.com", how="none")
    assert told_elsewhere(session) == [], "it is the same"
    choose(session, employee, "zhang@example.org")
    choose(session, employee, None)
    words = "Mail for you goes to {} from now on. If you have not changed this, please tell HR"
    assert told_elsewhere(session) == [
        ("li@example.com", words.format("z…@example.org")),
        ("zhang@example.org", words.format("(no address)")),
    ]
    audit.flush(session)
    kept = session.exec(select(AuditRecord).where(AuditRecord.action == "employee.mail")).all()
    assert len(kept) == 4 and "zhang@example.org" in (kept[-1].payload or "")


@pytest.mark.parametrize("email", ["li", "li@example.com\nBcc: x@example.com", "a@b.c, d@e.f", "李@example.com"])
def test_what_is_no_address_is_refused(session: Session, email: str):
    with pytest.raises(Invalid) as refused:
        choose(session, make.an_employee(session), email)
    assert [fault.path for fault in refused.value.faults] == ["email"]


def test_where_domains_are_named_only_their_mail_may_be_used(session: Session, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mailing, "settings", lambda: Settings(mode="test", mail_domains=("example.com",)))
    employee = make.an_employee(session)
    assert choose(session, employee, "li@EXAMPLE.com").email == "li@EXAMPLE.com"
    for email in ("li@example.com.cn", "li@sub.example.com"):
        with pytest.raises(Invalid):
            choose(session, employee, email)


def test_a_choice_made_on_the_sight_of_an_older_one_is_refused(session: Session):
    employee = choose(session, make.an_employee(session), "li@example.com")
    seen = employee.version
    choose(session, employee, "wang@example.com", version=seen)
    with pytest.raises(Conflict):
        choose(session, employee, "x@example.com", version=seen)


def test_who_enters_for_others_does_not_decide_where_their_mail_goes(session: Session):
    employee = make.an_employee(session)
    clerk = replace(make.an_actor(session, "employee", employee=employee), on_behalf_of=employee.id)
    for actor in (clerk, make.an_actor(session, "auditor")):
        with pytest.raises(NotAllowed):
            mailing.choose(session, actor, email="x@example.com", how="each", language="zh")


def test_a_list_brings_addresses_and_a_bad_one_is_a_fault(session: Session):
    def bring(email: str) -> None:
        text = f"工号,姓名,入职日期,邮箱\nM1,张三,2025-01-01,{email}\n"
        import_people(session, make.hr(session), read_people("名单.csv", text.encode()), source="名单.csv")

    bring("li@example.com")
    found = session.exec(select(Employee).where(Employee.number == "M1")).one()
    assert (found.email, found.mail_how, found.mail_language) == ("li@example.com", "urgent", "zh")
    with pytest.raises(Invalid) as refused:
        bring("no address")
    assert "邮箱" in refused.value.faults[0].path
    bring("")
    assert found.email == "li@example.com", "a blank cell says nothing"
    bring("wang@example.com")
    assert [address for address, _ in told_elsewhere(session)] == ["li@example.com"]


# Pages


@dataclass
class Place:
    site: web.Site
    own: str
    other: str
    admin: str

    def browser(self, who: str, language: str = "zh") -> FlaskClient:
        return a_browser(self.site, getattr(self, who), language)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    site = a_site(database_url, tmp_path)
    with db.transaction(site.target, write=True) as session:
        own, other = (make.an_account(session, "employee", employee=make.an_employee(session)) for _ in range(2))
        admin = make.an_account(session, "admin")
        logins = (own.login, other.login, admin.login)
    yield Place(site, *logins)


def told(place: Place) -> int:
    with db.transaction(place.site.target, write=True) as session:
        me = session.exec(select(Employee)).first()
        assert me is not None
        one = notify.post(session, me.id or 0, "appeal_accepted", about=("cycle", 1), cycle="一季度")
        session.flush()
        return one.id or 0


def test_the_choice_is_made_on_the_page_and_a_bad_address_keeps_what_was_typed(place: Place):
    client = place.browser("own")
    answer = send(client, PAGE, PAGE, email="li at example", how="digest", language="en")
    assert answer.status_code == 422 and 'value="li at example"' in answer.text and "不是邮箱地址" in answer.text
    assert send(client, PAGE, PAGE, email="li@example.com", how="digest", language="en").status_code == 303
    page = client.get(PAGE).text
    assert 'value="li@example.com"' in page and 'value="digest" checked' in page and 'value="en" checked' in page


def test_a_mail_leads_to_where_the_matter_stands_and_nobody_else_there(place: Place):
    told_id = told(place)
    answer = place.browser("own").get(f"/notifications/{told_id}")
    assert answer.status_code == 302 and answer.location.startswith("/")
    assert place.browser("other").get(f"/notifications/{told_id}").status_code == 404
    assert place.site.test_client().get(f"/notifications/{told_id}").location.startswith("/login")


def test_administrators_see_how_deliveries_do_and_have_them_tried_again(place: Place):
    told_id = told(place)
    with db.transaction(place.site.target, write=True) as session:
        session.add(Delivery(way=MAIL, notification_id=told_id, state=CLAIMED, claimed_at=clock.now(), ended_at=clock.now()))
        deliveries.note_unreachable(session, MAIL, "nobody is there")
    client = place.browser("admin")
    page = client.get("/admin/deliveries").text
    assert "nobody is there" in page and "不能确定是否送达" in page and "SMTP_HOST" in page
    assert "没有符合条件" in client.get("/admin/deliveries?state=sent").text
    assert send(client, "/admin/deliveries", "/admin/deliveries/retry").status_code == 303
    with db.transaction(place.site.target, write=False) as session:
        assert session.get_one(deliveries.Way, MAIL).retry_at is None
        assert [one.task for one in session.exec(select(Job))] == [service.DELIVER]


def test_a_robot_is_connected_changed_and_tested_on_its_pages(place: Place):
    client, new = place.browser("admin"), "/admin/robots/new"
    form = {"name": "生产群", "kind": "feishu", "events[]": ["deadlines", "job_failed"], "language": "zh", "active": "true"}
    refused = send(client, new, new, address="https://example.com/hook", **form)
    assert refused.status_code == 422 and "open.feishu.cn" in refused.text
    made = send(client, new, new, address="https://open.feishu.cn/open-apis/bot/v2/hook/h-1", secret="S-1", **form)
    assert made.status_code == 303
    page = client.get(made.location).text
    assert "open.feishu.cn" in page and "h-1" not in page and "S-1" not in page
    assert send(client, made.location, f"{made.location}/test").status_code == 303
    assert "测试消息" in client.get(made.location).text
    del form["active"]
    assert send(client, made.location, made.location, **form).status_code == 303
    assert send(client, made.location, made.location, **form | {"name": ""}).status_code == 422
    assert f'action="{made.location}/test"' not in client.get(made.location).text, "one that is off is not tested"


def test_the_api_takes_the_choice_on_the_version_it_showed(place: Place):
    with db.transaction(place.site.target, write=False) as session:
        account = session.exec(select(Account).where(Account.login == place.own)).one()
    caller = Caller(place.site, account)
    shown = caller.get(PAGE)
    assert (shown.json["email"], shown.json["how"]) == (None, "urgent")
    body = {"email": "li@example.com", "how": "none", "language": "en"}
    assert caller.put(PAGE, body, version=shown.version).json["how"] == "none"
    assert caller.put(PAGE, body, version=shown.version).status == 412
    assert caller.put(PAGE, body | {"how": "often"}, version=shown.version + 1).status == 422
