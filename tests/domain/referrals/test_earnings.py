"""What an inviter earns: worked examples by hand, and what holds for any history."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog_terms import Percent
from app.domain.money import Credits
from app.domain.referrals import earnings
from app.domain.referrals.earnings import Count, Invoice, Share

TWENTY = Percent(2000)


def invoice(
    net: int = 10000,
    tax: int = 2500,
    *,
    applied: int = 0,
    paid: int | None = None,
    credited: int = 0,
    returned: int = 0,
) -> Invoice:
    """An invoice, paid whole unless it is said otherwise."""
    payable = net + tax - applied
    return Invoice(net, net + tax, applied, payable, payable if paid is None else paid, credited, returned)


@pytest.mark.case("AC-89")
@pytest.mark.parametrize(
    ("found", "earns"),
    [
        (invoice(), 10000),  # paid by card: the net, not the tax
        (invoice(paid=0), 0),  # open
        (invoice(applied=12500, paid=0), 10000),  # paid by bought credit
        (invoice(applied=6250, paid=0), 5000),  # half of it by bought credit, the rest is open
        (invoice(applied=6250), 10000),  # and the rest by card
        (invoice(paid=6250), 5000),  # half of it came
        (invoice(returned=12500), 0),  # refunded whole
        (invoice(returned=3125), 7500),  # a quarter was refunded
        (invoice(paid=6250, credited=6250, returned=6250), 5000),  # a credit note took off what was still due
        (invoice(paid=0, credited=12500, returned=12500), 0),
        (invoice(paid=6250, credited=6250, returned=12500), 0),  # and the rest went back, too
        (invoice(net=1, tax=0), 1),
        (invoice(net=0, tax=0), 0),
        (invoice(net=333, tax=67, paid=1), 1),  # 0.8325 of a cent
        (Invoice(25120, 25125, 0, 25120, 0, 0, 0), 0),  # what is rounded off an open invoice is no payment
    ],
)
def test_an_invoice_earns_the_net_of_what_money_has_paid_of_it_and_did_not_go_back(found: Invoice, earns: int) -> None:
    assert found.earns == earns


@pytest.mark.parametrize(
    ("net", "percent", "currency", "micros"),
    [
        (10000, TWENTY, "EUR", 20_000_000),
        (1, TWENTY, "EUR", 2_000),
        (1, Percent(1), "EUR", 1),
        (1, TWENTY, "JPY", 200_000),
        (1, TWENTY, "KWD", 200),
        (1, Percent(3), "KWD", 0),  # 0.3 micros
        (5, Percent(3), "KWD", 2),  # 1.5 micros: half away from zero
        (-100, TWENTY, "EUR", 0),
    ],
)
def test_the_share_is_rounded_once(net: int, percent: Percent, currency: str, micros: int) -> None:
    assert earnings.earned([Share(net, percent)], currency) == Credits(micros)


@pytest.mark.parametrize(
    ("in_all", "given_before", "now"), [(20, 0, 20), (20, 20, 0), (20, 15, 5), (12, 20, 0), (25, 20, 5)]
)
def test_what_went_back_is_set_off_against_what_is_earned_next(in_all: int, given_before: int, now: int) -> None:
    assert earnings.to_give(Credits(in_all), Credits(given_before)) == Credits(now)


@pytest.mark.parametrize(
    ("before", "earns", "in_time", "after"),
    [
        (Count(0, 0), 100, True, Count(100, 100)),
        (Count(0, 0), 100, False, Count(0, 0)),
        (Count(100, 100), 60, False, Count(60, 100)),  # refunded after the year
        (Count(60, 100), 100, False, Count(100, 100)),  # the refund bounced
        (Count(60, 60), 100, False, Count(60, 60)),  # paid after the year
        (Count(60, 100), 120, True, Count(120, 120)),
    ],
)
def test_after_its_time_an_invoice_may_lose_and_regain_and_gain_no_more(
    before: Count, earns: int, in_time: bool, after: Count
) -> None:
    assert earnings.counted(before, earns, in_time=in_time) == after


@pytest.mark.parametrize(
    ("net", "money", "gone"),
    [
        (10000, 12500, 0),
        (10000, 20000, 0),  # credit is left
        (10000, 6250, 5000),  # half of the credit was refunded after it was used
        (10000, 0, 10000),
        (10000, -5, 10000),
        (4000, 6250, 2000),  # of what is counted
        (0, 0, 0),
    ],
)
def test_credit_that_was_refunded_after_it_was_used_takes_its_share_back(net: int, money: int, gone: int) -> None:
    assert earnings.gone(net, [invoice(applied=12500, paid=0)], money) == gone


@pytest.mark.parametrize(
    ("joined", "months", "end"),
    [
        (datetime(2026, 3, 3, 9, 30, tzinfo=UTC), 12, datetime(2027, 3, 3, 9, 30, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), 12, datetime(2029, 2, 28, tzinfo=UTC)),
        (datetime(2026, 8, 31, tzinfo=UTC), 1, datetime(2026, 9, 30, tzinfo=UTC)),
        (datetime(2026, 12, 1, tzinfo=UTC), 1, datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_referral_ends_so_many_months_after_the_day_of_joining(joined: datetime, months: int, end: datetime) -> None:
    assert earnings.until(joined, months) == end


@pytest.mark.parametrize(
    ("at", "begins", "follows"),
    [
        (
            datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
            datetime(2026, 12, 1, tzinfo=UTC),
            datetime(2027, 1, 1, tzinfo=UTC),
        ),
        (datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)),
    ],
)
def test_months_are_those_of_the_calendar(at: datetime, begins: datetime, follows: datetime) -> None:
    assert (earnings.month_of(at), earnings.next_month(at)) == (begins, follows)


@given(st.lists(st.lists(st.integers(-5_000, 20_000), max_size=4), max_size=14), st.integers(0, 10_000))
def test_what_is_given_in_all_is_the_share_of_all_the_net_that_stayed_to_one_rounding(
    months: list[list[int]], basis_points: int
) -> None:
    """Money comes and goes back; each month is given for. No month gives less than nothing, and none is lost."""
    percent, net, given_micros, highest = Percent(basis_points), 0, 0, 0
    for changes in months:
        net = max(0, net + sum(changes))
        month = earnings.to_give(earnings.earned([Share(net, percent)], "KWD"), Credits(given_micros))
        assert month.micros >= 0
        given_micros += month.micros
        highest = max(highest, net)
    exact_tenths = highest * basis_points  # a thousandth of KWD is a thousand micros: micros are tenths of this
    assert abs(given_micros * 10 - exact_tenths) <= 5


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**10), st.integers(0, 10**10))
def test_an_invoice_never_earns_less_than_nothing_or_more_than_its_net(
    net: int, tax: int, paid: int, returned: int
) -> None:
    total = net + tax
    found = invoice(net, tax, paid=min(paid, total), returned=min(returned, paid, total))
    assert 0 <= found.earns <= net
    assert earnings.gone(found.earns, [found], found.kept) == 0
