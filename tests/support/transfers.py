"""Bank transfers in tests: a catalog that takes them, transfers that arrive, and what both sides know afterwards."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.bank_transfers import CashMovement, ProForma
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer, as_service
from app.services.bank_transfers import allocation, cash, orders, placing
from app.services.bank_transfers.orders import Ordered
from app.services.catalog import versions
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support.cast import EXAMPLES

KINDS = '["card", "paypal", "crypto"]'
TAKING = KINDS.replace("]", ', "bank_transfer"]')


def take_transfers() -> None:
    """Let the example's seller take bank transfers."""
    text = (EXAMPLES / "gateway.toml").read_text()
    assert text.count(KINDS) == 1
    versions.apply(text.replace(KINDS, TAKING))


def ordered(actor: Actor, amount: str = "25.00", *, form_key: str = "") -> ProForma:
    """A pro-forma for an amount of credit."""
    minor = int(amount.replace(".", ""))
    with as_customer(actor.customer_id):
        return placing.order(actor, form_key=form_key or ids.new_form_key(), amount=Money(minor, "USD"), pack="")


def owner_of(customer_id: str) -> str:
    """The processor's id of the customer."""
    with as_service("see who it is at the processor"):
        return str(db.session.scalar(select(Customer.processor_customer).where(Customer.customer_id == customer_id)))


def arrives(app: Flask, customer_id: str, minor: int, currency: str = "USD") -> str:
    """A transfer arrives at the processor, and no webhook of it has come yet."""
    return controls.transfer(app.extensions["purser.settings"], owner_of(customer_id), minor, currency)


def sent(app: Flask, customer_id: str, minor: int, currency: str = "USD") -> None:
    """A transfer arrives, and is looked for."""
    arrives(app, customer_id, minor, currency)
    assert cash.look(customer_id)


def standing(actor: Actor, pro_forma: ProForma | str) -> Ordered:
    """How a pro-forma stands."""
    with as_customer(actor.customer_id):
        return orders.read(pro_forma if isinstance(pro_forma, str) else pro_forma.id)


def unapplied(customer_id: str) -> int:
    """What is left to use, in cents."""
    with as_customer(customer_id):
        return allocation.unapplied_of(customer_id)


def movements(customer_id: str) -> list[CashMovement]:
    """What has moved the cash, as it was written down."""
    with as_customer(customer_id):
        return list(db.session.scalars(select(CashMovement).order_by(CashMovement.number)))


def at_processor(app: Flask, customer_id: str, currency: str = "usd") -> int:
    """What cash the processor holds for the customer."""
    moved = controls.objects(
        app.extensions["purser.settings"], "customer_cash_balance_transaction", 1000, owner=owner_of(customer_id)
    )
    return sum(each["net_amount"] for each in moved if each["currency"] == currency)


def sound(app: Flask, customer_id: str) -> None:
    """Every invariant holds, and both sides have the same cash."""
    assert list(verify(customer_id)) == []
    assert unapplied(customer_id) == at_processor(app, customer_id)


def written(customer: Customer) -> str:
    """A pro-forma that is there, whatever the seller takes now; return its id."""
    now = clock.now()
    with as_service("write a pro-forma"), transaction() as session:
        row = ProForma(
            id=ids.new("pf"),
            customer_id=customer.customer_id,
            purpose="top_up",
            state="open",
            amount_minor=2500,
            currency="USD",
            credits_micros=25_000_000,
            form_key=ids.new_form_key(),
            created_by="test",
            created_at=now,
            valid_until=now + timedelta(days=14),
        )
        session.add(row)
        return row.id
