"""The way in from a host product: a link that works once, the check whether its cookie came back, the host's look."""

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request, url_for

from app.domain.embedding.origins import origin_in, stated_in
from app.domain.embedding.themes import theme_of
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.services import portal_links
from app.services.access import frame_origins, portal_sessions
from app.services.access.sessions import FRAME, WINDOW
from app.web.access import public
from app.web.embedding import frame, path_mode
from app.web.session_cookie import ServerSessions, portal_session, seen_now

bp = Blueprint("portal_session", __name__, url_prefix="/embedded")
OVER = {
    "not_found": marked("This link does not work"),
    "link_used": marked("This link has been used"),
    "link_expired": marked("This link has expired"),
}
AGAIN = marked("Reload the page that shows it, or open billing again where you came from.")
A_YEAR = 365 * 24 * 3600


@bp.get("/<token>")
@public
def enter(token: str) -> Response:
    """Swap the link for a session and go on to where its cookie is looked for. Looking ahead uses nothing up."""
    if request.method == "HEAD" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return make_response("", 204)
    dest = request.headers.get("Sec-Fetch-Dest", "")
    is_window = dest == "document"
    if not is_window and (refused := _wrong_origin(is_frame=dest in frame.FRAMES)):
        return refused
    try:
        swapped = portal_sessions.swap(token, kind=WINDOW if is_window else FRAME, seen=seen_now())
    except Refused as refusal:
        return _over(refusal)
    answer = make_response(redirect(url_for("portal_session.check", token=swapped.check), 303))
    _sessions().hand_out(answer, swapped.token)
    return answer


@bp.get("/check/<token>")
@public
def check(token: str) -> Response:
    """Go on with clean addresses where the cookie came back, and else with the session's token before each of them.

    A browser that also brings the cookie of a sign-in is in a frame of the same site: one of the two is too many.
    """
    sessions = _sessions()
    cookie = "" if sessions.cookie in request.cookies else request.cookies.get(sessions.frame_cookie, "")
    try:
        found = portal_sessions.check(token, cookie)
    except Refused as refusal:
        return _over(refusal)
    return make_response(redirect(path_mode.address(found.token, found.path), 303))


@bp.get("/theme.css")
@public
def styles() -> Response:
    """Answer with the style sheet of a host's tokens. Its address holds them all, so it may be kept for ever."""
    try:
        theme = theme_of(request.args.to_dict())
    except Refused:
        abort(404)
    answer = make_response(theme.css)
    answer.mimetype = "text/css"
    answer.cache_control.public, answer.cache_control.max_age = True, A_YEAR
    answer.cache_control.immutable = True
    return answer


@bp.post("/theme")
def change_theme() -> Response:
    """Keep the look that the host shows now, for the pages that follow."""
    session = portal_session()
    if not session.embedded:
        abort(404)
    theme = theme_of({name: value for name, value in request.form.items() if name != "csrf_token"})
    session[portal_sessions.EMBEDDED] = session[portal_sessions.EMBEDDED] | {
        "theme": {"mode": theme.mode, **theme.tokens}
    }
    return make_response(frame.theme_styles(), 200)


@bp.get("/done")
def done() -> Response:
    """Say in a window that the frame can go on. A session with its token in the address is over with it."""
    html = render_template("portal_session/done.html")
    if path_mode.is_on() and not frame.is_framed():
        portal_session().sign_out()
    return make_response(html)


@bp.get("/window")
@public
def window() -> Response:
    """Answer a reload of a window out of whose address `static/window.js` took the token."""
    return frame.ended(_("This page cannot be loaded again"), _(frame.OPEN_AGAIN), 404)


def _wrong_origin(*, is_frame: bool) -> Response | None:
    """Refuse a frame on a page of nobody's that the seller named; the link is still good."""
    allowed = frame_origins.allowed()
    sender = stated_in(request.referrer or "")
    if sender and sender not in {*allowed, stated_in(portal_links.origin()), path_mode.own_origin()}:
        words = _("Only a page at https:// can be allowed to show it.")
        if sender == origin_in(sender):
            words = _(
                "The seller has not allowed {origin} to show it: flask portal add-frame-origin {origin}", origin=sender
            )
    elif is_frame and not allowed:
        words = _("The seller has allowed no origin to show it: flask portal add-frame-origin https://…")
    else:
        return None
    html = render_template("portal_session/ended.html", title=_("Billing cannot be shown here"), sentence=words)
    answer = make_response(html, 403)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _over(refusal: Refused) -> Response:
    title = OVER.get(refusal.reason, OVER["not_found"])
    return frame.ended(_(title), _(AGAIN), refusal.status)


def _sessions() -> ServerSessions:
    found = current_app.session_interface
    if not isinstance(found, ServerSessions):
        abort(404)
    return found
