"""What every document holds to, whatever its form: the expected HTML, both languages, and a PDF to file and sign."""

import io
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import jinja2
import pypdf
import pytest
import tinyhtml5

from appraisal import pdf
from appraisal.core.policy.model import Text
from appraisal.formats import documents
from appraisal.reports.catalogue import FORMS
from appraisal.reports.document import LANGUAGES, Head, Language, file_name
from tests.reports.samples import SAMPLES

GOLDEN = Path(__file__).parent.parent / "golden"
ENGLISH = re.compile(r' ?<span class="en" lang="en">[^<]*</span>')
MARKUP = "<u>&"
A4 = (595, 842)

each = pytest.mark.parametrize(("name", "language"), [(name, language) for name in SAMPLES for language in LANGUAGES])
of_each = pytest.mark.parametrize("name", SAMPLES)


@lru_cache(maxsize=200)
def html_of(name: str, language: Language) -> str:
    form, document = SAMPLES[name]
    return FORMS[form].html(document, language)


@lru_cache(maxsize=200)
def pdf_of(name: str, language: Language) -> tuple[pypdf.PdfReader, tuple[str, ...]]:
    """The PDF, rendered once for all tests, and the text of its pages without any spaces."""
    reader = pypdf.PdfReader(io.BytesIO(pdf.render(html_of(name, language))))
    return reader, tuple(packed(page.extract_text()) for page in reader.pages)


def packed(text: str) -> str:
    return "".join(text.split())


def head_of(name: str) -> Head:
    return SAMPLES[name][1].head


def test_every_form_has_a_sample() -> None:
    assert {form for form, _ in SAMPLES.values()} == set(FORMS)


@each
def test_it_reads_as_it_always_did(name: str, language: Language) -> None:
    # After a change that is meant: .venv/bin/python -m tests.golden, then read the difference before committing it.
    assert html_of(name, language) == (GOLDEN / f"{name}.{language}.html").read_text()


@of_each
def test_english_stands_beside_the_chinese_and_never_instead(name: str) -> None:
    in_both = html_of(name, "both")
    chinese = ENGLISH.sub("", in_both).replace('<link rel="stylesheet" href="static:print_both.css">\n', "")
    assert chinese == html_of(name, "zh")
    assert len(ENGLISH.findall(in_both)) >= 10


@each
def test_the_pdf_is_numbered_a4_with_its_text_and_its_fonts(name: str, language: Language) -> None:
    reader, texts = pdf_of(name, language)
    head, count = head_of(name), len(texts)
    assert packed(head.title.zh) in texts[0] and packed(head.number) in texts[0]
    assert (packed(head.title.en) in texts[0]) == (language == "both")
    for at, (page, text) in enumerate(zip(reader.pages, texts, strict=True), 1):
        assert f"第{at}页·共{count}页" in text and packed(head.number) in text
        assert (f"Page{at}of{count}" in text) == (language == "both")
        assert (round(page.mediabox.width), round(page.mediabox.height)) == A4
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    descendants = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert descendants and all({"/FontFile2", "/FontFile3"} & set(descriptor) for descriptor in descendants)


@each
def test_the_pdf_tells_nothing_of_the_machine_that_made_it(name: str, language: Language) -> None:
    reader, head = pdf_of(name, language)[0], head_of(name)
    info = reader.metadata
    assert info is not None and set(info) == {"/Title", "/Author", "/Producer", "/CreationDate"}
    assert info["/Title"] == f"{head.title.zh} {head.number}" and info["/Author"] == head.company
    assert info["/CreationDate"].startswith(f"D:{head.dated:%Y%m%d}")


@each
def test_a_signature_stands_with_what_is_signed(name: str, language: Language) -> None:
    """On the page of a signature there is also the end of what it is for; the block itself is on one page."""
    _, texts = pdf_of(name, language)
    for block, before in signature_blocks(tinyhtml5.parse(html_of(name, language), namespace_html_elements=False)):
        roles = [packed("".join(cell.itertext())) for cell in block.iter("th")]
        last_words = packed("".join(before.itertext()))[-8:]
        assert any(last_words in text and all(role in text for role in roles) for text in texts), (roles, last_words)


def signature_blocks(html: Element) -> Iterator[tuple[Element, Element]]:
    """The tables of signatures, each with the last thing said before it that is no heading."""
    parents = {child: parent for parent in html.iter() for child in parent}
    for table in (one for one in html.iter("table") if one.get("class") == "signatures"):
        section = parents[table]
        classes = (section.get("class") or "").split()
        assert "together" in classes, "a table of signatures lies in a section with what is signed"
        before = [one for one in list(section)[: list(section).index(table)] if one.tag != "h2"]
        if "follows" in classes:
            around = list(parents[section])
            before = around[: around.index(section)]
        assert before, "what is signed stands before the signatures"
        yield table, before[-1]


@each
def test_no_text_is_obeyed_as_markup(name: str, language: Language) -> None:
    form, document = SAMPLES[name]
    html = FORMS[form].html(marked(document), language)
    assert "<u>" not in html and html.count("&lt;u&gt;&amp;") > 10


def marked(value: Any) -> Any:
    """The same value with markup in each of its texts."""
    if isinstance(value, Text):
        return Text(MARKUP + value.zh, MARKUP + value.en)
    if isinstance(value, str):
        return MARKUP + value
    if isinstance(value, tuple):
        return tuple(marked(one) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: marked(getattr(value, field.name)) for field in fields(value) if field.init})
    return value


@of_each
def test_its_file_has_a_plain_name_of_its_own(name: str) -> None:
    form, document = SAMPLES[name]
    names = [file_name(FORMS[form], document, language) for language in LANGUAGES]
    assert len(set(names)) == 2 and all(re.fullmatch(r"[a-z-]+-[\w-]+\.pdf", one, re.ASCII) for one in names)


@of_each
def test_the_same_document_gives_the_same_bytes(name: str) -> None:
    html = html_of(name, "both")
    assert pdf.render(html) == pdf.render(html)


def test_a_template_that_asks_for_what_is_not_there_fails() -> None:
    with pytest.raises(jinja2.UndefinedError):
        documents().from_string("{{ doc.wages }}").render(doc=SAMPLES["result_notice"][1])


def test_a_template_that_would_print_none_is_refused_instead() -> None:
    template = documents().from_string("<p>{{ one }}</p>")
    assert template.render(one=0) == "<p>0</p>"
    with pytest.raises(ValueError, match="would print None"):
        template.render(one=None)
