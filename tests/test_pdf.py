"""The renderer's locks: no file, no network, no endless document, and a clear word when a font is missing."""

import http.server
import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
import uharfbuzz

from appraisal import pdf, pdf_fonts

SECRET = "root:x:0:0"
REFUSED = [
    "file:///etc/passwd",
    "static:../app.py",
    "static:/etc/passwd",
    "static:nothing.css",
    "static:",
    "http://127.0.0.1/x.css",
    "https://example.org/x.png",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
    "ftp://127.0.0.1/x.css",
    "/etc/passwd",
]


@pytest.mark.parametrize("url", REFUSED)
def test_nothing_outside_the_static_folder_is_served(url: str) -> None:
    with pytest.raises(PermissionError, match="static folder"):
        pdf.static_file(url)


def test_the_print_stylesheet_is_served() -> None:
    body, media_type = pdf.static_file("static:print.css")
    assert b"@page" in body and media_type == "text/css"


def test_a_link_in_the_static_folder_to_a_file_outside_is_not_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pdf, "STATIC", tmp_path)
    (tmp_path / "x.css").symlink_to("/etc/passwd")
    with pytest.raises(PermissionError):
        pdf.static_file("static:x.css")


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    """A server that notes every request that reaches it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()


def test_a_hostile_document_reaches_neither_the_network_nor_a_file(listener: tuple[int, list[str]]) -> None:
    port, asked = listener
    for base in (f"http://127.0.0.1:{port}", "file:///etc/passwd?"):
        html = f"""<base href="{base}/"><link rel=stylesheet href="{base}/l.css"><link rel=attachment href="{base}/a">
            <style>@import "{base}/i.css"; @font-face {{ font-family: x; src: url({base}/f.woff) }}
            body {{ font-family: x; background: url({base}/b.png) }}</style>
            <img src="{base}/i.png"><object data="{base}/o.svg"></object><embed src="{base}/e.svg"><img src="relative.png">
            <svg><image href="{base}/s.png" width=9 height=9 /><use href="{base}/u.svg#a"/></svg><p>正文"""
        written = pdf.render(html)
        reader = pypdf.PdfReader(io.BytesIO(written))
        assert "正文" in reader.pages[0].extract_text() and SECRET.encode() not in written
        assert not dict(reader.attachments)
    assert asked == []


def test_a_document_without_end_is_stopped_with_its_child() -> None:
    with pytest.raises(pdf.PdfError, match="longer than 1 seconds"):
        pdf.render_in_child("<table><tr><td>格" * 2000 + "<p>字" * 200_000, seconds=1)


@pytest.mark.parametrize(
    "html",
    ["<div>" * 50_000 + "字", "<p>" + "很长的意见。" * 170_000, "<svg>" + "<rect width='1' height='1'/>" * 60_000 + "</svg>"],
    ids=["nested tags", "a comment of a megabyte", "a drawing without end"],
)
def test_what_would_take_for_ever_is_stopped_in_time(html: str) -> None:
    with pytest.raises(pdf.PdfError):
        pdf.render_in_child(html, seconds=2)


def test_a_picture_given_in_the_address_is_not_even_unpacked() -> None:
    bomb = "data:image/svg+xml," + "<svg xmlns='http://www.w3.org/2000/svg' width='1000000000' height='1000000000'/>"
    written = pdf.render(f'<img src="{bomb}"><p>正文')
    assert "正文" in pypdf.PdfReader(io.BytesIO(written)).pages[0].extract_text() and b"/Image" not in written


def test_one_document_of_a_batch_that_takes_its_child_down_does_not_take_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_render_in_time", _falling_over)
    with pdf.Renderers() as renderers:
        answers = renderers.render(["<p>一", f"<p>{FALLS}", "<p>三"])
        assert renderers.render(["<p>四"])[0] == pdf.render("<p>四")
    assert answers == [pdf.render(html) for html in ("<p>一", f"<p>{FALLS}", "<p>三")]


FALLS = "倒下"


def _falling_over(html: str, font: str) -> bytes:
    if FALLS in html:
        os._exit(1)
    return pdf._render(html, font)


def test_a_document_that_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(pdf.PdfError, match="at most"):
        pdf.render("字" * (pdf.MAX_HTML + 1))
    with pytest.raises(pdf.PdfError, match="at most"):
        pdf.render_in_child("字" * (pdf.MAX_HTML + 1))


def test_a_batch_writes_each_document_and_tells_as_it_goes(tmp_path: Path) -> None:
    told: list[str] = []
    pages = [(f"{n}.pdf", f"<p>第 {n} 份") for n in range(5)]
    written = pdf.render_many(pages, tmp_path / "notices", progress=lambda path: told.append(path.name))
    assert [path.name for path in written] == [name for name, _ in pages]
    assert sorted(told) == sorted(name for name, _ in pages) == sorted(path.name for path in (tmp_path / "notices").iterdir())
    for path, (_, html) in zip(written, pages, strict=True):
        assert path.read_bytes() == pdf.render(html)


def test_without_a_chinese_font_the_message_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_fonts, "_LIST_FONTS", ("true",))
    pdf_fonts.chinese.cache_clear()
    with pytest.raises(pdf.PdfError, match="apt-get install fonts-noto-cjk"):
        pdf.render("<p>字")
    monkeypatch.setattr(pdf_fonts, "_LIST_FONTS", ("no-such-command",))
    with pytest.raises(pdf.PdfError, match="apt-get install fontconfig fonts-noto-cjk"):
        pdf.render("<p>字")
    pdf_fonts.chinese.cache_clear()


def test_a_character_no_font_has_is_spelled_out_and_not_an_empty_box() -> None:
    written = pdf.render("<p>王\U000f0000芳 é ①</p>")
    assert "王〔U+F0000〕芳é①" in pypdf.PdfReader(io.BytesIO(written)).pages[0].extract_text().replace(" ", "")
    assert written == pdf.render_in_child("<p>王\U000f0000芳 é ①</p>")


def test_joiners_marks_and_controls_need_no_picture() -> None:
    text = "甲\u200d\ufe0f\n\t\u00a0e\u0301"
    assert pdf_fonts.printable(text) == text


def fonts_of(written: bytes) -> set[str]:
    page = pypdf.PdfReader(io.BytesIO(written)).pages[0]
    return {one.get_object()["/BaseFont"].partition("+")[2] for one in page["/Resources"]["/Font"].values()}


def test_everyday_text_is_set_from_the_short_faces_and_a_rare_sign_beside_it_from_the_whole_font() -> None:
    whole = pdf_fonts.chinese().replace(" ", "-")
    assert fonts_of(pdf.render("<p>绩效 <b>考核</b> Total 0.12 ≥ ①")) == {f"{whole}-Everyday", f"{whole}-Everyday-Bold"}
    rare = pdf.render("<p>欧阳㐂")
    assert fonts_of(rare) == {f"{whole}-Everyday", whole}
    assert "欧阳㐂" in pypdf.PdfReader(io.BytesIO(rare)).pages[0].extract_text()


def test_the_short_faces_are_small_have_what_gb_2312_has_and_are_the_same_each_time() -> None:
    family = pdf_fonts.chinese()
    faces = pdf_fonts.everyday_faces(family)
    assert faces.keys() == {"normal", "bold"} and faces["normal"] != faces["bold"]
    for face in faces.values():
        drawn = uharfbuzz.Face(uharfbuzz.Blob(face)).unicodes
        assert len(face) < 2_500_000 and {ord(sign) for sign in "绩效鑫睿…—≥①Ａé％"} <= set(drawn)
        assert ord("㐂") not in drawn
    pdf_fonts.everyday_faces.cache_clear()
    assert pdf_fonts.everyday_faces(family) == faces


def test_a_face_that_can_be_had_in_any_weight_or_has_none_of_its_own_is_not_cut_down(monkeypatch: pytest.MonkeyPatch) -> None:
    for told in ("x.ttf\n0\nTrue\n80", "x.ttf\n0\nFalse\n100"):
        pdf_fonts.everyday_faces.cache_clear()
        monkeypatch.setattr(pdf_fonts, "_told", lambda _, told=told: told)
        assert pdf_fonts.everyday_faces("x") == {}
    pdf_fonts.everyday_faces.cache_clear()


def test_an_array_of_glyphs_of_a_new_length_is_not_parsed_as_c(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf.render("<p>字")
    from weasyprint.text.ffi import ffi

    monkeypatch.setattr(ffi._parser, "parse_type_and_quals", lambda _: pytest.fail("parsed"))
    assert len(ffi.new("hb_codepoint_t[4321]")) == 4321
    monkeypatch.undo()
    assert ffi.typeof("hb_codepoint_t[2]") is ffi.typeof("hb_codepoint_t[2]") and ffi.sizeof("hb_codepoint_t[3]") == 12


@pytest.mark.parametrize("name", ["阿卜杜热合曼·" * 12, "Featherstone" * 6, "龘靐齉" * 20, "👨\u200d👩\u200d👧😀" * 5, "محمد"])
def test_any_name_can_be_set(name: str) -> None:
    assert pypdf.PdfReader(io.BytesIO(pdf.render(f"<table><tr><td>{name}</table>"))).pages
