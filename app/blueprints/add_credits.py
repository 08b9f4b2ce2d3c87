"""Add credits: choose an amount or a pack and a payment method, see the exact total, and buy it once."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app import clock, ids
from app.domain.errors import Refused
from app.domain.forecast.paces import Batch
from app.domain.language import _
from app.domain.methods import Rail
from app.domain.money import Credits, Money
from app.domain.numbers import Numbers
from app.domain.payments import PaymentState, Purpose, decline_sentence
from app.domain.payments import method_name as rail_name
from app.domain.sold_terms import Terms
from app.domain.status_line import rank
from app.domain.top_ups import first_amount, first_pack, unsaved
from app.forms import amounts, payment_methods
from app.forms.add_credits import AGAIN, ASKED_AGAIN, NEW, CreditsForm
from app.models.database import db
from app.models.payments import Payment
from app.presenters import add_credits as words
from app.presenters import bank_transfers, blocks, taxes, uncharged
from app.presenters.kept import movements
from app.presenters.status import status_line
from app.services.balance import after_purchase, history, status_facts, status_rows
from app.services.balance.status_rows import Around
from app.services.bank_transfers import orders
from app.services.payment_methods import saved as saved_methods
from app.services.payments import collection, purchases, resume_links, settlement, top_ups
from app.web.access import (
    comes_back,
    current_actor,
    current_catalog,
    current_customer,
    current_taxation,
    current_unit,
    managers_only,
)
from app.web.fields import TYPED_IN
from app.web.filters import method_name
from app.web.navigation import whom_of
from app.web.respond import show, wants_fragment

bp = Blueprint("add_credits", __name__, url_prefix="/billing/add-credits")
PAGE, FORM, TOTAL = "add_credits/page.html", "add_credits/_form.html", "add_credits/_total.html"
PAYMENT_PAGE, PAYMENT = "add_credits/payment.html", "add_credits/_payment.html"
CHOICE = ("amount", "pack", "method", "test_method", "kind")
"""What a link to the page may bring along."""
Standing = tuple[Around, list[Batch], dict[str, Any]]
"""What is around the customer's numbers, what is left, and what the page shows of all at its top."""


@bp.get("/")
def page() -> Response:
    """Ask how much and how. A link may bring the choice along."""
    given = {name: request.args.get(name, "")[:100] for name in CHOICE}
    given["amount"] = amounts.of_link(given["amount"], current_catalog().currency, request.args.get(TYPED_IN, ""))
    is_suggested = not (given["amount"] or given["pack"])
    standing = _standing()
    if is_suggested:
        given |= _suggested(standing[2]["numbers"])
    form = CreditsForm(formdata=None, data={**given, "form_key": ids.new_form_key()})
    return show(
        PAGE, FORM, is_suggested=is_suggested, **_around(form, review="review" in request.args, standing=standing)
    )


@bp.get("/total")
@comes_back("add_credits.page", *CHOICE, TYPED_IN)
def total() -> Response:
    """Answer what is chosen with its total and the button that says it."""
    return show(PAGE, TOTAL, **_around(CreditsForm(request.args)))


@bp.post("/")
@comes_back("add_credits.page", *CHOICE, TYPED_IN)
@managers_only
def buy() -> Response:
    """Buy, if the total is the one that the member saw."""
    form = CreditsForm()
    try:
        if not form.validate():
            return show(PAGE, FORM, status=422, **_around(form))
        if form.suggested.data:
            form.amount.data, form.pack.data = form.suggested.data, ""
            return _review(form)
        wanted = form.top_up()
        if not form.method.data:
            raise Refused(_("Choose a payment method, or add one."), "method_missing", 422, "method")
        if not form.seen.data:
            return _review(form)
        form.check_seen(wanted)
        if (earlier := form.ordered()) is not None:
            return _at_payment(earlier)
        if form.method.data == Rail.BANK_TRANSFER:
            return payment_methods.away(url_for("bank_transfers.pro_forma", pro_forma_id=form.pro_forma()))
        away = _save_first(form)
        if away:
            return away
        amount, pack = form.choice()
        bought = top_ups.buy(
            current_actor(),
            form_key=form.form_key.data or "",
            amount=amount,
            pack=pack,
            method_id=form.method.data,
            return_url=resume_links.return_url,
            repeat=form.seen.data.endswith(AGAIN),
            previewed=form.previewed,
        )
    except Refused as refusal:
        return _refused(form, refusal)
    return _outcome(bought, form)


@bp.get("/payments/<payment_id>")
def payment(payment_id: str) -> Response:
    """Show how the payment stands."""
    purchase = purchases.read(payment_id)
    paid, row, instead = purchase.payment, purchase.row, purchase.instead
    if paid.document_id is not None:
        return redirect(url_for("invoices.document", document_id=paid.document_id), code=303)
    if paid.purpose == Purpose.PLAN_CHANGE:
        return redirect(url_for("plan_change.of_payment", payment_id=paid.id), code=303)
    asked, received = (Money(minor, paid.currency) for minor in (paid.amount_minor, paid.received_minor))
    return show(
        PAYMENT_PAGE,
        PAYMENT,
        payment=paid,
        paid_with=method_name(purchase.method) if purchase.method else rail_name(paid.rail),
        row=row,
        price=received if paid.received_minor else asked,
        again=purchases.choice(paid),
        order=taxes.of_payment(paid),
        asked=asked,
        balance_after=Credits(row.balance_after_micros or 0) if row else None,
        bought=Credits(row.change_micros or 0) if row else Credits(paid.credits_micros),
        why=decline_sentence(paid.problem, paid.rail) if paid.state == PaymentState.FAILED else "",
        expected=words.expected(paid, clock.now().date()),
        standing=purchase.standing,
        reversals=purchase.reversals,
        written=movements.amount,
        instead=instead,
        document=purchase.document,
        is_instead_paid=bool(instead and instead.received_minor),
    )


@bp.get("/payments/<payment_id>/return")
def returned(payment_id: str) -> Response:
    """Come back from the bank: ask the processor how it went, then show it. Coming back twice changes nothing."""
    purchases.read(payment_id)
    settlement.settle(payment_id)
    return redirect(url_for("add_credits.payment", payment_id=payment_id), code=303)


@bp.post("/payments/<payment_id>/resumption")
@managers_only
def go_on(payment_id: str) -> Response:
    """Go on to the bank with a payment for which it wanted its customer while nobody was there."""
    purchases.read(payment_id)
    resumed = collection.resume(payment_id, resume_links.return_url(payment_id), current_actor().member_id)
    return payment_methods.away(resumed.action_url) if resumed.action_url else _at_payment(payment_id)


@bp.post("/payments/<payment_id>/cancellation")
@managers_only
def give_up(payment_id: str) -> Response:
    """Give up a payment that waits for the bank."""
    purchases.read(payment_id)
    top_ups.give_up(payment_id)
    return _at_payment(payment_id)


def _save_first(form: CreditsForm) -> Response | None:
    """Save the new method that is to be charged; return where its details are asked, if not here."""
    if form.method.data != NEW:
        return None
    chosen: dict[str, Any] = {"amount": form.amount.data or "", "pack": form.pack.data or ""}
    back = url_for("add_credits.page", **chosen, **form.written_in(), review=1)
    setup = payment_methods.begin(form, back=back)
    away = payment_methods.onward(setup)
    if away is None:
        form.method.data = setup.method_id
    return away


def _review(form: CreditsForm) -> Response:
    """Show the total before anything is charged. A plain browser gets a page of its own, which Back can return to."""
    if wants_fragment():
        return show(PAGE, FORM, **_around(form, review=True, focus="buy"))
    names = CHOICE if form.method.data == NEW else CHOICE[:3]
    chosen = {name: value for name, value in form.data.items() if name in names and value}
    return redirect(url_for("add_credits.page", **chosen, **form.written_in(), review=1), code=303)


def _around(
    form: CreditsForm, *, review: bool = False, again: bool = False, focus: str = "", standing: Standing | None = None
) -> dict[str, Any]:
    """Return what the form shows: what is sold, the saved methods, and the total of what is chosen so far.

    `focus` is where the reader goes on after their own click; a page opened by a link leaves it where it is.
    """
    terms = current_catalog()
    methods = [each for each in saved_methods.saved() if each.kind in terms.payment_methods.kinds]
    once = unsaved(terms.payment_methods.kinds)
    offer = payment_methods.offer()
    ways = [*(method.id for method in methods), *([NEW] if offer["rails"] else []), *once]
    if form.method.data not in ways:
        form.method.data = ways[0] if ways else ""
    wanted, why_not, taxation = None, "", current_taxation()
    try:
        wanted = form.top_up(taxation) if form.pack.data or (form.amount.data or "").strip() else None
    except Refused as refusal:
        why_not = refusal.sentence
    seen = wanted.preview + (AGAIN if again else "") if wanted else ""
    found, left, top = standing or _standing()
    today = found.now.date()
    after = after_purchase.after(top["numbers"], found, left, wanted) if wanted else None
    return {
        **top,
        "after": after, "lasts": words.lasts(after, top["numbers"], today) if after else "",
        "under_way": words.under_way(found.payments, today),
        "transfers": bank_transfers.lines(*orders.under_way(terms, current_customer().customer_id)),
        "latest": lambda: [words.latest(*each) for each in purchases.latest()],
        "form": form, "catalog": terms, "methods": methods, "paid_once": once, **offer,
        "order": taxes.lines(wanted.price, wanted.treatment) if wanted else None, "adds_tax": taxation.adds,
        "typed": amounts.typed, "wanted": wanted, "why_not": why_not, "seen": seen, "review": review, "focus": focus,
        "lacks_po_number": top_ups.lacks_po_number(db.session(), current_customer()),
        "closed": top_ups.closed_sentence(terms) if current_customer().standing == top_ups.CLOSED else "",
    }  # fmt: skip


def _standing() -> Standing:
    """Return what is around the customer's numbers, what is left, and what the page shows of all at its top."""
    catalog, customer = current_catalog(), current_customer()
    numbers = history.numbers()
    terms = Terms.of(catalog, customer.plan)
    found = status_rows.around(numbers, terms)
    left = status_facts.remaining(numbers, found)

    facts = status_facts.facts(numbers, terms, found, left)

    def status() -> object:
        first = rank(facts)
        return status_line.words(first, catalog, current_unit(), ask=whom_of(first))

    top = {
        "numbers": numbers,
        "status_now": status,
        "blocked": blocks.whatever_is_bought(facts, catalog, current_unit()),
        "remaining_credits": lambda: numbers.remaining_credits,
    }
    return found, left, top


def _suggested(numbers: Numbers) -> dict[str, str]:
    """Return what is chosen from the start: a pack or suggested amount that leaves a balance above zero."""
    catalog, owed = current_catalog(), Credits(max(0, -numbers.remaining_credits.micros))
    if catalog.packs:
        return {"pack": first_pack(catalog.packs, owed)}
    if (bounds := catalog.top_up) is None:
        return {}
    return {"amount": amounts.typed(first_amount(bounds.suggested, bounds.min, bounds.max, owed))}


def _refused(form: CreditsForm, refusal: Refused) -> Response:
    """Say why not; or, of a form that was sent twice at once, show what the other one has bought by the same card."""
    if (earlier := form.ordered()) is not None:
        return _at_payment(earlier)
    if refusal.reason.startswith("form_"):
        form.renew()
    how = _(ASKED_AGAIN[refusal.reason]) if refusal.reason in ASKED_AGAIN else ""
    form.refuse(Refused(f"{refusal.sentence} {how}", refusal.reason, refusal.status) if how else refusal)
    return show(PAGE, FORM, status=refusal.status, **_around(form, again=bool(how)))


def _outcome(paid: Payment, form: CreditsForm) -> Response:
    """Answer with the payment's page, or with the form again when nothing was charged and nothing will be."""
    refusal = uncharged.refusal(paid.state, paid.problem, paid.rail)
    if refusal is None:
        return _at_payment(paid.id)
    form.renew()
    form.refuse(refusal)
    return show(PAGE, FORM, status=refusal.status, **_around(form))


def _at_payment(payment_id: str) -> Response:
    """Go to the payment's page: htmx gets its fragment and its address, a plain browser is sent there."""
    address = url_for("add_credits.payment", payment_id=payment_id)
    if not wants_fragment():
        return redirect(address, code=303)
    answer = payment(payment_id)
    answer.headers["HX-Push-Url"] = address
    return answer
