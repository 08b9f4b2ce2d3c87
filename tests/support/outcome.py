"""What must hold for a purchase however it went: asked of the processor's side and of ours, and compared."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.gateways.sandbox import controls
from app.models.database import db
from app.models.documents import Document
from app.models.ledger import Grant, Transfer
from app.models.payments import Payment
from app.models.sandbox import SandboxObject
from app.models.scope import as_service
from app.services import jobs
from app.services.verification.verify import verify

LATER = (timedelta(seconds=1), timedelta(minutes=3), timedelta(minutes=10), timedelta(hours=25), timedelta(days=8))
PASSES = 5
PAID = {"succeeded", "refunded", "disputed"}


@dataclass(frozen=True)
class Outcome:
    """How the purchases of a customer ended, by both sides."""

    charged_minor: list[int]
    credited_micros: list[int]
    states: list[str]


@contextmanager
def faults(app: Flask, *plans: tuple[str, str, int]) -> Iterator[None]:
    """Plant faults (which request, what happens, how often) in the sandbox for the block; lift what is left after it."""
    settings = app.extensions["purser.settings"]
    for matches, fault, times in plans:
        controls.plant(settings, matches, fault, times)
    yield
    controls.clear_faults(settings)


def recover(app: Flask, work: Callable[[], object] = jobs.run_due, waits: tuple[timedelta, ...] = LATER) -> None:
    """Let the worker run until there is nothing to do, as time goes on well past every grace and key lifetime."""
    for wait in waits:
        with app.app_context(), clock.at(clock.now() + wait):
            for _ in range(PASSES):
                done = work()
                if isinstance(done, dict) and not any(done.values()):
                    break


def outcome(app: Flask, customer_id: str, *, verified: bool = True) -> Outcome:
    """Read both sides and prove that they agree: charged exactly as credited, nothing twice, every invariant whole.

    A portal that keeps nothing but its money is not `verified`: it writes no audit trail and no events.
    """
    with app.app_context(), as_service("compare both sides"):
        intents = [
            json.loads(body)
            for body in db.session.scalars(select(SandboxObject.body).where(SandboxObject.type == "payment_intent"))
        ]
        ours = {
            payment.id: payment
            for payment in db.session.scalars(select(Payment).where(Payment.customer_id == customer_id))
        }
        intents = [each for each in intents if each["metadata"].get("customer") == customer_id]
        charged = {
            each["metadata"]["payment"]: each["amount_received"] for each in intents if each["status"] == "succeeded"
        }
        assert len(charged) == sum(each["status"] == "succeeded" for each in intents), "an order was charged twice"
        received = {payment.id: payment.received_minor for payment in ours.values() if payment.state in PAID}
        assert charged == received, "charged and received differ"
        grants = list(
            db.session.scalars(select(Grant).where(Grant.customer_id == customer_id, Grant.kind == "purchased"))
        )
        bought = {name for name in charged if ours[name].purpose == "top_up"}
        assert {grant.payment_id for grant in grants} == bought, "charged and credited differ"
        assert len(grants) == len(bought), "a charge was credited twice"
        plans = [name for name in charged if ours[name].purpose == "plan_change"]
        assert _paid(customer_id, plans) == sum(charged.values()) - sum(charged[name] for name in bought), (
            "an invoice differs"
        )
        posted = db.session.scalars(
            select(Transfer).where(Transfer.customer_id == customer_id, Transfer.kind == "payment")
        )
        assert sorted(each.amount for each in posted) == sorted(charged.values())
        wrong = verify(customer_id) if verified else []
        assert wrong == [], f"verify finds {wrong}"
        return Outcome(
            sorted(charged.values()),
            sorted(grant.micros for grant in grants),
            sorted(each.state for each in ours.values()),
        )


def _paid(customer_id: str, plans: list[str]) -> int:
    """Return what the customer's invoices of billing periods, and of these payments for plans, say was paid of them."""
    wanted = select(func.sum(Document.paid_minor)).where(
        Document.customer_id == customer_id, (Document.source_type == "period") | Document.payment_id.in_(plans)
    )
    return int(db.session.scalar(wanted) or 0)
