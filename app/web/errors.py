"""When something is wrong: a sentence in the portal's own look, the request's id, and nothing of the inside."""

import structlog
from flask import Flask, Response, g, make_response, render_template
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import BadHost, HTTPException

from app.domain.errors import Refused
from app.web.respond import wants_fragment

log = structlog.get_logger()

WORDS = {
    400: ("This request cannot be read", "Something in it is not as it should be. Go back and try again."),
    403: ("This is not open to you", "Your role may look at this but not change it."),
    404: ("There is no such page", "The address may be mistyped, or what it showed is gone."),
    405: ("This cannot be done here", "The page does not take this kind of request. Go back and try again."),
    413: ("This is too large", "What was sent is larger than the portal takes. Send less at a time."),
    429: ("Too many tries", "Wait a little, then try again."),
    500: (
        "Something went wrong",
        "It is our mistake and it has been noted. Look at the page again before you repeat a change.",
    ),
    503: (
        "The portal is busy",
        "The database does not answer right now. Look again in a moment before you repeat a change.",
    ),
}
FORM_TOO_OLD = ("This form is too old", "Nothing was changed. Go back, reload the page and send it again.")


def init_app(app: Flask) -> None:
    """Answer every error of the app in words."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _form_too_old)
    app.register_error_handler(HTTPException, _http)
    for unavailable in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(unavailable, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def _refused(refusal: Refused) -> Response:
    title, more = WORDS.get(refusal.status, ("This cannot be done", ""))
    is_said = refusal.sentence.rstrip(".") == title
    return _answer(refusal.status, title, more if is_said else refusal.sentence)


def _form_too_old(_error: CSRFError) -> Response:
    return _answer(400, *FORM_TOO_OLD)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if isinstance(error, BadHost):  # no address can be built on it, not even that of a page's style sheet
        return Response(f"{WORDS[400][0]}.\n", 400, mimetype="text/plain")
    if status < 400:
        return make_response(error.get_response())  # a redirect of the router
    title, sentence = WORDS.get(status, WORDS[400 if status < 500 else 500])
    answer = _answer(status, title, sentence)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            answer.headers[name] = value
    return answer


def _unavailable(error: Exception) -> Response:
    log.error("database_unavailable", kind=type(error).__name__, exc_info=_quiet(error))
    answer = _answer(503, *WORDS[503])
    answer.headers["Retry-After"] = "5"
    return answer


def _unexpected(error: Exception) -> Response:
    log.error("failed", kind=type(error).__name__, exc_info=_quiet(error))
    return _answer(500, *WORDS[500])


def _quiet(error: Exception) -> BaseException:
    """Return what may be logged: a driver's message can quote a row, so only the error above it is."""
    if isinstance(error, DBAPIError):
        error.hide_parameters = True
    return error


def _answer(status: int, title: str, sentence: str) -> Response:
    """Say it, without a look at the database: that may be what is wrong."""
    request_id = g.get("request_id", "")
    if wants_fragment() and status < 500:
        html = render_template("errors/_error.html", title=title, sentence=sentence, request_id=request_id)
        answer = make_response(html, status)
        # What asked stays as it is, with what was typed in it; the words go to the notices.
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#notices", "innerHTML"
        return answer
    page = render_template("errors/page.html", title=title, sentence=sentence, request_id=request_id, status=status)
    return make_response(page, status)
