"""What a customer allows: when credit is bought, how much at once, by which method, and how much in a period."""

from dataclasses import dataclass, replace

from app.domain import top_ups
from app.domain.amounts import CreditUnit, credit_words, money_words
from app.domain.auto_recharge import caution
from app.domain.auto_recharge.caution import Caution
from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.money import MICROS, Credits, Money
from app.domain.tax.prices import Taxation
from app.domain.tax.words import amount_with_tax as words_with_tax
from app.domain.top_ups import TopUp

MOST = Credits((10**12 - 1) * MICROS)
"""The highest threshold that may be set."""
MOST_MINOR = 10**12 - 1
"""The highest limit, in minor units."""


@dataclass(frozen=True)
class Terms:
    """The whole set, kept or refused as one (AC-7). `version` counts the customer's changes; 0: never chosen."""

    enabled: bool
    threshold: Credits
    """Credit is bought when what remains is below it. May be negative where an overage is allowed."""
    period_limit: Money
    """The most that is charged automatically in a billing period, tax included."""
    amount: Money | None = None
    """What one purchase costs before tax, where tax comes on top; None where a pack is bought."""
    pack: str = ""
    method_id: str = ""
    """The saved method; empty: the default one."""
    other_methods: bool = False
    """Whether another saved method may be charged when this one cannot."""
    caution: Caution = Caution()
    """When a charge waits for the customer's yes, or for the morning."""
    version: int = 0

    def chosen(self) -> dict[str, object]:
        """Return what was chosen, for the audit trail."""
        return {
            "enabled": self.enabled,
            "threshold_micros": self.threshold.micros,
            "amount_minor": self.amount.amount_minor if self.amount else None,
            "pack": self.pack,
            "period_limit_minor": self.period_limit.amount_minor,
            "method": self.method_id,
            "other_methods": self.other_methods,
            **self.caution.chosen(),
        }


def beginning(catalog: Catalog) -> Terms:
    """Return what auto-recharge starts with: off, with the catalog's values."""
    start = catalog.auto_recharge
    return Terms(False, start.threshold or Credits(0), start.period_limit, start.amount, start.pack)


def purchase(terms: Terms, catalog: Catalog, taxation: Taxation) -> TopUp:
    """Return what is bought at once, or refuse (422) what the catalog does not sell."""
    if (terms.amount is None) == (not terms.pack):
        raise Refused(_("Choose either an amount or a credit pack."), "amount_or_pack", 422, "amount")
    if terms.pack:
        return top_ups.from_pack(terms.pack, catalog.packs, taxation)
    if terms.amount is None or catalog.top_up is None:
        raise Refused(_("Choose a credit pack: no other amount is sold."), "amount_not_sold", 422, "pack")
    return top_ups.free_amount(terms.amount, catalog.top_up.min, catalog.top_up.max, taxation)


def sold(wanted: Terms, catalog: Catalog, taxation: Taxation) -> TopUp | None:
    """Return one purchase by these terms; None where the catalog does not sell it any more."""
    try:
        return purchase(wanted, catalog, taxation)
    except Refused:
        return None


def most_at_once(wanted: Terms, catalog: Catalog) -> Money | None:
    """Return the most that is sold at once; None: so many packs as it takes."""
    return catalog.top_up.max if catalog.top_up is not None and not wanted.pack else None


def check(wanted: Terms, catalog: Catalog, overage: Credits, taxation: Taxation) -> None:
    """Refuse the set as a whole when it cannot be kept: conflicts are named when saving, never later (AC-6, AC-7).

    What is switched off may hold anything that could be switched on.
    """
    if not catalog.auto_recharge.adjustable and fixed(wanted, catalog) != wanted:
        words = _("These values are set by the seller. You can switch auto-recharge on or off.")
        raise Refused(words, "not_adjustable", 422, "threshold")
    caution.check(wanted.caution)
    lowest = -overage
    if not lowest < wanted.threshold <= MOST:
        words = _threshold_words(catalog, lowest, is_too_high=wanted.threshold > MOST)
        raise Refused(words, "threshold_out_of_bounds", 422, "threshold")
    bought = purchase(wanted, catalog, taxation)
    one = bought.amount
    if not 0 < wanted.period_limit.amount_minor <= MOST_MINOR or wanted.period_limit.currency != catalog.currency:
        raise Refused(_("Enter a limit above zero."), "period_limit_out_of_bounds", 422, "period_limit")
    if wanted.period_limit < one:
        words = _(
            "One purchase costs {amount}, which is more than the limit of {limit}: nothing could be charged. Raise the "
            "limit or buy less at once.",
            amount=words_with_tax(bought.treatment, bought.price.tax, money_words(one)),
            limit=money_words(wanted.period_limit),
        )
        raise Refused(words, "limit_below_purchase", 422, "period_limit")


def fixed(wanted: Terms, catalog: Catalog) -> Terms:
    """Return the set with the catalog's values, where the customer may only switch it on or off."""
    start = beginning(catalog)
    return replace(
        wanted,
        threshold=start.threshold,
        period_limit=start.period_limit,
        amount=start.amount,
        pack=start.pack,
        other_methods=False,
    )


def allows_more(before: Terms, wanted: Terms) -> bool:
    """Say whether the new set lets something be charged that the old one did not: that takes the customer's consent."""
    if not wanted.enabled:
        return False
    if not before.enabled:
        return True
    return (
        wanted.threshold > before.threshold
        or wanted.period_limit > before.period_limit
        or (wanted.amount, wanted.pack) != (before.amount, before.pack)
        or wanted.method_id != before.method_id
        or (wanted.other_methods and not before.other_methods)
    )


def asks_for_password(before: Terms, wanted: Terms) -> bool:
    """Say whether the change wants a fresh sign-in: switching on, and raising the limit."""
    return wanted.enabled and (not before.enabled or wanted.period_limit > before.period_limit)


def _threshold_words(catalog: Catalog, lowest: Credits, *, is_too_high: bool) -> str:
    unit = CreditUnit(catalog.credit_unit, catalog.credit_unit_label)
    if is_too_high:
        return _("Enter a threshold of at most {amount}.", amount=credit_words(MOST, unit))
    return _(
        "Enter a threshold above {amount}: use does not bring the credit below that.", amount=credit_words(lowest, unit)
    )
