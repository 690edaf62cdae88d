"""Choosing from a sheet as a client sees it: what is offered, what a try says, and weights that need approval."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from appraisal import clock, db
from appraisal.people.models import Account
from tests import factories as make
from tests.agreements.coal import EIGHT, KPI, PROMOTION, a_coal_quarter, rows_of
from tests.caller import Answer, Caller, a_service

TODAY = date(2026, 1, 12)
KPI_IN_PRINT = [row for row in rows_of("marketing_centre") if row in KPI]


@dataclass
class Company:
    """The head of the marketing centre, who is above, an approver, HR and somebody else."""

    engine: Engine
    cycle_id: int
    sheet_id: int
    own: Caller
    boss: Caller
    approver: Caller
    hr: Caller
    other: Caller

    def tried(self, weights: dict[str, str | None], who: Caller | None = None) -> Answer:
        items = [{"id": row, "weight": weight} for row, weight in weights.items()]
        return (who or self.own).post(f"/sheets/{self.sheet_id}/selection", {"items": items})

    def drafted(self, weights: dict[str, str]) -> Answer:
        draft = self.boss.post("/agreements", {"sheet_id": self.sheet_id})
        assert draft.status == 201, draft.json
        goals = {"kind": "gs"}
        items = [
            {"id": row, "weight": weight} | (goals if row == PROMOTION else {"kind": "kpi", "target": "100"})
            for row, weight in weights.items()
        ]
        put = self.boss.put(f"/agreements/{draft.json['id']}", {"items": items}, version=draft.version)
        assert put.status == 200, put.json
        return put


@pytest.fixture
def company(engine: Engine, tmp_path: Path) -> Iterator[Company]:
    with clock.at(TODAY), db.transaction(engine, write=True) as session:
        quarter = a_coal_quarter(session, "marketing_centre")
        other = make.an_employee(session, "外人")
        accounts = [session.get_one(Account, one.account_id) for one in (quarter.own, quarter.supervisor, quarter.approver)]
        accounts += [make.an_account(session, "hr"), make.an_account(session, "employee", employee=other)]
        cycle_id, sheet_id = quarter.cycle.id, quarter.sheet.id
    with clock.at(TODAY):
        site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
        yield Company(engine, cycle_id, sheet_id, *(Caller(site, account) for account in accounts))


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def test_the_chooser_offers_twelve_and_two_of_which_nine_and_one_fit_and_eight_in_all(company: Company) -> None:
    offered = company.own.get(f"/sheets/{company.sheet_id}/choices").json
    assert (offered["most"], offered["keeps_printed"]) == (8, True)
    groups = [(one["kind"], one["printed"], len(one["rows"]), one["least"], one["most"]) for one in offered["groups"]]
    assert groups == [("kpi", "90", 12, 1, 9), ("gs", "10", 2, 1, 1)]
    first, goal = offered["groups"][0]["rows"][0], offered["groups"][1]["rows"][0]
    assert (first["id"], first["name"]["zh"], first["cadence"]) == (KPI[0], "销售计划完成率(产品)", "quarter")
    assert (first["curve"], first["sources"], first["printed"]) == ("higher", ["销售统计数据"], "90")
    assert goal["assessor"] and goal["levels"][0]["text"]["en"]


def test_a_try_without_weights_is_an_even_split_and_says_that_it_is_a_preview(company: Company) -> None:
    found = company.tried(dict.fromkeys([*KPI, PROMOTION])).json
    assert (found["preview"], found["feasible"], found["needs_approval"], found["nearest"]) == (True, True, False, [])
    assert [one["weight"] for one in found["items"]] == ["13"] * 6 + ["12", "10"]
    assert all(one["preview"] for one in found["items"])
    agreed = company.tried(EIGHT).json
    assert (agreed["preview"], [one["preview"] for one in agreed["items"]]) == (False, [False] * 8)


def test_a_try_that_does_not_fit_gets_the_nearest_that_do(company: Company) -> None:
    found = company.tried(dict.fromkeys(KPI)).json
    assert (found["can_stand"], [one["code"] for one in found["findings"]]) == (False, ["group_empty"])
    assert len(found["nearest"]) == 3 and all(one["feasible"] and one["preview"] for one in found["nearest"])
    assert [one["id"] for one in found["nearest"][0]["items"]] == [*KPI_IN_PRINT, PROMOTION]
    unknown = company.tried({"nowhere": "100"}).json
    assert ("not_of_the_post", "nowhere") in [(one["code"], one["item"]) for one in unknown["findings"]]


def test_nothing_is_stored_and_only_who_may_read_the_agreement_may_try(company: Company) -> None:
    assert company.tried(EIGHT, company.hr).status == 200
    assert company.own.get("/agreements", cycle_id=company.cycle_id).json["total"] == 0
    assert refused(company.tried(EIGHT, company.other)) == (404, "not_found")
    assert refused(company.other.get(f"/sheets/{company.sheet_id}/choices")) == (404, "not_found")


def test_an_agreement_shows_the_printed_weight_beside_the_agreed_one_and_what_nobody_typed(company: Company) -> None:
    shown = company.drafted(EIGHT).json
    assert [(one["printed"], one["agreed"]) for one in shown["weights"]["groups"]] == [("90", "90"), ("10", "10")]
    assert shown["weights"]["approval"] == "not_needed"
    goal = shown["items"][-1]
    assert (goal["weight"], goal["printed"], goal["group"]) == ("10", "10", 2)
    assert "95 分起" in goal["standard"] and goal["assessor"] and len(goal["levels"]) == 5
    kpi = shown["items"][0]
    assert (kpi["printed"], kpi["curve"], kpi["sources"]) == ("90", "higher", ["销售统计数据"])


def test_weights_allotted_anew_go_through_an_approval(company: Company) -> None:
    draft = company.drafted(EIGHT | {KPI[0]: "11", PROMOTION: "12"})
    path, seen = f"/agreements/{draft.json['id']}", {"content_hash": draft.json["content_hash"]}
    assert draft.json["weights"]["approval"] == "needed"
    assert [one["severity"] for one in draft.json["findings"]][0] == "approval"
    assert refused(company.own.post(f"{path}/sign", seen, version=draft.version)) == (409, "weights_not_approved")
    asked = company.boss.post(f"{path}/weight-approvals", seen | {"reason": "推广是今年的重点"})
    assert (asked.status, asked.json["status"]) == (201, "asked")
    word = f"/weight-approvals/{asked.json['id']}"
    assert refused(company.boss.post(f"{word}/decision", seen | {"approve": True}, version=asked.version)) == (
        403,
        "not_allowed",
    )
    listed = company.approver.get("/weight-approvals", cycle_id=company.cycle_id, status="asked").json
    assert [one["id"] for one in listed["items"]] == [asked.json["id"]]
    assert "approve_weights" in [one["kind"] for one in company.approver.get("/tasks").json["items"]]
    done = company.approver.post(f"{word}/decision", seen | {"approve": True}, version=asked.version)
    assert (done.status, done.json["status"]) == (200, "approved")
    again = company.own.get(path)
    assert (again.json["weights"]["approval"], again.json["weights"]["approval_id"]) == ("approved", asked.json["id"])
    assert company.own.post(f"{path}/sign", seen, version=again.version).status == 200


def test_the_chooser_asks_the_database_as_often_for_many_rows_as_for_one(company: Company) -> None:
    def count(weights: dict[str, str | None]) -> int:
        asked = 0

        def note(*_: object) -> None:
            nonlocal asked
            asked += 1

        event.listen(company.engine, "before_cursor_execute", note)
        try:
            assert company.tried(weights).status == 200
        finally:
            event.remove(company.engine, "before_cursor_execute", note)
        return asked

    count({KPI[0]: None})
    assert count({KPI[0]: None}) == count(dict.fromkeys([*KPI, PROMOTION]))
