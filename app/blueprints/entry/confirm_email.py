"""The mailed link by which an address takes usage alerts, and may stop them again. Opening it changes nothing."""

import re

from flask import Blueprint, Response, make_response, redirect, render_template, session, url_for

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.services.alerts import recipients
from app.services.alerts.recipients import Asked
from app.web.access import from_address, public
from app.web.fields import PageForm

bp = Blueprint("confirm_email", __name__, url_prefix="/billing/confirm-email")
PAGE = "confirm_email/page.html"
_TITLES = {"not_found": marked("This link does not work"), "link_expired": marked("This link has expired")}
_STOPPED = marked("These alerts are stopped")
_SELLER = "stopped_alerts_of"
"""Where the visitor's session keeps whose alerts were stopped: the link itself leads to nothing then."""
_WHOLE = re.compile(r"[\w-]{43}", re.ASCII)
_OVER = marked(
    "Its alerts were stopped, or a newer e-mail has another link. No usage alerts are sent through this link."
)
_WHOLE_LINK = marked("It may have been cut off. Open the link from the e-mail again.")


@bp.get("/<token>")
@public
def page(token: str) -> Response:
    """Show what the link leads to. Opening it confirms nothing: programs that look through mails do so too."""
    try:
        asked = recipients.look(token)
    except Refused as refusal:
        return _refused(refusal, token)
    title = _("This address is confirmed") if asked.is_confirmed else _("Do you want usage alerts?")
    return _shown(title, asked, token)


@bp.post("/<token>")
@public
def confirm(token: str) -> Response:
    """Confirm the address."""
    try:
        recipients.confirm(token, from_address())
    except Refused as refusal:
        return _refused(refusal, token)
    return make_response(redirect(url_for("confirm_email.page", token=token), 303))


@bp.get("/<token>/stop")
@public
def stopped(token: str) -> Response:
    """Say that the alerts are stopped, however often it is opened; lead to the link's page while they are not."""
    try:
        recipients.look(token)
    except Refused as refusal:
        if refusal.status == 404 and _WHOLE.fullmatch(token):
            seller = session.get(_SELLER, "")
            return make_response(render_template("confirm_email/stopped.html", title=_(_STOPPED), seller=seller))
        return _refused(refusal, token)
    return make_response(redirect(url_for("confirm_email.page", token=token), 303))


@bp.post("/<token>/stop")
@public
def stop(token: str) -> Response:
    """Send no more alerts to the address."""
    try:
        session[_SELLER] = recipients.stop(token, from_address()).seller
    except Refused as refusal:
        if refusal.status != 404:
            return _refused(refusal, token)
    return make_response(redirect(url_for("confirm_email.stopped", token=token), 303))


def _shown(title: str, asked: Asked, token: str) -> Response:
    shown = render_template(PAGE, title=title, asked=asked, seller=asked.seller, token=token, form=PageForm())
    return make_response(shown)


def _refused(refusal: Refused, token: str) -> Response:
    sentence = refusal.sentence
    if refusal.status == 404:
        sentence = _(_OVER if _WHOLE.fullmatch(token) else _WHOLE_LINK)
    title, seller = _(_TITLES[refusal.reason]), recipients.seller_of(token)
    page = render_template("confirm_email/refused.html", title=title, sentence=sentence, seller=seller)
    return make_response(page, refusal.status)
