"""What is said to the seller of a catalog that may be sold from all the same."""

from datetime import date

from sqlalchemy import select

from app.domain.catalog import Catalog
from app.domain.tax.places import country_of, is_member
from app.models.catalogs import CatalogVersion
from app.models.database import db
from app.models.scope import as_service
from app.services.catalog import versions


def of(name: str) -> list[str]:
    """Return what to look at in the newest version of the catalog, a sentence each."""
    with as_service("look over a catalog"):
        newest = versions.offered(name)
        others = db.session.scalars(select(CatalogVersion.catalog).where(CatalogVersion.catalog != name).distinct())
        return [*_tax_id(newest), *(words for each in sorted(others) for words in _prefix(newest, each))]


def _tax_id(catalog: Catalog) -> list[str]:
    """A seller outside the Union needs a number for reverse charge as well, and one inside for e-invoices."""
    countries = {catalog.seller.country, *(each.country for each in catalog.tax.rates if not each.number)}
    if catalog.seller.tax_id or not any(is_member(country_of(each), date.max) for each in countries):
        return []
    return ["seller.tax_id is missing: invoices with reverse charge, and e-invoices, name the seller's tax number."]


def _prefix(catalog: Catalog, name: str) -> list[str]:
    """Numbers are unique in a catalog. Two catalogs of one seller, with one prefix, give the same number twice."""
    other = versions.offered(name)
    ours, theirs = ({each.invoices.prefix, each.invoices.credit_note_prefix} for each in (catalog, other))
    is_one_seller = catalog.seller.name == other.seller.name or (
        catalog.seller.tax_id and catalog.seller.tax_id == other.seller.tax_id
    )
    if not is_one_seller:
        return []
    return [
        f"The catalogs {catalog.name} and {name} are of one seller and both number documents {prefix}-…: "
        "the same number would be given twice. Change the prefix of one of them."
        for prefix in sorted(ours & theirs)
    ]
