"""The lines of a period's invoice say units and unit price: in the rows, on the page, by the API and as e-invoice."""

from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.invoices.e_invoice import EInvoice, product
from app.gateways.e_invoice.xml import xml_of
from app.models.database import db
from app.models.documents import Document, DocumentLine
from app.models.scope import as_customer, as_service
from app.services.customers import address
from app.services.invoices import e_invoices, reads
from tests.services.invoices.test_e_invoices_of_rows import HOME
from tests.support import cast, periods
from tests.support.api import api_for
from tests.support.e_invoices import broken_rules
from tests.support.periods import BEGIN

TIERS = """
[[meters]]
key = "exports"
title = "Exports"
description = "Files written"
unit = "files"
per = 1
tiers = [{ credits = "0.10", up_to = 10 }, { credits = "0.05" }]
"""


def _lines(document: Document | None) -> list[tuple[str, int, str, int]]:
    assert document is not None
    with as_service("look at lines"):
        rows = db.session.scalars(
            select(DocumentLine).where(DocumentLine.document_id == document.id).order_by(DocumentLine.place)
        )
        return [(row.description, row.quantity, row.unit_price, row.net_minor) for row in rows]


@pytest.mark.both_databases
@pytest.mark.parametrize("burn", ["realtime", "at_invoice"])
def test_usage_says_its_units_and_the_price_of_one_and_steps_their_words(app: Flask, burn: str) -> None:
    small = periods.customer("at_use", burn, more=TIERS)
    periods.uses(small, 705)
    periods.reports(small, "exports", 30)
    assert _lines(periods.closes(small)) == [
        (
            "Exports, 1–31 October 2026: 30 files (1 to 10 at $0.10 per file; from 11 on at $0.05 per file)",
            30,
            "",
            200,
        ),
        (
            "Requests, 1–31 October 2026: 17,625 requests at $0.40 per 1,000 requests",
            17_625,
            "0.0004",
            705,
        ),
    ]


def test_overage_says_the_units_that_were_below_zero(app: Flask, origin: str) -> None:
    small = periods.customer()
    address.change(small.customer_id, HOME, "", 0, by="seller")
    periods.gives(small, 5, at=BEGIN)
    periods.uses(small, 1205)
    invoice = periods.closes(small)
    words = "Requests, used below zero until 31 October 2026: 17,625 requests at $0.40 per 1,000 requests"
    assert invoice is not None and _lines(invoice) == [(words, 17_625, "0.0004", 705)]
    page = cast.signed_in(app, origin, periods.manager(small)).opens(f"/billing/invoices/{invoice.id}")
    assert page.texts(".table--used thead th") == ["Description", "Quantity", "Unit price", "Amount"]
    assert page.texts(".table--used tbody td")[1:] == ["17,625", "$0.0004", "$7.05"]
    line = api_for(app, "billing:read").get(f"/customers/{small.customer_id}/invoices/{invoice.id}").get_json()["lines"]
    assert [(each["quantity"], each["unit_price"], each["meter"]) for each in line] == [(17_625, "0.0004", "requests")]
    with as_customer(small.customer_id):
        made = e_invoices.of(reads.one(invoice.id))
    assert isinstance(made, EInvoice), made
    (item,) = made.items
    assert (item.quantity, item.price, item.price_quantity) == (17_625, Decimal("0.0004"), 1)
    assert product(item.quantity, item.price, 1, "USD") == item.net
    assert broken_rules(xml_of(made)) == []


def test_what_is_of_several_periods_says_no_units(app: Flask, origin: str) -> None:
    small = periods.customer()
    periods.uses(small, 300)
    periods.uses(small, 405, at=periods.OVER)
    invoice = periods.closes(small, at=periods.OVER.replace(month=12), number=2)
    words = "Requests, used below zero until 30 November 2026"
    assert invoice is not None and _lines(invoice) == [(words, 1, "", 705)]
    page = cast.signed_in(app, origin, periods.manager(small)).opens(f"/billing/invoices/{invoice.id}")
    assert page.texts(".table--used thead th") == ["Description", "Quantity", "Amount"]
    assert page.texts(".table--used tbody td") == [words, "", "$7.05"], "one is no quantity"
