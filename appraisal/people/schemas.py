"""What the forms of signing in bring in."""

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from appraisal.people.auth import MAXIMUM_PASSWORD


def without_nul(text: str) -> None:
    """No name or password has a NUL in it, and PostgreSQL takes none as text. Raises ValidationError."""
    if "\0" in text:
        raise ValidationError("must not contain a NUL")


def _password() -> fields.String:
    return fields.String(required=True, validate=[validate.Length(1, MAXIMUM_PASSWORD), without_nul])


class Form(Schema):
    """The form token and buttons are none of a form's business."""

    class Meta:
        unknown = EXCLUDE


class SignInForm(Form):
    """Account, password, whether it is a shared screen, and where they wanted to go."""

    login = fields.String(required=True, validate=[validate.Length(1, 80), without_nul])
    password = _password()
    kiosk = fields.Boolean(load_default=False)
    next = fields.String(load_default="", validate=validate.Length(max=2000))


class PasswordForm(Form):
    """The old password and twice the new one."""

    old = _password()
    new = _password()
    again = _password()


class ResetForm(Form):
    """A reset code and twice the new password."""

    code = fields.String(required=True, validate=[validate.Length(1, 80), without_nul])
    new = _password()
    again = _password()


class ProviderAnswer(Form):
    """What an identity provider sends back with the visitor."""

    state = fields.String(required=True, validate=[validate.Length(1, 200), without_nul])
    code = fields.String(required=True, validate=[validate.Length(1, 2000), without_nul])
