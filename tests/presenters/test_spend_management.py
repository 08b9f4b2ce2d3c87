"""What Spend management says of the balance, where more is held than is left."""

import pytest
from flask import Flask

from app.domain import numbers as rule
from app.domain.amounts import CreditUnit
from app.domain.money import MICROS
from app.presenters import spend_management


@pytest.mark.parametrize(
    ("balance", "held", "overage", "ends"),
    [
        (10, 4, 0, "less $4.00 held for calls in progress: that is $6.00 now."),
        (10, 10, 0, "less $10.00 held for calls in progress: that is $0.00 now."),
        (10, 13, 0, "that is $0.00 now. Calls in progress may use $3.00 more than is left."),
        (-2, 3, 5, "$3.00 is held for calls in progress, so that is $0.00 now."),
        (-2, 4, 5, "so that is $0.00 now. Calls in progress may use $1.00 more than is left."),
    ],
)
def test_what_is_held_beyond_what_is_left_is_named(
    app: Flask, balance: int, held: int, overage: int, ends: str
) -> None:
    numbers = rule.compute(
        granted=0, usage=0, balance=balance * MICROS, overage_limit=overage * MICROS, standing="good",
        credit_unit="USD", held=held * MICROS, held_today=held * MICROS,
    )  # fmt: skip
    said = spend_management.balance(numbers, CreditUnit("USD"))
    assert said.endswith(ends), said
