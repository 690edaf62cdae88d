"""From April to May: appeals, approval, pay; the next quarter begins, and a result is looked at again after it was paid."""

from datetime import date
from typing import Any

from sqlmodel import col, func, select

from appraisal import audit, clock, db
from appraisal.results.models import Approval, InForce, Result
from tests.journeys.appraising import ALL_BUT_Y03, in_bulk
from tests.journeys.office import Office, done, refused
from tests.journeys.targets import REACHED

APPROVED_BY_THE_DEPUTY = ("Y03", "Y05", "Y07")  # the general manager reviewed these three


def two_appeal(office: Office) -> None:
    """Y22 is right, and a new layer says so; Y25 is not. Neither is decided by who assessed them (D-19)."""
    with clock.at(date(2026, 4, 15)):
        proof = office.hands_in("y22", "两份三月签署的合同")
        grounds = {"grounds": "三月签约的两家客户未计入", "wanted": "按 11 家计分", "file_ids": [proof]}
        assert done(office.acts("y22", "Y22", "appeal", grounds))["appeals"][0]["late"] is False
        done(office.acts("y25", "Y25", "appeal", {"grounds": "目标本来就定高了"}))
        refused(office.acts("y03", "Y22", "appeals-closing"), 409, "appeal_open")
        for number in ("Y22", "Y25"):
            refused(office.acts("y04", number, "appeal/decision", {"upheld": False, "reasons": "-"}), 409, "not_accepted")
            taken_up = done(office.acts("y03", number, "appeal/acceptance", {"note": "受理"}))
            # Fifteen working days from 15 April; 1 to 5 May are holidays, and Saturday 9 May is worked.
            assert taken_up["appeals"][0]["decide_by"] == "2026-05-09"
    with clock.at(date(2026, 4, 17)):
        done(office.acts("y18", "Y22", "appeal/statements", {"text": "合同属实, 当时漏报"}))
        _corrects(office, "Y22", "new_customers", "11", "补录两份合同")
        upheld = {"upheld": True, "reasons": "两份合同属实, 按 11 家计分"}
        refused(office.acts("y18", "Y22", "appeal/decision", upheld), 403, "not_allowed")
        decided = done(office.acts("y04", "Y22", "appeal/decision", upheld))
        # 51 and 8.5 as before; 11 customers lie half-way to the challenge: 90 × 30 % = 27; together 86.5.
        assert [(one["layer"], one["score"], one["grade"]) for one in decided["layers"]] == [
            ("computed", "81.1", "B"),
            ("appealed", "86.5", "A"),
        ]
        refused(office.acts("y22", "Y22", "appeal", {"grounds": "再申诉"}), 409, "appealed_before")
        dismissed = {"upheld": False, "reasons": "目标经双方签署, 计分无误"}
        told = done(office.acts("y04", "Y25", "appeal/decision", dismissed))
        assert (told["appeals"][0]["state"], [one["score"] for one in told["layers"]]) == ("dismissed", ["60.3"])
        assert "appeal_upheld" in {one["kind"] for one in office.listed("y22", "/notifications")}


def _corrects(office: Office, number: str, item: str, actual: str, reason: str) -> None:
    """The machine brings a later figure, and HR confirms it."""
    assert office.machine is not None
    [wrong] = done(office.machine.get("/measures", cycle_id=office.cycle, number=number, item=item))["items"]
    body = {"actual": actual, "origin": "import", "source_document": "合同台账 (补录)", "reason": reason}
    later = done(office.machine.post(f"/measures/{wrong['id']}/corrections", body))
    assert later["back_filled"] is True
    assert done(office["y03"].post(f"/measures/{later['id']}/confirm"))["state"] == "confirmed"


def results_are_approved(office: Office) -> None:
    """After the window, in bulk, by somebody named who has no part in it; then everything is filed and the cycle closed."""
    with clock.at(date(2026, 4, 21)):
        refused(office.acts("y03", "Y19", "appeals-closing"), 409, "appeals_open")
    with clock.at(date(2026, 4, 22)):
        assert in_bulk(office, "y03", "appeals-closings", ALL_BUT_Y03) == 27
        assert in_bulk(office, "y04", "appeals-closings", ["Y03"]) == 1
        assert [one["answer"] for one in office.case("y03", "Y30")["acknowledgements"]] == ["deemed"]
        assert office.listed("y05", "/results") == []
        assert in_bulk(office, "y01", "approvals", REACHED, note="同意") == 25
        refused(office.acts("y01", "Y03", "approval"), 403, "own_assessment")
        assert in_bulk(office, "y02", "approvals", APPROVED_BY_THE_DEPUTY, note="同意") == 3
        seen = office.listed("y05", "/results", cycle_id=office.cycle)
        assert len(seen) == 28
        # Grade and multiplier alone, but for oneself and the one report.
        others = [one for one in seen if one["employee"]["number"] not in ("Y05", "Y06")]
        assert {(one["score"], one["vetoed"]) for one in others} == {(None, None)}
    with clock.at(date(2026, 4, 23)):
        refused(_close(office), 409, "unfinished")
        assert in_bulk(office, "y03", "archivings", ALL_BUT_Y03) == 27
        assert in_bulk(office, "y04", "archivings", ["Y03"]) == 1
        assert done(_close(office))["status"] == "closed"


def _close(office: Office) -> Any:
    cycle = done(office["y03"].get(f"/cycles/{office.cycle}"))
    return office["y03"].post(f"/cycles/{office.cycle}/close", version=cycle["version"])


def pay_is_released(office: Office) -> None:
    """HR prepares and payroll releases; what was released is the same bytes whenever it is pulled."""
    with clock.at(date(2026, 4, 27)):
        assert done(office["y05"].get(f"/payroll/due/{office.cycle}"))["waiting"] == []
        release = _prepared(office)
        bases = [{"employee_no": number, "base": "10000", "currency": "CNY"} for number in REACHED]
        released, full = _released(office, release, bases)
        # S: Y05, Y14, Y19, Y28; B: Y06, Y12, Y17, Y21, Y27; C: Y25; D: Y24 vetoed, Y29; the other 16 have an A.
        # 4 × 1.5 + 16 × 1.2 + 5 × 1 + 1 × 0.5 + 2 × 0 = 6 + 19.2 + 5 + 0.5 = 30.7.
        grades = {"A": 16, "B": 5, "C": 1, "D": 2, "S": 4}
        counts = {"lines": 29, "rated": 28, "provisional": 0, "not_rated": 1, "corrections": 0, "bases": 28}
        assert released["totals"] == counts | {"grades": grades, "multipliers": "30.7", "deltas": "0"}
        assert full["totals"]["amounts"] == {"CNY": "307000"}
        lines = {line["employee_no"]: line for line in full["lines"]}
        assert (lines["Y22"]["grade"], lines["Y22"]["amount"]) == ("A", "12000")
        assert (lines["Y31"]["state"], lines["Y31"]["pay"], lines["Y31"]["amount"]) == ("not_rated", "base", None)


def _prepared(office: Office) -> dict[str, Any]:
    refused(office["y05"].post("/payroll/releases", {"cycle_id": office.cycle}), 403, "not_allowed")
    return done(office["y03"].post("/payroll/releases", {"cycle_id": office.cycle}))


def _released(office: Office, release: dict[str, Any], bases: list[dict[str, str]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The release as it stands once payroll has given the bases and let it go, and what payroll pulls."""
    path = f"/payroll/releases/{release['id']}"
    based = done(office["y05"].put(f"{path}/bases", {"bases": bases}, version=release["version"]))
    refused(office["y03"].post(f"{path}/release", version=based["version"]), 403, "not_allowed")
    released = done(office["y05"].post(f"{path}/release", version=based["version"]))
    pulled = [office[login].get(path) for login in ("y05", "y05", "y03", "y03")]
    assert pulled[0].data == pulled[1].data
    assert pulled[2].data == pulled[3].data
    assert "amount" not in pulled[2].json["lines"][0]
    assert office["y22"].get(path).status == 403
    return released, pulled[0].json


def the_next_quarter_begins(office: Office) -> None:
    """Agreements are copied from the quarter before. What served a goal of that quarter is to serve another one now."""
    with clock.at(date(2026, 4, 28)):
        draft = {"code": "2026-Q2", "name": "2026 年第二季度考核", "policy": "trading", "period": "2026-Q2", "pays": True}
        cycle = done(office["y03"].post("/cycles", draft))
        opened = done(office["y03"].post(f"/cycles/{cycle['id']}/open", version=cycle["version"]))
        copied = done(office["y03"].post("/agreements/copy", {"cycle_id": opened["id"]}))["people"]
        outcomes = {one["employee"]["number"]: one for one in copied}
        assert {number for number, one in outcomes.items() if one["outcome"] == "nothing_before"} == {"Y31"}
        assert {one["outcome"] for number, one in outcomes.items() if number != "Y31"} == {"copied"}
        assert "goal_link_missing" in {one["code"] for one in outcomes["Y22"]["findings"]}
        path = f"/agreements/{outcomes['Y22']['agreement_id']}"
        for login in ("y22", "y18"):
            read = done(office[login].get(path))
            signed = done(office[login].post(f"{path}/sign", {"content_hash": read["content_hash"]}, version=read["version"]))
        assert (signed["status"], [item["weight"] for item in signed["items"]]) == ("signed", ["60", "30", "10"])


def one_is_looked_at_again(office: Office) -> None:
    """复核: Y23's supervisor finds two customers left out after pay has gone. Granted by an approver, decided by HR, published,
    open to appeal and approved anew; all the while the paid result stands (D-19)."""
    with clock.at(date(2026, 5, 11)):
        asked = done(office.acts("y18", "Y23", "reopening", {"reason": "两家客户的合同归错了部门"}))
        assert asked["step"] == "archived"
        grant = {"granted": True, "reason": "合同属实, 同意复核"}
        refused(office.acts("y03", "Y23", "reopening/decision", grant), 403, "not_your_step")
        again = done(office.acts("y02", "Y23", "reopening/decision", grant))
        assert (again["step"], again["cycle"]["status"]) == ("publication", "open")
        _corrects(office, "Y23", "new_customers", "12", "两份合同改归本人")
        revised = done(office.acts("y04", "Y23", "reopening/revision", {"reason": "按 12 家计分"}))
        # 60 and 8.5 as before; 12 customers are the challenge: 100 × 30 % = 30; together 98.5.
        assert [(one["layer"], one["score"], one["grade"]) for one in revised["layers"]] == [
            ("computed", "92.5", "A"),
            ("reviewed", "98.5", "S"),
        ]
        [paid] = office.listed("y05", "/results", cycle_id=office.cycle, search="Y23")
        assert (paid["grade"], paid["multiplier"]) == ("A", "1.2")
    with clock.at(date(2026, 5, 12)):
        done(office.acts("y03", "Y23", "publication"))
        done(office.acts("y23", "Y23", "acknowledgement", {"agrees": True}))
    with clock.at(date(2026, 5, 19)):
        refused(office.acts("y03", "Y23", "appeals-closing"), 409, "appeals_open")
    with clock.at(date(2026, 5, 20)):
        done(office.acts("y03", "Y23", "appeals-closing"))
        done(office.acts("y01", "Y23", "approval", {"note": "同意"}))
        done(office.acts("y03", "Y23", "archive"))
        assert done(_close(office))["status"] == "closed"


def the_difference_is_released(office: Office) -> None:
    """The second release holds the one line that has changed, and what is still to be paid."""
    with clock.at(date(2026, 5, 21)):
        due = done(office["y05"].get(f"/payroll/due/{office.cycle}"))
        assert (due["due"], due["corrections"]) == (1, 1)
        bases = [{"employee_no": "Y23", "base": "10000", "currency": "CNY"}]
        released, full = _released(office, _prepared(office), bases)
        assert released["number"] == 2
        [line] = full["lines"]
        # 1.5 − 1.2 = 0.3, of 10 000: 3 000.
        assert (line["employee_no"], line["state"], line["grade"], line["delta"]) == ("Y23", "correction", "S", "0.3")
        assert (line["amount"], line["delta_amount"], full["totals"]["amounts"]) == ("15000", "3000", {"CNY": "3000"})
        assert (full["totals"]["multipliers"], full["totals"]["deltas"]) == ("0", "0.3")
        refused(office["y03"].post("/payroll/releases", {"cycle_id": office.cycle}), 409, "nothing_due")


def the_trail_holds_it_all(office: Office) -> None:
    """The auditor finds who did what, for whom, and what was refused; the chain is whole."""
    with clock.at(date(2026, 5, 22)):
        [entered] = office.listed("y07", "/audit", action="agreement.sign_on_paper")
        assert entered["payload"]["after"]["role"] == "employee"
        assert len(office.listed("y07", "/audit", action="payroll.release")) == 2
        assert office.listed("y07", "/audit", action="request.refused")
        assert office["y22"].get("/audit").status == 403
        with db.transaction(office.site.target, write=False) as session:
            assert audit.verify(session) is None
            standing = session.execute(select(InForce.appraisal_id, InForce.result_id)).all()
            last = select(Result.appraisal_id, func.max(Result.id)).join(Approval, col(Approval.result_id) == Result.id)
            assert len(standing) > 20
            assert sorted(standing) == sorted(session.execute(last.group_by(col(Result.appraisal_id))).all())
