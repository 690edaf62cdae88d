"""Writes the expected HTML of each document anew: `.venv/bin/python -m tests.golden`. Read the difference before committing."""

from pathlib import Path

from appraisal.reports.result_notice import FORM
from tests.reports.sample import a_notice, a_vetoed_notice

for name, notice in {"result_notice": a_notice(), "result_notice_vetoed": a_vetoed_notice()}.items():
    (Path(__file__).parent / f"{name}.html").write_text(FORM.html(notice, "zh"))
