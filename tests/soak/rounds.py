"""A thousand rounds of two who send the same version, and of one key sent twice, to a served site with two worker processes."""

import time
from collections import Counter
from collections.abc import Callable

from appraisal import db
from appraisal.people.models import Account
from appraisal.people.tokens import SCOPES
from tests import factories
from tests.contests import a_contest, same_key, same_version
from tests.served import Remote, a_folder, audit_verified, database, served

ROUNDS = 1_000
AT_ONCE = 50


def run(kind: str, seconds: float) -> list[str]:
    """What went wrong within so many seconds; the figures are printed."""
    with a_folder() as folder, database(kind, folder) as url:
        target = db.make_engine(url)
        db.migrate(target)
        with db.transaction(target, write=True) as session:
            contest = a_contest(session)

            def token(account: Account) -> str:
                return factories.a_token(session, account, *SCOPES)

            keys = [token(one) for one in (contest.supervisor, contest.stand_in, contest.hr, contest.hr)]
        target.dispose()
        with served(url, folder) as (port, _):
            supervisor, stand_in, hr, also_hr = (Remote(port, key) for key in keys)
            until = time.monotonic() + seconds
            versions = _rounds(until - seconds * 0.3, lambda count, _: same_version(contest, (supervisor, stand_in), count))
            sent_twice = _rounds(until, lambda count, done: same_key((hr, also_hr), count, first=done))
        print(f"{kind}: two supervisors, one version: {dict(versions)}")
        print(f"{kind}: one key sent twice at once: {dict(sent_twice)}")
        wrong = [f"{kind}: {count} rounds of one version ended {how}" for how, count in versions.items() if how != (200, 412)]
        wrong += [f"{kind}: {count} keys sent twice: {how}" for how, count in sent_twice.items() if how != "once"]
        return wrong + audit_verified(url, folder)


def _rounds(until: float, play: Callable[[int, int], Counter]) -> Counter:
    found: Counter = Counter()
    while found.total() < ROUNDS and time.monotonic() < until:
        found += play(AT_ONCE, found.total())
    return found
