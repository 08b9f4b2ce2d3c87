"""What mails and chats say of a low or used-up balance is true of who pays later, too: served until when, and who pays."""

import pytest

from app.domain.amounts import CreditUnit
from app.domain.money import Credits
from app.models.customers import Customer
from app.services import below_zero

USD = CreditUnit("USD")
OWED = (
    "Without credit you are served until you owe {} before tax. What you owe is invoiced when the billing period ends, "
    "or at once when {} reached, and charged to your payment method."
)
CHARGED = "What was used below zero is invoiced at once and charged to your payment method."
REFUSED = "Calls that need credit are refused until"


def customer(protection: int, exposure: int = 0, invoiced: int = 0) -> Customer:
    """Return one with so much agreed protection and exposure, of which unpaid invoices use so much."""
    line = protection + exposure - invoiced
    micros = {"overage_protection": line, "exposure": exposure, "invoiced_overage": invoiced}
    return Customer(**{f"{name}_micros": value * 1_000_000 for name, value in micros.items()})


@pytest.mark.parametrize(
    ("of", "words"),
    [
        ((0,), "When nothing is left, calls that need credit are refused until you add some."),
        ((50,), "Your overage protection lets you continue down to −$50.00. Usage below zero is billed on your next invoice."),
        ((0, 200), OWED.format("$200.00", "that is")),
        ((0, 200, 150), OWED.format("$200.00", "that is")),
        ((50, 200), OWED.format("$250.00", "$200.00 is")),
        (
            (0, 200, 200),
            ("Unpaid invoices use what you may pay later (up to $200.00): when no credit is left, calls that need it are "
            "refused until they are paid or you add some."),
        ),
        (
            (50, 0, 50),
            ("Unpaid invoices use the overage protection of $50.00: when no credit is left, calls that need it are refused "
            "until they are paid or you add some."),
        ),
    ],
)  # fmt: skip
def test_before_nothing_is_left(of: tuple[int, ...], words: str) -> None:
    assert below_zero.when_none_is_left(customer(*of), USD) == words


@pytest.mark.parametrize(
    ("of", "remaining", "words"),
    [
        ((0,), 0, f"{REFUSED} you add some."),
        ((50,), -50, f"The overage protection of $50.00 is used up. {REFUSED} you add some."),
        ((0, 200), -3, OWED.format("$200.00", "that is")),
        ((0, 200), -200, f"What you may pay later (up to $200.00) is used up. {CHARGED} {REFUSED} that is paid or you add some."),
        (
            (50, 200), -250,
            (f"What you may pay later (up to $200.00) and the overage protection of $50.00 are used up. {CHARGED} {REFUSED} "
            "that is paid or you add some."),
        ),
        (
            (0, 200), -205,
            f"{REFUSED} the balance is above −$200.00. The next $5.00 you add cover what is owed first. {CHARGED}",
        ),
        (
            (0, 200, 200), 0,
            ("What you may pay later (up to $200.00) is used up: unpaid invoices use $200.00 of it. "
            f"{REFUSED} they are paid or you add some."),
        ),
        (
            (50, 0, 20), -30,
            (f"The overage protection of $50.00 is used up: unpaid invoices use $20.00 of it. {REFUSED} they are paid or you "
            "add some."),
        ),
    ],
)  # fmt: skip
def test_once_nothing_is_left(of: tuple[int, ...], remaining: int, words: str) -> None:
    assert below_zero.none_is_left(customer(*of), Credits(remaining * 1_000_000), USD) == words
