"""Writes the expected HTML of each document anew: `.venv/bin/python -m tests.golden`. Read the difference before committing."""

from pathlib import Path

from tests.reports.samples import written

for name, language, html in written():
    (Path(__file__).parent / f"{name}.{language}.html").write_text(html)
