"""What a sum pays: whole orders, the one of exactly that sum first, then the oldest; and which accounts there are."""

import pytest

from app.domain.bank_transfers.accounts import BankAccount, TransferScheme, read
from app.domain.bank_transfers.allocation import Order, missing, paid_by


@pytest.mark.parametrize(
    ("available", "waiting", "paid"),
    [
        (2500, (2500,), (0,)),
        (2499, (2500,), ()),
        (0, (2500,), ()),
        (-100, (2500,), ()),
        (2600, (2500,), (0,)),
        (3500, (1000, 2000, 4000), (0, 1)),
        (2000, (1000, 2000), (1,)),
        (3000, (1000, 5000, 2000), (0, 2)),
        (3000, (4000, 1000), ()),
        (1000, (1000, 1000), (0,)),
        (2000, (1000, 1000), (0, 1)),
    ],
)
def test_what_is_there_pays_whole_orders(available: int, waiting: tuple[int, ...], paid: tuple[int, ...]) -> None:
    orders = [Order(str(place), minor) for place, minor in enumerate(waiting)]
    found = paid_by(available, orders)
    assert [each.id for each in found] == [str(place) for place in paid]
    assert sum(each.minor for each in found) <= max(0, available)


def test_what_is_missing_is_never_below_nothing() -> None:
    assert [missing(2500, there) for there in (0, 2499, 2500, 9999, -5)] == [2500, 1, 0, 0, 2500]


def test_an_account_is_kept_as_it_was_given() -> None:
    account = BankAccount((("Account holder", "Łódź AB"), ("IBAN", "DE89370400440532013000")))
    assert read(account.written()) == account and read("") is None
    assert [TransferScheme(each).kind for each in ("EUR", "GBP", "JPY", "MXN", "USD")] == [
        "eu_bank_transfer", "gb_bank_transfer", "jp_bank_transfer", "mx_bank_transfer", "us_bank_transfer",
    ]  # fmt: skip
