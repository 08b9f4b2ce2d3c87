"""What goes back in the demo's history: a refund by the seller, a dispute by the bank that the seller wins."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app import clock
from app.demo.stories import Reversal, Story
from app.domain.money import Money
from app.domain.payments import PaymentState
from app.domain.people.members import Actor
from app.domain.typed_numbers import parse_amount
from app.extensions import settings
from app.gateways.sandbox import controls
from app.models.database import db
from app.models.payments import Payment
from app.models.reversals import Dispute, Refund
from app.models.scope import as_customer
from app.services.reversals import refunds

DECIDED_AFTER = 5  # days from a dispute to the bank's decision


def reverse(story: Story, buyer: Actor, age: int, moment: datetime) -> None:
    """Let what the story sends back on this day, `age` days after the customer came, go back."""
    for each in story.reversals:
        with clock.at(moment):
            if age == each.after_days and each.units:
                _refund(each, buyer)
            elif age == each.after_days:
                _dispute(buyer)
            elif age == each.after_days + DECIDED_AFTER and not each.units:
                _decide(buyer)


def _refund(reversal: Reversal, buyer: Actor) -> None:
    with as_customer(buyer.customer_id):
        paid = _last_paid()
        done = db.session.scalars(select(Refund.id).where(Refund.reason == reversal.reason)).first()
    if paid is None or done is not None:
        return
    amount = min(parse_amount(str(reversal.units), paid.currency), Money(paid.received_minor, paid.currency))
    refunds.refund(paid.id, amount=amount, reason=reversal.reason, requested_by="support@purser.example")


def _dispute(buyer: Actor) -> None:
    with as_customer(buyer.customer_id):
        paid = _last_paid()
        done = db.session.scalars(select(Dispute.id)).first()
    if paid is not None and paid.processor_id is not None and done is None:
        controls.dispute(settings(), paid.processor_id, reason="product_not_received")


def _decide(buyer: Actor) -> None:
    with as_customer(buyer.customer_id):
        open_one = db.session.scalars(select(Dispute).where(Dispute.state == "open")).first()
    if open_one is not None:
        controls.close_dispute(settings(), open_one.processor_id, won=True)


def _last_paid() -> Payment | None:
    """Return the customer's last paid purchase that is at least a day old, so that it looks natural to send it back."""
    return db.session.scalars(
        select(Payment)
        .where(
            Payment.state == PaymentState.SUCCEEDED.value,
            Payment.created_at < clock.now() - timedelta(days=1),
            Payment.refunded_minor == 0,
            Payment.disputed_minor == 0,
        )
        .order_by(Payment.created_at.desc())
        .limit(1)
    ).first()
