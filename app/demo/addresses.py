"""What the demo's customers have their invoices made out to, and their tax numbers; who came today has said neither."""

from app.demo.stories import Story
from app.domain.addresses.address import Address
from app.domain.people import Actor
from app.models.scope import as_customer
from app.services.customers import address
from app.services.tax import registrations

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
