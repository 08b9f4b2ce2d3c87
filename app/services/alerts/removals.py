"""What a removal took away, as it stood: undone a short while later, the same row is there again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import mailboxes
from app.domain.errors import NotFound
from app.domain.usage_alerts import Threshold
from app.models.database import db
from app.models.limits import AlertRecipient, UsageAlert
from app.services.alerts import recipients
from app.services.balance.summary import whose


@dataclass(frozen=True)
class RemovedAlert:
    """A usage alert. With its id comes whether it was notified of in this period: nobody is notified twice."""

    id: str
    wants: Threshold
    created_at: datetime


@dataclass(frozen=True)
class RemovedAddress:
    """An address, and since when somebody there has confirmed it."""

    email: str
    asked_at: datetime
    confirmed_at: datetime | None


Removed = RemovedAlert | RemovedAddress


def alert(alert_id: str) -> RemovedAlert:
    """Return the alert of the customer in scope, to be removed, or `NotFound`."""
    row = db.session.scalar(select(UsageAlert).where(UsageAlert.customer_id == whose(), UsageAlert.id == alert_id))
    if row is None:
        raise NotFound("usage alert")
    return RemovedAlert(row.id, Threshold(row.meter, row.threshold, row.is_percent), row.created_at)


def address(email: str) -> RemovedAddress:
    """Return the address of the customer in scope, in whichever form, to be removed, or `NotFound`."""
    same = (AlertRecipient.customer_id == whose(), AlertRecipient.email.in_(mailboxes.forms(email)))
    row = db.session.scalars(select(AlertRecipient).where(*same).order_by(AlertRecipient.email).limit(1)).first()
    if row is None:
        raise NotFound("address")
    return RemovedAddress(row.email, row.asked_at, row.confirmed_at)


def kept(gone: Removed) -> dict[str, str | int | bool | None]:
    """Return the row as a session keeps it."""
    if isinstance(gone, RemovedAlert):
        wants = gone.wants
        return {
            "id": gone.id,
            "meter": wants.meter,
            "threshold": wants.threshold,
            "is_percent": wants.is_percent,
            "created_at": gone.created_at.isoformat(),
        }
    confirmed = gone.confirmed_at
    return {
        "email": gone.email,
        "asked_at": gone.asked_at.isoformat(),
        "confirmed_at": confirmed.isoformat() if confirmed else None,
    }


def read(values: dict[str, Any]) -> Removed:
    """Return the row that a session kept."""
    if "id" in values:
        wants = Threshold(values["meter"], values["threshold"], values["is_percent"])
        return RemovedAlert(values["id"], wants, datetime.fromisoformat(values["created_at"]))
    asked, confirmed = values["asked_at"], values["confirmed_at"]
    since = datetime.fromisoformat(confirmed) if confirmed else None
    return RemovedAddress(values["email"], datetime.fromisoformat(asked), since)


def put_back_alert(session: Session, customer_id: str, gone: RemovedAlert) -> None:
    """Write the alert's row again, in the caller's transaction."""
    wants = gone.wants
    session.add(
        UsageAlert(
            id=gone.id,
            customer_id=customer_id,
            meter=wants.meter,
            threshold=wants.threshold,
            is_percent=wants.is_percent,
            created_at=gone.created_at,
        )
    )


def put_back_address(session: Session, customer_id: str, gone: RemovedAddress) -> None:
    """Write the address's row again, in the caller's transaction: its mailed link is good again, no mail is sent."""
    session.add(
        AlertRecipient(
            customer_id=customer_id,
            email=gone.email,
            token_hash=recipients.hash_of(customer_id, gone.email, gone.asked_at),
            asked_at=gone.asked_at,
            confirmed_at=gone.confirmed_at,
        )
    )
