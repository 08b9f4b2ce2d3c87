"""What has moved a customer's cash, to read."""

from collections.abc import Sequence

from sqlalchemy import select

from app import ids
from app.domain.errors import NotFound
from app.models.bank_transfers import CashMovement
from app.models.database import db

LATEST = 50


def latest(limit: int = LATEST) -> Sequence[CashMovement]:
    """Return the newest movements of the customer in scope."""
    return db.session.scalars(select(CashMovement).order_by(CashMovement.number.desc()).limit(limit)).all()


def one(movement_id: str) -> CashMovement:
    """Return a movement of the customer in scope, or `NotFound`."""
    found = db.session.scalars(select(CashMovement).where(CashMovement.id == movement_id)).one_or_none()
    if found is None or not ids.is_id(movement_id, "csh"):
        raise NotFound("movement")
    return found
