"""Every document as a PDF and as pictures, for people to look at: `make documents`, or `python -m tests.documents`.

Each sample of the tests, and of the demo database (made if it is missing) the fullest document of each form; in Chinese and in
both languages. `index.html` in var/documents shows all of them. With ids of forms those alone: `… -m tests.documents appeal`.
"""

import html
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlmodel import Session, SQLModel, col, select

from appraisal import db, pdf
from appraisal.actor import Actor
from appraisal.agreements.models import Agreement
from appraisal.bulletins.report_models import KpiReport
from appraisal.config import settings
from appraisal.cycles.models import Appraisal, Cycle
from appraisal.development.models import ImprovementPlan
from appraisal.errors import AppraisalError
from appraisal.exceptions.models import KpiException
from appraisal.payroll.models import Release
from appraisal.people import auth
from appraisal.people.models import Account, Unit
from appraisal.policies.models import StoredPolicy
from appraisal.reports.catalogue import FORMS
from appraisal.reports.document import LANGUAGES, Document, Form
from appraisal.results.models import Appeal
from tests.reports.samples import SAMPLES

FOLDER = settings().var / "documents"
TABLES: Final[dict[str, type[SQLModel]]] = {
    "appraisal": Appraisal,
    "agreement": Agreement,
    "appeal": Appeal,
    "improvement_plan": ImprovementPlan,
    "cycle": Cycle,
    "release": Release,
    "report": KpiReport,
    "exception": KpiException,
    "policy": StoredPolicy,
}
READERS = ("t002", "t003", "c002", "p011", "p012")
"""Accounts of the demo, one after the other: HR, payroll, and those of the other companies."""
ENOUGH = 40
"""Rows that are looked at for the fullest document."""


def of_the_tests(forms: list[Form]) -> list[tuple[str, Form, Document]]:
    """The samples, by name."""
    return [(name, FORMS[form], document) for name, (form, document) in SAMPLES.items() if FORMS[form] in forms]


def of_the_demo(session: Session, forms: list[Form]) -> Iterator[tuple[str, Form, Document]]:
    """The fullest document of each form that one of the readers may see."""
    accounts = session.exec(select(Account).where(col(Account.login).in_(READERS))).all()
    actors = [auth.actor_of(session, one) for one in sorted(accounts, key=lambda one: READERS.index(one.login))]
    for form in forms:
        found = list(_found(session, form, actors))
        if found:
            yield f"{form.id}_of_the_demo", form, max(found, key=lambda one: len(form.html(one, "both")))
        else:
            print(f"the demo has no {form.id}")


def _found(session: Session, form: Form, actors: list[Actor]) -> Iterator[Document]:
    table = TABLES[form.about]
    units = session.exec(select(Unit.id).order_by(Unit.id)).all() if form.per_unit else [None]
    for about_id in session.exec(select(table.id).order_by(table.id.desc()).limit(ENOUGH)).all():  # type: ignore[attr-defined]
        for unit_id in units:
            document = _built(session, form, actors, about_id, unit_id)
            if document is not None:
                yield document


def _built(session: Session, form: Form, actors: list[Actor], about_id: int, unit_id: int | None) -> Document | None:
    """A document as the first reader sees it who may."""
    for actor in actors:
        try:
            return form.built(session, actor, about_id, unit_id)
        except AppraisalError:
            continue
    return None


def in_the_demo(forms: list[Form]) -> list[tuple[str, Form, Document]]:
    """The same, from the database of the demo."""
    made = Path(settings().database_url.removeprefix("sqlite:///"))
    if not made.exists():
        subprocess.run([sys.executable, "-m", "appraisal.cli", "demo"], check=True)
    with db.transaction(db.engine(f"sqlite:///{made}"), write=False) as session:
        return list(of_the_demo(session, forms))


def pictures(path: Path) -> list[str]:
    """A picture of each page, by name; none where pdftoppm (poppler-utils) is not installed."""
    if shutil.which("pdftoppm") is None:
        return []
    subprocess.run(["pdftoppm", "-r", "70", "-png", path, path.with_suffix("")], check=True)
    return sorted(one.name for one in path.parent.glob(f"{path.stem}-*.png"))


def sheet(written: list[Path]) -> str:
    """The page that shows all of them."""
    rows = []
    for path in written:
        shown = "".join(f'<img loading="lazy" src="{name}" alt="">' for name in pictures(path))
        rows.append(f'<h2><a href="{path.name}">{html.escape(path.stem)}</a></h2><div>{shown}</div>')
    style = "div{display:flex;gap:1em;overflow-x:auto}img{border:1px solid #ccc}"
    return f'<!doctype html><meta charset="utf-8"><title>Documents</title><style>{style}</style>{"".join(rows)}\n'


def main() -> None:
    """Writes them all."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    forms = [form for form in FORMS.values() if not sys.argv[1:] or form.id in sys.argv[1:]]
    documents = [*of_the_tests(forms), *in_the_demo(forms)]
    named = ((f"{name}.{language}.pdf", form.html(one, language)) for name, form, one in documents for language in LANGUAGES)
    written = pdf.render_many(named, FOLDER, progress=lambda path: print(path.name, flush=True))
    (FOLDER / "index.html").write_text(sheet(written), encoding="utf-8")
    print(f"{len(written)} documents: {FOLDER / 'index.html'}")


if __name__ == "__main__":
    main()
