"""The front door: `/` leads to the Overview."""

from flask import Blueprint, Response, make_response, redirect, url_for

from app.web.access import current_actor, papers_too

bp = Blueprint("home", __name__)


@bp.get("/")
@papers_too
def page() -> Response:
    """Go to the Overview; with a read-only link to the invoices."""
    return make_response(redirect(url_for("invoices.page" if current_actor().is_link else "overview.page"), 303))
