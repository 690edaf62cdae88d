"""Pages of people: signing in, the directory and one employee, what HR changes, units and posts, accounts, one's own."""

from appraisal.people.views import (
    accounts,
    changes,
    clerks,
    delegations,
    directory,
    importing,
    mine,
    posts,
    signing,
    tokens,
    units,
)
from appraisal.people.views.blueprint import pages

__all__ = [
    "accounts",
    "changes",
    "clerks",
    "delegations",
    "directory",
    "importing",
    "mine",
    "pages",
    "posts",
    "signing",
    "tokens",
    "units",
]
