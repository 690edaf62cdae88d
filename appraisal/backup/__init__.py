"""Copies of the whole database, taken while the service runs, that restore on SQLite and on PostgreSQL alike (R-001-9, D-28).

A copy is a manifest and the objects it names. An object is a piece of a table (rows as JSON, one a line) or the content of a
file, and is named by the SHA-256 of what is in it. In a backup folder each object lies once for all backups that name it: every
backup restores by itself, and an incremental one writes only what is new. An archive is one backup in a single tar file.

    FOLDER/objects/ab/ab12….gz          written first, each whole or not at all
    FOLDER/backups/20260424T020000.000Z-full.json      written last: what has no manifest is no backup
    FOLDER/archives/20260501T030000.000Z-archive.tar   a folder like this one, in a file

Keys are not in a backup, and a backup is not encrypted: it lies where only those may read who may read everything.
"""

from appraisal.backup.making import Keep, Made, make
from appraisal.backup.restoring import Restored, restore, verify
from appraisal.backup.store import found, opened

__all__ = ["Keep", "Made", "Restored", "found", "make", "opened", "restore", "verify"]
