"""Pages of people: signing in, the directory and one employee, what HR changes, units, accounts, one's own."""

from appraisal.people.views import accounts, changes, delegations, directory, importing, mine, signing, tokens, units
from appraisal.people.views.blueprint import pages

__all__ = ["accounts", "changes", "delegations", "directory", "importing", "mine", "pages", "signing", "tokens", "units"]
