"""Which way a customer pays: a saved method, or one that is paid once at its own page."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.catalog import Catalog
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.methods import Rail
from app.domain.top_ups import paid_once
from app.models.payments import PaymentMethod


def chosen(
    session: Session, customer_id: str, method_id: str, catalog: Catalog, *, off_session: bool = False
) -> tuple[Rail, str | None]:
    """Return what carries the money, and the saved method's id unless it is paid once."""
    if method_id in paid_once(catalog.payment_methods.kinds) and not off_session:
        return Rail(method_id), None
    method = session.scalars(
        select(PaymentMethod).where(
            PaymentMethod.customer_id == customer_id,
            PaymentMethod.id == method_id,
            PaymentMethod.removed_at.is_(None),
        )
    ).one_or_none()
    if method is None:
        raise NotFound("payment method")
    if method.kind not in catalog.payment_methods.kinds:
        words = _("This payment method is no longer accepted. Choose another one.")
        raise Refused(words, "kind_not_taken", 422, "method")
    return Rail(method.kind), method.id
