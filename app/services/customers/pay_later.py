"""A customer who pays later is served without credit while there is a method, and every change of its methods says so.

The exposure is written in the transaction that saves, removes or renews a method, so that the next call sees it. Time
alone ends a card, and the seller's catalog a kind of methods: whose is over is found by its rows.
"""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.models.customers import Customer
from app.models.database import constant, db
from app.models.scope import as_service
from app.services import due_rows
from app.services.catalog import versions
from app.services.ledger import exposure, posting, unpaid_overage
from app.services.ledger.posting import Books
from app.services.payment_methods import watch
from app.services.payment_methods.watch import Changed
from app.services.transaction import transaction


@watch.watches
def begin(session: Session, customer_id: str) -> Changed | None:
    """Take the books of a customer whose terms have an exposure; those of others are not needed."""
    customer = session.get(Customer, customer_id)
    if customer is None or not versions.of(customer).arrears.exposure.micros:
        return None
    return partial(_restate, posting.lock(session, customer_id))


def end_due(limit: int = 100) -> int:
    """Serve those without credit no longer whose card's date is over, at most `limit`; return how many."""
    with as_service("end what is served without credit"):
        found = due_rows.waiting(limit, _ended)
        return due_rows.each(found, _end, of="customer", failed="exposure_not_ended", enough=limit)


def _ended(limit: int, tried: Sequence[str]) -> Sequence[str]:
    """Return customers who are served without credit, and have no method any more that is charged for invoices.

    Which is, the newest version of a catalog says for all that have it.
    """
    today, exposed = clock.now().date(), Customer.exposure_micros > constant(0)
    catalogs = db.session.scalars(select(Customer.catalog).where(exposed).distinct()).all()
    found = list[str]()
    for name in sorted(catalogs):
        ended = ~exposure.is_lent_to(versions.offered(name), today)
        mine = select(Customer.customer_id).where(exposed, Customer.catalog == name, ended)
        mine = mine.where(Customer.customer_id.not_in(tried)).order_by(Customer.customer_id)
        found += db.session.scalars(mine.limit(limit - len(found))).all()
    return found


def _end(customer_id: str) -> int:
    with transaction() as session:
        books = posting.lock_if_free(session, customer_id)
        if books is None:
            return 0
        before = books.customer.exposure_micros
        _restate(books)
        return int(books.customer.exposure_micros != before)


def _restate(books: Books) -> None:
    unpaid_overage.restate(books, unpaid_overage.agreed(books))
