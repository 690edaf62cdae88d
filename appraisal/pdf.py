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
import subprocess
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from itertools import islice
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
MAX_HTML = 4_000_000
"""Characters of HTML: a notice has some thirty thousand."""
MAX_MEMORY = 2 << 30
"""Bytes of address space a rendering child may take."""
BATCH_SECONDS = 60
"""Seconds one document of a batch may take."""

_OWN_SHEET = re.compile(r'<link rel="stylesheet" href="static:([a-z_]+\.css)">\n?')
_LIST_FONTS = ("fc-list", ":lang=zh-cn", "family")
_LIST_SIGNS = ("fc-list", "--format", "%{charset}\n")
_PREFERRED_FONTS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei")
_NEVER_DRAWN = frozenset({"Cc", "Cf", "Mn", "Zs", "Zl", "Zp"})
"""Controls, joiners, spaces and marks that combine: their absence from a font leaves no box."""


class PdfError(Exception):
    """A document that could not be rendered; the message says why and what to do."""


def render(html: str) -> bytes:
    """The PDF of `html`, in this process. Raises PdfError when it is too long or no Chinese font is installed."""
    return _render(printable(html), chinese_font())


def render_in_child(html: str, seconds: float = 15) -> bytes:
    """The same bytes, rendered in a child process that is killed after `seconds`. Raises PdfError."""
    html, font = printable(html), chinese_font()
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


class Renderers:
    """Child processes that render for a batch. They are killed with a document that takes too long, and with this process.

    Used in a `with` block: at its end the children are gone.
    """

    def __init__(self, workers: int = 2) -> None:
        self.workers, self.font = workers, chinese_font()
        self.pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Renderers":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def render(self, documents: Sequence[str]) -> list[bytes | PdfError]:
        """The PDF of each document, in order, or why there is none: one that fails does not keep the others back."""
        self.pool = self.pool or self._open()
        futures = [self._submitted(self.pool, html) for html in documents]
        return [self._answer(html, future) for html, future in zip(documents, futures, strict=True)]

    def _submitted(self, pool: ProcessPoolExecutor, html: str) -> Future[bytes] | None:
        try:
            return pool.submit(_render_in_time, printable(html), self.font)
        except BrokenProcessPool:
            return None

    def _answer(self, html: str, future: Future[bytes] | None) -> bytes | PdfError:
        try:
            if future is not None:
                return future.result()
        except BrokenProcessPool:
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


@lru_cache(maxsize=1)
def chinese_font() -> str:
    """The family used for Chinese text. Raises PdfError, naming the package to install, when there is none."""
    families = {family.strip() for line in _listing(_LIST_FONTS).splitlines() for family in line.split(",")} - {""}
    if not families:
        raise PdfError("no font with Chinese characters is installed; on Debian: apt-get install fonts-noto-cjk")
    return next((family for family in _PREFERRED_FONTS if family in families), min(families))


def printable(html: str) -> str:
    """The same text with each character that no installed font has as 〔U+2A6A5〕: a rare name must not become empty boxes."""
    drawn = _drawn_signs()
    missing = {sign for sign in set(html) if ord(sign) not in drawn and unicodedata.category(sign) not in _NEVER_DRAWN}
    return html.translate({ord(sign): f"〔U+{ord(sign):04X}〕" for sign in missing}) if missing else html


@lru_cache(maxsize=1)
def _drawn_signs() -> frozenset[int]:
    """The code points some installed font has a picture for."""
    signs: set[int] = set()
    for charset in set(_listing(_LIST_SIGNS).splitlines()):
        for span in charset.split():
            first, _, last = span.partition("-")
            signs.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(signs)


def _listing(command: tuple[str, ...]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise PdfError(f"cannot list the fonts ({error}); on Debian: apt-get install fontconfig fonts-noto-cjk") from None


def _context() -> Any:
    """Children come from a fork server that has rendered before: quick to start, and free of this process's threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["appraisal.pdf_warm"])
    return context


def _answer(sender: Connection, html: str, font: str, seconds: float) -> None:
    """In the child: send the bytes, or the words of the error."""
    _limit_memory()
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
    sheets = [_sheet(f'@import "static:{name}"') for name in _OWN_SHEET.findall(html)]
    base = _sheet(f'html, svg text {{ font-family: "{font}", sans-serif }}')
    document = weasyprint.HTML(string=_OWN_SHEET.sub("", html), base_url="static:", url_fetcher=fetcher)
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    written: bytes = document.write_pdf(stylesheets=[*sheets, base], font_config=fonts, pdf_identifier=identifier)
    return written


@lru_cache(maxsize=8)
def _sheet(css: str) -> Any:
    """A style sheet that is read once and used for every document."""
    weasyprint, fetcher, fonts = _engine()
    return weasyprint.CSS(string=css, base_url="static:", url_fetcher=fetcher, font_config=fonts)


@lru_cache(maxsize=1)
def _engine() -> tuple[Any, Any, Any]:
    """WeasyPrint, the locked fetcher and one font configuration: loading the fonts anew would double the time of a page."""
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class StaticOnly(URLFetcher):
        """Serves the files of the static folder; has no handler for anything else."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            body, media_type = static_file(url)
            return URLFetcherResponse(url, body, {"Content-Type": media_type})

    return weasyprint, StaticOnly(), FontConfiguration()


def static_file(url: str) -> tuple[bytes, str]:
    """The body and media type of `static:name`. Raises PermissionError for every other URL and for names with a path."""
    scheme, _, name = url.partition(":")
    media_type = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}.get(Path(name).suffix)
    path = STATIC / name
    if scheme != "static" or media_type is None or path.parent != STATIC or path.is_symlink() or not path.is_file():
        raise PermissionError(f"a document may only use the files of the static folder, not {url[:200]!r}")
    return path.read_bytes(), media_type
