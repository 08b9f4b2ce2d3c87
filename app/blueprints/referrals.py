"""Referrals: the customer's own link, who came by it, and what they earn."""

from typing import Any

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from app.domain.language import _
from app.presenters import referrals as words
from app.services.customers import referrers
from app.services.referrals import reads
from app.web.access import (
    current_actor,
    current_catalog,
    current_customer,
    from_address,
    managers_only,
    offered_only,
)
from app.web.fields import PageForm
from app.web.respond import saved, show

bp = Blueprint("referrals", __name__, url_prefix="/account/referrals")
PAGE, CONTENT = "referrals/page.html", "referrals/_content.html"


def _is_offered() -> None:
    if not current_catalog().referrals.offered:
        abort(404)


@bp.get("/")
@offered_only(_is_offered)
def page() -> Response:
    """Show the link, the people and the statement."""
    return show(PAGE, CONTENT, **_around())


@bp.post("/link")
@managers_only
@offered_only(_is_offered)
def make_link() -> Response:
    """Give the customer its code, where it is from before there were referrals."""
    referrers.ask(current_actor(), address=from_address())
    return saved("referrals.page", CONTENT, _("Your link is ready."), **_around())


def _around() -> dict[str, Any]:
    customer, terms = current_customer(), current_catalog().referrals
    found = reads.statement(customer.customer_id, customer.currency)
    return {
        "found": found,
        "link": reads.link(found.code) if found.code else "",
        "offer": words.offer(terms),
        "people": [words.person(each) for each in found.people],
        "months": [words.month(each, found) for each in found.months],
        "percent": words.percent(terms.percent),
        "form": PageForm(),
    }
