"""Customers: for whom the member may act, and the way from one to another."""

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.domain.errors import NotFound
from app.domain.language import _
from app.services.people import acting_for
from app.web.access import current_actor, own_sign_in_only
from app.web.fields import PageForm
from app.web.respond import show
from app.web.session_cookie import portal_session

bp = Blueprint("customers", __name__, url_prefix="/account/customers")
PAGE, CONTENT = "customers/page.html", "customers/_content.html"


@bp.get("/")
@own_sign_in_only
def page() -> Response:
    """Show the customers by name, 25 at a time."""
    text = " ".join(request.args.get("q", "")[: acting_for.LONGEST_SEARCH].split())
    after = _place(request.args.get("after", ""))
    found = acting_for.listed(current_actor().member_id, text=text, after=after)
    more = found.after
    return show(
        PAGE,
        CONTENT,
        form=PageForm(formdata=None),
        rows=found.rows,
        text=text,
        is_all=not text and after is None and more is None,
        first="" if after is None else url_for("customers.page", q=text or None),
        more=url_for("customers.page", q=text or None, after=f"{more[1]}~{more[0]}") if more is not None else "",
    )


@bp.post("/switch")
@own_sign_in_only
def switch() -> Response:
    """Act for the customer that was chosen. What was open for the one before changes nothing any more."""
    wanted = request.form.get("customer", "")[:40]
    if not portal_session().switch(wanted):
        raise NotFound("customer")
    now = portal_session().billed
    words = _("You act for {customer} now.", customer=now.name) if now else _("You act for another customer now.")
    flash(words, "ok")
    return redirect(url_for("overview.page"), 303)


def _place(text: str) -> tuple[str, str] | None:
    """Return the name and id that the list begins behind; None where none is named."""
    customer_id, found, name = text[:300].partition("~")
    return (name, customer_id) if found else None
