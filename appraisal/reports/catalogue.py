"""All forms of documents, by id: each is a module of this folder, a template of the same name and an entry here."""

from collections.abc import Mapping
from typing import Final

from appraisal.reports import performance_agreement, result_notice
from appraisal.reports.document import Form

_FORMS = (
    performance_agreement.FORM,
    result_notice.FORM,
)
FORMS: Final[Mapping[str, Form]] = {form.id: form for form in _FORMS}
