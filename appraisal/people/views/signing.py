"""Pages of signing in and out, here or with the company's identity provider, and of choosing a password."""

from typing import Any

from flask import Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from appraisal import web
from appraisal.core.errors import Message
from appraisal.errors import AppraisalError, Conflict, Invalid, NotAllowed, TooMany
from appraisal.people import oidc, sessions
from appraisal.people.schemas import PasswordForm, ProviderAnswer, ResetForm, SignInForm
from appraisal.people.views.blueprint import pages

ON_ITS_WAY = "oidc"


@pages.get("/login")
@web.outside_door
def sign_in() -> ResponseReturnValue:
    """The form."""
    return _sign_in_form(next=request.args.get("next", ""), kiosk="kiosk" in request.args)


@pages.post("/login")
@web.outside_door
def sign_in_now() -> ResponseReturnValue:
    """A session for the right password, and on to where they wanted to go; else the form again."""
    kept = {"login": request.form.get("login", ""), "next": request.form.get("next", ""), "kiosk": "kiosk" in request.form}
    try:
        form = web.load(SignInForm(), request.form)
        opened = sessions.sign_in(_target(), form["login"], form["password"], kiosk=form["kiosk"], **web.from_where())
    except TooMany as refused:
        return _again(_sign_in_form(web.said(refused.message), **kept), refused)
    except (Invalid, NotAllowed) as refused:
        # What no account could have is refused in the same words as a wrong password.
        return _again(_sign_in_form(web.said(sessions.BAD_CREDENTIALS), **kept), refused)
    web.begin_session(opened.token)
    return redirect(_local(form["next"]))


@pages.post("/logout")
@web.signed_in_only
@web.before_password
def sign_out() -> ResponseReturnValue:
    """Ends the session on the server and forgets its token here."""
    sessions.sign_out(web.session(), web.actor(), web.end_session() or "")
    return redirect(url_for("people.sign_in"))


@pages.get("/oidc")
@web.outside_door
def sign_in_with_provider() -> ResponseReturnValue:
    """On to the identity provider, which sends the visitor back to the page below."""
    try:
        begun = oidc.begin(_provider(), _way_back())
    except NotAllowed as refused:
        return _again(_sign_in_form(web.said(refused.message)), refused)
    cookie[ON_ITS_WAY] = {**vars(begun), "next": request.args.get("next", "")[:2000]}
    return redirect(begun.url)


@pages.get("/oidc/callback")
@web.outside_door
def back_from_provider() -> ResponseReturnValue:
    """A session for whom the provider vouches for and who has an account here."""
    try:
        answer = web.load(ProviderAnswer(), request.args)
        kept = cookie.pop(ON_ITS_WAY, None)
        if kept is None:
            raise NotAllowed("sign_in_failed", "登录已超时, 请重新登录", "this took too long: sign in again")
        going_to = kept.pop("next")
        provider = _provider()
        claim = oidc.finish(provider, oidc.Begun(**kept), _way_back(), state=answer["state"], code=answer["code"])
        opened = sessions.sign_in_as(_target(), provider.match, claim, agent=request.user_agent.string)
    except NotAllowed as refused:
        words = NO_ACCOUNT if refused.code == "bad_credentials" else refused.message
        return _again(_sign_in_form(web.said(words)), refused)
    except Invalid as refused:
        return _again(_sign_in_form(web.said(NOT_COMPLETED)), refused)
    web.begin_session(opened.token)
    return redirect(_local(going_to))


@pages.get("/password")
@web.signed_in_only
@web.before_password
def choose_password() -> ResponseReturnValue:
    """The form for a password of one's own."""
    return render_template("people/password.html", refusal=None, initial=g.must_change_password)


@pages.post("/password")
@web.outside_door
@web.signed_in_only
@web.before_password
def choose_password_now() -> ResponseReturnValue:
    """The new password, and a new session in place of all that were."""
    try:
        form = _passwords(PasswordForm())
        asked = {"old": form["old"], "new": form["new"], "kiosk": web.at_a_kiosk()}
        opened = sessions.change_password(_target(), web.actor(), **asked, **web.from_where())
    except (Invalid, Conflict, TooMany) as refused:
        page = render_template("people/password.html", refusal=web.said(refused.message), initial=g.must_change_password)
        return _again(page, refused)
    web.begin_session(opened.token)
    return redirect(url_for("desk.home"))


@pages.get("/reset")
@web.outside_door
def use_reset() -> ResponseReturnValue:
    """The form for a reset code. The code is typed: an address would end up in logs."""
    return render_template("people/reset.html", refusal=None)


@pages.post("/reset")
@web.outside_door
def use_reset_now() -> ResponseReturnValue:
    """The new password; they then sign in with it."""
    try:
        form = _passwords(ResetForm())
        sessions.use_reset(_target(), form["code"], form["new"], client=request.remote_addr)
    except (Invalid, TooMany) as refused:
        return _again(render_template("people/reset.html", refusal=web.said(refused.message)), refused)
    return redirect(url_for("people.sign_in"))


NO_ACCOUNT = Message("您在本系统没有可用账号, 请联系系统管理员", "you have no account here: ask an administrator")
NOT_COMPLETED = Message("统一身份登录未完成, 请重试", "the company sign-in was not completed: try again")


def _passwords(schema: Schema) -> dict[str, Any]:
    form = web.load(schema, request.form)
    if form["new"] != form["again"]:
        raise Invalid("not_the_same", "两次输入的新密码不一致", "the new password was not typed the same way twice")
    return form


def _sign_in_form(refusal: str | None = None, login: str = "", next: str = "", *, kiosk: bool = False) -> str:
    provider = current_app.extensions["oidc"]
    return render_template("login.html", login=login, refusal=refusal, next=next, kiosk=kiosk, provider=provider)


def _again(page: str, refused: AppraisalError) -> Response:
    """The form once more. A shut door says when it opens."""
    response = make_response(page, 429 if isinstance(refused, TooMany) else 422)
    if isinstance(refused, TooMany):
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


def _provider() -> oidc.Provider:
    provider: oidc.Provider | None = current_app.extensions["oidc"]
    if provider is None:
        raise NotAllowed("sign_in_failed", "未启用统一身份登录", "there is no company sign-in here")
    return provider


def _way_back() -> str:
    return url_for("people.back_from_provider", _external=True)


def _target() -> Any:
    return current_app.target  # type: ignore[attr-defined]


def _local(address: str) -> str:
    """An address of this site (a path, not another host in disguise), or the start page."""
    safe = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if safe else url_for("desk.home")
