"""Documents in tests: those of a customer, and customers whose catalogs tax credit otherwise."""

from sqlalchemy import Connection, select, text

from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.customers import registration
from tests.support.small_catalogs import SMALL

RATES = """
[[tax.rates]]
country = "DE"
name = "VAT"
percent = "19"
since = 2021-01-01
"""


def documents_of(customer: Customer) -> list[Document]:
    """Return them as they are now, in the order in which they were made."""
    with as_service("look at documents"):
        rows = db.session.scalars(
            select(Document)
            .where(Document.customer_id == customer.customer_id)
            .execution_options(populate_existing=True)
        )
        return sorted(rows, key=lambda each: each.id.partition("_")[2])  # the part of an id that grows


def let_documents_change(connection: Connection) -> None:
    """Take away what keeps documents, and their files, as they are: for damage by hand, as a superuser."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("set session_replication_role = replica"))  # neither triggers nor foreign keys
        return
    triggers = connection.execute(
        text(
            "select name from sqlite_master where type = 'trigger' and tbl_name in "
            "('documents','document_lines','document_taxes','document_files','number_series')"
        )
    ).scalars()
    for name in list(triggers):
        connection.execute(text(f"drop trigger {name}"))


def sold_at_use() -> Customer:
    """Create a customer whose catalog taxes credit when it is used."""
    return _customer(SMALL + '\n[tax]\ncredits = "at_use"\n')


def sold_with_tax(more: str = "") -> Customer:
    """Create a customer of a German seller, who is taxed at home until an address says otherwise."""
    seller = 'name = "Small GmbH"\ncountry = "DE"\ntax_id = "DE811907980"'
    return _customer(SMALL.replace('name = "Small Ltd"', seller) + RATES + more)


def sold_in_azores() -> Customer:
    """Create a customer of a Portuguese seller, whose names and numbers are as long as a catalog takes them."""
    seller = f'name = "Small Lda"\ncountry = "PT"\ntax_id = "{"T" * 200}"'
    rates = "".join(
        f'[[tax.rates]]\ncountry = "{code}"\nname = "{"V" * 200}"\npercent = "16"\nsince = 2021-01-01\n'
        for code in ("PT", "PT-20")
    )
    return _customer(SMALL.replace('name = "Small Ltd"', seller) + rates)


def _customer(catalog: str) -> Customer:
    versions.apply(catalog)
    return registration.create(name="Small", email="billing@small.example", catalog="small", external_id="small")
