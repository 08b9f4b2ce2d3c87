"""What a statement says on paper of the credit: in the decimals of its currency, as the page does."""

from dataclasses import replace
from datetime import UTC, date, datetime

from flask import Flask

from app.domain import language
from app.domain.amounts import CreditUnit
from app.domain.invoices.statement import Span, sums
from app.domain.money import Credits
from app.gateways.pdf.renderer import Renderer
from app.presenters.printed import statements
from app.presenters.printed.around import Around
from app.presenters.printed.document import Party, PrintedDocument, Row
from app.presenters.printed.paper import Paper
from app.services.invoices.statement import CreditAccount
from tests.support import golden

AT = datetime(2026, 3, 1, tzinfo=UTC)


def made() -> PrintedDocument:
    micros = (452_799_000, 10_000_000, 0, 118_045_440, 0, 0, 0, 344_753_560)
    account = CreditAccount(*(Credits(each) for each in micros))
    around = Around(Party("From", "Seller"), Party("Account of", "Customer"), Paper("A4", 210, 297))
    span = Span(date(2026, 2, 1), date(2026, 2, 28))
    return statements.printed((span, AT), (sums(0, {}), account), [], ("EUR", CreditUnit("EUR")), around)


def test_credit_has_the_decimals_of_its_currency() -> None:
    said = made()
    assert [(each.title, each.amount) for each in said.beside] == [
        ("Credit: opening balance", "€452.79"),
        ("Credit: bought", "+€10.00"),
        ("Credit: used", "−€118.05"),
        ("Credit: closing balance", "€344.75"),
    ]


def test_the_summary_is_on_one_page(app: Flask, drawing: Renderer) -> None:
    """With so many rows some lines of it stood at the foot of the first page, and the others on the next."""
    with language.using("fr"):
        said = made()
    rows = (Row(("Opération", "", "", "0,00 €")),) * 19
    first, last = golden.texts(golden.drawn(drawing, replace(said, language="fr", rows=rows))).split("page ")[1:]
    summary = ("452,79", "344,75", "Solde d’ouverture", "Factures et reçus", "Paiements", "Solde de clôture")
    assert [each for each in summary if each not in last] == []
    assert "452,79" not in first and "Factures et reçus" not in first
