"""What a customer keeps of a catalog, and what is always current: each part of the catalog is one or the other."""

from dataclasses import fields, replace

import pytest

from app.domain.catalog import Catalog, Plans, TopUpBounds
from app.domain.catalog_terms import Dunning, Invoices, Overage, PaymentMethods, Referrals, SpendManagement, Tax, Usage
from app.domain.money import Credits, Money
from app.domain.sold_terms import as_sold
from app.services.catalog import versions
from tests.support.meters import METERED

SOLD: Catalog = replace(versions.parse(METERED.format(burn="at_invoice")), version=1)
OTHER = {
    "title": "Renamed",
    "seller": replace(SOLD.seller, name="Bought Ltd"),
    "credits": replace(SOLD.credits, burn="realtime", low_balance=Credits(7), unit_label="coins", expiry_notice_days=3),
    "auto_recharge": replace(SOLD.auto_recharge, offered=True),
    "plans": Plans("free", SOLD.plans.tiers[:1]),
    "top_up": TopUpBounds(Money(700, "USD"), Money(900, "USD")),
    "packs": (),
    "trial": None,
    "meters": SOLD.meters[:2],
    "usage": Usage((50,)),
    "overage": Overage(Credits(9)),
    "spend_management": SpendManagement(offered=False, enabled=True, daily_limit=Credits(1)),
    "payment_methods": PaymentMethods(("paypal",)),
    "invoices": Invoices("NEW"),
    "dunning": Dunning((9,)),
    "tax": Tax("inclusive"),
    "referrals": Referrals(offered=True),
    "version": 2,
}
NEWEST = replace(SOLD, **OTHER)  # type: ignore[arg-type]
AS_SOLD = {"name", "plans", "meters", "overage", "version"}
IN_PARTS = {"credits", "spend_management"}


@pytest.mark.parametrize("field", [each.name for each in fields(Catalog)])
def test_each_part_is_as_it_was_sold_or_current(field: str) -> None:
    kept = as_sold(SOLD, NEWEST)
    if field in IN_PARTS:
        assert getattr(kept, field) not in (getattr(SOLD, field), getattr(NEWEST, field))
    else:
        assert getattr(kept, field) == getattr(SOLD if field in AS_SOLD else NEWEST, field)


def test_how_usage_is_booked_is_as_sold_and_how_credit_is_written_and_warned_of_is_current() -> None:
    assert as_sold(SOLD, NEWEST).credits == replace(NEWEST.credits, burn="at_invoice")


def test_what_spend_management_starts_with_is_as_sold_and_whether_there_is_a_page_is_current() -> None:
    assert as_sold(SOLD, NEWEST).spend_management == SpendManagement(offered=False)


def test_the_newest_version_is_kept_as_it_is() -> None:
    assert as_sold(NEWEST, NEWEST) is NEWEST
