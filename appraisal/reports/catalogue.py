"""All forms of documents, by id: each is a module of this folder, a template of the same name and an entry here."""

from collections.abc import Mapping
from typing import Final

from appraisal.reports import (
    appeal,
    improvement_plan,
    interview_record,
    kpi_exception,
    kpi_report,
    payroll_cover,
    performance_agreement,
    policy_booklet,
    result_notice,
    self_assessment,
    unit_notices,
    unit_sign_off,
    unit_summary,
)
from appraisal.reports.document import Form

_FORMS = (
    performance_agreement.FORM,
    self_assessment.FORM,
    interview_record.FORM,
    result_notice.FORM,
    appeal.FORM,
    improvement_plan.FORM,
    unit_summary.FORM,
    unit_notices.FORM,
    unit_sign_off.FORM,
    payroll_cover.FORM,
    kpi_report.FORM_MONTHLY,
    kpi_exception.FORM,
    kpi_report.FORM_DASHBOARD,
    kpi_report.FORM_ANNUAL,
    policy_booklet.FORM,
)
FORMS: Final[Mapping[str, Form]] = {form.id: form for form in _FORMS}
