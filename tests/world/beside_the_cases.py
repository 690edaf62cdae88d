"""What lies beside the cases: agreements and goals, who delivers figures, what HR has ruled in a cycle, incidents."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from functools import partial

from appraisal import clock
from appraisal.agreements import amendments, goals
from appraisal.agreements.models import Agreement, PastTarget, WeightApproval
from appraisal.cycles import extending, queries, reassigning
from appraisal.cycles import service as cycles
from appraisal.cycles.models import Cycle
from appraisal.incidents import service as incidents
from appraisal.incidents.models import IncidentPerson
from appraisal.measures import providers
from appraisal.people import absence
from tests.agreements.samples import NEW_CUSTOMERS, PLAN, REVENUE
from tests.world.cases import case_of, opened
from tests.world.company import NOW, SECRETS, Company


def add_agreements(company: Company) -> None:
    session, ids, hr = company.session, company.world.ids, company.actors["hr"]
    changed = (replace(REVENUE, target=D(105)), NEW_CUSTOMERS, replace(PLAN, assessor_id=ids["assessor"]))
    amendment, _ = amendments.propose_amendment(
        session, company.actors["self"], ids["collecting_agreement"], changed, reason="市场变化"
    )
    company.keep("amendment", amendment)
    company.world.ids["proposed_agreement"] = amendment.agreement_id
    company.world.words["amendment_hash"] = session.get_one(Agreement, amendment.agreement_id).content_hash
    asked = WeightApproval(
        agreement_id=ids["drafting_agreement"],
        content_hash=company.world.words["drafting_agreement_hash"],
        reason="权重重新分配",
        asker_id=ids["supervisor"],
        asked_by=company.actors["supervisor"].account_id,
        asked_at=clock.now(),
    )
    session.add(asked)
    session.flush()
    company.keep("weight_approval", asked)
    goal = goals.set_goal(session, hr, period="2026", name="全年销售收入")
    company.keep("goal", goal)
    under = goals.set_goal(session, hr, period="2026", name="部门销售收入", unit_id=ids["department"], parent_id=goal.id)
    company.keep("unit_goal", under)
    past = PastTarget(
        employee_id=ids["self"],
        period="2025-Q1",
        item="revenue",
        target=D(90),
        source_document="2025 责任书",
        imported_at=clock.now(),
    )
    session.add(past)
    session.flush()
    company.keep("past_target", past)


def add_measures(company: Company) -> None:
    made = providers.assign_provider(
        company.session,
        company.actors["hr"],
        kind="indicator",
        name="revenue",
        account_id=company.world.ids["data_provider_account"],
    )
    company.keep("provider", made)


def add_cycle_matters(company: Company) -> None:
    session, hr, ids = company.session, company.actors["hr"], company.world.ids
    drafted = {"code": "DRAFTED", "name": "下一季度", "policy_name": "trading", "period": "2026-Q2", "pays": False}
    company.keep("drafted_cycle", cycles.draft_cycle(session, hr, **drafted))
    exception = cycles.record_exception(session, hr, ids["drafting"], reason="出差")
    company.keep("exception", exception)
    cycle = session.get_one(Cycle, ids["collecting_cycle"])
    extending.extend_deadline(
        session,
        hr,
        cycle,
        step="data_collection",
        until_on=date(2026, 5, 29),
        reason="系统故障",
        appraisal_ids=[ids["collecting"]],
    )
    (extension,) = queries.extensions_of(session, cycle)
    company.keep("extension", extension)
    leave = absence.note_leave(
        session, hr, company.people["self"], kind="sick", from_on=date(2026, 4, 13), to_on=date(2026, 4, 14)
    )
    company.keep("leave", leave)
    company.world.words |= {"stylesheet": "style.css", "publication": "publication"}


def add_incidents(company: Company) -> None:
    session, ids = company.session, company.world.ids
    opened(company, "annual", "2026")
    case_of(company, "self", session.get_one(Cycle, ids["annual_cycle"]), "annual")
    case_of(company, "worker", session.get_one(Cycle, ids["annual_cycle"]), "workers")
    case_of(company, "peer", session.get_one(Cycle, ids["annual_cycle"]), "peers")
    given = {"supervisor_id": ids["superior"], "reason": "调动", "appraisal_ids": [ids["peers"]]}
    reassigning.reassign(session, company.actors["hr"], session.get_one(Cycle, ids["annual_cycle"]), **given)
    (reassignment,) = queries.reassignments_of(session, ids["peers"])
    company.keep("reassignment", reassignment)
    filed = partial(
        incidents.file_incident,
        session,
        company.actors["supervisor"],
        ids["self"],
        event="serious_violation",
        happened_on=date(2026, 4, 10),
    )
    company.keep("filed_incident", filed(facts="签收单存疑", file_ids=[ids["incident_file"]]))
    for name, ways in (("heard_incident", 1), ("confirmed_incident", 2)):
        incident = filed(facts=f"另一张签收单 {name}")
        company.keep(name, incident)
        incidents.hear_incident(session, company.actors["self"], incident.id, statement=SECRETS["incident_statement"])
        if ways == 2:
            incidents.confirm_incident(session, company.actors["hr"], incident.id, findings="属实")
    # Whom else an incident reaches: named in one that is not decided yet, with the unit in one that is.
    for name, way in (("heard_incident", "named"), ("confirmed_incident", "unit")):
        person = {"employee_id": ids["colleague"], "reach": way, "reason": "当班" if way == "named" else None}
        session.add(IncidentPerson(incident_id=ids[name], chosen_at=NOW, **person))
