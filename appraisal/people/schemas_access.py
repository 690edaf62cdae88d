"""What comes in and goes out about accounts, sessions, reset codes and tokens."""

from typing import Any

from appraisal import rest
from appraisal.actor import ASSIGNABLE_ROLES
from appraisal.people.auth import MAXIMUM_PASSWORD
from appraisal.people.tokens import SCOPES


def password(**more: Any) -> rest.Line:
    """A password as it is typed; which ones are good enough is the service's business."""
    return rest.Line(MAXIMUM_PASSWORD, required=True, metadata={"format": "password"}, **more)


class SignInIn(rest.In):
    """Account and password."""

    account = rest.Line(80, required=True)
    password = password()
    kiosk = rest.Flag(
        load_default=False, metadata={"description": "a screen many people share: signed out after two minutes without use"}
    )


class PasswordIn(rest.In):
    """The old password and the new one."""

    old = password()
    new = password()


class ResetIn(rest.In):
    """A reset code and the new password."""

    code = rest.Line(80, required=True)
    new = password()


class GrantOut(rest.Out):
    """A role, everywhere or in a unit and below."""

    role = rest.Str()
    unit_id = rest.Id(allow_none=True)


class GrantIn(rest.In):
    """A role; with a unit it counts there and below only."""

    role = rest.OneOf(*ASSIGNABLE_ROLES, required=True)
    unit_id = rest.Id(allow_none=True, load_default=None)


class SessionOut(rest.Out):
    """Who one is, and until when."""

    account = rest.Str()
    name = rest.Str()
    employee_id = rest.Id(allow_none=True)
    on_behalf_of = rest.Id(allow_none=True, metadata={"description": "the employee for whom a clerk enters"})
    roles = rest.Many(rest.Str(), most=20)
    limits = rest.Many(GrantOut, most=10_000, metadata={"description": "roles that count in these units and below only"})
    must_change_password = rest.Flag(metadata={"description": "until then only /session and /session/password answer"})
    expires_at = rest.Instant()
    kiosk = rest.Flag(metadata={"description": "signed out after two minutes without use"})
    csrf_token = rest.Str(allow_none=True, metadata={"description": "for X-CSRF-Token; null for a token"})


class OwnSessionOut(rest.Out):
    """One of one's own sessions."""

    id = rest.Id()
    current = rest.Flag()
    way = rest.OneOf("password", "provider", "kiosk")
    agent = rest.Str()
    created_at = rest.Instant()
    last_seen_at = rest.Instant()
    expires_at = rest.Instant()


class AccountFilter(rest.Listing):
    """Which accounts."""

    login = rest.Line(80, load_default=None, metadata={"description": "part of the login"})
    employee_id = rest.Id(load_default=None)
    role = rest.OneOf(*ASSIGNABLE_ROLES, load_default=None)
    disabled = rest.Flag(load_default=None)


class AccountOut(rest.Out):
    """What somebody signs in with."""

    id = rest.Id()
    login = rest.Str()
    employee_id = rest.Id(allow_none=True)
    employee_number = rest.Str(allow_none=True)
    name = rest.Str(allow_none=True)
    roles = rest.Many(GrantOut, most=1000)
    disabled = rest.Flag()
    must_change_password = rest.Flag()
    created_at = rest.Instant()
    version = rest.Version()


class NewAccountIn(rest.In):
    """A new account, of an employee or of a function or machine."""

    login = rest.Line(80, required=True)
    employee_id = rest.Id(allow_none=True, load_default=None)
    roles = rest.Many(GrantIn, most=50, required=True)


class NewAccountOut(AccountOut):
    """The account with its first password, which is shown this once."""

    initial_password = rest.Str()


class AccountIn(rest.In):
    """What is to change, and why."""

    disabled = rest.Flag()
    roles = rest.Many(GrantIn, most=50)
    reason = rest.Line(500, required=True)


class ResetOut(rest.Out):
    """A reset code, which is shown this once."""

    code = rest.Str()
    expires_at = rest.Instant()


class TokenFilter(rest.Listing):
    """Which tokens."""

    account_id = rest.Id(load_default=None)


class TokenOut(rest.Out):
    """A token of a machine; its text is kept nowhere."""

    id = rest.Id()
    account_id = rest.Id()
    account = rest.Str()
    name = rest.Str()
    scopes = rest.Many(rest.Str(), most=100)
    created_by = rest.Id()
    created_at = rest.Instant()
    expires_at = rest.Instant()
    last_used_at = rest.Instant(allow_none=True)
    revoked_at = rest.Instant(allow_none=True)


class TokenIn(rest.In):
    """A token for the account of a machine, to the end of a day within a year."""

    account_id = rest.Id(required=True)
    name = rest.Line(80, required=True)
    scopes = rest.Many(rest.OneOf(*SCOPES), most=len(SCOPES), least=1, required=True)
    expires_on = rest.Day(required=True)


class NewTokenOut(TokenOut):
    """The token with its text, which is shown this once."""

    token = rest.Str()


# What the pages take in: roles are named as `hr`, or `hr:12` where they count in a unit and below only.


class RolesForm(rest.In):
    """Other roles, and why."""

    grants = rest.Many(rest.Line(40), most=50, load_default=())
    reason = rest.Line(500, required=True)


class NewAccountForm(rest.In):
    """A new account, of an employee named by number or of a function or machine."""

    login = rest.Line(80, required=True)
    employee_number = rest.Line(40, load_default=None)
    grants = rest.Many(rest.Line(40), most=50, load_default=())


class StateForm(rest.In):
    """Shut or open, and why."""

    disabled = rest.OneOf("true", "false", required=True)
    reason = rest.Line(500, required=True)


class ReasonForm(rest.In):
    """Why."""

    reason = rest.Line(500, required=True)
