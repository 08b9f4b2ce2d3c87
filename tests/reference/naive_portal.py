"""Portals that collect payments the way that comes to mind first.

Without misfortune each is right; the crash runs must find what is wrong with each as soon as processes die and answers
get lost.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import clock, ids
from app.domain.ledger import Posting
from app.domain.money import Credits, Money
from app.domain.payments import Answer, ChargeOrder, Declined, Intent, IntentStatus, Misused, Unknown
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_service
from app.services.ledger import grants, posting
from app.services.processor import sandbox
from app.services.processor.gateway import gateway
from app.services.transaction import transaction
from tests.support.crash_plan import Step
from tests.support.portals import Run

MICROS_PER_MINOR = 10_000
PATIENCE = timedelta(minutes=1)


class OneTransaction:
    """Writes the order down, charges, and writes what came of it: sound as long as every answer arrives."""

    def take(self, app: Flask, run: Run, step: Step) -> None:  # noqa: ARG002  # as every portal's
        """Charge, unless this form has been sent before. Nobody is sent to a bank, and nothing is given up."""
        if step.do == "work":
            self.work()
        elif step.do == "buy":
            with as_service("a naive purchase"), suppress(IntegrityError):  # a second click was quicker
                sent = select(Payment.id).where(Payment.form_key == run.form_keys[step.form])
                if db.session.scalar(sent) is None:
                    payment = self.payment(run, step)
                    self.write(payment)
                    self.book(payment, self.charge(payment, f"{payment.id}:1"))

    def work(self) -> None:
        """Let the webhooks arrive; nothing is made of them."""
        sandbox.deliver_due()

    def payment(self, run: Run, step: Step) -> Payment:
        """Return the row of an order, not written yet."""
        now = clock.now()
        return Payment(
            id=ids.new("pay"),
            customer_id=run.actor.customer_id,
            purpose="top_up",
            rail="card",
            state="created",
            amount_minor=step.amount,
            currency=run.currency,
            credits_micros=step.amount * MICROS_PER_MINOR,
            method_id=run.methods[step.method],
            form_key=run.form_keys[step.form],
            created_by=run.actor.member_id,
            created_at=now,
            updated_at=now,
            next_check_at=now,
        )

    def write(self, payment: Payment) -> None:
        """Write a new row."""
        with transaction() as session:
            session.add(payment)

    def charge(self, payment: Payment, key: str) -> Answer:
        """Create an intent and confirm it."""
        customer = db.session.get_one(Customer, payment.customer_id)
        method = db.session.scalars(select(PaymentMethod).where(PaymentMethod.id == payment.method_id)).one()
        order = ChargeOrder(
            payment_id=payment.id,
            customer_id=payment.customer_id,
            processor_customer=customer.processor_customer or "",
            amount=Money(payment.amount_minor, payment.currency),
            description="Credits",
        )
        charged_with = method.processor_id
        made = gateway().create_intent(order, key=f"{key}:create")
        if not isinstance(made, Intent):
            return made
        return gateway().confirm_intent(
            made.id, method=charged_with, return_url="http://127.0.0.1/", off_session=False, key=f"{key}:confirm"
        )

    def book(self, payment: Payment, answer: Answer) -> None:
        """Write down how the charge ended."""
        match answer:
            case Intent(status=IntentStatus.SUCCEEDED):
                self.credit(payment, answer)
            case Declined() | Misused():
                self.fail(payment)
            case _:
                return  # no answer: somebody may look at it one day

    def fail(self, payment: Payment) -> None:
        """Write down that nothing was charged."""
        with transaction() as session:
            row = session.get_one(Payment, payment.id, populate_existing=True)
            row.state = "failed"

    def credit(self, payment: Payment, intent: Intent) -> None:
        """Write down that it was charged, and give the credit for it."""
        now = clock.now()
        with transaction() as session:
            row = session.get_one(Payment, payment.id, populate_existing=True)
            self.succeed(row, intent, now)

    def succeed(self, row: Payment, intent: Intent, now: datetime) -> None:
        """Post a charge, inside a transaction."""
        row.state, row.processor_id, row.received_minor = "succeeded", intent.id, self.received(row, intent)
        session, unit = db.session(), f"money:{row.currency}"
        session.flush()
        books = posting.lock(session, row.customer_id)
        books.post(
            [
                Posting(unit, "processor", "clearing", row.received_minor, "payment", "payment", row.id, "Bought"),
                Posting(unit, "clearing", "prepaid", row.received_minor, "sale", "payment", row.id, "Bought"),
            ],
            now,
        )
        grants.add(
            books,
            kind="purchased",
            credits=Credits(row.received_minor * MICROS_PER_MINOR),
            now=now,
            payment_id=row.id,
            description="Bought",
            expires_at=None,
        )

    def received(self, row: Payment, intent: Intent) -> int:  # noqa: ARG002  # one of the variants asks the row
        """Return how much was received."""
        return intent.received.amount_minor


class FreshKey(OneTransaction):
    """No answer: try again, with a new intent and a new key. Charges twice."""

    def book(self, payment: Payment, answer: Answer) -> None:
        """Try once more at once."""
        if isinstance(answer, Unknown):
            answer = self.charge(payment, ids.new("key"))
        super().book(payment, answer)

    def work(self) -> None:
        """Try again what nothing came of."""
        super().work()
        with as_service("a naive sweep"):
            stuck = select(Payment).where(Payment.state == "created", Payment.created_at < clock.now() - PATIENCE)
            for payment in db.session.scalars(stuck).all():
                self.book(payment, self.charge(payment, ids.new("key")))


class RowAfter(OneTransaction):
    """Charge first, and write down what was charged. Forgets charges when it dies in between."""

    def write(self, payment: Payment) -> None:
        """Nothing yet."""

    def fail(self, payment: Payment) -> None:
        """Nothing was charged, nothing is to be written."""

    def credit(self, payment: Payment, intent: Intent) -> None:
        """Write the row and its credit."""
        now = clock.now()
        with transaction() as session:
            session.add(payment)
            payment.processor_id = intent.id
            session.flush()
            self.succeed(payment, intent, now)


class TimeoutIsFailure(OneTransaction):
    """No answer is read as no. Says that nothing was charged, when something was."""

    def book(self, payment: Payment, answer: Answer) -> None:
        """Give up."""
        if isinstance(answer, Unknown):
            self.fail(payment)
        super().book(payment, answer)


class CreditsWhatWasAsked(OneTransaction):
    """Credits the amount of the form, whatever the processor received."""

    def received(self, row: Payment, intent: Intent) -> int:  # noqa: ARG002  # it does not ask the processor
        """Believe the form."""
        return row.amount_minor


PORTALS = {
    "fresh_key": FreshKey,
    "row_after": RowAfter,
    "timeout_is_failure": TimeoutIsFailure,
    "credits_what_was_asked": CreditsWhatWasAsked,
}
