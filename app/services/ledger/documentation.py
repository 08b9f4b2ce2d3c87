"""Who writes the documents of money that came or went back: the room of invoices, above, registers itself here.

Payments, refunds and disputes say what happened, in their own transaction, and import nothing of invoices.
"""

from datetime import datetime
from typing import Protocol

from app.domain.catalog import Catalog
from app.domain.errors import ensure
from app.domain.money import Money
from app.models.bulk import Rows
from app.models.customers import Customer
from app.models.invoicing import InvoiceAddress
from app.models.payments import Payment
from app.services.ledger.posting import Books


class Writer(Protocol):
    """What a room has to know to write the documents."""

    def settled(self, books: Books, payment: Payment, received: Money, paid_with: str, now: datetime) -> str:
        """Write the document of a payment that bought credit, and return its number."""
        ...

    def rows(
        self,
        customer: Customer,
        terms: tuple[Catalog, InvoiceAddress | None],
        payment: Payment,
        paid_with: str,
        mark: str,
        now: datetime,
    ) -> Rows | None:
        """Return the rows of that document; `mark` stands for its number. None: it is not as plain as most."""
        ...

    def returned(
        self, books: Books, payment: Payment, source: tuple[str, str, str], part: Money, now: datetime
    ) -> None:
        """Write that a part of the payment went back; `source` is the kind of the fact, its id, and why, in words."""
        ...

    def held(self, books: Books, now: datetime) -> None:
        """Take note that a bank has disputed a payment: what it paid may be gone."""
        ...

    def came_back(self, books: Books, source: tuple[str, str], now: datetime) -> None:
        """Void what was written for that fact: the money came back."""
        ...


_writers: list[Writer] = []


def register(writer: Writer) -> None:
    """Let this room write the documents; there is one."""
    ensure(not _writers, "documents are written already")
    _writers.append(writer)


def writer() -> Writer:
    """Return who writes the documents. Where nobody does, nothing is settled."""
    ensure(_writers, "nobody writes documents")
    return _writers[0]
