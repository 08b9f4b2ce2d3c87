"""What follows where a customer is taxed otherwise from now on: auto-recharge is looked at, and a mail says it.

Auto-recharge is looked at however much is left. The mail is about a registration that counts no more.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.domain.mails import TAX_NUMBER_REJECTED
from app.domain.tax.registrations import State
from app.models.auto_recharge import due_now
from app.models.tax import TaxRegistration
from app.services import wake_ups
from app.services.outbox import events, mails


def taxed_otherwise(session: Session, customer_id: str, now: datetime) -> None:
    """Have auto-recharge looked at: one purchase may come to more than its limit now. The customer is locked."""
    session.execute(due_now(customer_id, now))
    wake_ups.after_commit(session, wake_ups.AUTOMATIC_CHARGES)


def rejected_later(session: Session, outbox: events.Outbox, row: TaxRegistration, before: object) -> None:
    """Write the mail about a registration that was verified before and is not any more, once for each change."""
    if before == State.VERIFIED and row.state == State.UNVERIFIED:
        key, to = f"{TAX_NUMBER_REJECTED}:{row.id}:{row.changes}", outbox.customer.email
        mails.write(session, row.customer_id, TAX_NUMBER_REJECTED, key=key, to=to, registration=row.id)
