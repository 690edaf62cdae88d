"""Documents as they are printed: for each form a route of its own, which shows the PDF in the browser."""

import io
from collections.abc import Callable
from typing import Any

from flask import Blueprint, send_file, url_for
from flask.typing import ResponseReturnValue

from appraisal import forms, web
from appraisal.reports import archive, service
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


@pages.post(f"/documents/policy-booklet/<int(max={2**31 - 1}):about_id>/making")
@web.signed_in_only
def make_policy_booklet(about_id: int) -> ResponseReturnValue:
    """Has a booklet made in the background: that of a large policy takes longer than one waits for a page."""
    asked = archive.ask_for_one(web.session(), web.actor(), "policy_booklet", about_id)
    return forms.done(url_for("desk.job", job_id=asked.id), "已开始生成, 可以离开本页", "It has begun; you may leave this page")


for _form in FORMS.values():
    pages.add_url_rule(f"/documents/{_form.slug}/<int(max={2**31 - 1}):about_id>.pdf", _form.id, _showing(_form))
