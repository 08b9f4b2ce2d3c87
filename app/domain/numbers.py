"""The one set of numbers: the same function answers the page, the API and every rule (I21).

And why a balance is below zero.
"""

from dataclasses import dataclass

from app.domain.money import Credits

SERVED = frozenset({"good", "past_due"})
"""The standings in which a customer is served."""


@dataclass(frozen=True)
class Numbers:
    """What a customer has and may use at one time."""

    total_credits: Credits
    usage_this_period: Credits
    remaining_credits: Credits
    overage_protection: Credits
    overage_left: Credits
    held: Credits
    daily_limit: Credits | None
    daily_used: Credits
    daily_left: Credits | None
    available_to_use: Credits
    credit_unit: str
    standing: str
    usage_to_post: Credits = Credits(0)
    """Used, and taken off what remains, but no row of the history yet."""
    corrected_this_period: Credits = Credits(0)
    """Given back by corrections made in this period, and taken off its usage, which it may bring below zero."""
    lapsed: Credits = Credits(0)
    """Over by now, and taken off what remains, but no row of the history yet."""
    invoiced_overage: Credits = Credits(0)
    """Of the overage protection that was agreed, what invoices use that are not paid yet: no more of it is left."""
    exposure: Credits = Credits(0)
    """How far the customer is served without credit now, and pays later. What is left of it is in the protection."""


def compute(
    *,
    granted: int,
    usage: int,
    balance: int,
    overage_limit: int,
    standing: str,
    credit_unit: str,
    usage_to_post: int = 0,
    held: int = 0,
    daily_limit: int | None = None,
    used_today: int = 0,
    held_today: int = 0,
    lapsed: int = 0,
    corrected: int = 0,
    invoiced_overage: int = 0,
    exposure: int = 0,
) -> Numbers:
    """Return the numbers from whole micros, by the one rule of what may be used.

    `usage_to_post` is usage that no posting holds yet, `lapsed` what is over and not posted either, `corrected` what
    corrections of any usage gave back in this period. Without a daily limit there is no bound for the day.
    """
    remaining = balance - usage_to_post - lapsed
    overage_left = max(0, overage_limit - max(0, -remaining))
    daily_left = None if daily_limit is None else daily_limit - used_today - held_today
    usable = max(0, remaining) + overage_left - held
    if daily_left is not None:
        usable = min(usable, daily_left)
    return Numbers(
        total_credits=Credits(granted),
        usage_this_period=Credits(usage - corrected),
        remaining_credits=Credits(remaining),
        overage_protection=Credits(overage_limit),
        overage_left=Credits(overage_left),
        held=Credits(held),
        daily_limit=None if daily_limit is None else Credits(daily_limit),
        daily_used=Credits(used_today),
        daily_left=None if daily_left is None else Credits(daily_left),
        available_to_use=Credits(max(0, usable) if standing in SERVED else 0),
        credit_unit=credit_unit,
        standing=standing,
        usage_to_post=Credits(usage_to_post),
        lapsed=Credits(lapsed),
        corrected_this_period=Credits(corrected),
        invoiced_overage=Credits(invoiced_overage),
        exposure=Credits(exposure),
    )


def owed(numbers: Numbers) -> Credits:
    """Return how far the balance is below what the overage protection allows: only a claw-back brings it there."""
    return owed_of(numbers.remaining_credits, numbers.overage_protection)


def owed_of(remaining: Credits, overage_protection: Credits) -> Credits:
    """Return how far what remains is below what the overage protection allows."""
    return Credits(max(0, -remaining.micros - overage_protection.micros))


@dataclass(frozen=True)
class Debt:
    """What is below zero, by its cause. The two parts add up to it."""

    clawed_back: Credits
    """Credit that was used already when its payment was refunded or disputed."""
    overrun: Credits
    """Used beyond all credit, as the overage protection allows."""


def debt(remaining: Credits, clawed_back: int) -> Debt:
    """Return what is below zero and why; nothing of a balance that is not.

    `clawed_back` is how much claw-backs that still stand took below zero since the balance was last at zero or above.
    Whatever came in since then covers an overrun first, so that no more is said of a claw-back than is still open.
    """
    below = max(0, -remaining.micros)
    gone = min(below, max(0, clawed_back))
    return Debt(Credits(gone), Credits(below - gone))
