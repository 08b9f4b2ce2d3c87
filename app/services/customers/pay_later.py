"""A customer who pays later is served without credit while there is a method, and every change of its methods says so.

The exposure is written in the transaction that saves or removes a method, so that the next call sees it.
"""

from functools import partial

from sqlalchemy.orm import Session

from app.models.customers import Customer
from app.services.catalog import versions
from app.services.ledger import posting, unpaid_overage
from app.services.ledger.posting import Books
from app.services.payment_methods import watch
from app.services.payment_methods.watch import Changed


@watch.watches
def begin(session: Session, customer_id: str) -> Changed | None:
    """Take the books of a customer whose terms have an exposure; those of others are not needed."""
    customer = session.get(Customer, customer_id)
    if customer is None or not versions.of(customer).arrears.exposure.micros:
        return None
    return partial(_restate, posting.lock(session, customer_id))


def _restate(books: Books) -> None:
    unpaid_overage.restate(books, unpaid_overage.agreed(books))
