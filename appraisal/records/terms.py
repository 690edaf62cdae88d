"""When the term of a record is over: by the policy it was made under and the one in force now, whichever keeps it longer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlmodel import Session, select

from appraisal.core.policy.general import DEFAULT_TERMS, KeptKind, KeptOfPeople
from appraisal.policies import queries as policies
from appraisal.policies.models import StoredPolicy


@dataclass(frozen=True)
class Term:
    """Whole years after the end of the period, and after leaving where the record is about a person."""

    years: int
    after_leaving: int = 0


def day_after(ended_on: date, years: int) -> date:
    """The first day that is past so many whole years after a day: what ended on 2021-03-31 and is kept five years is past on
    2026-04-01. Of a 29 February the 1 March counts, where there is no such day."""
    try:
        last = ended_on.replace(year=ended_on.year + years)
    except ValueError:
        last = date(ended_on.year + years, 3, 1)
    return last + timedelta(days=1)


@dataclass
class Terms:
    """The terms that count on a day, each looked up once."""

    session: Session
    on: date
    _known: dict[tuple[KeptKind, str | None, str | None], Term] = field(default_factory=dict)

    def of(self, kind: KeptKind, policy_name: str | None, digest: str | None = None) -> Term:
        """The term of records of a kind under a policy: the longest of those of the pinned text and of the one in force."""
        key = kind, policy_name, digest
        if key not in self._known:
            self._known[key] = _longest(kind, self._texts(policy_name, digest))
        return self._known[key]

    def longest(self, kind: KeptKind) -> Term:
        """The longest term that any policy in force has: for records of a person that belong to no policy."""
        names = self.session.exec(select(StoredPolicy.name).distinct()).all()
        terms = [self.of(kind, name) for name in names] or [self.of(kind, None)]
        return Term(max(one.years for one in terms), max(one.after_leaving for one in terms))

    def _texts(self, policy_name: str | None, digest: str | None) -> Iterable[StoredPolicy]:
        return (stored for stored in (self._pinned(digest), self._in_force(policy_name)) if stored is not None)

    def _pinned(self, digest: str | None) -> StoredPolicy | None:
        return policies.by_digest(self.session, digest) if digest is not None else None

    def _in_force(self, name: str | None) -> StoredPolicy | None:
        return policies.policy_in_force(self.session, name, self.on) if name is not None else None


def _longest(kind: KeptKind, stored: Iterable[StoredPolicy]) -> Term:
    kept = [policies.compiled_state(one).general.kept(kind) for one in stored] or [DEFAULT_TERMS[kind]]
    after = (one.after_leaving if isinstance(one, KeptOfPeople) else 0 for one in kept)
    return Term(max(one.years for one in kept), max(after))
