"""Usage: credits spent, each report counted exactly once by its key."""

from sqlalchemy import select

from app import clock
from app.domain.errors import Refused
from app.domain.ledger import CREDITS, Posting
from app.domain.money import Credits
from app.models.ledger import Transfer
from app.models.scope import as_service
from app.services.ledger import burn_down, grants, posting
from app.services.ledger.posting import Books
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
        books = posting.lock(session, customer_id)
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
        grants.catch_up(books, now)
        _check(books, credits.micros)
        used = Posting(books.unit, CREDITS, "revenue", credits.micros, "usage", "usage", key, description)
        (made,) = books.post([used], now)
        burn_down.burn(books, made)
        session.flush()
        return made


def _check(books: Books, micros: int) -> None:
    """Refuse what would take credit that open authorizations hold. Whatever was used is posted by now."""
    account, held = books.credits, books.spending.held_micros
    if held and account.balance - held - micros < (account.floor or 0):
        raise Refused("There is not enough credit for this.", "insufficient_credits", 402)
