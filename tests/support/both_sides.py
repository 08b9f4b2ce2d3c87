"""Refunds, disputes and saved methods after a recovery: what the processor has and what we have is the same."""

import json
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.domain.methods import OPEN_SETUPS
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Account
from app.models.payments import Payment, PaymentMethod
from app.models.reversals import Dispute, Refund
from app.models.sandbox import SandboxObject
from app.models.scope import as_service
from app.models.setups import MethodSetup

MICROS_PER_MINOR = 10_000
"""Credit for a minor unit, in the catalogs that the crash runs buy from."""
BACK = {"pending", "succeeded"}
DECIDED = {"won": "won", "lost": "lost"}


def agree(app: Flask, customer_id: str) -> None:
    """Prove that both sides agree on everything but the charges, which `outcome` compares."""
    with app.app_context(), as_service("compare both sides"):
        payments = {
            payment.processor_id: payment
            for payment in db.session.scalars(select(Payment).where(Payment.customer_id == customer_id))
        }
        _refunds(payments, customer_id)
        _disputes(payments, customer_id)
        _balance(list(payments.values()), customer_id)
        _methods(customer_id)
        db.session.rollback()


def _theirs(kind: str) -> list[dict[str, Any]]:
    return [
        json.loads(body) for body in db.session.scalars(select(SandboxObject.body).where(SandboxObject.type == kind))
    ]


def _refunds(payments: dict[str | None, Payment], customer_id: str) -> None:
    """One that was made elsewhere, and was over before it was heard of, is not booked at all: nothing went back."""
    theirs = [each for each in _theirs("refund") if each["payment_intent"] in payments]
    ours = list(db.session.scalars(select(Refund).where(Refund.customer_id == customer_id)))
    known = {each.processor_id: (each.state, each.amount_minor) for each in ours if each.processor_id}
    sent = {
        each["id"]: (each["status"], each["amount"])
        for each in theirs
        if each["id"] in known or each["status"] in BACK or "refund" in each["metadata"]
    }
    assert sent == known, f"refunds differ: {sent} there, {known} here"
    assert {each.state for each in ours if not each.processor_id} <= {"failed", "canceled"}, "a refund is left open"
    for intent_id, payment in payments.items():
        assert payment.refunded_minor == _sum(theirs, intent_id, BACK), "refunded and sent back differ"


def _disputes(payments: dict[str | None, Payment], customer_id: str) -> None:
    """One that was won before it was heard of, or that has nothing left to take, is not booked at all."""
    theirs = [each for each in _theirs("dispute") if each["payment_intent"] in payments]
    ours = list(db.session.scalars(select(Dispute).where(Dispute.customer_id == customer_id)))
    known = {each.processor_id: each.state for each in ours}
    states = {each["id"]: DECIDED.get(each["status"], "open") for each in theirs if each["id"] in known}
    assert states == known, f"disputes differ: {states} there, {known} here"
    for intent_id, payment in payments.items():
        taken = _sum(theirs, intent_id, {"needs_response", "lost"})
        left = payment.received_minor - payment.refunded_minor
        assert payment.disputed_minor == min(taken, left), f"{taken} taken of {left}, {payment.disputed_minor} here"


def _sum(theirs: list[dict[str, Any]], intent_id: str | None, states: set[str]) -> int:
    return sum(each["amount"] for each in theirs if each["payment_intent"] == intent_id and each["status"] in states)


def _balance(payments: list[Payment], customer_id: str) -> None:
    """Nothing is used in these runs: the balance is what was paid and did not go back."""
    bought = [each for each in payments if each.purpose == "top_up"]
    stays = sum(each.received_minor - each.refunded_minor - each.disputed_minor for each in bought)
    balance = db.session.scalar(
        select(Account.balance).where(Account.customer_id == customer_id, Account.name == "credits")
    )
    assert balance == stays * MICROS_PER_MINOR, "the balance is not what was paid and did not go back"


def _methods(customer_id: str) -> None:
    owner = db.session.get_one(Customer, customer_id).processor_customer
    theirs = {each["id"] for each in _theirs("payment_method") if owner and each["customer"] == owner}
    live = list(
        db.session.scalars(
            select(PaymentMethod).where(PaymentMethod.customer_id == customer_id, PaymentMethod.removed_at.is_(None))
        )
    )
    assert theirs == {each.processor_id for each in live}, "saved methods differ"
    assert len({(each.kind, each.fingerprint) for each in live}) == len(live), "a method is saved twice"
    assert sum(each.is_default for each in live) == bool(live), "there is not one default method"
    open_setups = select(MethodSetup.id).where(
        MethodSetup.customer_id == customer_id, MethodSetup.state.in_([each.value for each in OPEN_SETUPS])
    )
    assert db.session.scalars(open_setups).all() == [], "a setup is left open"
