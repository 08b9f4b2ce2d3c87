"""Auto-recharge in tests: switched on as a member does it, and what came of it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.auto_recharge.terms import Terms
from app.domain.money import MICROS, Credits, Money
from app.domain.people.members import Actor
from app.models.auto_recharge import (
    AutoRechargeBudget,
    AutoRechargeConsent,
    AutoRechargeDecision,
    AutoRechargeQuestion,
    AutoRechargeSettings,
)
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.mails import Mail
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_customer, as_service
from app.services.auto_recharge import settings
from app.services.catalog import versions
from tests.support.passes import passes


def terms(actor: Actor) -> Terms:
    """Return what holds for the actor's customer."""
    with as_customer(actor.customer_id):
        customer = db.session.get_one(Customer, actor.customer_id, populate_existing=True)
        return settings.current(customer, versions.of(customer))


def chooses(actor: Actor, *, accepts: bool = True, **changes: Any) -> Terms:
    """Save changed terms as a member who reads the sentence and accepts it."""
    wanted = replace(terms(actor), **changes)
    with as_customer(actor.customer_id):
        customer = db.session.get_one(Customer, actor.customer_id)
        catalog = versions.of(customer)
        method = db.session.scalars(
            select(PaymentMethod).where(
                PaymentMethod.removed_at.is_(None),
                PaymentMethod.id == wanted.method_id if wanted.method_id else PaymentMethod.is_default,
            )
        ).one_or_none()
        shown = settings.sentence(wanted, catalog, method)
    accepted = settings.Acceptance(actor.member_id, "203.0.113.7", shown) if accepts else None
    return settings.change(actor.customer_id, wanted, by=actor.member_id, accepted=accepted)


def on(actor: Actor, threshold: str = "20", amount: int = 2500, limit: int = 5000, **more: Any) -> Terms:
    """Switch it on for a customer of the gateway, in dollars."""
    values = {"threshold": Credits(int(float(threshold) * MICROS)), "amount": Money(amount, "USD")}
    return chooses(actor, enabled=True, period_limit=Money(limit, "USD"), **values, **more)


def runs(app: Flask, at: datetime | None = None, times: int = 3) -> None:
    """Let the worker do what is due at that time."""
    with app.app_context(), clock.at(at or clock.now()):
        passes(times)


def automatic(customer: Customer) -> list[Payment]:
    """Return the automatic payments, the oldest first."""
    return [each for each in _rows(customer, Payment, Payment.created_at) if each.budget_period is not None]


def states(customer: Customer) -> list[tuple[int, str]]:
    """Return amount and state of each automatic payment, the oldest first."""
    return [(each.amount_minor, each.state) for each in automatic(customer)]


def budget(customer: Customer) -> tuple[int, int]:
    """Return what is reserved and what is charged, over all periods."""
    rows = _rows(customer, AutoRechargeBudget, AutoRechargeBudget.period_number)
    return sum(each.reserved_minor for each in rows), sum(each.charged_minor for each in rows)


def decisions(customer: Customer) -> list[str]:
    """Return what was decided and kept, the oldest first."""
    return [each.outcome for each in _rows(customer, AutoRechargeDecision, AutoRechargeDecision.at)]


def consents(customer: Customer) -> list[AutoRechargeConsent]:
    """Return what was accepted, the oldest first."""
    return _rows(customer, AutoRechargeConsent, AutoRechargeConsent.accepted_at)


def question(customer: Customer) -> AutoRechargeQuestion:
    """Return the question that was asked last."""
    found: list[AutoRechargeQuestion] = _rows(customer, AutoRechargeQuestion, AutoRechargeQuestion.asked_at)
    return found[-1]


def row(customer: Customer) -> AutoRechargeSettings:
    """Return what is kept of the customer's terms."""
    return _rows(customer, AutoRechargeSettings, AutoRechargeSettings.customer_id)[0]


def events(customer: Customer) -> list[str]:
    """Return the events about auto-recharge, in the customer's order."""
    found = _rows(customer, OutboxEvent, OutboxEvent.sequence)
    return [each.type.removeprefix("auto_recharge.") for each in found if each.type.startswith("auto_recharge.")]


def mails(customer: Customer) -> list[str]:
    """Return the mails, the oldest first, by their template."""
    return [each.template for each in _rows(customer, Mail, Mail.created_at)]


def _rows(customer: Customer, model: Any, order: Any) -> list[Any]:
    with as_service("look at auto-recharge"):
        found = select(model).where(model.customer_id == customer.customer_id).order_by(order)
        return list(db.session.scalars(found.execution_options(populate_existing=True)))
