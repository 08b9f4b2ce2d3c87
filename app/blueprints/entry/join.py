"""The link that a customer shares: it leads to the seller's sign-up, with the code behind it. It changes nothing."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, make_response, redirect, render_template
from werkzeug.wrappers import Response

from app.domain.errors import Refused
from app.services.customers import referrers
from app.web.access import public

bp = Blueprint("join", __name__, url_prefix="/join")


@bp.get("/<code>")
@public
def page(code: str) -> Response:
    """Lead to the sign-up, or show the code where the seller has named none."""
    try:
        found = referrers.look(code)
    except Refused:
        return make_response(render_template("join/refused.html"), 404)
    if not found.sign_up_url:
        return make_response(render_template("join/page.html", found=found, seller=found.seller))
    return redirect(_with_code(found.sign_up_url, found.code), 302)


def _with_code(address: str, code: str) -> str:
    parts = urlsplit(address)
    asked = "&".join(filter(None, (parts.query, urlencode({"referral_code": code}))))
    return urlunsplit(parts._replace(query=asked))
