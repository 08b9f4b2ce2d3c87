"""What a move to other terms changes, in the words that the seller reads, and nothing where nothing does."""

from dataclasses import replace

import pytest

from app.domain.catalog import Catalog, Meter, MeterKind, MeterTier, Plan, Plans, Seats
from app.domain.catalog_terms import Overage, SpendManagement
from app.domain.errors import Broken
from app.domain.money import Credits, Money
from app.domain.sold_terms import Difference, Terms, differences, overage_after
from app.services.catalog import versions
from tests.support.small_catalogs import SMALL

OWN = Credits(0)
CALLS = Meter("calls", "Calls", "API calls", "calls", credits=Credits(400_000), per=1000)
FREE = "free (Free), 0.00 USD a month, none a year"
PLAN = Plan("free", "Free", monthly=Money(0, "USD"))
CATALOG: Catalog = replace(versions.parse(SMALL), version=4, meters=(CALLS,), plans=Plans("free", (PLAN,)))
STEPS = (MeterTier(Credits(20_000), 1000), MeterTier(Credits(16_000), 20_000), MeterTier(Credits(0)))


def terms(meter: Meter | None = CALLS, **plan: object) -> Terms:
    """Return terms with this meter, or none, and a plan that differs in these parts."""
    one = replace(PLAN, **plan)  # type: ignore[arg-type]
    return Terms(replace(CATALOG, meters=(meter,) if meter else (), plans=Plans("free", (one,))), one)


def of_catalog(**parts: object) -> Terms:
    """Return terms whose catalog differs in these parts."""
    return Terms(replace(CATALOG, **parts), PLAN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (terms(), []),
        (
            terms(key="paid", title="Paid", monthly=Money(1050, "USD"), annual=Money(10_000, "USD")),
            [("plan", FREE, "paid (Paid), 10.50 USD a month, 100.00 USD a year")],
        ),
        (
            terms(seats=Seats(2, 5, Money(300, "USD"), Money(3000, "USD"))),
            [
                (
                    "plan",
                    FREE,
                    FREE + ", 2 seats included, at most 5, one more 3.00 USD a month, 30.00 USD a year",
                )
            ],
        ),
        (
            terms(seats=Seats(1)),
            [
                (
                    "plan",
                    FREE,
                    FREE + ", 1 seats included, at most none, one more none a month, none a year",
                )
            ],
        ),
        (terms(features=("sso", "logs")), [("features", "none", "sso, logs")]),
        (terms(replace(CALLS, title="Requests")), [("calls is called", "Calls, in calls", "Requests, in calls")]),
        (terms(replace(CALLS, unit="hits")), [("calls is called", "Calls, in calls", "Calls, in hits")]),
        (terms(replace(CALLS, kind=MeterKind.MAX)), [("calls counts", "sum", "max")]),
        (terms(replace(CALLS, per=1)), [("calls costs", "0.40 per 1,000", "0.40 each")]),
        (terms(replace(CALLS, per=2)), [("calls costs", "0.40 per 1,000", "0.40 per 2")]),
        (terms(replace(CALLS, credits=None)), [("calls costs", "0.40 per 1,000", "nothing")]),
        (
            terms(replace(CALLS, credits=None, tiers=STEPS)),
            [("calls costs", "0.40 per 1,000", "0.02 up to 1,000, then 0.016 up to 20,000, then 0.00 per 1,000")],
        ),
        (terms(rates=(("calls", Credits(5)),)), [("calls costs", "0.40 per 1,000", "0.000005 per 1,000")]),
        (terms(rates=(("calls", Credits(0)),)), [("calls costs", "0.40 per 1,000", "0.00 per 1,000")]),
        (
            terms(replace(CALLS, credits=None, tiers=STEPS), rates=(("calls", Credits(0)),)),
            [("calls costs", "0.40 per 1,000", "0.00 per 1,000")],
        ),
        (terms(allowances=(("calls", 12_000),)), [("calls included", "0", "12,000")]),
        (terms(limits=(("calls", 5000),)), [("calls limit", "none", "5,000")]),
        (terms(limits=(("calls", 0),)), [("calls limit", "none", "0")]),
        (terms(None), [("meter calls", "0.40 per 1,000, 0 included, limit none", "not there")]),
        (of_catalog(credits=replace(CATALOG.credits, burn="at_invoice")), [("usage is booked", "realtime", "at_invoice")]),
        (of_catalog(overage=Overage(Credits(2_500_000))), [("overage protection", "0.00", "2.50")]),
        (
            of_catalog(spend_management=SpendManagement(enabled=True, daily_limit=Credits(20_000_000))),
            [("daily limit until one is chosen", "none", "20.00")],
        ),
        (of_catalog(spend_management=SpendManagement(daily_limit=Credits(20_000_000))), []),
        (of_catalog(spend_management=SpendManagement(enabled=True)), []),
    ],
)  # fmt: skip
def test_a_move_names_what_changes_before_and_after(after: Terms, found: list[tuple[str, str, str]]) -> None:
    before = terms()
    assert differences(before, after, OWN) == tuple(Difference(*each) for each in found)
    back = differences(after, before, overage_after(OWN, before.catalog, after.catalog))
    assert back == tuple(Difference(about, new, old) for about, old, new in found)


def test_meters_that_come_stand_before_those_that_go_and_the_whole_of_each_is_named() -> None:
    limited = {"allowances": (("calls", 1500), ("runs", 7)), "limits": (("calls", 9000),)}
    before, after = terms(CALLS, **limited), terms(replace(CALLS, key="runs"), **limited)
    assert differences(before, after, OWN) == (
        Difference("meter runs", "not there", "0.40 per 1,000, 7 included, limit none"),
        Difference("meter calls", "0.40 per 1,000, 1,500 included, limit 9,000", "not there"),
    )


@pytest.mark.parametrize(("own", "after"), [(0, 9), (5, 5), (9, 9)])
def test_an_overage_protection_of_ones_own_stays(own: int, after: int) -> None:
    newest = replace(CATALOG, overage=Overage(Credits(9)))
    assert overage_after(Credits(own), CATALOG, newest) == Credits(after)


def test_terms_are_those_of_the_plan_or_of_the_default_plan() -> None:
    paid = replace(PLAN, key="paid")
    catalog = replace(CATALOG, plans=Plans("free", (PLAN, paid)))
    assert [Terms.of(catalog, key) for key in ("paid", "free", "", "gone")] == [
        Terms(catalog, plan) for plan in (paid, PLAN, PLAN, PLAN)
    ]
    assert Terms.of(catalog, "paid").name == "paid of version 4"
    with pytest.raises(Broken, match=r"^small has no default plan$"):
        Terms.of(replace(catalog, plans=Plans("gone", (paid,))), "free")
