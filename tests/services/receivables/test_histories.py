"""Random months of gifts, usage, invoices, payments, voids and credit notes: everything adds up, nothing is taxed twice."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.domain.errors import Refused
from app.domain.invoices.documents import State
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.ledger import Account, Grant
from app.models.scope import as_service
from app.models.usage import UsageTotal
from app.services.ledger import grants
from app.services.ledger.posting import lock
from app.services.receivables import ending
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import cast, periods, tiers
from tests.support.documents import documents_of
from tests.support.shop import GOOD, add_method

MONTHS = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def lives(chance: random.Random, small: Customer, way: str, actor: Actor) -> None:
    """Let three months pass, each ended by its invoice, about which something is done or nothing."""
    start = periods.BEGIN + timedelta(hours=1)
    for number, end in enumerate(MONTHS, 1):
        hours = (end - start) // timedelta(hours=1)
        for at in sorted(chance.sample(range(hours), 4)):
            moment = start + timedelta(hours=at)
            if chance.random() < 0.3:
                periods.gives(small, chance.randrange(1, 8), at=moment)
            else:
                periods.uses(small, chance.randrange(1, 1200), at=moment)
        start = end + timedelta(hours=4)
        made = periods.closes(small, at=end + timedelta(hours=1), number=number)
        if made is None or made.state != State.OPEN:
            continue
        with clock.at(end + timedelta(hours=2)):
            ends(chance.randrange(5), made, way, actor)
            if periods.now_of(made).state == State.VOID:
                periods.closes(small, at=end + timedelta(hours=3), number=number)


def ends(what: int, made: Document, way: str, actor: Actor) -> None:
    """Let something be done with an invoice, or nothing."""
    try:
        match what:
            case 0:
                periods.pays(actor, made, way)
            case 1:
                ending.void(made.id, by="seller", reason="Wrong")
            case 2:
                ending.credit(made.id, Money(1 + made.payable_minor // 2, "USD"), by="seller", reason="Goodwill")
            case 3:
                ending.give_up(made.id, by="seller", reason="Insolvent")
    except Refused as refused:
        if refused.reason not in {"too_small", "partly_paid"}:
            raise


@pytest.mark.parametrize("taxed", ["at_purchase", "at_use"])
@pytest.mark.parametrize("burn", ["realtime", "at_invoice"])
def test_whatever_happens_everything_adds_up_and_is_taxed_once(app: Flask, taxed: str, burn: str) -> None:
    for seed in range(tiers.sample_of(1, proof=20)):
        chance = random.Random(f"{taxed} {burn} {seed}")  # noqa: S311  # replayed, not secret
        small = periods.customer(taxed=taxed, burn=burn, overage="100")
        actor = cast.make_actor(replace(cast.ALICE, email=f"alice{seed}@small.example"), small)
        way = add_method(actor, GOOD).id
        lives(chance, small, way, actor)
        with clock.at(MONTHS[-1] + timedelta(hours=5)), as_service("catch up"), transaction() as session:
            grants.catch_up(lock(session, small.customer_id), clock.now())
        assert verify() == [], (taxed, burn, seed)
        standing = [each for each in documents_of(small) if each.kind == "invoice" and each.state != State.VOID]
        with as_service("add it up"):
            mine = small.customer_id
            used = int(
                db.session.scalar(select(func.sum(UsageTotal.micros)).where(UsageTotal.customer_id == mine)) or 0
            )
            given = int(db.session.scalar(select(func.sum(Grant.micros)).where(Grant.customer_id == mine)) or 0)
            balance = db.session.scalars(
                select(Account.balance).where(Account.customer_id == mine, Account.name == "credits")
            ).one()
        overage = sum(each.overage_micros for each in standing)
        assert balance == given - used + overage, "what was below zero is on an invoice, or below zero still"
        for each in standing:
            assert each.tax_minor == (each.net_minor * 25 + 50) // 100
        if taxed == "at_use":
            sold = sum(each.net_minor for each in standing)
            unused = max(0, balance) / 10_000
            assert abs(sold - (used / 10_000 - (given / 10_000 - unused))) <= 3, "usage less gifts is taxed once"
