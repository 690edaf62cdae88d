"""What the reader of a case may do next: what `possible` allows, without what would be refused as things stand, with what is
entered for others from paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import current_app, url_for
from sqlmodel import Session

from appraisal import clock
from appraisal.actor import Actor
from appraisal.core.errors import Message
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.errors import NotAllowed
from appraisal.people.models import Employee
from appraisal.results import courses
from appraisal.results.guards import require_impartial
from appraisal.reviews import queries as reviews
from appraisal.reviews.scope import action_words, gathered
from appraisal.reviews.views.acts import BY_NAME, Act

# Of what somebody may do, what matters most.
FIRST = (
    *("submit_self_assessment", "rate_goals", "write_opinion", "submit_review", "record_interview", "sign_interview"),
    *("decide_reopening", "revise", "accept_appeal", "decide_appeal", "confirm_data", "publish", "compute", "close_appeals"),
    *("approve", "archive", "acknowledge"),
)
_IMPARTIAL = {"decide_appeal", "revise"}
_ON_ITS_WAY = ("approve", "publish", "compute", "close_appeals")


@dataclass(frozen=True)
class Offer:
    """Something to do, and where."""

    name: str
    words: Message
    address: str
    act: Act | None = None


def offers_of(
    case: Mapping[str, Any],
    relations: frozenset[str],
    until: date | None,
    formers: Sequence[Employee],
) -> list[Offer]:
    """What `possible` allows and makes sense as things stand, with what is entered for others from paper."""
    names = [*case["possible"], *_from_paper(case, relations)]
    names += ["waive_opinion"] if formers and "hr" in relations else []
    latest = case["layers"][-1] if case["layers"] else None
    settled = latest is not None and latest["approved_at"] is not None and "revise" not in names
    disputed = any(one["state"] in ("filed", "accepted") for one in case["appeals"])
    without = set() if settled else {"archive"}
    without |= {name for name in names if name.startswith("return_to")} | set(_ON_ITS_WAY) if settled or disputed else set()
    if latest is None or latest["published_at"] is None:
        without |= {"close_appeals", "approve"}
    elif not _is_decided(case) and (until is None or clock.today() <= until):
        without.add("close_appeals")
    return [offer for name in dict.fromkeys(names) if name not in without and (offer := _offer(case["id"], name))]


def kept_from(
    session: Session,
    actor: Actor,
    appraisal: Appraisal,
    cycle: Cycle,
    relations: frozenset[str],
    case: Mapping[str, Any],
) -> set[str]:
    """Of the decisions that are possible those from which the reader is kept by the part they have had in the case (D-05,
    D-19): nobody is to give their reasons and be refused then."""
    possible = set(case["possible"])
    found = set()
    if possible & _IMPARTIAL:
        try:
            require_impartial(session, actor, gathered(session, appraisal, cycle, relations))
        except NotAllowed:
            found |= _IMPARTIAL
    asked = [one["by"]["id"] for one in case["reopenings"] if one["granted"] is None and one["by"]]
    found |= {"decide_reopening"} if actor.employee_id in asked else set()
    if "approve" in possible:
        part = reviews.assessors_of(session, case["id"]) | courses.deciders_of(session, case["id"])
        found |= {"approve"} if actor.employee_id is None or actor.employee_id in part else set()
    return found


def _from_paper(case: Mapping[str, Any], relations: frozenset[str]) -> list[str]:
    if relations.isdisjoint({"hr", "supervisor"}) or case["cycle"]["status"] != "open" or not case["rated"]:
        return []
    held = [one["interview"] for one in case["entries"] if one["interview"]]
    found = [] if not held or any(one["role"] == "employee" for one in held[-1]["signatures"]) else ["enter_signature"]
    published = [one for one in case["layers"] if one["published_at"] is not None]
    answered = {one["result_id"] for one in case["acknowledgements"]}
    waits = published and published[-1]["approved_at"] is None and published[-1]["result_id"] not in answered
    return found + (["enter_acknowledgement"] if waits else [])


def _is_decided(case: Mapping[str, Any]) -> bool:
    """Whether an appeal has brought the latest layer about: it cannot be appealed again."""
    made = {act["result_id"] for appeal in case["appeals"] if appeal["state"] == "upheld" for act in appeal["acts"]}
    return case["layers"][-1]["result_id"] in made


def _offer(appraisal_id: int, name: str) -> Offer | None:
    if name in BY_NAME:
        return Offer(name, BY_NAME[name].words, url_for(f"reviews.{name}", appraisal_id=appraisal_id), BY_NAME[name])
    if name == "close_calibration":
        there = "results.calibrations" in current_app.view_functions
        return Offer(name, action_words(name), url_for("results.calibrations")) if there else None
    return Offer(name, action_words(name), url_for("reviews.move", appraisal_id=appraisal_id, action=name))
