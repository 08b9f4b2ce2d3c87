"""How far the customer of the books is served without credit now: by its terms, its methods and its standing."""

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_

from app import clock
from app.domain.catalog import Catalog
from app.domain.dunning import arrears
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.services.catalog import versions
from app.services.ledger.posting import Books


def in_force(books: Books, catalog: Catalog | None = None) -> int:
    """Return it in micros; `catalog`: by these terms instead of the customer's own."""
    terms = catalog or versions.of(books.customer)
    exposure = terms.arrears.exposure
    if not exposure.micros:
        return 0
    wanted = and_(Customer.customer_id == books.customer_id, can_be_charged(terms, clock.now().date()))
    has_method = books.session.query(exists().where(wanted)).scalar()
    return arrears.in_force(exposure, standing=books.customer.standing, has_method=has_method).micros


def can_be_charged(catalog: Catalog, today: date) -> ColumnElement[bool]:
    """Say whether a saved method of a row of `Customer` is charged for invoices, and its card's date is not over.

    That is the default one, or any where the terms have others tried, too.
    """
    policy, method = catalog.payment_methods, PaymentMethod
    fit = [each for each in policy.kinds if each not in policy.top_up_only]
    mine = method.customer_id == Customer.customer_id, method.removed_at.is_(None), method.kind.in_(fit)
    which = () if catalog.dunning.other_methods else (method.is_default,)
    return exists().where(*mine, *which, ~is_over(today)).correlate(Customer)


def is_over(today: date) -> ColumnElement[bool]:
    """Say whether a card's date is over, as `domain.methods.expiry` does: the month after its own has begun."""
    method = PaymentMethod
    month = and_(method.exp_year == today.year, method.exp_month < today.month)
    return and_(method.exp_year.is_not(None), or_(method.exp_year < today.year, month))
