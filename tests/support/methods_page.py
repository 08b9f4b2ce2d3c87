"""The page of payment methods, as its tests use it."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.support import cast, methods
from tests.support.browser import Browser, Page
from tests.support.shop import GOOD

PATH = "/billing/payment-methods/"
ADD = "form[aria-label='Add a payment method']"
FRAGMENT = {"HX-Request": "true"}
OTHER = "pm_card_mastercard"


@pytest.fixture
def erika(app: Flask, origin: str) -> Callable[..., tuple[Browser, Customer, Actor]]:
    """Sign Erika in, whose seller takes every kind and has these terms."""

    def sign_in(**terms: str) -> tuple[Browser, Customer, Actor]:
        customer, actor = methods.initech(**terms)
        return cast.signed_in(app, origin, actor), customer, actor

    return sign_in


def table(page: Page) -> list[list[str]]:
    """Return the rows of the table as a person reads them."""
    for mark in page.soup.select(".table--methods svg[aria-hidden=true]"):
        mark.extract()
    rows = page.soup.select(".table--methods tbody tr:not(.table__wide)")
    return [[" ".join(cell.get_text(" ").split()) for cell in row.select("th, td")] for row in rows]


def adds(browser: Browser, kind: str = "card", test_method: str = GOOD, **fields: object) -> Page:
    """Open the form for a kind and send it."""
    return browser.submits(browser.opens(f"{PATH}?add={kind}"), ADD, test_method=test_method, **fields)
