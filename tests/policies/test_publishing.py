"""Publishing: what is checked is stored by its digest, what counts is the latest publication, and nothing stored changes."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import Session, select

from appraisal import audit
from appraisal.actor import SYSTEM
from appraisal.config import PROJECT_ROOT
from appraisal.core.errors import PolicyError
from appraisal.core.policy.loader import read_files
from appraisal.errors import Conflict, Invalid, NotAllowed, NotFound
from appraisal.policies import queries, service
from appraisal.policies.models import PolicyPublication, StoredPolicy
from appraisal.policies.service import Checked
from tests import factories as make

GRADES = "rules/trading/grades.yaml"
NEXT_YEAR = """  - effective: 2027-01-01
    source: 测试
    bands:
      - {grade: S, name: {zh: 卓越, en: Excellent}, from: 95, multiplier: 1.6}
      - {grade: D, name: {zh: 不合格, en: Poor}, from: 0, multiplier: 0}
"""


@pytest.fixture(autouse=True)
def nothing_compiled() -> None:
    queries.forget_compiled()


def shipped(**changed: str) -> dict[str, str]:
    """The shipped files of the trading policy, with whole files replaced by path."""
    return {path: text for path, text in read_files(PROJECT_ROOT).items() if "/trading/" in path} | changed


def with_next_year() -> dict[str, str]:
    """The shipped files and a second edition of the grades."""
    files = shipped()
    return files | {GRADES: files[GRADES].replace("editions:\n", "editions:\n" + NEXT_YEAR, 1)}


def multiplier_of(session: Session, on: date) -> str:
    stored = queries.policy_in_force(session, "trading", on)
    return str(queries.compiled(session, stored.digest).bands[0].multiplier)


# The check in a process of its own


def test_the_shipped_policy_passes_and_tells_its_states():
    checked = service.check_folder(PROJECT_ROOT, "trading")
    assert checked.errors == ()
    assert {problem.severity for problem in checked.problems} <= {"warning", "assumed"}
    assert [(state.effective, state.status) for state in checked.states] == [(date(2026, 1, 1), "effective")]
    assert checked.states == make.checked().states


def test_every_problem_comes_back_with_its_place():
    files = shipped()
    broken = {GRADES: files[GRADES].replace("grade: S", "grade: S, grade: T", 1) + "\n&anchor nonsense\n"}
    checked = service.check_in_subprocess(files | broken, "trading")
    assert checked.states == ()
    assert {problem.where.path for problem in checked.errors} == {GRADES}
    assert all(problem.where.line > 0 for problem in checked.errors)


def test_a_check_that_takes_too_long_is_stopped():
    with pytest.raises(Invalid) as refused:
        service.check_in_subprocess(shipped(), "trading", seconds=0.01)
    assert refused.value.code == "check_failed"


def test_a_check_that_dies_is_an_error_and_not_a_pass(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(service, "_CHECK", "import os; os._exit(139)")
    with pytest.raises(Invalid) as refused:
        service.check_in_subprocess(shipped(), "trading")
    assert refused.value.code == "check_failed"


def test_a_policy_that_is_not_there_is_refused_and_the_known_ones_are_named():
    with pytest.raises(NotFound, match="trading"):
        service.check_folder(PROJECT_ROOT, "tradnig")


# Publishing


def test_what_is_published_is_in_force_from_its_first_day(session: Session):
    [stored] = service.publish_policy(session, make.hr(session), make.checked())
    assert queries.policy_in_force(session, "trading", date(2025, 12, 31)) is None
    assert queries.policy_in_force(session, "trading", date(2026, 1, 1)) is stored
    assert queries.policy_in_force(session, "other", date(2026, 1, 1)) is None
    assert queries.published_names(session) == ["trading"]


def test_files_with_an_error_are_refused_and_nothing_is_stored(session: Session):
    files = shipped() | {GRADES: "title: nothing\n"}
    checked = service.check_in_subprocess(files, "trading")
    with pytest.raises(Invalid) as refused:
        service.publish_policy(session, make.hr(session), checked)
    assert refused.value.code == "policy_errors"
    assert all(GRADES in fault.path for fault in refused.value.faults)
    assert session.exec(select(StoredPolicy)).all() == []


def test_only_hr_an_administrator_or_the_operator_publishes(session: Session):
    with pytest.raises(NotAllowed):
        service.publish_policy(session, make.an_actor(session, "employee", "approver"), make.checked())
    assert service.publish_policy(session, SYSTEM, make.checked())


def test_publishing_the_same_again_changes_nothing(session: Session):
    first = service.publish_policy(session, SYSTEM, make.checked())
    assert service.publish_policy(session, SYSTEM, make.checked()) == first
    assert len(session.exec(select(PolicyPublication)).all()) == 1


def test_a_later_edition_is_a_state_of_its_own_and_the_earlier_keeps_its_row(session: Session):
    [first] = service.publish_policy(session, SYSTEM, make.checked())
    both = service.publish_policy(session, SYSTEM, make.checked(files=with_next_year()))
    assert both[0] is first
    assert [row.effective for row in both] == [date(2026, 1, 1), date(2027, 1, 1)]
    assert (multiplier_of(session, date(2026, 12, 31)), multiplier_of(session, date(2027, 1, 1))) == ("1.5", "1.6")


def test_an_edition_that_a_later_publication_drops_is_no_longer_in_force(session: Session):
    service.publish_policy(session, SYSTEM, make.checked(files=with_next_year()))
    service.publish_policy(session, SYSTEM, make.checked())
    assert multiplier_of(session, date(2027, 1, 1)) == "1.5"


def test_publishing_is_on_the_trail_with_the_digests_before_and_after(session: Session):
    [first] = service.publish_policy(session, SYSTEM, make.checked())
    service.publish_policy(session, SYSTEM, make.checked(files=with_next_year()))
    audit.flush(session)
    last = session.exec(select(audit.AuditRecord).order_by(audit.AuditRecord.seq)).all()[-1]
    assert (last.action, last.object_id) == ("policy.publish", "trading")
    assert f'"before":{{"digests":["{first.digest}"]}}' in last.payload


# Reading back


def test_the_stored_text_gives_the_policy_of_its_digest(session: Session):
    stored = make.a_published_policy(session)
    policy = queries.compiled(session, stored.digest)
    assert policy.digest == stored.digest
    assert queries.compiled(session, stored.digest) is policy


def test_a_stored_text_that_was_changed_is_refused(session: Session):
    stored = make.a_published_policy(session, confirmed=False)
    stored.files = stored.files | {GRADES: stored.files[GRADES].replace("multiplier: 1.5", "multiplier: 9.5")}
    session.flush()
    queries.forget_compiled()
    with pytest.raises(PolicyError, match="was changed"):
        queries.compiled(session, stored.digest)


def test_a_stored_text_that_can_no_longer_be_read_is_refused(session: Session):
    stored = make.a_published_policy(session, confirmed=False)
    stored.files = {GRADES: "nonsense"}
    session.flush()
    queries.forget_compiled()
    with pytest.raises(PolicyError, match="no longer be read"):
        queries.compiled(session, stored.digest)


def test_a_digest_that_is_not_stored_is_refused(session: Session):
    with pytest.raises(PolicyError, match="publish it first"):
        queries.compiled(session, "sha256:none")


# The working calendar


def calendar_with(old: str, new: str) -> Checked:
    [(path, text)] = make.checked_calendar().files.items()
    return replace(make.checked_calendar(), files={path: text.replace(old, new, 1)})


def test_the_shipped_calendar_passes_and_a_folder_without_one_has_none(tmp_path: Path):
    checked = service.check_calendar_folder(PROJECT_ROOT)
    assert checked is not None and checked.files == make.checked_calendar().files
    assert {problem.severity for problem in checked.problems} == {"assumed"}
    assert service.check_calendar_folder(tmp_path) is None


def test_the_calendar_published_last_counts(session: Session):
    with pytest.raises(Conflict, match="no working calendar"):
        queries.working_days(session)
    first = service.publish_calendar(session, SYSTEM, make.checked_calendar())
    assert service.publish_calendar(session, SYSTEM, make.checked_calendar()) is first
    assert queries.working_days(session) is queries.working_days(session)
    assert not queries.working_days(session).is_working(date(2026, 9, 25))
    service.publish_calendar(
        session, SYSTEM, calendar_with("from: 2026-09-25, to: 2026-09-27", "from: 2026-09-26, to: 2026-09-27")
    )
    assert queries.working_days(session).is_working(date(2026, 9, 25))
    service.publish_calendar(session, SYSTEM, make.checked_calendar())
    assert not queries.working_days(session).is_working(date(2026, 9, 25))
    audit.flush(session)
    trail = session.exec(select(audit.AuditRecord.action).where(audit.AuditRecord.object_kind == "calendar")).all()
    assert trail == ["calendar.publish"] * 3


def test_counting_beyond_the_published_years_is_refused_like_any_step_that_something_stops(session: Session):
    make.a_published_calendar(session)
    days = queries.working_days(session)
    assert days.after(date(2027, 12, 30), 1) == date(2027, 12, 31)
    with pytest.raises(Conflict) as refused:
        days.after(date(2027, 12, 31), 1)
    assert refused.value.code == "calendar_too_short"


def test_a_calendar_with_an_error_is_not_published(session: Session):
    checked = service.check_in_subprocess(calendar_with("to: 2026-09-27", "to: 2026-09-24").files, "calendar")
    assert [problem.where.line for problem in checked.errors]
    with pytest.raises(Invalid):
        service.publish_calendar(session, SYSTEM, checked)
    with pytest.raises(NotAllowed):
        service.publish_calendar(session, make.an_actor(session, "approver"), make.checked_calendar())


def test_a_stored_calendar_that_was_changed_is_refused(session: Session):
    stored = make.a_published_calendar(session)
    stored.files = calendar_with("from: 2026-09-25", "from: 2026-09-26").files
    session.flush()
    with pytest.raises(PolicyError, match="was changed"):
        queries.working_days(session)


# Assumed values


def test_hr_confirms_every_assumed_value_by_name_and_once(session: Session):
    stored = make.a_published_policy(session, confirmed=False)
    actor = make.hr(session)
    confirmation = service.confirm_assumed(session, actor, stored)
    assert confirmation.confirmed_by == actor.account_id
    assert any(value["path"] == GRADES and "G-37" in value["reason"] for value in confirmation.assumed)
    assert service.confirm_assumed(session, make.hr(session), stored) is confirmation


def test_nobody_but_hr_confirms_assumed_values(session: Session):
    stored = make.a_published_policy(session, confirmed=False)
    for actor in (SYSTEM, make.an_actor(session, "admin", "approver", "payroll")):
        with pytest.raises(NotAllowed):
            service.confirm_assumed(session, actor, stored)
    assert queries.confirmation_of(session, stored.digest) is None


def test_a_confirmation_is_by_a_named_account(session: Session):
    stored = make.a_published_policy(session, confirmed=False)
    nameless = type(SYSTEM)(account_id=None, employee_id=None, name="HR", roles=frozenset({"hr"}))
    with pytest.raises(Conflict):
        service.confirm_assumed(session, nameless, stored)
