"""Top-ups: what a customer may buy at once, and what credit it becomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain import processor_amounts
from app.domain.amounts import money_words
from app.domain.errors import Refused, ensure
from app.domain.methods import ONE_TIME_RAILS, UNSAVED_RAILS, Rail
from app.domain.money import Credits, Money, credits_from_money, divided


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
    """One purchase of credit: what is charged and what is promised for it."""

    amount: Money
    credits: Credits
    pack: str = ""
    expires_after_days: int | None = None


def free_amount(amount: Money, lowest: Money, highest: Money) -> TopUp:
    """Return the top-up for an amount that the customer chose, or refuse one outside the bounds (I16)."""
    ensure(amount.currency == lowest.currency == highest.currency, "bounds in another currency")
    if not lowest <= amount <= highest:
        words = f"Enter an amount from {money_words(lowest)} to {money_words(highest)}."
        raise Refused(words, "amount_out_of_bounds", 422, "amount")
    processor_amounts.check(amount)
    return TopUp(amount, credits_from_money(amount))


def from_pack(key: str, packs: Sequence[Pack]) -> TopUp:
    """Return the top-up for the pack of this key, or refuse when it is not sold."""
    for pack in packs:
        if pack.key == key:
            if not processor_amounts.is_charged(pack.price):
                words = "That credit pack cannot be paid as it is priced. Choose another one."
                raise Refused(words, "amount_not_taken", 422, "pack")
            return TopUp(pack.price, pack.credits, pack.key, pack.expires_after_days)
    raise Refused("That credit pack is no longer sold. Choose another one.", "pack_unknown", 422, "pack")


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
