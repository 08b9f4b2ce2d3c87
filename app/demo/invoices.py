"""Whom the demo's invoices are made out to, with which tax numbers; and the periods that become invoices."""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from app import clock
from app.demo.stories import Story
from app.domain.addresses.address import Address
from app.domain.invoices.documents import State
from app.domain.people.members import Actor
from app.models.customers import BillingPeriod
from app.models.database import db
from app.models.scope import as_customer
from app.services.customers import address
from app.services.payments import resume_links
from app.services.receivables import closing, paying
from app.services.tax import registrations

A_MONTH = timedelta(days=31)
ADDRESSES = {
    "northwind": (Address("Northwind Labs GmbH", "Speicherstraße 14", "Haus C", "Hamburg", "20457", "", "DE"), "N-41"),
    "lumen": (Address("Lumen Analytics S.r.l.", "Via Torino 61", "", "Milano", "20123", "MI", "IT"), ""),
    "fernhill": (Address("Fernhill Health Ltd", "27 Castle Street", "", "Edinburgh", "EH2 3DN", "", "GB"), "PO 88214"),
    "brightyard": (Address("Brightyard SARL", "18 rue de la République", "", "Lyon", "69002", "", "FR"), ""),
    "tidewater": (Address("Tidewater Sound ApS", "Havnegade 39", "", "København K", "1058", "", "DK"), ""),
}  # fmt: skip
"""By the customer's slug: the address, and the purchase order number."""
NUMBERS = {
    "northwind": ("eu_vat", "DE", "DE136695976"),
    "lumen": ("eu_vat", "IT", "IT00743110157"),
    "fernhill": ("gb_vat", "GB", "GB980780684"),
    "brightyard": ("eu_vat", "FR", "FR23334175221"),
    "tidewater": ("eu_vat", "DK", "DK13585679"),
}
"""Tax numbers: fernhill's is of a kind that nobody confirms, tidewater's is unknown, the others are confirmed."""


def set_up(story: Story, buyer: Actor) -> None:
    """Let the customer enter its address and its tax number as their pages do, once."""
    if story.slug not in ADDRESSES:
        return
    with as_customer(buyer.customer_id):
        version = address.current(buyer.customer_id).version
    if not version:
        wanted, po = ADDRESSES[story.slug]
        address.change(buyer.customer_id, wanted, po, version, by=buyer.member_id)
    with as_customer(buyer.customer_id):
        registered = registrations.listed(buyer.customer_id)
    if not registered:
        kind, country, value = NUMBERS[story.slug]
        registrations.add(buyer.customer_id, kind=kind, country=country, value=value, by=buyer.member_id)


def close(story: Story, buyer: Actor, day: date, moment: datetime, now: datetime, form_key: str) -> None:
    """Write the invoice of the period that ended before this day, if one did, and pay it; the last may stay due."""
    with as_customer(buyer.customer_id):
        starts = db.session.scalars(select(BillingPeriod.starts_at).where(BillingPeriod.number > 1)).all()
    if all(each.date() != day for each in starts):
        return
    with clock.at(moment):
        made = closing.close(buyer.customer_id, by="seller")
        stays_due = story.leaves_due and now - moment < A_MONTH
        if made is None or made.state != State.OPEN or made.due_on is None or stays_due:
            return
        paying.charge(
            buyer.customer_id,
            made.id,
            by="seller",
            form_key=form_key,
            amount=None,
            method_id="",
            return_url=resume_links.return_url,
        )
