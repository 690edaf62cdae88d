"""`appraisal archive`: whether what was stored is still what was stored."""

import sys

import click

from appraisal import db
from appraisal.reports import archived
from appraisal.reports.models import ArchivedDocument


@click.group("archive")
def archive_group() -> None:
    """Documents as they were rendered, kept by their SHA-256."""


@archive_group.command("verify")
def verify() -> None:
    """Read every archived document and scan, and name those whose bytes are not the ones that were stored."""
    with db.transaction(write=False) as session:
        documents = archived.counted(session)
        damaged = list(archived.damaged(session))
    for row, stored in damaged:
        what = "document" if isinstance(row, ArchivedDocument) else "scan"
        click.echo(f"{what} {row.id}: {stored.name}: 内容与 SHA-256 不符 | its bytes are not {stored.sha256}", err=True)  # type: ignore[attr-defined]
    if damaged:
        sys.exit(1)
    click.echo(f"{documents[0]} documents and {documents[1]} scans are as they were stored")
