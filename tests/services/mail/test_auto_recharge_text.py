"""Mails about auto-recharge: the subject is one line and says it, and the words name the figures of that time."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.auto_recharge.caution import Caution
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.scope import as_service
from app.services.auto_recharge import charging, questions
from app.services.mail import payment_text, sending
from app.services.mail.payment_text import Words
from tests.support import recharge, shop

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOW):
        yield


def words(customer: Customer, template: str) -> Words:
    with as_service("read a mail"):
        wanted = select(Mail).where(Mail.customer_id == customer.customer_id, Mail.template == template)
        mail = db.session.scalars(wanted.order_by(Mail.created_at.desc())).first()
    assert mail is not None
    found = payment_text.of(mail.template, mail.customer_id, json.loads(mail.context))
    assert found is not None and found.subject.isprintable()
    return found


def test_the_limit_is_named_with_what_is_used_of_it(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor, threshold="80")
    recharge.runs(app)
    said = words(acme, "auto_recharge_limit")
    assert said.subject == "Automatic charges have reached your limit of $50.00"
    assert "Charged or on its way   $50.00" in said.text and "Nothing more is charged automatically before" in said.text


def test_eighty_percent_of_it_is_another_subject(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor, limit=3000)
    recharge.runs(app, times=1)
    assert words(acme, "auto_recharge_limit").subject == "Automatic charges have used 80 % of your limit of $30.00"


def test_that_it_stopped_says_why_and_what_to_do(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor, shop.BROKE)
    recharge.on(alice_actor)
    for hours in (0, 1, 7, 31, 32):
        recharge.runs(app, NOW + timedelta(hours=hours))
    said = words(acme, "auto_recharge_stopped")
    assert said.subject == "Auto-recharge has stopped"
    assert "The card has insufficient funds." in said.text and "Use another payment method" in said.text


def test_a_question_names_the_amount_and_leads_to_one_answer(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor, caution=Caution(ask_above=Money(100, "USD")))
    recharge.runs(app)
    said = words(acme, "auto_recharge_asks")
    assert said.subject == "May we charge $25.00 for Acme?"
    assert f"/billing/automatic-charges/{recharge.question(acme).id}/" in said.text


@pytest.mark.parametrize("ends", ["yes", "no", "its day is over"])
def test_a_question_that_was_answered_meanwhile_or_is_over_is_not_sent(
    app: Flask, acme: Customer, alice_actor: Actor, ends: str
) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor, caution=Caution(ask_above=Money(100, "USD")))
    with as_service("look"):
        charging.look_at(acme.customer_id)
    if ends != "its day is over":
        questions.answer(acme.customer_id, recharge.question(acme).id, is_yes=ends == "yes", by="x")
    with clock.at(NOW + timedelta(hours=12 if ends == "its day is over" else 1)):
        sending.send_due()
    with as_service("read a mail"):
        wanted = select(Mail.state).where(Mail.customer_id == acme.customer_id, Mail.template == "auto_recharge_asks")
        assert db.session.scalars(wanted).all() == ["dropped"]
