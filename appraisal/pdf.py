"""HTML to PDF: the only user of WeasyPrint, so that nothing else can fetch a URL or a file into a document.

A document may use the files of `appraisal/static/` as `static:name`, and nothing else: no network, no other file, no data
URL. The same HTML gives the same bytes. Pages render in a child process that can be killed; batches in a small pool.
"""

import hashlib
import multiprocessing
import os
import re
import resource
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from itertools import islice
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import _cffi_backend

from appraisal import pdf_fonts

STATIC = Path(__file__).parent / "static"
MAX_HTML = 4_000_000
"""Characters of HTML: a notice has some thirty thousand."""
MAX_MEMORY = 2 << 30
"""Bytes of address space a rendering child may take."""
BATCH_SECONDS = 60
"""Seconds one document of a batch may take."""

_OWN_SHEET = re.compile(r'<link rel="stylesheet" href="static:([a-z_]+\.css)">\n?')
_GLYPHS = re.compile(r"hb_codepoint_t\[(\d+)\]")


class PdfError(Exception):
    """A document that could not be rendered; the message says why and what to do."""


def render(html: str) -> bytes:
    """The PDF of `html`, in this process. Raises PdfError when it is too long or no Chinese font is installed."""
    return _render(*_ready(html))


def render_in_child(html: str, seconds: float = 15) -> bytes:
    """The same bytes, rendered in a child process that is killed after `seconds`. Raises PdfError."""
    html, font = _ready(html)
    context = _context()
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(sender, html, font, seconds), daemon=True)
    child.start()
    sender.close()
    try:
        if not receiver.poll(seconds):
            raise PdfError(f"rendering took longer than {seconds:g} seconds and was stopped; make the document shorter")
        answer = receiver.recv()
    except EOFError:
        raise PdfError("rendering ended without a document: it ran out of memory or processor time") from None
    finally:
        child.kill()
        child.join()
        child.close()
        receiver.close()
    if isinstance(answer, bytes):
        return answer
    raise PdfError(answer)


Begun = tuple[str, Future[bytes] | None]
"""A document that was given to a child; to none where the children had just gone down."""


class Renderers:
    """Child processes that render for a batch. They are killed with a document that takes too long, and with this process.

    Used in a `with` block: at its end the children are gone.
    """

    def __init__(self, workers: int = 2) -> None:
        self.workers = workers
        self.pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Renderers":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def render(self, documents: Sequence[str]) -> list[bytes | PdfError]:
        """The PDF of each document, in order, or why there is none: one that fails does not keep the others back."""
        return self.answers(self.begin(documents))

    def begin(self, documents: Sequence[str]) -> list[Begun]:
        """Has the documents rendered while the caller does something else; `answers` waits for them."""
        self.pool = self.pool or self._open()
        return [(html, self._submitted(self.pool, html)) for html in documents]

    def answers(self, begun: Sequence[Begun]) -> list[bytes | PdfError]:
        """As `render`, of documents that were begun."""
        return [self._answer(html, future) for html, future in begun]

    def _submitted(self, pool: ProcessPoolExecutor, html: str) -> Future[bytes] | None:
        try:
            return pool.submit(_render_in_time, *_ready(html))
        except BrokenProcessPool:
            return None

    def _answer(self, html: str, future: Future[bytes] | None) -> bytes | PdfError:
        try:
            if future is not None:
                return future.result()
        except (BrokenProcessPool, CancelledError):
            pass
        except Exception as fault:  # noqa: BLE001 (whatever it is, the others go on)
            return fault if isinstance(fault, PdfError) else PdfError(f"the document could not be rendered: {fault}")
        # A child was taken down, by this document or by another that was waiting beside it: each has a child of its own now.
        self._close()
        return _rendered_alone(html)

    def _open(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, mp_context=_context(), initializer=_prepare_child)

    def _close(self) -> None:
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)
            self.pool = None


def render_many(
    documents: Iterable[tuple[str, str]], directory: Path, workers: int = 2, progress: Callable[[Path], None] | None = None
) -> list[Path]:
    """Write each (file name, HTML) as a PDF into `directory` and call `progress` with each path as it is written.

    Returns the paths in the order given. Raises PdfError for the first document that fails.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    with Renderers(workers) as renderers:
        for chunk in _chunks(documents, 4 * workers):
            for (name, _), answer in zip(chunk, renderers.render([html for _, html in chunk]), strict=True):
                if isinstance(answer, PdfError):
                    raise answer
                path = directory / name
                partial = path.with_suffix(".part")
                partial.write_bytes(answer)
                partial.replace(path)
                written.append(path)
                if progress is not None:
                    progress(path)
    return written


def _chunks(documents: Iterable[tuple[str, str]], size: int) -> Iterator[list[tuple[str, str]]]:
    left = iter(documents)
    while chunk := list(islice(left, size)):
        yield chunk


def _ready(html: str) -> tuple[str, str]:
    """The text as the fonts here can set it, and the family for it. Raises PdfError."""
    try:
        return pdf_fonts.printable(html), pdf_fonts.chinese()
    except pdf_fonts.FontMissing as fault:
        raise PdfError(str(fault)) from None


def _context() -> Any:
    """Children come from a fork server that has rendered before: quick to start, and free of this process's threads.

    Each reads the main module of the program again; what that imports is there already.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["appraisal.pdf_warm", "appraisal.cli"])
    return context


def _answer(sender: Connection, html: str, font: str, seconds: float) -> None:
    """In the child: send the bytes, or the words of the error. Pages go first."""
    _limit_memory()
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    try:
        sender.send(_render(html, font))
    except MemoryError:
        sender.send("the document needs too much memory; make it shorter")
    except Exception as error:  # noqa: BLE001 (whatever it is, the parent must hear of it)
        sender.send(f"the document could not be rendered: {error}")


def _render_in_time(html: str, font: str) -> bytes:
    """In a child of a batch: one that never ends takes its child down."""
    signal.alarm(BATCH_SECONDS)
    try:
        return _render(html, font)
    finally:
        signal.alarm(0)


def _rendered_alone(html: str) -> bytes | PdfError:
    try:
        return render_in_child(html, BATCH_SECONDS)
    except PdfError as fault:
        return fault


def _prepare_child() -> None:
    """A child of a batch lets those go first who wait for a page."""
    _limit_memory()
    os.nice(10)
    threading.Thread(target=_end_with_batch, daemon=True).start()


def _end_with_batch() -> None:
    """A worker that was killed must not leave children behind that wait for ever."""
    began_by = multiprocessing.parent_process()
    if began_by is not None:
        wait([began_by.sentinel])
        os._exit(1)


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))


def _render(html: str, font: str) -> bytes:
    if len(html) > MAX_HTML:
        raise PdfError(f"the document has {len(html)} characters; at most {MAX_HTML} are rendered")
    weasyprint, fetcher, fonts = _engine()
    sheet = _sheet(tuple(_OWN_SHEET.findall(html)), font)
    document = weasyprint.HTML(string=_OWN_SHEET.sub("", html), base_url="static:", url_fetcher=fetcher)
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    written: bytes = document.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_identifier=identifier)
    return written


@lru_cache(maxsize=8)
def _sheet(names: tuple[str, ...], font: str) -> Any:
    """Sheets of the static folder and the fonts in one; read once and used for every document."""
    weasyprint, fetcher, fonts = _engine()
    everyday = f"{font} Everyday"
    faces = (
        f'@font-face {{ font-family: "{everyday}"; font-weight: {weight}; src: url("everyday:{weight}") }}'
        for weight in pdf_fonts.everyday_faces(font)
    )
    own = (static_file(f"static:{name}")[0].decode() for name in names)
    base = f'html, svg text {{ font-family: "{everyday}", "{font}", sans-serif }}'
    return weasyprint.CSS(string="\n".join((*own, *faces, base)), base_url="static:", url_fetcher=fetcher, font_config=fonts)


class _Types(dict[str, Any]):
    """The C types cffi has read, and arrays of glyph numbers of any length: it would parse C, 4 ms, for each length anew, and
    WeasyPrint makes four lengths a document."""

    def __init__(self, ffi: Any) -> None:
        super().__init__(ffi._parsed_types)
        self.pointer = ffi.typeof("hb_codepoint_t *")

    def __missing__(self, name: str) -> Any:
        found = _GLYPHS.fullmatch(name)
        if found is None:
            raise KeyError(name)
        return _cffi_backend.new_array_type(self.pointer, int(found[1])), False


@lru_cache(maxsize=1)
def _engine() -> tuple[Any, Any, Any]:
    """WeasyPrint, the locked fetcher and one font configuration: loading the fonts anew would double the time of a page."""
    import weasyprint
    from weasyprint.text.ffi import ffi
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    ffi._parsed_types = _Types(ffi)

    class Locked(URLFetcher):
        """Serves the files of the static folder and the faces made here; has no handler for anything else."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            scheme, _, weight = url.partition(":")
            if scheme == "everyday":
                face = pdf_fonts.everyday_faces(pdf_fonts.chinese())[weight]
                return URLFetcherResponse(url, face, {"Content-Type": "font/otf"})
            body, media_type = static_file(url)
            return URLFetcherResponse(url, body, {"Content-Type": media_type})

    return weasyprint, Locked(), FontConfiguration()


def static_file(url: str) -> tuple[bytes, str]:
    """The body and media type of `static:name`. Raises PermissionError for every other URL and for names with a path."""
    scheme, _, name = url.partition(":")
    media_type = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}.get(Path(name).suffix)
    path = STATIC / name
    if scheme != "static" or media_type is None or path.parent != STATIC or path.is_symlink() or not path.is_file():
        raise PermissionError(f"a document may only use the files of the static folder, not {url[:200]!r}")
    return path.read_bytes(), media_type
