"""What payroll takes: the approved results of a cycle as CSV, the same bytes each time for the same approvals.

People who are 不参评 have no grade. They stand in a list of their own with the treatment the policy declares for them, so that
nobody can take them for a D (D-03).
"""

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session

from appraisal import audit
from appraisal.actor import Actor
from appraisal.core.numbers import plain
from appraisal.cycles import queries as cycles
from appraisal.cycles.models import DRAFT, Cycle
from appraisal.errors import Conflict, NotFound
from appraisal.people import auth
from appraisal.results import queries

COLUMNS = ("employee_no", "period", "grade", "multiplier", "policy_digest")
NOT_RATED_COLUMNS = ("employee_no", "period", "status", "pay", "policy_digest")


@dataclass(frozen=True)
class PayrollFiles:
    """The two files in UTF-8, how many people each names, and who is in neither because nothing is approved for them yet."""

    results: bytes
    not_rated: bytes
    result_count: int
    not_rated_count: int
    waiting: tuple[str, ...]


def export_payroll(session: Session, actor: Actor, cycle_id: int) -> PayrollFiles:
    """The payroll files of a cycle, by payroll or HR; on record with the digest of what left.

    Raises Conflict `does_not_pay` for a cycle that pays nothing (D-24) and `trial` for a policy on trial (D-14).
    """
    auth.require_role(actor, "payroll", "hr")
    cycle = session.get(Cycle, cycle_id)
    if cycle is None or cycle.status == DRAFT:
        raise NotFound()
    policy = cycles.policy_of(session, cycle)
    if not cycle.pays:
        raise Conflict("does_not_pay", f"周期 {cycle.code} 的结果不发奖金", f"the results of the cycle {cycle.code} do not pay")
    if policy.general.status == "trial":
        raise Conflict("trial", "制度仍在试行, 结果不发奖金", "the policy is on trial, and trial results do not pay")
    approved = queries.approved_results(session, cycle)
    everybody = cycles.appraisals_of(session, cycle)
    excused = [employee.number for appraisal, employee in everybody if not appraisal.rated]
    paid = {employee.number for _, employee, _ in approved}
    waiting = tuple(employee.number for appraisal, employee in everybody if appraisal.rated and employee.number not in paid)
    files = PayrollFiles(
        results=_csv(
            COLUMNS,
            (
                (employee.number, cycle.period, result.grade, plain(result.multiplier), result.policy_digest)
                for result, employee, _ in approved
            ),
        ),
        not_rated=_csv(
            NOT_RATED_COLUMNS,
            ((number, cycle.period, "不参评", policy.general.not_rated.pay, policy.digest) for number in sorted(excused)),
        ),
        result_count=len(approved),
        not_rated_count=len(excused),
        waiting=waiting,
    )
    after = {"results": len(approved), "not_rated": len(excused), "waiting": len(waiting)}
    digests = {"sha256": [hashlib.sha256(content).hexdigest() for content in (files.results, files.not_rated)]}
    audit.record(session, actor, "payroll.export", "cycle", cycle.id, after=after | digests)
    return files


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()
