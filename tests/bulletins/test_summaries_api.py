"""Weekly summaries, suggestions and reviews over the API: written, read, decided on, taken away as tables."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from appraisal import clock, db
from appraisal.actor import SYSTEM, Actor
from appraisal.bulletins import rewording
from appraisal.bulletins.rewording import Answer, Words
from appraisal.people.models import Account
from tests.bulletins.a_week import EVALUATED, Weekly, a_week
from tests.caller import Caller, a_service

Sign = Callable[[Actor], Caller]
ASKED = {"policy": "kpi_sop", "week": "2026-W14"}


@pytest.fixture
def week(engine: Engine) -> Iterator[Weekly]:
    with db.transaction(engine, write=True) as session, a_week(session) as found:
        session.refresh(found.around.unit)
        session.expunge(found.around.unit)
    with clock.at(EVALUATED):
        yield found


@pytest.fixture
def as_(database_url: str, engine: Engine, tmp_path: Path) -> Sign:
    site = a_service(database_url, tmp_path)

    def caller(actor: Actor) -> Caller:
        with db.transaction(engine, write=False) as session:
            return Caller(site, session.get_one(Account, actor.account_id))

    return caller


def test_a_week_is_written_read_and_taken_away(week: Weekly, as_: Sign) -> None:
    manager = as_(week.manager)
    made = manager.post("/kpi/summaries", ASKED | {"unit_id": week.unit_id})
    assert (made.status, made.json["made"], len(made.json["items"])) == (201, 5, 5)
    assert {one["area"]["zh"] for one in made.json["items"]} >= {"法规合规", "财务"}
    again = manager.post("/kpi/summaries", ASKED | {"unit_id": week.unit_id})
    assert (again.json["made"], [one["id"] for one in again.json["items"]]) == (0, [one["id"] for one in made.json["items"]])
    listed = as_(week.around.member).get("/kpi/summaries", week="2026-W14", advisor="procurement").json
    (row,) = listed["items"]
    whole = as_(week.around.head).get(f"/kpi/summaries/{row['id']}").json
    level = next(one for one in whole["statements"] if one["kind"] == "level")
    assert level["rule"]["path"] == "rules/kpi_sop/monitoring.yaml" and level["readings"][0]["ids"]
    assert whole["suggestions"] and whole["suggestions"][0]["state"] == "undecided"
    assert as_(week.around.member).get(f"/kpi/summaries/{row['id']}").json["suggestions"] == []
    table = manager.get("/kpi/summaries/file.csv", advisor="procurement").data.decode("utf-8-sig").splitlines()
    assert table[0].startswith("制度,部门,周,方面,版次,类型") and len(table) == 1 + len(whole["statements"])


def test_a_suggestion_is_decided_on_with_what_it_led_to_and_the_rate_is_told(week: Weekly, as_: Sign) -> None:
    manager = as_(week.manager)
    manager.post("/kpi/summaries", ASKED | {"unit_id": week.unit_id})
    items = manager.get("/kpi/suggestions", unit_id=week.unit_id).json["items"]
    first, second = items[0]["id"], items[1]["id"]
    refused = manager.post(f"/kpi/suggestions/{first}/decision", {"adopted": False})
    assert (refused.status, refused.json["code"]) == (422, "text_needed")
    assert manager.post(f"/kpi/suggestions/{first}/decision", {"adopted": True}).status == 201
    done = as_(week.around.head).post(f"/kpi/suggestions/{first}/decision", {"adopted": False, "reason": "已办理"})
    assert (done.json["state"], [one["adopted"] for one in done.json["decisions"]]) == ("not_adopted", [True, False])
    manager.post(f"/kpi/suggestions/{second}/decision", {"adopted": True})
    rate = manager.get("/kpi/suggestions/adoption", policy="kpi_sop", unit_id=week.unit_id).json
    assert rate == {"adopted": 1, "decided": 2, "undecided": len(items) - 2, "rate": "50"}
    today, next_day = "2026-04-03", "2026-04-04"
    on = manager.get("/kpi/suggestions/adoption", policy="kpi_sop", unit_id=week.unit_id, from_on=today, to_on=today)
    after = manager.get("/kpi/suggestions/adoption", policy="kpi_sop", unit_id=week.unit_id, from_on=next_day)
    assert (on.json["decided"], after.json["decided"], after.json["rate"]) == (2, 0, None)
    assert len(manager.get("/kpi/suggestions", state="adopted").json["items"]) == 1
    table = manager.get("/kpi/suggestions/file.csv", state="not_adopted").data.decode("utf-8-sig").splitlines()
    assert len(table) == 2 and "未采纳,已办理" in table[1]


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"week": "2026-03"}, 422, "bad_week"),
        ({"week": "2026-W15"}, 422, "future_week"),
        ({"week": "2026-W13"}, 409, "not_evaluated"),
        ({"policy": "weather"}, 422, "unknown_policy"),
        ({"week": None}, 422, "bad_fields"),
        ({"text": "x"}, 422, "bad_fields"),
        ({"unit_id": None}, 409, "not_evaluated"),
    ],
)
def test_what_cannot_be_written_is_told(week: Weekly, as_: Sign, more: dict[str, object], status: int, code: str) -> None:
    answer = as_(week.manager).post("/kpi/summaries", ASKED | {"unit_id": week.unit_id} | more)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert "\n" not in answer.json["code"]


def test_words_of_a_model_stand_beside_the_original(engine: Engine, week: Weekly, as_: Sign) -> None:
    manager = as_(week.manager)
    first, second, *_ = manager.post("/kpi/summaries", ASKED | {"unit_id": week.unit_id}).json["items"]
    before = manager.get(f"/kpi/summaries/{first['id']}").json
    assert (before["reworded"], before["rewording"], before["problem"]) == (None, None, None)
    with db.transaction(engine, write=True) as session:
        rewording.keep(session, SYSTEM, first["id"], Answer("reworded", Words("中文", "English")))
        rewording.keep(session, SYSTEM, second["id"], Answer("changed_figures", problem="added 5"))
    after = manager.get(f"/kpi/summaries/{first['id']}").json
    assert after["reworded"] == {"zh": "中文", "en": "English"} and after["statements"] == before["statements"]
    told = manager.get(f"/kpi/summaries/{second['id']}").json
    assert (told["reworded"], told["rewording"], told["problem"]) == (None, "changed_figures", "added 5")


def test_a_quarter_is_reviewed_and_each_proposal_decided_on(week: Weekly, as_: Sign) -> None:
    manager = as_(week.manager)
    asked = {"policy": "kpi_sop", "unit_id": week.unit_id, "quarter": "2026-Q1"}
    review = manager.post("/kpi/indicator-reviews", asked)
    assert (review.status, review.json["proposals"]) == (201, len(review.json["items"]))
    assert manager.post("/kpi/indicator-reviews", asked).json["id"] == review.json["id"]
    one = review.json["items"][0]
    path = f"/kpi/indicator-reviews/proposals/{one['id']}/decision"
    assert manager.post(path, {"choice": "adopt"}).status == 422
    assert manager.post(path, {"choice": "maybe", "reason": "x"}).status == 422
    done = manager.post(path, {"choice": "adopt", "reason": "下季度配对"})
    assert (done.status, done.json["state"], done.json["reason"]) == (201, "adopt", "下季度配对")
    shown = as_(week.around.head).get(f"/kpi/indicator-reviews/{review.json['id']}").json
    assert (shown["decided"], shown["items"][0]["decided_by"]) == (1, done.json["decided_by"])
    assert len(manager.get("/kpi/indicator-reviews/proposals", state="open").json["items"]) == shown["proposals"] - 1
    assert [row["id"] for row in manager.get("/kpi/indicator-reviews").json["items"]] == [review.json["id"]]
    table = manager.get("/kpi/indicator-reviews/file.csv").data.decode("utf-8-sig").splitlines()
    assert len(table) == 1 + shown["proposals"] and any("采纳,下季度配对" in line for line in table)
    refused = manager.post("/kpi/indicator-reviews", asked | {"quarter": "2026-Q2"})
    assert (refused.status, refused.json["code"]) == (422, "quarter_not_over")


def test_the_kpis_about_the_kpis_are_counted_and_wait_for_a_person(week: Weekly, as_: Sign) -> None:
    asked = {"policy": "kpi_sop", "unit_id": week.unit_id, "period": "2026-03"}
    with clock.at(date(2026, 4, 5)):
        first = as_(week.manager).post("/kpi/about-kpis", asked)
        assert (first.status, len(first.json["recorded"]), first.json["not_yet"]) == (201, 4, [])
        again = as_(week.manager).post("/kpi/about-kpis", asked).json
        assert (again["recorded"], again["unchanged"]) == ([], first.json["recorded"])
        reading = as_(week.around.checker).get(f"/kpi/readings/{first.json['recorded'][0]}").json
        assert (reading["origin"], reading["entered_by"], reading["state"]) == ("event", None, "waiting")
        done = as_(week.around.checker).post(f"/kpi/readings/{reading['id']}/confirm", {})
        assert done.json["state"] == "confirmed"


def test_lists_take_a_constant_number_of_queries(engine: Engine, week: Weekly, as_: Sign) -> None:
    manager = as_(week.manager)
    manager.post("/kpi/summaries", ASKED | {"unit_id": week.unit_id})
    manager.post("/kpi/indicator-reviews", {"policy": "kpi_sop", "unit_id": week.unit_id, "quarter": "2026-Q1"})
    for path in ("/kpi/summaries", "/kpi/suggestions", "/kpi/indicator-reviews/proposals"):
        counts = []
        for limit in (1, 5):
            manager.get(path, limit=limit)
            counts.append(_queries(lambda path=path, limit=limit: manager.get(path, limit=limit)))
        assert counts[0] == counts[1], path


def _queries(act: Callable[[], object]) -> int:
    seen: list[str] = []

    def note(conn: object, cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len([one for one in seen if one.startswith("SELECT")])
