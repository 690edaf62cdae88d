"""People from a list: the preview says what the import does, faults stop it, and running it again changes nothing."""

import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, event, func
from sqlmodel import Session, select

from appraisal import audit, clock
from appraisal.actor import SYSTEM, Actor
from appraisal.cli import main
from appraisal.config import settings
from appraisal.errors import Invalid, NotAllowed
from appraisal.people import queries, service
from appraisal.people.importing import Preview, import_people, preview_people, read_people
from appraisal.people.models import Employee, Unit
from tests import factories as make

TODAY = date(2026, 3, 2)
HEAD = "工号,姓名,入职日期,部门代码,部门,岗位代码,岗位,制度岗位,直接上级工号\n"
COMPANY = (
    HEAD + "00002,李四,2025-01-01,X-sales,销售部,X-rep,业务员,sales,00001\n"
    "00001,张 三,2024-01-01,X-sales,销售部,X-head,销售经理,management,\n"
)


@pytest.fixture(autouse=True)
def today():
    with clock.at(TODAY):
        yield


def bring(session: Session, text: str, actor: Actor | None = None, **options: bool) -> Preview:
    return import_people(
        session, actor or make.hr(session), read_people("名单.csv", text.encode()), source="名单.csv", **options
    )


def outcomes(preview: Preview) -> dict[str, str]:
    return {one.number: one.outcome for one in preview.people}


def faults_of(session: Session, text: str, actor: Actor | None = None) -> list[str]:
    """What is wrong; and that therefore nothing was written."""
    before = _rows(session)
    with pytest.raises(Invalid) as refused:
        bring(session, text, actor)
    assert refused.value.code == "import_refused"
    assert _rows(session) == before
    return [f"{fault.path}: {fault.en}" for fault in refused.value.faults]


def _rows(session: Session) -> tuple[int, ...]:
    session.flush()
    return tuple(session.exec(select(func.count()).select_from(table)).one() for table in (Employee, Unit, audit.AuditRecord))


def the(session: Session, number: str) -> Employee:
    found = queries.employee_by_number(session, number)
    assert found is not None
    return found


# What comes about


def test_a_list_makes_units_posts_people_and_lines_whatever_their_order(session: Session):
    preview = bring(session, COMPANY)
    assert outcomes(preview) == {"00002": "created", "00001": "created"}
    assert (preview.new_units, preview.new_posts) == (("X-sales",), ("X-rep", "X-head"))
    head, led = the(session, "00001"), the(session, "00002")
    assert head.name == "张三"
    assert queries.supervisor_on(session, led.id, date(2025, 1, 1)) is head
    [held] = queries.posts_held(session, [led.id], TODAY, TODAY)
    assert (held.post_title, held.unit_name, held.policy_post, held.share) == ("业务员", "销售部", "sales", Decimal(100))


def test_the_same_list_again_changes_nothing_and_writes_no_record(session: Session):
    bring(session, COMPANY)
    audit.flush(session)
    before = _rows(session)
    for day in (TODAY, date(2026, 4, 1)):
        with clock.at(day):
            assert set(outcomes(bring(session, COMPANY)).values()) == {"unchanged"}
    audit.flush(session)
    assert _rows(session) == before


def test_a_preview_tells_what_the_import_does_and_does_nothing(session: Session):
    before = _rows(session)
    preview = preview_people(session, make.hr(session), read_people("x.csv", COMPANY.encode()))
    assert (preview.counted("created"), preview.counted("changed"), preview.faulty_rows) == (2, 0, 0)
    assert [one.row for one in preview.people] == [2, 3]
    assert _rows(session)[:2] == before[:2]
    assert bring(session, COMPANY).people[0].changes == preview.people[0].changes


def test_what_differs_is_changed_and_what_is_blank_stays(session: Session):
    bring(session, COMPANY)
    changed = bring(session, "工号,姓名,试用期至\n00002,李思,2025-03-31\n00001,,\n")
    assert outcomes(changed) == {"00002": "changed", "00001": "unchanged"}
    assert changed.people[0].changes == ("name", "probation_until")
    led = the(session, "00002")
    assert (led.name, led.probation_until, led.joined_on) == ("李思", date(2025, 3, 31), date(2025, 1, 1))
    assert led.version == 2


def test_another_post_and_supervisor_hold_from_today_or_the_day_given(session: Session):
    bring(session, COMPANY + "00003,王五,2024-01-01,X-sales,,X-head,,,\n")
    more = "工号,岗位代码,直接上级工号,生效日期\n"
    bring(session, more + "00002,X-head,00003,2026-02-01\n")
    led = the(session, "00002")
    assert [held.post_title for held in queries.posts_held(session, [led.id], date(2026, 1, 31), date(2026, 2, 1))] == [
        "业务员",
        "销售经理",
    ]
    assert queries.supervisor_on(session, led.id, date(2026, 1, 31)) is the(session, "00001")
    assert queries.supervisor_on(session, led.id, date(2026, 2, 1)) is the(session, "00003")
    bring(session, more + "00002,X-rep,,\n")
    assert [held.from_on for held in queries.posts_held(session, [led.id], date(2026, 2, 1), TODAY)] == [
        date(2026, 2, 1),
        TODAY,
    ]


def test_what_was_noted_wrongly_today_is_put_right_today(session: Session):
    bring(session, COMPANY + "00003,王五,2026-03-02,X-sales,,X-head,,,00001\n")
    bring(session, "工号,岗位代码,直接上级工号\n00003,X-rep,00002\n")
    new = the(session, "00003")
    assert [held.post_title for held in queries.posts_held(session, [new.id], TODAY, TODAY)] == ["业务员"]
    assert queries.supervisor_on(session, new.id, TODAY) is the(session, "00002")


def test_several_rows_are_one_person_with_several_posts(session: Session):
    bring(session, COMPANY)
    two = "工号,岗位代码,任职比例\n00002,X-rep,60\n00002,X-head,40\n"
    assert outcomes(bring(session, two)) == {"00002": "changed"}
    held = queries.posts_held(session, [the(session, "00002").id], TODAY, TODAY)
    assert sorted((one.post_title, one.share) for one in held) == [("业务员", Decimal(60)), ("销售经理", Decimal(40))]
    assert outcomes(bring(session, two)) == {"00002": "unchanged"}


def test_a_post_held_already_goes_on_beside_a_new_one(session: Session):
    bring(session, COMPANY)
    bring(session, "工号,岗位代码,任职比例\n00002,X-rep,60\n00002,X-head,40\n")
    bring(session, "工号,岗位代码,任职比例\n00002,X-rep,60\n")
    with clock.at(date(2026, 3, 10)):
        bring(session, "工号,岗位代码,任职比例\n00002,X-rep,60\n00002,X-head,20\n")
    held = queries.posts_held(session, [the(session, "00002").id], TODAY, date(2026, 3, 31))
    assert [(one.post_title, one.from_on, one.share) for one in held] == [
        ("业务员", TODAY, Decimal(60)),
        ("销售经理", date(2026, 3, 10), Decimal(20)),
    ]


def test_a_line_begins_when_both_are_there(session: Session):
    bring(session, "工号,姓名,入职日期,直接上级工号\n1,老员工,2018-01-01,2\n2,新经理,2024-06-01,\n")
    assert queries.supervisor_on(session, the(session, "1").id, date(2024, 5, 31)) is None
    assert queries.supervisor_on(session, the(session, "1").id, date(2024, 6, 1)) is the(session, "2")


def test_new_units_hang_below_one_another_and_below_those_there(session: Session):
    make.a_unit(session)
    text = (
        "工号,姓名,入职日期,部门代码,部门,上级部门代码,上级部门,岗位代码,岗位,制度岗位\n"
        "1,甲,2025-01-01,X-team,一组,X-sales,,X-p,业务员,sales\n"
        "2,乙,2024-01-01,X-sales,销售部,X-all,公司,X-h,经理,management\n"
    )
    assert bring(session, text).new_units == ("X-team", "X-all", "X-sales")
    team, sales, whole = (queries.unit_by_code(session, code) for code in ("X-team", "X-sales", "X-all"))
    assert (team.parent_id, sales.parent_id, whole.parent_id) == (sales.id, whole.id, None)
    assert whole.from_on == date(2024, 1, 1)
    assert {one.outcome for one in bring(session, text).people} == {"unchanged"}


# What stops it


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("9,,2025-01-01,,,,,,", "row 4, 姓名: row 4, 姓名: is needed"),
        ("9,新人,,,,,,,", "row 4, 入职日期: row 4, 入职日期: is needed"),
        ("9,新人,2025-01-01,X-none,,X-rep,,,", "there is no unit X-none"),
        ("9,新人,2025-01-01,,,X-none,,,", "there is no post X-none"),
        ("9,新人,2025-01-01,X-sales,售后部,X-rep,,,", "the unit X-sales is called 销售部"),
        ("9,新人,2025-01-01,X-sales,,X-rep,经理,,", "the post X-rep has 业务员"),
        ("9,新人,2025-01-01,X-sales,,,,,", "the code of the post is needed"),
        ("9,新人,2025-01-01,,,,,,404", "nobody with the number 404"),
        ("9,新人,2025-01-01,,,,,,9", "loop: 9 → 9"),
        ("9,新人,2025-02-30,,,,,,", "is no day"),
    ],
)
def test_one_faulty_row_stops_the_list_and_is_named(session: Session, row: str, told: str):
    found = faults_of(session, COMPANY + row + "\n")
    assert told in found[0]
    assert {fault.split(",")[0] for fault in found} == {"row 4"}


@pytest.mark.parametrize(
    ("heading", "value", "stands"),
    [
        ("试用期至", "2025-01-01", True),
        ("试用期至", "2024-12-31", False),
        ("离职日期", "2025-01-01", True),
        ("离职日期", "2024-12-31", False),
        ("生效日期", "2025-01-01", True),
        ("生效日期", "2024-12-31", False),
    ],
)
def test_no_day_is_before_the_first_day_of_work(session: Session, heading: str, value: str, stands: bool):
    text = f"工号,姓名,入职日期,{heading}\n9,新人,2025-01-01,{value}\n"
    if stands:
        assert outcomes(bring(session, text)) == {"9": "created"}
    else:
        assert f"row 2, {heading}" in faults_of(session, text)[0]


@pytest.mark.parametrize(("shares", "stands"), [("60/40", True), ("60/40.01", False), ("0/40", False), ("60/", False)])
def test_shares_of_several_posts_are_all_given_and_reach_100_at_most(session: Session, shares: str, stands: bool):
    bring(session, COMPANY)
    one, other = shares.split("/")
    text = f"工号,岗位代码,任职比例\n00002,X-rep,{one}\n00002,X-head,{other}\n"
    if stands:
        bring(session, text)
    else:
        assert "任职比例" in faults_of(session, text)[0]


def test_rows_of_one_person_say_the_same(session: Session):
    bring(session, COMPANY)
    text = "工号,姓名,岗位代码,任职比例\n00002,李四,X-rep,60\n00002,李思,X-head,40\n"
    assert "differs from another row" in faults_of(session, text)[0]
    twice = "工号,岗位代码,任职比例\n00002,X-rep,60\n00002,X-rep,40\n"
    assert "is there twice" in faults_of(session, twice)[0]


def test_a_loop_across_the_whole_file_is_refused(session: Session):
    head = "工号,姓名,入职日期,直接上级工号\n"
    found = faults_of(session, head + "1,甲,2025-01-01,2\n2,乙,2025-01-01,3\n3,丙,2025-01-01,1\n")
    assert [fault.split(":")[0] for fault in found] == [f"row {row}, 直接上级工号" for row in (2, 3, 4)]
    assert "1 → 2 → 3 → 1" in found[0]


def test_a_loop_through_lines_that_are_there_is_refused_and_changing_places_is_none(session: Session):
    bring(session, COMPANY)
    assert "loop" in faults_of(session, "工号,直接上级工号\n00001,00002\n")[0]
    bring(session, COMPANY + "00003,王五,2024-01-01,,,,,,\n")
    bring(session, "工号,直接上级工号\n00001,00002\n00002,00003\n")
    assert queries.supervisor_on(session, the(session, "00001").id, TODAY) is the(session, "00002")


def test_new_units_close_into_no_loop_and_hang_on_one_that_is_there(session: Session):
    head = "工号,姓名,入职日期,部门代码,部门,上级部门代码,岗位代码,岗位,制度岗位\n"
    loop = "1,甲,2025-01-01,A,甲部,B,P,岗,sales\n2,乙,2025-01-01,B,乙部,A,P,,\n"
    assert "close into a loop" in faults_of(session, head + loop)[0]
    assert "there is no unit C above" in faults_of(session, head + "1,甲,2025-01-01,A,甲部,C,P,岗,sales\n")[0]


def test_a_supervisor_who_has_left_supervises_nobody_new(session: Session):
    bring(session, COMPANY + "00003,王五,2024-01-01,,,,,,\n")
    service.end_employment(session, make.hr(session), the(session, "00003"), left_on=date(2026, 3, 1), reason="辞职")
    text = "工号,直接上级工号,生效日期\n00002,00003,{}\n"
    assert "has left" in faults_of(session, text.format("2026-03-02"))[0]
    bring(session, text.format("2026-03-01"))


def test_what_is_noted_for_later_is_not_overwritten(session: Session):
    bring(session, COMPANY + "00003,王五,2024-01-01,,,,,,\n")
    led = the(session, "00002")
    service.assign_supervisor(session, make.hr(session), led, the(session, "00003"), from_on=date(2026, 5, 1))
    service.assign_post(session, make.hr(session), led, make.a_post(session), from_on=date(2026, 5, 1))
    service.assign_supervisor(session, make.hr(session), the(session, "00001"), the(session, "00003"), from_on=date(2026, 5, 1))
    assert "is noted after" in faults_of(session, "工号,岗位代码\n00002,X-head\n")[0]
    assert "is noted after" in faults_of(session, "工号,姓名,入职日期,直接上级工号\n4,赵六,2024-01-01,\n00002,,,4\n")[0]


def test_an_ended_unit_takes_nobody(session: Session):
    bring(session, COMPANY)
    unit = queries.unit_by_code(session, "X-sales")
    unit.to_on = date(2026, 3, 1)
    text = HEAD + "9,新人,2026-03-{},X-sales,,X-rep,,,\n"
    assert "has ended" in faults_of(session, text.format("02"))[0]
    bring(session, text.format("01"))


# Skipping faulty people


def test_faulty_people_may_be_left_out_with_whoever_hangs_on_them(session: Session):
    text = (
        "工号,姓名,入职日期,直接上级工号\n"
        "1,甲,2025-01-01,\n"
        "2,,2025-01-01,1\n"
        "3,丙,2025-01-01,2\n"
        "4,丁,2025-01-01,3\n"
        "5,戊,2025-01-01,1\n"
    )
    preview = bring(session, text, skip_faulty=True)
    assert outcomes(preview) == {"1": "created", "5": "created"}
    assert preview.faulty_rows == 3
    assert [fault.path for fault in preview.faults] == ["row 3, 姓名", "row 4, 直接上级工号", "row 5, 直接上级工号"]


def test_of_several_posts_none_is_taken_where_one_row_cannot_be_read(session: Session):
    bring(session, COMPANY)
    preview = bring(session, "工号,岗位代码,任职比例\n00002,X-rep,60\n00002,X-head,四十\n", skip_faulty=True)
    assert preview.people == ()
    assert [one.share for one in queries.posts_held(session, [the(session, "00002").id], TODAY, TODAY)] == [Decimal(100)]


def test_faults_that_hang_on_one_another_without_end_stop_even_a_lenient_import(session: Session):
    rows = "".join(f"{row},人,2025-01-01,{row + 1}\n" for row in range(1, 60))
    with pytest.raises(Invalid) as refused:
        bring(session, "工号,姓名,入职日期,直接上级工号\n" + rows, skip_faulty=True)
    assert refused.value.code == "import_refused"


# Who may


def test_hr_and_the_operator_of_the_machine_import_and_nobody_else(session: Session):
    unit = make.a_unit(session)
    limited = make.an_actor(session, "hr", unit=unit)
    for actor in (make.an_actor(session, "admin", "payroll", "approver"), limited):
        with pytest.raises(NotAllowed):
            bring(session, COMPANY, actor)
        with pytest.raises(NotAllowed):
            preview_people(session, actor, read_people("x.csv", COMPANY.encode()))
    bring(session, COMPANY, SYSTEM)


def test_hr_does_not_change_their_own_file_by_a_list(session: Session):
    bring(session, COMPANY)
    actor = make.an_actor(session, "hr", employee=the(session, "00002"))
    assert outcomes(bring(session, COMPANY, actor)) == {"00002": "unchanged", "00001": "unchanged"}
    assert "nobody handles their own file" in faults_of(session, "工号,姓名\n00002,李思\n", actor)[0]


def test_each_change_is_on_record_with_what_was_before(session: Session):
    bring(session, COMPANY)
    audit.flush(session)
    bring(session, "工号,姓名\n00002,李思\n")
    audit.flush(session)
    change, whole = session.exec(select(audit.AuditRecord).order_by(audit.AuditRecord.seq.desc()).limit(2)).all()[::-1]
    assert '"before":{"name":"李四"}' in change.payload and '"after":{"name":"李思"}' in change.payload
    assert (whole.action, whole.object_id) == ("employee.import_list", "名单.csv")


# The operator's command


@pytest.fixture
def run(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """The command on a list with this text."""

    def run(text: str, *options: str) -> Result:
        monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
        settings.cache_clear()
        file = tmp_path / "list.csv"
        file.write_text(text, encoding="utf-8")
        return CliRunner().invoke(main, ["people", "import", str(file), *options])

    yield run
    monkeypatch.undo()
    settings.cache_clear()


def test_the_command_previews_imports_and_tells_faults(run: Callable[..., Result]):
    assert run(COMPANY, "--preview").output.endswith(
        "2 created, 0 changed, 0 unchanged, 1 new units, 2 new posts, 0 faulty rows\n"
    )
    done = run(COMPANY)
    assert (done.exit_code, done.output.splitlines()[0]) == (0, "2: created 00002 李四 (name, joined_on, supervisor, post)")
    assert run(COMPANY).output == "0 created, 0 changed, 2 unchanged, 0 new units, 0 new posts, 0 faulty rows\n"
    faulty = "工号,姓名,入职日期\n9,,2026-01-01\n8,新人,2026-01-01\n"
    refused = run(faulty)
    assert refused.exit_code == 1
    assert "第 2 行 姓名" in refused.stderr and "import_refused" in refused.stderr
    assert run(faulty, "--preview").exit_code == 1
    assert run(faulty, "--skip-faulty").stdout.startswith("3: created 8")


# Size


def test_the_number_of_queries_does_not_grow_with_the_list(session: Session):
    def counted(text: str) -> int:
        count = 0

        def add(*_: object) -> None:
            nonlocal count
            count += 1

        connection = session.connection()
        event.listen(connection, "before_cursor_execute", add)
        preview_people(session, make.hr(session), read_people("x.csv", text.encode()))
        event.remove(connection, "before_cursor_execute", add)
        return count

    make.hr(session)
    rows = "".join(f"{row},人,2025-01-01,1\n" for row in range(2, 200))
    head = "工号,姓名,入职日期,直接上级工号\n1,甲,2025-01-01,\n"
    assert counted(head) == counted(head + rows)


def test_five_thousand_people_take_seconds(session: Session):
    rows = [f"S{n:05},员工{n},2025-01-01,D{n % 50},部门{n % 50},P{n % 50},业务员,sales," for n in range(5000)]
    rows = [row + (f"S{n // 10:05}" if n else "") for n, row in enumerate(rows)]
    started = time.monotonic()
    assert bring(session, HEAD + "\n".join(rows) + "\n").counted("created") == 5000
    assert bring(session, HEAD + "\n".join(rows) + "\n").counted("unchanged") == 5000
    assert time.monotonic() - started < 30
