"""How far the customer of the books is served without credit now: by its terms, its methods and its standing."""

from datetime import date

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, or_, select

from app import clock
from app.domain.catalog import Catalog
from app.domain.dunning import arrears
from app.domain.dunning.arrears import NotLent, WhyNot
from app.domain.invoices.documents import Kind, State
from app.domain.numbers import SERVED
from app.domain.reversals import DisputeState
from app.models.customers import Customer
from app.models.database import constant, db
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


def not_lent(customer: Customer, terms: Catalog) -> NotLent | None:
    """Say why nothing is lent to a customer who is served and has an exposure by its terms; None: it is, or has none.

    No statement where there is nothing to say, one where there is.
    """
    today = clock.now().date()
    limit = terms.arrears.exposure
    if not limit.micros or customer.exposure_micros or customer.standing not in SERVED:
        return None
    had = can_be_charged(terms)
    asked = select(_given_up(), _is_disputed(), had, can_be_charged(terms, today)).select_from(Customer)
    row = db.session.execute(asked.where(Customer.customer_id == customer.customer_id)).one()
    given_up, is_disputed, has_method, has_good_method = row
    if given_up:
        return NotLent(WhyNot.GIVEN_UP, limit, given_up)
    if is_disputed:
        return NotLent(WhyNot.DISPUTED, limit)
    if has_good_method:  # the next look of `exposures_ended`, or of whatever changed, lends again
        return None
    return NotLent(WhyNot.CARD_IS_OVER if has_method else WhyNot.NO_METHOD, limit)


def is_lent_to(catalog: Catalog, today: date) -> ColumnElement[bool]:
    """Say whether the customer of a row of `Customer` may pay later, whatever the standing.

    There is a method that can be charged, the seller has given up no invoice of what was used below zero, and no bank
    looks at whether it takes a payment back.
    """
    return and_(can_be_charged(catalog, today), _given_up().is_(None), ~_is_disputed())


def _given_up() -> ScalarSelect[str]:
    """The oldest invoice of what was used below zero that the seller has given up."""
    lost = Document
    found = select(lost.id).where(
        lost.customer_id == Customer.customer_id,
        lost.kind == constant(Kind.INVOICE.value),
        lost.state == constant(State.UNCOLLECTIBLE.value),
        lost.overage_micros > 0,
    )
    return found.order_by(lost.issued_at, lost.id).limit(1).correlate(Customer).scalar_subquery()


def _is_disputed() -> ColumnElement[bool]:
    dispute = Dispute
    return (
        exists()
        .where(dispute.customer_id == Customer.customer_id, dispute.state == constant(DisputeState.OPEN.value))
        .correlate(Customer)
    )


def can_be_charged(catalog: Catalog, today: date | None = None) -> ColumnElement[bool]:
    """Say whether a saved method of a row of `Customer` is charged for invoices, and its card's date is not over today.

    That is the default one, or any where the terms have others tried, too.
    """
    policy, method = catalog.payment_methods, PaymentMethod
    fit = [each for each in policy.kinds if each not in policy.top_up_only]
    mine = method.customer_id == Customer.customer_id, method.removed_at.is_(None), method.kind.in_(fit)
    which = () if catalog.dunning.other_methods else (method.is_default,)
    good = () if today is None else (~is_over(today),)
    return exists().where(*mine, *which, *good).correlate(Customer)


def is_over(today: date) -> ColumnElement[bool]:
    """Say whether a card's date is over, as `domain.methods.expiry` does: the month after its own has begun."""
    method = PaymentMethod
    month = and_(method.exp_year == today.year, method.exp_month < today.month)
    return and_(method.exp_year.is_not(None), or_(method.exp_year < today.year, month))
