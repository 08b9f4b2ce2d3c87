"""An order found by what led to it: the form that was sent, its preview, or its payment."""

from sqlalchemy import func, select

from app import ids
from app.domain.errors import NotFound
from app.models.database import db
from app.models.subscriptions import PlanChange

STANDS = ("waiting", "scheduled", "applied")
"""The states of an order that may still be had, or was."""


def key_of(mark: str) -> str:
    """Return the form key of an order of the customer in scope that has none but its preview.

    The same preview is one order until that came to nothing: failed, left, undone or replaced it can be had again.
    An order of it that waits or holds is that order, whoever placed it and by whichever form.
    """
    stands = select(PlanChange.form_key).where(PlanChange.preview == mark, PlanChange.state.in_(STANDS))
    found = db.session.scalar(stands.order_by(PlanChange.created_at.desc(), PlanChange.id.desc()).limit(1))
    if found is not None:
        return found
    over = select(func.count()).where(PlanChange.preview == mark, PlanChange.state.not_in(STANDS))
    return ids.form_key_of(f"{mark}:{db.session.scalar(over)}")


def of_form(form_key: str) -> PlanChange | None:
    """Return the order that the customer in scope has placed by this form, if any."""
    wanted = select(PlanChange).where(PlanChange.form_key == form_key).execution_options(populate_existing=True)
    return db.session.scalars(wanted).one_or_none() if form_key else None


def of_payment(payment_id: str) -> PlanChange:
    """Return the order of the customer in scope that the payment is for, or `NotFound`."""
    found = None
    if ids.is_id(payment_id, "pay"):
        wanted = select(PlanChange).where(PlanChange.payment_id == payment_id)
        found = db.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("change of plan")
    return found


def replaced_by(order: PlanChange) -> PlanChange | None:
    """Return the change that was scheduled and whose place the order of the customer in scope took, if any."""
    at = order.created_at if order.state == "scheduled" else order.ended_at
    if order.state not in {"scheduled", "applied"} or at is None:
        return None
    found = select(PlanChange).where(PlanChange.state == "replaced", PlanChange.ended_at == at)
    return db.session.scalars(found.order_by(PlanChange.id.desc()).limit(1)).one_or_none()


def latest() -> PlanChange | None:
    """Return the newest order of the customer in scope that was made or waits, if any: none that was taken back."""
    newest = select(PlanChange).where(PlanChange.state.in_(["applied", "waiting", "scheduled"]))
    newest = newest.order_by(PlanChange.created_at.desc(), PlanChange.from_version.desc(), PlanChange.id.desc())
    return db.session.scalars(newest.limit(1).execution_options(populate_existing=True)).one_or_none()
