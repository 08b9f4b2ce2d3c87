"""The mailed link by which a member stops the weekly digest: one press, no sign-in. Opening it changes nothing."""

from flask import Blueprint, Response, make_response, redirect, render_template, url_for

from app.domain.errors import Refused
from app.domain.language import _
from app.services.alerts import weekly_digest
from app.web.access import from_address, public
from app.web.fields import PageForm

bp = Blueprint("weekly_digest", __name__, url_prefix="/billing/weekly-digest")
PAGE = "weekly_digest/page.html"


@bp.get("/<subscription_id>/<proof>")
@public
def page(subscription_id: str, proof: str) -> Response:
    """Ask whether to stop it, or say that it is stopped. Programs that look through mails open this too."""
    try:
        asked = weekly_digest.look(subscription_id, proof)
    except Refused as refusal:
        return make_response(render_template("weekly_digest/refused.html"), refusal.status)
    title = _("Stop the weekly digest?") if asked else _("The weekly digest is stopped")
    named = {"subscription_id": subscription_id, "proof": proof, "seller": asked.seller if asked else ""}
    return make_response(render_template(PAGE, title=title, asked=asked, form=PageForm(), **named))


@bp.post("/<subscription_id>/<proof>")
@public
def stop(subscription_id: str, proof: str) -> Response:
    """Send no more digests, however often it is pressed."""
    try:
        weekly_digest.stop(subscription_id, proof, address=from_address())
    except Refused as refusal:
        return make_response(render_template("weekly_digest/refused.html"), refusal.status)
    return make_response(redirect(url_for("weekly_digest.page", subscription_id=subscription_id, proof=proof), 303))
