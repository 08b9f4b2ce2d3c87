"""Billing periods in tests: customers whose month is over, in each way of taxing and of burning credit."""

from datetime import UTC, datetime
from itertools import count

from sqlalchemy import select

from app import clock, ids
from app.domain.money import MICROS, Credits, Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services.catalog import versions
from app.services.customers import registration
from app.services.ledger import grants, posting
from app.services.receivables import closing, paying
from app.services.transaction import transaction
from app.services.usage import events
from app.services.usage.events import UsageReport
from tests.support import cast
from tests.support.small_catalogs import SMALL

BEGIN = datetime(2026, 10, 1, 9, tzinfo=UTC)
USED = datetime(2026, 10, 20, 9, tzinfo=UTC)
OVER = datetime(2026, 11, 2, 9, tzinfo=UTC)
PER_DOLLAR = 2500
_numbers = count(1)


def customer(
    taxed: str = "at_purchase",
    burn: str = "realtime",
    percent: str = "25",
    overage: str = "20",
    more: str = "",
    unit: str = "USD",
    currency: str = "USD",
) -> Customer:
    """Create a customer of a Swedish seller on the first of October: $1.00 is 2,500 requests."""
    catalog = SMALL.replace('name = "Small Ltd"', 'name = "Small AB"\ncountry = "SE"\ntax_id = "SE556012579001"')
    catalog = catalog.replace('unit = "USD"', f'unit = "{unit}"\nburn = "{burn}"')
    if currency != "USD":
        catalog = catalog.replace('currency = "USD"', f'currency = "{currency}"')
        catalog = catalog.replace('unit = "USD"', f'unit = "{currency}"').replace('.00"', '"')
        catalog = catalog.replace('min = "5"', 'min = "50"').replace('max = "5000"', 'max = "50000"')
    elif unit != "USD":
        bounds = '[top_up]\nmin = "5.00"\nmax = "5000.00"\n'
        pack = '[[packs]]\nkey = "one"\ntitle = "One"\ncredits = "1000"\nprice = "5.00"\n'
        catalog = catalog.replace(bounds, pack)
    catalog += f'\n[overage]\nprotection = "{overage}"\n\n[tax]\ncredits = "{taxed}"\n'
    if percent:
        catalog += f'[[tax.rates]]\ncountry = "SE"\nname = "VAT"\npercent = "{percent}"\nsince = 2021-01-01\n'
    versions.apply(catalog + more)
    with clock.at(BEGIN):
        return registration.create(
            name="Small",
            email="billing@small.example",
            catalog="small",
            external_id=f"small-{next(_numbers)}",
            created_at=BEGIN,
        )


def gives(whose: Customer, amount: int, kind: str = "promotional", at: datetime = BEGIN) -> None:
    """Give so many dollars of credit that nobody bought."""
    with clock.at(at):
        grants.give(
            whose.customer_id, kind=kind, credits=Credits(amount * MICROS), granted_by="sales", reason="Welcome"
        )


def uses(whose: Customer, cents: int, at: datetime = USED) -> None:
    """Use so many cents' worth of requests."""
    reports(whose, "requests", cents * PER_DOLLAR // 100, at)


def reports(whose: Customer, meter: str, quantity: int, at: datetime = USED) -> None:
    """Report so much of a meter."""
    with clock.at(at):
        report = UsageReport(f"use-{next(_numbers)}", whose.customer_id, meter, quantity)
        assert events.accept([report]).accepted == 1


def reports_of(whose: Customer, meter: str, subject: str, at: datetime = USED) -> None:
    """Report that somebody was active: a meter of unique ones counts each once."""
    with clock.at(at):
        report = UsageReport(f"use-{next(_numbers)}", whose.customer_id, meter, 1, subject)
        assert events.accept([report]).accepted == 1


def closes(whose: Customer, at: datetime = OVER, number: int | None = 1) -> Document | None:
    """Close the period."""
    with clock.at(at):
        return closing.close(whose.customer_id, number, by="seller")


def manager(whose: Customer) -> Actor:
    """Return a member who may pay for the customer."""
    return cast.make_actor(cast.ALICE, whose)


def pays(actor: Actor, document: Document, way: str, minor: int | None = None, form_key: str = "") -> Payment:
    """Pay the invoice as its page does: `minor` is what the member has seen."""
    with as_customer(actor.customer_id):
        seen = Money(document.payable_minor + document.carried_minor if minor is None else minor, document.currency)
        return paying.pay(
            actor,
            document.id,
            form_key=form_key or ids.new_form_key(),
            amount=seen,
            method_id=way,
            return_url="http://127.0.0.1/{}".format,
        )


def now_of(document: Document) -> Document:
    """Return the document as it is now."""
    with as_service("look at a document"):
        return db.session.scalars(
            select(Document).where(Document.id == document.id).execution_options(populate_existing=True)
        ).one()


def waits_for_books(*whose: Customer) -> None:
    """Wait until nobody has their books: a database server notices a moment later that a process was killed."""
    for each in whose:
        with as_service("wait for a customer's books"), transaction() as session:
            posting.lock(session, each.customer_id)
