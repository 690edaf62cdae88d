"""The fonts of documents: which family sets Chinese text, what no font has a sign for, and a short cut for everyday signs.

A font with all of Chinese holds 65 000 signs; to read it through for each PDF takes as long as to lay out the page. Documents
are therefore set from faces with the 8 000 signs of everyday texts, made once in a process, and rare names from the whole font.
"""

import subprocess
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import uharfbuzz

_LIST_FONTS = ("fc-list", ":lang=zh-cn", "family")
_LIST_SIGNS = ("fc-list", "--format", "%{charset}\n")
_FIND_FACE = ("fc-match", "--format", "%{file}\n%{index}\n%{variable}\n%{weight}")
_PREFERRED_FONTS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei")
_WEIGHTS: Final = {"normal": "80", "bold": "200"}
"""As style sheets call them, and as fontconfig counts them."""
_NEVER_DRAWN = frozenset({"Cc", "Cf", "Mn", "Zs", "Zl", "Zp"})
"""Controls, joiners, spaces and marks that combine: their absence from a font leaves no box."""
_LATIN_AND_SIGNS = (
    range(0x20, 0x180),  # Latin with its accents
    range(0x2000, 0x2070),  # dashes, quotation marks, per mille
    range(0x2190, 0x2600),  # arrows, mathematics, numbers in circles, frames, shapes
    range(0x3000, 0x3040),  # Chinese punctuation
    range(0xFF00, 0xFFF0),  # full-width forms
)
_DROPPED_TABLES = ("BASE", "DSIG", "GPOS", "GSUB", "VORG", "vhea", "vmtx")
"""For vertical text and alternative shapes, which no document uses."""


class FontMissing(Exception):
    """No font can set Chinese text; the message names the package to install."""


@lru_cache(maxsize=1)
def chinese() -> str:
    """The family used for Chinese text. Raises FontMissing."""
    families = {family.strip() for line in _told(_LIST_FONTS).splitlines() for family in line.split(",")} - {""}
    if not families:
        raise FontMissing("no font with Chinese characters is installed; on Debian: apt-get install fonts-noto-cjk")
    return next((family for family in _PREFERRED_FONTS if family in families), min(families))


def printable(text: str) -> str:
    """The same text with each character that no installed font has as 〔U+2A6A5〕: a rare name must not become empty boxes."""
    drawn = _drawn_signs()
    missing = {sign for sign in set(text) if ord(sign) not in drawn and unicodedata.category(sign) not in _NEVER_DRAWN}
    return text.translate({ord(sign): f"〔U+{ord(sign):04X}〕" for sign in missing}) if missing else text


@lru_cache(maxsize=1)
def everyday_faces(family: str) -> Mapping[str, bytes]:
    """By weight the face of `family` with the signs of everyday texts only; a weight the family has no face of its own for, and
    a face that can be had in any weight, are left out. The same font gives the same bytes."""
    faces = {}
    for weight, number in _WEIGHTS.items():
        file, index, variable, found = _told((*_FIND_FACE, f"{family}:weight={number}")).split("\n")
        if (variable, found) == ("False", number):
            faces[weight] = _cut_down(Path(file), int(index))
    return faces


def _cut_down(file: Path, index: int) -> bytes:
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(file), index)
    wanted = uharfbuzz.SubsetInput()
    wanted.unicode_set.update(_everyday_signs())
    wanted.flags = uharfbuzz.SubsetFlags.NO_HINTING | uharfbuzz.SubsetFlags.DESUBROUTINIZE
    wanted.drop_table_tag_set.update(int.from_bytes(name.encode(), "big") for name in _DROPPED_TABLES)
    written: bytes = uharfbuzz.subset(face, wanted).blob.data
    return written


def _everyday_signs() -> Iterator[int]:
    """Those of GB 2312, whose 6 763 characters are what Chinese prose is written with, and of the blocks beside them."""
    for block in _LATIN_AND_SIGNS:
        yield from block
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            yield from map(ord, bytes((row, cell)).decode("gb2312", "ignore"))


@lru_cache(maxsize=1)
def _drawn_signs() -> frozenset[int]:
    """The code points some installed font has a picture for."""
    signs: set[int] = set()
    for charset in set(_told(_LIST_SIGNS).splitlines()):
        for span in charset.split():
            first, _, last = span.partition("-")
            signs.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(signs)


def _told(command: tuple[str, ...]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise FontMissing(f"cannot list the fonts ({error}); on Debian: apt-get install fontconfig fonts-noto-cjk") from None
