"""The blueprint that the pages of exceptions and tasks stand in."""

from flask import Blueprint

pages = Blueprint("exceptions", __name__)

MOST = 2**31 - 1
