"""What a change of plan, interval or seats costs, and from when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import Plan, Plans, Seats
from app.domain.errors import Refused
from app.domain.invoices.lines import Rate
from app.domain.money import Money
from app.domain.subscriptions.change import Quote, Subscribed, Way, quote, way
from app.domain.subscriptions.choice import Choice, Interval
from app.domain.subscriptions.proration import Span, plan_period

VAT = Rate("S", Decimal(19))


def eur(text: str) -> Money:
    return Money(int(Decimal(text) * 100), "EUR")


FREE = Plan("free", "Free", monthly=eur("0"))
PERSONAL = Plan("personal", "Personal", monthly=eur("12.00"), annual=eur("120.00"))
TEAM = Plan("team", "Team", monthly=eur("49.00"), annual=eur("490.00"), seats=Seats(3, 25, eur("15.00"), eur("150.00")))
BUSINESS = Plan(
    "business",
    "Business",
    monthly=eur("199.00"),
    annual=eur("1990.00"),
    seats=Seats(10, 200, eur("19.00"), eur("190.00")),
)
PLANS = Plans("free", (FREE, PERSONAL, TEAM, BUSINESS))
AT_ONCE = replace(PLANS, downgrade="immediate")
JUNE = datetime(2027, 6, 1, tzinfo=UTC)
NOON = datetime(2027, 6, 16, tzinfo=UTC)
"""Half of June is over."""


def of(plan: Plan, seats: int | None = None, interval: str = "monthly") -> Choice:
    own = seats if seats is not None else (plan.seats.included if plan.seats else 1)
    return Choice(plan, Interval(interval), own, "EUR")


def subscribed(has: Choice) -> Subscribed:
    return Subscribed(has, plan_period(JUNE, 1, has.interval), JUNE, 1)


def quoted(has: Choice, wants: Choice, now: datetime = NOON, plans: Plans = PLANS) -> Quote:
    return quote(plans, subscribed(has), wants, now, VAT)


def nets(found: Quote) -> list[tuple[str, str]]:
    return [(line.description, str(line.net.major)) for line in found.lines]


def test_two_seats_more_with_half_a_period_left_cost_half_of_two_seats() -> None:
    found = quoted(of(TEAM, 3), of(TEAM, 5))
    assert nets(found) == [("2 seats, 16–30 June 2027", "15.00")]
    assert (found.is_now, found.net) == (True, eur("15.00"))


def test_a_higher_plan_is_had_now_for_what_is_left_of_the_period() -> None:
    found = quoted(of(PERSONAL), of(TEAM, 4))
    assert nets(found) == [
        ("Unused time of Personal, 16–30 June 2027", "-6.00"),
        ("Team, 16–30 June 2027", "24.50"),
        ("1 seat, 16–30 June 2027", "7.50"),
    ]
    assert (found.way, found.is_now, found.net) == (Way.UP, True, eur("26.00"))


@pytest.mark.case("AC-47", "AC-48")
def test_what_each_plan_includes_is_taken_off_its_own_price_before_the_two_are_subtracted() -> None:
    has, wants = of(TEAM, 12), of(BUSINESS, 12)  # 49.00 with 9 more of 12 seats; 199.00 with 2 more
    assert nets(quoted(has, wants)) == [
        ("Unused time of Team, 16–30 June 2027", "-24.50"),
        ("Unused time of 9 seats, 16–30 June 2027", "-67.50"),
        ("Business, 16–30 June 2027", "99.50"),
        ("2 seats, 16–30 June 2027", "19.00"),
    ]
    assert 2 * quoted(has, wants).net.amount_minor == (wants.price - has.price).amount_minor


def test_a_year_is_paid_from_the_billing_period_that_is_open() -> None:
    found = quoted(of(TEAM), of(TEAM, interval="annual"))
    assert found.plan_period == Span(JUNE, datetime(2028, 6, 1, tzinfo=UTC))
    assert nets(found) == [
        ("Unused time of Team, 16–30 June 2027", "-24.50"),
        ("Team, 16 June 2027 – 31 May 2028", "469.92"),  # 490.00 × 351 / 366
    ]


def test_what_is_not_used_of_a_year_is_given_back_by_the_year() -> None:
    found = quoted(of(PERSONAL, interval="annual"), of(TEAM, interval="annual"))
    assert nets(found) == [
        ("Unused time of Personal, 16 June 2027 – 31 May 2028", "-115.08"),  # 120.00 × 351 / 366
        ("Team, 16 June 2027 – 31 May 2028", "469.92"),
    ]


@pytest.mark.case("AC-45")
def test_seats_of_a_year_are_charged_on_the_day_that_they_are_added() -> None:
    found = quoted(of(TEAM, 3, "annual"), of(TEAM, 8, "annual"), now=datetime(2027, 7, 1, tzinfo=UTC))
    assert nets(found) == [("5 seats, 1 July 2027 – 31 May 2028", "688.52")]  # 750.00 × 336 / 366
    assert found.is_now


@pytest.mark.parametrize(
    ("has", "wants"),
    [
        (of(TEAM), of(PERSONAL)),
        (of(TEAM, 5), of(TEAM, 3)),
        (of(TEAM, 3, "annual"), of(TEAM, 3)),
        (of(TEAM), of(FREE)),
        (of(PERSONAL, interval="annual"), of(TEAM)),  # a higher plan, but less than what is paid and not used
    ],
    ids=["lower plan", "fewer seats", "by the month", "free", "higher plan by the month"],
)
def test_what_is_less_waits_for_the_end_of_what_is_paid(has: Choice, wants: Choice) -> None:
    found = quoted(has, wants)
    assert (found.is_now, found.lines, found.net) == (False, (), eur("0"))
    assert found.at == subscribed(has).plan_period.ends_at == found.plan_period.starts_at


def test_what_is_less_is_given_back_at_once_where_the_catalog_says_so() -> None:
    found = quoted(of(TEAM, 5), of(PERSONAL), plans=AT_ONCE)
    assert nets(found) == [
        ("Unused time of Team, 16–30 June 2027", "-24.50"),
        ("Unused time of 2 seats, 16–30 June 2027", "-15.00"),
        ("Personal, 16–30 June 2027", "6.00"),
    ]
    assert (found.is_now, found.net) == (True, eur("-33.50"))


def test_what_is_had_already_is_no_change() -> None:
    with pytest.raises(Refused, match="the plan that you have"):
        quoted(of(TEAM, 5), of(TEAM, 5))


@pytest.mark.parametrize(
    ("has", "wants", "goes"),
    [
        (of(TEAM), of(BUSINESS), Way.UP),
        (of(BUSINESS, 50), of(TEAM, 3, "annual"), Way.DOWN),
        (of(TEAM, 9), of(TEAM, 3, "annual"), Way.UP),
        (of(TEAM, 3, "annual"), of(TEAM, 9), Way.DOWN),
        (of(TEAM, 3), of(TEAM, 4), Way.UP),
        (of(TEAM, 4), of(TEAM, 4), Way.NONE),
        (of(Plan("old", "Old", monthly=eur("5.00"))), of(FREE), Way.UP),
    ],
)
def test_the_way_is_that_of_the_first_difference(has: Choice, wants: Choice, goes: Way) -> None:
    assert way(PLANS, has, wants) is goes


seconds = st.integers(0, 30 * 86400 - 1)
seats = st.integers(3, 25)


@pytest.mark.case("AC-45")
@given(chain=st.lists(st.tuples(seconds, st.sampled_from([PERSONAL, TEAM, BUSINESS]), seats), min_size=1, max_size=6))
@pytest.mark.case("AC-45")
def test_changes_cost_what_the_seconds_at_each_price_cost(chain: list[tuple[int, Plan, int]]) -> None:
    """Half a minor unit a line is all that rounding may make of it."""
    has, paid, at, exact, lines = of(FREE), 0, 0, Decimal(0), 0
    for second, plan, count in sorted(chain, key=lambda each: each[0]):
        wants = of(plan, count + 7 if plan is BUSINESS else count if plan is TEAM else 1)
        exact += Decimal(has.price.amount_minor) * (second - at) / (30 * 86400)
        at = second
        if way(PLANS, has, wants) is Way.NONE:
            continue
        found = quoted(has, wants, JUNE + timedelta(seconds=second), AT_ONCE)
        rounded = len(found.lines) or 4  # what comes to nothing was rounded too: two parts each, at most
        paid, has, lines = paid + found.net.amount_minor, wants, lines + rounded
    exact += Decimal(has.price.amount_minor) * (30 * 86400 - at) / (30 * 86400)
    assert abs(paid - exact) <= Decimal("0.5") * lines


@given(second=seconds, more=st.integers(1, 20))
def test_seats_that_come_and_go_at_the_same_moment_cost_nothing(second: int, more: int) -> None:
    now = JUNE + timedelta(seconds=second)
    there = quoted(of(TEAM, 3), of(TEAM, 3 + more), now, AT_ONCE)
    back = quoted(of(TEAM, 3 + more), of(TEAM, 3), now, AT_ONCE)
    assert there.net + back.net == eur("0")


@pytest.mark.parametrize(
    ("start", "anchor", "interval", "ends"),
    [
        ("2027-01-31", 31, "monthly", "2027-02-28"),
        ("2027-02-28", 31, "monthly", "2027-03-31"),
        ("2027-03-31", 31, "monthly", "2027-04-30"),
        ("2028-02-29", 29, "annual", "2029-02-28"),
        ("2029-02-28", 29, "annual", "2030-02-28"),
        ("2031-02-28", 29, "annual", "2032-02-29"),
        ("2027-12-31", 31, "monthly", "2028-01-31"),
    ],
)
def test_a_plan_period_ends_on_the_anchor_day(start: str, anchor: int, interval: str, ends: str) -> None:
    found = plan_period(datetime.fromisoformat(start).replace(tzinfo=UTC), anchor, Interval(interval))
    assert found.ends_at == datetime.fromisoformat(ends).replace(tzinfo=UTC)
