"""Small policies for the engine's tests: the rules that matter to it, everything else as plain as can be."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from appraisal.core.policy.model import (
    AppealRule,
    Band,
    Effect,
    Event,
    GradesEdition,
    IncidentRule,
    LocatedPost,
    NotRated,
    OutcomeRule,
    OutcomesEdition,
    Policy,
    PolicyEdition,
    Post,
    RatingScale,
    ScoringEdition,
    Text,
    VetoesEdition,
    WorkflowEdition,
)
from appraisal.core.policy.tree import Where

DAY = date(2026, 1, 1)
BANDS = (("S", "95"), ("A", "85"), ("B", "75"), ("C", "60"), ("D", "0"))


def text(words: str) -> Text:
    return Text(words, words)


def a_band(grade: str, edge: str, line: int) -> Band:
    where = Where("rules/test/grades.yaml", line, 9)
    return Band(grade=grade, name=text(grade), from_=Decimal(edge), multiplier=Decimal(1), where=where)


def an_incident_rule(
    id: str, *, event: str | None = None, when: str | None = None, posts: Sequence[str] = (), line: int = 20
) -> IncidentRule:
    """A rule of line `line`, its `when` two lines below from column 15; for every post unless some are named."""
    path = "rules/test/vetoes.yaml"
    return IncidentRule(
        id=id,
        name=text(id),
        event=event,
        when=when,
        effects=(Effect(effect="zero_total", subject="self"),),
        posts=tuple(posts),
        all_posts=not posts,
        where=Where(path, line, 9, keys={"when": Where(path, line + 2, 15)}),
    )


def an_outcome_rule(id: str, *when: str, line: int = 30) -> OutcomeRule:
    """A rule whose conditions stand on the lines below `line`, from column 11."""
    path = "rules/test/outcomes.yaml"
    places = {str(index): Where(path, line + 2 + index, 11) for index in range(len(when))}
    where = Where(path, line, 9, keys={"when": Where(path, line + 1, 9, keys=places)})
    return OutcomeRule(id=id, name=text(id), when=when, where=where)


def a_policy(
    *,
    bands: Sequence[tuple[str, str]] = BANDS,
    incidents: Sequence[IncidentRule] = (),
    outcomes: Sequence[OutcomeRule] = (),
    posts: Sequence[str] = ("sales",),
    events: Sequence[str] = ("serious_violation",),
) -> Policy:
    """A policy of these rules, valid enough to be compiled."""
    return Policy(
        id="test",
        title=text("test"),
        documents=(),
        effective=DAY,
        general=PolicyEdition(
            effective=DAY,
            status="trial",
            precision=4,
            missing="block",
            dimensions=(),
            cycles=(),
            share_veto="whole",
            not_rated=NotRated(minimum_days=30, pay="none"),
        ),
        library=(),
        scoring=ScoringEdition(
            effective=DAY, defaults={}, rating_scale=RatingScale(minimum=Decimal(0), maximum=Decimal(100)), curves=()
        ),
        grades=GradesEdition(
            effective=DAY, bands=tuple(a_band(grade, edge, line) for line, (grade, edge) in enumerate(bands, 6))
        ),
        vetoes=VetoesEdition(
            effective=DAY,
            events=tuple(Event(id=event, name=text(event), confirmed_by="HR") for event in events),
            rules=tuple(incidents),
        ),
        outcomes=OutcomesEdition(effective=DAY, rules=tuple(outcomes)),
        workflow=WorkflowEdition(
            effective=DAY, steps=(), moves=(), appeal=AppealRule(window_days=5, accept_days=3, decide_days=15)
        ),
        sheets=tuple(LocatedPost(Post(id=post, title=text(post)), text("unit")) for post in posts),
        refused=(),
    )
