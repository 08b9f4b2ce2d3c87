"""The mailed link by which a new address becomes the one that a member signs in with. Opening it changes nothing.

The mailbox alone is not enough: the address may be mistyped. The member who asked confirms it, signed in.
"""

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people import browsers
from app.services.sign_in import emails, links
from app.web.access import actor_or_none, from_address, own_sign_in_only, public
from app.web.fields import PageForm

bp = Blueprint("confirm_sign_in_email", __name__, url_prefix="/confirm-sign-in-email")
PAGE, SIGN_IN, DONE, REFUSED = (f"confirm_sign_in_email/{name}.html" for name in ("page", "sign_in", "done", "refused"))
KEPT = "email_link"
"""Where the session keeps the hash of the link's token, over a sign-in too. Its form has an address without it."""
_OVER = marked("It was used already, a newer e-mail has another link, or the change was cancelled.")


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
@own_sign_in_only
def page() -> Response:
    """Show the member what would change, and the form that changes it; ask anybody else to sign in first."""
    actor = actor_or_none()
    try:
        asked = emails.look(session.get(KEPT, ""), actor.member_id if actor else "")
    except Refused as refusal:
        return _refused(refusal)
    if actor is None:
        return make_response(render_template(SIGN_IN, asked=asked), 401)
    return make_response(render_template(PAGE, asked=asked, form=PageForm()))


@bp.post("/")
@public
@own_sign_in_only
def confirm() -> Response:
    """Let the address be the one that is signed in with."""
    agent, actor = browsers.in_words(request.user_agent.string), actor_or_none()
    if actor is None:  # signed out meanwhile
        return make_response(redirect(url_for("confirm_sign_in_email.page"), 303))
    try:
        emails.confirm(session.get(KEPT, ""), actor.member_id, address=from_address(), browser=agent)
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
    titles = {
        410: _("This link has expired"),
        409: _("This address cannot be used"),
        403: _("This link is for somebody else"),
    }
    sentence = _(_OVER) if refusal.status == 404 else refusal.sentence
    title = titles.get(refusal.status, _("This link does not work"))
    return make_response(render_template(REFUSED, title=title, sentence=sentence), refusal.status)
