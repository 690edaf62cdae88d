"""The coal group's policy, as shipped, in tests: holders of its posts, a quarter, rulings on what the source left blank."""

import itertools
from datetime import date

from sqlmodel import Session

from appraisal.cycles import rulings, service
from appraisal.cycles.models import Cycle
from appraisal.cycles.preflight import preflight
from appraisal.cycles.rulings import Ruling
from appraisal.people.models import Employee, Unit
from tests import factories as make

POLICY = "coal_group"
_numbers = itertools.count(1)


def a_holder(session: Session, post: str, name: str, *, unit: Unit | None = None, under: Employee | None = None) -> Employee:
    """Somebody who holds one of the 66 posts."""
    return make.an_employee(session, name, post=make.a_post(session, post, unit=unit, title=name), supervisor=under)


def a_coal_cycle(session: Session, *, period: str = "2026-Q1", files: dict[str, str] | None = None) -> Cycle:
    """A draft of a quarter under the coal group's policy as shipped, or in other words."""
    make.a_published_policy(session, name=POLICY, files=files)
    code = f"M{next(_numbers)}"
    said = {"code": code, "name": "一季度", "policy_name": POLICY, "period": period, "pays": True}
    return service.draft_cycle(session, make.hr(session), **said, data_due_on=None)


def settle(session: Session, cycle: Cycle, *, assessor: Employee | None = None) -> None:
    """HR rules on everything the source leaves blank: quarterly, and by one assessor."""
    lacking: dict[str, list[str]] = {}
    for one in rulings.rows_in(session, cycle):
        for key in one.blank:
            lacking.setdefault(key, []).append(one.row.item.id)
    given = []
    if "cadence" in lacking:
        given.append(Ruling(tuple(lacking["cadence"]), cadence="quarter"))
    if "assessor" in lacking:
        named = {"assessor": "办公室主任", "assessor_id": assessor.id if assessor else None}
        given.append(Ruling(tuple(lacking["assessor"]), **named))
    if given:
        rulings.rule_rows(session, make.hr(session), cycle, given, reason="原文缺字, 会议确定")


def an_open_coal_cycle(session: Session, *, assessor: Employee | None = None, files: dict[str, str] | None = None) -> Cycle:
    """An open quarter of whoever the test has given a post, with what was blank settled."""
    cycle = a_coal_cycle(session, files=files)
    settle(session, cycle, assessor=assessor)
    service.open_cycle(session, make.hr(session), cycle)
    return cycle


def blocking(session: Session, cycle: Cycle) -> list[str]:
    """What keeps a cycle from opening, kind by kind."""
    return [finding.kind for finding in preflight(session, cycle).blocking]


FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)
