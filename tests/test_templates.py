"""Every word of a page stands there in both languages, and every page keeps to the content policy."""

import re
from pathlib import Path

import pytest

from appraisal.formats import TEMPLATES

PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if "pdf" not in path.relative_to(TEMPLATES).parts)
SAME_IN_BOTH = {"PDF", "CSV", "XLSX", "YAML", "JSON", "ID", "S", "A", "B", "C", "D", "English", "中文", "OEE"}

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_SCRIPT = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ATTRIBUTE = re.compile(r"""[\w-]+=(?:"[^"]*"|'[^']*')""")
_READ_OUT = re.compile(r'\b(?:aria-label|title|placeholder|alt|content|data-asks)="([^"]*)"')
_CALL = re.compile(r"\b_\(\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')\s*(,?)\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')?")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_META = {"width=device-width, initial-scale=1"}


def unsaid(source: str) -> list[str]:
    """The words of a template that a reader would see in one language only."""
    bare = _COMMENT.sub("", source)
    found = []
    for zh, comma, en in _CALL.findall(bare):
        if not comma or not en:
            found.append(f"{zh} has no second language")
        elif _HAN.search(en):
            found.append(f"{en} is to be English")
    # Han in code must stand inside a call of _(zh, en).
    found += [part for part in _CODE.findall(_CALL.sub("", bare)) if _HAN.search(part.replace('"中文"', ""))]
    plain = _CODE.sub("\0", _SCRIPT.sub("", bare))
    seen = [value for value in _READ_OUT.findall(plain) if value not in _META] + [_TAG.sub("\0", _ATTRIBUTE.sub("", plain))]
    for text in seen:
        found += [
            word for word in re.findall(r"[^\W\d_]{2,}", re.sub(r"&\w+;", "", text)) if word not in SAME_IN_BOTH | {"中文"}
        ]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_word_of_a_page_is_without_its_other_language(page: Path) -> None:
    assert unsaid(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>提交</p>",
        "<p>Submit</p>",
        '<button title="Submit"></button>',
        '<input placeholder="姓名">',
        '{{ _("提交") }}',
        '{{ _("提交", "提交") }}',
        '{{ empty("没有") }}',
        '{% set words = "没有" %}',
    ],
)
def test_a_word_in_one_language_is_noticed(source: str) -> None:
    assert unsaid(source)


@pytest.mark.parametrize(
    "source",
    ['<p>{{ _("提交", "Submit") }}</p>', '<p>{{ t("product") }} · 3 %</p>', "{# 说明 #}<b>PDF</b>", "<i>{{ one.name }}</i>"],
)
def test_words_in_both_languages_pass(source: str) -> None:
    assert unsaid(source) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_page_has_what_the_content_policy_forbids(page: Path) -> None:
    source = page.read_text(encoding="utf-8")
    assert not re.search(r"<[^>]*\s(?:style|on[a-z]+)\s*=", source), "no style= and no handlers: the content policy blocks them"
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style", source), "scripts and styles are files"
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", source), "nothing is fetched from elsewhere"
