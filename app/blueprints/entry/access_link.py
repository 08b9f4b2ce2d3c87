"""The way in by a read-only link: its token is swapped for a session, so that it stands in no address of a page."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from app.domain.errors import NotFound, Refused
from app.domain.language import _, marked
from app.services.people import access_links
from app.web.access import actor_or_none, from_address, public
from app.web.embedding import frame
from app.web.session_cookie import portal_session

bp = Blueprint("access_link", __name__, url_prefix="/read-only")
OVER = marked("It has expired, or was revoked. Ask whoever gave it to you for another one.")


@bp.get("/<token>")
@public
def enter(token: str) -> Response:
    """Begin the session and go on to the invoices. Looking ahead begins none, a frame gets none."""
    if request.method == "HEAD" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return make_response("", 204)
    if frame.comes_from_frame():
        return _refused(_("This link works in no frame"), _("Open it in a window of its own."), 403)
    actor = actor_or_none()
    if actor is not None and not actor.is_link and access_links.is_good(token):
        words = _(
            "You are signed in as {email}, and see all of this there. Try the link in a private window.",
            email=actor.email,
        )
        return _refused(_("You are signed in"), words, 409)
    session = portal_session()
    try:
        if actor is not None and not actor.is_link:
            raise NotFound("link")
        begun = access_links.swap(token, instead_of=session.token, address=from_address())
    except Refused as refusal:
        return _refused(_("This link does not work"), _(OVER), refusal.status)
    session.go_on_with(begun)
    return make_response(redirect(url_for("invoices.page"), 303))


def _refused(title: str, sentence: str, status: int) -> Response:
    html = render_template("access_link/refused.html", title=title, sentence=sentence, seller="")
    return make_response(html, status)
