"""Whose tax number or certificate counts no more is sent one mail, which says what it means and what to do."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.mails import TAX_NUMBER_REJECTED
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.scope import as_service
from app.services.mail import payment_text
from app.services.tax import exemptions, registrations
from tests.services.tax.test_checking import ASK, NUMBER, add, fake
from tests.support.vies_server import FakeVies

__all__ = ["fake"]


def mailed() -> list[Mail]:
    with as_service("look"):
        return list(db.session.scalars(select(Mail).where(Mail.template == TAX_NUMBER_REJECTED)))


def words(customer: Customer) -> str:
    (mail,) = mailed()
    said = payment_text.of(mail.template, customer.customer_id, json.loads(mail.context))
    return " ".join(f"{said.subject} {said.text}".split()) if said else ""


@pytest.mark.both_databases
def test_a_number_that_is_known_no_more_is_said_once(fake: FakeVies, app: Flask, acme: Customer) -> None:
    fake.answers({"valid": False}, {"valid": True}, {"valid": False}, {"valid": False}, {"valid": True})
    started, count = clock.now(), []
    with clock.at(started):
        add(acme)
    for days in (0, 1, 31, 62):
        with clock.at(started + timedelta(days=days)):
            ASK(10)
        count.append(len(mailed()))
    assert count == [0, 0, 1, 1]  # what was never verified has changed nothing
    assert mailed()[0].recipient == acme.email
    with app.test_request_context():
        said = words(acme)
    assert said.startswith(f"{NUMBER} is no longer confirmed")
    assert "Where it was the reason why you paid no tax, tax is added from now on." in said
    assert "ask your tax office why it is not listed" in said
    assert "/billing/tax/" in said
    with clock.at(started + timedelta(days=93)):
        ASK(10)
    assert words(acme) == ""  # one that is confirmed again before the mail leaves


def test_a_certificate_that_the_seller_takes_back_is_said_too(app: Flask, acme: Customer) -> None:
    made = registrations.add_exemption(
        acme.customer_id, value="EX-7", territories=("FR",), expires_on=None, by="jane", reason="Seen"
    )
    for _ in range(2):
        exemptions.decide(made.id, verified=False, by="jane", reason="Forged")
    with app.test_request_context():
        assert "no longer accepts your certificate of exemption EX-7." in words(acme)
