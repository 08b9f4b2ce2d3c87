"""What must hold between the keys of a catalog. Each rule says which key breaks it and why."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from app.domain.bank_transfers import catalog_rules as bank_transfers
from app.domain.catalog import Catalog, Meter, MeterKind, Plan
from app.domain.catalog_problems import Path, Problem, event_rules, unique
from app.domain.dunning import arrears

_LAST_HAS_NO_PRICE = "is a price, but a meter of kind last rises and falls, so that no event has a cost of its own"


def problems(catalog: Catalog) -> list[Problem]:
    """Return every broken rule, in the order of the file's sections. None: the catalog may be sold from."""
    return [problem for rule in _RULES for problem in rule(catalog)]


def _unit(catalog: Catalog) -> Iterator[Problem]:
    terms = catalog.credits
    named = not catalog.sells_money_credit
    if named and len(terms.unit) == 3 and terms.unit.isupper():
        yield Problem(
            ("credits", "unit"),
            f"is another currency than credits.currency ({terms.currency}); "
            "name it the same or give a unit such as tokens",
        )
    if named and catalog.top_up is not None:
        yield Problem(
            ("top_up",),
            f"sells a free amount, but {terms.unit} are sold in packs only; "
            f"take it away or set credits.unit to {terms.currency}",
        )
    if named and not catalog.packs:
        yield Problem(("packs",), f"must hold at least one pack, because {terms.unit} are sold in packs only")
    if named and catalog.overage.protection.micros > 0:
        yield Problem(("overage", "protection"), f"must be 0: a debt in {terms.unit} has no price to be billed at")
    if named and catalog.plans.downgrade == "immediate":
        yield Problem(
            ("plans", "downgrade"),
            f'must be "period_end": the rest of a plan cannot be given back in {terms.unit}, which have no price',
        )
    if not catalog.packs and catalog.top_up is None:
        yield Problem(("top_up",), "is missing and there are no packs, so credit could not be bought")


def _top_up(catalog: Catalog) -> Iterator[Problem]:
    bounds = catalog.top_up
    if bounds is None:
        return
    if bounds.min.amount_minor == 0:
        yield Problem(("top_up", "min"), "must be more than 0")
    if bounds.min > bounds.max:
        yield Problem(("top_up", "max"), f"must not be less than top_up.min ({bounds.min.major})")
    for index, amount in enumerate(bounds.suggested):
        if not bounds.min <= amount <= bounds.max:
            yield Problem(
                ("top_up", "suggested", index),
                f"must lie between top_up.min ({bounds.min.major}) and top_up.max ({bounds.max.major})",
            )


def _packs(catalog: Catalog) -> Iterator[Problem]:
    yield from unique("packs", [pack.key for pack in catalog.packs])
    for index, pack in enumerate(catalog.packs):
        if pack.price.amount_minor == 0:
            yield Problem(("packs", index, "price"), "must be more than 0; credit given away is a grant")
        if pack.credits.micros == 0:
            yield Problem(("packs", index, "credits"), "must be more than 0")


def _trial(catalog: Catalog) -> Iterator[Problem]:
    if catalog.trial is not None and catalog.trial.credits.micros == 0:
        yield Problem(("trial", "credits"), "must be more than 0; leave [trial] away to give none")


def _meters(catalog: Catalog) -> Iterator[Problem]:
    yield from unique("meters", [meter.key for meter in catalog.meters])
    for index, meter in enumerate(catalog.meters):
        yield from _tiers(index, meter)
        if meter.kind is MeterKind.LAST and meter.is_priced:
            price = "credits" if meter.credits is not None else "tiers"
            yield Problem(("meters", index, price), _LAST_HAS_NO_PRICE)


def _tiers(index: int, meter: Meter) -> Iterator[Problem]:
    if not meter.tiers:
        return
    if meter.credits is not None:
        yield Problem(("meters", index, "tiers"), "stands beside credits; keep one of the two prices")
    reached = 0
    for step, tier in enumerate(meter.tiers):
        last = step == len(meter.tiers) - 1
        if tier.up_to is None and not last:
            yield Problem(("meters", index, "tiers", step, "up_to"), "is missing; only the last tier is without an end")
        elif tier.up_to is not None and last:
            yield Problem(
                ("meters", index, "tiers", step, "up_to"),
                "must be left away in the last tier, or more use would have no price",
            )
        elif tier.up_to is not None and tier.up_to <= reached:
            yield Problem(("meters", index, "tiers", step, "up_to"), f"must be more than the tier before ({reached})")
        reached = tier.up_to or reached


def _plans(catalog: Catalog) -> Iterator[Problem]:
    plans = catalog.plans
    yield from unique("plans", [plan.key for plan in plans], "tiers")
    default = plans.plan(plans.default)
    if default is None:
        yield Problem(("plans", "default"), f"names no plan; there are {_listed([plan.key for plan in plans])}")
    elif not default.is_free:
        yield Problem(
            ("plans", "default"),
            "must be a plan that costs nothing, because a cancelled subscription ends there; "
            f"{default.key} has a price",
        )
    for index, plan in enumerate(plans):
        path: Path = ("plans", "tiers", index)
        yield from _prices(path, plan)
        yield from _seats(path, plan)
        yield from _plan_meters(path, plan, catalog)


def _prices(path: Path, plan: Plan) -> Iterator[Problem]:
    priced = plan.monthly is not None or plan.annual is not None
    if plan.on_request and priced:
        yield Problem((*path, "on_request"), "is true beside a price; keep one of the two")
    if not plan.on_request and not priced:
        yield Problem((*path, "monthly"), 'is missing; give monthly or annual ("0" for a free plan) or set on_request')


def _seats(path: Path, plan: Plan) -> Iterator[Problem]:
    seats = plan.seats
    if seats is None:
        return
    if seats.max is not None and seats.max < seats.included:
        yield Problem((*path, "seats", "max"), f"must not be less than seats.included ({seats.included})")
    grows = seats.max is None or seats.max > seats.included
    for interval in ("monthly", "annual"):
        if grows and getattr(plan, interval) is not None and getattr(seats, interval) is None:
            yield Problem(
                (*path, "seats", interval), f"is missing: the plan is sold {interval} and more seats may be added"
            )


def _plan_meters(path: Path, plan: Plan, catalog: Catalog) -> Iterator[Problem]:
    named: list[tuple[str, Sequence[tuple[str, object]]]] = [
        ("allowances", plan.allowances),
        ("limits", plan.limits),
        ("rates", plan.rates),
    ]
    for section, pairs in named:
        for meter, _ in pairs:
            if catalog.meter(meter) is None:
                yield Problem(
                    (*path, section, meter),
                    f"names no meter; there are {_listed([each.key for each in catalog.meters])}",
                )
    for meter, _rate in plan.rates:
        found = catalog.meter(meter)
        if found is not None and found.kind is MeterKind.LAST:
            yield Problem((*path, "rates", meter), _LAST_HAS_NO_PRICE)
    for meter, limit in plan.limits:
        if plan.allowance(meter) > limit:
            yield Problem(
                (*path, "limits", meter), f"must not be less than what the plan includes ({plan.allowance(meter)})"
            )
    for meter, allowed in plan.allowances:
        found, limit_of = catalog.meter(meter), plan.limit(meter)
        open_ended = limit_of is None or limit_of > allowed
        if found is not None and open_ended and not found.is_priced and plan.rate(meter) is None:
            yield Problem(
                (*path, "allowances", meter),
                "has no price beyond what is included; "
                "price the meter, give the plan a rate, or set limits to the same number",
            )


def _auto_recharge(catalog: Catalog) -> Iterator[Problem]:
    rule, section = catalog.auto_recharge, "auto_recharge"
    if not rule.offered:
        return
    if rule.amount is None and not rule.pack:
        yield Problem((section, "amount"), "is missing; amount or pack says what is bought")
    if rule.amount is not None and rule.pack:
        yield Problem((section, "pack"), "stands beside amount; keep one of the two")
    if rule.threshold is None:
        yield Problem((section, "threshold"), "is missing; it says when to buy")
    pack = catalog.pack(rule.pack)
    if rule.pack and pack is None:
        yield Problem((section, "pack"), f"names no pack; there are {_listed([each.key for each in catalog.packs])}")
    if rule.amount is not None and catalog.top_up is None:
        yield Problem((section, "amount"), "needs [top_up]; name a pack instead")
    elif (
        rule.amount is not None
        and catalog.top_up is not None
        and not catalog.top_up.min <= rule.amount <= catalog.top_up.max
    ):
        yield Problem(
            (section, "amount"),
            f"must lie between top_up.min ({catalog.top_up.min.major}) and top_up.max ({catalog.top_up.max.major})",
        )
    price = rule.amount or (pack.price if pack else None)
    if price is not None and price > rule.period_limit:
        yield Problem((section, "period_limit"), f"must not be less than one purchase ({price.major})")
    if set(catalog.payment_methods.kinds) <= _never_saved(catalog):
        yield Problem(
            (section, "offered"),
            "is true, but no payment method of payment_methods.kinds can be saved and charged later",
        )


def _payment_methods(catalog: Catalog) -> Iterator[Problem]:
    methods = catalog.payment_methods
    for index, kind in enumerate(methods.top_up_only):
        if kind not in methods.kinds:
            yield Problem(
                ("payment_methods", "top_up_only", index),
                f"must be one of payment_methods.kinds ({_listed(methods.kinds)})",
            )
    for index, kind in enumerate(methods.kinds):
        if kind in methods.kinds[:index]:
            yield Problem(("payment_methods", "kinds", index), f"stands there twice ({kind})")
    if "sepa_debit" in methods.kinds and catalog.currency != "EUR":
        yield Problem(
            ("payment_methods", "kinds"), f"holds sepa_debit, which collects EUR only, not {catalog.currency}"
        )


def _never_saved(catalog: Catalog) -> set[str]:
    return {"crypto", "bank_transfer", *catalog.payment_methods.top_up_only}


def _limits(catalog: Catalog) -> Iterator[Problem]:
    spend = catalog.spend_management
    limit, threshold = spend.daily_limit, spend.notify_threshold
    if limit is not None and threshold is not None and threshold > limit:
        words = f"must not be more than daily_limit ({limit.units.normalize():f})"
        yield Problem(("spend_management", "notify_threshold"), words)
    if spend.enabled and not spend.offered:
        yield Problem(("spend_management", "enabled"), "is true while the page is not offered; nobody could change it")
    if not _rising(catalog.usage.warn_at_percent):
        yield Problem(("usage", "warn_at_percent"), "must rise from number to number")
    yield from event_rules(
        ((each.type, each.meter) for each in catalog.usage.events), {each.key for each in catalog.meters}
    )


def _dunning(catalog: Catalog) -> Iterator[Problem]:
    dunning = catalog.dunning
    if not _rising(dunning.retry_days):
        yield Problem(("dunning", "retry_days"), "must rise from day to day")
    elif dunning.retry_days and dunning.retry_days[-1] > dunning.suspend_after_days:
        yield Problem(
            ("dunning", "suspend_after_days"), f"must not come before the last retry (day {dunning.retry_days[-1]})"
        )


def _invoices(catalog: Catalog) -> Iterator[Problem]:
    if catalog.invoices.prefix == catalog.invoices.credit_note_prefix:
        yield Problem(
            ("invoices", "credit_note_prefix"), "must differ from prefix, because credit notes have their own series"
        )


def _tax(catalog: Catalog) -> Iterator[Problem]:
    seen: set[tuple[str, object]] = set()
    for index, rate in enumerate(catalog.tax.rates):
        if (rate.country, rate.since) in seen:
            yield Problem(("tax", "rates", index), f"is a second rate for {rate.country} from {rate.since}")
        seen.add((rate.country, rate.since))
    if catalog.tax.rates and not catalog.seller.country:
        yield Problem(("seller", "country"), "is missing; with tax rates it says which sales are at home")


def _rising(numbers: Sequence[int]) -> bool:
    return all(before < after for before, after in pairwise(numbers))


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words) or "none"


_RULES: tuple[Callable[[Catalog], Iterator[Problem]], ...] = (
    _unit,
    arrears.problems,
    _top_up,
    _packs,
    _trial,
    _meters,
    _plans,
    _auto_recharge,
    _payment_methods,
    bank_transfers.problems,
    _limits,
    _dunning,
    _invoices,
    _tax,
)
