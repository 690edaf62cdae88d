"""The blueprint that the pages of results stand in, and what several of them need."""

from flask import Blueprint

from appraisal import web
from appraisal.cycles.models import Cycle
from appraisal.desk import shell
from appraisal.errors import Fault, Invalid
from appraisal.people import auth

pages = Blueprint("results", __name__)

# Beyond the largest number a database gives a row there is nothing, and drivers fail rather than say so.
_ROW = f"int(max={2**31 - 1})"
RESULT = f"/results/<{_ROW}:appraisal_id>"
CALIBRATION = f"/hr/calibration/<{_ROW}:calibration_id>"
UNIT_RESULT = f"/hr/unit-results/<{_ROW}:unit_result_id>"
PAST_FILE = f"/hr/past-grades/import/<{_ROW}:file_id>"


def require(*roles: str) -> None:
    """That the actor holds one of these roles, be it for some units only."""
    if not web.actor().holds(*roles):
        raise auth.for_others(*roles)


def cycle_in_hand(*roles: str) -> Cycle | None:
    """The cycle in hand, for who holds one of these roles."""
    require(*roles)
    return shell.cycle_in_hand()


def chosen_cases(chosen: list[str]) -> list[tuple[int, int]]:
    """The cases ticked in a list, each with the version that was shown: `12-3` is the case 12 in its version 3."""
    found = []
    for one in chosen:
        case, _, version = one.partition("-")
        if not (case.isascii() and case.isdigit() and version.isascii() and version.isdigit() and len(one) < 22):
            zh, en = "表单不完整, 请刷新页面后重试", "the form is not whole: reload the page and try again"
            raise Invalid("bad_choice", zh, en, [Fault("chosen", zh, en)])
        found.append((int(case), int(version)))
    return found
