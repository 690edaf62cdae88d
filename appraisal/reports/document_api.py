"""Endpoints of documents: for each form one of its own, which answers with the PDF."""

from typing import Any

from flask import Response

from appraisal import rest
from appraisal.reports import service
from appraisal.reports.catalogue import FORMS
from appraisal.reports.document import Form
from appraisal.reports.schemas import DocumentAsked, UnitDocumentAsked

endpoints = rest.Endpoints("documents", "文书 · Documents as PDFs, in Chinese or in both languages")


def _declare(form: Form) -> None:
    def read(query: dict[str, Any], about_id: int) -> Response:
        name, written = service.document_pdf(rest.session(), rest.actor(), form.id, about_id, **query)
        return rest.download(name, "application/pdf", written)

    row, of_unit = form.about.replace("_", " "), ", limited to a unit and all below" if form.per_unit else ""
    read.__name__ = f"read_{form.id}"
    read.__doc__ = (
        f"{form.title.zh} · {form.title.en}, as a PDF\n\n"
        f"`about_id` is the id of the {row} it is about{of_unit}; to who may not see that, there is none."
    )
    asked = UnitDocumentAsked if form.per_unit else DocumentAsked
    endpoints.get(f"/documents/{form.slug}/<int:about_id>.pdf", asked, content="application/pdf")(read)


for _form in FORMS.values():
    _declare(_form)
