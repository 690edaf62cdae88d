"""All forms of documents, by id: each is a module of this folder, a template of the same name and an entry here."""

from collections.abc import Mapping
from typing import Final

from appraisal.reports import (
    appeal,
    improvement_plan,
    interview_record,
    performance_agreement,
    result_notice,
    self_assessment,
)
from appraisal.reports.document import Form

_FORMS = (
    performance_agreement.FORM,
    self_assessment.FORM,
    interview_record.FORM,
    result_notice.FORM,
    appeal.FORM,
    improvement_plan.FORM,
)
FORMS: Final[Mapping[str, Form]] = {form.id: form for form in _FORMS}
