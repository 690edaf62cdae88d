"""Every document the tests look at, by the name of its expected HTML: at least one of each form, which adds its own."""

from collections.abc import Iterator, Mapping
from typing import Final

from appraisal.reports.catalogue import FORMS
from appraisal.reports.document import LANGUAGES, Document, Language
from tests.reports.sample import a_notice, a_vetoed_notice
from tests.reports.sample_agreement import a_draft_agreement, an_agreement

SAMPLES: Final[Mapping[str, tuple[str, Document]]] = {
    "performance_agreement": ("performance_agreement", an_agreement()),
    "performance_agreement_draft": ("performance_agreement", a_draft_agreement()),
    "result_notice": ("result_notice", a_notice()),
    "result_notice_vetoed": ("result_notice", a_vetoed_notice()),
}
"""Name → the id of the form, and a document of it about somebody invented, with one of everything it can show."""


def written() -> Iterator[tuple[str, Language, str]]:
    """Each sample in each language: its name, the language and the HTML."""
    for name, (form, document) in SAMPLES.items():
        for language in LANGUAGES:
            yield name, language, FORMS[form].html(document, language)
