"""What the source leaves blank keeps a cycle from opening until HR has ruled on it, row by row or many at once (R-003-43)."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from appraisal import clock, db
from appraisal.audit import AuditRecord
from appraisal.cycles import drafts, queries, rulings, service
from appraisal.cycles.blanks import Row, rows_of
from appraisal.cycles.models import CLOSED, RowRuling
from appraisal.cycles.preflight import preflight
from appraisal.cycles.rulings import Ruling
from appraisal.errors import AppraisalError, Conflict, Invalid, NotAllowed
from appraisal.measures import providers
from appraisal.people.models import Account
from appraisal.policies import queries as policies
from tests import factories as make
from tests.caller import Caller, a_service
from tests.cycles.coal import a_coal_cycle, a_holder, blocking, settle

DRIVER = ("driver-punctuality", "driver-vehicle_condition", "driver-service_attitude")
CHEF = ("chef-service_attitude", "chef-hygiene")


def told(session: Session, cycle: object) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in preflight(session, cycle).blocking:
        found.setdefault(finding.kind, []).append(finding.zh)
    return found


def refusal(kind: type[AppraisalError], call, *args, **more) -> AppraisalError:
    with pytest.raises(kind) as refused:
        call(*args, **more)
    return refused.value


# What blocks (R-003-43, D-07)


def test_the_drivers_three_rows_and_the_chefs_two_without_assessor_keep_the_quarter_from_opening(session: Session):
    a_holder(session, "driver", "司机")
    a_holder(session, "chef", "厨师")
    cycle = a_coal_cycle(session)
    found = told(session, cycle)
    assert found["goal_without_assessor"] == [
        "岗位 司机: 目标没有评定人: 出车及时性、车况、服务态度",
        "岗位 厨师: 目标没有评定人: 服务态度、卫生状况",
    ]
    assert found["blank_cadence"] == [
        "岗位 司机: 项目没有周期: 交通规范情况、出车及时性、车况、服务态度",
        "岗位 厨师: 项目没有周期: 就餐人员满意度、服务态度、卫生状况",
    ]
    assert refusal(Invalid, service.open_cycle, session, make.hr(session), cycle).code == "not_ready"


def test_sheets_that_nobody_is_appraised_by_are_in_nobodys_way(session: Session):
    a_holder(session, "chef", "厨师")
    assert all("司机" not in words for words in told(session, a_coal_cycle(session))["goal_without_assessor"])


def test_a_sheet_that_the_source_prints_whole_needs_no_ruling(session: Session):
    a_holder(session, "finance_department", "财务部")
    assert "goal_without_assessor" not in told(session, a_coal_cycle(session))


def test_a_figure_whose_source_is_blank_blocks_until_it_has_one(session: Session):
    files = dict(make.checked("coal_group").files)
    path = "weights/coal_group/general_office.yaml"
    before = "best_possible: 0\n                source: 公司统计表\n"
    assert files[path].count(before) == 1
    files[path] = files[path].replace(before, before.replace("公司统计表", "null"))
    a_holder(session, "driver", "司机")
    cycle = a_coal_cycle(session, files=files)
    assert told(session, cycle)["blank_source"] == ["岗位 司机: 项目没有数据来源: 交通规范情况"]
    settle(session, cycle)
    assert blocking(session, cycle) == ["blank_source"]
    rule(session, cycle, Ruling(("driver-traffic_rules",), source="交警记录"))
    assert blocking(session, cycle) == []


def test_a_goal_without_described_levels_blocks_and_no_ruling_helps(session: Session):
    files = dict(make.checked("coal_group").files)
    path = "weights/coal_group/general_office.yaml"
    at = files[path].index("id: chef-hygiene")
    rest = files[path][at:].replace("                levels: compliance\n", "", 1)
    files[path] = files[path][:at] + rest
    a_holder(session, "chef", "厨师")
    cycle = a_coal_cycle(session, files=files)
    settle(session, cycle)
    assert told(session, cycle) == {"goal_without_standard": ["岗位 厨师: 目标没有评分标准: 卫生状况"]}


# What is ruled


def rule(session: Session, cycle, *given: Ruling, reason: str = "原文缺字", **more: object) -> list[RowRuling]:
    return rulings.rule_rows(session, make.hr(session), cycle, given, reason=reason, **more)


def test_once_ruled_on_it_opens(session: Session):
    head = make.an_employee(session, "办公室主任")
    a_holder(session, "driver", "司机", under=head)
    a_holder(session, "chef", "厨师", under=head)
    cycle = a_coal_cycle(session)
    cadences = ("driver-traffic_rules", "chef-diner_satisfaction", *DRIVER, *CHEF)
    rule(session, cycle, Ruling(cadences, cadence="quarter"))
    assert blocking(session, cycle) == ["goal_without_assessor"] * 2
    rule(session, cycle, Ruling((*DRIVER, *CHEF), assessor="办公室主任", assessor_id=head.id))
    assert blocking(session, cycle) == []
    service.open_cycle(session, make.hr(session), cycle)
    settled = queries.rulings_of(session, cycle)["chef-hygiene"]
    assert (settled.cadence, settled.assessor, settled.assessor_id) == ("quarter", "办公室主任", head.id)


def test_the_latest_ruling_counts_and_the_earlier_ones_stay_on_record(session: Session):
    a_holder(session, "chef", "厨师")
    cycle = a_coal_cycle(session)
    first = cycle.version
    rule(session, cycle, Ruling(("chef-hygiene",), cadence="month"), version=first)
    assert refusal(AppraisalError, rule, session, cycle, Ruling(("chef-hygiene",), cadence="year"), version=first).code
    rule(session, cycle, Ruling(("chef-hygiene",), cadence="quarter"), reason="更正")
    assert queries.rulings_of(session, cycle)["chef-hygiene"].cadence == "quarter"
    assert len(session.exec(select(RowRuling).where(RowRuling.cycle_id == cycle.id)).all()) == 2


def test_a_person_without_an_office_goes_by_their_name(session: Session):
    a_holder(session, "chef", "厨师")
    head = make.an_employee(session, "钱主任")
    cycle = a_coal_cycle(session)
    rule(session, cycle, Ruling(CHEF, assessor_id=head.id))
    assert queries.rulings_of(session, cycle)["chef-hygiene"].assessor == "钱主任"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Ruling(("nobody-knows",), cadence="quarter"), "nobody-knows is a row of no sheet"),
        (Ruling(("chef-hygiene",), cadence="weekly"), "a cadence is one of: "),
        (Ruling(("chef-hygiene",), source="满意度调查表"), "chef-hygiene is a gs and has no source"),
        (Ruling(("chef-diner_satisfaction",), assessor="办公室主任"), "chef-diner_satisfaction is a kpi and has no assessor"),
        (Ruling(("chef-hygiene",)), "nothing is ruled on"),
        (Ruling(("chef-hygiene",), assessor_id=2**31 - 1), "nobody with this id works here"),
    ],
)
def test_what_is_not_blank_or_does_not_fit_is_not_ruled_on(session: Session, given: Ruling, words: str):
    a_holder(session, "chef", "厨师")
    cycle = a_coal_cycle(session)
    refused = refusal(Invalid, rule, session, cycle, Ruling(("chef-hygiene",), cadence="quarter"), given)
    assert refused.code == "bad_rulings" and words in refused.message.en
    assert queries.rulings_of(session, cycle) == {}


def test_what_the_source_prints_for_sure_is_the_policys_to_correct(session: Session):
    policy_rows = [one for one in _rows(session, "finance_department") if one.printed["cadence"] and not one.item.uncertain]
    cycle = a_coal_cycle(session)
    refused = refusal(Invalid, rule, session, cycle, Ruling((policy_rows[0].item.id,), cadence="month"))
    assert "has a cadence in the source" in refused.message.en


def _rows(session: Session, post: str) -> list[Row]:
    stored = make.a_published_policy(session, name="coal_group")
    return list(rows_of(policies.compiled(session, stored.digest), post))


def test_only_hr_rules_and_never_on_a_cycle_that_has_ended(session: Session):
    a_holder(session, "chef", "厨师")
    cycle = a_coal_cycle(session)
    given = [Ruling(("chef-hygiene",), cadence="quarter")]
    approver = make.an_actor(session, "approver")
    assert refusal(NotAllowed, rulings.rule_rows, session, approver, cycle, given, reason="补定").code == "not_allowed"
    settle(session, cycle)
    service.open_cycle(session, make.hr(session), cycle)
    rule(session, cycle, *given)
    cycle.status = CLOSED
    session.flush()
    assert refusal(Conflict, rule, session, cycle, *given).code == "cycle_not_open"


def test_a_draft_goes_with_what_was_ruled_for_it(session: Session):
    a_holder(session, "chef", "厨师")
    cycle = a_coal_cycle(session)
    settle(session, cycle)
    drafts.drop_draft(session, make.hr(session), cycle)
    assert session.exec(select(RowRuling)).all() == []


def test_figures_are_asked_of_whoever_provides_the_ruled_source(session: Session):
    files = dict(make.checked("coal_group").files)
    path = "weights/coal_group/general_office.yaml"
    files[path] = files[path].replace(
        "best_possible: 0\n                source: 公司统计表\n", "best_possible: 0\n                source: null\n"
    )
    a_holder(session, "driver", "司机")
    cycle = a_coal_cycle(session, files=files)
    account = make.an_account(session, "data_provider")
    given = {"kind": "source", "name": "交警记录", "account_id": account.id}
    with pytest.raises(Invalid) as refused:
        providers.assign_provider(session, make.hr(session), **given)
    assert refused.value.code == "unknown_source"
    rule(session, cycle, Ruling(("driver-traffic_rules",), source="交警记录"))
    providers.assign_provider(session, make.hr(session), **given)
    settle(session, cycle)
    service.open_cycle(session, make.hr(session), cycle)
    policy, known = queries.policy_of(session, cycle), providers.assignments(session, cycle)
    assert [one.row.account_id for one in known.of(policy, "driver-traffic_rules")] == [account.id]
    assert providers.withheld_from(session, make.an_actor(session, "data_provider"), policy, known) == {"driver-traffic_rules"}


# Taken over


def test_the_next_quarter_takes_over_what_was_ruled_before_but_not_who_has_left(session: Session):
    a_holder(session, "driver", "司机")
    leaver = make.an_employee(session, "钱主任", left_on=date(2026, 4, 30))
    with clock.at(date(2026, 1, 5)):
        first = a_coal_cycle(session)
        settle(session, first, assessor=leaver)
        service.open_cycle(session, make.hr(session), first)
    second = a_coal_cycle(session, period="2026-Q2")
    with clock.at(date(2026, 4, 6)):
        made = rulings.copy_rulings(session, make.hr(session), second)
        assert (len(made), blocking(session, second)) == (7, [])
        assert all(one.copied_from_id and one.reason == "原文缺字, 会议确定" for one in made)
        assert rulings.copy_rulings(session, make.hr(session), second) == []
    third = a_coal_cycle(session, period="2026-Q3")
    with clock.at(date(2026, 7, 6)):
        rulings.copy_rulings(session, make.hr(session), third, first.id)
        assert blocking(session, third) == ["goal_without_assessor"]


def test_without_an_earlier_cycle_nothing_is_taken_over(session: Session):
    a_holder(session, "driver", "司机")
    cycle = a_coal_cycle(session)
    assert refusal(Invalid, rulings.copy_rulings, session, make.hr(session), cycle).code == "no_earlier_rulings"


# Over HTTP


def test_the_way_over_http_ends_with_an_open_cycle(engine: Engine, tmp_path: Path):
    with db.transaction(engine, write=True) as session:
        head = make.an_employee(session, "办公室主任")
        a_holder(session, "chef", "厨师", under=head)
        cycle = a_coal_cycle(session)
        ids, hr = (cycle.id, head.id), session.get_one(Account, make.hr(session).account_id)
    site = a_service(engine.url.render_as_string(hide_password=False), tmp_path)
    caller = Caller(site, hr)
    at = f"/cycles/{ids[0]}"
    seen = caller.get(f"{at}/rulings").json
    assert [(row["item"], row["blank"]) for row in seen["rows"]] == [
        ("chef-diner_satisfaction", ["cadence"]),
        ("chef-service_attitude", ["assessor", "cadence"]),
        ("chef-hygiene", ["assessor", "cadence"]),
    ]
    assert seen["rows"][2]["printed"] == {"cadence": None, "source": None, "assessor": None}
    assert "raw" in seen["rows"][2] and "G-54" in seen["rows"][2]["uncertain"]
    items = [row["item"] for row in seen["rows"]]
    body = {
        "reason": "经办公会确定",
        "rulings": [
            {"items": items, "cadence": "quarter"},
            {"items": items[1:], "assessor": "办公室主任", "assessor_id": ids[1]},
        ],
    }
    after = caller.put(f"{at}/rulings", body, version=seen["version"])
    assert (after.status, after.json["blank"], len(after.json["rows"])) == (200, 0, 3)
    assert caller.put(f"{at}/rulings", body, version=seen["version"]).status == 412
    assert caller.post(f"{at}/open", version=after.json["version"]).json["status"] == "open"
    with db.transaction(engine, write=False) as session:
        [record] = session.exec(select(AuditRecord).where(AuditRecord.action == "cycle.rule")).all()
        assert "经办公会确定" in record.payload and "chef-hygiene.assessor" in record.payload
