"""Pages of results of many: the table of all, lists by outcome, appeals, approvals, what HR does for
many at once, earlier grades. Who may, what they say, and what of a form comes back when it is refused.

Each site is made once, and its tests lead it on in the order in which they stand.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal as D
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from appraisal import clock, db, uploads, worker
from appraisal.cycles.models import Appraisal
from appraisal.people import auth
from appraisal.people.models import Account
from appraisal.results import appeals, publishing, reopening
from appraisal.results import service as results
from appraisal.results.models import Approval, PastGradeImport
from appraisal.results.views import queues
from tests import factories
from tests.agreements.samples import AFTER_APPEALS, FIGURES, REVIEW_DAY, a_quarter, record, review, sign
from tests.results.browsing import Place, chosen, hidden, login_of, visible
from tests.site import a_site

# A cycle on its way: three are published with appeals closed, one is published, one computed


@pytest.fixture(scope="module")
def running(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    site = a_site(module_database_url, tmp_path_factory.mktemp("var"))
    with clock.at(REVIEW_DAY), db.transaction(site.target, write=True) as session:
        head = factories.an_employee(session, "李主管")
        unit = factories.a_unit(session, "销售部")
        people = [
            factories.an_employee(session, name, post=factories.a_post(session, unit=unit), supervisor=head)
            for name in ("周戊", "郑庚", "冯壬", "陈癸", "沈卯")
        ]
        cycle = factories.an_open_cycle(session)
        quarters = [a_quarter(session, one, cycle=cycle) for one in people]
        for place, quarter in enumerate(quarters):
            sign(quarter)
            record(quarter, FIGURES)
            review(quarter, (quarter.sheet, "plan", str(85 - 20 * place if place < 3 else 85)))
            results.compute_result(session, quarter.hr, quarter.appraisal.id)
            if place < 4:
                publishing.publish_result(session, quarter.hr, quarter.appraisal.id)
        with clock.at(AFTER_APPEALS):
            for quarter in quarters[:3]:
                publishing.close_appeals(session, quarter.hr, quarter.appraisal.id)
        first = quarters[0]
        logins = {
            "hr": login_of(session, first.hr.account_id),
            "approver": login_of(session, first.approver.account_id),
            "payroll": login_of(session, first.payroll.account_id),
            "own": login_of(session, first.own.account_id),
            "auditor": factories.an_account(session, "auditor").login,
            "data": factories.an_account(session, "data_provider").login,
        }
        ids = {one.employee.name: one.appraisal.id for one in quarters} | {"cycle": cycle.id}
        numbers = {f"number of {one.employee.name}": one.employee.number for one in quarters}
    return Place(site, ids, logins | numbers)


@pytest.fixture
def on_the_way(running: Place) -> Iterator[Place]:
    with clock.at(AFTER_APPEALS):
        yield running


def test_all_results_are_sorted_filtered_and_counted(on_the_way: Place) -> None:
    text = visible(on_the_way.read("hr", "/hr/results?sort=-score"))
    assert text.index("周戊") < text.index("郑庚") < text.index("冯壬")
    low = visible(on_the_way.read("hr", "/hr/results?sort=score"))
    assert low.index("冯壬") < low.index("郑庚") < low.index("周戊")
    one = visible(on_the_way.read("hr", "/hr/results?search=冯壬"))
    assert "冯壬" in one and "周戊" not in one and "共 1 条" in one
    assert "没有符合条件的人" in on_the_way.read("hr", "/hr/results?grade=S&search=冯壬")
    assert "All results" in on_the_way.read("hr", "/hr/results", "en-GB,en")


def test_the_order_of_scores_is_for_nobody_who_is_told_grades_alone(on_the_way: Place) -> None:
    text = visible(on_the_way.read("payroll", "/hr/results?sort=-score"))
    assert text.index("周戊") < text.index("郑庚") < text.index("冯壬") and "86.5" not in text
    assert visible(on_the_way.read("payroll", "/hr/results?sort=score")).index("周戊") < text.index("冯壬")


@pytest.mark.parametrize("path", ["/hr/results", "/hr/results/lists", "/hr/appeals", "/hr/calibration", "/hr/unit-results"])
def test_pages_of_everybodys_results_are_for_who_handles_them(on_the_way: Place, path: str) -> None:
    for who, status in (("own", 403), ("data", 403), ("hr", 200), ("approver", 200), ("auditor", 200)):
        assert on_the_way.browser(who).get(path).status_code == status, who


@pytest.mark.parametrize("path", ["/hr/steps/publication", "/hr/past-grades/import"])
def test_what_hr_does_is_for_hr(on_the_way: Place, path: str) -> None:
    for who, status in (("own", 403), ("approver", 403), ("auditor", 403), ("payroll", 403), ("hr", 200)):
        assert on_the_way.browser(who).get(path).status_code == status, who


def test_a_page_of_many_asks_the_database_no_more_often_than_one_of_few(on_the_way: Place) -> None:
    def asked(path: str) -> int:
        client, count = on_the_way.browser("hr"), 0

        def note(*_: object) -> None:
            nonlocal count
            count += 1

        client.get(path)
        event.listen(on_the_way.site.target, "before_cursor_execute", note)
        try:
            assert client.get(path).status_code == 200
        finally:
            event.remove(on_the_way.site.target, "before_cursor_execute", note)
        return count

    assert asked("/hr/results") <= asked("/hr/results?limit=2") + 1


def test_who_has_no_approval_to_give_sees_an_empty_list(on_the_way: Place) -> None:
    for who in ("hr", "own", "auditor"):
        assert "没有等您批准的结果" in on_the_way.read(who, "/approvals") and chosen(on_the_way.read(who, "/approvals")) == {}
    assert on_the_way.browser("data").get("/approvals").status_code == 403


def test_who_waits_is_shown_a_page_at_a_time(on_the_way: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "ON_A_PAGE", 2)
    first = on_the_way.read("approver", "/approvals")
    assert len(chosen(first)) == 2 and "共 3 条, 本页 2 条" in visible(first) and "只及于本页" in first
    rest = on_the_way.read("approver", "/approvals?cursor=2")
    assert len(chosen(first) | chosen(rest)) == 3 and "下一页" not in rest and "回到第一页" in rest
    assert on_the_way.browser("approver").get("/approvals?cursor=-1").status_code == 422


def test_the_rail_tells_my_result_from_those_of_others(on_the_way: Place) -> None:
    own = on_the_way.read("own", "/results")
    (address,) = set(re.findall(r"/results/\d+(?=\")", own))
    for who, lit in (("own", "我的结果"), ("hr", "全部结果")):
        rail = on_the_way.read(who, address).partition('<nav class="rail"')[2].partition("</nav>")[0]
        assert re.findall(r'aria-current="page">.*?</svg>([^<]+)<', rail) == [lit]


def test_where_the_workflow_has_no_calibration_the_page_says_so(on_the_way: Place) -> None:
    assert "没有校准步骤" in on_the_way.read("hr", "/hr/calibration")


def test_where_nothing_is_tied_to_units_the_page_says_so(on_the_way: Place) -> None:
    assert "没有让个人结果与部门或公司结果挂钩" in on_the_way.read("hr", "/hr/unit-results")


def test_approving_nobody_is_refused_and_keeps_the_note(on_the_way: Place) -> None:
    client = on_the_way.browser("approver")
    refused = client.post(
        "/approvals", data={"csrf_token": hidden(client.get("/approvals").text, "csrf_token"), "note": "都同意"}
    )
    assert refused.status_code == 422 and "都同意" in refused.text and on_the_way.count(Approval) == 0


# From here on the cycle goes on.


def test_figures_are_computed_again_for_everybody_on_asking(on_the_way: Place) -> None:
    client = on_the_way.browser("hr")
    form = {"csrf_token": hidden(client.get("/hr/results").text, "csrf_token")}
    done = client.post("/hr/results/computation", data=form)
    assert done.status_code == 303 and "已按最新数据计算" in client.get(done.location).text
    assert on_the_way.browser("auditor").post("/hr/results/computation", data=form).status_code in (400, 403)


def test_results_are_approved_together_and_the_button_says_how_many(on_the_way: Place) -> None:
    client = on_the_way.browser("approver")
    page = client.get("/approvals").text
    there = chosen(page)
    assert sorted(there) == sorted(["周戊", "郑庚", "冯壬"]) and "批准 {n} 人" in page
    form = {"csrf_token": hidden(page, "csrf_token"), "note": "同意", "chosen[]": [there["周戊"], there["郑庚"]]}
    done = client.post("/approvals", data=form)
    assert done.status_code == 303 and "已批准 2 人" in client.get(done.location).text
    assert on_the_way.count(Approval) == 2 and list(chosen(client.get("/approvals").text)) == ["冯壬"]
    again = client.get(client.post("/approvals", data=form).location).text
    assert "已批准 0 人" in again and "2 人未能办理" in again and on_the_way.count(Approval) == 2


def test_hr_publishes_and_archives_many_and_is_told_who_cannot_go_on(on_the_way: Place) -> None:
    client = on_the_way.browser("hr")
    page = client.get("/hr/steps/publication").text
    assert list(chosen(page)) == ["沈卯"]
    form = {"csrf_token": hidden(page, "csrf_token"), "chosen[]": list(chosen(page).values())}
    assert "已办理 1 人" in client.get(client.post("/hr/steps/publication", data=form).location).text
    closing = client.get("/hr/steps/appeals-closing").text
    # The one published just now can still be appealed: the box is there and cannot be ticked.
    assert list(chosen(closing)) == ["陈癸"] and "沈卯" in closing and "申诉期未满" in closing
    page = client.get("/hr/steps/archiving").text
    assert sorted(chosen(page)) == sorted(["周戊", "郑庚"])
    form = {"csrf_token": hidden(page, "csrf_token"), "chosen[]": chosen(page)["周戊"]}
    assert "已办理 1 人" in client.get(client.post("/hr/steps/archiving", data=form).location).text
    assert client.get("/hr/steps/everything").status_code == 404


def _again(session: Session, appraisal_id: int) -> Any:
    """The actor whose case it is."""
    appraisal = session.get_one(Appraisal, appraisal_id)
    account = session.exec(select(Account).where(Account.employee_id == appraisal.employee_id)).one()
    return auth.actor_of(session, account)


def test_the_queue_of_appeals_tells_what_each_waits_for_and_until_when(on_the_way: Place) -> None:
    assert "没有待办理的申诉" in on_the_way.read("hr", "/hr/appeals")
    with clock.at(datetime(2026, 4, 10, 2, tzinfo=UTC)):
        with db.transaction(on_the_way.site.target, write=True) as session:
            quarter = _again(session, on_the_way.ids["陈癸"])
            appeals.file_appeal(session, quarter, on_the_way.ids["陈癸"], grounds="销售额少计一单")
        text = on_the_way.read("hr", "/hr/appeals")
        assert "陈癸" in text and "答复是否受理" in text and "2026 年 4 月 15 日" in text
        assert f'href="/appraisals/{on_the_way.ids["陈癸"]}"' in text
    with clock.at(datetime(2026, 4, 17, 2, tzinfo=UTC)):
        text = on_the_way.read("approver", "/hr/appeals")
        assert "作出决定" in text and "视为受理" in text
    assert "陈癸" not in on_the_way.read("hr", "/hr/appeals?state=ended")
    assert on_the_way.browser("hr").get("/hr/appeals?state=some").status_code == 422


def test_requests_for_a_review_stand_with_the_approvals(on_the_way: Place) -> None:
    with db.transaction(on_the_way.site.target, write=True) as session:
        actor = _again(session, on_the_way.ids["周戊"])
        reopening.request_reopening(session, actor, on_the_way.ids["周戊"], reason="一张发票漏计")
    text = on_the_way.read("approver", "/approvals")
    assert "决定 周戊 的复核申请" in text and "一张发票漏计" in text
    assert "复核申请" not in visible(on_the_way.read("own", "/approvals"))


def test_lists_follow_the_policy_and_training_needs_are_noted_once(on_the_way: Place) -> None:
    client = on_the_way.browser("approver")
    page = client.get("/approvals").text
    client.post("/approvals", data={"csrf_token": hidden(page, "csrf_token"), "chosen[]": list(chosen(page).values())})
    names = visible(on_the_way.read("hr", "/hr/results/lists"))
    assert "晋升优先考虑" in names and "由人决定" in names
    training = on_the_way.read("hr", "/hr/results/lists?outcome=training")
    assert "冯壬" in training or "本期已批准的结果中没有人" in training
    assert on_the_way.browser("hr").get("/hr/results/lists?outcome=nothing").status_code == 422


# Earlier grades


def _table(*rows: tuple[str, ...]) -> BytesIO:
    text = io.StringIO()
    csv.writer(text).writerows([("工号", "考核期", "等级", "来源"), *rows])
    return BytesIO(text.getvalue().encode())


def test_earlier_grades_are_looked_at_before_they_are_imported(on_the_way: Place) -> None:
    client = on_the_way.browser("hr")
    page = client.get("/hr/past-grades/import").text
    token = hidden(page, "csrf_token")
    rows = _table((on_the_way.logins["number of 郑庚"], "2025-Q4", "A", "2025 档案"), ("nobody", "2025-Q4", "A", "2025 档案"))
    taken = client.post("/hr/past-grades/import", data={"csrf_token": token, "file": (rows, "grades.csv")})
    assert taken.status_code == 303
    preview = client.get(taken.location).text
    assert "郑庚" in preview and "须更正" in preview and on_the_way.count(PastGradeImport) == 0
    form = {"csrf_token": token, "idempotency_key": hidden(preview, "idempotency_key"), "skip_faulty": "false"}
    refused = client.post(taken.location, data=form)
    assert refused.status_code == 422 and "未导入任何等级" in refused.text
    done = client.post(taken.location, data=form | {"idempotency_key": "another", "skip_faulty": "true"})
    assert done.status_code == 303 and on_the_way.count(PastGradeImport) == 1
    mend = client.get(f"{taken.location}/to-mend.csv")
    assert "nobody" in mend.text and on_the_way.logins["number of 郑庚"] not in mend.text
    assert "郑庚" in on_the_way.read("auditor", "/hr/past-grades") and "没有导入过" not in on_the_way.read(
        "hr", "/hr/past-grades"
    )
    # Another's file is nobody else's.
    assert on_the_way.browser("approver").get(taken.location).status_code == 403


def test_a_long_table_of_earlier_grades_is_taken_in_the_background(on_the_way: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LONG", 40)
    client, before = on_the_way.browser("hr"), on_the_way.count(PastGradeImport)
    token = hidden(client.get("/hr/past-grades/import").text, "csrf_token")
    rows = _table((on_the_way.logins["number of 郑庚"], "2025-Q3", "A", "2025 档案"))
    kept = client.post("/hr/past-grades/import", data={"csrf_token": token, "file": (rows, "grades.csv")}).location
    form = {"csrf_token": token, "idempotency_key": hidden(client.get(kept).text, "idempotency_key"), "skip_faulty": "false"}
    job = client.post(kept, data=form).location
    assert "/jobs/" in job and on_the_way.count(PastGradeImport) == before
    assert worker.work_off(on_the_way.site.target) and on_the_way.count(PastGradeImport) == before + 1
    told = on_the_way.read("hr", job)
    assert '<dt>新增</dt><dd class="figure">1</dd>' in told and 'href="/hr/past-grades"' in told


def test_one_earlier_grade_is_entered_and_what_is_wrong_with_it_said_beside_it(on_the_way: Place) -> None:
    client, page = on_the_way.browser("hr"), "/hr/past-grades"
    number, before = on_the_way.logins["number of 郑庚"], on_the_way.count(PastGradeImport)
    given = {"csrf_token": hidden(client.get(page).text, "csrf_token"), "grade": "A", "source_document": "2024 档案"}
    unknown = client.post(page, data=given | {"number": "nobody", "period": "2024-Q4", "idempotency_key": "one"})
    assert unknown.status_code == 422 and "没有工号 nobody" in unknown.text and 'value="2024 档案"' in unknown.text
    entered = client.post(page, data=given | {"number": number, "period": "2024-Q4", "idempotency_key": "two"})
    assert entered.status_code == 303 and on_the_way.count(PastGradeImport) == before + 1
    again = client.post(page, data=given | {"number": number, "period": "2024-Q4", "idempotency_key": "three"})
    assert again.status_code == 409 and "已导入" in again.text and on_the_way.count(PastGradeImport) == before + 1
    assert "录入一条" not in on_the_way.read("auditor", page)


def test_ones_own_earlier_grades_and_scores_make_a_history(on_the_way: Place) -> None:
    with db.transaction(on_the_way.site.target, write=True) as session:
        employee_id = session.get_one(Appraisal, on_the_way.ids["周戊"]).employee_id
        for period, score in (("2025-Q3", D("81.5")), ("2025-Q4", D(88))):
            said = {"grade": "B", "score": score, "source_document": "2025 档案", "imported_at": clock.now()}
            session.add(PastGradeImport(employee_id=employee_id, period=period, **said))
    text = on_the_way.read("own", "/results")
    assert "历次得分" in text and "2025 Q3" in text and "81.5" in text and "使用本系统之前的等级 (2)" in text
    assert text.index("2025 Q3") < text.index("2025 Q4") < text.index("2026 Q1")


def test_a_file_that_is_no_table_is_refused_where_it_is_chosen(on_the_way: Place) -> None:
    client = on_the_way.browser("hr")
    token = hidden(client.get("/hr/past-grades/import").text, "csrf_token")
    given = {"csrf_token": token, "file": (BytesIO("姓名\n张三\n".encode()), "x.csv")}
    assert client.post("/hr/past-grades/import", data=given).status_code == 422
