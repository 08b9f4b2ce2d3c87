"""`verify` names what does not fit of automatic payments: the budget, the decision and the consent behind each."""

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.services.verification.verify import verify
from tests.services.verification.conftest import Damage
from tests.support import recharge, shop

SUMS = "what is reserved or charged of a limit is not what its automatic payments come to"
UNDECIDED = "an automatic payment was not decided, or without a consent from before"
DAMAGES = [
    ("I12", "update auto_recharge_budgets set charged_minor = 0", "period 1", SUMS),
    ("I12", "update auto_recharge_budgets set reserved_minor = 1", "period 1", SUMS),
    ("I12", "update auto_recharge_budgets set charged_minor = charged_minor + 1", "period 1", SUMS),
    ("I12", "delete from auto_recharge_budgets", "period 1", SUMS),
    ("I12", "update payments set budget_period = null", "period 1", SUMS),
    ("I12", "update payments set budget_period = 2", "period 2", SUMS),
    ("I12", "update auto_recharge_decisions set limit_minor = 2499", "dec_", "was decided beyond the limit"),
    ("I15", "delete from auto_recharge_decisions", "pay_", UNDECIDED),
    ("I15", "delete from auto_recharge_consents", "pay_", UNDECIDED),
    ("I15", "update auto_recharge_decisions set consent_id = null", "pay_", UNDECIDED),
    ("I15", "update auto_recharge_decisions set amount_minor = 1", "pay_", UNDECIDED),
    ("I15", "update auto_recharge_decisions set period_number = 7", "pay_", UNDECIDED),
    ("I15", "update payments set created_at = cast('2020-01-01 00:00:00' as timestamp)", "pay_", UNDECIDED),
    (
        "I35",
        "delete from audit_entries where action = 'auto_recharge.changed'",
        "version 1",
        "auto-recharge was changed",
    ),
]


@pytest.fixture
def charged(app: Flask, acme: Customer, alice_actor: Actor) -> Customer:
    """Acme, who was charged once automatically."""
    shop.add_method(alice_actor)
    recharge.on(alice_actor)
    with clock.at(clock.now()):
        recharge.runs(app)
    assert recharge.states(acme) == [(2500, "succeeded")]
    assert verify() == []
    db.session.remove()
    return acme


@pytest.mark.parametrize(("invariant", "statements", "row", "words"), DAMAGES)
def test_damage_to_an_automatic_payment_is_named(
    charged: Customer, damaged: Damage, invariant: str, statements: str, row: str, words: str
) -> None:
    named = damaged(statements)
    assert [each for each in named if each.startswith(invariant) and row in each and words in each], named
