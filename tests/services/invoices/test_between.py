"""An address that changes between the order and the money: the document names the new one, taxed as ordered (0024)."""

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import DocumentTax
from app.models.invoicing import InvoiceAddress
from app.models.scope import as_service
from app.services.payments import settlement
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support.documents import documents_of
from tests.support.unheard import charged_unheard, visa

__all__ = ["visa"]


def _lives(customer: Customer, country: str, company: str) -> None:
    with as_service("give an address"), transaction() as session:
        session.merge(
            InvoiceAddress(
                customer_id=customer.customer_id, company=company, line1="1", line2="", city="City", postal_code="1",
                region="", country=country, po_number="", version=1, changed_at=clock.now(), changed_by="mem_alice",
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    ("country", "total", "taxes"),
    [("US", 2500, [("O", "not_registered")]), ("DE", 2975, [("S", "standard")])],
    ids=["US", "DE"],
)
def test_a_document_names_the_address_of_the_day_on_which_the_money_came_and_the_tax_of_the_order(
    app: Flask, acme: Customer, alice_actor: Actor, visa: str, country: str, total: int, taxes: list[tuple[str, str]]
) -> None:
    _lives(acme, country, "Acme of old")
    payment = charged_unheard(app, alice_actor, visa)
    _lives(acme, "JP", "Acme of today")
    assert settlement.settle(payment.id).state == "succeeded"
    _lives(acme, "US", "Acme of later")
    (document,) = documents_of(acme)
    assert (document.kind, document.buyer_country, document.buyer_company) == ("invoice", "JP", "Acme of today")
    assert (document.total_minor, document.net_minor) == (total, 2500)
    with as_service("look at its tax"):
        assert [(each.category, each.reason) for each in db.session.scalars(select(DocumentTax))] == taxes
    assert verify() == []
