"""Unpaid invoices in tests: what the schedule does by the clock, and what is there of it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import MICROS
from app.models.collection import CollectionAttempt
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.events import OutboxEvent
from app.models.mails import Mail
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.authorizations import holds
from app.services.dunning import collecting
from app.services.payments import sweep
from tests.support import periods
from tests.support.periods import OVER

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def invoiced(whose: Customer, cents: int = 705) -> Document:
    """Return the invoice of what the customer has used in the first period."""
    periods.uses(whose, cents)
    document = periods.closes(whose)
    assert document is not None
    return document


def collects(at: datetime = OVER) -> None:
    """Let the worker collect what is due at that time."""
    with clock.at(at):
        collecting.collect_due()


def sweeps(at: datetime) -> None:
    """Let the worker ask how open payments stand, and collect."""
    with clock.at(at):
        sweep.payments_due()
        collecting.collect_due()


def fails_until_suspended(begins: datetime = OVER) -> datetime:
    """Let the first attempt and five retries be made; return when the last was."""
    for place in range(6):
        collects(begins + place * DAY)
    return begins + 5 * DAY


def standing(whose: Customer) -> str:
    """Return the customer's standing."""
    with as_service("look at a customer"):
        return db.session.scalars(select(Customer.standing).where(Customer.customer_id == whose.customer_id)).one()


def attempts(document: Document) -> list[tuple[int | None, str, datetime]]:
    """Return place, state and time of each attempt on the invoice."""
    rows = _rows(CollectionAttempt, CollectionAttempt.number, CollectionAttempt.document_id == document.id)
    return [(each.place, each.state, each.due_at) for each in rows]


def charged(whose: Customer) -> list[tuple[str, int, str, datetime]]:
    """Return invoice, amount, state and time of each payment, the oldest first."""
    rows = _rows(Payment, (Payment.created_at, Payment.id), Payment.customer_id == whose.customer_id)
    return [(each.document_id or "", each.amount_minor, each.state, each.created_at) for each in rows]


def mails(whose: Customer) -> list[tuple[str, datetime]]:
    """Return the mails about unpaid invoices and payments, and when they were written, the oldest first."""
    rows = _rows(Mail, (Mail.created_at, Mail.id), Mail.customer_id == whose.customer_id)
    return [(each.template, each.created_at) for each in rows if each.template not in {"invoice", "receipt"}]


def events(whose: Customer) -> list[str]:
    """Return the events about the account, in their order."""
    rows = _rows(OutboxEvent, (OutboxEvent.sequence,), OutboxEvent.customer_id == whose.customer_id)
    return [each.type.removeprefix("account.") for each in rows if each.type.startswith("account.")]


def allowed(whose: Customer, at: datetime) -> str:
    """Return why a call is refused at that time; nothing: it is served."""
    with clock.at(at):
        answer = holds.authorize(AuthorizationRequest(whose.customer_id, micros=MICROS))
    return answer.reason


def _rows(model: Any, order: Any, *which: Any) -> list[Any]:
    order = order if isinstance(order, tuple) else (order,)
    with as_service("look at unpaid invoices"):
        found = select(model).where(*which).order_by(*order).execution_options(populate_existing=True)
        return list(db.session.scalars(found))
