"""What a statement says on paper of the credit: in the decimals of its currency, as the page does."""

from datetime import UTC, date, datetime

from app.domain.amounts import CreditUnit
from app.domain.invoices.statement import Span, sums
from app.domain.money import Credits
from app.presenters.printed import statements
from app.presenters.printed.around import Around
from app.presenters.printed.document import Party
from app.presenters.printed.paper import Paper
from app.services.invoices.statement import CreditAccount

AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_credit_has_the_decimals_of_its_currency() -> None:
    micros = (452_799_000, 10_000_000, 0, 118_045_440, 0, 0, 0, 344_753_560)
    account = CreditAccount(*(Credits(each) for each in micros))
    around = Around(Party("From", "Seller"), Party("Account of", "Customer"), Paper("A4", 210, 297))
    span = Span(date(2026, 2, 1), date(2026, 2, 28))
    said = statements.printed((span, AT), (sums(0, {}), account), [], ("EUR", CreditUnit("EUR")), around)
    assert [(each.title, each.amount) for each in said.beside] == [
        ("Credit: opening balance", "€452.79"),
        ("Credit: bought", "+€10.00"),
        ("Credit: used", "−€118.05"),
        ("Credit: closing balance", "€344.75"),
    ]
