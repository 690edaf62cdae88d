"""Everything of mine to take away: one file with all of it, and the documents one by one."""

import json

from flask import Response, current_app, render_template
from flask.typing import ResponseReturnValue

from appraisal import web
from appraisal.desk import own_data as mine
from appraisal.desk.views.blueprint import pages
from appraisal.reports.own_documents import own_documents


@pages.get("/my/data")
@web.signed_in_only
def own_data() -> ResponseReturnValue:
    """What there is to take away."""
    cases = mine.own_appraisals(web.session(), web.actor())
    documents = own_documents(web.session(), web.actor())
    return render_template("desk/own_data.html", cases=cases, documents=documents, known=current_app.view_functions)


@pages.get("/my/data/file.json")
@web.signed_in_only
def own_data_file() -> ResponseReturnValue:
    """All of it as one file."""
    content = json.dumps(mine.gathered(web.session(), web.actor()), ensure_ascii=False, indent=1, default=str)
    answer = Response(content, content_type="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return answer
