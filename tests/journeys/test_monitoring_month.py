"""A month of watched indicators, all over HTTP: brought as a table, confirmed by another, evaluated, answered for, verified,
closed, reported, talked about. Each chapter goes on where the one before has ended; what is done twice is done once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from appraisal import clock, db
from appraisal.actor import Actor
from appraisal.people.models import Account
from tests import factories
from tests.caller import Caller, a_service
from tests.journeys.office import done, refused

EARLY_APRIL = date(2026, 4, 2)
MONTHS = {
    "2026-01": ("990", "5"),
    "2026-02": ("992", "5"),
    "2026-03": ("820", "30"),
}
"""Lots passed of a thousand on arrival, and complaints of a thousand shipments: in March both are far off."""
TABLE = "制度,指标,期间,部门,数值,原始数据,来源单据\n" + "".join(
    f"kpi_sop,IQC 合格率,{month},{{unit}},,IQC合格批数={passed}; IQC检验批数=1000,QR-{month}\n"
    f"kpi_sop,客诉率,{month},{{unit}},,客诉件数={complaints}; 发货批数=1000,NCR-{month}\n"
    f"kpi_sop,月营收,{month},{{unit}},9000000,,利润表-{month}\n"
    for month, (passed, complaints) in MONTHS.items()
)


@dataclass
class Plant:
    """Who is there, and what they have written down."""

    desks: dict[str, Caller]
    unit: int
    code: str
    employees: dict[str, int]
    exceptions: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, who: str) -> Caller:
        return self.desks[who]

    def evaluate(self, period: str) -> dict[str, Any]:
        """The KPI manager evaluates the plant; what came of it."""
        body = {"period": period, "policy": "kpi_sop", "unit_id": self.unit}
        (one,) = done(self["manager"].post("/kpi/evaluations", body))["evaluations"]
        return one

    def report(self) -> dict[str, Any]:
        """The report on March, as the KPI manager makes it."""
        body = {"kind": "monthly", "policy": "kpi_sop", "unit_id": self.unit, "period": "2026-03"}
        return done(self["manager"].post("/kpi/reports", body))

    def sheet(self, indicator: str, who: str = "manager") -> dict[str, Any]:
        """An exception as somebody sees it."""
        return done(self[who].get(f"/kpi/exceptions/{self.exceptions[indicator]}"))

    def act(self, who: str, indicator: str, act: str, **body: Any) -> Any:
        """An act on an exception, on the version that whoever acts has just seen."""
        path = f"/kpi/exceptions/{self.exceptions[indicator]}"
        return self[who].post(f"{path}/{act}", body, version=self.sheet(indicator, who)["version"])


@pytest.fixture
def plant(engine: Engine, tmp_path: Path) -> Iterator[Plant]:
    """A plant with two who handle data, a KPI manager, a head, and the people who answer for quality and for everything."""
    with clock.at(EARLY_APRIL):
        with db.transaction(engine, write=True) as session:
            factories.a_published_policy(session, name="kpi_sop")
            unit = factories.a_unit(session, "示例厂")
            head = factories.a_unit_head(session, unit)
            quality, top = factories.an_employee(session, "罗品质"), factories.an_employee(session, "柯总")
            actors: dict[str, Actor] = {
                "data": factories.an_actor(session, "data_provider"),
                "checker": factories.an_actor(session, "data_provider"),
                "manager": factories.an_actor(session, "kpi_manager"),
                "head": factories.an_actor(session, "employee", employee=head),
                "quality": factories.an_actor(session, "employee", employee=quality),
                "top": factories.an_actor(session, "employee", employee=top),
            }
            accounts = {who: session.get_one(Account, actor.account_id) for who, actor in actors.items()}
            unit_id, code = unit.id, unit.code
            employees = {"quality": quality.id, "top": top.id}
        site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
        yield Plant({who: Caller(site, account) for who, account in accounts.items()}, unit_id, code, employees)


def roles_are_held(plant: Plant) -> None:
    for role, who in (("品质负责人", "quality"), ("最高管理者", "top")):
        said = {"policy": "kpi_sop", "role": role, "employee_id": plant.employees[who], "from_on": "2026-01-01"}
        done(plant["manager"].post("/kpi/role-holders", said))


def readings_come_as_a_table_and_another_confirms_them(plant: Plant) -> None:
    table = TABLE.format(unit=plant.code).encode()
    brought = done(plant["data"].upload("/kpi/readings/import", "export.csv", table))
    assert (brought["recorded"], brought["faulty"]) == (9, 0)
    assert done(plant["data"].upload("/kpi/readings/import", "export.csv", table))["recorded"] == 0
    own = plant["data"].post("/kpi/readings/confirmations", {"file_id": brought["file_id"]})
    refused(own, 422, "cannot_confirm")
    assert done(plant["checker"].post("/kpi/readings/confirmations", {"file_id": brought["file_id"]}))["confirmed"] == 9


def quiet_months_set_off_nothing(plant: Plant) -> None:
    for month in ("2026-01", "2026-02"):
        one = plant.evaluate(month)
        assert (one["alerts"], one["exceptions_open"]) == ([], [])


def march_alerts_and_opens_what_the_policy_says(plant: Plant) -> None:
    one = plant.evaluate("2026-03")
    found = {(alert["indicator"], alert["kind"]): alert for alert in one["alerts"]}
    assert found["iqc_pass_rate", "level"]["level"] == "abnormal"
    assert found["complaint_rate", "level"]["level"] == "severe"
    related = found["iqc_pass_rate", "related"]
    assert (related["other"], "供应商批号" in related["lines"][0]["zh"]) == ("complaint_rate", True)
    assert one["exceptions_opened"] == ["QEF-29-02-2026-0001", "QEF-29-02-2026-0002"]
    rows = done(plant["manager"].get("/kpi/exceptions"))["items"]
    assert {row["indicator"]: (row["record"], row["owner"]["name"], row["due_on"]) for row in rows} == {
        "complaint_rate": ("urgent_improvement", "柯总", "2026-04-09"),
        "iqc_pass_rate": ("capa", "罗品质", "2026-07-01"),
    }
    plant.exceptions = {row["indicator"]: row["id"] for row in rows}
    told = done(plant["top"].get("/notifications"))["items"]
    assert any("客诉率 2026-03 达到等级「严重」" in one["message"]["zh"] for one in told), told


def evaluated_again_nothing_is_new(plant: Plant) -> None:
    before = done(plant["top"].get("/notifications"))["total"]
    one = plant.evaluate("2026-03")
    assert (one["is_new"], one["alerts_opened"], one["exceptions_opened"], one["notified"]) == (False, 0, [], 0)
    assert done(plant["top"].get("/notifications"))["total"] == before
    shown = done(plant["manager"].get("/kpi/dashboard", policy="kpi_sop", unit_id=plant.unit))
    assert (shown["period"], shown["open_exceptions"]) == ("2026-03", 2)


def the_owner_finds_the_cause_and_acts(plant: Plant) -> None:
    (waiting,) = done(plant["quality"].get("/tasks"))["items"]
    assert (waiting["kind"], waiting["about_id"]) == ("work_on_exception", plant.exceptions["iqc_pass_rate"])
    proof = done(plant["quality"].upload("/files", "lots.csv", "批号,结果\n0312,不合格\n".encode()))["id"]
    done(plant.act("quality", "iqc_pass_rate", "analysis", cause="供应商批号 0312 混料", file_ids=[proof]))
    refused(plant.act("quality", "iqc_pass_rate", "completion", report="已换货"), 409, "wrong_state")
    done(plant.act("quality", "iqc_pass_rate", "action", action="退货并加严抽样", action_due_on="2026-04-20"))
    done(plant.act("quality", "iqc_pass_rate", "completion", report="已退货"))
    hidden = plant["top"].get(f"/kpi/exceptions/{plant.exceptions['iqc_pass_rate']}")
    assert hidden.status == 404


def somebody_else_verifies_and_the_manager_closes(plant: Plant) -> None:
    said = {"effective": True, "verification": "四月首批合格"}
    refused(plant.act("quality", "iqc_pass_rate", "verification", **said), 403, "not_allowed")
    refused(plant.act("manager", "iqc_pass_rate", "closing", closing="有效"), 409, "wrong_state")
    done(plant.act("head", "iqc_pass_rate", "verification", **said))
    closed = done(plant.act("manager", "iqc_pass_rate", "closing", closing="有效"))
    assert (closed["state"], closed["verified_by"]) == ("closed", "部门负责人")
    assert plant.evaluate("2026-03")["exceptions_open"] == ["QEF-29-02-2026-0002"]


def a_correction_takes_back_what_nobody_has_touched(plant: Plant) -> None:
    found = done(plant["data"].get("/kpi/readings", indicator="complaint_rate", from_on="2026-03-01"))["items"]
    inputs = {"客诉件数": "5", "发货批数": "1000"}
    said = {"inputs": inputs, "source_document": "NCR-2026-03", "reason": "重复登记"}
    later = done(plant["data"].post(f"/kpi/readings/{found[0]['id']}/corrections", said))
    assert plant.evaluate("2026-03")["is_new"] is False  # it counts once somebody else has confirmed it
    done(plant["checker"].post(f"/kpi/readings/{later['id']}/confirm"))
    one = plant.evaluate("2026-03")
    assert (one["exceptions_void"], one["exceptions_open"]) == (["QEF-29-02-2026-0002"], [])
    withdrawn = done(plant["manager"].get("/kpi/alerts", state="withdrawn"))["items"]
    assert {(alert["indicator"], alert["kind"]) for alert in withdrawn} >= {("complaint_rate", "level")}
    assert plant.sheet("complaint_rate")["state"] == "void"


def the_monthly_report_lists_the_exception_and_its_closing(plant: Plant) -> None:
    report = plant.report()
    content = report["content"]
    assert (report["number"], report["status"]) == (f"QEF-29-01-2026-03-{plant.code}", "draft")
    (closed,) = content["exceptions"]["closed"]
    assert (closed["number"], closed["state"], closed["closing"]) == ("QEF-29-02-2026-0001", "closed", "有效")
    assert (closed["action"], closed["ended_on"]) == ("退货并加严抽样", "2026-04-02")
    assert [one["kind"] for one in closed["progress"]][-2:] == ["verified", "closed"]
    assert [one["number"] for one in content["exceptions"]["open"]] == ["QEF-29-02-2026-0002"]
    assert {(one["indicator"], one["level"]) for one in content["alerts"] if one["kind"] == "level"} == {
        ("iqc_pass_rate", "abnormal"),
        ("complaint_rate", "severe"),
    }
    assert plant.report()["id"] == report["id"]


def the_meeting_on_the_month_has_the_report_before_it_and_gives_somebody_something_to_do(plant: Plant) -> None:
    about = {"policy": "kpi_sop", "kind": "quality_meeting", "unit_id": plant.unit, "about": "2026-02"}
    meeting = done(plant["manager"].post("/kpi/meetings", about))
    assert (meeting["due_on"], meeting["chair"]["name"]) == ("2026-03-02", "罗品质")
    path, minutes = (
        f"/kpi/meetings/{meeting['id']}",
        {"held_on": "2026-04-02", "minutes": "补开", "report_ids": [plant.report()["id"]]},
    )
    done(plant["quality"].put(f"{path}/minutes", minutes, version=meeting["version"]))
    todo = {"text": "走访供应商", "owner_id": plant.employees["top"], "due_on": "2026-04-20"}
    done(plant["quality"].post(f"{path}/decisions", {"text": "重新审核供应商", "actions": [todo]}))
    (task,) = [one for one in done(plant["top"].get("/tasks"))["items"] if one["kind"] == "do_kpi_action"]
    action = done(plant["top"].get(f"/kpi/actions/{task['about_id']}"))
    ended = plant["top"].post(f"/kpi/actions/{action['id']}/end", {"status": "done"}, version=action["version"])
    assert done(ended)["status"] == "done"


def the_report_is_stale_and_its_next_version_becomes_final(plant: Plant) -> None:
    (before,) = done(plant["head"].get("/kpi/reports"))["items"]
    assert before["stale"]
    refused(plant["manager"].post(f"/kpi/reports/{before['id']}/approval", {"reason": "其余未采集"}), 409, "stale")
    report = plant.report()
    assert (report["number"], report["supersedes_id"]) == (f"{before['number']}-2", before["id"])
    rows = {row["indicator"]: row for one in report["content"]["classes"] for row in one["rows"]}
    assert (rows["complaint_rate"]["value"], rows["complaint_rate"]["corrected"]) == ("0.5", True)
    assert [one["state"] for one in report["content"]["exceptions"]["closed"]] == ["closed", "void"]
    refused(plant["manager"].post(f"/kpi/reports/{report['id']}/approval", {}), 409, "incomplete")
    final = done(plant["manager"].post(f"/kpi/reports/{report['id']}/approval", {"reason": "其余未采集"}))
    assert final["status"] == "final"


CHAPTERS: tuple[Callable[[Plant], None], ...] = (
    roles_are_held,
    readings_come_as_a_table_and_another_confirms_them,
    quiet_months_set_off_nothing,
    march_alerts_and_opens_what_the_policy_says,
    evaluated_again_nothing_is_new,
    the_owner_finds_the_cause_and_acts,
    somebody_else_verifies_and_the_manager_closes,
    the_monthly_report_lists_the_exception_and_its_closing,
    the_meeting_on_the_month_has_the_report_before_it_and_gives_somebody_something_to_do,
    a_correction_takes_back_what_nobody_has_touched,
    the_report_is_stale_and_its_next_version_becomes_final,
)


def test_a_month_goes_from_its_readings_to_exceptions_that_are_closed(plant: Plant):
    for chapter in CHAPTERS:
        chapter(plant)
