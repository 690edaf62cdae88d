"""The blueprint that the desk's pages stand in."""

from flask import Blueprint

pages = Blueprint("desk", __name__)
