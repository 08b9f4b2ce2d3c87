"""Why a balance is below zero: credit was used whose money went back, or more was used than there was credit."""

from dataclasses import dataclass

from app.domain.money import Credits


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
