"""What the endpoints that draft for many at once take in and give out."""

from appraisal import rest
from appraisal.agreements.schemas import MOST_ITEMS, AgreementFaultOut, ContentIn, FindingOut, PartyOut


class CopyIn(rest.In):
    """These sheets, or without any all that one may draft for, in a unit and below it where one is given."""

    cycle_id = rest.Id(required=True)
    sheet_ids = rest.Many(rest.Id(), least=1, most=500, allow_none=True, load_default=None)
    unit_id = rest.Id(allow_none=True, load_default=None)


class IssueIn(ContentIn):
    cycle_id = rest.Id(required=True)
    policy_post = rest.Line(80, required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)


class LeftOutOut(rest.Out):
    item = rest.Str()
    name = rest.Str()
    why = rest.Many(FindingOut)


class IssuedOut(rest.Out):
    sheet_id = rest.Id()
    employee = rest.One(PartyOut)
    outcome = rest.Str()
    message = rest.Said()
    agreement_id = rest.Id(allow_none=True)
    left_out = rest.Many(LeftOutOut, most=MOST_ITEMS)
    findings = rest.Many(FindingOut)


class IssuesOut(rest.Out):
    people = rest.Many(IssuedOut, most=2000)


class AgreementImportForm(rest.Query):
    file = rest.File(required=True)
    cycle_id = rest.Id(required=True)
    preview = rest.Flag(load_default=False)


class PlannedOut(rest.Out):
    sheet_id = rest.Id()
    employee = rest.One(PartyOut)
    action = rest.OneOf("create", "change", "unchanged")
    items = rest.Whole()
    findings = rest.Many(FindingOut)


class AgreementImportOut(rest.Out):
    """In a preview nothing is written; faults are there only in a preview, because without one they refuse the file."""

    preview = rest.Flag()
    people = rest.Many(PlannedOut, most=20_000)
    faults = rest.Many(AgreementFaultOut, most=20_000)
