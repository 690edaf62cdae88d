"""What comes in and goes out about deliveries."""

from appraisal import rest
from appraisal.delivery.service import LONGEST_ADDRESS, LONGEST_SECRET
from appraisal.labels import codes
from appraisal.people.mailing import LANGUAGES

STATES = codes("delivery_state")


class MailChoiceIn(rest.In):
    """Where my mail goes, in which language, and how much of it; without an address there is none."""

    email = rest.Line(254, allow_none=True, load_default=None)
    how = rest.OneOf(*codes("mail_how"), required=True)
    language = rest.OneOf(*LANGUAGES, required=True)


class MailChoiceOut(rest.Out):
    """What I am sent."""

    email = rest.Str(allow_none=True)
    how = rest.Str()
    language = rest.Str()
    version = rest.Version()


class DeliveryFilter(rest.Query):
    """Which deliveries; `way` is mail, or robot: and its number."""

    way = rest.Line(20, load_default=None)
    state = rest.OneOf(*STATES, load_default=None)


class DeliveryListing(rest.Listing, DeliveryFilter):
    """The same, a page at a time."""


class DeliveryOut(rest.Out):
    """One thing on one way: its kind and number, never what it says; `words` are the other side's own."""

    id = rest.Id()
    way = rest.Str()
    kind = rest.Str()
    notification_id = rest.Id(allow_none=True)
    announcement_id = rest.Id(allow_none=True)
    recipient = rest.Str(allow_none=True)
    digest = rest.Flag()
    state = rest.Str()
    why = rest.Str(allow_none=True)
    words = rest.Str(allow_none=True)
    attempts = rest.Whole()
    made_at = rest.Instant()
    due_at = rest.Instant()
    claimed_at = rest.Instant(allow_none=True)
    ended_at = rest.Instant(allow_none=True)


class WayOut(rest.Out):
    """How a way does: how much waits and what became of the rest, when it last worked and last did not."""

    name = rest.Str()
    robot_id = rest.Id(allow_none=True)
    in_use = rest.Flag()
    trouble = rest.Said(allow_none=True)
    waiting = rest.Whole()
    sent = rest.Whole()
    failed = rest.Whole()
    uncertain = rest.Whole()
    skipped = rest.Whole()
    last_sent_at = rest.Instant(allow_none=True)
    last_fault_at = rest.Instant(allow_none=True)
    fault = rest.Str(allow_none=True)
    faults = rest.Whole()
    retry_at = rest.Instant(allow_none=True)


class WaysOut(rest.Out):
    """Mail first, then the robots by name."""

    items = rest.Many(WayOut, most=10_000)


class RobotIn(rest.In):
    """A new robot: where it listens (https), what it signs with, what its group is told, and of which unit."""

    name = rest.Line(80, required=True)
    kind = rest.OneOf(*codes("robot_kind"), required=True)
    address = rest.Line(LONGEST_ADDRESS, required=True)
    secret = rest.Line(LONGEST_SECRET, allow_none=True, load_default=None)
    events = rest.Many(rest.OneOf(*codes("robot_event")), required=True, most=20, least=1)
    unit_id = rest.Id(allow_none=True, load_default=None)
    language = rest.OneOf(*LANGUAGES, load_default="zh")
    active = rest.Flag(load_default=True)


class RobotChange(RobotIn):
    """A robot as it is to be; without an address it keeps the one it has, with its secret."""

    address = rest.Line(LONGEST_ADDRESS, allow_none=True, load_default=None)


class RobotForm(RobotChange):
    """The same from a page, where a box that is not ticked is not sent."""

    active = rest.Flag(load_default=False)


class NewRobotForm(RobotIn):
    """A new one from a page."""

    active = rest.Flag(load_default=False)


class RobotOut(rest.Out):
    """A robot; of its address the host."""

    id = rest.Id()
    name = rest.Str()
    kind = rest.Str()
    host = rest.Str()
    events = rest.Many(rest.Str(), most=20)
    unit_id = rest.Id(allow_none=True)
    language = rest.Str()
    active = rest.Flag()
    created_at = rest.Instant()
    version = rest.Version()
