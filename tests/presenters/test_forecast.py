"""Until when credit lasts, in words: with auto-recharge where it is to be counted on, and always without it."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.auto_recharge.decision import Outcome
from app.domain.forecast.recharge import Recharged
from app.domain.forecast.run_out import Forecast
from app.domain.status_line import Facts
from app.presenters.forecast import NOT_COUNTED, lasts
from tests.domain.test_status_line import facts, numbers

EARLY, DAY, LATE = date(2026, 12, 1), date(2026, 12, 3), date(2026, 12, 8)
PLAIN = Forecast(EARLY, DAY, LATE)
GOES_ON = Recharged(None, None, None, date(2027, 11, 29), DAY)
ENDS = Recharged(
    date(2026, 12, 18), date(2026, 12, 20), date(2026, 12, 25), GOES_ON.until, DAY, date(2026, 12, 15),
    Outcome.LIMIT_REACHED,
)  # fmt: skip
HELD = Recharged(EARLY, DAY, LATE, GOES_ON.until, held_by=Outcome.SUSPENDED)


def said(so: Facts) -> str:
    return lasts(so, has_history=True, has_pace=True, used_today=False)


@pytest.mark.parametrize(
    ("so", "words"),
    [
        (facts(forecast=PLAIN),
         "Credits last until about 3 Dec 2026 (1 Dec 2026 to 8 Dec 2026) at the last days’ pace"),
        (facts(forecast=replace(PLAIN, latest=None)),
         "Credits last until about 3 Dec 2026 (1 Dec 2026 at the earliest) at the last days’ pace"),
        (facts(forecast=Forecast(DAY, DAY, DAY)), "Credits last until about 3 Dec 2026 at the last days’ pace"),
        (facts(), "Credits last more than ten years at the last days’ pace"),
        (facts(numbers(-20), forecast=Forecast(DAY, DAY, DAY)),
         "The overage protection lasts until about 3 Dec 2026 at the last days’ pace"),
        (facts(numbers(-60)), "Nothing can be used until a top-up covers what is owed"),
        (facts(forecast=PLAIN, recharged=GOES_ON),
         ("Auto-recharge keeps credits going for more than a year at the last days’ pace. "
         "Without it, until about 3 Dec 2026")),
        (facts(forecast=PLAIN, recharged=replace(GOES_ON, until=LATE)),
         ("Auto-recharge keeps credits going beyond 8 Dec 2026 at the last days’ pace. "
         "Without it, until about 3 Dec 2026")),
        (facts(forecast=PLAIN, recharged=replace(GOES_ON, earliest=LATE)),
         ("Auto-recharge keeps credits going for more than a year at the last days’ pace, or at that of your busiest "
         "week until 8 Dec 2026. Without it, until about 3 Dec 2026")),
        (facts(forecast=PLAIN, recharged=ENDS),
         ("With auto-recharge, credits last until about 20 Dec 2026 (18 Dec 2026 to 25 Dec 2026) at the last days’ pace; "
         "its limit is reached about 15 Dec. Without it, until about 3 Dec")),
        (facts(forecast=PLAIN, recharged=replace(ENDS, held_by=Outcome.ASKS)),
         ("With auto-recharge, credits last until about 20 Dec 2026 (18 Dec 2026 to 25 Dec 2026) at the last days’ pace; "
         "then a charge waits for your yes. Without it, until about 3 Dec")),
        (facts(forecast=PLAIN, recharged=HELD),
         ("Credits last until about 3 Dec 2026 (1 Dec 2026 to 8 Dec 2026) at the last days’ pace. "
         "Auto-recharge is not counted on: its charges were declined")),
    ],
)  # fmt: skip
def test_it_says_until_when_and_what_is_counted(so: Facts, words: str) -> None:
    assert said(so) == words


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_reason_why_nothing_is_bought_is_said(outcome: Outcome) -> None:
    never = {Outcome.CHARGE, Outcome.OFF, Outcome.TOO_SOON, Outcome.MONEY_WENT_BACK}
    assert (outcome in NOT_COUNTED) is (outcome not in never)
    assert "Auto-recharge is not counted on" in said(facts(forecast=PLAIN, recharged=replace(HELD, held_by=outcome)))


@pytest.mark.parametrize(
    ("has_history", "used_today", "words"),
    [
        (False, False, "No credits bought or granted yet"),
        (True, False, "No credits used in the last days, so no forecast"),
        (True, True, "No credits used in the last days before today, so no forecast yet"),
    ],
)
def test_without_a_pace_it_says_so(has_history: bool, used_today: bool, words: str) -> None:
    assert lasts(facts(), has_history=has_history, has_pace=False, used_today=used_today) == words
