"""Tokens of machines, for administrators: made and shown once, revoked."""

from flask import Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from appraisal import clock, db, forms, paging, web
from appraisal.errors import Conflict, Fault, Invalid
from appraisal.forms import OPENED, Form
from appraisal.people import access, auth
from appraisal.people import tokens as machines
from appraisal.people.models import Account, ApiToken
from appraisal.people.schemas_access import TokenFilter, TokenIn
from appraisal.people.views.blueprint import pages

TOKEN = f"/admin/tokens/<int(max={2**31 - 1}):token_id>"


@pages.get("/admin/tokens")
@web.signed_in_only
def tokens() -> ResponseReturnValue:
    """Tokens, the newest first."""
    auth.require_role(web.actor(), "admin", "auditor")
    wanted = forms.asked(TokenFilter)
    page = paging.paged(web.session(), access.tokens(wanted), [(col(ApiToken.id), "desc")], wanted)
    return render_template("people/tokens.html", page=page, now=clock.now(), may=web.actor().has("admin"))


@pages.get("/admin/tokens/new")
@web.signed_in_only
def new_token(form: Form = OPENED) -> ResponseReturnValue:
    """The form that makes a token."""
    auth.require_role(web.actor(), "admin")
    of_machines = select(Account).where(col(Account.employee_id).is_(None), col(Account.disabled).is_(False))
    found = web.session().exec(of_machines.order_by(Account.login)).all()
    today = clock.today()
    return render_template(
        "people/token_new.html",
        form=form,
        accounts=[(one.id, one.login) for one in found],
        parts=machines.PARTS,
        chosen=request.form.getlist("scopes[]"),
        today=today,
        latest=today + machines.LONGEST,
    )


@pages.post("/admin/tokens/new")
@web.signed_in_only
def make_token() -> ResponseReturnValue:
    """Makes a token; its text is in the answer and kept nowhere, so that a form sent twice finds the name taken."""
    session, actor = web.session(), web.actor()
    auth.require_role(actor, "admin")
    try:
        body = forms.read(TokenIn)
        account = session.get(Account, body.pop("account_id"))
        if account is None:
            zh, en = "没有这个账号", "there is no such account"
            raise Invalid("bad_fields", zh, en, [Fault("account_id", zh, en)])
        made = machines.make_token(session, actor, account, **body)
    except (Invalid, Conflict) as refused:
        db.take_back(session)
        return make_response(new_token(Form(request.form, refused)), 409 if isinstance(refused, Conflict) else 422)
    return make_response(render_template("people/token_made.html", made=made, login=account.login), 201)


@pages.post(f"{TOKEN}/revoke")
@web.signed_in_only
def revoke_token(token_id: int) -> Response:
    """Ends a token at once."""
    machines.revoke_token(web.session(), web.actor(), token_id)
    return forms.done(url_for("people.tokens"), "令牌已吊销", "The token is revoked")
