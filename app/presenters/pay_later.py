"""How it is said that a balance may go below zero: by overage protection, or because what is used is paid later."""

from app.domain.numbers import Numbers


def below(numbers: Numbers) -> str:
    """Return what an amount below zero is: `12.00 that you pay later`."""
    return "that you pay later" if numbers.exposure.micros else "of overage protection"


def used_up(numbers: Numbers, protection: str) -> str:
    """Say that no more of it is left."""
    if numbers.exposure.micros:
        return "All that you may pay later is used. Calls are served again as your invoices are paid."
    return f"The overage protection of {protection} is used up."
