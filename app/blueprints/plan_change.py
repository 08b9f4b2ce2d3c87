"""Change the plan: look at what it comes to, confirm the exact amount, and see what came of it."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app import ids
from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.subscriptions.preview import Preview
from app.domain.top_ups import unsaved
from app.forms import payment_methods
from app.forms.add_credits import NEW
from app.forms.plan import PlanChangeForm, seen, target
from app.models.subscriptions import PlanChange
from app.presenters import uncharged
from app.presenters.plans import change_result, plan, plan_change
from app.presenters.plans.plan_change import Instead
from app.services.balance import history
from app.services.catalog import versions
from app.services.payment_methods import saved as saved_methods
from app.services.payments import purchases, resume_links, settlement, top_ups
from app.services.subscriptions import changes, orders, preview, reads, undoing
from app.web.access import comes_back, current_actor, current_catalog, current_customer, managers_only
from app.web.respond import show, wants_fragment

bp = Blueprint("plan_change", __name__, url_prefix="/billing/plan")
PAGE, FORM = "plan_change/page.html", "plan_change/_form.html"
RESULT_PAGE, RESULT = "plan_change/result.html", "plan_change/_result.html"
CHOICE = ("plan", "interval", "seats")
NOT_FOR_PLANS = frozenset({"bank_transfer"})
"""What is not waited for: the price holds for the minute."""


@bp.get("/change")
def page() -> Response:
    """Show what the change comes to. What is chosen is in the address; nothing is kept."""
    asked = {name: request.args.get(name, "")[:60] for name in CHOICE}
    form = PlanChangeForm(formdata=None, data=asked | {"form_key": ids.new_form_key()})
    if step := request.args.get("step", ""):
        try:
            form.seats.data = str(target("", "", asked["seats"], step).seats or "")
        except Refused:
            form.seats.data = asked["seats"]
    return _shown(form)


@bp.post("/change")
@comes_back("plan_change.page", *CHOICE)
@managers_only
def confirm() -> Response:
    """Make the change, if it is the one that the member saw."""
    form = PlanChangeForm()
    try:
        if not form.validate():
            return _shown(form, 422)
        amount, wanted = form.amount(), form.target()
        earlier = orders.of_form(form.form_key.data or "") if form.method.data == NEW else None
        if earlier is not None:  # the same form once more: its method is saved already
            return _to(earlier.id)
        if amount.amount_minor and not form.method.data:
            raise Refused(_("Choose a payment method, or add one."), "method_missing", 422, "method")
        away = _save_first(form) if amount.amount_minor else None
        if away:
            return away
        ordered = changes.confirm(
            current_actor(),
            wanted,
            mark=form.preview.data or "",
            amount=amount,
            form_key=form.form_key.data or "",
            method_id=(form.method.data or "") if amount.amount_minor else "",
            return_url=resume_links.return_url,
        )
        _check(ordered)
    except Refused as refusal:
        form.renew()
        said = payment_methods.beside(refusal)
        form.refuse(said)
        return _shown(form, said.status)
    checkout = changes.onward(ordered) if form.method.data == changes.CHECKOUT else ""
    return payment_methods.away(checkout) if checkout else _to(ordered.id)


@bp.get("/changes/<change_id>")
def result(change_id: str) -> Response:
    """Show how the order stands; while nobody has to do anything the page asks again by itself."""
    return show(RESULT_PAGE, RESULT, **_around_result(reads.change(change_id)))


@bp.get("/payments/<payment_id>")
def of_payment(payment_id: str) -> Response:
    """Lead to the order that the payment is for."""
    return redirect(url_for("plan_change.result", change_id=orders.of_payment(payment_id).id), code=303)


@bp.post("/changes/<change_id>/undo")
@managers_only
def undo(change_id: str) -> Response:
    """Take the order back: one that is scheduled, one that waits for its payment, or seats of the same day."""
    before = reads.change(change_id)
    was, back = before.state, undoing.gives_back(reads.of(current_customer()), before)
    try:
        order = undoing.undo(current_actor().customer_id, change_id, by=current_actor().member_id)
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return show(
            RESULT_PAGE,
            RESULT,
            status=refusal.status,
            **_around_result(reads.change(change_id), refusal.sentence),
        )
    notice = change_result.undone(order, was, back)
    if not notice:
        return _to(change_id)
    flash(notice, "ok")
    return payment_methods.away(url_for("plan.page"))


@bp.post("/changes/<change_id>/look")
@managers_only
def look(change_id: str) -> Response:
    """Ask the processor how the payment of the order stands."""
    order = reads.change(change_id)
    if order.payment_id is not None and order.state == "waiting":
        settlement.settle(order.payment_id)
    return _to(change_id)


def _save_first(form: PlanChangeForm) -> Response | None:
    """Save the new method that is to be charged; return where its details are asked, if not here."""
    if form.method.data != NEW:
        return None
    plan_key, interval, seats = (form[name].data or "" for name in CHOICE)
    back = url_for("plan_change.page", plan=plan_key, interval=interval, seats=seats)
    setup = payment_methods.begin(form, back=back)
    away = payment_methods.onward(setup)
    if away is None:
        form.method.data = setup.method_id
    return away


def _check(order: PlanChange) -> None:
    """Refuse in words what ended uncharged; everything else is shown on the order's page."""
    if order.state != "failed" or order.payment_id is None:
        return
    paid = top_ups.get(order.payment_id)
    refusal = uncharged.refusal(paid.state, paid.problem, paid.rail)
    if refusal is not None:
        unchanged = _("Your plan is unchanged.")
        raise Refused(f"{refusal.sentence} {unchanged}", refusal.reason, refusal.status, refusal.field)


def _shown(form: PlanChangeForm, status: int = 200) -> Response:
    """Show the change as it is reckoned now."""
    terms, customer = current_catalog(), current_customer()
    has, offered = reads.of(customer), versions.offered(customer.catalog)
    found: Preview | None = None
    why_not = ""
    try:
        found = preview.of(customer, form.target())
    except Refused as refusal:
        why_not = refusal.sentence
    wants = found.wants if found else None
    own = has.has.plan
    chosen = wants.plan if wants else (offered.plans.plan(form.plan.data) if form.plan.data else None) or own
    kinds = [each for each in terms.payment_methods.kinds if each not in terms.payment_methods.top_up_only]
    methods = [each for each in saved_methods.saved() if each.kind in kinds]
    offer, at_checkout = payment_methods.offer(), not methods and changes.takes_checkout(terms)
    if at_checkout:  # it saves the method that pays
        offer |= {"rails": [], "test_methods": {}, "mandate": None}
    once = [each for each in unsaved(kinds) if each not in NOT_FOR_PLANS]
    first = [changes.CHECKOUT] if at_checkout else []
    ways = [*(each.id for each in methods), *([NEW] if offer["rails"] else []), *first, *once]
    if form.method.data not in ways:
        form.method.data = ways[0] if ways else ""
    around: dict[str, Any] = {
        "form": form, "has": has, "now": plan.now(has), "title": chosen.title, "chosen": chosen,
        "wants": wants, "review": plan_change.review(found) if found else None,
        "replaces": _replacing(Instead.NOW, reads.open_orders()[1]) if found else "",
        "less": [*plan_change.less(found, has, versions.sold(customer.catalog, found.catalog_version))] if found
        else [],
        "ends": plan.day(has.period.ends_at) if found and _can_cancel_instead(found, has, offered) else "",
        "paid_by": plan_change.paid_by(terms, history.numbers().remaining_credits.micros > 0)
        if found and found.charged.amount_minor else "",
        "mark": found.mark if found else "", "seen": seen(found.charged) if found else "", "why_not": why_not,
        "interval": wants.interval.value if wants else form.interval.data or has.has.interval.value,
        "intervals": plan.sold_by(chosen),
        "seats": wants.seats if wants else form.seats.data or plan.first_seats(has, chosen),
        "methods": methods, "paid_once": once, "at_checkout": at_checkout, **offer,
    }  # fmt: skip
    return show(PAGE, FORM, status=status, **around)


def _around_result(order: PlanChange, refused: str = "") -> dict[str, Any]:
    customer = current_customer()
    paid = purchases.read(order.payment_id) if order.payment_id else None
    payment = paid.payment if paid else None
    ended = uncharged.refusal(payment.state, payment.problem, payment.rail) if payment else None
    sold, has = versions.sold(customer.catalog, order.catalog_version), reads.of(customer)
    back = undoing.gives_back(has, order)
    return {
        "order": order,
        "payment": payment,
        "said": change_result.result(order, payment, sold, ended.sentence if ended else ""),
        "refused": refused,
        "replaces": _replacing(Instead.THEN, reads.open_orders()[1])
        if order.state == "waiting"
        else _replacing(Instead.WAS, orders.replaced_by(order)),
        "asks_again": order.state == "waiting" and change_result.is_waited_for(payment),
        "undo": change_result.undo_words(order, back) if back is not None else "",
        "choice": {"plan": order.plan, "interval": order.interval, "seats": order.seats},
    }


def _can_cancel_instead(found: Preview, has: reads.Current, offered: Catalog) -> bool:
    """Say whether cancelling comes to the same plan, but when what is paid ends and with nothing given back."""
    return found.given.amount_minor > 0 and has.can_end and found.wants.plan.key == plan.default_plan(offered).key


def _replacing(when: Instead, scheduled: PlanChange | None) -> str:
    """Say what becomes of the change that is scheduled; nothing where none is."""
    if scheduled is None:
        return ""
    sold = versions.sold(current_customer().catalog, scheduled.catalog_version)
    return plan_change.replacing(scheduled, sold, when)


def _to(change_id: str) -> Response:
    """Go to the order's page, which says how it stands."""
    address = url_for("plan_change.result", change_id=change_id)
    return payment_methods.away(address) if wants_fragment() else redirect(address, code=303)
