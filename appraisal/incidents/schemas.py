"""What the endpoints of the ledger take in and give out."""

from appraisal import rest
from appraisal.incidents.models import CONFIRMED, DRAFT, HEARD, WITHDRAWN
from appraisal.incidents.reach import WAYS
from appraisal.people.schemas_organisation import EmployeeNameOut

STATUSES = (DRAFT, HEARD, CONFIRMED, WITHDRAWN)


class IncidentFileOut(rest.Out):
    """`entry_id` is the act it was handed in with; null is the report itself."""

    id = rest.Id()
    name = rest.Str()
    media_type = rest.Str()
    size = rest.Whole()
    sha256 = rest.Str()
    entry_id = rest.Id(allow_none=True)


class IncidentEntryOut(rest.Out):
    id = rest.Id()
    status = rest.OneOf(HEARD, CONFIRMED, WITHDRAWN)
    text = rest.Str()
    nobody_named = rest.Str(allow_none=True)
    entered_by = rest.Str(allow_none=True)
    entered_at = rest.Instant()


class ReachedOut(rest.Out):
    """Somebody whom an incident reaches and in which ways; `reason`: why they were named."""

    employee = rest.One(EmployeeNameOut)
    reach = rest.Many(rest.OneOf(*WAYS))
    reason = rest.Str(allow_none=True)
    effect = rest.Said()


class AffectedOut(rest.Out):
    """An appraisal that an incident has a say in, and how far its result had come: a `computed` or `published` one becomes
    stale and is computed anew, an `approved` one stands until it is reopened by approval (D-19); `says` has it in words. No
    `effects`: no rule falls on this sheet, although the incident is on record for it."""

    appraisal_id = rest.Id()
    employee = rest.One(EmployeeNameOut)
    cycle = rest.Str()
    step = rest.Str()
    result = rest.OneOf("none", "computed", "published", "approved")
    says = rest.Said()
    effects = rest.Many(rest.Said())


class IncidentRowOut(rest.Out):
    """`filed_by` is null to the person concerned until they have been heard, and to whom it is shown only because it reaches
    them too."""

    id = rest.Id()
    employee = rest.One(EmployeeNameOut)
    event = rest.Str()
    happened_on = rest.Day()
    status = rest.OneOf(*STATUSES)
    filed_by = rest.Str(allow_none=True)
    filed_at = rest.Instant()
    version = rest.Version()


class IncidentOut(IncidentRowOut):
    """`people`: whom it reaches, the person concerned first, to those who decide on it or check that, and before it is
    confirmed only who has been named; to everybody else what it does to themselves. `facts` are null, and there are no entries
    and files, to whom it is shown only because it reaches them too."""

    facts = rest.Str(allow_none=True)
    people = rest.Many(ReachedOut)
    entries = rest.Many(IncidentEntryOut)
    files = rest.Many(IncidentFileOut)


class DecidedIncidentOut(IncidentOut):
    """With whose results it has moved, to whoever has decided it."""

    affected = rest.Many(AffectedOut)


class ReachOut(rest.Out):
    """`asks_for_names`: a rule of the event is for named people, so that somebody has to choose them."""

    asks_for_names = rest.Flag()
    people = rest.Many(ReachedOut)
    affected = rest.Many(AffectedOut)


class IncidentFilter(rest.Listing):
    status = rest.OneOf(*STATUSES, load_default=None)
    event = rest.Line(80, load_default=None)
    number = rest.Line(40, load_default=None)
    from_on = rest.Day(load_default=None)
    to_on = rest.Day(load_default=None)


class IncidentIn(rest.In):
    employee_id = rest.Id(required=True)
    event = rest.Line(80, required=True)
    happened_on = rest.Day(required=True)
    facts = rest.Prose(20_000, required=True)
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)


class HearingIn(rest.In):
    statement = rest.Prose(20_000, required=True)
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)


class NamingIn(rest.In):
    """Somebody, and why they are named, or taken out again."""

    employee_id = rest.Id(required=True)
    reason = rest.Prose(20_000, required=True)


class FindingIn(rest.In):
    """`nobody_named`: why nobody related is named, where a rule of the event is for such."""

    findings = rest.Prose(20_000, required=True)
    nobody_named = rest.Prose(20_000, allow_none=True, load_default=None)
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)


class WithdrawalIn(rest.In):
    reason = rest.Prose(20_000, required=True)
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)


# What pages take in


class FilingIn(rest.In):
    """A report of somebody by number."""

    number = rest.Line(40, required=True)
    event = rest.Line(80, required=True)
    happened_on = rest.Day(required=True)
    facts = rest.Prose(20_000, required=True)
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)


class NamingByNumberIn(rest.In):
    """Somebody by number, and why they are named."""

    number = rest.Line(40, required=True)
    reason = rest.Prose(20_000, required=True)
