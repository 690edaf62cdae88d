"""How a policy was made known: by whom it may be recorded, that nothing is recorded twice, and who still has to take note."""

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from appraisal import audit, clock, files
from appraisal.actor import Actor
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.people.models import AccountRole
from appraisal.policies import made_known, queries
from appraisal.policies.models import CLERK, PAPER, SELF, StoredPolicy
from tests import factories as make

TODAY = date(2026, 1, 20)


@pytest.fixture
def stored(session: Session) -> StoredPolicy:
    return make.a_published_policy(session)


def a_scan(session: Session, actor: Actor) -> int:
    return files.keep(session, actor, name="签收单.pdf", content=b"%PDF-1.7 list", media_type="application/pdf").id


def an_employee_of(session: Session, name: str) -> Actor:
    return make.an_actor(session, "employee", employee=make.an_employee(session, name))


def lacking(session: Session, actor: Actor, stored: StoredPolicy) -> list[str]:
    with clock.at(TODAY):
        return sorted(row[0].name for row in session.exec(queries.who_knows(session, actor, stored, lacking=True)).all())


def test_measures_are_kept_with_their_evidence_by_day(session: Session, stored: StoredPolicy):
    hr = make.hr(session)
    with clock.at(TODAY):
        kept = {"kind": "training", "text": "制度培训", "people": 30, "hours": Decimal("4"), "file_ids": [a_scan(session, hr)]}
        made_known.record_measure(session, hr, stored, held_on=TODAY, **kept)
        made_known.record_measure(session, hr, stored, kind="discussion", held_on=date(2025, 12, 1), text="职工代表大会讨论")
    told = [(measure.kind, [one.name for one in evidence]) for measure, evidence in queries.measures_of(session, stored)]
    assert told == [("discussion", []), ("training", ["签收单.pdf"])]
    audit.flush(session)
    actions = session.exec(select(audit.AuditRecord.action).order_by(audit.AuditRecord.seq)).all()
    assert actions[-2:] == ["policy.training", "policy.discussion"]


@pytest.mark.parametrize(("day", "text", "code"), [(date(2026, 1, 21), "公示", "day_to_come"), (TODAY, " ", "text_needed")])
def test_what_has_not_happened_and_what_is_not_told_is_refused(
    session: Session, stored: StoredPolicy, day: date, text: str, code: str
):
    with clock.at(TODAY), pytest.raises(Invalid) as refused:
        made_known.record_measure(session, make.hr(session), stored, kind="notice", held_on=day, text=text)
    assert refused.value.code == code


@pytest.mark.parametrize("given", [{"people": 0}, {"hours": Decimal(0)}])
def test_nobody_and_no_time_is_left_out_instead(session: Session, stored: StoredPolicy, given: dict[str, Decimal]):
    with clock.at(TODAY), pytest.raises(Invalid) as refused:
        made_known.record_measure(session, make.hr(session), stored, kind="training", held_on=TODAY, text="培训", **given)
    assert refused.value.code == "bad_count"


def test_only_hr_of_the_whole_company_records_measures_and_signatures(session: Session, stored: StoredPolicy):
    limited = make.an_actor(session, "hr")
    unit = make.a_unit(session)
    session.add(AccountRole(account_id=limited.account_id, role="hr", unit_id=unit.id))
    limited = Actor(**{**limited.__dict__, "limits": frozenset({("hr", unit.id)})})
    for actor in (limited, make.an_actor(session, "approver", "admin"), an_employee_of(session, "张三")):
        with clock.at(TODAY), pytest.raises(NotAllowed):
            made_known.record_measure(session, actor, stored, kind="notice", held_on=TODAY, text="公示")
        with clock.at(TODAY), pytest.raises(NotAllowed):
            made_known.record_signoff(session, actor, stored, duty="批准", signer="总经理", signed_on=TODAY)


def test_several_people_sign_for_one_duty_and_nobody_twice(session: Session, stored: StoredPolicy):
    hr = make.hr(session)
    with clock.at(TODAY):
        for duty, signer in (("批准", "周总"), ("审核", "吴经理"), ("审核", "郑经理")):
            made_known.record_signoff(session, hr, stored, duty=duty, signer=signer, signed_on=TODAY)
        with pytest.raises(Conflict):
            made_known.record_signoff(session, hr, stored, duty="审核", signer="郑经理", signed_on=TODAY)
    assert [one.signer for one in queries.signoffs_of(session, stored)] == ["周总", "吴经理", "郑经理"]


def test_an_employee_takes_note_once_and_is_then_not_lacking(session: Session, stored: StoredPolicy):
    own, other = an_employee_of(session, "张三"), an_employee_of(session, "李四")
    assert lacking(session, make.hr(session), stored) == ["张三", "李四"]
    first = made_known.acknowledge(session, own, stored)
    assert (first.way, made_known.acknowledge(session, own, stored)) == (SELF, first)
    assert lacking(session, make.hr(session), stored) == ["李四"]
    assert lacking(session, other, stored) == ["李四"]
    assert lacking(session, own, stored) == []


def test_who_has_left_or_not_begun_is_not_lacking(session: Session, stored: StoredPolicy):
    make.an_employee(session, "走了", left_on=date(2026, 1, 19))
    make.an_employee(session, "今天走", left_on=TODAY)
    make.an_employee(session, "今天来", joined_on=TODAY)
    make.an_employee(session, "明天来", joined_on=date(2026, 1, 21))
    assert lacking(session, make.hr(session), stored) == ["今天来", "今天走"]


def test_a_clerk_takes_note_for_somebody_and_that_is_on_record(session: Session, stored: StoredPolicy):
    clerk, miner = an_employee_of(session, "王五"), make.an_employee(session, "赵六")
    acting = Actor(**{**clerk.__dict__, "employee_id": miner.id, "on_behalf_of": miner.id})
    assert made_known.acknowledge(session, acting, stored).way == CLERK
    assert lacking(session, make.hr(session), stored) == ["王五"]


def test_an_account_without_employee_has_nothing_to_take_note_of(session: Session, stored: StoredPolicy):
    with pytest.raises(NotAllowed):
        made_known.acknowledge(session, make.hr(session), stored)


def test_a_list_signed_on_paper_adds_those_who_lack_and_nobody_the_actor_does_not_handle(
    session: Session, stored: StoredPolicy
):
    own = an_employee_of(session, "张三")
    others = [make.an_employee(session, name) for name in ("李四", "王五")]
    hr = make.an_actor(session, "hr", "employee", employee=make.an_employee(session, "人事"))
    scan = a_scan(session, hr)
    before = made_known.acknowledge(session, own, stored)
    everybody = [own.employee_id, *(one.id for one in others)]
    with pytest.raises(Invalid) as refused:
        made_known.acknowledge_on_paper(session, hr, stored, employee_ids=[*everybody, hr.employee_id], file_id=scan)
    assert [fault.path for fault in refused.value.faults] == ["employee_ids[3]"]
    assert made_known.acknowledge_on_paper(session, hr, stored, employee_ids=everybody, file_id=scan) == 2
    assert made_known.acknowledge_on_paper(session, hr, stored, employee_ids=everybody, file_id=scan) == 0
    ways = [queries.acknowledgement_of(session, stored, one).way for one in everybody]
    assert (ways, before.file_id) == ([SELF, PAPER, PAPER], None)
    with pytest.raises(NotAllowed):
        made_known.acknowledge_on_paper(session, own, stored, employee_ids=everybody, file_id=scan)


def test_another_text_has_to_be_taken_note_of_anew(session: Session, stored: StoredPolicy):
    own = an_employee_of(session, "张三")
    made_known.acknowledge(session, own, stored)
    changed = {path: text.replace("multiplier: 1.5", "multiplier: 1.6") for path, text in stored.files.items()}
    later = make.a_published_policy(session, files=changed)
    assert later.id != stored.id
    assert lacking(session, make.hr(session), later) == ["张三"]
    assert made_known.find_state(session, "trading", stored.digest) is stored
    for name, digest in (("mini", stored.digest), ("trading", "sha256:none")):
        with pytest.raises(NotFound):
            made_known.find_state(session, name, digest)
