"""The payments of the customer in scope, to read: one, and all of them page by page."""

from datetime import datetime

from sqlalchemy import and_, or_, select

from app.models.database import db
from app.models.payments import Payment


def listed(limit: int, *, after: tuple[datetime, str] | None = None) -> list[Payment]:
    """Return the customer's payments, the newest first; `after` is the moment and the id of the last one seen."""
    wanted = select(Payment).order_by(Payment.created_at.desc(), Payment.id.desc()).limit(limit)
    if after is not None:
        moment, payment_id = after
        earlier = or_(Payment.created_at < moment, and_(Payment.created_at == moment, Payment.id < payment_id))
        wanted = wanted.where(Payment.created_at <= moment, earlier)  # the first half is what the index is read by
    return list(db.session.scalars(wanted.execution_options(populate_existing=True)))
