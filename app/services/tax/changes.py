"""What follows where a customer is taxed otherwise from now on: auto-recharge is looked at, however much is left."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.models.auto_recharge import due_now
from app.services import wake_ups


def taxed_otherwise(session: Session, customer_id: str, now: datetime) -> None:
    """Have auto-recharge looked at: one purchase may come to more than its limit now. The customer is locked."""
    session.execute(due_now(customer_id, now))
    wake_ups.after_commit(session, wake_ups.AUTOMATIC_CHARGES)
