"""What goes in and out about the use of results."""

from decimal import Decimal

from appraisal import rest
from appraisal.results.answers import CasePlaceOut, PersonNamedOut


class UseFilter(rest.Query):
    """A cycle, and an outcome of its policy, such as promotion_preference, pay_raise_priority, training or honours."""

    cycle_id = rest.Id(required=True)
    outcome = rest.Line(80, required=True)


class UseListing(rest.Listing, UseFilter):
    """The same, a page at a time."""


class UseRowOut(rest.Out):
    """An approved result on a list; `place` only where the list is an order."""

    place = rest.Whole(allow_none=True)
    appraisal_id = rest.Id()
    employee = rest.One(PersonNamedOut)
    places = rest.Many(CasePlaceOut)
    score = rest.Number()
    grade = rest.Str()
    approved_at = rest.Instant()


class TrainingNeedsIn(rest.In):
    """Of these appraisals, or of everybody on the list `training`; the weakest items alone, or all `below` a score."""

    cycle_id = rest.Id(required=True)
    appraisal_ids = rest.Many(rest.Id(), least=1, most=500, allow_none=True, load_default=None)
    below = rest.Number(least=Decimal(0), allow_none=True, load_default=None)


class TrainingNeedsOut(rest.Out):
    """`without`: of the appraisals named, those without an approved result that shows anything."""

    people = rest.Whole()
    needs = rest.Whole()
    without = rest.Many(rest.Id())
