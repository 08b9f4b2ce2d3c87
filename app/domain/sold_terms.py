"""Terms as sold: what a customer keeps of the version that the plan was given with, and what a move to others changes.

As it was sold: the plans and meters (prices, allowances, limits, features, the kind of a meter and its words), overage
protection, what spend management starts with, and how usage is booked. Always current: who sells, what may be bought
next and how it is paid, and how pages write and warn.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from app.domain import rating
from app.domain.amounts_in_json import credits_text
from app.domain.catalog import Catalog, Plan, Seats
from app.domain.errors import ensure
from app.domain.money import Credits, Money
from app.domain.rating import Tariff

NONE = "none"


@dataclass(frozen=True)
class Terms:
    """The plan that a customer has, in its version of the catalog."""

    catalog: Catalog
    plan: Plan

    @classmethod
    def of(cls, catalog: Catalog, key: str) -> "Terms":
        """Return the terms of the plan of this key; of the default plan where it is empty, or not there."""
        plan = catalog.plans.plan(key) or catalog.plans.plan(catalog.plans.default)
        ensure(plan is not None, f"{catalog.name} has no default plan")
        return cls(catalog, cast("Plan", plan))

    @property
    def name(self) -> str:
        """How the terms are named to the seller."""
        return f"{self.plan.key} of version {self.catalog.version}"


@dataclass(frozen=True)
class Difference:
    """One thing that changes: what it is about, and how it was and will be."""

    about: str
    before: str
    after: str


def as_sold(sold: Catalog, newest: Catalog) -> Catalog:
    """Return the catalog of a customer who was given a plan of `sold`, while `newest` is what is offered."""
    if sold.version == newest.version:
        return newest
    return replace(
        newest,
        version=sold.version,
        plans=sold.plans,
        meters=sold.meters,
        overage=sold.overage,
        arrears=sold.arrears,
        credits=replace(newest.credits, burn=sold.credits.burn),
        spend_management=replace(sold.spend_management, offered=newest.spend_management.offered),
    )


def differences(before: Terms, after: Terms, overage: Credits) -> tuple[Difference, ...]:
    """Return what changes for a customer with this overage protection, the plan first, then each meter."""
    own = overage_after(overage, before.catalog, after.catalog)
    found = [
        Difference("plan", _plan(before.plan), _plan(after.plan)),
        Difference("features", _listed(before.plan.features), _listed(after.plan.features)),
        *_meters(before, after),
        Difference("overage protection", _credits(overage), _credits(own)),
        Difference("pay later up to", *(_credits(each.catalog.arrears.exposure) for each in (before, after))),
        Difference("daily limit until one is chosen", _daily(before.catalog), _daily(after.catalog)),
        Difference("usage is booked", before.catalog.credits.burn, after.catalog.credits.burn),
    ]
    return tuple(each for each in found if each.before != each.after)


def overage_after(own: Credits, before: Catalog, after: Catalog) -> Credits:
    """Return the overage protection of a customer who is moved: the new version's, unless it is one of its own."""
    return after.overage_protection if own == before.overage_protection else own


def _meters(before: Terms, after: Terms) -> Iterator[Difference]:
    keys = dict.fromkeys(each.key for each in (*after.catalog.meters, *before.catalog.meters))
    for key in keys:
        old, new = (rating.tariff(each.catalog, each.plan, key) for each in (before, after))
        if old is None or new is None:
            yield Difference(f"meter {key}", _whole(old), _whole(new))
            continue
        yield Difference(
            f"{key} is called", f"{old.meter.title}, in {old.meter.unit}", f"{new.meter.title}, in {new.meter.unit}"
        )
        yield Difference(f"{key} counts", old.kind.value, new.kind.value)
        yield Difference(f"{key} costs", _price(old), _price(new))
        yield Difference(f"{key} included", f"{old.allowance:,}", f"{new.allowance:,}")
        yield Difference(f"{key} limit", _limit(old), _limit(new))


def _whole(tariff: Tariff | None) -> str:
    if tariff is None:
        return "not there"
    return f"{_price(tariff)}, {tariff.allowance:,} included, limit {_limit(tariff)}"


def _price(tariff: Tariff) -> str:
    meter, per = tariff.meter, f" per {tariff.meter.per:,}" if tariff.meter.per > 1 else " each"
    if tariff.is_free:
        return "nothing"
    if tariff.rate is not None or not meter.tiers:
        return f"{_credits(tariff.rate if tariff.rate is not None else meter.credits)}{per}"
    steps = (f"{_credits(each.credits)}{f' up to {each.up_to:,}' if each.up_to else ''}" for each in meter.tiers)
    return f"{', then '.join(steps)}{per}"


def _limit(tariff: Tariff) -> str:
    return NONE if tariff.limit is None else f"{tariff.limit:,}"


def _plan(plan: Plan) -> str:
    price = f"{_money(plan.monthly)} a month, {_money(plan.annual)} a year"
    return f"{plan.key} ({plan.title}), {price}{_seats(plan.seats)}"


def _seats(seats: Seats | None) -> str:
    if seats is None:
        return ""
    most = NONE if seats.max is None else str(seats.max)
    price = f"{_money(seats.monthly)} a month, {_money(seats.annual)} a year"
    return f", {seats.included} seats included, at most {most}, one more {price}"


def _daily(catalog: Catalog) -> str:
    starts = catalog.spend_management
    return _credits(starts.daily_limit) if starts.enabled else NONE


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or NONE


def _money(price: Money | None) -> str:
    return NONE if price is None else f"{price.major} {price.currency}"


def _credits(credits: Credits | None) -> str:  # noqa: A002  # the product's word
    return NONE if credits is None else credits_text(credits)
