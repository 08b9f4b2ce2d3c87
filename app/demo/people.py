"""The demo's people, one click each, and the dock with everything that only a demo has.

Whoever presses a name signs in with the password that the demo prints, as by hand: nothing else is opened.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from app.demo import host_product
from app.demo.stories import PASSWORD, STORIES
from app.domain.errors import Refused
from app.extensions import settings
from app.services.access import members
from app.web import password_tries
from app.web.access import public
from app.web.second_step import half_signed_in

bp = Blueprint("demo_people", __name__, url_prefix="/dev/people")


@bp.app_context_processor
def _dock() -> dict[str, object]:
    return {"demo_stories": STORIES, "host_product": _host_product()}


@bp.get("/")
@public
def page() -> Response:
    """List the people."""
    return make_response(render_template("demo_people/page.html"))


@bp.post("/")
@public
def sign_in() -> Response:
    """Sign in as one of them, in place of whoever is signed in."""
    email = request.form.get("email", "")
    if email not in {address for story in STORIES for _name, address, _role in story.members()}:
        return make_response(redirect(url_for("sign_in.page"), 303))
    try:
        who = password_tries.counted(email, lambda address: members.sign_in(email, PASSWORD, address))
    except Refused as refusal:
        flash(str(refusal), "bad")
        return make_response(redirect(url_for("sign_in.page"), 303))
    return half_signed_in.go_on(who, url_for("overview.page"))


def _host_product() -> str:
    """Return the address of the example host product, one port further than the portal."""
    return f"{host_product.address((urlsplit(settings().base_url).port or 80) + 1)}/"
