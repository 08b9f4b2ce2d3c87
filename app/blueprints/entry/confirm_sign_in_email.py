"""The mailed link by which a new address becomes the one that a member signs in with. Opening it changes nothing."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for

from app.domain.errors import Refused
from app.domain.people import browsers
from app.services.sign_in import emails, links
from app.web.access import from_address, public
from app.web.fields import PageForm

bp = Blueprint("confirm_sign_in_email", __name__, url_prefix="/confirm-sign-in-email")
PAGE, DONE, REFUSED = (f"confirm_sign_in_email/{name}.html" for name in ("page", "done", "refused"))
KEPT = "email_link"
"""Where the session keeps the hash of the link's token: the form stands at an address without it."""
_OVER = "It was used already, a newer e-mail has another link, or the change was cancelled."


@bp.get("/<token>")
@public
def arrive(token: str) -> Response:
    """Leave the link's address. Programs that look through mails come here too: nothing is used up."""
    hashed = links.hash_of(token)
    try:
        emails.look(hashed)
    except Refused as refusal:
        return _refused(refusal)
    session[KEPT] = hashed
    return make_response(redirect(url_for("confirm_sign_in_email.page"), 303))


@bp.get("/")
@public
def page() -> Response:
    """Show what would change, and the form that changes it."""
    try:
        asked = emails.look(session.get(KEPT, ""))
    except Refused as refusal:
        return _refused(refusal)
    return make_response(render_template(PAGE, asked=asked, form=PageForm()))


@bp.post("/")
@public
def confirm() -> Response:
    """Let the address be the one that is signed in with."""
    agent = browsers.in_words(request.user_agent.string)
    try:
        emails.confirm(session.get(KEPT, ""), address=from_address(), browser=agent)
    except Refused as refusal:
        return _refused(refusal)
    session.pop(KEPT, None)
    return make_response(redirect(url_for("confirm_sign_in_email.done"), 303))


@bp.get("/done")
@public
def done() -> Response:
    """Say what is so from now on."""
    return make_response(render_template(DONE))


def _refused(refusal: Refused) -> Response:
    titles = {410: "This link has expired", 409: "This address cannot be used"}
    sentence = _OVER if refusal.status == 404 else refusal.sentence
    title = titles.get(refusal.status, "This link does not work")
    return make_response(render_template(REFUSED, title=title, sentence=sentence), refusal.status)
