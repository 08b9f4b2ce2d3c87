"""Usage: credits spent, each report counted exactly once by its key."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.errors import NotFound, Refused
from app.domain.ledger import CREDITS, Posting, credits_unit
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.ledger import Account, Transfer
from app.models.scope import as_service
from app.models.usage import Spending
from app.services.ledger import burn_down, grants, posting
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
    Below the floor, or into what is held, it is refused (402, `insufficient_credits`) and nothing is written.
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
        posting.lock(session, customer_id, [unit])
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
        _check(session, customer_id, unit, credits.micros)
        (made,) = posting.post(
            session,
            customer_id,
            [Posting(unit, CREDITS, "revenue", credits.micros, "usage", "usage", key, description)],
            now,
        )
        burn_down.burn(session, made, now)
        session.flush()
        return made


def _check(session: Session, customer_id: str, unit: str, micros: int) -> None:
    """Refuse what would take credit that open authorizations hold. Whatever was used is posted by now."""
    account = session.get_one(Account, (customer_id, unit, CREDITS))
    held = session.get_one(Spending, customer_id).held_micros
    if held and account.balance - held - micros < (account.floor or 0):
        raise Refused("There is not enough credit for this.", "insufficient_credits", 402)
