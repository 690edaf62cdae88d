"""What the endpoints of the ledger take in and give out."""

from appraisal import rest
from appraisal.incidents.models import CONFIRMED, DRAFT, HEARD, WITHDRAWN
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
    entered_by = rest.Str(allow_none=True)
    entered_at = rest.Instant()


class IncidentRowOut(rest.Out):
    """`filed_by` is null to the person concerned until they have been heard."""

    id = rest.Id()
    employee = rest.One(EmployeeNameOut)
    event = rest.Str()
    happened_on = rest.Day()
    status = rest.OneOf(*STATUSES)
    filed_by = rest.Str(allow_none=True)
    filed_at = rest.Instant()
    version = rest.Version()


class IncidentOut(IncidentRowOut):
    facts = rest.Str()
    entries = rest.Many(IncidentEntryOut)
    files = rest.Many(IncidentFileOut)


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


class FindingIn(rest.In):
    findings = rest.Prose(20_000, required=True)
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)


class WithdrawalIn(rest.In):
    reason = rest.Prose(20_000, required=True)
    file_ids = rest.Many(rest.Id(), most=20, load_default=list)
