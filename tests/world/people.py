"""Who there is in the company: units, people, their accounts, and the files they have handed in."""

from datetime import date

from appraisal.people import auth, service
from appraisal.people.models import Unit
from tests import factories as make
from tests.world.company import JOINED_LATE, Company


def add_people(company: Company) -> None:
    session, names, hr = company.session, company.people, make.hr(company.session)
    for code, above in (("company", None), ("department", "company"), ("team", "department"), ("elsewhere", "company")):
        parent = company.units[above] if above else None
        company.units[code] = make.a_unit(session, {"company": "示范公司", "team": "销售一组"}.get(code, code), parent=parent)
    for who, name in (
        *(("superior", "王总监"), ("unit_head", "孙部长"), ("former", "周前任"), ("supervisor", "李主管")),
        *(("stand_in", "吴代理"), ("assessor", "郑评定"), ("approver", "韩总"), ("hr", "赵人事"), ("hr_here", "钱人事")),
        *(("hr_elsewhere", "冯人事"), ("payroll", "陈薪酬"), ("payroll_here", "褚薪酬"), ("payroll_elsewhere", "卫薪酬")),
    ):
        names[who] = make.an_employee(session, name)
    service.assign_supervisor(session, hr, names["supervisor"], names["superior"], from_on=make.FIRST_DAY)
    make.a_unit_head(session, company.units["department"], names["unit_head"])
    posts = {unit: make.a_post(session, unit=company.units[unit]) for unit in ("team", "elsewhere")}
    names["self"] = make.an_employee(session, "张三", post=posts["team"], supervisor=names["former"])
    service.assign_supervisor(session, hr, names["self"], names["supervisor"], from_on=date(2026, 2, 1))
    service.assign_post(session, hr, names["supervisor"], posts["team"], from_on=JOINED_LATE)
    for who, name in (("colleague", "赵同事"), ("worker", "何师傅"), ("peer", "吕同事"), ("clerk", "施代录")):
        late = {"joined_on": JOINED_LATE, "post": posts["team"], "supervisor": names["supervisor"]}
        names[who] = make.an_employee(session, name, **late)
    _accounts(company)
    _known(company)
    company.keep("team_post", posts["team"])
    company.keep("elsewhere_post", posts["elsewhere"])


def _accounts(company: Company) -> None:
    here, elsewhere = company.units["department"], company.units["elsewhere"]
    plain = ("self", "supervisor", "stand_in", "superior", "unit_head", "former", "assessor", "colleague", "clerk")
    roles: dict[str, tuple[str, Unit | None]] = dict.fromkeys(plain, ("employee", None))
    roles |= {role: (role, None) for role in ("hr", "payroll", "data_provider", "kpi_manager", "approver", "auditor", "admin")}
    for role in ("hr", "payroll"):
        roles |= {f"{role}_here": (role, here), f"{role}_elsewhere": (role, elsewhere)}
    for who, (role, unit) in roles.items():
        account = make.an_account(company.session, role, employee=company.people.get(who), unit=unit)
        company.world.accounts[who] = account
        company.actors[who] = auth.actor_of(company.session, account)
        company.keep(f"{who}_account", account)
        company.world.words[f"{who}_login"] = account.login
    company.world.words["password"] = make.PASSWORD


def _known(company: Company) -> None:
    for who, employee in company.people.items():
        company.keep(who, employee)
        company.world.words[f"{who}_number"] = employee.number
    for code, unit in company.units.items():
        company.keep(code, unit)


def add_files(company: Company) -> None:
    for who, name in (
        *(("self", "own_file"), ("self", "appeal_file"), ("hr", "hr_file"), ("hr", "agreement_scan"), ("hr", "plan_scan")),
        *(
            ("data_provider", "measure_file"),
            ("data_provider", "reading_file"),
            ("supervisor", "incident_file"),
            ("hr", "policy_file"),
            ("clerk", "clerk_scan"),
        ),
        ("supervisor", "supervisor_file"),
    ):
        company.file(who, name)
