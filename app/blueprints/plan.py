"""Plan: what the customer has, what else is sold and what that would cost, seats, and the way to change or end it."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app import locale
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.subscriptions.choice import Interval
from app.forms.plan import RequestForm, target
from app.presenters import usage
from app.presenters.plans import change_result, plan, plan_cards, plan_change, price_change
from app.presenters.plans.plan_cards import Sold
from app.presenters.status import status_line
from app.services.catalog import versions
from app.services.month_end import price_changes
from app.services.subscriptions import announced, orders, past_months, plan_requests, preview, reads, undoing
from app.services.subscriptions.reads import Current
from app.services.usage import meters
from app.web.access import current_actor, current_catalog, current_customer, current_unit, managers_only
from app.web.navigation import at_top
from app.web.respond import saved, show, wants_fragment

bp = Blueprint("plan", __name__, url_prefix="/billing/plan")
PAGE, CONTENT, SEATS = "plan/page.html", "plan/_content.html", "plan/_seats_price.html"
SHOWN = 4
"""So many meters stand on the page; all are on the Usage page."""


@bp.get("/")
def page() -> Response:
    """Show what the customer has, and what else is sold."""
    return show(PAGE, CONTENT, **_around(RequestForm()))


@bp.get("/seats")
def seats() -> Response:
    """Say what the number of seats that is typed would cost. Nothing is kept."""
    if not wants_fragment():
        return redirect(url_for("plan_change.page", seats=request.args.get("seats", "")), code=303)
    try:
        found = preview.of(current_customer(), target("", "", request.args.get("seats", "")))
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return show(PAGE, SEATS, seats_price=refusal.sentence)
    return show(PAGE, SEATS, seats_price=plan_change.seats_words(found, reads.of(current_customer())))


@bp.post("/requests")
@managers_only
def ask() -> Response:
    """Write to the seller about a plan that is sold on request."""
    form = RequestForm()
    if not form.validate():
        return show(PAGE, CONTENT, status=422, **_around(form))
    try:
        plan_requests.write(current_actor(), form.plan.data or "", form.message.data or "")
    except Refused as refusal:
        form.refuse(refusal)
        form.point_at_first_error()
        return show(PAGE, CONTENT, status=refusal.status, **_around(form))
    seller = locale.before_stop(current_catalog().seller_name)
    notice = _("Your message is on its way to {seller}.", seller=seller)
    return saved("plan.page", CONTENT, notice, **_around(RequestForm(formdata=None)))


def _around(form: RequestForm) -> dict[str, Any]:
    """Return what the page shows."""
    customer, unit = current_customer(), current_unit()
    has, offered = reads.of(customer), versions.offered(customer.catalog)
    (waits, scheduled), latest = reads.open_orders(), orders.latest()
    used = meters.usage(customer)
    back = undoing.gives_back(has, latest) if latest is not None else None
    return {
        "form": form,
        "now": plan.now(has, scheduled),
        "has": has,
        "is_cancelled": has.row.cancel_at is not None,
        "after": plan.default_plan(offered).title,
        "kept": plan.kept(has, announced.renewed(has)) if has.row.cancel_at is not None else None,
        "waits": plan.order_words(waits, versions.sold(customer.catalog, waits.catalog_version)) if waits else "",
        "waiting": waits,
        "scheduled": scheduled,
        "coming": price_change.coming(price_changes.of(customer), has, scheduled),
        "becomes": plan.order_words(scheduled, versions.sold(customer.catalog, scheduled.catalog_version))
        if scheduled
        else "",
        "too_many_used": plan.too_many_used(has, scheduled),
        "bought": latest if back is not None else None,
        "give_back": change_result.undo_words(latest, back) if latest is not None and back is not None else "",
        **_why_not(has),
        "interval": (interval := _interval(has)).value,
        "intervals": plan.intervals(offered),
        "cards": plan_cards.cards(Sold(has, offered, interval, past_months.counted(), unit, scheduled)),
        "seats": plan.seats(has),
        "asked": form.plan.data or "",
        "seller": current_catalog().seller,
        "meters": sorted(usage.rows(used, unit), key=lambda row: (not row.words.warns, row.bar.basis is None))[:SHOWN],
        **at_top(status_line.words),
    }


def _why_not(has: Current) -> dict[str, Any]:
    """Say why nothing can be changed now, and whether invoices are to be paid first; nothing where it can."""
    refusal = preview.refusal(has)
    if refusal is None or refusal.reason == "canceled":
        return {"why_not": "", "is_suspended": False}
    return {"why_not": refusal.sentence, "is_suspended": refusal.reason == preview.SUSPENDED}


def _interval(has: Current) -> Interval:
    """Return by which interval the prices are shown: the one that is asked for, or the customer's own."""
    wanted = request.args.get("interval", "")
    return Interval(wanted) if wanted in set(Interval) else has.has.interval
