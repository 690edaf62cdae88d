"""What comes in and goes out about units, posts, employees, absence and clerks."""

from decimal import Decimal

from appraisal import rest
from appraisal.labels import codes

_FROM = {"description": "the first day on which it holds"}


class EmployeeNameOut(rest.Out):
    """Somebody, by name."""

    id = rest.Id()
    number = rest.Str()
    name = rest.Str()


# Units and posts


class UnitFilter(rest.Listing):
    """Which units; `current` leaves out those that have ended or not begun."""

    code = rest.Line(40, load_default=None)
    parent_id = rest.Id(load_default=None)
    current = rest.Flag(load_default=False)


class UnitOut(rest.Out):
    """A unit. A renamed or merged one has ended and lies below its successor; `was_id` is the same under its name before."""

    id = rest.Id()
    code = rest.Str()
    name = rest.Str()
    name_en = rest.Str()
    parent_id = rest.Id(allow_none=True)
    was_id = rest.Id(allow_none=True)
    from_on = rest.Day()
    to_on = rest.Day(allow_none=True)
    head = rest.One(EmployeeNameOut, allow_none=True)
    version = rest.Version()


class UnitChange(rest.In):
    """A correction of names and place in the tree."""

    name = rest.Line(120, required=True)
    name_en = rest.Line(120, required=True)
    parent_id = rest.Id(required=True, allow_none=True)


class UnitIn(UnitChange):
    """A new unit."""

    code = rest.Line(40, required=True)
    from_on = rest.Day(required=True, metadata=_FROM)


class RenameIn(rest.In):
    """The name from a day on, under a code of its own."""

    code = rest.Line(40, required=True)
    name = rest.Line(120, required=True)
    name_en = rest.Line(120, required=True)
    from_on = rest.Day(required=True, metadata=_FROM)
    reason = rest.Line(500, required=True)


class MergeIn(rest.In):
    """Into which unit it goes, and from when on."""

    into_id = rest.Id(required=True)
    from_on = rest.Day(required=True, metadata=_FROM)
    reason = rest.Line(500, required=True)


class LastDayIn(rest.In):
    """The last day, and why."""

    to_on = rest.Day(required=True)
    reason = rest.Line(500, required=True)


class HeadIn(rest.In):
    """Who heads the unit from a day on; null: nobody."""

    employee_id = rest.Id(required=True, allow_none=True)
    from_on = rest.Day(required=True, metadata=_FROM)


class PostFilter(rest.Listing):
    """Which posts."""

    code = rest.Line(40, load_default=None)
    unit_id = rest.Id(load_default=None, metadata={"description": "of this unit and all below"})


class PostOut(rest.Out):
    """A post; `policy_post` names its sheet in the policy."""

    id = rest.Id()
    code = rest.Str()
    title = rest.Str()
    title_en = rest.Str()
    unit_id = rest.Id()
    policy_post = rest.Str()
    version = rest.Version()


class PostChange(rest.In):
    """A correction of titles and sheet."""

    title = rest.Line(120, required=True)
    title_en = rest.Line(120, required=True)
    policy_post = rest.Line(80, required=True)


class PostIn(PostChange):
    """A new post."""

    code = rest.Line(40, required=True)
    unit_id = rest.Id(required=True)


class PostMoveIn(rest.In):
    """The unit it belongs to from a day on."""

    unit_id = rest.Id(required=True)
    from_on = rest.Day(required=True, metadata=_FROM)
    reason = rest.Line(500, required=True)


# Employees


class EmployeeFilter(rest.Query):
    """Which people; `current` leaves out those who have left or not begun."""

    number = rest.Line(40, load_default=None)
    name = rest.Line(80, load_default=None, metadata={"description": "the name begins so"})
    unit_id = rest.Id(load_default=None, metadata={"description": "with a post in this unit or below today"})
    supervisor_id = rest.Id(load_default=None, metadata={"description": "reporting to them directly today"})
    current = rest.Flag(load_default=False)


class EmployeeListing(rest.Listing, EmployeeFilter):
    """The same, a page at a time."""


class HoldingOut(rest.Out):
    """A post held."""

    post_id = rest.Id()
    title = rest.Str()
    policy_post = rest.Str()
    unit_id = rest.Id()
    unit = rest.Str()
    share = rest.Number()


class EmployeeOut(rest.Out):
    """Somebody with supervisor and posts of today; of who has left, of the last day of work."""

    id = rest.Id()
    number = rest.Str()
    name = rest.Str()
    joined_on = rest.Day()
    left_on = rest.Day(allow_none=True)
    probation_until = rest.Day(allow_none=True)
    supervisor = rest.One(EmployeeNameOut, allow_none=True)
    posts = rest.Many(HoldingOut)
    version = rest.Version()


class EmployeeChange(rest.In):
    """A correction."""

    name = rest.Line(80, required=True)
    joined_on = rest.Day(required=True)
    probation_until = rest.Day(required=True, allow_none=True)


class EmployeeIn(rest.In):
    """Somebody new, in a post and under a supervisor from the first day where these are given."""

    number = rest.Line(40, required=True)
    name = rest.Line(80, required=True)
    joined_on = rest.Day(required=True)
    probation_until = rest.Day(allow_none=True, load_default=None)
    post_id = rest.Id(allow_none=True, load_default=None)
    supervisor_id = rest.Id(allow_none=True, load_default=None)


class LeavingIn(rest.In):
    """The last day of work; null takes it back."""

    left_on = rest.Day(required=True, allow_none=True)
    reason = rest.Line(500, required=True)


class SupervisorIn(rest.In):
    """Under whom from a day on."""

    supervisor_id = rest.Id(required=True)
    from_on = rest.Day(required=True, metadata=_FROM)


class HoldingIn(rest.In):
    """A post from a day on: instead of those held, or with `beside` in addition to them by a share in percent."""

    post_id = rest.Id(required=True)
    from_on = rest.Day(required=True, metadata=_FROM)
    to_on = rest.Day(allow_none=True, load_default=None)
    share = rest.Number(places=2, load_default=Decimal(100))
    beside = rest.Flag(load_default=False)


class EpisodeOut(rest.Out):
    """Something that was so for a time."""

    kind = rest.Str(metadata={"description": ", ".join(codes("episode"))})
    from_on = rest.Day()
    to_on = rest.Day(allow_none=True)
    about_id = rest.Id()
    about = rest.Str()
    share = rest.Number(allow_none=True)


class HistoryOut(rest.Out):
    """Everything dated of one person."""

    episodes = rest.Many(EpisodeOut)


# Importing


class PeopleListForm(rest.Query):
    """A list of people; with `preview` nothing is written."""

    file = rest.File(required=True)
    preview = rest.Flag(load_default=False)
    skip_faulty = rest.Flag(load_default=False)


class ListedPersonOut(rest.Out):
    """What becomes of one person; `row` is their first in the file."""

    row = rest.Whole()
    number = rest.Str()
    name = rest.Str()
    outcome = rest.Str(metadata={"description": "created, changed or unchanged"})
    changes = rest.Many(rest.Str())


class PeopleListFaultOut(rest.Out):
    """One thing that is wrong."""

    path = rest.Str()
    message = rest.Said()


class PeopleListOut(rest.Out):
    """What the list does, or in a preview would do. `people` shows the first who are created or changed, `faults` the first."""

    preview = rest.Flag()
    created = rest.Whole()
    changed = rest.Whole()
    unchanged = rest.Whole()
    faulty_rows = rest.Whole()
    new_units = rest.Many(rest.Str())
    new_posts = rest.Many(rest.Str())
    people = rest.Many(ListedPersonOut)
    faults = rest.Many(PeopleListFaultOut)


# Absence and clerks


class LeaveOut(rest.Out):
    """Leave; neutral days lower nothing."""

    id = rest.Id()
    employee_id = rest.Id()
    kind = rest.Str()
    from_on = rest.Day()
    to_on = rest.Day()
    neutral = rest.Flag()
    note = rest.Str(allow_none=True)
    version = rest.Version()


class LeaveIn(rest.In):
    """Leave, first and last day included."""

    kind = rest.OneOf(*codes("leave"), required=True)
    from_on = rest.Day(required=True)
    to_on = rest.Day(required=True)
    neutral = rest.Flag(load_default=True)
    note = rest.Line(500, allow_none=True, load_default=None)


class DelegationOut(rest.Out):
    """Who stands in for whom."""

    id = rest.Id()
    supervisor = rest.One(EmployeeNameOut)
    stand_in = rest.One(EmployeeNameOut)
    from_on = rest.Day()
    to_on = rest.Day()
    reason = rest.Str()
    version = rest.Version()


class DelegationIn(rest.In):
    """Who stands in, named by employee number, because it need not be somebody one may look up. Without `supervisor_id`, for
    oneself."""

    supervisor_id = rest.Id(allow_none=True, load_default=None)
    stand_in_number = rest.Line(40, required=True)
    from_on = rest.Day(required=True)
    to_on = rest.Day(required=True)
    reason = rest.Line(500, required=True)


class ClerkFilter(rest.Listing):
    """Which clerks."""

    unit_id = rest.Id(load_default=None)


class ClerkOut(rest.Out):
    """Who enters for those of a unit and below who have no account."""

    id = rest.Id()
    employee = rest.One(EmployeeNameOut)
    unit_id = rest.Id()
    from_on = rest.Day()
    to_on = rest.Day(allow_none=True)
    reason = rest.Str()
    version = rest.Version()


class ClerkIn(rest.In):
    """A new clerk."""

    employee_id = rest.Id(required=True)
    unit_id = rest.Id(required=True)
    from_on = rest.Day(required=True)
    to_on = rest.Day(allow_none=True, load_default=None)
    reason = rest.Line(500, required=True)


# What the pages take in: people are named by number, because a form is typed; a day that is left empty is none.


class DirectoryListing(EmployeeListing):
    """Which people, with a part of a number or name in one field."""

    q = rest.Line(80, load_default=None)
    current = rest.Flag(load_default=True)


class HireForm(rest.In):
    """Somebody new, in a post and under a supervisor from the first day."""

    number = rest.Line(40, required=True)
    name = rest.Line(80, required=True)
    joined_on = rest.Day(required=True)
    probation_until = rest.Day(load_default=None)
    email = rest.Line(254, load_default=None)
    post_id = rest.Id(load_default=None)
    supervisor_number = rest.Line(40, load_default=None)


class CorrectionForm(rest.In):
    """Name, first day of work, end of probation, mail address."""

    name = rest.Line(80, required=True)
    joined_on = rest.Day(required=True)
    probation_until = rest.Day(load_default=None)
    email = rest.Line(254, load_default=None)


class LeavingForm(rest.In):
    """The last day of work; left empty it is taken back."""

    left_on = rest.Day(load_default=None)
    reason = rest.Line(500, required=True)


class SupervisorForm(rest.In):
    """Under whom from a day on."""

    supervisor_number = rest.Line(40, required=True)
    from_on = rest.Day(required=True)


class DelegationForm(rest.In):
    """Who stands in; for somebody else only by HR."""

    supervisor_number = rest.Line(40, load_default=None)
    stand_in_number = rest.Line(40, required=True)
    from_on = rest.Day(required=True)
    to_on = rest.Day(required=True)
    reason = rest.Line(500, required=True)


class FoundingForm(UnitIn):
    """A new unit; left empty, it lies below none."""

    parent_id = rest.Id(load_default=None)


class UnitCorrectionForm(UnitChange):
    """A correction of names and place in the tree."""

    parent_id = rest.Id(load_default=None)


class PostListing(rest.Listing):
    """Which posts, with a part of the code or title in one field."""

    q = rest.Line(80, load_default=None)
    unit_id = rest.Id(load_default=None)


class HeadForm(rest.In):
    """Who heads the unit from a day on; left empty: nobody."""

    head_number = rest.Line(40, load_default=None)
    from_on = rest.Day(required=True)


class ClerkForm(rest.In):
    """A new clerk of a unit."""

    clerk_number = rest.Line(40, required=True)
    unit_id = rest.Id(required=True)
    from_on = rest.Day(required=True)
    to_on = rest.Day(load_default=None)
    reason = rest.Line(500, required=True)


class NothingForm(rest.In):
    """Only that it is done."""
