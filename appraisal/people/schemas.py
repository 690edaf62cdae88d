"""What the sign-in form brings in."""

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from appraisal.people.auth import MAXIMUM_PASSWORD


def without_nul(text: str) -> None:
    """No name or password has a NUL in it, and PostgreSQL takes none as text. Raises ValidationError."""
    if "\0" in text:
        raise ValidationError("must not contain a NUL")


class SignInForm(Schema):
    """Account, password, and where they wanted to go; the form token is none of its business."""

    class Meta:
        unknown = EXCLUDE

    login = fields.String(required=True, validate=[validate.Length(1, 80), without_nul])
    password = fields.String(required=True, validate=[validate.Length(1, MAXIMUM_PASSWORD), without_nul])
    next = fields.String(load_default="", validate=validate.Length(max=2000))
