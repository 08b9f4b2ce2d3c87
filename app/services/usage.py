"""Usage: credits spent, each report counted exactly once by its key."""

from sqlalchemy import select

from app import clock
from app.domain.errors import NotFound, Refused
from app.domain.ledger import CREDITS, Posting, credits_unit
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.ledger import Transfer
from app.models.scope import as_service
from app.services import burn_down, grants, ledger
from app.services.transaction import transaction


def record(
    customer_id: str,
    *,
    key: str,
    credits: Credits,  # noqa: A002  # the product's word
    description: str,
) -> Transfer:
    """Take the credits out of the balance once for this key, and return the transfer.

    The same key with the same amount gives the transfer that is there; with another amount it is refused (409).
    Below the floor it is refused (402, `insufficient_credits`) and nothing is written.
    """
    if credits.micros <= 0:
        raise Refused("Usage must be more than zero.", "credits_too_small", 422, "credits")
    if not key or len(key) > 120:
        raise Refused("A usage key has 1 to 120 characters.", "key_malformed", 422, "key")
    now = clock.now()
    with as_service("record usage"), transaction() as session:
        customer = session.get(Customer, customer_id)
        if customer is None:
            raise NotFound("customer")
        unit = credits_unit(customer.credit_unit)
        ledger.lock(session, customer_id, [unit])
        earlier = session.scalars(
            select(Transfer).where(
                Transfer.customer_id == customer_id,
                Transfer.source_type == "usage",
                Transfer.source_id == key,
                Transfer.kind == "usage",
            )
        ).one_or_none()
        if earlier is not None:
            if earlier.amount != credits.micros:
                raise Refused("This key was used for another amount.", "key_reused")
            return earlier
        grants.catch_up(session, customer_id, unit, now)
        (made,) = ledger.post(
            session,
            customer_id,
            [Posting(unit, CREDITS, "revenue", credits.micros, "usage", "usage", key, description)],
            now,
        )
        burn_down.burn(session, made, now)
        session.flush()
        return made
