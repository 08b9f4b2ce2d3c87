"""The mailed link by which an address takes usage alerts, and may stop them again. Opening it changes nothing."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from app.domain.errors import Refused
from app.services import alert_addresses
from app.services.alert_addresses import Asked
from app.web.access import public
from app.web.fields import PageForm

bp = Blueprint("confirm_email", __name__, url_prefix="/billing/confirm-email")
PAGE = "confirm_email/page.html"
_TITLES = {"not_found": "This link does not work", "link_expired": "This link has expired"}
_WHOLE_LINK = "Perhaps it was cut off, or the address was taken off the list. Open the link from the mail once more."


@bp.get("/<token>")
@public
def page(token: str) -> Response:
    """Show what the link leads to. Opening it confirms nothing: programs that look through mails do so too."""
    try:
        asked = alert_addresses.look(token)
    except Refused as refusal:
        return _refused(refusal)
    title = "This address is confirmed" if asked.is_confirmed else "Do you want usage alerts?"
    return _shown(title, asked, token)


@bp.post("/<token>")
@public
def confirm(token: str) -> Response:
    """Confirm the address."""
    try:
        alert_addresses.confirm(token, request.remote_addr or "")
    except Refused as refusal:
        return _refused(refusal)
    return make_response(redirect(url_for("confirm_email.page", token=token), 303))


@bp.post("/<token>/stop")
@public
def stop(token: str) -> Response:
    """Send no more alerts to the address."""
    try:
        asked = alert_addresses.stop(token, request.remote_addr or "")
    except Refused as refusal:
        return _refused(refusal)
    return _shown("These alerts are stopped", asked, token, stopped=True)


def _shown(title: str, asked: Asked, token: str, *, stopped: bool = False) -> Response:
    return make_response(render_template(PAGE, title=title, asked=asked, token=token, stopped=stopped, form=PageForm()))


def _refused(refusal: Refused) -> Response:
    sentence = _WHOLE_LINK if refusal.status == 404 else refusal.sentence
    title = _TITLES[refusal.reason]
    return make_response(render_template("confirm_email/refused.html", title=title, sentence=sentence), refusal.status)
