"""What must hold between the keys of a catalog: each rule just kept, and just broken, with its key and its reason."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.catalog import Catalog, CreditPack, CreditTerms, Meter, MeterKind, MeterTier, Plan, Plans, Seats, Trial
from app.domain.catalog_problems import dotted
from app.domain.catalog_rules import problems
from app.domain.catalog_terms import (
    Dunning,
    Invoices,
    Overage,
    PaymentMethods,
    Percent,
    SpendManagement,
    Tax,
    TaxRate,
    Usage,
)
from app.domain.money import MICROS, Credits, Money
from app.services.catalog import versions
from tests.support.small_catalogs import SMALL, TOKENS

GOOD: Catalog = replace(versions.parse(SMALL), auto_recharge=replace(versions.parse(SMALL).auto_recharge, pack=""))
COINS: Catalog = versions.parse(TOKENS)
FREE = Plan("free", "Free", monthly=Money(0, "USD"))
CALLS = Meter("calls", "Calls", "", "calls", credits=Credits(4))
BARE = replace(CALLS, credits=None)
PACK = CreditPack("one", "One", Credits(1), Money(1, "USD"))
IS_LAST = "is a price, but a meter of kind last rises and falls, so that no event has a cost of its own"
NO_PRICE = (
    "has no price beyond what is included; "
    "price the meter, give the plan a rate, or set limits to the same number"
)  # fmt: skip


def usd(major: int) -> Money:
    return Money(major * 100, "USD")


def good(**parts: object) -> Catalog:
    return replace(GOOD, **parts)  # type: ignore[arg-type]


def coins(**parts: object) -> Catalog:
    return replace(COINS, **parts)  # type: ignore[arg-type]


def bought(low: int, high: int, *suggested: int) -> Catalog:
    assert GOOD.top_up is not None
    bounds = replace(GOOD.top_up, min=usd(low), max=usd(high), suggested=tuple(usd(each) for each in suggested))
    return good(top_up=bounds)


def planned(*meters: Meter, **parts: object) -> Catalog:
    return good(meters=meters, plans=Plans("free", (replace(FREE, **parts),)))  # type: ignore[arg-type]


def beside(**parts: object) -> Catalog:
    """Return a catalog with a second plan."""
    second = replace(FREE, key="b", **parts)  # type: ignore[arg-type]
    return good(meters=(), plans=Plans("free", (FREE, second)))


def stepped(*ups: int | None, credits: Credits | None = None) -> Catalog:  # noqa: A002  # the product's word
    meter = replace(CALLS, credits=credits, tiers=tuple(MeterTier(Credits(1), up) for up in ups))
    return planned(replace(CALLS, key="other"), meter)


def recharged(catalog: Catalog = GOOD, **parts: object) -> Catalog:
    rule = replace(catalog.auto_recharge, offered=True, threshold=Credits(1), **parts)  # type: ignore[arg-type]
    return replace(catalog, auto_recharge=rule)


def methods(*kinds: str, top_up_only: tuple[str, ...] = (), catalog: Catalog = GOOD) -> Catalog:
    return replace(catalog, payment_methods=PaymentMethods(kinds, top_up_only))


def managed(**parts: object) -> Catalog:
    return good(spend_management=SpendManagement(**parts))  # type: ignore[arg-type]


def taxed(*days: tuple[str, int], country: str = "DE") -> Catalog:
    rates = tuple(TaxRate(land, "VAT", Percent(1900), date(2026, 1, day)) for land, day in days)
    return good(tax=Tax(rates=rates), seller=replace(GOOD.seller, country=country))


SOLD_AS = (CreditTerms("USD", "EUR"), CreditTerms("USD", "eur"), CreditTerms("USD", "EURO"))
ANOTHER, LOWER, LONGER = (good(credits=each, packs=(PACK,), top_up=None) for each in SOLD_AS)


@pytest.mark.parametrize(
    ("catalog", "found"),
    [
        (GOOD, {}),
        (COINS, {}),
        (ANOTHER, {"credits.unit": "is another currency than credits.currency (USD); name it the same or give a unit such as tokens"}),
        (LOWER, {}),
        (LONGER, {}),
        (coins(top_up=GOOD.top_up), {"top_up": "sells a free amount, but tokens are sold in packs only; take it away or set credits.unit to EUR"}),
        (coins(packs=(), top_up=GOOD.top_up, auto_recharge=GOOD.auto_recharge), {"top_up": "sells a free amount, but tokens are sold in packs only; take it away or set credits.unit to EUR", "packs": "must hold at least one pack, because tokens are sold in packs only"}),
        (coins(overage=Overage(Credits(1))), {"overage.protection": "must be 0: a debt in tokens has no price to be billed at"}),
        (good(overage=Overage(Credits(1))), {}),
        (coins(plans=replace(COINS.plans, downgrade="immediate")), {"plans.downgrade": 'must be "period_end": the rest of a plan cannot be given back in tokens, which have no price'}),
        (good(plans=replace(GOOD.plans, downgrade="immediate")), {}),
        (good(top_up=None), {"top_up": "is missing and there are no packs, so credit could not be bought"}),
        (good(top_up=None, packs=(PACK,)), {}),
        (good(packs=(PACK,)), {}),
        (bought(0, 9), {"top_up.min": "must be more than 0"}),
        (bought(5, 5, 5), {}),
        (bought(5, 4), {"top_up.max": "must not be less than top_up.min (5.00)"}),
        (bought(5, 9, 5, 9, 4, 10), {f"top_up.suggested[{number}]": "must lie between top_up.min (5.00) and top_up.max (9.00)" for number in (3, 4)}),
        (good(packs=(PACK, replace(PACK, key="two"), PACK)), {"packs[3].key": "is taken already by an earlier one (one)"}),
        (good(packs=(PACK, replace(PACK, key="two", price=usd(0)))), {"packs[2].price": "must be more than 0; credit given away is a grant"}),
        (good(packs=(PACK, replace(PACK, key="two", credits=Credits(0)))), {"packs[2].credits": "must be more than 0"}),
        (good(trial=Trial(Credits(0))), {"trial.credits": "must be more than 0; leave [trial] away to give none"}),
        (good(trial=Trial(Credits(1))), {}),
        (planned(CALLS, CALLS), {"meters[2].key": "is taken already by an earlier one (calls)"}),
        (planned(CALLS, replace(CALLS, key="b", kind=MeterKind.LAST)), {"meters[2].credits": IS_LAST}),
        (planned(replace(BARE, kind=MeterKind.LAST, tiers=(MeterTier(Credits(1)),))), {"meters[1].tiers": IS_LAST}),
        (planned(replace(BARE, kind=MeterKind.LAST)), {}),
        (stepped(None), {}),
        (stepped(1, 2, None), {}),
        (stepped(None, credits=Credits(1)), {"meters[2].tiers": "stands beside credits; keep one of the two prices"}),
        (stepped(1, None, None), {"meters[2].tiers[2].up_to": "is missing; only the last tier is without an end"}),
        (stepped(1, 2), {"meters[2].tiers[2].up_to": "must be left away in the last tier, or more use would have no price"}),
        (stepped(0, None), {"meters[2].tiers[1].up_to": "must be more than the tier before (0)"}),
        (stepped(5, 5, None), {"meters[2].tiers[2].up_to": "must be more than the tier before (5)"}),
        (stepped(5, None, 4, None), {"meters[2].tiers[2].up_to": "is missing; only the last tier is without an end", "meters[2].tiers[3].up_to": "must be more than the tier before (5)"}),
        (good(plans=Plans("free", (FREE, FREE)), meters=()), {"plans.tiers[2].key": "is taken already by an earlier one (free)"}),
        (good(plans=Plans("gone", (FREE, replace(FREE, key="b"))), meters=()), {"plans.default": "names no plan; there are free, b"}),
        (planned(monthly=usd(1)), {"plans.default": "must be a plan that costs nothing, because a cancelled subscription ends there; free has a price"}),
        (beside(monthly=usd(1)), {}),
        (beside(monthly=None, annual=usd(1)), {}),
        (beside(on_request=True), {"plans.tiers[2].on_request": "is true beside a price; keep one of the two"}),
        (beside(on_request=True, monthly=None, annual=usd(1)), {"plans.tiers[2].on_request": "is true beside a price; keep one of the two"}),
        (beside(on_request=True, monthly=None), {}),
        (beside(monthly=None), {"plans.tiers[2].monthly": 'is missing; give monthly or annual ("0" for a free plan) or set on_request'}),
        (beside(seats=Seats(2, 2)), {}),
        (beside(seats=Seats(2, 1)), {"plans.tiers[2].seats.max": "must not be less than seats.included (2)"}),
        (beside(seats=Seats(2, 3)), {"plans.tiers[2].seats.monthly": "is missing: the plan is sold monthly and more seats may be added"}),
        (beside(seats=Seats(2)), {"plans.tiers[2].seats.monthly": "is missing: the plan is sold monthly and more seats may be added"}),
        (beside(annual=usd(1), seats=Seats(2, monthly=usd(1))), {"plans.tiers[2].seats.annual": "is missing: the plan is sold annual and more seats may be added"}),
        (beside(seats=Seats(2, monthly=usd(1))), {}),
        (planned(CALLS, allowances=(("gone", 1),)), {"plans.tiers[1].allowances.gone": "names no meter; there are calls"}),
        (planned(CALLS, BARE, limits=(("gone", 1),)), {"meters[2].key": "is taken already by an earlier one (calls)", "plans.tiers[1].limits.gone": "names no meter; there are calls, calls"}),
        (planned(rates=(("gone", Credits(1)),)), {"plans.tiers[1].rates.gone": "names no meter; there are none"}),
        (planned(replace(BARE, kind=MeterKind.LAST), rates=(("calls", Credits(1)),)), {"plans.tiers[1].rates.calls": IS_LAST}),
        (planned(BARE, rates=(("calls", Credits(1)),)), {}),
        (planned(CALLS, allowances=(("calls", 5),), limits=(("calls", 5),)), {}),
        (planned(CALLS, allowances=(("calls", 5),), limits=(("calls", 4),)), {"plans.tiers[1].limits.calls": "must not be less than what the plan includes (5)"}),
        (planned(BARE, allowances=(("calls", 5),)), {"plans.tiers[1].allowances.calls": NO_PRICE}),
        (planned(BARE, allowances=(("calls", 5),), limits=(("calls", 6),)), {"plans.tiers[1].allowances.calls": NO_PRICE}),
        (planned(BARE, allowances=(("calls", 5),), limits=(("calls", 5),)), {}),
        (planned(BARE, allowances=(("calls", 5),), rates=(("calls", Credits(0)),)), {}),
        (planned(CALLS, allowances=(("calls", 5),)), {}),
        (recharged(), {"auto_recharge.amount": "is missing; amount or pack says what is bought"}),
        (recharged(amount=usd(5)), {}),
        (recharged(amount=usd(5000), period_limit=usd(5000)), {}),
        (recharged(amount=usd(4)), {"auto_recharge.amount": "must lie between top_up.min (5.00) and top_up.max (5000.00)"}),
        (recharged(amount=usd(5001), period_limit=usd(9000)), {"auto_recharge.amount": "must lie between top_up.min (5.00) and top_up.max (5000.00)"}),
        (recharged(good(packs=(PACK,)), amount=usd(5), pack="one"), {"auto_recharge.pack": "stands beside amount; keep one of the two"}),
        (recharged(good(packs=(PACK,)), pack="gone"), {"auto_recharge.pack": "names no pack; there are one"}),
        (recharged(pack="gone"), {"auto_recharge.pack": "names no pack; there are none"}),
        (recharged(good(packs=(PACK,), top_up=None), amount=usd(5)), {"auto_recharge.amount": "needs [top_up]; name a pack instead"}),
        (recharged(amount=usd(6), period_limit=usd(6)), {}),
        (recharged(amount=usd(6), period_limit=usd(5)), {"auto_recharge.period_limit": "must not be less than one purchase (6.00)"}),
        (recharged(good(packs=(replace(PACK, price=usd(7)),)), pack="one", period_limit=usd(6)), {"auto_recharge.period_limit": "must not be less than one purchase (7.00)"}),
        (recharged(methods("card", top_up_only=("card",)), amount=usd(5)), {"auto_recharge.offered": "is true, but no payment method of payment_methods.kinds can be saved and charged later"}),
        (recharged(methods("crypto"), amount=usd(5)), {"auto_recharge.offered": "is true, but no payment method of payment_methods.kinds can be saved and charged later"}),
        (recharged(methods("crypto", "card"), amount=usd(5)), {}),
        (methods("card", top_up_only=("card", "crypto", "paypal")), {f"payment_methods.top_up_only[{number}]": "must be one of payment_methods.kinds (card)" for number in (2, 3)}),
        (methods("card", "paypal", "card"), {"payment_methods.kinds[3]": "stands there twice (card)"}),
        (methods("card", "sepa_debit"), {"payment_methods.kinds": "holds sepa_debit, which collects EUR only, not USD"}),
        (methods("card", "sepa_debit", catalog=COINS), {}),
        (managed(daily_limit=Credits(2 * MICROS), notify_threshold=Credits(2 * MICROS)), {}),
        (managed(daily_limit=Credits(25 * MICROS // 10), notify_threshold=Credits(3 * MICROS)), {"spend_management.notify_threshold": "must not be more than daily_limit (2.5)"}),
        (managed(notify_threshold=Credits(9)), {}),
        (managed(daily_limit=Credits(9)), {}),
        (managed(enabled=True), {}),
        (managed(offered=False), {}),
        (managed(offered=False, enabled=True), {"spend_management.enabled": "is true while the page is not offered; nobody could change it"}),
        (good(usage=Usage((80, 80))), {"usage.warn_at_percent": "must rise from number to number"}),
        (good(usage=Usage((80, 81))), {}),
        (good(dunning=Dunning((3, 2), 9)), {"dunning.retry_days": "must rise from day to day"}),
        (good(dunning=Dunning((1, 5), 5)), {}),
        (good(dunning=Dunning((), 0)), {}),
        (good(dunning=Dunning((1, 2, 6), 5)), {"dunning.suspend_after_days": "must not come before the last retry (day 6)"}),
        (good(dunning=Dunning((6,), 5)), {"dunning.suspend_after_days": "must not come before the last retry (day 6)"}),
        (good(dunning=Dunning((1, 6), 5)), {"dunning.suspend_after_days": "must not come before the last retry (day 6)"}),
        (good(invoices=Invoices("A", "A")), {"invoices.credit_note_prefix": "must differ from prefix, because credit notes have their own series"}),
        (taxed(("DE", 1), ("DE", 2), ("FR", 1)), {}),
        (taxed(("DE", 1), ("FR", 1), ("DE", 1)), {"tax.rates[3]": "is a second rate for DE from 2026-01-01"}),
        (taxed(("DE", 1), country=""), {"seller.country": "is missing; with tax rates it says which sales are at home"}),
        (taxed(country=""), {}),
    ],
)  # fmt: skip
def test_each_rule_names_its_key_and_says_why(catalog: Catalog, found: dict[str, str]) -> None:
    assert [(dotted(each.path), each.reason) for each in problems(catalog)] == list(found.items())


def test_only_what_is_offered_is_looked_at_in_auto_recharge() -> None:
    rule = replace(GOOD.auto_recharge, amount=usd(1), pack="gone")
    assert problems(good(auto_recharge=rule)) == []
    missing = replace(recharged(amount=usd(5)).auto_recharge, threshold=None)
    assert [(dotted(each.path), each.reason) for each in problems(good(auto_recharge=missing))] == [
        ("auto_recharge.threshold", "is missing; it says when to buy")
    ]
