"""My team as a table and in a grid: who is in it, what it says, and that it works without a script."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from appraisal import clock, db, web
from appraisal.measures import service as measures
from appraisal.reviews import scoring
from appraisal.reviews import service as reviews
from appraisal.reviews.queries import GoalRating
from tests import factories
from tests.agreements.samples import FIGURES, PLAN, SALES, a_quarter, record, sign
from tests.reviews.a_place import DAY, Fields, Place, a_place, assessed, login_of
from tests.site import a_browser, a_site


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    made = a_place(a_site(database_url, tmp_path))
    with clock.at(DAY):
        yield made


def test_my_team_says_where_everybody_stands_and_can_be_narrowed(place: Place) -> None:
    assessed(place)
    text = place.browser("supervisor").get("/team").text
    assert place.path in text and "上级评估" in text and ">88<" in text and "whose=team" in text
    assert "没有符合条件的人" in place.browser("supervisor").get("/team?step=archived").text
    assert place.path in place.browser("supervisor").get(f"/team?search={place.number}").text
    assert place.browser("supervisor").get(f"/team?grade={'x' * 11}").status_code == 422
    assert place.path not in place.browser("stranger").get("/team").text


def test_the_grid_rates_without_a_script_and_hands_in_person_by_person(place: Place) -> None:
    assessed(place, "88")
    client = place.browser("supervisor")
    page = client.get("/team/scoring").text
    assert "张" in page or place.path in page
    assert "客户档案整理" in page and re.search(r'class="own"[^>]*>.*?88', page, re.DOTALL)
    sent = Fields(page, f"{place.path}/review").found
    kept = client.post(f"{place.path}/review/draft", data=sent | {"ratings[0].rating": "85"})
    assert (kept.status_code, kept.location) == (303, "/team/scoring")
    assert 'value="85"' in client.get("/team/scoring").text
    assert "85" in place.browser("supervisor").get("/team").text
    missing = client.post(f"{place.path}/review", data=Fields(client.get("/team/scoring").text, f"{place.path}/review").found)
    assert missing.status_code == 422 and "评语" in missing.text and 'value="85"' in missing.text
    sent = Fields(client.get("/team/scoring").text, f"{place.path}/review").found
    done = client.post(f"{place.path}/review", data=sent | {"comment": "稳"})
    assert (done.status_code, done.location) == (303, "/team/scoring")
    assert "现在没有等您评估的人" in client.get("/team/scoring").text
    assert "客户档案整理" not in place.browser("stranger").get("/team/scoring").text


def test_parts_of_a_goal_are_rated_in_the_grid_each_to_its_own_most(database_url: str, tmp_path: Path) -> None:
    in_parts = replace(PLAN, factor_max={"A": D(60), "B": D(40)})
    place = a_place(a_site(database_url, tmp_path), (*SALES[:2], in_parts))
    with clock.at(DAY):
        place.do("hr", "/data", page=place.path)
        of_own = {"ratings[0].factors.A": "50", "ratings[0].factors.B": "30"}
        place.do("own", "/self-assessment", **of_own, statement="完成了主要目标")
        client = place.browser("supervisor")
        page = client.get("/team/scoring").text
        assert 'data-most="60"' in page and 'data-most="40"' in page and "A 50, B 30" in page
        sent = Fields(page, f"{place.path}/review").found | {"ratings[0].factors.A": "45"}
        assert client.post(f"{place.path}/review/draft", data=sent).status_code == 303
        page = client.get("/team/scoring").text
        assert 'value="45"' in page, "one part is kept before the other is rated"
        sent = Fields(page, f"{place.path}/review").found | {"ratings[0].factors.B": "25", "comment": "稳"}
        assert client.post(f"{place.path}/review", data=sent).status_code == 303
        assert "70" in place.read("supervisor")


def test_the_review_of_one_leads_on_to_the_next(database_url: str, tmp_path: Path) -> None:
    site = a_site(database_url, tmp_path)
    with clock.at(DAY):
        with db.transaction(site.target, write=True) as session:
            head = factories.an_employee(session, "李主管")
            login = login_of(session, factories.an_actor(session, "employee", employee=head))
            names = ("陈甲", "陈乙", "陈丙")
            people = [factories.an_employee(session, name, post=factories.a_post(session), supervisor=head) for name in names]
            cycle = factories.an_open_cycle(session)
            for one in people:
                quarter = a_quarter(session, one, cycle=cycle)
                sign(quarter)
                record(quarter, FIGURES)
                measures.complete_data(session, quarter.provider, quarter.appraisal.id)
                rating = [GoalRating(quarter.sheet.id, "plan", D(80))]
                reviews.submit_self_assessment(session, quarter.own, quarter.appraisal.id, statement="述职", ratings=rating)
        client = a_browser(site, login)
        first, second, third = dict.fromkeys(re.findall(r"/appraisals/\d+/review", client.get("/team/scoring").text))
        page = client.get(second).text
        assert f'rel="prev" href="{first}"' in page and f'rel="next" href="{third}"' in page and "2 / 3" in page
        assert 'rel="prev"' not in client.get(first).text and 'rel="next"' not in client.get(third).text


def test_ratings_of_mine_stand_beside_those_of_others_only_where_nobody_can_be_told_from_them(session: Any) -> None:
    with clock.at(DAY):
        people, first = [], None
        for _ in range(4):
            head = factories.an_employee(session, "李主管")
            people.append([factories.an_employee(session, post=factories.a_post(session), supervisor=head) for _ in range(4)])
        cycle = factories.an_open_cycle(session)
        for place, team in enumerate(people):
            for number, employee in enumerate(team):
                quarter = a_quarter(session, employee, cycle=cycle)
                sign(quarter)
                record(quarter, FIGURES)
                rating = [GoalRating(quarter.sheet.id, "plan", D(80 + 2 * number + (10 if place == 0 else 0)))]
                measures.complete_data(session, quarter.provider, quarter.appraisal.id)
                reviews.submit_self_assessment(session, quarter.own, quarter.appraisal.id, statement="述职", ratings=rating)
                if place == 3 and number == 0:
                    assert scoring.severity(session, first, cycle) is None, "the others are two"
                reviews.submit_supervisor_review(
                    session, quarter.supervisor, quarter.appraisal.id, comment="好", ratings=rating
                )
                first = quarter.supervisor if place == 0 else first
        mine, others = scoring.severity(session, first, cycle) or (None, None)
        assert mine == scoring.Spread(4, D(93), D("2.2")) and others == scoring.Spread(12, D(83), D("2.2"))
        assert scoring.severity(session, quarter.hr, cycle) is None, "who rates nobody compares nothing"


def test_my_team_takes_as_many_queries_for_many_as_for_one(database_url: str, tmp_path: Path) -> None:
    site = a_site(database_url, tmp_path)
    counts = []
    with clock.at(DAY):
        with db.transaction(site.target, write=True) as session:
            head = factories.an_employee(session, "李主管")
            login = login_of(session, factories.an_actor(session, "employee", employee=head))
            people = [factories.an_employee(session, post=factories.a_post(session), supervisor=head) for _ in range(5)]
            cycle = factories.an_open_cycle(session)
        client = a_browser(site, login)
        for several in (people[:1], people[1:]):
            with db.transaction(site.target, write=True) as session:
                for one in several:
                    quarter = a_quarter(session, session.merge(one), cycle=session.merge(cycle))
                    sign(quarter)
                    record(quarter, FIGURES)
                    measures.complete_data(session, quarter.provider, quarter.appraisal.id)
                    rating = [GoalRating(quarter.sheet.id, "plan", D(80))]
                    reviews.submit_self_assessment(session, quarter.own, quarter.appraisal.id, statement="述职", ratings=rating)
            for path in ("/team", "/team/scoring"):
                client.get(path)
                counts.append(_queries(site, lambda path=path: client.get(path)))
    assert counts[:2] == counts[2:], counts


def _queries(site: web.Site, ask: Any) -> int:
    told: list[str] = []

    def note(*said: Any) -> None:
        told.append(said[2])

    event.listen(site.target, "before_cursor_execute", note)
    assert ask().status_code == 200
    event.remove(site.target, "before_cursor_execute", note)
    return len(told)
