"""What the tests of rails share: a customer in euros, ways to be charged, and what became of a payment."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.mails import Mail
from app.models.payments import Attempt, Payment
from app.models.scope import as_customer, as_service
from app.services.catalog import versions
from app.services.customers import registration
from app.services.payment_methods import mandates, setups
from app.services.payments import top_ups
from tests.support import cast, shop
from tests.support.passes import passes

BACK = "http://127.0.0.1/{}".format
MANY = 50


@pytest.fixture
def hooli(catalog: str) -> Customer:
    """A customer in euros, who may pay by card, SEPA debit and PayPal, and was given nothing to try."""
    cast.apply_catalog("platform")
    return registration.create(name="Hooli", email="billing@hooli.example", catalog="platform", external_id="hooli")


@pytest.fixture
def gavin(hooli: Customer) -> Actor:
    """Hooli's billing manager."""
    return cast.make_actor(replace(cast.ALICE, name="Gavin Grove", email="gavin@hooli.example"), hooli)


def buys(actor: Actor, way: str, minor: int = 2500, currency: str = "USD") -> Payment:
    """Let the member buy on the page."""
    with as_customer(actor.customer_id):
        return top_ups.buy(
            actor,
            form_key=ids.new_form_key(),
            amount=Money(minor, currency),
            pack="",
            method_id=way,
            return_url=BACK,
        )


def charges(actor: Actor, way: str, minor: int = 2500, currency: str = "USD") -> Payment:
    """Charge the customer while nobody is there."""
    return top_ups.charge(
        actor.customer_id,
        by="auto_recharge",
        form_key=ids.new_form_key(),
        amount=Money(minor, currency),
        pack="",
        method_id=way,
        return_url=BACK,
    )


def saved(actor: Actor, name: str) -> str:
    """Save a test method, as its member would; return its id."""
    if not name.endswith("_de"):
        return shop.add_method(actor, name).id
    with as_customer(actor.customer_id):
        text = mandates.current(versions.offered("platform"))
        setup = setups.begin(
            actor,
            kind=Rail.SEPA_DEBIT,
            test_method=name,
            address="203.0.113.7",
            user_agent="Tests",
            mandate_text_version=text.version,
        )
    assert setup.method_id, setup.problem
    return setup.method_id


def stands(payment: Payment) -> Payment:
    with as_service("look at a payment"):
        return db.session.scalars(
            select(Payment).where(Payment.id == payment.id).execution_options(populate_existing=True)
        ).one()


def later(app: Flask, wait: timedelta = timedelta(0)) -> None:
    """Let the worker run, `wait` from now."""
    with app.app_context(), clock.at(clock.now() + wait):
        passes(3)


def rows(model: Any, payment: Payment, wanted: Any) -> list[Any]:
    with as_service("look at the rows"):
        return list(db.session.scalars(select(wanted).where(model.customer_id == payment.customer_id)))


def mails(payment: Payment) -> list[str]:
    """Return the keys of the customer's mails, without those of the mandates that it gave before it paid."""
    return sorted(key for key in rows(Mail, payment, Mail.key) if not key.startswith("mandate:"))


def events_of(payment: Payment) -> list[str]:
    return sorted(rows(OutboxEvent, payment, OutboxEvent.type))


def attempts(payment: Payment) -> list[tuple[int, str, str]]:
    found = rows(Attempt, payment, Attempt)
    return sorted((each.number, each.state, each.code) for each in found if each.payment_id == payment.id)
