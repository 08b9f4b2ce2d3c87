"""How documents are numbered: each series begins at 1 in each year, and leaves no number out."""

from app.domain.catalog import Catalog
from app.domain.catalog_problems import Problem
from app.domain.errors import ensure
from app.domain.invoices.documents import Kind

RECEIPT_PREFIX, REFUND_RECEIPT_PREFIX = "RC", "RR"
"""Receipts are no tax documents: the catalog does not name their series."""


def prefix(kind: Kind, *, invoice: str, credit_note: str) -> str:
    """Return the prefix of a kind's series, where the catalog names those of invoices and credit notes."""
    return {
        Kind.INVOICE: invoice,
        Kind.CREDIT_NOTE: credit_note,
        Kind.RECEIPT: RECEIPT_PREFIX,
        Kind.REFUND_RECEIPT: REFUND_RECEIPT_PREFIX,
    }[kind]


def written(series: str, year: int, place: int) -> str:
    """Return the number as it is printed: `INV-2026-000123`. From a million on it has more digits."""
    ensure(series and 1_000 <= year <= 9_999 and place > 0, f"no number: {series!r}, {year}, {place}")
    return f"{series}-{year}-{place:06d}"


def problems(catalog: Catalog) -> list[Problem]:
    """Return which series of a catalog that is to be sold from are taken: no invoice bears the number of a receipt."""
    taken = {RECEIPT_PREFIX: "receipts", REFUND_RECEIPT_PREFIX: "refund receipts"}
    named = {"prefix": catalog.invoices.prefix, "credit_note_prefix": catalog.invoices.credit_note_prefix}
    return [
        Problem(("invoices", key), f"is {series}, which {taken[series]} have")
        for key, series in named.items()
        if series in taken
    ]
