"""What must be done before a customer can be judged: grants begin and expire, the period turns, old holds end."""

from app import clock
from app.models.scope import as_service
from app.services.ledger import reservations, spending
from app.services.transaction import transaction
from app.services.usage import posting_schedule


def catch_up(customer_id: str) -> None:
    """Do what is due for the customer, in a transaction of its own, under the lock of the customer's spending."""
    with as_service("authorize"), transaction() as session:
        locked = spending.lock(session, [customer_id])
        now = clock.now()
        reservations.expire(session, customer_id, now)
        posting_schedule.catch_up(session, locked[customer_id], now)
