"""Mails in tests: the facts that they report, made for real, and the rows they are in."""

from dataclasses import replace

from flask import Flask
from sqlalchemy import select

from app import ids
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services.payments import resume_links, top_ups
from tests.support.mail_server import SENDER, MailServer
from tests.support.shop import ASKS, BROKE, GOOD, add_method


def sends_by(app: Flask, server: MailServer) -> None:
    """Let the app send its mails by the server."""
    app.extensions["purser.settings"] = replace(
        app.extensions["purser.settings"], mail_url=server.url, mail_from=SENDER
    )


def paid(actor: Actor, card: str = GOOD, pack: str = "") -> Payment:
    """Pay $25.00, or for a pack, by card, which the customer gets a receipt for."""
    method = add_method(actor, card).id
    with as_customer(actor.customer_id):
        return top_ups.buy(
            actor,
            form_key=ids.new_form_key(),
            amount=None if pack else Money(2500, "USD"),
            pack=pack,
            method_id=method,
            return_url=resume_links.return_url,
        )


def charged(actor: Actor, card: str) -> Payment:
    """Charge $25.00 while nobody is there."""
    method = add_method(actor, card).id
    return top_ups.charge(
        actor.customer_id,
        by="auto_recharge",
        form_key=ids.new_form_key(),
        amount=Money(2500, "USD"),
        pack="",
        method_id=method,
        return_url=resume_links.return_url,
    )


def asked(actor: Actor) -> Payment:
    """Charge a card whose bank wants to be answered, while nobody is there."""
    return charged(actor, ASKS)


def declined(actor: Actor) -> Payment:
    """Charge a card that is declined, while nobody is there."""
    return charged(actor, BROKE)


def mails(customer: Customer) -> list[Mail]:
    """Return the customer's mails, the oldest first."""
    with as_service("look at the mails"):
        found = select(Mail).where(Mail.customer_id == customer.customer_id).order_by(Mail.created_at, Mail.id)
        return list(db.session.scalars(found.execution_options(populate_existing=True)))


def mail(customer: Customer) -> Mail:
    """Return the customer's only mail."""
    (only,) = mails(customer)
    return only
