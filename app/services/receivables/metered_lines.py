"""What the lines of a period's invoice say of units and price, by the terms with which the period closed."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from app.domain import rating
from app.domain.invoices.metered import Counted, Metered, metered
from app.domain.money import Money
from app.models.customers import BillingPeriod
from app.models.usage import UsageTotal
from app.services.catalog import versions
from app.services.ledger.posting import Books
from app.services.usage.terms import plan_of


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
