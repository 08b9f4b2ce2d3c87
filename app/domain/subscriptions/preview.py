"""What a change comes to with its tax, to the last digit: shown before it is confirmed, and charged as it was shown."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Literal

from app.domain.errors import ensure
from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.invoices.totals import Taxed, Totals, of_parts
from app.domain.language import ENGLISH, in_english, of_documents
from app.domain.money import Money
from app.domain.subscriptions.change import Quote
from app.domain.subscriptions.choice import Choice
from app.domain.tax import kept
from app.domain.tax.prices import Price, Taxation
from app.domain.tax.treatment import Treatment, tax_within

Prices = Literal["exclusive", "inclusive"]


@dataclass(frozen=True, slots=True)
class TaxBack:
    """A tax in what is given back, below zero, as the invoices name it."""

    name: str
    percent: Decimal
    tax: Money


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change is, from when, what it costs, and the mark of all of it."""

    quote: Quote
    catalog_version: int
    """The version of the catalog that the choice is had in."""
    treatment: Treatment
    lines: tuple[Line, ...]
    """As its document lists them: before tax, also where prices include it."""
    price: Price
    """Before tax, the tax, and both; all below zero where something is given back."""
    mark: str
    renews: Choice
    """As what it goes on in the next plan period; where it waits, as what it begins: announced prices come with it."""
    taxes_back: tuple[TaxBack, ...] = ()
    """Each tax in what is given back."""

    @property
    def wants(self) -> Choice:
        """What the customer will have."""
        return self.quote.wants

    @property
    def charged(self) -> Money:
        """What is charged now; zero: nothing is."""
        return self.price.charged if self.price.total.amount_minor > 0 else Money(0, self.price.total.currency)

    @property
    def given(self) -> Money:
        """What is given back as credit; zero: nothing is."""
        return Money(max(0, -self.price.total.amount_minor), self.price.total.currency)

    @property
    def totals(self) -> Totals:
        """The sums of its invoice."""
        ensure(self.price.total.amount_minor > 0, "an invoice of nothing")
        return of_parts([Taxed(self.lines[0].rate, self.price.net, self.price.tax)])

    @property
    def kept_treatment(self) -> str:
        """How it is taxed, as it is kept with its order; nothing where it costs nothing."""
        return kept.written(self.treatment, self.price.tax) if self.charged.amount_minor else ""


def minute(now: datetime) -> datetime:
    """Return the minute in which a change is reckoned: who reads a preview does not make it stale by it."""
    return now.replace(second=0, microsecond=0)


def previewed(
    quote: Quote,
    catalog_version: int,
    treatment: Treatment,
    prices: Prices,
    version: int,
    back: Price | None = None,
    renews: Choice | None = None,
    taxes_back: tuple[TaxBack, ...] = (),
) -> Preview:
    """Return the change with its tax. `version` is that of the subscription that it was reckoned from.

    `back` is what is given back of paid invoices, below zero, where the change comes to less than nothing, and
    `taxes_back` each tax in it. `renews` is as what it goes on; None: as it is wanted.
    """
    ensure((back is not None) == (quote.net.amount_minor < 0), "what is given back is what its invoices say")
    price = back or Taxation(treatment, prices).price(quote.net)
    lines = _before_tax(quote.lines, price.net)
    renews = renews or quote.wants
    mark = _mark(quote, catalog_version, treatment, lines, price, version, renews, taxes_back)
    return Preview(quote, catalog_version, treatment, lines, price, mark, renews, taxes_back)


def _before_tax(lines: tuple[Line, ...], net: Money) -> tuple[Line, ...]:
    """Return the lines so that they add up to the net amount: where prices include tax, each less the tax in it.

    What rounding leaves over is taken of the largest one.
    """
    whole = sum(line.net.amount_minor for line in lines)
    if not lines or whole == net.amount_minor:
        return lines
    nets = [_without_tax(line.net, line.rate.percent) for line in lines]
    largest = max(range(len(lines)), key=lambda place: abs(nets[place]))
    nets[largest] += net.amount_minor - sum(nets)
    return tuple(replace(line, net=Money(minor, line.net.currency)) for line, minor in zip(lines, nets, strict=True))


def _without_tax(gross: Money, percent: Decimal) -> int:
    size = Money(abs(gross.amount_minor), gross.currency)
    rest = (size - tax_within(size, percent)).amount_minor
    return rest if gross.amount_minor > 0 else -rest


@in_english
def _mark(
    quote: Quote,
    catalog_version: int,
    treatment: Treatment,
    lines: tuple[Line, ...],
    price: Price,
    version: int,
    renews: Choice,
    taxes_back: tuple[TaxBack, ...],
) -> str:
    """Return the mark of everything that is shown, and of what it was reckoned from: the same in every language."""
    wants, when = quote.wants, "now" if quote.is_now else quote.at.isoformat()
    shown = [
        *(wants.plan.key, wants.interval.value, wants.seats, catalog_version, version, when),
        *(quote.plan_period.starts_at.isoformat(), quote.plan_period.ends_at.isoformat()),
        *(price.net.amount_minor, price.tax.amount_minor, price.net.currency),
        *(str(treatment.percent.normalize()), treatment.category.value, treatment.reason.value),
        [(line.said, line.net.amount_minor) for line in lines],
        *([renews.price.amount_minor] if renews.price != wants.price else []),
        *([each.name, str(each.percent.normalize()), each.tax.amount_minor] for each in taxes_back),
    ]
    return sha256(json.dumps(shown).encode()).hexdigest()[:32]


def written(lines: tuple[Line, ...], language: str = ENGLISH) -> str:
    """Return the lines as they are kept with their order, in the language of the customer's documents."""
    with of_documents(language):
        said = [line.said for line in lines]
    return json.dumps(
        [
            {
                "description": words,
                "net_minor": line.net.amount_minor,
                "begins_on": _day(line.begins_on),
                "ends_on": _day(line.ends_on),
            }
            for line, words in zip(lines, said, strict=True)
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read(text: str, rate: Rate, currency: str) -> tuple[Line, ...]:
    """Return the lines that were kept."""
    return tuple(
        Line(
            LineKind.PRORATION,
            each["description"],
            Money(each["net_minor"], currency),
            rate,
            begins_on=date.fromisoformat(each["begins_on"]),
            ends_on=date.fromisoformat(each["ends_on"]),
        )
        for each in json.loads(text)
    )


def _day(day: date | None) -> str:
    ensure(day is not None, "a proration without its days")
    return f"{day:%Y-%m-%d}"
