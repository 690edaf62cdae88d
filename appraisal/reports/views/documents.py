"""Documents as they are printed: for each form a route of its own, which shows the PDF in the browser."""

import io
from collections.abc import Callable
from typing import Any

from flask import Blueprint, send_file
from flask.typing import ResponseReturnValue

from appraisal import forms, web
from appraisal.reports import service
from appraisal.reports.catalogue import FORMS
from appraisal.reports.document import Form
from appraisal.reports.schemas import DocumentAsked, UnitDocumentAsked

pages = Blueprint("reports", __name__)


def _showing(form: Form) -> Callable[..., ResponseReturnValue]:
    @web.signed_in_only
    def show(about_id: int) -> ResponseReturnValue:
        asked: dict[str, Any] = forms.asked(UnitDocumentAsked if form.per_unit else DocumentAsked)
        name, written = service.document_pdf(web.session(), web.actor(), form.id, about_id, **asked)
        return send_file(io.BytesIO(written), mimetype="application/pdf", download_name=name)

    return show


for _form in FORMS.values():
    pages.add_url_rule(f"/documents/{_form.slug}/<int(max={2**31 - 1}):about_id>.pdf", _form.id, _showing(_form))
