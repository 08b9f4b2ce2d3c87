"""The rules of the day: which sets can be kept, what reaches a limit, and when the day turns (AC-52)."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.catalog_terms import SpendManagement
from app.domain.errors import Refused
from app.domain.money import Credits
from app.domain.spend_management import (
    MOST,
    Limits,
    beginning,
    check,
    check_something_set,
    day_of,
    following,
    is_reached,
    out_of_bounds,
    reached_at,
    share,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
offsets = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.case("AC-52")
@given(moments, offsets)
def test_the_day_is_the_utc_day_whatever_zone_a_moment_is_written_in(moment: datetime, zone: timezone) -> None:
    day = day_of(moment.astimezone(zone))
    assert day == day_of(moment)
    assert day.begins <= moment < day.ends
    assert (day.begins.hour, day.begins.minute, day.begins.tzinfo) == (0, 0, UTC)
    assert day.ends - day.begins == timedelta(hours=24)


@pytest.mark.case("AC-52")
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2028-02-29", "2026-12-31"])
def test_it_turns_at_midnight_utc_to_the_microsecond(day: str) -> None:
    turns = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    assert day_of(turns).date.isoformat() == day
    assert day_of(turns - timedelta(microseconds=1)).ends == turns
    assert day_of(turns + timedelta(seconds=86_399, microseconds=999_999)) == day_of(turns)


def test_without_a_choice_the_catalogs_terms_hold() -> None:
    assert beginning(SpendManagement(enabled=True, daily_limit=Credits(5))) == Limits(True, Credits(5), None, 0)
    assert beginning(SpendManagement()).in_force is None


@pytest.mark.parametrize("enabled", [True, False])
def test_limits_are_in_force_only_while_it_is_on(enabled: bool) -> None:
    limits = Limits(enabled, Credits(5), Credits(4))
    assert (limits.in_force, limits.notifies_at) == ((Credits(5), Credits(4)) if enabled else (None, None))


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(False, Credits(0), None), "daily_limit_out_of_bounds"),
        (Limits(False, Credits(-1), None), "daily_limit_out_of_bounds"),
        (Limits(True, MOST + Credits(1), None), "daily_limit_out_of_bounds"),
        (Limits(True, None, Credits(0)), "notify_threshold_out_of_bounds"),
        (Limits(False, Credits(10), Credits(11)), "threshold_above_limit"),
    ],
)
def test_a_set_that_cannot_hold_is_refused(limits: Limits, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        check(limits)
    assert (refusal.value.reason, refusal.value.status) == (reason, 422)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(False, None, None),
        Limits(True, MOST, MOST),
        Limits(True, None, Credits(1)),
        Limits(True, Credits(10), Credits(10)),
    ],
)
def test_a_set_that_can_is_kept(limits: Limits) -> None:
    check(limits)


@pytest.mark.parametrize(
    ("percent", "finest", "micros"),
    [("80", 10_000, 26_660_000), ("80", 1, 26_664_000), ("100", 10_000, 33_330_000), ("0.01", 10_000, 3_333)],
    ids=["rounded down", "exact", "all", "less than a cent"],
)
def test_a_share_of_the_limit_is_never_more_than_asked(percent: str, finest: int, micros: int) -> None:
    assert share(Credits(33_330_000), Decimal(percent), finest) == Credits(micros)


@pytest.mark.parametrize(
    ("threshold", "limit", "expected"),
    [(40, 30, 24), (40, 50, 40), (40, 40, 40), (40, None, 40), (None, 30, None), (41, 30, 41)],
    ids=["keeps its share", "still below", "at it", "no limit", "none", "typed anew"],
)
def test_a_threshold_that_was_left_follows_a_lower_limit(
    threshold: int | None, limit: int | None, expected: int | None
) -> None:
    units = [None if each is None else Credits(each * 1_000_000) for each in (threshold, limit, expected)]
    before = Limits(True, Credits(50_000_000), Credits(40_000_000))
    assert following(units[0], units[1], before, 10_000) == units[2]
    assert following(units[0], units[1], Limits(True, None, Credits(40_000_000)), 10_000) == units[0]


def test_equality_reaches_it() -> None:
    assert is_reached(Credits(5), Credits(5)) and not is_reached(Credits(5), Credits(4)) and not is_reached(None, MOST)


@pytest.mark.case("AC-54")
@example(datetime(2026, 11, 21, 23, 59, tzinfo=UTC), 10**12, 10**12 - 1)
@given(moments, st.integers(1, 10**12), st.integers(0, 10**12))
def test_the_pace_never_reaches_beyond_the_day(now: datetime, limit: int, used: int) -> None:
    at = reached_at(Credits(limit), Credits(used), now)
    if at is not None:
        assert now <= at < day_of(now).ends
        if used < limit:
            # Whole microseconds: a time span times so many credits passes what a time span can hold.
            passed, lasts = ((moment - day_of(now).begins) // MICROSECOND for moment in (now, at))
            assert abs(lasts * used - passed * limit) <= used + limit


@pytest.mark.case("AC-54")
def test_the_pace_of_half_a_day() -> None:
    assert reached_at(Credits(24), Credits(20), NOON) == NOON + timedelta(hours=2, minutes=24)
    assert reached_at(Credits(40), Credits(20), NOON) is None
    assert reached_at(Credits(20), Credits(20), NOON) == NOON
    assert reached_at(None, Credits(20), NOON) is None


def test_what_was_chosen_is_kept_for_the_audit_trail() -> None:
    assert Limits(True, Credits(5), Credits(3)).chosen() == {
        "enabled": True, "daily_limit_micros": 5, "notify_threshold_micros": 3,
    }  # fmt: skip
    assert Limits(False, None, None).chosen() == {
        "enabled": False, "daily_limit_micros": None, "notify_threshold_micros": None,
    }  # fmt: skip


def test_the_catalogs_threshold_holds_too() -> None:
    terms = SpendManagement(enabled=False, daily_limit=Credits(5), notify_threshold=Credits(3))
    assert beginning(terms) == Limits(False, Credits(5), Credits(3), 0)


@pytest.mark.parametrize(
    ("wanted", "url"),
    [
        (Limits(False, None, None), ""), (Limits(True, Credits(5), None), ""), (Limits(True, None, Credits(5)), ""),
        (Limits(True, None, None), "https://example.com/hooks"), (Limits(True, Credits(5), Credits(5)), ""),
    ],
)  # fmt: skip
def test_any_of_a_limit_a_threshold_or_a_url_is_enough_to_be_switched_on(wanted: Limits, url: str) -> None:
    check_something_set(wanted, url)


def test_what_neither_stops_nor_notifies_is_not_switched_on() -> None:
    with pytest.raises(Refused) as refused:
        check_something_set(Limits(True, None, None), "")
    assert (refused.value.reason, refused.value.status, refused.value.field) == ("nothing_set", 422, "daily_limit")


@pytest.mark.parametrize(
    ("name", "begins"),
    [("daily_limit", "Enter a daily limit above zero"), ("notify_threshold", "Enter an e-mail threshold above zero")],
)
def test_what_is_out_of_bounds_is_refused_beside_its_field_in_good_english(name: str, begins: str) -> None:
    refused = out_of_bounds(name)
    assert refused.sentence.startswith(begins)
    assert (refused.reason, refused.status, refused.field) == (f"{name}_out_of_bounds", 422, name)


def test_when_the_days_pace_reaches_the_limit_is_a_whole_microsecond_of_the_same_day() -> None:
    noon = NOON
    assert reached_at(Credits(3), Credits(2), noon) == noon.replace(hour=18)
    assert reached_at(Credits(3), Credits(1), noon.replace(hour=6)) == noon.replace(hour=18)
    assert reached_at(Credits(11), Credits(7), noon) == noon.replace(hour=0) + timedelta(microseconds=67_885_714_285)
    early = noon.replace(hour=5, minute=55, second=35)
    in_whole_numbers = reached_at(Credits(3 * 2_309_542_140), Credits(2_309_542_140), early)
    assert in_whole_numbers == noon.replace(hour=17, minute=46, second=45), "a quotient in binary ends before"
    assert reached_at(Credits(2), Credits(1), noon) is None, "at midnight the next day begins at zero"
    assert reached_at(Credits(2), Credits(2), noon) == noon
    assert reached_at(None, Credits(2), noon) is None
    assert reached_at(Credits(2), Credits(0), noon) is None
    assert reached_at(Credits(2), Credits(1), noon.replace(hour=0)) is None
