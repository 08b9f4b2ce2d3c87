"""Invoice address: what a customer's invoices are made out to, and the purchase order number on them."""

from typing import Any

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from app import clock, locale
from app.domain.addresses.questions import Unfit
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.tax.places import is_member
from app.forms.invoice_address import AddressForm, filled
from app.services.customers import address
from app.services.customers.address import CHANGED_MEANWHILE, Kept
from app.web.access import current_actor, current_catalog, current_customer, from_address, managers_only
from app.web.respond import saved, show

bp = Blueprint("invoice_address", __name__, url_prefix="/billing/invoice-address")
PAGE, CONTENT, FIELDS = "invoice_address/page.html", "invoice_address/_content.html", "invoice_address/_fields.html"


@bp.get("/")
def page() -> Response:
    """Show the address, and the form that changes it."""
    kept = _kept()
    return show(PAGE, CONTENT, **_around(_fresh(kept), kept))


@bp.post("/")
@managers_only
def save() -> Response:
    """Keep the address as it was typed; say what is missing, and ask about what looks wrong."""
    form, actor = AddressForm(), current_actor()
    form.name_fields(po_required=current_customer().po_required)
    if not form.validate():
        return _refused(form, 422)
    try:
        kept = address.change(
            actor.customer_id,
            form.address,
            form.po_number.data or "",
            form.made_from,
            by=actor.member_id,
            as_typed=form.is_as_typed,
            address=from_address(),
            reference=form.buyer_reference.data or "",
        )
    except Unfit as unfit:
        form.ask(unfit)
        return _refused(form, unfit.status)
    except Refused as refusal:
        if refusal.reason == CHANGED_MEANWHILE:
            refusal = _changed_meanwhile(form)
        form.refuse(refusal)
        return _refused(form, refusal.status)
    return saved("invoice_address.page", CONTENT, _("The invoice address is saved."), **_around(_fresh(kept), kept))


@bp.get("/fields")
def fields_opened() -> Response:
    """Lead back to the page: what was typed is in no address."""
    return redirect(url_for("invoice_address.page"), 303)


@bp.post("/fields")
@managers_only
def fields() -> Response:
    """Show the fields that addresses of the chosen country have, with what is typed. Nothing is kept."""
    form = AddressForm()
    form.name_fields(po_required=current_customer().po_required)
    return show(PAGE, FIELDS, **_around(form, _kept()))


def _kept() -> Kept:
    return address.current(current_customer().customer_id)


def _fresh(kept: Kept) -> AddressForm:
    """Return the form as it stands in the rows."""
    customer = current_customer()
    form = AddressForm(formdata=None, data=filled(kept, customer.name))
    form.name_fields(po_required=customer.po_required)
    return form


def _refused(form: AddressForm, status: int) -> Response:
    form.point_at_first_error()
    return show(PAGE, CONTENT, status=status, **_around(form, _kept()))


def _changed_meanwhile(form: AddressForm) -> Refused:
    """Let the next press of the button replace what was saved meanwhile."""
    form.version.data = str(_kept().version)
    words = _("Another address was saved meanwhile. Yours is still here: look at it, and save again to replace that.")
    return Refused(words, CHANGED_MEANWHILE)


def _around(form: AddressForm, kept: Kept) -> dict[str, Any]:
    """Return what the page shows: the form, and the saved address as it is printed."""
    form.compare_with(filled(kept, current_customer().name))
    return {
        "form": form,
        "kept": kept,
        "printed": locale.address(kept.address),
        "regions": form.format.regions,
        "seller_name": current_catalog().seller_name,
        "offers_e_invoices": is_member(current_catalog().seller.country, clock.now().date()),
    }
