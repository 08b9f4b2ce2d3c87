"""Bank transfers: the account to send to, orders that wait for money, what has arrived and what is left of it."""

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from app.domain.errors import NotOffered, Refused
from app.domain.language import _
from app.domain.money import Money
from app.presenters import bank_transfers as words
from app.presenters.printed import around
from app.services.bank_transfers import accounts, allocation, cash, movements, orders, pro_forma_files
from app.services.customers import address
from app.services.invoices import reads
from app.services.papers import stored
from app.services.papers.stored import NotMade
from app.services.receivables import transferring
from app.web.access import current_actor, current_catalog, current_customer, managers_only
from app.web.respond import saved, show

bp = Blueprint("bank_transfers", __name__, url_prefix="/billing/bank-transfers")
PAGE, CONTENT = "bank_transfers/page.html", "bank_transfers/_content.html"
ORDER_PAGE, ORDER = "bank_transfers/pro_forma.html", "bank_transfers/_pro_forma.html"


@bp.get("/")
def page() -> Response:
    """Show the account, what is unapplied, the orders and what has moved the money."""
    return show(PAGE, CONTENT, **_around())


@bp.post("/look")
@managers_only
def look() -> Response:
    """Ask the processor what has arrived, and for the account where it is not known yet."""
    customer_id = current_actor().customer_id
    if not (accounts.ensure_known(customer_id) and cash.look(customer_id)):
        notice = _("Our payment processor does not answer right now. What you have sent is not lost: try again later.")
        return show(PAGE, CONTENT, status=503, **(_around() | {"problem": notice}))
    return saved("bank_transfers.page", CONTENT, _("This is what has arrived by now."), **_around())


@bp.get("/<pro_forma_id>")
def pro_forma(pro_forma_id: str) -> Response:
    """Show a pro-forma, which is also what is printed."""
    return show(ORDER_PAGE, ORDER, **_order(pro_forma_id))


@bp.post("/<pro_forma_id>/pdf")
def pdf(pro_forma_id: str) -> Response:
    """Let a pro-forma that waits for money be made as a PDF, and show the page that waits for it."""
    orders.read(pro_forma_id)
    try:
        paper_id = pro_forma_files.ask(current_customer().customer_id, pro_forma_id)
    except (NotOffered, NotMade):
        words = _("There is no PDF of this order: it asks for no money, or the account for it is not known yet.")
        flash(words, "bad")
        return redirect(url_for("bank_transfers.pro_forma", pro_forma_id=pro_forma_id), 303)
    return redirect(url_for("invoices.paper", paper_id=paper_id), 303)


@bp.post("/<pro_forma_id>/cancellation")
@managers_only
def give_up(pro_forma_id: str) -> Response:
    """Cancel an order that waits for money."""
    try:
        orders.give_up(current_actor(), pro_forma_id)
    except Refused as refusal:
        shown = _order(pro_forma_id) | {"problem": refusal.sentence}
        return show(ORDER_PAGE, ORDER, status=refusal.status, **shown)
    where = {"pro_forma_id": pro_forma_id}
    return saved("bank_transfers.pro_forma", ORDER, _("The order is cancelled."), values=where, **_order(pro_forma_id))


def _around() -> dict[str, Any]:
    customer = current_customer()
    unapplied, waiting = allocation.unapplied_of(customer.customer_id), orders.waiting()
    return {
        "problem": "",
        "is_offered": orders.is_offered(current_catalog()),
        "details": words.details(accounts.read()),
        "unapplied": Money(unapplied, customer.currency),
        "orders": words.lines(orders.latest(), waiting, unapplied),
        "movements": [
            *(words.on_its_way(each) for each in movements.expected()),
            *(words.moved(each, customer.currency) for each in movements.latest()),
        ],
    }


def _order(pro_forma_id: str) -> dict[str, Any]:
    customer = current_customer()
    ordered, waiting = orders.read(pro_forma_id), orders.waiting()
    unapplied = allocation.unapplied_of(customer.customer_id)
    now_due, document_id = transferring.asked_anew(ordered), ordered.pro_forma.document_id
    invoice = reads.head(document_id) if document_id else None
    to = words.address_of(invoice) if invoice else address.current(customer.customer_id).address
    (line,) = words.lines([ordered], waiting, unapplied, now_due)
    return {
        "problem": "",
        "order": line,
        "makes_pdf": line.waits and stored.are_offered(),
        "ordered": words.ordered(ordered.pro_forma, customer, (invoice.number or "") if invoice else ""),
        "invoice_id": document_id,
        "details": words.details(accounts.read()),
        "seller": current_catalog().seller,
        "seller_lines": around.seller_lines(current_catalog().seller),
        "buyer": words.buyer(to, customer.name),
        "now_due": now_due,
        "again": url_for("add_credits.page", method="bank_transfer"),
    }
