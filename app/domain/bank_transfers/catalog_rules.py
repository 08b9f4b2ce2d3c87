"""What must hold of bank transfers between the keys of a catalog."""

from collections.abc import Iterator

from app.domain.bank_transfers.accounts import COUNTRIES, SCHEMES
from app.domain.catalog import Catalog
from app.domain.catalog_problems import Problem


def problems(catalog: Catalog) -> Iterator[Problem]:
    """Yield what is wrong: a currency in which no transfers arrive, or a country where there is none to choose."""
    methods, where = catalog.payment_methods, ("payment_methods", "transfer_country")
    if "bank_transfer" not in methods.kinds:
        if methods.transfer_country:
            yield Problem(where, "is of no use: payment_methods.kinds does not hold bank_transfer")
    elif catalog.currency not in SCHEMES:
        words = f"holds bank_transfer, which comes in {', '.join(sorted(SCHEMES))} only, not {catalog.currency}"
        yield Problem(("payment_methods", "kinds"), words)
    elif catalog.currency == "EUR" and not methods.transfer_country:
        yield Problem(where, f"must say where the customers' accounts are: one of {', '.join(COUNTRIES)}")
    elif catalog.currency != "EUR" and methods.transfer_country:
        yield Problem(where, "names a country, which only accounts in EUR have")
