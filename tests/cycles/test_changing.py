"""A draft that is changed or dropped, and a running cycle that is moved to a corrected text of its policy."""

from datetime import date

import pytest
from sqlmodel import Session, select

from appraisal import audit
from appraisal.cycles import drafts, queries, repinning, service
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import Conflict, Invalid, NotAllowed
from appraisal.people.models import AccountRole
from tests import factories as make


def change(session: Session, cycle: Cycle, actor=None, **changed: object) -> None:
    values = {"name": "改名", "pays": False, "unit": None, "data_due_on": None} | changed
    drafts.change_draft(session, actor or make.hr(session), cycle, **values)


def test_a_draft_is_changed_and_dropped(session: Session):
    cycle = make.a_cycle(session)
    unit = make.a_unit(session)
    change(session, cycle, unit=unit)
    assert (cycle.name, cycle.pays, cycle.unit_id) == ("改名", False, unit.id)
    drafts.drop_draft(session, make.hr(session), cycle)
    assert queries.cycles(session) == []


def test_a_cycle_that_has_opened_is_neither_changed_nor_dropped(session: Session):
    make.an_employee(session, post=make.a_post(session))
    cycle = make.an_open_cycle(session)
    with pytest.raises(Conflict):
        change(session, cycle)
    with pytest.raises(Conflict):
        drafts.drop_draft(session, make.hr(session), cycle)


def test_a_draft_seen_in_an_older_version_is_not_changed(session: Session):
    cycle = make.a_cycle(session)
    change(session, cycle, version=1)
    with pytest.raises(Conflict):
        change(session, cycle, version=1)


def test_hr_of_a_unit_prepares_cycles_of_that_unit_only(session: Session):
    unit, other = make.a_unit(session), make.a_unit(session, "采购部")
    make.a_published_policy(session)
    account = make.an_account(session)
    session.add(AccountRole(account_id=account.id, role="hr", unit_id=unit.id))
    session.flush()
    limited = make.auth.actor_of(session, account)
    values = {"name": "一季度", "policy_name": "trading", "period": "2026-Q1", "pays": True}
    own = service.draft_cycle(session, limited, code="own", unit=unit, **values)
    for elsewhere in (other, None):
        with pytest.raises(NotAllowed):
            service.draft_cycle(session, limited, code="elsewhere", unit=elsewhere, **values)
        with pytest.raises(NotAllowed):
            change(session, own, limited, unit=elsewhere)
    make.an_employee(session, post=make.a_post(session, unit=unit))
    service.open_cycle(session, limited, own)
    with pytest.raises(NotAllowed):
        service.open_cycle(session, limited, make.a_cycle(session, period="2026-Q2"))


# Another text of the policy


@pytest.fixture
def cycle(session: Session) -> Cycle:
    make.an_employee(session, post=make.a_post(session), supervisor=make.an_employee(session, "李主管"))
    return make.an_open_cycle(session)


def published(session: Session, *, confirmed: bool = True, **replaced: tuple[str, str]) -> str:
    """A corrected text for the same days; `workflow` and `policy` name what is replaced by what."""
    files = dict(make.checked().files)
    for name, (old, new) in replaced.items():
        path = f"rules/trading/{name}.yaml"
        assert old in files[path]
        files[path] = files[path].replace(old, new)
    return make.a_published_policy(session, files=files, confirmed=confirmed).digest


def move(session: Session, cycle: Cycle, digest: str, **how: object) -> None:
    repinning.repin_cycle(session, make.hr(session), cycle, digest=digest, reason="期限写错", **how)


def blocked_by(session: Session, cycle: Cycle, digest: str) -> list[str]:
    before = cycle.policy_digest
    with pytest.raises(Invalid) as refused:
        move(session, cycle, digest)
    assert cycle.policy_digest == before
    return [fault.path for fault in refused.value.faults]


def test_a_running_cycle_moves_to_a_corrected_text_on_record_with_both_digests(session: Session, cycle: Cycle):
    before = cycle.policy_digest
    late = make.an_employee(session, joined_on=date(2026, 2, 1), post=make.a_post(session))
    service.refresh_cycle(session, make.hr(session), cycle)
    assert queries.appraisal_of(session, cycle, late).rated
    after = published(session, policy=("minimum_days: 15", "minimum_days: 60"))
    move(session, cycle, after)
    assert cycle.policy_digest == after != before
    assert not queries.appraisal_of(session, cycle, late).rated
    audit.flush(session)
    last = session.exec(select(audit.AuditRecord).order_by(audit.AuditRecord.seq)).all()[-1]
    assert (last.action, before in last.payload, after in last.payload) == ("cycle.repin", True, True)
    assert "期限写错" in last.payload


def test_publishing_alone_moves_nothing(session: Session, cycle: Cycle):
    before = cycle.policy_digest
    published(session, policy=("minimum_days: 15", "minimum_days: 20"))
    service.refresh_cycle(session, make.hr(session), cycle)
    assert cycle.policy_digest == before


def test_the_text_that_hr_has_seen_is_the_one_that_is_pinned(session: Session, cycle: Cycle):
    seen = published(session, policy=("minimum_days: 15", "minimum_days: 20"))
    published(session, policy=("minimum_days: 15", "minimum_days: 25"))
    with pytest.raises(Conflict) as refused:
        move(session, cycle, seen)
    assert refused.value.code == "other_policy"


def test_the_same_text_is_no_move(session: Session, cycle: Cycle):
    assert blocked_by(session, cycle, cycle.policy_digest) == ["same_policy"]


def test_assumed_values_of_the_new_text_are_confirmed_first(session: Session, cycle: Cycle):
    digest = published(session, confirmed=False, policy=("minimum_days: 15", "minimum_days: 20"))
    assert blocked_by(session, cycle, digest) == ["assumed_unconfirmed"]


def test_what_is_filed_stays_under_its_text(session: Session, cycle: Cycle):
    session.exec(select(Appraisal).where(Appraisal.cycle_id == cycle.id)).one().step = "archived"
    assert blocked_by(session, cycle, published(session, policy=("minimum_days: 15", "minimum_days: 20"))) == ["filed_already"]


def test_a_step_somebody_is_at_cannot_vanish(session: Session, cycle: Cycle):
    digest = published(session, workflow=("data_collection", "gathering"))
    assert blocked_by(session, cycle, digest) == ["step_gone"]


def test_a_draft_is_not_moved_and_nobody_but_hr_moves(session: Session, cycle: Cycle):
    digest = published(session, policy=("minimum_days: 15", "minimum_days: 20"))
    with pytest.raises(Conflict):
        move(session, make.a_cycle(session, period="2026-Q2"), digest)
    with pytest.raises(NotAllowed):
        repinning.repin_cycle(session, make.an_actor(session, "approver"), cycle, digest=digest, reason="改")
    with pytest.raises(Conflict):
        move(session, cycle, digest, version=cycle.version + 1)
