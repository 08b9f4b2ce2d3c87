"""What the demo's customers have their invoices made out to; whoever came today has not said it yet."""

from app.demo.stories import Story
from app.domain.addresses.address import Address
from app.domain.people import Actor
from app.models.scope import as_customer
from app.services.customers import address

ADDRESSES = {
    "northwind": (Address("Northwind Labs GmbH", "Speicherstraße 14", "Haus C", "Hamburg", "20457", "", "DE"), "N-41"),
    "lumen": (Address("Lumen Analytics S.r.l.", "Via Torino 61", "", "Milano", "20123", "MI", "IT"), ""),
    "fernhill": (Address("Fernhill Health Ltd", "27 Castle Street", "", "Edinburgh", "EH2 3DN", "", "GB"), "PO 88214"),
    "brightyard": (Address("Brightyard SARL", "18 rue de la République", "", "Lyon", "69002", "", "FR"), ""),
    "tidewater": (Address("Tidewater Sound ApS", "Havnegade 39", "", "København K", "1058", "", "DK"), ""),
}  # fmt: skip
"""By the customer's slug: the address, and the purchase order number."""


def set_up(story: Story, buyer: Actor) -> None:
    """Let the customer enter its address as its page does, once."""
    if story.slug not in ADDRESSES:
        return
    with as_customer(buyer.customer_id):
        version = address.current(buyer.customer_id).version
    if not version:
        wanted, po = ADDRESSES[story.slug]
        address.change(buyer.customer_id, wanted, po, version, by=buyer.member_id)
