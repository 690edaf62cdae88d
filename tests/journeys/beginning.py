"""January: the company is set up, the rules are made known, targets are agreed and signed."""

from datetime import date
from typing import Any

from appraisal import clock
from tests.caller import Answer
from tests.journeys import targets
from tests.journeys.office import PEOPLE, Office, done, refused
from tests.journeys.targets import DRIVER, superior_of

DAY_ONE, DAY_TWO = date(2026, 1, 4), date(2026, 1, 5)
ROLES = {
    "Y01": ("approver",),
    "Y02": ("approver",),
    "Y03": ("hr",),
    "Y04": ("hr",),
    "Y05": ("payroll",),
    "Y06": ("data_provider",),
    "Y07": ("auditor",),
}


def people_arrive(office: Office) -> None:
    """HR's list becomes thirty people, in a preview first. For that the administrator lends an account of a function."""
    with clock.at(DAY_ONE):
        helper = done(office["admin"].post("/accounts", {"login": "setup", "roles": [{"role": "hr", "unit_id": None}]}))
        first = office.signs_in("setup", helper["initial_password"])
        refused(first.get("/employees"), 403, "password_change_needed")
        office.chooses_password("setup", helper["initial_password"])
        _list_is_imported(office)
        office.ids |= {row["number"]: row["id"] for row in office.listed("setup", "/employees")}
        office.units |= {row["code"]: row["id"] for row in office.listed("setup", "/units")}
        shut = done(office["admin"].get(f"/accounts/{helper['id']}"))
        reason = {"disabled": True, "reason": "名单已导入, 由人力资源部接手"}
        done(office["admin"].patch(f"/accounts/{helper['id']}", reason, version=shut["version"]))
        assert office["setup"].get("/employees").status == 401


def everybody_gets_in(office: Office) -> None:
    """Each of them but the driver gets an account and a password of their own, and finds nobody but themselves."""
    with clock.at(DAY_TWO):
        for number in (one for one in targets.NUMBERS if one != DRIVER):
            roles = [{"role": role, "unit_id": None} for role in ("employee", *ROLES.get(number, ()))]
            body = {"login": number.lower(), "employee_id": office.ids[number], "roles": roles}
            office.chooses_password(number.lower(), done(office["admin"].post("/accounts", body))["initial_password"])
        who = done(office["y22"].get("/session"))
        assert (who["name"], who["roles"], who["must_change_password"]) == ("王辛", ["employee"], False)
        assert [row["number"] for row in office.listed("y22", "/employees")] == ["Y22"]


def _list_is_imported(office: Office) -> None:
    spoilt = PEOPLE + "Y31,路人,2026-01-04,NOWHERE,,,P,岗,sales,Y99\n".encode()
    wrong = done(office["setup"].upload("/employees/import", "名单.csv", spoilt, preview="true"))
    assert wrong["faulty_rows"] == 1
    assert any("Y99" in fault["message"]["zh"] for fault in wrong["faults"])
    refused(office["setup"].upload("/employees/import", "名单.csv", spoilt), 422, "import_refused")
    assert office.listed("setup", "/employees") == []
    preview = done(office["setup"].upload("/employees/import", "名单.csv", PEOPLE, preview="true"))
    assert (preview["created"], preview["new_units"]) == (30, ["HQ", "HR", "FIN", "DOC", "BUY", "SAL"])
    assert done(office["setup"].upload("/employees/import", "名单.csv", PEOPLE))["created"] == 30
    again = done(office["setup"].upload("/employees/import", "名单.csv", PEOPLE))
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, 30)


def rules_are_made_known(office: Office) -> None:
    """HR puts the talk with the staff on record, confirms what the policy assumes, and a cycle can be opened."""
    with clock.at(DAY_TWO):
        policy = done(office["y03"].get("/policies/trading"))
        text = {"digest": policy["digest"]}
        held = {"kind": "discussion", "held_on": "2026-01-05", "text": "逐条讲解, 职工代表无异议", "people": 30}
        done(office["y03"].post("/policies/trading/measures", text | held))
        assert done(office["y19"].post("/policies/trading/acknowledgements", text))["acknowledged_at"] is not None
        draft = {"code": "2026-Q1", "name": "2026 年第一季度考核", "policy": "trading", "period": "2026-Q1", "pays": True}
        cycle = done(office["y03"].post("/cycles", draft))
        office.cycle = cycle["id"]
        blocked = done(office["y03"].get(f"/cycles/{office.cycle}/preflight", blocking="true"))
        assert (blocked["ready"], [one["kind"] for one in blocked["findings"]]) == (False, ["assumed_unconfirmed"])
        refused(office["y03"].post(f"/cycles/{office.cycle}/open", version=cycle["version"]), 422, "not_ready")
        refused(office["y19"].post("/policies/trading/confirm-assumed", text), 403, "not_allowed")
        assert done(office["y03"].post("/policies/trading/confirm-assumed", text))["confirmed_at"] is not None
        seen = done(office["y03"].get(f"/cycles/{office.cycle}/preflight"))
        # The two managers hold a post for which the regulation has no weights (G-29).
        assert (seen["ready"], seen["rated"], seen["not_rated"]) == (True, 28, 0)
        assert {one["number"] for one in seen["findings"] if one["kind"] == "post_without_profile"} == {"Y01", "Y02"}
        opened = done(office["y03"].post(f"/cycles/{office.cycle}/open", version=cycle["version"]))
        assert (opened["status"], opened["policy_digest"]) == ("open", policy["digest"])
        office.ids |= {f"case {number}": row["id"] for number, row in office.cases().items()}
        assert len(office.cases()) == 28
        assert len(office.cases("y22")) == 1


def goals_come_down(office: Office) -> None:
    """A goal of the company, one of the sales department that serves it, and items that serve that one."""
    with clock.at(DAY_TWO):
        whole = {"period": "2026", "name": "全年销售额 6000 万元", "indicator": "revenue", "target": "60000000"}
        company = done(office["y03"].post("/goals", whole))
        named = {"employee_id": office.ids["Y18"], "from_on": "2026-01-05"}
        assert done(office["y03"].post(f"/units/{office.units['SAL']}/head", named))["head"]["number"] == "Y18"
        part = {"period": "2026-Q1", "name": "一季度销售额 1300 万元", "unit_id": office.units["SAL"], "target": "13000000"}
        refused(office["y18"].post("/goals", part), 422, "parent_needed")
        office.ids["goal"] = done(office["y18"].post("/goals", part | {"parent_id": company["id"]}))["id"]


def agreements_are_issued(office: Office) -> None:
    """HR issues the items of each post to everybody on it, and both sides sign, but one on paper and one not at all."""
    with clock.at(DAY_TWO):
        issued = {number: one for post in targets.ITEMS for number, one in _issued(office, "y03", post).items()}
        assert len(issued) == 27
        # HR does not handle their own case: the colleague issues that one, and leaves the others as they are (D-23).
        issued |= _issued(office, "y04", "functional")
        assert len(issued) == 28
        # Only the revenue of sales people serves a goal; everything else is issued with a warning (R-002-18).
        assert [one["path"] for one in issued["Y22"]["findings"] if one["code"] == "goal_link_missing"] == [
            "items[1].goal_id",
            "items[2].goal_id",
        ]
        office.ids |= {f"agreement {number}": one["agreement_id"] for number, one in issued.items()}
        office.ids |= {f"sheet {number}": one["sheet_id"] for number, one in issued.items()}
        for number in issued:
            read = _agreement(office, superior_of(number), number)
            signed = done(_sign(office, superior_of(number), read))
            if number not in (DRIVER, "Y20"):
                assert done(_sign(office, number.lower(), signed))["status"] == "signed"
        _driver_signs_on_paper(office)
        _one_refuses_to_sign(office)
        missing = office.listed("y03", "/agreements/missing", cycle_id=office.cycle)
        assert missing == []
        refused(_sign(office, "y22", _agreement(office, "y22", "Y22")), 409, "agreement_signed")


def _issued(office: Office, login: str, post: str) -> dict[str, dict[str, Any]]:
    body = {"cycle_id": office.cycle, "policy_post": post, "items": targets.items_of(post, office.ids)}
    people = done(office[login].post("/agreements/issue", body))["people"]
    assert {one["outcome"] for one in people} <= {"issued", "kept"}
    return {one["employee"]["number"]: one for one in people if one["outcome"] == "issued"}


def _agreement(office: Office, login: str, number: str) -> dict[str, Any]:
    return done(office[login].get(f"/agreements/{office.ids[f'agreement {number}']}"))


def _sign(office: Office, login: str, read: dict[str, Any]) -> Answer:
    """One side signs exactly what it has read."""
    return office[login].post(f"/agreements/{read['id']}/sign", {"content_hash": read["content_hash"]}, version=read["version"])


def _driver_signs_on_paper(office: Office) -> None:
    """The driver has no account: a clerk of the department hands in what he has signed (D-21)."""
    body = {"employee_id": office.ids["Y09"], "unit_id": office.units["DOC"], "from_on": "2026-01-05", "reason": "司机没有账号"}
    done(office["y03"].post("/clerks", body))
    clerk = office.for_somebody("y09", DRIVER, "责任书签字页")
    path = f"/agreements/{office.ids[f'agreement {DRIVER}']}"
    read = done(clerk.get(path))
    refused(clerk.post(f"{path}/sign", {"content_hash": read["content_hash"]}, version=read["version"]), 403, "not_allowed")
    paper = {"role": "employee", "content_hash": read["content_hash"], "file_id": int(clerk.headers["Scan"])}
    signed = done(clerk.post(f"{path}/paper-signature", paper | {"signed_on": "2026-01-05"}, version=read["version"]))
    assert (signed["status"], {one["role"]: one["kind"] for one in signed["signatures"]}) == (
        "signed",
        {"employee": "paper", "supervisor": "own"},
    )


def _one_refuses_to_sign(office: Office) -> None:
    """Y20 thinks the target too high. Two colleagues witness it, and the agreement stands all the same (D-16)."""
    path = f"/agreements/{office.ids['agreement Y20']}"
    read = done(office["y03"].get(path))
    body = {"role": "employee", "content_hash": read["content_hash"], "reason": "本人认为目标过高, 拒绝签字"}
    alone = body | {"witness_ids": [office.ids["Y18"], office.ids["Y08"]]}  # Y18 is the other side
    refused(office["y03"].post(f"{path}/refusal", alone, version=read["version"]), 422, "bad_witnesses")
    two = body | {"witness_ids": [office.ids["Y05"], office.ids["Y08"]]}
    signed = done(office["y03"].post(f"{path}/refusal", two, version=read["version"]))
    assert (signed["status"], [one["kind"] for one in signed["signatures"]]) == ("signed", ["own", "refused"])
