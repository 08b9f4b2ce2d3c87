"""The front door: `/` leads to the Overview."""

from flask import Blueprint, Response, make_response, redirect, url_for

bp = Blueprint("home", __name__)


@bp.get("/")
def page() -> Response:
    """Go to the Overview."""
    return make_response(redirect(url_for("overview.page"), 303))
