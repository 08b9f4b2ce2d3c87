"""Pay an invoice that is due: choose a method, and press the button that says the exact amount."""

from typing import Any

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app import ids
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.top_ups import unsaved
from app.forms import payment_methods
from app.forms.add_credits import NEW
from app.forms.invoices import InvoicePaymentForm, seen
from app.models.documents import Document
from app.models.payments import Payment
from app.presenters import uncharged
from app.services.invoices import reads
from app.services.payment_methods import saved as saved_methods
from app.services.payments import resume_links, top_ups
from app.services.receivables import paying, transferring
from app.web.access import current_actor, current_catalog, managers_only
from app.web.respond import show, wants_fragment

bp = Blueprint("invoice_payment", __name__, url_prefix="/billing/invoices")
PAGE, FORM = "invoice_payment/page.html", "invoice_payment/_form.html"


@bp.get("/<document_id>/payment")
def page(document_id: str) -> Response:
    """Ask how the invoice is paid."""
    return _shown(reads.head(document_id), InvoicePaymentForm(formdata=None, data={"form_key": ids.new_form_key()}))


@bp.post("/<document_id>/payment")
@managers_only
def pay(document_id: str) -> Response:
    """Pay it, if the amount is the one that the member saw."""
    document, form = reads.head(document_id), InvoicePaymentForm()
    try:
        if not form.validate():
            return _shown(document, form, 422)
        if not form.method.data:
            raise Refused(_("Choose a payment method, or add one."), "method_missing", 422, "method")
        amount = form.amount(document.currency)
        if form.method.data == Rail.BANK_TRANSFER:
            key = form.form_key.data or ""
            ordered = transferring.order(current_actor(), document.id, form_key=key, amount=amount)
            return payment_methods.away(url_for("bank_transfers.pro_forma", pro_forma_id=ordered.id))
        away = _save_first(document, form)
        if away:
            return away
        paid = paying.pay(
            current_actor(),
            document.id,
            form_key=form.form_key.data or "",
            amount=amount,
            method_id=form.method.data,
            return_url=resume_links.return_url,
        )
        _check(paid)
    except Refused as refusal:
        form.renew()
        said = payment_methods.beside(refusal)
        form.refuse(said)
        return _shown(reads.head(document_id), form, said.status)
    return _to_invoice(document.id)


@bp.post("/<document_id>/payment/cancellation")
@managers_only
def give_up(document_id: str) -> Response:
    """Give up a payment that waits for its customer."""
    found = paying.of_invoice(reads.head(document_id).id)
    if found is not None:
        top_ups.give_up(found.id)
    return _to_invoice(document_id)


def _save_first(document: Document, form: InvoicePaymentForm) -> Response | None:
    """Save the new method that is to be charged; return where its details are asked, if not here."""
    if form.method.data != NEW:
        return None
    setup = payment_methods.begin(form, back=url_for("invoice_payment.page", document_id=document.id))
    away = payment_methods.onward(setup)
    if away is None:
        form.method.data = setup.method_id
    return away


def _check(paid: Payment) -> None:
    """Refuse in words what ended uncharged; everything else is shown on the invoice."""
    refusal = uncharged.refusal(paid.state, paid.problem, paid.rail)
    if refusal is not None:
        raise refusal


def _shown(document: Document, form: InvoicePaymentForm, status: int = 200) -> Response:
    terms, due = current_catalog(), paying.to_pay(document)
    refused = paying.why_not(document, due) or paying.under_way(document)
    kinds = [each for each in terms.payment_methods.kinds if each not in terms.payment_methods.top_up_only]
    methods = [each for each in saved_methods.saved() if each.kind in kinds]
    offer, once = payment_methods.offer(), unsaved(kinds)
    ways = [*(each.id for each in methods), *([NEW] if offer["rails"] else []), *once]
    if form.method.data not in ways:
        form.method.data = ways[0] if ways else ""
    around: dict[str, Any] = {
        "document": document, "form": form, "methods": methods, "paid_once": once, **offer,
        "due": due, "seen": seen(due), "why_not": refused.sentence if refused else "",
        "total": _money(document.total_minor, document),
        "applied": _money(-document.credits_applied_minor - document.credit_paid_minor, document),
        "paid_before": _money(-document.taken_over_minor, document),
        "credited": _money(-document.credited_minor, document), "carried": _money(document.carried_minor, document),
    }  # fmt: skip
    return show(PAGE, FORM, status=status, **around)


def _money(minor: int, document: Document) -> Money:
    return Money(minor, document.currency)


def _to_invoice(document_id: str) -> Response:
    """Go to the invoice, which says how its payment stands."""
    address = url_for("invoices.document", document_id=document_id)
    return payment_methods.away(address) if wants_fragment() else redirect(address, code=303)
