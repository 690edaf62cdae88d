"""What all documents share: a head with number and origin, signatures, a form that says how one is built, and its HTML.

A document is a frozen value of text, dates and decimals. Its template sees nothing else, so the same value gives the same HTML,
and the same HTML the same PDF.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal, Protocol

from markupsafe import Markup
from sqlmodel import Session

from appraisal.actor import Actor
from appraisal.core.policy.model import Text
from appraisal.formats import day, documents, instant, number

Language = Literal["zh", "both"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "both")
"""Chinese alone, or each text with its English after it."""
Said = Text | str | date | Decimal
"""What `say` can be given: words in both languages, the Chinese words with the English ones, or a value to be written out."""


@dataclass(frozen=True)
class Signature:
    """One who signs. Without `signed_at` there is a line to sign by hand; `content_hash` is of what stood on the screen.

    `remark` is how it was signed, where that was not on the screen; `signed_on` is then the day on the paper.
    """

    role: Text
    name: str | None = None
    signed_at: datetime | None = None
    content_hash: str | None = None
    remark: Text | None = None
    signed_on: date | None = None


@dataclass(frozen=True)
class Head:
    """What stands at the top and at the foot of every document. `dated` is a day of the data, never the day of printing."""

    number: str
    title: Text
    company: str
    dated: date
    policy: Text | None = None
    policy_digest: str | None = None


@dataclass(frozen=True)
class Filing:
    """Where a document belongs in the archive: the row it is made of, and the person, cycle, unit and period it is about."""

    about_id: int
    employee_id: int | None = None
    cycle_id: int | None = None
    unit_id: int | None = None
    period: str | None = None


class Document(Protocol):
    """A frozen value that a form's template can be filled with."""

    @property
    def head(self) -> Head: ...

    @property
    def filing(self) -> Filing: ...


@dataclass(frozen=True)
class Form:
    """A kind of document. `build` raises NotFound where the row is not there or not the actor's to see.

    `about` names the row whose id `build` takes; where `per_unit`, it also takes the unit. `of_case` finds these rows of an
    appraisal, where a case can have several. `kept` is how long the archive keeps it, a key of the policy's `retention`; `code`
    is the regulation's own number of the form. `seconds`: what rendering one may take.
    """

    id: str
    title: Text
    about: Literal["appraisal", "agreement", "appeal", "improvement_plan", "cycle", "release", "report", "exception", "policy"]
    build: Callable[..., Document]
    kept: Literal["appraisal", "kpi_form", "for_ever", "payroll"]
    per_unit: bool = False
    code: str | None = None
    of_case: Callable[[Session, int], Sequence[int]] | None = None
    seconds: float = 15

    @property
    def slug(self) -> str:
        """The form in addresses and file names."""
        return self.id.replace("_", "-")

    def ids_of_case(self, session: Session, appraisal_id: int) -> Sequence[int]:
        """The rows of an appraisal that this form is made of, whoever may see them; none for what no case has."""
        if self.of_case is not None:
            return self.of_case(session, appraisal_id)
        return [appraisal_id] if self.about == "appraisal" else []

    def built(self, session: Session, actor: Actor, about_id: int, unit_id: int | None = None) -> Document:
        """The document of a row, for this reader. Raises NotFound."""
        return self.build(session, actor, about_id, unit_id) if self.per_unit else self.build(session, actor, about_id)

    def html(self, document: Document, language: Language) -> str:
        """The document as HTML, ready for `pdf.render`."""
        template = documents().get_template(f"pdf/{self.id}.html")
        return template.render(doc=document, head=document.head, language=language, say=_SAYING[language])


def file_name(form: Form, document: Document, language: Language) -> str:
    """The name under which a document is kept and downloaded: plain letters, so that every system can have it."""
    safe = "".join(sign if sign.isascii() and sign.isalnum() or sign in "-_" else "_" for sign in document.head.number)
    return f"{form.slug}-{safe}{'' if language == 'zh' else '-bilingual'}.pdf"


def _in_chinese(said: Said, en: str | None = None, **values: Any) -> Markup:
    return Markup("{}").format(_worded(said, "zh", values))


def _in_both(said: Said, en: str | None = None, **values: Any) -> Markup:
    """The Chinese words with the English ones after them; once where they are the same, as names and numbers are."""
    text = said if en is None else Text(str(said), en)
    chinese, english = _worded(text, "zh", values), _worded(text, "en", values)
    if not english or english == chinese:
        return Markup("{}").format(chinese)
    return Markup('{} <span class="en" lang="en">{}</span>').format(chinese, english)


def _worded(said: Said, lang: str, values: Mapping[str, Any]) -> str:
    """Words in one language, with values filled in as that language writes them: names, days, instants and numbers."""
    match said:
        case Text():
            words = said.zh if lang == "zh" else said.en
        case datetime():
            words = instant(said, lang)
        case date():
            words = day(said, lang)
        case Decimal():
            words = number(said)
        case _:
            words = str(said)
    return words.format(**{name: _worded(value, lang, {}) for name, value in values.items()}) if values else words


_SAYING: Final[dict[str, Callable[..., Markup]]] = {"zh": _in_chinese, "both": _in_both}
