"""Buying in tests: methods, the form's buttons, and what both sides know of it afterwards."""

from flask import Flask
from sqlalchemy import select

from app.domain.people import Actor
from app.gateways import sandbox
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_customer
from app.services import balance, payment_methods
from tests.support.browser import Browser, Page

PATH = "/billing/add-credits/"
FORM = "form[aria-label='Add credits']"
BUY = "#add_credits-buy"
SAVE = "#add_credits-save"
GOOD, BROKE, ASKS = "pm_card_visa", "pm_card_chargeDeclinedInsufficientFunds", "pm_card_authenticationRequired"


def add_method(actor: Actor, name: str = GOOD) -> PaymentMethod:
    """Save a test method for the actor's customer."""
    with as_customer(actor.customer_id):
        return payment_methods.add_test_method(actor, name)


def reviewed(browser: Browser, amount: str = "25.00", **fields: object) -> Page:
    """Return the page with the amount typed and its total shown, ready to be confirmed."""
    return browser.submits(browser.opens(PATH), FORM, button=BUY, amount=amount, **fields)


def bought(browser: Browser, amount: str = "25.00", **fields: object) -> Page:
    """Buy as somebody without JavaScript does: type, check, confirm."""
    return browser.submits(reviewed(browser, amount, **fields), FORM, button=BUY)


def payments(customer: Customer) -> list[Payment]:
    """Return the customer's payments, the oldest first."""
    with as_customer(customer.customer_id):
        return list(db.session.scalars(select(Payment).order_by(Payment.created_at)))


def remaining(customer: Customer) -> int:
    """Return the customer's remaining credits in micros."""
    with as_customer(customer.customer_id):
        return balance.numbers().remaining_credits.micros


def charges(app: Flask) -> list[int]:
    """Return what the pretend bank was paid, in minor units."""
    intents = sandbox.objects(app.extensions["purser.settings"], "payment_intent")
    return [intent["amount_received"] for intent in intents if intent["status"] == "succeeded"]
