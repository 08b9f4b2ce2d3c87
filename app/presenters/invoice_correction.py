"""What a correction of an invoice comes to, in words: the three documents, the tax before and after, and the money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app import locale
from app.domain import methods
from app.domain.bank_transfers.cash import NOT_USED_YET
from app.domain.language import _
from app.domain.money import Money
from app.domain.payments import BANK_TRANSFER
from app.domain.tax.treatment import Treatment
from app.models.documents import Document
from app.models.tax import TaxRegistration
from app.presenters import document_lines, tax_settings
from app.presenters.invoices import because, tax_words
from app.services.invoices.correction_preview import Preview


@dataclass(frozen=True)
class Seen:
    """The preview as it is shown."""

    mark: str
    lines: tuple[str, ...]
    """The address as it is printed."""
    po_number: str
    old_tax: Money
    new_tax: Money
    old_total: Money
    new_total: Money
    difference: Money
    taken_over: Money
    due: Money
    paid_with: str
    tax_title: str
    why: str
    rates_of: tuple[str, date]
    """The day whose tax rates hold, after what it is called."""


def seen(preview: Preview) -> Seen:
    """Return what the page says of it."""
    document = preview.document
    return Seen(
        preview.mark,
        locale.address(preview.wanted.address),
        preview.wanted.po_number,
        _money(document, document.tax_minor),
        preview.totals.tax,
        _money(document, document.total_minor),
        preview.totals.total,
        preview.difference,
        Money(-preview.taken_over.amount_minor, preview.taken_over.currency),
        preview.due,
        _where(document.paid_with),
        title(preview.treatment),
        because(preview.treatment.reason),
        document_lines.day_of_rates(preview.lines, preview.sold_on),
    )


def title(treatment: Treatment) -> str:
    """Return what the tax is called: `VAT 25 %`, or that there is none."""
    return tax_words(treatment.category.value, treatment.name, treatment.percent)


def choice(row: TaxRegistration) -> tuple[str, str]:
    """Return a tax number as it is chosen, with what is known of it."""
    return row.id, f"{row.value} ({tax_settings.row(row).status.lower()})"


def likely(rows: Sequence[TaxRegistration], said: Sequence[str]) -> str:
    """Return the number that is chosen at first: the one on the invoice, else the first that is confirmed, or any."""
    ranked = sorted(rows, key=lambda row: (row.value not in said, row.state != "verified"))
    return ranked[0].id if ranked else ""


def _money(document: Document, minor: int) -> Money:
    return Money(minor, document.currency)


def _where(paid_with: str) -> str:
    if paid_with == BANK_TRANSFER:
        return _(NOT_USED_YET)
    return methods.said(paid_with) or _("where your payment came from")
