"""The blueprint that the pages of people stand in."""

from flask import Blueprint

pages = Blueprint("people", __name__)
