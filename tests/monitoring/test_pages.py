"""The pages of what is watched: what the dashboard, an indicator and readings say, and what their forms take and refuse."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlmodel import select

from appraisal import clock, db, uploads, web, worker
from appraisal.exceptions.models import KpiException
from appraisal.labels import measured_in
from appraisal.monitoring.models import KpiRoleHolder, KpiTarget, Reading
from appraisal.people.models import Account, Unit
from tests import factories
from tests.exceptions.samples import complained, respond, troubled
from tests.monitoring.samples import enter, iqc, read
from tests.site import a_browser, a_site, send

NOW = datetime(2026, 4, 8, 2, 0, tzinfo=UTC)


@dataclass
class Place:
    """The troubled unit on a served site: March is off, February waits to be confirmed."""

    site: web.Site
    unit_id: int
    code: str
    waiting: int
    reading: int
    stranger: str
    logins: dict[str, str]

    def browser(self, who: str, language: str = "zh") -> FlaskClient:
        return a_browser(self.site, self.logins[who], language)

    def page(self, who: str, path: str, language: str = "zh") -> str:
        got = self.browser(who, language).get(path)
        assert got.status_code == 200, (got.status_code, path)
        return got.text

    def count(self, table: Any) -> int:
        with db.transaction(self.site.target, write=False) as session:
            return len(session.exec(select(table)).all())

    @property
    def indicator(self) -> str:
        return f"/kpi/indicators/kpi_sop/complaint_rate?unit_id={self.unit_id}"


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    site = a_site(database_url, tmp_path)
    with clock.at(NOW):
        with db.transaction(site.target, write=True) as session:
            around = troubled(session)
            complained(around, "severe")
            reading = read(around, inputs=iqc(99))
            respond(around)
            waiting = enter(around, "2026-02", inputs=iqc(97))
            actors = {one: getattr(around, one) for one in ("manager", "provider", "checker", "head", "member", "owner")}
            logins = {name: session.get_one(Account, one.account_id).login for name, one in actors.items()}
            kept = (around.unit.id, around.unit.code, waiting.id, reading.id, around.top.number)
        yield Place(site, *kept, logins)


def test_the_dashboard_says_what_is_off_and_what_follows_and_counts_the_levels(place: Place):
    page = place.page("manager", "/kpi")
    assert "客诉率" in page and "偏离 200%" in page and "紧急改善" in page
    assert "KPI manager" not in page and "2026-03" in page
    english = place.page("manager", "/kpi", "en")
    assert "200 % off" in english and "Open exceptions" in english


def test_what_has_no_reading_is_shown_as_that_and_never_as_0(place: Place):
    page = place.page("manager", f"/kpi?policy=kpi_sop&unit_id={place.unit_id}&level=none")
    assert "缺读数" in page and "客诉率" not in page


def test_whoever_sees_nothing_judged_is_told_what_has_to_happen_first(place: Place):
    assert "还没有可看的评价" in place.page("owner", "/kpi")


def test_only_a_kpi_manager_is_offered_to_evaluate(place: Place):
    assert "评价一个期间" in place.page("manager", "/kpi")
    assert "评价一个期间" not in place.page("head", "/kpi")


def test_the_dashboard_takes_as_many_queries_for_many_indicators_as_for_few(place: Place):
    browser, asked = place.browser("manager"), []
    listen = lambda *_: asked.append(1)  # noqa: E731
    event.listen(place.site.target, "before_cursor_execute", listen)
    browser.get("/kpi?level=severe")
    few, asked[:] = len(asked), []
    browser.get("/kpi")
    event.remove(place.site.target, "before_cursor_execute", listen)
    assert len(asked) == few


def test_evaluating_a_period_opens_exceptions_once_however_often_it_is_sent(place: Place):
    before = place.count(KpiException)
    for _ in range(2):
        got = send(place.browser("manager"), "/kpi", "/kpi/evaluations", period="2026-03", policy="kpi_sop")
        assert got.status_code == 303
    assert place.count(KpiException) == before


def test_a_period_that_is_not_over_is_refused_and_what_was_typed_stays(place: Place):
    got = send(place.browser("manager"), "/kpi", "/kpi/evaluations", period="2026-04", policy="kpi_sop")
    assert got.status_code == 422
    assert 'value="2026-04"' in got.text and "没有已确认的读数" in got.text or "尚未结束" in got.text


def test_alerts_are_listed_with_what_they_say_and_filtered(place: Place):
    page = place.page("manager", "/kpi/alerts")
    assert "客诉率" in page and "偏离目标" in page and "严重" in page and "2026-03" in page
    assert "/api/v1/kpi/alerts/file.csv?level=severe" in place.page("manager", "/kpi/alerts?level=severe&cursor=")
    assert "没有符合条件的预警" in place.page("manager", "/kpi/alerts?state=withdrawn")
    assert "没有符合条件的预警" in place.page("manager", "/kpi/alerts?indicator=iqc_pass_rate")
    assert "还没有预警" in place.page("owner", "/kpi/alerts")
    assert "Off target" in place.page("head", "/kpi/alerts", "en")


def test_an_indicator_tells_its_figures_their_source_and_what_it_raised(place: Place):
    page = place.page("head", place.indicator)
    for words in ("客诉件数", "NCR", "紧急改善", "定义", "monitoring.yaml", "本年与上年", "未达标"):
        assert words in page, words
    assert "设定目标" not in page  # the policy declares it


def test_pairs_are_shown_with_a_warning_that_a_correlation_is_no_cause(place: Place):
    assert "相关不等于因果" in place.page("head", place.indicator)
    assert "no cause" in place.page("head", place.indicator, "en")


def test_units_and_units_of_measure_are_told_in_the_language_of_the_reader(place: Place):
    with db.transaction(place.site.target, write=True) as session:
        session.get_one(Unit, place.unit_id).name_en = "The Works"
    for page in (place.page("manager", f"/kpi/readings/{place.reading}", "en"), place.page("manager", place.indicator, "en")):
        assert "The Works" in page
    assert measured_in("美元").en == "USD" and measured_in("斗").en == "斗"


def test_an_indicator_of_a_unit_that_one_does_not_see_is_as_good_as_none(place: Place):
    assert place.browser("owner").get(place.indicator).status_code == 404


def test_a_reading_is_entered_by_its_inputs_and_the_same_form_again_enters_it_once(place: Place):
    form = f"/kpi/readings/new?policy=kpi_sop&indicator=iqc_pass_rate&unit={place.code}"
    given = {"unit": place.code, "period": "2026-01", "inputs.IQC合格批数": "95", "inputs.IQC检验批数": "100"}
    before, browser = place.count(Reading), place.browser("provider")
    given |= {"source_document": "QR-2601", "idempotency_key": "just-once"}
    first, second = (send(browser, form, form, **given) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303) and first.location == second.location
    assert place.count(Reading) == before + 1


def test_a_reading_that_cannot_be_is_refused_beside_its_field_with_what_was_typed(place: Place):
    form = f"/kpi/readings/new?policy=kpi_sop&indicator=iqc_pass_rate&unit={place.code}"
    given = {"unit": place.code, "period": "2026-13", "inputs.IQC合格批数": "95", "inputs.IQC检验批数": "100"}
    got = send(place.browser("provider"), form, form, **given, source_document="QR-X")
    assert got.status_code == 422
    assert 'value="2026-13"' in got.text and 'value="95"' in got.text and 'value="QR-X"' in got.text


def test_many_readings_are_confirmed_at_once_by_somebody_else(place: Place):
    listed = "/kpi/readings?state=waiting"
    assert f'value="{place.waiting}"' in place.page("checker", listed)
    assert 'type="checkbox"' not in place.page("provider", listed)  # who entered it does not confirm it
    got = send(
        place.browser("checker"), listed, "/kpi/readings/confirmations?state=waiting", **{"reading_ids[]": place.waiting}
    )
    assert got.status_code == 303
    assert "已确认" in place.page("checker", f"/kpi/readings/{place.waiting}")


def test_a_correction_needs_a_reason_and_waits_to_be_confirmed(place: Place):
    at = f"/kpi/readings/{place.reading}"
    given = {"inputs.IQC合格批数": "98", "inputs.IQC检验批数": "100", "source_document": "QR-B"}
    refused = send(place.browser("provider"), at, f"{at}/corrections", **given)
    assert refused.status_code == 422 and 'value="98"' in refused.text
    done = send(place.browser("provider"), at, f"{at}/corrections", **given, reason="复核")
    assert done.status_code == 303 and "待确认" in place.page("provider", done.location)


def test_readings_are_taken_as_a_table(place: Place):
    got = place.browser("checker").get("/kpi/readings/file.csv?state=waiting")
    assert got.mimetype == "text/csv" and "2026-02" in got.get_data(as_text=True)


def test_a_table_of_readings_is_looked_at_before_it_is_taken(place: Place):
    browser = place.browser("provider")
    rows = (
        "指标,期间,部门,原始数据,来源单据",
        f"iqc_pass_rate,2025-12,{place.code},IQC合格批数=99; IQC检验批数=100,QR",
        "nothing,2025-12,,,QR",
    )
    table = "\n".join(rows)
    before = place.count(Reading)
    kept = send(
        browser, "/kpi/readings/import", "/kpi/readings/import", file=(BytesIO(table.encode()), "a.csv"), policy="kpi_sop"
    )
    assert kept.status_code == 303 and place.count(Reading) == before
    preview = browser.get(kept.location).text
    assert "须更正" in preview and "导入 1 行" in preview
    assert "nothing" in browser.get(kept.location.replace("?", "/to-mend.csv?")).get_data(as_text=True)
    taken = send(browser, kept.location, kept.location, skip_faulty="true")
    assert taken.status_code == 303 and place.count(Reading) == before + 1


def test_a_long_table_of_readings_is_taken_in_the_background(place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "LONG", 40)
    browser, page = place.browser("provider"), "/kpi/readings/import"
    sound = f"iqc_pass_rate,2025-12,{place.code},IQC合格批数=99; IQC检验批数=100,QR"
    table = f"指标,期间,部门,原始数据,来源单据\n{sound}\nnothing,2025-12,,,QR"
    before = place.count(Reading)
    kept = send(browser, page, page, file=(BytesIO(table.encode()), "a.csv"), policy="kpi_sop").location
    for skips, came_to in (("false", "核对文件"), ("true", '<dt>录入</dt><dd class="figure">1</dd>')):
        job = send(browser, kept, kept, skip_faulty=skips).location
        assert "/jobs/" in job and worker.work_off(place.site.target) == 1
        assert came_to in browser.get(job).text
    assert place.count(Reading) == before + 1


def test_a_target_is_set_with_a_reason_where_the_policy_declares_none(place: Place, plant: Any):
    at = f"/kpi/indicators/plant/failure_rate?unit_id={place.unit_id}"
    to = f"/kpi/indicators/plant/failure_rate/target?unit_id={place.unit_id}"
    refused = send(place.browser("manager"), at, to, operator="<=", value="2", from_on="2026-04-01")
    assert refused.status_code == 422 and 'value="2"' in refused.text and place.count(KpiTarget) == 0
    done = send(place.browser("manager"), at, to, operator="<=", value="2", from_on="2026-04-01", reason="年度目标")
    assert done.status_code == 303 and place.count(KpiTarget) == 1
    assert "年度目标" in place.page("manager", done.location)


@pytest.fixture
def plant(place: Place) -> None:
    with db.transaction(place.site.target, write=True) as session:
        factories.a_published_policy(session, name="plant")


def test_a_role_is_named_and_ended_and_an_old_page_cannot_end_it(place: Place):
    browser, at = place.browser("manager"), "/kpi/role-holders"
    given = {"policy": "kpi_sop", "role": "财务负责人", "number": place.stranger, "from_on": "2026-04-01"}
    assert send(browser, at, at, **given).status_code == 303
    with db.transaction(place.site.target, write=False) as session:
        made = session.exec(select(KpiRoleHolder).where(KpiRoleHolder.role == "财务负责人")).one().id
    end = f"{at}/{made}/end"
    assert send(browser, at, end, to_on="2026-04-30", version="99").status_code == 409
    assert send(browser, at, end, to_on="2026-04-30").status_code == 303


def test_processes_tell_what_is_read_at_each_step(place: Place):
    with db.transaction(place.site.target, write=True) as session:
        factories.a_published_policy(session)
    listed = place.page("member", "/kpi/processes")
    assert "order_handling" in listed
    page = place.page("member", "/kpi/processes/trading/order_handling")
    assert "步骤" in page and "目标" in page and "关键" in page
