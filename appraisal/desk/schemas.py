"""What comes in and goes out at the desk."""

from appraisal import rest


class FileIn(rest.In):
    """A file to be attached somewhere."""

    file = rest.File(required=True)


class FileOut(rest.Out):
    """A kept file."""

    id = rest.Id()
    name = rest.Str()
    media_type = rest.Str()
    size = rest.Whole()
    sha256 = rest.Str()
    kept_at = rest.Instant()


class TrailFilter(rest.Listing):
    """Which part of the trail."""

    action = rest.Line(80, load_default=None)
    object_kind = rest.Line(40, load_default=None)
    object_id = rest.Line(80, load_default=None)
    actor = rest.Line(40, load_default=None)
    since = rest.Day(load_default=None)
    until = rest.Day(load_default=None)


class TrailRecordOut(rest.Out):
    """One record; `payload` holds names and values, and is null once they have been erased."""

    seq = rest.Whole()
    at = rest.Instant()
    actor = rest.Str()
    action = rest.Str()
    object_kind = rest.Str()
    object_id = rest.Str()
    payload = rest.Raw(allow_none=True, metadata={"type": ["object", "null"]})
    hash = rest.Str()
