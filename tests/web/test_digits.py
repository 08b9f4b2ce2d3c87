"""Digits in addresses are ASCII: Python reads those of every script, and a page has one address."""

from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.gateways.pdf.renderer import Renderer
from app.models.customers import Customer
from app.services.invoices import file_making
from tests.support.browser import Browser
from tests.support.reversals import buys
from tests.support.usage_cast import uses

WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
ADDRESSES = [
    ("/billing/invoices/{year}.zip", 404),
    ("/billing/invoices/years/{year}", 404),
    ("/billing/invoices?before={moment}~inv_1", 404),
    ("/billing/invoices/statement?from={year}-01-01&to={year}-01-02", 422),
    ("/billing/invoices/statement?after={moment}~1~inv_1", 404),
    ("/billing/balance-history?from={year}-01-01", 422),
    ("/billing/balance-history/credits?before={moment}~grt_1", 404),
    ("/billing/usage/requests/{day}", 404),
    ("/billing/usage/requests/{today}?after={moment}_x", 404),
]


def test_an_address_is_written_with_ascii_digits(
    app: Flask, drawing: Renderer, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    file_making.make_due()
    now = clock.now()
    uses(acme, "requests", 1000)
    said = {"year": f"{now.year}", "day": f"{now.date()}", "moment": f"{now:%Y%m%dT%H%M%S.%f}"}
    for address, status in ADDRESSES:
        assert alice.client.get(address.format(**said, today=now.date())).status_code == 200, address
        wide = {name: value.translate(WIDE) for name, value in said.items()}
        assert alice.client.get(address.format(**wide, today=now.date())).status_code == status, address
