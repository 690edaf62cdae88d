"""The long tests: `python -m tests.soak [rounds] [kills] [batches] [roles]`, all by default, on SQLite and on PostgreSQL.

SOAK_SECONDS (by default 2400) bounds the whole; what did not fit into it is told. Anything wrong ends it with status 1.
"""

import logging
import os
import sys

import structlog

from tests.soak import batches, kills, roles, rounds

PARTS = {
    "rounds": (rounds.run, 0.3),
    "kills": (kills.run, 0.25),
    "batches": (batches.run, 0.15),
    "roles": (roles.run, 0.3),
}
KINDS = ("sqlite", "postgresql")


def main(chosen: list[str]) -> int:
    """Runs the parts, each within its part of the time."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    names = chosen or list(PARTS)
    whole, shares = float(os.environ.get("SOAK_SECONDS", "2400")), sum(PARTS[name][1] for name in names)
    wrong = []
    for name in names:
        run, share = PARTS[name]
        for kind in KINDS:
            wrong += run(kind, whole * share / shares / len(KINDS))
    for one in wrong:
        print(f"WRONG: {one}")
    print(f"{len(wrong)} wrong" if wrong else "nothing wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
