"""The application behind a port of this process, at a time the test sets: what browsers of the tests open."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import event
from werkzeug.serving import WSGIRequestHandler, make_server

from appraisal import clock, web


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as behind a real server

    def log_request(self, *_: object) -> None:
        """Nothing: what goes wrong is told by the page."""


class Served:
    """A site that answers on a port, and what it asks its database."""

    def __init__(self, site: web.Site, instant: datetime) -> None:
        self.site, self.instant, self.statements = site, instant, 0
        self.server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def _answer(self, environ: Any, start: Any) -> Iterable[bytes]:
        with clock.at(self.instant):
            return self.site.wsgi_app(environ, start)

    @contextmanager
    def at(self, instant: datetime) -> Iterator[None]:
        """On another day, here and for whoever asks."""
        before, self.instant = self.instant, instant
        with clock.at(instant):
            yield
        self.instant = before

    def count(self, *_: object) -> None:
        """One statement more."""
        self.statements += 1


@contextmanager
def serving(site: web.Site, instant: datetime) -> Iterator[Served]:
    """The site, answering in threads until the end of the block."""
    made = Served(site, instant)
    target = site.target  # the site may serve another database by the end
    event.listen(target, "before_cursor_execute", made.count)
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()
        event.remove(target, "before_cursor_execute", made.count)
