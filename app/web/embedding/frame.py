"""The portal in a frame: whose pages may frame an answer, what a frame shows when its session is over, and windows.

What must not be framed (a password, a bank, the processor's form) opens in a window of its own, by a link that is good
once and for ten minutes. The frame's own session is never a sign-in.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, g, make_response, render_template, request, session, url_for
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from app.domain.embedding.themes import Theme, theme_of
from app.domain.errors import Forbidden
from app.domain.language import _, marked
from app.services import portal_links
from app.services.access import frame_origins, portal_sessions
from app.services.access.sessions import FRAME
from app.web.embedding import path_mode
from app.web.respond import wants_fragment
from app.web.session_cookie import PortalSession, Way, portal_session

FRAMES = frozenset({"iframe", "frame", "embed", "object"})
NEVER = frozenset({"sign_in", "second_factor", "confirm_access"})
"""What asks for a password or a code: never in a frame."""
SIGN_IN, SIGN_OUT = "sign_in.page", "sign_in.sign_out"
ENDED = "Purser-Session"
"""The header of an answer that says so to the scripts of a frame."""
OPEN_AGAIN = marked("This browser keeps no cookies here. Close this window, and open it again where you came from.")
RELOAD = marked("Reload this page to go on.")


def init_app(app: Flask) -> None:
    """Give the templates what they show of a frame."""
    path_mode.init_app(app)
    app.jinja_env.globals |= {
        "embedded": embedded,
        "is_framed": is_framed,
        "new_window": new_window,
        "may_be_framed": may_be_framed,
        "theme_mode": lambda: theme().mode,
        "look": look,
        "theme_styles": theme_styles,
        "frame_script": frame_script,
        "window_script": window_script,
        "way_back": way_back,
        "frame_origins": lambda: " ".join(_allowed()),
    }

    @app.after_request
    def open_windows(response: Response) -> Response:
        """Where an answer leads to what must not be framed, let a link open it in a window of its own."""
        name = next((name for name in ("Location", "HX-Redirect") if name in response.headers), "")
        if not name or not is_framed() or not _leaves(response.headers[name]):
            return response
        return _onward(response.headers[name])


def _leaves(address: str) -> bool:
    """Whether it is a page of others, or one of ours that is never framed."""
    parts = urlsplit(address)
    if parts.netloc and f"{parts.scheme}://{parts.netloc}" not in {path_mode.own_origin(), portal_links.origin()}:
        return True
    try:
        endpoint, _ = current_app.url_map.bind("").match(path_mode.without_root(parts.path), method="GET")
    except HTTPException:
        return False
    marks = getattr(current_app.view_functions[endpoint], "__dict__", {})
    return bool(marks.get("is_public")) and endpoint.partition(".")[0] != "portal_session"


def _onward(address: str) -> Response:
    own = f"{request.blueprint}.page"
    again = url_for(own if own in current_app.view_functions else "overview.page")
    is_part = wants_fragment()
    template = "portal_session/_onward.html" if is_part else "portal_session/onward.html"
    answer = make_response(render_template(template, address=address, again=again))
    if is_part:
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#main > .main__in", "innerHTML"
    return answer


def embedded() -> PortalSession | None:
    """Return the portal session of this request, if it has one and somebody has read it; else nothing is looked up."""
    found: PortalSession = session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # a proxy's own
    return found if found.loaded and found.embedded else None


def is_framed() -> bool:
    """Whether this request came from a frame with a session in force."""
    found = embedded()
    return found is not None and found.embedded == FRAME


def comes_from_frame() -> bool:
    """Whether a frame asks, with or without a session."""
    found: PortalSession = session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # a proxy's own
    dest = request.headers.get("Sec-Fetch-Dest", "")
    if found.came_by is Way.PATH or dest in FRAMES:
        return True
    return found.came_by is Way.FRAME and dest not in {"", "document"}


def may_be_framed() -> bool:
    """Whether this answer may stand in a frame: a page of a frame's session, or what says that it is over."""
    if g.get("framed_page"):
        return True
    view = current_app.view_functions.get(request.endpoint or "")
    is_open = bool(getattr(view, "__dict__", {}).get("is_public")) or request.endpoint == "static"
    return is_framed() and not is_open and request.blueprint not in NEVER


def guard() -> Response | None:
    """Keep a portal session away from passwords: it never becomes a sign-in, and is not asked for one in a frame."""
    if embedded() is None:
        return ended() if request.endpoint == SIGN_IN and comes_from_frame() else None
    if request.blueprint == "sign_in" and request.method == "POST" and (is_framed() or request.endpoint != SIGN_OUT):
        raise Forbidden(_("Sign in at the portal itself, not in a page that another product shows."))
    if request.blueprint == "confirm_access" and is_framed():
        raise Forbidden(_("A password is never asked for inside another product's page."))
    return None


def ancestors() -> str:
    """Return who may frame this answer, as the content policy says it."""
    return " ".join(_allowed()) or "'none'" if may_be_framed() else "'none'"


def _allowed() -> tuple[str, ...]:
    """Return the seller's origins, read once a request; none where the database does not answer."""
    if "frame_origins" not in g:
        try:
            g.frame_origins = frame_origins.allowed()
        except SQLAlchemyError:
            return ()
    found: tuple[str, ...] = g.frame_origins
    return found


def frame_script() -> str:
    """Return the address of what a page does in a frame; nothing on every other page."""
    return path_mode.without_root(url_for("static", filename="frame.js")) if may_be_framed() else ""


def window_script() -> str:
    """Return the address of what takes the token out of the address of a window; nothing in frames and elsewhere."""
    if not path_mode.is_on() or embedded() is None or (is_framed() and not _fills_the_window()):
        return ""
    return path_mode.without_root(url_for("static", filename="window.js"))


def _fills_the_window() -> bool:
    return request.headers.get("Sec-Fetch-Dest") == "document"


def ended(title: str = "", sentence: str = "", status: int = 401) -> Response:
    """Answer a frame without a session: its script asks the host for another one, and what was typed stays."""
    g.framed_page = True
    again, nothing = _(OPEN_AGAIN if _fills_the_window() else RELOAD), _("Nothing was changed.")
    sentence = sentence or f"{again} {nothing}"
    words = {
        "title": title or _("Your session here has ended"),
        "sentence": sentence,
        "request_id": g.get("request_id", ""),
    }
    if wants_fragment():
        answer = make_response(render_template("errors/_error.html", **words), status)
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#notices", "innerHTML"
    else:
        answer = make_response(render_template("portal_session/ended.html", **words), status)
        answer.headers["Referrer-Policy"] = "no-referrer"  # its address may be a link that is still good
    answer.headers[ENDED] = "ended"
    return answer


def window_to(endpoint: str, **values: Any) -> str:
    """Return a link that opens the page in a window of its own, for the member of this frame."""
    path = path_mode.without_root(url_for(endpoint, **values))
    made = portal_sessions.for_window(portal_session().token, path)
    return portal_links.page("portal_session.enter", token=made.token)


def new_window() -> Markup:
    """Return the attributes of a link that leads to others' pages: out of a frame they open a window."""
    return Markup(' target="_blank" rel="noopener"') if is_framed() else Markup("")


def way_back() -> str:
    """Return where the host wants the member led back to; nothing where it did not say."""
    found = embedded()
    return str(found[portal_sessions.EMBEDDED].get("return_url", "")) if found else ""


def language() -> str:
    """Return the language that the host asked for; nothing where it did not."""
    found = embedded()
    return str(found[portal_sessions.EMBEDDED].get("locale", "")) if found else ""


def theme() -> Theme:
    """Return the look that the host asked for."""
    found = embedded()
    return theme_of(found[portal_sessions.EMBEDDED].get("theme", {})) if found else Theme()


def look() -> str:
    """Return what the host asked for, as its script compares it with what it asks for now; nothing where it did not."""
    found = embedded()
    values = dict(found[portal_sessions.EMBEDDED].get("theme", {})) if found else {}
    return urlencode(sorted(values.items())) if values != {"mode": "system"} else ""


def theme_styles() -> str:
    """Return the address of the style sheet of the host's tokens; nothing where it set none."""
    tokens = theme().tokens
    return f"{path_mode.without_root(url_for('portal_session.styles'))}?{urlencode(tokens)}" if tokens else ""
