"""The mailed link by which an address takes a customer's billing e-mails, or stops them. Opening it changes nothing."""

import re

from flask import Blueprint, Response, make_response, redirect, render_template, session, url_for

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.mails import listed
from app.services.customers import recipient_links
from app.services.customers.recipient_links import Asked
from app.web.access import from_address, public
from app.web.fields import PageForm

bp = Blueprint("confirm_billing_email", __name__, url_prefix="/billing/confirm-billing-email")
_DONE = "billing_email_done"
"""Where the visitor's session keeps what was done: the link itself leads to nothing then."""
_WHOLE = re.compile(r"[\w-]{43}", re.ASCII)
_OVER = marked("It was used already, it was cancelled, or a newer e-mail has another link.")
_WHOLE_LINK = marked("It may have been cut off. Open the link from the e-mail again.")


@bp.get("/<token>")
@public
def page(token: str) -> Response:
    """Show what the link leads to. Opening it confirms nothing: programs that look through mails do so too."""
    try:
        asked = recipient_links.look(token)
    except Refused as refusal:
        return _refused(refusal, token)
    shown = render_template(
        "confirm_billing_email/page.html",
        title=_("This address is confirmed") if asked.is_confirmed else _("Confirm this address"),
        asked=asked,
        topics=listed(asked.topics),
        seller=asked.seller,
        token=token,
        form=PageForm(),
    )
    return make_response(shown)


@bp.post("/<token>")
@public
def confirm(token: str) -> Response:
    """Let the address be used."""
    try:
        asked = recipient_links.confirm(token, from_address())
    except Refused as refusal:
        return _refused(refusal, token)
    if not asked.is_billing:
        return make_response(redirect(url_for("confirm_billing_email.page", token=token), 303))
    return _done(token, asked, "confirmed")


@bp.post("/<token>/stop")
@public
def stop(token: str) -> Response:
    """Send no more of these mails to the address."""
    try:
        asked = recipient_links.stop(token, from_address())
    except Refused as refusal:
        return _refused(refusal, token)
    return _done(token, asked, "stopped")


@bp.get("/<token>/done")
@public
def done(token: str) -> Response:
    """Say what was done, to whoever did it; anybody else is led to the link's page."""
    kept = session.get(_DONE)
    if not isinstance(kept, dict) or kept.get("token") != token:
        return make_response(redirect(url_for("confirm_billing_email.page", token=token), 303))
    title = _("This address is confirmed") if kept["what"] == "confirmed" else _("These e-mails are stopped")
    shown = render_template("confirm_billing_email/done.html", title=title, done=kept, seller=kept["seller"])
    return make_response(shown)


def _done(token: str, asked: Asked, what: str) -> Response:
    session[_DONE] = {
        "token": token, "what": what, "email": asked.email, "customer": asked.customer, "seller": asked.seller,
    }  # fmt: skip
    return make_response(redirect(url_for("confirm_billing_email.done", token=token), 303))


def _refused(refusal: Refused, token: str) -> Response:
    sentence, title = refusal.sentence, _("This link has expired")
    if refusal.status == 404:
        sentence = _(_OVER if _WHOLE.fullmatch(token) else _WHOLE_LINK)
        title = _("This link does not work")
    page = render_template("confirm_billing_email/refused.html", title=title, sentence=sentence, seller="")
    return make_response(page, refusal.status)
