"""How a customer is taxed by its rows: address and registrations as they are now."""

from datetime import date

import pytest
from flask import Flask

from app import clock
from app.models.customers import Customer
from app.models.database import db
from app.models.invoicing import InvoiceAddress
from app.models.scope import as_customer, as_service
from app.models.tax import TaxRegistration
from app.services.catalog import versions
from app.services.tax import decision, registrations
from app.services.transaction import transaction
from tests.support.small_catalogs import SMALL

TODAY = date(2026, 11, 28)
FRENCH = versions.parse(
    SMALL.replace('name = "Small Ltd"', 'name = "Small SAS"\ncountry = "FR"\ntax_id = "FR40303265045"')
    + '\n[[tax.rates]]\ncountry = "FR"\nname = "TVA"\npercent = "20"\nsince = 2014-01-01\n'
)
NUMBER = "DE136695976"


def lives(acme: Customer, country: str, postal_code: str) -> None:
    with as_service("test"), transaction() as session:
        session.merge(
            InvoiceAddress(
                customer_id=acme.customer_id, company="Acme", line1="1", line2="", city="City", postal_code=postal_code,
                region="", country=country, po_number="", version=1, changed_at=clock.now(), changed_by="mem_alice",
            )
        )  # fmt: skip


def taxed(acme: Customer) -> tuple[str, int, str]:
    with as_customer(acme.customer_id):
        found = decision.treatment(db.session(), acme.customer_id, FRENCH, TODAY)
    return found.category.value, int(found.percent), found.reason.value


def becomes(registration_id: str, state: str) -> None:
    with as_service("test"), transaction() as session:
        row = session.get_one(TaxRegistration, registration_id)
        row.state, row.verified_at = state, clock.now()


@pytest.mark.both_databases
@pytest.mark.case("AC-78")
def test_the_address_decides_before_a_verified_number_of_another_state(app: Flask, acme: Customer) -> None:
    assert taxed(acme) == ("S", 20, "no_address")
    made = registrations.add(acme.customer_id, kind="eu_vat", country="DE", value=NUMBER, by="mem_alice").id
    becomes(made, "verified")
    lives(acme, "FR", "75001")
    assert taxed(acme) == ("S", 20, "same_country")
    lives(acme, "DE", "10115")
    assert taxed(acme) == ("AE", 0, "reverse_charge")
    becomes(made, "unavailable")
    assert taxed(acme) == ("S", 20, "number_unavailable")
    lives(acme, "DE", "27498")
    assert taxed(acme) == ("O", 0, "territory")
    registrations.remove(acme.customer_id, made, by="mem_alice")
    lives(acme, "DE", "10115")
    assert taxed(acme) == ("S", 20, "standard")


def test_a_certificate_that_the_seller_has_verified_exempts_where_and_while_it_applies(
    app: Flask, acme: Customer
) -> None:
    lives(acme, "FR", "75001")
    registrations.add_exemption(
        acme.customer_id, value="EX-7", territories=("FR",), expires_on=TODAY, by="jane", reason="letter of 3 May"
    )
    assert taxed(acme) == ("E", 0, "exempt_certificate")
    lives(acme, "BE", "1000")
    assert taxed(acme) == ("S", 20, "standard")


def test_nobody_sees_another_customers_numbers(app: Flask, acme: Customer, globex: Customer) -> None:
    registrations.add(acme.customer_id, kind="eu_vat", country="DE", value=NUMBER, by="mem_alice")
    with as_customer(globex.customer_id):
        assert registrations.listed(acme.customer_id) == []
