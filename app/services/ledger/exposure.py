"""How far the customer of the books is served without credit now: by its terms, its methods and its standing."""

from sqlalchemy import select

from app.domain.catalog import Catalog
from app.domain.dunning import arrears
from app.models.payments import PaymentMethod
from app.services.catalog import versions
from app.services.ledger.posting import Books


def in_force(books: Books, catalog: Catalog | None = None) -> int:
    """Return it in micros; `catalog`: by these terms instead of the customer's own."""
    terms = catalog or versions.of(books.customer)
    exposure = terms.arrears.exposure
    if not exposure.micros:
        return 0
    has_method = _has_method(books, terms)
    return arrears.in_force(exposure, standing=books.customer.standing, has_method=has_method).micros


def _has_method(books: Books, catalog: Catalog) -> bool:
    """Say whether a saved method is charged for invoices: the default one, or any where others are tried, too."""
    policy = catalog.payment_methods
    fit = [each for each in policy.kinds if each not in policy.top_up_only]
    wanted = select(PaymentMethod.id).where(
        PaymentMethod.customer_id == books.customer_id, PaymentMethod.removed_at.is_(None), PaymentMethod.kind.in_(fit)
    )
    if not catalog.dunning.other_methods:
        wanted = wanted.where(PaymentMethod.is_default)
    return books.session.scalar(wanted.limit(1)) is not None
