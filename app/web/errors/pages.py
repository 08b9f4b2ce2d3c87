"""When something is wrong: a sentence in the portal's own look, the request's id, and nothing of the inside."""

from flask import Flask, Response, make_response, render_template, request, url_for
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import BadHost, HTTPException

from app.domain.errors import NotOffered, Refused
from app.domain.language import _, marked
from app.models.scope import CustomerScope, enter
from app.web.access import actor_or_none
from app.web.errors import handlers
from app.web.login import another_customer, lacks_second_factor
from app.web.respond import wants_fragment
from app.web.second_step import half_signed_in
from app.web.session_cookie import SWITCHED, portal_session

WORDS = {
    400: (marked("This request cannot be read"), marked("Something in it is wrong. Go back and try again.")),
    403: (marked("You do not have access"), marked("Your role does not allow this. Ask an owner or billing manager.")),
    404: (marked("There is no such page"), marked("The address may be mistyped, or the page was removed.")),
    405: (
        marked("This cannot be done here"),
        marked("The page does not accept this kind of request. Go back and try again."),
    ),
    413: (marked("This is too large"), marked("The request is larger than the portal accepts. Send less at a time.")),
    429: (marked("Too many tries"), marked("Wait a little, then try again.")),
    500: (
        marked("Something went wrong"),
        marked("This is our mistake, and we have recorded it. Check the page before you repeat a change."),
    ),
    503: (
        marked("The portal is busy"),
        marked(
            "The database does not answer right now. Wait a moment, then check the page before you repeat a change."
        ),
    ),
}
NOT_OFFERED = marked("This page is not offered here")
FORM_TOO_OLD = (
    marked("This form is too old"),
    marked("Nothing was changed. Go back, reload the page and send it again."),
)


def init_app(app: Flask) -> None:
    """Answer every error of the app in words."""
    handlers.register(app, refused=_refused, http=_http, failed=lambda status: _answer(status, *WORDS[status]))
    app.register_error_handler(CSRFError, _form_too_old)


def _refused(refusal: Refused) -> Response:
    title, more = WORDS.get(refusal.status, (marked("This cannot be done"), ""))
    if isinstance(refusal, NotOffered):
        title = NOT_OFFERED
    is_said = refusal.sentence.rstrip(".") == _(title)
    return _answer(refusal.status, title, more if is_said else refusal.sentence)


def _form_too_old(_error: CSRFError) -> Response:
    actor = actor_or_none()
    if actor is not None and SWITCHED in portal_session():
        return _refused(another_customer(actor))
    return _answer(400, *FORM_TOO_OLD)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if isinstance(error, BadHost):  # no address can be built on it, not even that of a page's style sheet
        return Response(f"{WORDS[400][0]}.\n", 400, mimetype="text/plain")
    if status < 400:
        return make_response(error.get_response())  # a redirect of the router
    words = WORDS.get(status, WORDS[handlers.same_class(status)])
    return handlers.with_headers_of(error, _answer(status, *words))


def _answer(status: int, title: str, sentence: str) -> Response:
    """Say it in the language; from 500 on without a look at the database: that may be what is wrong."""
    request_id, title, sentence = handlers.request_id(), _(title), _(sentence) if sentence else ""
    if wants_fragment() and status < 500:
        html = render_template("errors/_error.html", title=title, sentence=sentence, request_id=request_id)
        answer = make_response(html, status)
        # What asked stays as it is, with what was typed in it; the words go to the notices.
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#notices", "innerHTML"
        return answer
    words: dict[str, object] = {"title": title, "sentence": sentence, "request_id": request_id, "status": status}
    words |= {"leads_to": "", "leads": ""}
    page = (_framed(words) if status < 500 else "") or render_template("errors/page.html", **words)
    return make_response(page, status)


def _half_signed_in(words: dict[str, object]) -> str:
    """Return the page for whoever has given the password: the way on is the second step, and not the Overview."""
    if half_signed_in.current() is None:
        return ""
    words |= {"leads_to": url_for("second_factor.page"), "leads": _("Go on to the second step")}
    return render_template("errors/page.html", **words)


def _framed(words: dict[str, object]) -> str:
    """Return the page with the portal's frame around it for whoever is signed in; nothing where it cannot be had."""
    if request.endpoint == "static":
        return ""
    try:
        actor = actor_or_none()
        if actor is None:
            return _half_signed_in(words)
        enter(CustomerScope(actor.customer_id))  # no guard has run where no view has the address
        if lacks_second_factor(actor):
            words |= {"leads_to": url_for("authentication.page"), "leads": _("Set up two-factor sign-in")}
        return render_template("errors/framed.html", **words)
    except (SQLAlchemyError, HTTPException):
        return ""
