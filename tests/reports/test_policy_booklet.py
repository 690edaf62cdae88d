"""The booklet of a policy: all of the shipped regulations in it, each provision once, for everybody who works here."""

import re

import pytest
from sqlmodel import Session

from appraisal import pdf
from appraisal.errors import NotFound
from appraisal.formats import local_date
from appraisal.policies import queries
from appraisal.policies.models import StoredPolicy
from appraisal.reports import policy_booklet
from appraisal.reports.booklet_paper import PolicyBooklet
from appraisal.reports.document import LANGUAGES
from tests import factories


def booklet_of(session: Session, name: str) -> tuple[PolicyBooklet, StoredPolicy]:
    stored = factories.a_published_policy(session, name=name)
    return policy_booklet.bind_policy(session, factories.an_actor(session, "employee"), stored.id or 0), stored


def test_the_whole_regulation_of_the_coal_group_is_in_it(session: Session) -> None:
    told, stored = booklet_of(session, "coal_group")
    policy = queries.compiled_state(stored)
    posts = [post for unit in told.units for post in unit.posts]
    assert len(posts) == len(policy.sheets) >= 66 and all(post.total == 100 for post in posts)
    assert sum(len(post.rows) for post in posts) == sum(len(group.items) for one in policy.sheets for group in one.post.groups)
    assert sum(len(one.indicators) for one in told.library) == 107
    assert [one.name for one in told.vetoes] == [rule.name for rule in policy.vetoes.rules]
    assert sum(len(one.values) for one in told.assumed) == len(queries.assumed_values(policy))
    for language in LANGUAGES:
        html = policy_booklet.FORM.html(told, language)
        assert len(html) < pdf.MAX_HTML / 2 and stored.digest in html
        # Each way of the contents leads somewhere, and is there once.
        ways = re.findall(r'<a href="#([^"]+)">', html)
        assert ways and all(html.count(f'id="{one}"') == 1 for one in ways)


@pytest.mark.parametrize("name", ["trading", "kpi_sop", "plant"])
def test_every_shipped_policy_can_be_bound(session: Session, name: str) -> None:
    told, stored = booklet_of(session, name)
    policy = queries.compiled_state(stored)
    grades = policy.general.purpose != "monitoring"
    assert bool(told.bands) is bool(told.steps) is bool(told.curves) is grades and bool(told.monitoring) is (
        policy.monitoring is not None
    )
    for language in LANGUAGES:
        html = policy_booklet.FORM.html(told, language)
        assert "None" not in html and policy.title.zh in html


def test_grades_and_curves_are_worded_with_their_edges_and_drawn(session: Session) -> None:
    told, stored = booklet_of(session, "trading")
    policy = queries.compiled_state(stored)
    first, second, *_ = told.bands
    assert (first.scores, second.scores.startswith("≥ 85, < ")) == (f"≥ {policy.bands[0].from_}", True)
    drawn = [one for one in told.curves if one.chart is not None]
    assert drawn and any(rows for one in drawn for _, rows in one.sides)
    assert policy_booklet.FORM.html(told, "zh").count("<svg") >= len(drawn)
    assert told.head.dated == local_date(stored.published_at) and told.head.policy_digest == stored.digest


def test_there_is_no_booklet_of_what_was_never_published(session: Session) -> None:
    with pytest.raises(NotFound):
        policy_booklet.bind_policy(session, factories.an_actor(session, "employee"), 4711)
