"""What a purchase comes to, line by line: its price, its tax by name and percent, and why there is tax or none."""

from dataclasses import dataclass

from app import locale
from app.domain.language import _, marked
from app.domain.money import Money
from app.domain.tax import words
from app.domain.tax.prices import Price
from app.domain.tax.treatment import Treatment
from app.models.payments import Payment
from app.services.payments import purchases

PAGES = {words.TAX_SETTINGS: marked("Go to Tax settings"), words.INVOICE_ADDRESS: marked("Go to Invoice address")}


@dataclass(frozen=True)
class TaxLines:
    """The lines of an order between what is bought and what is paid for it."""

    net: Money
    title: str
    """What the tax is called: `VAT 19 %`."""
    tax: Money
    total: Money
    rounding: Money
    """What the total loses where its last digit cannot be charged; zero or below."""
    why: str
    """Why tax is added, or why there is none; nothing where the rate simply applies."""
    page: str
    """The page on which that can be changed; empty: none."""
    link: str

    @property
    def is_taxed(self) -> bool:
        """Whether there is any tax."""
        return self.tax.amount_minor > 0


def of_payment(payment: Payment) -> TaxLines | None:
    """Return the lines of a payment that carries tax; None where it carries none."""
    found = purchases.taxed(payment)
    said = lines(found[1], found[0]) if found is not None else None
    return said if said is not None and said.is_taxed else None


def lines(price: Price, treatment: Treatment | None) -> TaxLines:
    """Return the lines of a purchase at this price, taxed so."""
    where = words.where(treatment)
    return TaxLines(
        net=price.net,
        title=words.title(treatment, locale.number),
        tax=price.tax,
        total=price.charged,
        rounding=price.charged - price.total,
        why=words.why(treatment),
        page=f"{where}.page" if where else "",
        link=_(PAGES[where]) if where in PAGES else "",
    )
