"""The blueprint that the pages of reviews stand in, and where a case is found."""

from flask import Blueprint

pages = Blueprint("reviews", __name__)

# Beyond the largest number a database gives a row there is nothing, and drivers fail rather than say so.
CASE = f"/appraisals/<int(max={2**31 - 1}):appraisal_id>"
