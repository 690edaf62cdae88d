"""A row of a post sheet as an indicator of its own, so that whatever takes an indicator takes a row as well."""

from dataclasses import replace

from appraisal.core.policy.entry import Text
from appraisal.core.policy.library import Indicator, Level, LocatedIndicator, SetLevel
from appraisal.core.policy.sheets import Group, Post, PostItem


def as_indicator(
    row: PostItem, group: Group, post: Post, library: LocatedIndicator | None, levels: tuple[SetLevel, ...]
) -> LocatedIndicator:
    """A row of a post's sheet as an indicator: what it does not write comes from the library's entry it names.

    A row marked `uncertain` that writes no source or no cadence has none: a doubt is never settled from elsewhere (G-44).
    """
    known = library.indicator if library else None
    base = known or Indicator(
        id=row.id,
        name=Text(row.id, row.id),
        kind=group.kind,
        definition=row.name or Text(row.id, row.id),
        unit=None,
        sources=None,
        cadence=None,
    )
    settled = row.uncertain is None
    own_goals = row.target is not None or row.challenge is not None
    places = dict(row.where.keys)
    if "source" in places:
        places["sources"] = places["source"]
    return LocatedIndicator(
        Indicator(
            id=row.id,
            name=row.name or base.name,
            kind=group.kind,
            source_row=post.source_row,
            raw=row.raw,
            definition=row.definition or base.definition,
            unit=row.unit or base.unit,
            direction=row.direction or base.direction,
            formula=row.formula or base.formula,
            inputs=row.inputs or base.inputs,
            zero_denominator=row.zero_denominator or base.zero_denominator,
            decimals=base.decimals if row.decimals is None else row.decimals,
            sources=(row.source,) if row.source else (base.sources if settled else None),
            cadence=(row.cadence,) if row.cadence else (base.cadence if settled else None),
            target=row.target if own_goals else base.target,
            challenge=row.challenge if own_goals else base.challenge,
            operator=row.operator if own_goals or row.operator else base.operator,
            best_possible=base.best_possible if row.best_possible is None else row.best_possible,
            curve=row.curve or base.curve,
            missing=row.missing or base.missing,
            roll_up=row.roll_up or base.roll_up,
            status="complete" if row.formula or row.definition else base.status,
            levels=tuple(Level(rating=one.rating, text=one.text.zh, en=one.text.en) for one in levels) or base.levels,
            factors=row.factors or base.factors,
            success_factor=base.success_factor,
            reading=row.reading or base.reading,
            assumed=row.assumed,
            uncertain=row.uncertain,
            restored=row.restored,
            note=row.note,
            where=replace(row.where, keys={**base.where.keys, **places}),
        ),
        row.dimension or group.dimension or (library.dimension if library else None),
        row.where,
        post.id,
    )
