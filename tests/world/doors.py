"""Money, rules and doors: pay, documents kept, the policy and tables brought to it, who may sign in and what is sent out."""

from datetime import date
from decimal import Decimal as D

from sqlmodel import select

from appraisal import clock, files, jobs, notify
from appraisal.cycles.models import Cycle
from appraisal.deliveries import MAIL, Delivery
from appraisal.delivery import service as delivery
from appraisal.notify import Notification
from appraisal.payroll import service as payroll
from appraisal.people import absence, accounts, auth, clerks, tokens
from appraisal.people.models import Employee, WebSession
from appraisal.policies import made_known
from appraisal.policies import service as policies
from appraisal.records import holds, purging
from appraisal.reports import archive, archived
from appraisal.reports.catalogue import FORMS
from tests import factories as make
from tests.world.company import JOINED_LATE, PDF, SECRETS, Company


def add_payroll(company: Company) -> None:
    session, ids = company.session, company.world.ids
    released = payroll.prepare_release(session, company.actors["hr"], ids["elsewhere_cycle"])
    payroll.release_pay(session, company.actors["payroll"], released.id)
    company.keep("released_release", released)
    prepared = payroll.prepare_release(session, company.actors["hr"], ids["approved_cycle"])
    company.keep("prepared_release", prepared)
    bases = {company.people["self"].number: (D(SECRETS["base"]), "CNY")}
    payroll.set_bases(session, company.actors["payroll"], prepared.id, bases)
    ids |= {"prepared_release_version": prepared.version}


def add_documents(company: Company) -> None:
    """Notices in the archive: of a result that was published, with its scan, and of one that was not."""
    session, hr = company.session, company.actors["hr"]
    notice = FORMS["result_notice"]
    for step in ("published", "unpublished"):
        told = notice.built(session, hr, company.world.ids[step])
        kept = archive.keep(session, hr, notice, told, "zh", f"<p>{step}</p>", PDF + step.encode())
        company.keep(f"{step}_document", kept)
    file_id = company.file("hr", "sealed_scan")
    scan = archived.attach_scan(session, hr, company.world.ids["published_document"], file_id=file_id, note="签字件")
    company.keep("document_scan", scan)
    company.file("hr", "another_scan")
    company.keep("legal_hold", holds.set_hold(session, hr, company.world.ids["colleague"], reason="仲裁案"))
    ended = purging.begin(session, hr, clock.today())
    ended.ended_at = clock.now()
    session.flush()
    company.keep("purge", ended)


def add_policy(company: Company) -> None:
    session, hr, ids = company.session, company.actors["hr"], company.world.ids
    stored = policies.queries.policy_in_force(session, "trading", clock.today())
    assert stored is not None
    company.world.words["digest"] = stored.digest
    company.world.words["policy"] = stored.name
    company.keep("policy_state", stored)
    earlier = session.get_one(Cycle, ids["closed_cycle"])
    company.world.words["earlier_digest"] = str(earlier.policy_digest)
    company.world.words |= {"policy_post": "sales", "first_record": "1"}
    listed = "工号,姓名,入职日期\nN2,新员工,2026-05-01\n".encode()
    company.keep("hr_list", files.keep(session, hr, name="list.csv", content=listed, media_type="text/csv"))
    _tables(company)
    evidence = {"text": "职工代表讨论, 无异议", "people": 12, "file_ids": [ids["policy_file"]]}
    made_known.record_measure(session, hr, stored, kind="discussion", held_on=date(2026, 1, 4), **evidence)


def _tables(company: Company) -> None:
    """Tables that were brought to a page and wait to be looked at."""
    own, team = company.world.words["self_number"], company.units["team"].code
    for name, who, table in (
        ("hr_figures", "hr", f"工号,指标,考核期,实际值,原始数据,数据来源\n{own},revenue,2026-Q1,110,,财务报表\n"),
        ("hr_agreements", "hr", f"工号,指标,权重,目标值\n{own},revenue,60,100\n"),
        ("hr_targets", "hr", f"工号,期间,指标,目标值,数据来源\n{own},2025-Q2,revenue,90,2025 责任书\n"),
        ("hr_grades", "hr", f"工号,考核期,等级,来源\n{own},2025-Q2,B,2025 档案\n"),
        ("table_of_readings", "data_provider", f"指标,期间,部门,数值,来源单据\niqc_pass_rate,2026-04,{team},99,QR-2604\n"),
    ):
        brought = {"name": f"{name}.csv", "content": table.encode(), "media_type": "text/csv"}
        company.keep(name, files.keep(company.session, company.actors[who], **brought))


def add_access(company: Company) -> None:
    session, ids, hr, admin = company.session, company.world.ids, company.actors["hr"], company.actors["admin"]
    stand = {"from_on": date(2026, 4, 20), "to_on": date(2026, 5, 8), "reason": "出差"}
    standing_in = absence.delegate(session, company.actors["supervisor"], *_pair(company, "supervisor", "stand_in"), **stand)
    company.keep("delegation", standing_in)
    clerk = clerks.appoint_clerk(
        session, hr, company.people["clerk"], company.units["team"], from_on=JOINED_LATE, reason="一线员工无账号"
    )
    company.keep("clerk_appointment", clerk)
    machine = make.an_account(session, "data_provider")
    company.keep("machine_account", machine)
    job = jobs.enqueue(session, hr, "reports.render", {"form": "result_notice", "language": "zh", "appraisals": []})
    company.keep("job", job)
    failed = jobs.enqueue(session, hr, "reports.render", {"form": "result_notice", "language": "zh", "appraisals": []})
    failed.state = jobs.FAILED
    company.keep("failed_job", failed)
    token = tokens.make_token(session, admin, machine, name="ERP", scopes=["measures:write"], expires_on=date(2026, 12, 31))
    company.keep("token", token.row)
    own = WebSession(
        token_hash=auth.token_hash("of the world"),
        account_id=ids["self_account"],
        created_at=clock.now(),
        last_seen_at=clock.now(),
        expires_at=clock.now() + auth.LIFETIME,
    )
    session.add(own)
    session.flush()
    company.keep("session", own)
    company.world.words["reset"] = accounts.create_reset(session, admin, company.world.accounts["colleague"]).code
    told = session.exec(
        select(Notification).where(Notification.employee_id == ids["self"]).order_by(Notification.id).limit(1)
    ).one()
    company.keep("notification", told)
    _deliveries(company, told)


def _deliveries(company: Company, told: Notification) -> None:
    """A mail that waits, a robot, and what its group is told."""
    session = company.session
    waiting = Delivery(way=MAIL, notification_id=told.id)
    session.add(waiting)
    address = "https://oapi.dingtalk.com/robot/send?access_token=1"
    listed = {"kind": "dingtalk", "events": ["deadlines"], "unit_id": None, "language": "zh", "active": True}
    robot = delivery.add_robot(session, company.actors["admin"], name="全公司群", address=address, secret="SEC1", **listed)
    said = notify.announce(session, "job_failed", about=("cycle", told.about_id), task="导入")
    session.flush()
    for name, row in (("delivery", waiting), ("robot", robot), ("announcement", said)):
        company.keep(name, row)


def _pair(company: Company, first: str, second: str) -> tuple[Employee, Employee]:
    return company.people[first], company.people[second]
