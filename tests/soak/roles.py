"""Everybody of a company goes through the whole API, as openapi.json describes it, with right and with wrong requests.

Four at once: what one changes, another is just reading, so that an error under load shows too.
"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from schemathesis import GenerationMode

from appraisal import clock, db
from tests import contract, world
from tests.caller import a_service
from tests.served import a_folder, audit_verified, database

# Few, so that everybody gets their turn: there are some twenty accounts and hundreds of operations.
EXAMPLES = 2
AT_ONCE = 4


def run(kind: str, seconds: float) -> list[str]:
    """What went wrong within so many seconds; the figures are printed."""
    with a_folder() as folder, database(kind, folder) as url:
        target = db.make_engine(url)
        db.migrate(target)
        with db.transaction(target, write=True) as session:
            company = world.a_world(session)
            contract.give_every_role(session, company.accounts["hr_here"])
        site = a_service(url, folder)
        known = contract.known_in(target, company.words)
        until = time.monotonic() + seconds
        statuses: Counter[int] = Counter()
        done: set[str] = set()
        wrong: list[str] = []

        def hold(who: str, account_id: int) -> str | None:
            if time.monotonic() > until:
                return None
            client = contract.Client(site, target, account_id)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                held = contract.hold(client, known, EXAMPLES, mode)
                statuses.update(held.statuses)
                done.update(held.done)
                wrong.extend(f"{kind}: {who}: {label}: {broken}" for label, broken in held.wrong.items())
            return who

        with clock.at(world.NOW), ThreadPoolExecutor(AT_ONCE) as pool:
            ids = {who: account.id for who, account in company.accounts.items()}
            contract.begin(contract.Client(site, target, next(iter(ids.values()))), known)
            roles = [pool.submit(copy_context().run, hold, who, account_id) for who, account_id in ids.items()]
            heard = [who for role in roles if (who := role.result())]
        target.dispose()
        db.engine(url).dispose()
        told = f"{len(heard)} of {len(ids)} accounts, {statuses.total()} requests, {len(done)} operations done"
        print(f"{kind}: {told}; {dict(statuses)}")
        return wrong + audit_verified(url, folder)
