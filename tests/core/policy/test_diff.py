"""What changed between two states of a policy: every value once, in the words of the rule files, with its place."""

from appraisal.core.policy.diff import changes
from tests.core.cases import FINANCE, GRADES, POLICY, trading


def told(*edits: tuple[str, str, str]) -> list[tuple[str, str | None, str | None]]:
    return [(one.key, one.before, one.after) for one in changes(trading(), trading(*edits))]


def test_a_policy_does_not_differ_from_itself() -> None:
    assert changes(trading(), trading()) == []
    assert told((GRADES, "# rules/", "# another remark and a line more\n# rules/")) == []


def test_each_changed_value_is_told_with_its_place() -> None:
    new = trading((GRADES, "multiplier: 1.2", "multiplier: 1.3"), (POLICY, "kpi: 70", "kpi: 70.5"))
    found = changes(trading(), new)
    assert [(one.key, one.before, one.after) for one in found] == [
        ("general.annual.kpi", "70", "70.5"),
        ("grades.bands[A].multiplier", "1.2", "1.3"),
    ]
    assert [one.where.path for one in found] == [POLICY, GRADES]
    assert all(one.where.line > 1 for one in found)


def test_what_is_added_and_removed_is_told_whole_where_it_stands_or_stood() -> None:
    year = "      - {cadence: year, all_posts: true, pays: true}\n"
    [(key, before, after)] = told((POLICY, year, ""))
    assert (key, after) == ("general.cycles[year]", None)
    assert before == '{"all_posts":true,"cadence":"year","pays":true}'
    [added] = changes(trading((POLICY, year, "")), trading())
    assert (added.key, added.before, added.where.path) == ("general.cycles[year]", None, POLICY)


def test_entries_are_told_apart_by_what_they_are_called_and_not_by_their_order() -> None:
    first, second = "- {name: 销售部, posts: [sales]}", "- {name: 业务员, posts: [sales]}"
    assert told((POLICY, f"{first}\n      {second}", f"{second}\n      {first}")) == []


def test_an_indicator_is_told_by_its_id() -> None:
    added, removed = told((FINANCE, "id: revenue\n", "id: sales_revenue\n"))
    assert (added[0], added[1]) == ("library[sales_revenue]", None)
    assert (removed[0], removed[2]) == ("library[revenue]", None)
