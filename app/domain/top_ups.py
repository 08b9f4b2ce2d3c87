"""Top-ups: what a customer may buy at once, what it comes to with its tax, and what credit it becomes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

from app.domain import processor_amounts
from app.domain.amounts import money_words
from app.domain.errors import Refused, ensure
from app.domain.language import _
from app.domain.methods import ONE_TIME_RAILS, UNSAVED_RAILS, Rail
from app.domain.money import Credits, Money, credits_from_money, divided
from app.domain.tax import kept
from app.domain.tax.prices import UNTAXED, Price, Taxation
from app.domain.tax.treatment import Treatment


class Pack(Protocol):
    """A fixed amount of credit at a fixed price, from the catalog."""

    @property
    def key(self) -> str:
        """Its name in the catalog."""
        ...

    @property
    def credits(self) -> Credits:
        """What it gives."""
        ...

    @property
    def price(self) -> Money:
        """What it costs."""
        ...

    @property
    def expires_after_days(self) -> int | None:
        """How long its credit lasts; None: for ever."""
        ...


@dataclass(frozen=True)
class TopUp:
    """One purchase of credit: what the catalog sells it for, what is promised for it, and how it is taxed.

    The credit follows the catalog's price, never the tax on it.
    """

    listed: Money
    """Its price in the catalog: before tax, or with it where the catalog's prices include it."""
    credits: Credits
    pack: str = ""
    expires_after_days: int | None = None
    taxation: Taxation = UNTAXED

    @property
    def price(self) -> Price:
        """What it comes to before tax, its tax, and both."""
        return self.taxation.price(self.listed)

    @property
    def amount(self) -> Money:
        """What is charged: the total with tax."""
        return self.price.charged

    @property
    def treatment(self) -> Treatment | None:
        """How it is taxed; None: when its credit is used."""
        return self.taxation.treatment

    @property
    def kept_treatment(self) -> str:
        """How it is taxed, as it is kept with its order; nothing where its credit is taxed when it is used."""
        return kept.written(self.treatment, self.price.tax) if self.treatment else ""

    def times(self, count: int) -> "TopUp":
        """Return so many of it, bought at once: the tax of them all is rounded once."""
        listed = Money(self.listed.amount_minor * count, self.listed.currency)
        return replace(self, listed=listed, credits=Credits(self.credits.micros * count))

    @property
    def preview(self) -> str:
        """What a form carries of what it has shown: what is charged and given, and a hash of all that led to it."""
        price, treatment = self.price, self.treatment
        shown = [price.net.amount_minor, price.tax.amount_minor, self.amount.amount_minor, self.amount.currency]
        why = [treatment.percent.normalize(), treatment.category, treatment.reason] if treatment else ["at_use"]
        proof = sha256("|".join(str(each) for each in [*shown, *why, self.pack]).encode()).hexdigest()[:16]
        return f"{self.amount.amount_minor} {self.amount.currency} {self.credits.micros} {proof}"


def free_amount(amount: Money, lowest: Money, highest: Money, taxation: Taxation = UNTAXED) -> TopUp:
    """Return the top-up for an amount that the customer chose, or refuse one outside the bounds (I16).

    The amount and its bounds are prices of the catalog: where tax comes on top, both are before tax.
    """
    ensure(amount.currency == lowest.currency == highest.currency, "bounds in another currency")
    if not lowest <= amount <= highest:
        raise Refused(bounds_words(lowest, highest, taxation), "amount_out_of_bounds", 422, "amount")
    processor_amounts.check(amount)
    top_up = TopUp(amount, credits_from_money(amount), taxation=taxation)
    if not processor_amounts.is_charged(top_up.amount):
        most = money_words(processor_amounts.bounds(amount.currency)[1])
        words = _(
            "With tax this is {amount}: our payment processor charges at most {most} at once. Enter less.",
            amount=money_words(top_up.amount),
            most=most,
        )
        raise Refused(words, "amount_too_large", 422, "amount")
    return top_up


def bounds_words(lowest: Money, highest: Money, taxation: Taxation) -> str:
    """Return between which amounts one may be entered, and that they are before tax where tax comes on top."""
    least, most = money_words(lowest), money_words(highest)
    if taxation.adds:
        return _("Enter an amount from {least} to {most}, before tax.", least=least, most=most)
    return _("Enter an amount from {least} to {most}.", least=least, most=most)


def from_pack(key: str, packs: Sequence[Pack], taxation: Taxation = UNTAXED) -> TopUp:
    """Return the top-up for the pack of this key, or refuse when it is not sold."""
    for pack in packs:
        if pack.key == key:
            top_up = TopUp(pack.price, pack.credits, pack.key, pack.expires_after_days, taxation)
            if not (processor_amounts.is_taken(pack.price) and processor_amounts.is_charged(top_up.amount)):
                words = _("That credit pack cannot be paid as it is priced. Choose another one.")
                raise Refused(words, "amount_not_taken", 422, "pack")
            return top_up
    raise Refused(_("That credit pack is no longer sold. Choose another one."), "pack_unknown", 422, "pack")


def first_amount(suggested: Sequence[Money], lowest: Money, highest: Money, owed: Credits) -> Money:
    """Return the amount that is chosen from the start: the first suggested one that leaves a balance above zero.

    `owed` is how far the balance is below zero. Where no suggested one does, the next whole multiple of the largest.
    """
    amounts = suggested or (lowest,)
    enough = next((each for each in amounts if credits_from_money(each) > owed), None)
    if enough is not None:
        return enough
    largest = max(amounts, key=lambda each: each.amount_minor)
    times = owed.micros // credits_from_money(largest).micros + 1
    return min(Money(largest.amount_minor * times, largest.currency), highest)


def first_pack(packs: Sequence[Pack], owed: Credits) -> str:
    """Return the key of the first pack that leaves a balance above zero, or of the largest: it is chosen at first."""
    enough = (each for each in packs if each.credits > owed)
    return (next(enough, None) or max(packs, key=lambda each: each.credits.micros)).key


def paid_once(kinds: Sequence[str]) -> list[Rail]:
    """Return which of the kinds that are taken pay once, on a page of their own and with nothing saved."""
    return [Rail(kind) for kind in kinds if kind in ONE_TIME_RAILS]


def unsaved(kinds: Sequence[str]) -> list[Rail]:
    """Return which of the kinds that are taken need no saved method: what pays once, and the bank transfer."""
    return [Rail(kind) for kind in kinds if kind in UNSAVED_RAILS]


def credits_for(received: Money, ordered: Money, promised: Credits) -> Credits:
    """Return the credit that the received money buys, at the rate of the promise (AC-18).

    Exactly the promise for exactly the amount; more or less in proportion, rounded once.
    """
    ensure(received.currency == ordered.currency, "received in another currency than was asked for")
    return Credits(divided(promised.micros * received.amount_minor, ordered.amount_minor))
