"""Undo on the Usage page: an alert or an address that was removed a short while ago is there again as it was."""

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.services.alerts import removals, thresholds
from app.web import undo
from app.web.access import current_actor, from_address, managers_only

bp = Blueprint("usage_undo", __name__, url_prefix="/billing/usage/alerts")
TOO_LATE = marked("This can no longer be undone. Add it again.")


@bp.post("/undo")
@managers_only
def put_back() -> Response:
    """Put back what was removed last."""
    kept = undo.take(request.form.get("key", ""))
    if kept is None:
        flash(_(TOO_LATE), "bad")
        return _back()
    actor = current_actor()
    try:
        thresholds.restore(actor.customer_id, removals.read(kept), actor=actor.member_id, address=from_address())
    except Refused as refusal:
        flash(refusal.sentence, "bad")
        return _back()
    flash(_("It is there again, as it was."), "ok")
    return _back()


@bp.get("/undo")
@bp.get("/<alert_id>/removal")
def opened(alert_id: str = "") -> Response:  # noqa: ARG001  # the address has it
    """Lead back to the page: opening an address changes nothing."""
    return _back()


def _back() -> Response:
    return redirect(url_for("usage.page", meter=request.args.get("meter"), days=request.args.get("days")), 303)
