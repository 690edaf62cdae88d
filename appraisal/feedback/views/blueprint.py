"""The blueprint that the pages of 360° feedback stand in."""

from flask import Blueprint

from appraisal.labels import label

# Beyond the largest number a database gives a row there is nothing, and drivers fail rather than say so.
ROW = f"int(max={2**31 - 1})"

pages = Blueprint("feedback", __name__)
pages.add_app_template_global(label, "label")
