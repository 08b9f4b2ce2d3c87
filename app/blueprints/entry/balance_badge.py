"""The balance badge: what the sidebar of an open page asks every few seconds (static/badge.js)."""

from flask import Blueprint, Response, make_response, render_template, request

from app.services.balance.history import numbers
from app.web.session_cookie import portal_session

bp = Blueprint("balance_badge", __name__)


@bp.get("/billing/balance-badge")
def page() -> Response:
    """Answer with the balance where it is another than the one shown (in micros), else with nothing (204).

    While nothing moves it asks the database nothing beside the session. It never counts as being seen: a page that
    nobody is at signs its reader out as if it were closed.
    """
    session, shown = portal_session(), request.args.get("shown", "")
    session.is_quiet = True
    if session.remaining is not None and shown == str(session.remaining):
        return make_response("", 204)
    remaining = numbers().remaining_credits
    if shown == str(remaining.micros):
        return make_response("", 204)
    return make_response(render_template("_balance_badge.html", remaining=remaining))
