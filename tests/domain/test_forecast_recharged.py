"""When the credit runs out where auto-recharge buys more, by the rule that charges, and why where it does not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.auto_recharge.caution import Brake, Caution, Use
from app.domain.auto_recharge.decision import Answer, Facts, Outcome
from app.domain.auto_recharge.retries import Retry
from app.domain.auto_recharge.terms import Terms
from app.domain.forecast.courses import courses_of
from app.domain.forecast.paces import Batch, Pace
from app.domain.forecast.recharge import Coming, Recharge, Recharged
from app.domain.forecast.recharged import LOOKED_DAYS, recharged
from app.domain.forecast.run_out import run_out
from app.domain.money import Credits, Money
from app.domain.top_ups import TopUp
from tests.domain.test_forecast import BATCHES, TODAY, _in
from tests.domain.test_forecast_periods import INCLUDES, _later, _pace

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TURN = date(2026, 12, 1)
"""Ten days after today."""
STEADY = replace(Pace([10] * 14), turns=TURN)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


TERMS = Terms(enabled=True, threshold=Credits(20), period_limit=usd(100), amount=usd(25), version=1)
FACTS = Facts(
    terms=TERMS,
    standing="good",
    remaining=Credits(50),
    in_flight=Credits(0),
    is_under_way=False,
    one=TopUp(usd(25), Credits(50)),
    most=usd(10_000),
    used=usd(0),
    period_ends=datetime(2026, 12, 1, tzinfo=UTC),
    has_method=True,
    use=Use(Credits(0), [10] * 14),
)


def found(pace: Pace = STEADY, batches: list[Batch] | None = None, *, more: Any = None, **facts: Any) -> Recharged:
    """Return the forecast of these facts."""
    now = replace(FACTS, **facts)
    courses = courses_of(pace, TODAY)
    assert courses is not None
    left = [Batch(now.remaining.micros)] if batches is None else batches
    return recharged(courses, left, pace, TODAY, replace(Recharge(NOW, now), **(more or {})))


def terms(**changes: Any) -> Terms:
    return replace(TERMS, **changes)


def test_the_limit_is_given_anew_with_each_period_until_it_does_not_suffice() -> None:
    # 50 there and 4 times 50 bought last 25 days at 10 a day, but December gives the limit again after 10 of them:
    # 50 + 2 * 50 by then (used 100, 50 left), 4 more in December, whose 31 days use 310: 50 + 200 last until the 26th
    assert found() == Recharged(
        earliest=date(2026, 12, 26), expected=date(2026, 12, 26), latest=date(2026, 12, 26),
        until=_in(LOOKED_DAYS), charges_on=date(2026, 11, 24), limit_on=date(2026, 12, 24),
        held_by=Outcome.LIMIT_REACHED,
    )  # fmt: skip


def test_a_limit_that_buys_a_months_use_never_lets_it_run_out() -> None:
    covered = found(terms=terms(period_limit=usd(175)))
    assert (covered.expected, covered.until, covered.held_by) == (None, _in(LOOKED_DAYS), None)
    assert covered.is_counted


def test_what_of_the_limit_is_used_buys_nothing_in_this_period() -> None:
    assert found(used=usd(100)).expected == _in(5)
    assert found(used=usd(100)).limit_on == _in(3)
    assert found(used=usd(100), remaining=Credits(120)).expected == date(2026, 12, 23)  # 20 are left on 1 December


HELD: list[tuple[dict[str, Any], Outcome]] = [
    ({"retry": Retry(4, None, "card_declined")}, Outcome.SUSPENDED),
    ({"retry": Retry(1, NOW + timedelta(hours=1))}, Outcome.CHARGE),  # over when the threshold is reached
    ({"retry": Retry(3, NOW + timedelta(days=9))}, Outcome.RETRY_LATER),
    ({"has_method": False}, Outcome.NO_METHOD),
    ({"one": None}, Outcome.NOT_SOLD),
    ({"standing": "suspended"}, Outcome.NOT_SERVED),
    ({"money_went_back": True}, Outcome.MONEY_WENT_BACK),
    ({"is_under_way": True}, Outcome.UNDER_WAY),
    ({"terms": terms(threshold=Credits(0))}, Outcome.ENOUGH),  # charges only once nothing is left
    ({"terms": terms(caution=Caution(ask_above=usd(24)))}, Outcome.ASKS),
    ({"remaining": Credits(3), "use": Use(Credits(400), [10] * 14)}, Outcome.ASKS),
    ({"remaining": Credits(3), "use": Use(Credits(400), [10] * 14), "answer": Answer(False, 1, NOW)}, Outcome.ASKS),
    ({"remaining": Credits(3), "use": Use(Credits(400), [10] * 14),
      "answer": Answer(False, 1, NOW + timedelta(hours=12))}, Outcome.REFUSED),
    ({"remaining": Credits(3), "answer": Answer(None, 1, NOW + timedelta(hours=12))}, Outcome.ASKS),  # of days before
]  # fmt: skip


@pytest.mark.parametrize(("facts", "outcome"), HELD)
def test_what_would_not_be_charged_is_not_counted_on(facts: dict[str, Any], outcome: Outcome) -> None:
    plain = run_out([Batch(facts.get("remaining", FACTS.remaining).micros)], STEADY, TODAY)
    with_it = found(**facts)
    assert plain is not None
    if outcome is Outcome.CHARGE:
        assert with_it == found()
        return
    assert (with_it.expected, with_it.charges_on, with_it.held_by) == (plain.expected, None, outcome)
    assert not with_it.is_counted


def test_a_yes_is_used_once() -> None:
    asks = {"terms": terms(caution=Caution(ask_above=usd(24))), "remaining": Credits(3)}
    until = NOW + timedelta(hours=12)
    said = found(**asks, answer=Answer(True, 1, until, 25))
    assert (said.expected, said.charges_on, said.held_by) == (_in(5), TODAY, Outcome.ASKS)


def test_a_debit_that_takes_longer_than_the_credit_lasts_does_not_keep_it_going() -> None:
    slow = found(more={"takes_days": True})
    assert (slow.charges_on, slow.expected, slow.held_by) == (_in(3), _in(5), Outcome.UNDER_WAY)
    early = found(more={"takes_days": True}, terms=terms(threshold=Credits(190)), remaining=Credits(200))
    assert early.charges_on == _in(1)
    assert early.expected is not None and early.expected > _in(20)


def test_credit_on_its_way_counts_from_the_day_on_which_it_is_expected() -> None:
    coming = (Coming(100, _in(2)),)
    assert found(more={"coming": coming}, used=usd(100), remaining=Credits(30)).expected == date(2026, 12, 24)
    late = (Coming(100, _in(4), is_automatic=True),)
    assert found(more={"coming": late}, is_under_way=True, remaining=Credits(30)).expected == _in(3)


def test_quiet_hours_longer_than_the_threshold_lasts_end_it_in_the_night() -> None:
    busy = replace(Pace([480] * 14), turns=TURN)  # one each three minutes
    night = Caution(Brake.OFF, None, 22 * 60, 7 * 60, "UTC")
    open_handed = {"terms": terms(period_limit=usd(10**9), caution=night), "remaining": Credits(5)}
    assert found(busy, **open_handed).held_by is Outcome.QUIET
    assert found(busy, **open_handed).expected == TODAY
    patient = {"terms": terms(period_limit=usd(10**9), threshold=Credits(240), caution=night)}
    assert found(busy, **patient).expected is None


def test_below_zero_it_is_the_overage_protection_that_is_kept_from_its_end() -> None:
    below = {"remaining": Credits(-30), "batches": [Batch(20)], "more": {"floor": Credits(-50)}}
    assert found(**below).charges_on == TODAY
    negative = found(**below, terms=terms(threshold=Credits(-40)))
    assert negative.charges_on == _in(1)
    assert found(**below, terms=terms(threshold=Credits(-50))).held_by is Outcome.ENOUGH


def test_what_is_owed_is_covered_first() -> None:
    owed = found(remaining=Credits(-130), batches=[Batch(0)], more={"floor": Credits(-50)})
    # four times 50 in this period: three bring it to 20, the fourth to 70, of which 50 are used in five days
    assert (owed.charges_on, owed.limit_on) == (TODAY, _in(5))


def test_a_plan_that_is_free_for_half_a_month_halves_what_is_bought() -> None:
    pace = _pace(INCLUDES, [10] * 14, shown=200)  # 100 in this period, 170 in December, 170 in January
    assert found(pace, terms=terms(period_limit=usd(85)), use=Use(Credits(0), [10] * 14)).expected is not None
    assert found(pace, terms=terms(period_limit=usd(100))).expected is None


def test_bought_credit_that_expires_before_its_turn_is_not_counted_on() -> None:
    idle = replace(Pace([1] * 14), turns=TURN)
    lasting, ending = TopUp(usd(25), Credits(50)), TopUp(usd(25), Credits(50), "", 5)
    assert found(idle, one=lasting).expected is None
    assert found(idle, one=ending).expected is not None


@pytest.mark.case("AC-54")
def test_credit_that_expires_is_bought_anew_on_its_day_and_not_before() -> None:
    ending = found(batches=[Batch(100, _in(3)), Batch(15)], remaining=Credits(115))
    assert ending.charges_on == _in(3)
    assert found(batches=[Batch(115)], remaining=Credits(115)).charges_on == _in(9)


# --- The same by another way: minute by minute, with nothing of the rule's code.


def _walked(batches: list[Batch], use: list[int], facts: Facts, turn: date, days: int) -> int | None:
    """Return the day on which nothing is left, living through each minute of each day."""
    many, one = len(use), facts.one
    assert one is not None
    part = many * 1440 * 720  # it is noon: today's use lies in its second half
    grants = [[each.left * part, (each.ends - TODAY).days if each.ends else None] for each in batches]
    budget, costs = facts.terms.period_limit.amount_minor - facts.used.amount_minor, one.amount.amount_minor
    begins, ends = facts.terms.caution.quiet_from, facts.terms.caution.quiet_until
    for day in range(days):
        if _in(day) == turn:
            budget, turn = facts.terms.period_limit.amount_minor, _later(turn, 1)
        grants = [each for each in grants if each[1] is None or each[1] > day]  # type: ignore[operator]
        is_today = day == 0
        each_minute = sum(use) * (1440 if is_today else 720)
        for minute in range(720 if is_today else 0, 1440):
            there = sum(each[0] for each in grants)  # type: ignore[misc]
            gap = facts.terms.threshold.micros * part - there
            is_quiet = begins is not None and ends is not None and begins <= minute < ends
            if gap > 0 and not is_quiet:
                count = min(-(-gap // (one.credits.micros * part)), budget // costs)
                budget -= count * costs
                if count:
                    last = day + one.expires_after_days if one.expires_after_days else None
                    new = [one.credits.micros * count * part, last]
                    key = 10**9 if last is None else last
                    sooner = [each for each in grants if (10**9 if each[1] is None else each[1]) <= key]
                    grants = [*sooner, new, *(each for each in grants if each not in sooner)]
                    there += count * one.credits.micros * part
            if there < each_minute or there == 0:
                return day
            wanted = each_minute
            for each in grants:
                taken = min(wanted, each[0])  # type: ignore[type-var]
                each[0] -= taken  # type: ignore[operator]
                wanted -= taken  # type: ignore[operator]
    return None


@given(
    BATCHES,
    st.lists(st.integers(1, 90), min_size=1, max_size=7),
    st.integers(1, 60),
    st.integers(1, 40),
    st.integers(0, 30),
    st.none() | st.integers(1, 20),
    st.sampled_from([(None, None), (60, 700), (0, 1439)]),
    st.integers(1, 15),
)
@settings(max_examples=30)
def test_it_is_what_living_through_each_minute_says(
    batches: list[Batch],
    use: list[int],
    threshold: int,
    one: int,
    limit: int,
    lasts: int | None,
    quiet: tuple[int | None, int | None],
    turns: int,
) -> None:
    days = 24
    facts = replace(
        FACTS,
        terms=terms(
            threshold=Credits(threshold),
            period_limit=usd(limit),
            caution=Caution(Brake.OFF, None, *quiet),
        ),
        remaining=Credits(sum(each.left for each in batches if each.ends is None or each.ends > TODAY)),
        one=TopUp(usd(5), Credits(one), "", lasts),
        period_ends=datetime.combine(_in(turns), datetime.min.time(), UTC),
    )
    pace = replace(Pace(use), turns=_in(turns))
    with_it = found(pace, batches, **{name: getattr(facts, name) for name in vars(facts)})
    by_hand = _walked(batches, use, facts, _in(turns), days)
    if by_hand is None:
        assert with_it.expected is None or with_it.expected >= _in(days)
    else:
        assert with_it.expected == _in(by_hand)
    assert with_it.earliest == with_it.latest == with_it.expected
