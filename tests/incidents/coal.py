"""A small coal group in the first quarter of 2026, under its policy as shipped: those whom its wider vetoes are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as D

from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.agreements.drafts import ItemDraft
from appraisal.cycles.models import Cycle
from appraisal.incidents import service
from appraisal.incidents.models import Incident
from appraisal.measures import service as measures
from appraisal.people import service as people
from appraisal.people.models import Employee, Unit
from tests import factories as make
from tests.agreements.samples import Quarter, a_quarter, acting, review, sign
from tests.cycles.coal import an_open_coal_cycle

DAY = date(2026, 2, 10)
MOVED = date(2026, 3, 1)

# What each of them agrees on; figures and ratings as they come out where nothing happens.
SHEETS: dict[str, dict[str, tuple[str, str]]] = {
    "chef": {
        "chef-diner_satisfaction": ("50", "95"),
        "chef-service_attitude": ("20", "90"),
        "chef-hygiene": ("30", "90"),
    },
    "driver": {
        "driver-traffic_rules": ("50", "0"),
        "driver-punctuality": ("20", "90"),
        "driver-vehicle_condition": ("10", "90"),
        "driver-service_attitude": ("20", "90"),
    },
    "logistics_supervisor": {
        "logistics_supervisor-driving_safety": ("20", "0"),
        "logistics_supervisor-fixed_assets": ("20", "90"),
        "logistics_supervisor-property_services": ("20", "90"),
        "logistics_supervisor-administrative_support": ("20", "90"),
        "logistics_supervisor-office_equipment": ("10", "90"),
        "logistics_supervisor-office_expenses": ("10", "90"),
    },
    "strategy_specialist": {
        "strategy_specialist-strategic_action_completion": ("20", "完成项目数/计划总项数"),
        "strategy_specialist-process_application_rate": ("15", "实施的流程制度数/适用的流程制度总数"),
        "strategy_specialist-strategy_feasibility": ("20", "90"),
        "strategy_specialist-research_reports": ("30", "90"),
        "strategy_specialist-process_building": ("15", "90"),
    },
}
TARGETS = {"chef-diner_satisfaction": D(90)} | dict.fromkeys(
    [row for row, (_, figure) in SHEETS["strategy_specialist"].items() if "/" in figure], D(100)
)
FIGURES = ("diner_satisfaction", "traffic_rules", "driving_safety", "strategic_action_completion", "process_application_rate")


@dataclass(frozen=True)
class Company:
    """Its people by what they do, its units by their names, and who reports and who decides."""

    session: Session
    cycle: Cycle
    units: dict[str, Unit]
    people: dict[str, Employee]
    reporter: Actor
    hr: Actor

    def actor(self, who: str) -> Actor:
        """Somebody through the account they have."""
        return acting(self.session, self.people[who])

    def names(self, employee_ids: Sequence[int]) -> set[str]:
        """What those do who have these numbers."""
        return {who for who, one in self.people.items() if one.id in employee_ids}


def a_coal_company(session: Session, *, files: dict[str, str] | None = None) -> Company:
    """Four departments. The head of 企划部 is secretary in 办公室 besides.

    Of 企划部 `latecomer` joins after the day of the events, `leaver` has gone to 财务部 by then, and `mover` goes there later.
    """
    units = {name: make.a_unit(session, name) for name in ("企划部", "财务部", "办公室", "生产管理部")}
    chief = make.an_employee(session, "王总")

    def holder(who: str, unit: str, name: str, under: Employee = chief, **more: date) -> Employee:
        post = make.a_post(session, who, unit=units[unit], title=name)
        return make.an_employee(session, name, post=post, supervisor=under, **more)

    there = {"chief": chief}
    head = there["planning"] = make.a_unit_head(session, units["企划部"], make.an_employee(session, "郑部长", supervisor=chief))
    for who, unit, share in (("planning", "企划部", D(60)), ("gm_secretary", "办公室", D(40))):
        post, beside = make.a_post(session, who, unit=units[unit], title=who), who != "planning"
        people.assign_post(session, make.hr(session), head, post, from_on=make.FIRST_DAY, share=share, beside=beside)
    there["strategist"] = holder("strategy_specialist", "企划部", "吕战略", head)
    there["mover"] = holder("investment_specialist", "企划部", "何投资", head)
    there["leaver"] = holder("business_planning_specialist", "企划部", "施计划", head)
    there["latecomer"] = holder("subsidiary_specialist", "企划部", "孔子公司", head, joined_on=date(2026, 2, 11))
    there["supervisor"] = holder("logistics_supervisor", "办公室", "刘后勤")
    there["chef"] = holder("chef", "办公室", "周师傅", there["supervisor"])
    there["driver"] = holder("driver", "办公室", "韩师傅", there["supervisor"])
    there["typist"] = holder("typist", "办公室", "云打字")
    there["production"] = make.a_unit_head(
        session, units["生产管理部"], holder("production_department", "生产管理部", "苏部长")
    )
    there["technical"] = holder("technical_supervisor", "生产管理部", "潘主管", there["production"])
    there["engineer"] = holder("engineer", "生产管理部", "葛工", there["technical"])
    for who, name, day in (("leaver", "总账会计", date(2026, 2, 10)), ("mover", "费用会计", MOVED)):
        accountant = {"leaver": "general_ledger_accountant", "mover": "expense_accountant"}[who]
        post = make.a_post(session, accountant, unit=units["财务部"], title=name)
        people.assign_post(session, make.hr(session), there[who], post, from_on=day)
    reporter = make.an_actor(session, "hr", employee=make.an_employee(session, "钱人事"))
    return Company(session, an_open_coal_cycle(session, files=files), units, there, reporter, make.hr(session))


def filed(company: Company, who: str, event: str, day: date = DAY) -> Incident:
    """A report about somebody, who has been heard."""
    session, about = company.session, company.people[who].id
    found = service.file_incident(session, company.reporter, about, event=event, happened_on=day, facts="现场记录在案")
    service.hear_incident(session, company.hr, found.id, statement="本人已陈述")
    return found


def confirmed(company: Company, who: str, event: str, day: date = DAY, **more: str) -> Incident:
    """The same confirmed by HR."""
    found = filed(company, who, event, day)
    service.confirm_incident(company.session, company.hr, found.id, findings="属实", **more)
    return found


def reviewed(company: Company, who: str, **changed: str) -> Quarter:
    """Somebody's quarter up to the recorded interview; `changed` are figures and ratings other than those above."""
    quarter = a_quarter(company.session, company.people[who], cycle=company.cycle)
    post = quarter.sheet.policy_post
    rows = {row: (weight, changed.get(row.partition("-")[2], said)) for row, (weight, said) in SHEETS[post].items()}
    kinds = {row: "kpi" if row.partition("-")[2] in FIGURES else "gs" for row in rows}
    sign(quarter, tuple(ItemDraft(row, kinds[row], D(weight), target=TARGETS.get(row)) for row, (weight, _) in rows.items()))
    for row, (_, said) in rows.items():
        if kinds[row] == "kpi":
            given = {"inputs": dict.fromkeys(said.split("/"), D(10))} if "/" in said else {"actual": D(said)}
            entered = measures.record_actual(
                quarter.session, quarter.provider, quarter.sheet.id, row, source_document="统计表", **given
            )
            measures.confirm_actual(quarter.session, quarter.checker, entered.id)
    review(quarter, *((quarter.sheet, row, said) for row, (_, said) in rows.items() if kinds[row] == "gs"))
    return quarter
