"""The question for the password again, as its tests use it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask, jsonify, request

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.services.access import sessions
from app.services.webhooks import endpoints
from app.web.access import fresh_only, managers_only
from tests.support import shop
from tests.support.browser import Browser, Page
from tests.support.cast import PASSWORD
from tests.support.webhook_cast import secret_of

PATH = "/confirm-access"
FORM = "#confirm_access-form form"
METHODS = "/billing/payment-methods/"
WEBHOOK = "/billing/spend-management/webhook"
TYPED = "/billing/typed"


@pytest.fixture
def app(app: Flask) -> Flask:
    """The portal with one more sensitive form, of every kind of field."""

    @app.post(TYPED)
    @managers_only
    @fresh_only("try this", back="overview.page")
    def typed() -> object:
        return jsonify([*request.form.items(multi=True)])

    return app


@pytest.fixture
def card(alice_actor: Actor) -> PaymentMethod:
    return shop.add_method(alice_actor)


@pytest.fixture
def endpoint(acme: Customer) -> str:
    saved = endpoints.save(acme.customer_id, "http://127.0.0.1:9/hook", by="alice")
    assert saved is not None
    return secret_of(acme.customer_id)


@pytest.fixture
def later(alice: Browser) -> Iterator[None]:
    """Alice signed in, and the ten minutes are over."""
    with after(sessions.FRESH_FOR + timedelta(seconds=2)):
        yield


def after(time: timedelta) -> AbstractContextManager[None]:
    return clock.at(clock.now() + time)


def cookie(browser: Browser) -> str:
    kept = browser.client.get_cookie("purser")
    return kept.value if kept else ""


def removes(browser: Browser, card: PaymentMethod) -> Page:
    """Press what removes the card."""
    asked = browser.opens(f"{METHODS}?remove={card.id}")
    return browser.submits(asked, "form[action$='/removal']")


def confirms(browser: Browser, page: Page, password: str = PASSWORD) -> Page:
    return browser.submits(page, FORM, confirm_password=password)
