"""Buying in tests: methods, the form's buttons, and what both sides know of it afterwards."""

from threading import Barrier, Thread

from flask import Flask
from sqlalchemy import select

from app.demo.payment_methods import add_test_method
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_customer
from app.services.balance import history
from tests.support.browser import Browser, Page
from tests.support.client import outside_contexts

PATH = "/billing/add-credits/"
FORM = "form[aria-label='Add credits']"
BUY = "#add_credits-buy"
NEW = "new"
"""The way to pay that is saved and charged at once."""
GOOD, BROKE, ASKS = "pm_card_visa", "pm_card_chargeDeclinedInsufficientFunds", "pm_card_authenticationRequired"


def add_method(actor: Actor, name: str = GOOD) -> PaymentMethod:
    """Save a test method for the actor's customer."""
    with as_customer(actor.customer_id):
        return add_test_method(actor, name)


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
        return history.numbers().remaining_credits.micros


def charges(app: Flask) -> list[int]:
    """Return what the pretend bank was paid, in minor units."""
    intents = controls.objects(app.extensions["purser.settings"], "payment_intent")
    return [intent["amount_received"] for intent in intents if intent["status"] == "succeeded"]


def filled(page: Page) -> dict[str, str]:
    """Return what the page's form would send by its button."""
    names = {str(each["name"]) for each in page.find(FORM).select("input[name], select[name]")}
    return {**{name: page.value(name) for name in names}, "seen": str(page.find(BUY).get("value", ""))}


def at_once(app: Flask, browser: Browser, forms: list[dict[str, str]]) -> list[Page]:
    """Send the forms at the same moment, each from a thread of its own with the browser's cookie."""
    cookie = browser.client.get_cookie("purser", domain="localhost")
    assert cookie is not None
    start, answers = Barrier(len(forms)), []

    def send(form: dict[str, str]) -> None:
        client = app.test_client()
        client.set_cookie("purser", cookie.value, domain="localhost")
        other = Browser(client, browser.origin)
        start.wait(60)
        answers.append(other.posts(PATH, form))

    threads = [Thread(target=send, args=(form,)) for form in forms]
    with outside_contexts():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(answers) == len(forms)
    return answers
