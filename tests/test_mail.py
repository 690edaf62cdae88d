"""Addresses that may be used, and settings of a mail server that can stand."""

import pytest

from appraisal import mail
from appraisal.config import Settings
from appraisal.errors import Invalid

GIVEN = {"smtp_host": "mail.example.com", "mail_from": "kpi@example.com", "site_address": "https://kpi.example.com"}


@pytest.mark.parametrize("address", ["li@example.com", "wang.xiao-ming+kpi@sub.example.cn", f"{'a' * 64}@example.com"])
def test_plain_addresses_are_taken(address: str):
    assert mail.is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        *("", "li", "@example.com", "li@", "li@example", "li@.com", "li@example..com", "li@-a.com", "li@a-.com"),
        *(".li@example.com", "l..i@example.com", "li@example.com\r\nBcc: x@example.com", "li@example.com, x@example.com"),
        *('"li"@example.com', "li li@example.com", "李@example.com", "li@例子.com", "<li@example.com>", "li@a@example.com"),
        *(f"{'a' * 65}@example.com", f"li@{'a' * 64}.com", f"li@{'a.' * 126}com"),
    ],
)
def test_what_is_no_plain_address_or_could_smuggle_something_in_is_not(address: str):
    assert not mail.is_address(address)


def test_no_host_is_no_server():
    assert mail.server_of(Settings(mode="test")) is None


@pytest.mark.parametrize(("security", "port"), [("tls", 465), ("starttls", 587), ("none", 25)])
def test_a_server_has_the_usual_port_unless_another_is_named(security: str, port: int):
    found = mail.server_of(Settings(mode="test", smtp_security=security, **GIVEN))
    assert found is not None and (found.port, found.domain) == (port, "example.com")
    named = mail.server_of(Settings(mode="test", smtp_security=security, smtp_port=2525, **GIVEN))
    assert named is not None and named.port == 2525


@pytest.mark.parametrize(
    "changed", [{"smtp_security": "ssl"}, {"mail_from": None}, {"mail_from": "KPI <kpi@example.com>"}, {"site_address": None}]
)
def test_settings_that_cannot_stand_are_refused(changed: dict[str, str | None]):
    with pytest.raises(Invalid, match="SMTP"):
        mail.server_of(Settings(mode="test", **(GIVEN | changed)))  # type: ignore[arg-type]
