"""Read-only access: links that open a customer's invoices and statements to somebody who is no member."""

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people.read_only import MOST_LINKS
from app.forms.access_links import LinkForm
from app.services import portal_links
from app.services.people import access_links
from app.web.access import current_actor, fresh_only, from_address, managers_only, own_sign_in_only
from app.web.respond import show

bp = Blueprint("access_links", __name__, url_prefix="/account/members/read-only")
PAGE, CONTENT = "access_links/page.html", "access_links/_content.html"


@bp.get("/")
@own_sign_in_only
@managers_only
def page() -> Response:
    """Show the links that are good, and the form that makes one."""
    return show(PAGE, CONTENT, **_around())


@bp.post("/")
@own_sign_in_only
@managers_only
@fresh_only(marked("make a read-only link"), back="access_links.page")
def make() -> Response:
    """Make a link and show it, once: it is in no other answer."""
    form = LinkForm()
    if not form.validate():
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=422, **_around(form=form))
    try:
        made = access_links.make(current_actor(), form.name.data or "", int(form.days.data), address=from_address())
    except Refused as refusal:
        form.refuse(refusal)
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=refusal.status, **_around(form=form))
    return show(PAGE, CONTENT, **_around(made=made, link=portal_links.page("access_link.enter", token=made.token)))


@bp.post("/<link_id>/revoke")
@own_sign_in_only
@managers_only
def revoke(link_id: str) -> Response:
    """End a link, and every session that it began."""
    name = access_links.revoke(current_actor(), link_id, address=from_address())
    flash(_("The link for {name} is revoked. Whoever had opened it sees nothing more.", name=name), "ok")
    return redirect(url_for("access_links.page"), 303)


def _around(**more: Any) -> dict[str, Any]:
    rows = access_links.good_ones(current_actor().customer_id)
    return {"rows": rows, "form": LinkForm(formdata=None), "made": None, "link": "", "most": MOST_LINKS} | more
