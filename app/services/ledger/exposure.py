"""How far the customer of the books is served without credit now: by its terms, its methods and its standing."""

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_, select

from app import clock
from app.domain.catalog import Catalog
from app.domain.dunning import arrears
from app.domain.invoices.documents import Kind, State
from app.domain.reversals import DisputeState
from app.models.customers import Customer
from app.models.database import constant
from app.models.documents import Document
from app.models.payments import PaymentMethod
from app.models.reversals import Dispute
from app.services.catalog import versions
from app.services.ledger.posting import Books


def in_force(books: Books, catalog: Catalog | None = None) -> int:
    """Return it in micros; `catalog`: by these terms instead of the customer's own."""
    terms = catalog or versions.of(books.customer)
    exposure = terms.arrears.exposure
    if not exposure.micros:
        return 0
    today = clock.now().date()
    mine = select(Customer.customer_id).where(Customer.customer_id == books.customer_id, is_lent_to(terms, today))
    is_lent = books.session.scalar(mine) is not None
    return arrears.in_force(exposure, standing=books.customer.standing, is_lent_to=is_lent).micros


def is_lent_to(catalog: Catalog, today: date) -> ColumnElement[bool]:
    """Say whether the customer of a row of `Customer` may pay later, whatever the standing.

    There is a method that can be charged, the seller has given up no invoice of what was used below zero, and no bank
    looks at whether it takes a payment back.
    """
    lost, dispute = Document, Dispute
    is_lost = exists().where(
        lost.customer_id == Customer.customer_id,
        lost.kind == constant(Kind.INVOICE.value),
        lost.state == constant(State.UNCOLLECTIBLE.value),
        lost.overage_micros > 0,
    )
    is_disputed = exists().where(
        dispute.customer_id == Customer.customer_id, dispute.state == constant(DisputeState.OPEN.value)
    )
    return and_(can_be_charged(catalog, today), ~is_lost.correlate(Customer), ~is_disputed.correlate(Customer))


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
