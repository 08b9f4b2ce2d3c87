"""Far days: the first and the last day that there is are answered like every other one, by pages, files and programs."""

from itertools import product

import pytest
from flask import Flask

from app.models.customers import Customer
from tests.support.api import api_for
from tests.support.browser import Browser

FAR = ("0001-01-01", "9999-12-31")
FILTERED = {
    "/account/activity/": ("first", "last"),
    "/account/activity/activity.csv": ("first", "last"),
    "/billing/balance-history": ("from", "to"),
    "/billing/balance-history.csv": ("from", "to"),
    "/billing/invoices": ("from", "to"),
    "/billing/invoices.csv": ("from", "to"),
    "/billing/invoices/statement": ("from", "to"),
    "/billing/invoices/statement.csv": ("from", "to"),
}
OF_A_DAY = ("/billing/balance-history/usage/", "/billing/usage/requests/", "/billing/spend-figures/used/")


@pytest.mark.both_databases
def test_no_day_is_too_far_for_a_page(alice: Browser) -> None:
    for path, (first, last) in FILTERED.items():
        for name, day in product((first, last), FAR):
            found = alice.opens(f"{path}?{name}={day}")
            assert found.status in {200, 422} and not found.redirects, (found.path, found.status)
    for path, day in product(OF_A_DAY, FAR):
        assert alice.opens(path + day).status in {200, 404}, path


def test_no_day_is_too_far_for_a_program(app: Flask, acme: Customer) -> None:
    api, mine = api_for(app), f"/customers/{acme.customer_id}"
    for name, day in product(("from", "to"), FAR):
        assert api.get(f"{mine}/invoices", **{name: day}).status_code in {200, 422}, (name, day)
    for name, day in product(("first", "last"), FAR):
        assert api.get(f"{mine}/usage_events", meter="requests", **{name: day}).status_code in {200, 422}, (name, day)
