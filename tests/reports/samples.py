"""Every document the tests look at, by the name of its expected HTML: at least one of each form, which adds its own."""

from collections.abc import Iterator, Mapping
from typing import Final

from appraisal.reports.catalogue import FORMS
from appraisal.reports.document import LANGUAGES, Document, Language
from tests.reports.sample import a_notice, a_vetoed_notice
from tests.reports.sample_agreement import a_draft_agreement, an_agreement
from tests.reports.sample_booklet import a_booklet, a_watching_booklet
from tests.reports.sample_kpi import (
    a_dashboard,
    a_monthly_report,
    a_provisional_report,
    an_annual_report,
    an_exception,
    an_open_exception,
)
from tests.reports.sample_review import a_blank_review_sheet, a_review_sheet
from tests.reports.sample_talks import a_plan, an_appeal, an_interview, an_offered_plan, an_open_appeal, an_unsigned_interview
from tests.reports.sample_unit import (
    a_payroll_cover,
    a_provisional_cover,
    a_sign_off_list,
    a_unit_summary,
    unit_notices_of_two,
)

SAMPLES: Final[Mapping[str, tuple[str, Document]]] = {
    "performance_agreement": ("performance_agreement", an_agreement()),
    "performance_agreement_draft": ("performance_agreement", a_draft_agreement()),
    "self_assessment": ("self_assessment", a_review_sheet()),
    "self_assessment_blank": ("self_assessment", a_blank_review_sheet()),
    "interview_record": ("interview_record", an_interview()),
    "interview_record_unsigned": ("interview_record", an_unsigned_interview()),
    "result_notice": ("result_notice", a_notice()),
    "result_notice_vetoed": ("result_notice", a_vetoed_notice()),
    "appeal": ("appeal", an_appeal()),
    "appeal_open": ("appeal", an_open_appeal()),
    "improvement_plan": ("improvement_plan", a_plan()),
    "improvement_plan_offered": ("improvement_plan", an_offered_plan()),
    "unit_summary": ("unit_summary", a_unit_summary()),
    "unit_notices": ("unit_notices", unit_notices_of_two()),
    "unit_sign_off": ("unit_sign_off", a_sign_off_list()),
    "payroll_cover": ("payroll_cover", a_payroll_cover()),
    "payroll_cover_provisional": ("payroll_cover", a_provisional_cover()),
    "kpi_monthly_report": ("kpi_monthly_report", a_monthly_report()),
    "kpi_monthly_report_provisional": ("kpi_monthly_report", a_provisional_report()),
    "kpi_dashboard": ("kpi_dashboard", a_dashboard()),
    "kpi_annual_report": ("kpi_annual_report", an_annual_report()),
    "kpi_exception": ("kpi_exception", an_exception()),
    "kpi_exception_open": ("kpi_exception", an_open_exception()),
    "policy_booklet": ("policy_booklet", a_booklet()),
    "policy_booklet_watching": ("policy_booklet", a_watching_booklet()),
}
"""Name → the id of the form, and a document of it about somebody invented, with one of everything it can show."""


def written() -> Iterator[tuple[str, Language, str]]:
    """Each sample in each language: its name, the language and the HTML."""
    for name, (form, document) in SAMPLES.items():
        for language in LANGUAGES:
            yield name, language, FORMS[form].html(document, language)
