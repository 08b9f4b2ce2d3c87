"""What of a period's usage is invoiced, and what its lines say of units and price, by the terms of the period."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from sqlalchemy import select

from app.domain import rating
from app.domain.catalog import Catalog
from app.domain.grants import used_words
from app.domain.invoices.coverage import Usage
from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.invoices.metered import Counted, Metered, metered
from app.domain.invoices.period_sums import PeriodSums
from app.domain.invoices.written import day, span
from app.domain.language import _, marked, of_documents
from app.domain.money import Money
from app.domain.tax.treatment import Treatment
from app.domain.usage_words import title
from app.models.customers import BillingPeriod
from app.models.usage import UsageTotal
from app.services.catalog import versions
from app.services.invoices import drafting
from app.services.ledger.posting import Books
from app.services.usage.terms import plan_of

WITHOUT_METER = marked("Usage without a meter")


@dataclass(frozen=True)
class Period:
    """A period, and what of its usage goes on the invoice."""

    row: BillingPeriod
    last: date
    """Its last day, or that on which it is invoiced before it is over."""
    catalog: Catalog
    treatment: Treatment
    meters: dict[str, int]
    given: int
    given_by: frozenset[str]
    """The kinds of credit that `given` came from."""
    below: int
    mixed: frozenset[str]
    """The meters of which not just the period's usage is on it: some of other periods, too, or not all."""
    interim: bool = False
    """Whether it is not over, and only what is below zero is invoiced."""

    @property
    def rate(self) -> Rate:
        """Return the rate that its usage is taxed with."""
        return drafting.rate_of(self.treatment)

    @property
    def days(self) -> tuple[date, date]:
        """Return its first and its last day."""
        return self.row.starts_at.astimezone(UTC).date(), self.last


def counted(
    usage: Sequence[Usage],
    row: BillingPeriod,
    catalog: Catalog,
    treatment: Treatment,
    last: date,
    *,
    interim: bool = False,
) -> Period:
    """Return what of the usage goes on the invoice of the period; `interim`: while it is open.

    What is on an interim invoice of the period is on its own no more.
    """
    meters, given, below, mixed, given_by = dict[str, int](), 0, 0, set[str](), set[str]()
    at_use = catalog.tax.credits == "at_use"
    parted = {each.period for each in usage if each.invoiced}
    for each in usage:
        if at_use and not interim:
            before = sum(each.invoiced.values())
            part = each.used - before if each.period == row.number else 0
            given += each.given if part else 0
            given_by |= each.given_by if part and each.given else set()
            below += each.open if part else 0
            mixed |= {each.meter} if before and part else set()
        else:
            is_its = each.period == row.number if at_use else each.period <= row.number
            part = each.open if is_its else 0
            below += part
        if part:
            meters[each.meter] = meters.get(each.meter, 0) + part
            is_guess = not each.is_exact and each.period in parted
            mixed |= {each.meter} if interim or is_guess or each.period != row.number else set()
    ordered = dict(sorted(meters.items()))
    return Period(row, last, catalog, treatment, ordered, given, frozenset(given_by), below, frozenset(mixed), interim)


def lines(books: Books, period: Period, sums: PeriodSums) -> list[Line]:
    """Return the lines of what was used, for their net amounts, in the language of the customer's documents."""
    with of_documents(books.customer.language):
        return _lines(books, period, sums)


def _lines(books: Books, period: Period, sums: PeriodSums) -> list[Line]:
    at_use = period.catalog.tax.credits == "at_use"
    kind = LineKind.USAGE if at_use else LineKind.OVERAGE
    first, last = period.days
    inclusive = period.catalog.tax.prices == "inclusive"
    units_of = said(books, period.row, period.meters, sums.nets, period.mixed, inclusive=inclusive)
    found = []
    for meter, net, units in zip(period.meters, sums.nets, units_of, strict=True):
        words = _words(period, meter)
        words = _("{sold}: {units}", sold=words, units=units.words) if units.words else words
        quantity, price = units.quantity, units.unit_price
        found.append(Line(kind, words, net, period.rate, quantity, price, meter, first, last))
    if sums.discount.amount_minor:
        less = type(sums.discount)(-sums.discount.amount_minor, sums.discount.currency)
        found.append(Line(LineKind.DISCOUNT, used_words(period.given_by), less, period.rate))
    return found


def _words(period: Period, meter: str) -> str:
    name = title(period.catalog, meter) if meter else _(WITHOUT_METER)
    first, last = period.days
    if period.interim or period.catalog.tax.credits != "at_use":
        return _("{sold}, used below zero until {day}", sold=name, day=day(last))
    if meter in period.mixed:
        return _("{sold}, {days}, without what was invoiced before", sold=name, days=span(first, last))
    return _("{sold}, {days}", sold=name, days=span(first, last))


def said(
    books: Books,
    row: BillingPeriod,
    meters: Mapping[str, int],
    nets: Sequence[Money],
    mixed: Collection[str],
    *,
    inclusive: bool,
) -> list[Metered]:
    """Return it for each meter, in their order; nothing of those in `mixed`, whose usage is of other periods too."""
    catalog = versions.of(books.customer, row.catalog_version)
    plan = plan_of(catalog, row.plan if row.plan is not None else books.customer.plan)
    counted = _counted(books, row)
    found = []
    for (meter, micros), net in zip(meters.items(), nets, strict=True):
        tariff = rating.tariff(catalog, plan, meter) if meter not in mixed else None
        if tariff is None or meter not in counted:
            found.append(Metered())
        else:
            found.append(metered(tariff, counted[meter], micros, net, inclusive=inclusive))
    return found


def _counted(books: Books, row: BillingPeriod) -> dict[str, Counted]:
    rows = books.session.execute(
        select(UsageTotal.meter, UsageTotal.quantity, UsageTotal.micros).where(
            UsageTotal.customer_id == books.customer_id, UsageTotal.period_number == row.number
        )
    )
    return {meter: Counted(quantity, micros) for meter, quantity, micros in rows}
