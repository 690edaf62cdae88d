"""绩效奖金发放封面: what goes on top of a release on its way to payroll: control totals, digest, audit trail, approvals.

Nobody's base amount is on it; sums of money are for payroll alone (D-25), and the cover that has them says so in its number.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlmodel import Session, col, select

from appraisal.actor import Actor
from appraisal.audit import AuditSeal
from appraisal.core.numbers import add
from appraisal.core.policy.model import Policy, Text
from appraisal.cycles import queries as cycles
from appraisal.errors import NotFound
from appraisal.exceptions.queries import names_of
from appraisal.formats import local_date
from appraisal.payroll import queries as payroll
from appraisal.payroll import service
from appraisal.payroll.models import CORRECTION, RELEASED, Release
from appraisal.people.models import Employee
from appraisal.people.queries import unit_by_code
from appraisal.reports.document import Filing, Form, Head, Signature
from appraisal.reports.queries import company_of, cycle_name
from appraisal.results.models import ApprovalLink

FORM_TITLE: Final = Text("绩效奖金发放封面", "Cover of a bonus release")
WITH_AMOUNTS: Final = "-amounts"
"""How the number of a cover ends that holds sums of money."""


@dataclass(frozen=True)
class GradeTotal:
    """How many lines have a grade."""

    grade: str
    name: Text
    count: int


@dataclass(frozen=True)
class UnitTotal:
    """The lines of those whose last post is in a unit: how many, and the sum of their multipliers without corrections."""

    unit: str
    lines: int
    multipliers: Decimal


@dataclass(frozen=True)
class Correction:
    """A line that follows an earlier release: what was paid on, what stands now, and the difference."""

    number: str
    name: str
    result: str | None
    before: Decimal | None
    now: Decimal | None
    delta: Decimal | None


@dataclass(frozen=True)
class Approved:
    """Who has given a link of the approval chain, to how many of the lines, and when first and last."""

    link: Text
    name: str
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Seal:
    """The signature over the audit trail that covers the release."""

    seq: int
    sealed_at: datetime
    key_id: str
    signature: str


@dataclass(frozen=True)
class PayrollCover:
    """The cover of a release. `amounts` are sums by currency, for payroll alone; `seal` is None where the trail has no key."""

    head: Head
    filing: Filing
    cycle: Text
    period: str
    lines: int
    rated: int
    provisional: int
    not_rated: int
    multipliers: Decimal
    deltas: Decimal
    amounts: tuple[tuple[str, Decimal], ...]
    bases: int
    grades: tuple[GradeTotal, ...]
    units: tuple[UnitTotal, ...]
    corrections: tuple[Correction, ...]
    approved: tuple[Approved, ...]
    sha256: str
    audit_seq: int
    audit_hash: str
    seal: Seal | None
    signatures: tuple[Signature, ...]


def cover_release(session: Session, actor: Actor, release_id: int) -> PayrollCover:
    """The cover of a release that has been let go. Raises NotFound for another, and NotAllowed for who reads no release."""
    release, cycle = service.find_release(session, actor, release_id)
    if release.status != RELEASED or release.ended_at is None or release.sha256 is None:
        raise NotFound()
    said = service.pull(session, actor, release_id)
    totals, policy = said["totals"], cycles.policy_of(session, cycle)
    amounts = tuple((currency, Decimal(amount)) for currency, amount in totals.get("amounts", {}).items())
    return PayrollCover(
        head=Head(
            f"{said['release']}{WITH_AMOUNTS if amounts else ''}",
            FORM_TITLE,
            company_of(session, cycle.unit_id or _some_unit(session, said)),
            local_date(release.ended_at),
            policy.title,
            said["policy_digest"],
        ),
        filing=Filing(release_id, cycle_id=cycle.id, unit_id=cycle.unit_id, period=cycle.period),
        cycle=cycle_name(cycle),
        period=said["period"],
        lines=totals["lines"],
        rated=totals["rated"],
        provisional=totals["provisional"],
        not_rated=totals["not_rated"],
        multipliers=Decimal(totals["multipliers"]),
        deltas=Decimal(totals["deltas"]),
        amounts=amounts,
        bases=release.totals.get("bases", 0),
        grades=tuple(
            GradeTotal(band.grade, band.name, totals["grades"][band.grade])
            for band in policy.bands
            if band.grade in totals["grades"]
        ),
        units=tuple(_by_unit(said["lines"])),
        corrections=tuple(_correction(line) for line in said["lines"] if line["state"] == CORRECTION),
        approved=tuple(_approved(session, policy, release)),
        sha256=release.sha256,
        audit_seq=said["audit"]["seq"],
        audit_hash=said["audit"]["hash"],
        seal=_seal(session, said["audit"]["seq"]),
        signatures=_signatures(session, release),
    )


FORM = Form("payroll_cover", FORM_TITLE, "release", cover_release, kept="payroll")


def _some_unit(session: Session, said: Mapping[str, Any]) -> int | None:
    """The unit of the first line: a whole release is one company's."""
    code = next((place["unit"] for line in said["lines"] for place in line["places"]), None)
    unit = unit_by_code(session, code) if code else None
    return unit.id if unit else None


def _by_unit(lines: Sequence[Mapping[str, Any]]) -> Iterator[UnitTotal]:
    counts: Counter[str] = Counter()
    sums: dict[str, Decimal] = {}
    for line in lines:
        unit = line["places"][-1]["unit_name"]
        counts[unit] += 1
        counted = line["multiplier"] if line["state"] != CORRECTION else None
        sums[unit] = add(sums.get(unit, Decimal(0)), Decimal(counted or 0))
    for unit, count in counts.items():
        yield UnitTotal(unit, count, sums[unit])


def _correction(line: Mapping[str, Any]) -> Correction:
    figures = (None if line[name] is None else Decimal(line[name]) for name in ("previous_multiplier", "multiplier", "delta"))
    return Correction(line["employee_no"], line["name"], line["result_no"], *figures)


def _approved(session: Session, policy: Policy, release: Release) -> Iterator[Approved]:
    """The approvals of the results that are paid, link by link of the policy's chain."""
    results = [line.result_id for line in payroll.lines_of(session, release.id or 0) if line.result_id is not None]
    found = session.exec(
        select(ApprovalLink.link, Employee.name, ApprovalLink.approved_at)
        .join(Employee, col(Employee.id) == ApprovalLink.approver_id)
        .where(col(ApprovalLink.result_id).in_(results))
        .order_by(ApprovalLink.approved_at, col(ApprovalLink.id))
    ).all()
    given: dict[tuple[str, str], list[datetime]] = {}
    for link, name, at in found:
        given.setdefault((link, name), []).append(at)
    names = {one.id: one.name for one in policy.workflow.approvals}
    order = {link: place for place, link in enumerate(names)}
    for (link, name), at in sorted(given.items(), key=lambda one: (order.get(one[0][0], len(order)), one[1])):
        yield Approved(names.get(link, Text("审批", "Approval")), name, len(at), at[0], at[-1])


def _seal(session: Session, seq: int) -> Seal | None:
    """The first seal at or after the head of the trail that the release names."""
    found = session.exec(select(AuditSeal).where(AuditSeal.seq >= seq).order_by(AuditSeal.seq, col(AuditSeal.id))).first()
    return Seal(found.seq, found.sealed_at, found.key_id, found.signature) if found else None


def _signatures(session: Session, release: Release) -> tuple[Signature, ...]:
    names = names_of(session, [release.prepared_by, release.ended_by])
    return (
        Signature(Text("编制（人力资源部）", "Prepared by (HR)"), names.get(release.prepared_by), release.prepared_at),
        Signature(
            Text("核对发放（薪酬）", "Checked and released by (payroll)"),
            names.get(release.ended_by or 0),
            release.ended_at,
            release.sha256,
        ),
        Signature(Text("财务负责人", "Head of finance")),
        Signature(Text("批准人（盖章）", "Approved by (seal)")),
    )
