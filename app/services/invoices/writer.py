"""Writes the documents of money that came or went back, for those who book it (`ledger/documentation`)."""

from datetime import datetime

from app.domain.catalog import Catalog
from app.domain.money import Money
from app.models.bulk import Rows
from app.models.customers import Customer
from app.models.invoicing import InvoiceAddress
from app.models.payments import Payment
from app.services.customers import standing
from app.services.invoices import credit_notes, finalization
from app.services.ledger import documentation
from app.services.ledger.posting import Books


class DocumentWriter:
    """The one that is registered."""

    def settled(self, books: Books, payment: Payment, received: Money, paid_with: str, now: datetime) -> str:
        """Write the document of a payment that bought credit, and return its number."""
        return finalization.top_up(books, payment, received, paid_with, now).number or ""

    def rows(
        self,
        customer: Customer,
        terms: tuple[Catalog, InvoiceAddress | None],
        payment: Payment,
        paid_with: str,
        mark: str,
        now: datetime,
    ) -> Rows | None:
        """Return the rows of that document, where it is as plain as most."""
        return finalization.rows(customer, *terms, payment, paid_with, mark, now)

    def returned(
        self, books: Books, payment: Payment, source: tuple[str, str, str], part: Money, now: datetime
    ) -> None:
        """Write that a part of the payment went back."""
        credit_notes.write(books, payment, source, part, now)
        standing.paid(books, now)  # what it leaves due may be left alone now

    def held(self, books: Books, now: datetime) -> None:
        """Judge the standing: what a disputed payment leaves due is left alone until the bank has decided."""
        standing.paid(books, now)

    def came_back(self, books: Books, source: tuple[str, str], now: datetime) -> None:
        """Void what was written for that fact."""
        credit_notes.void(books, source, now)


documentation.register(DocumentWriter())
