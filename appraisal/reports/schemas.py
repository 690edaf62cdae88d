"""What the endpoints of the archive take in and give out."""

from appraisal import rest
from appraisal.people.schemas_organisation import EmployeeNameOut
from appraisal.reports.document import LANGUAGES

SORTS = ("-made_at", "made_at", "number", "-number", "dated", "-dated")


class ArchiveFilter(rest.Listing):
    """`search`: part of a person's name or number, or of a document's number."""

    search = rest.Line(80, load_default=None)
    employee_id = rest.Id(load_default=None)
    cycle_id = rest.Id(load_default=None)
    form = rest.Line(40, load_default=None)
    period = rest.Line(10, load_default=None)
    language = rest.OneOf(*LANGUAGES, load_default=None)
    sort = rest.OneOf(*SORTS, load_default="-made_at")


class ArchivedDocumentRowOut(rest.Out):
    """`dated` is the day the document bears, `sha256` that of the stored bytes."""

    id = rest.Id()
    form = rest.Str()
    title = rest.Said()
    number = rest.Str()
    language = rest.OneOf(*LANGUAGES)
    employee = rest.One(EmployeeNameOut, allow_none=True)
    cycle = rest.Str(allow_none=True)
    unit = rest.Said(allow_none=True)
    period = rest.Str(allow_none=True)
    dated = rest.Day()
    sha256 = rest.Str()
    size = rest.Whole()
    made_at = rest.Instant()
    made_by = rest.Str(allow_none=True)


class ScanOut(rest.Out):
    id = rest.Id()
    name = rest.Str()
    media_type = rest.Str()
    size = rest.Whole()
    sha256 = rest.Str()
    note = rest.Str(allow_none=True)
    attached_by = rest.Str(allow_none=True)
    attached_at = rest.Instant()


class ArchivedDocumentOut(ArchivedDocumentRowOut):
    policy_digest = rest.Str(allow_none=True)
    html_sha256 = rest.Str()
    scans = rest.Many(ScanOut)


class ScanIn(rest.In):
    """`file_id`: a picture or PDF that was handed in under `/files` before."""

    file_id = rest.Id(required=True)
    note = rest.Line(300, load_default=None)


class DocumentAsked(rest.Query):
    """The language: `zh`, or `both`, where the English stands after the Chinese."""

    language = rest.OneOf(*LANGUAGES, load_default="zh")


class UnitDocumentAsked(DocumentAsked):
    """Of which unit, with all below it; without one, of everybody whom the document is about."""

    unit_id = rest.Id(load_default=None)
