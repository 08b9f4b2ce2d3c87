"""What open holds may still cost: never less than the dearest way to capture them, and it only ever falls."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import Meter, MeterTier
from app.domain.money import Credits
from app.domain.rating import Tariff
from app.domain.reservations import Reservation


def tariff(*steps: tuple[int, int | None], allowance: int = 0, per: int = 1, limit: int | None = None) -> Tariff:
    tiers = tuple(MeterTier(Credits(micros), up_to) for micros, up_to in steps)
    return Tariff(Meter("hours", "Hours", "", "hours", per=per, tiers=tiers), allowance, limit)


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    """Any tariff: an allowance, up to three steps that rise or fall, and prices that are no whole numbers."""
    ends = sorted(draw(st.sets(st.integers(1, 12), max_size=2)))
    prices = draw(st.lists(st.integers(0, 9), min_size=len(ends) + 1, max_size=len(ends) + 1))
    steps = zip(prices, [*ends, None], strict=True)
    return tariff(*steps, allowance=draw(st.integers(0, 8)), per=draw(st.sampled_from([1, 1, 2, 3, 10])))


@st.composite
def reservations(draw: st.DrawFn) -> Reservation:
    held = draw(st.integers(0, 14))
    return Reservation(draw(tariffs()), draw(st.integers(0, 14)), held, draw(st.integers(0, held)))


def dearest(of: Reservation) -> int:
    """Return the dearest way to capture them by trying each: so many before the period's end, so many after it."""
    assert of.tariff is not None
    cost = of.tariff.cost
    return max(
        cost(of.used + before) - cost(of.used) + cost(after)
        for after in range(of.outlasting + 1)
        for before in range(of.held - after + 1)
    )


@given(reservations())
def test_it_is_what_the_dearest_way_costs(of: Reservation) -> None:
    assert of.micros >= dearest(of)
    # At most a micro is lost to halves, where a period may end and a unit has no whole price.
    assert of.micros <= dearest(of) + (of.outlasting > 0 and of.tariff is not None and of.tariff.meter.per > 1)


@given(reservations(), st.data())
def test_what_is_captured_and_reserved_never_rises(of: Reservation, data: st.DataObject) -> None:
    captured, before = 0, of.micros
    while of.held:
        of, cost = data.draw(st.sampled_from(list(moves(of))))
        captured += cost
        assert captured + of.micros <= before
        before = captured + of.micros
    assert of.micros == 0


def moves(of: Reservation) -> list[tuple[Reservation, int]]:
    """Return whatever can happen to open holds, and what it costs: each captured or released, or the period turned."""
    found = []
    for outlasts in (True, False):
        for units in range(1, (of.outlasting if outlasts else of.held - of.outlasting) + 1):
            freed = of.free(units, outlasts=outlasts)
            found += [(freed, 0), (freed.use(units), of.price(units))]
            if units > 1:  # a part is captured, the rest is released
                found.append((freed.use(units - 1), of.price(units - 1)))
    if of.outlasting and of.used:  # what does not outlast the period has ended with it
        found.append((replace(of, used=0, held=of.outlasting, outlasting=0), 0))
    return found


@given(reservations(), st.integers(0, 9), st.integers(0, 9), st.booleans())
def test_units_used_without_a_hold_take_the_place_of_those_held(
    of: Reservation, units: int, more: int, outlasts: bool
) -> None:
    """Used at once or held, so many more take the same; and twice takes what both take together."""
    at_once = of.use(units)
    assert at_once.micros + of.price(units) - of.micros >= 0
    if not of.outlasting:
        held = of.hold(units, outlasts=False)
        assert held.micros == at_once.micros + of.price(units)
    both = of.hold(units, outlasts=outlasts).hold(more, outlasts=outlasts)
    assert both == of.hold(units + more, outlasts=outlasts)
    assert both.micros >= of.micros


@pytest.mark.parametrize(
    ("of", "micros"),
    [
        (Reservation(None, 0, 0), 0),
        (Reservation(tariff((5, None), allowance=10), 0, 10), 0),  # all of it within the allowance
        (Reservation(tariff((5, None), allowance=10), 0, 11), 5),
        (Reservation(tariff((5, None), allowance=10), 10, 3), 15),
        (Reservation(tariff((2, 10), (9, None)), 0, 12), 20 + 18),  # rising: the last two are dear
        (Reservation(tariff((9, 10), (2, None)), 10, 5), 10),  # falling: the dear ones are used
        (Reservation(tariff((9, 10), (2, None)), 10, 5, 5), 45),  # but not in the next period
        (Reservation(tariff((10, 5), (5, None)), 0, 10, 10), 100),  # five before its end, five after it
        (Reservation(tariff((9, 10), (2, None)), 10, 5, 2), 6 + 18),  # three end with it
        (Reservation(tariff((9, None), allowance=3), 7, 3, 3), 27),  # the next period's allowance would be cheaper
        (Reservation(tariff((1, None), per=2), 0, 2), 1),
        (Reservation(tariff((1, None), per=2), 0, 2, 2), 2),  # each rounded up, by itself
        (Reservation(tariff((2, None), per=2), 0, 2, 2), 2),  # nothing to round
        (Reservation(tariff((0, None)), 0, 9, 9), 0),
        (Reservation(tariff((400_000_000, None), per=1000, allowance=50), 0, 50, 50), 0),
    ],
)
def test_what_is_reserved(of: Reservation, micros: int) -> None:
    assert of.micros == micros


@pytest.mark.parametrize(("used", "held", "is_over"), [(60, 40, False), (60, 41, True), (101, 0, True), (0, 0, False)])
def test_the_plan_allows_what_reaches_its_limit(used: int, held: int, is_over: bool) -> None:
    assert Reservation(tariff((1, None), limit=100), used, held).is_over_plan is is_over


def test_no_meter_shows_more_than_can_be_counted() -> None:
    assert not Reservation(tariff((1, None)), 10**15 - 1, 1).is_over_plan
    assert Reservation(tariff((1, None), limit=10**16), 10**15, 1).is_over_plan


def test_credit_that_is_held_without_a_meter_is_never_beyond_a_plan() -> None:
    assert not Reservation(None, 0, 10**6).is_over_plan


def test_credit_that_is_held_without_a_meter_has_no_price_of_its_own() -> None:
    assert (Reservation(None).price(5), Reservation(None, held=5).micros) == (0, 0)


@pytest.mark.parametrize(
    ("held", "outlasting", "of", "micros"),
    [
        (11, 6, tariff((5, 4), (9, 8), (1, None)), 71),  # eight before the end and three after it
        (4, 2, tariff((3, None), allowance=20, per=2), 0),
        (3, 1, tariff((1, None), per=2), 2),
        (3, 1, tariff((10**17, None)), 3 * 10**17),
    ],
)
def test_the_dearest_split_by_hand(held: int, outlasting: int, of: Tariff, micros: int) -> None:
    found = Reservation(of, 0, held, outlasting).micros
    assert found == micros and type(found) is int
