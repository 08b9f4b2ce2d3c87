"""What has moved a customer's cash, to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select

from app import ids
from app.domain.bank_transfers.cash import MovementKind
from app.domain.errors import NotFound
from app.domain.methods import Rail
from app.models.bank_transfers import CashMovement, CashReturn
from app.models.database import db
from app.models.documents import Document
from app.models.payments import OPEN_STATES, Payment

LATEST = 50


@dataclass(frozen=True)
class Expected:
    """Cash that is used or on its way back already, and whose movement the processor has not said yet."""

    id: str
    at: datetime
    minor: int
    currency: str
    is_payment: bool
    is_open: bool


def latest(limit: int = LATEST) -> Sequence[CashMovement]:
    """Return the newest movements of the customer in scope."""
    return db.session.scalars(select(CashMovement).order_by(CashMovement.number.desc()).limit(limit)).all()


def expected() -> list[Expected]:
    """Return what counts as used for the customer in scope and is no movement yet, the newest first.

    With it the movements come to what is left, without a wait for the next look at the processor.
    """
    applied = exists().where(
        CashMovement.customer_id == Payment.customer_id,
        CashMovement.intent_id == Payment.processor_id,
        CashMovement.kind == MovementKind.APPLIED.value,
    )
    payments = db.session.scalars(
        select(Payment).where(
            Payment.rail == Rail.BANK_TRANSFER.value, or_(OPEN_STATES, Payment.received_minor > 0), ~applied
        )
    )
    returns = db.session.scalars(
        select(CashReturn).where(CashReturn.movement_id.is_(None), CashReturn.state != "failed")
    )
    found = [
        Expected(row.id, row.created_at, minor, row.currency, is_payment=True, is_open=not row.received_minor)
        for row in payments
        for minor in [row.received_minor or row.amount_minor]
    ]
    found += [
        Expected(row.id, row.created_at, row.amount_minor, row.currency, is_payment=False, is_open=True)
        for row in returns
    ]
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)


def keeps(document: Document) -> bool:
    """Say whether what a document of the customer in scope returns stands under *Not used yet*: no bank has it.

    So it is with a refund of what was paid by bank transfer.
    """
    if document.source_type != "refund" or document.payment_id is None:
        return False
    rail = select(Payment.rail).where(Payment.customer_id == document.customer_id, Payment.id == document.payment_id)
    return db.session.scalar(rail) == Rail.BANK_TRANSFER.value


def one(movement_id: str) -> CashMovement:
    """Return a movement of the customer in scope, or `NotFound`."""
    found = db.session.scalars(select(CashMovement).where(CashMovement.id == movement_id)).one_or_none()
    if found is None or not ids.is_id(movement_id, "csh"):
        raise NotFound("movement")
    return found
