"""What terms would have done: a walk over a record, moment by moment, by the rule that charges."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.caution import Brake, Caution
from app.domain.auto_recharge.decision import Outcome
from app.domain.auto_recharge.record import Movement, Offer, Paid, Period, Question, Record, Saved, defaults
from app.domain.auto_recharge.simulation import Simulation, simulate
from app.domain.auto_recharge.terms import Terms
from app.domain.auto_recharge.walk import MOST_CHARGES
from app.domain.money import MICROS, Credits, Money
from app.domain.top_ups import TopUp
from app.presenters.recharge_preview import sentence

NOW = datetime(2026, 9, 1, tzinfo=UTC)
TURNS = datetime(2026, 10, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
TERMS = Terms(
    enabled=False,
    threshold=Credits(20 * MICROS),
    period_limit=Money(5000, "USD"),
    amount=Money(2500, "USD"),
    caution=Caution(Brake.OFF),
)
OFFER = Offer(TopUp(Money(2500, "USD"), Credits(25 * MICROS)), Money(50_000, "USD"), ("card", "sepa_debit"))
CARD = Saved("pm_1", "card", "visa", NOW - timedelta(days=9))
RECORD = Record(
    begins=NOW,
    ends=NOW + timedelta(days=60),
    opened_at=NOW,
    opening=Credits(30 * MICROS),
    movements=(),
    payments=(),
    methods=(CARD,),
    made_default=(),
    questions=(),
    periods=(Period(1, NOW - timedelta(days=5), TURNS), Period(2, TURNS, TURNS + timedelta(days=31))),
    used_on={},
    since=date(2026, 8, 27),
)


def used(hours: float, dollars: float) -> Movement:
    return Movement(NOW + hours * HOUR, -int(dollars * MICROS), is_use=True)


def begun(hours: float, minor: int = 2500, **more: Any) -> Paid:
    """Return an automatic charge that was really made then, and paid at once."""
    at = NOW + hours * HOUR
    values: dict[str, Any] = {"is_automatic": True, "is_paid": True, "ended_at": at, "period": 1} | more
    return Paid(f"pay_{hours}", at, Money(minor, "USD"), minor * 10_000, "pm_1", **values)


def tried(*movements: Movement, terms: Terms = TERMS, offer: Offer = OFFER, **changes: Any) -> Simulation:
    return simulate(terms, offer, replace(RECORD, movements=movements, **changes))


def charged(found: Simulation) -> list[tuple[float, int]]:
    """Return the hour and the amount of each charge that would have been paid."""
    return [((each.at - NOW) / HOUR, each.amount.amount_minor) for each in found.paid]


def stopped(found: Simulation) -> list[tuple[float, str]]:
    return [((each.at - NOW) / HOUR, each.outcome.value) for each in found.stops]


def test_credit_that_stays_above_the_threshold_has_nothing_charged() -> None:
    found = tried(used(1, 5), used(2, 5))
    assert (charged(found), stopped(found)) == ([], [])
    assert found.total == Money(0, "USD")


def test_each_movement_is_looked_at_by_itself() -> None:
    """Of a day that begins and ends with enough, two charges are found: in between there was too little twice."""
    found = tried(used(1, 10.01), used(3, 25), Movement(NOW + 4 * HOUR, 50 * MICROS), terms=TERMS)
    assert charged(found) == [(1, 2500), (3, 2500)]
    assert found.total == Money(5000, "USD")


def test_one_charge_closes_the_gap_and_no_more_than_the_limit_leaves() -> None:
    assert charged(tried(used(1, 40))) == [(1, 5000)]
    found = tried(used(1, 100))
    assert (charged(found), stopped(found)) == ([(1, 5000), (720, 5000)], [(1, "limit_reached")])


def test_the_limit_is_reached_and_counts_anew_with_the_next_period() -> None:
    found = tried(used(1, 40), used(30, 50))
    assert charged(found) == [(1, 5000), (30 * 24, 5000)]
    assert found.limits == ((NOW + 30 * HOUR, TURNS),)


def test_what_was_charged_of_the_period_before_counts() -> None:
    assert charged(tried(used(1, 40), payments=[begun(-3)])) == [(1, 2500), (30 * 24, 2500)]
    declined = begun(-3, is_paid=False, code="card_declined")
    assert charged(tried(used(1, 40), payments=[declined])) == [(1, 5000)]


@pytest.mark.parametrize(
    ("methods", "hours", "why"),
    [
        ((), None, Outcome.NO_METHOD),
        ((replace(CARD, saved_at=NOW + 5 * HOUR),), 5, Outcome.NO_METHOD),
        ((replace(CARD, removed_at=NOW + HOUR),), None, Outcome.NO_METHOD),
        ((replace(CARD, kind="paypal"),), None, Outcome.NO_METHOD),
    ],
)
def test_a_card_is_charged_from_when_until_when_it_was_saved(
    methods: tuple[Saved, ...], hours: int | None, why: Outcome
) -> None:
    found = tried(used(1, 20), methods=methods)
    assert charged(found) == ([] if hours is None else [(hours, 2500)])
    assert stopped(found) == [(1, why.value)]


def test_what_became_of_the_charge_that_was_really_made_is_what_becomes_of_it() -> None:
    days = [(1, 20.0)]
    declined = begun(1, is_paid=False, code="insufficient_funds")
    again = begun(2, is_paid=False, code="insufficient_funds")
    paid = begun(8)
    found = tried(used(*days[0]), payments=[declined, again, paid])
    assert [((each.at - NOW) / HOUR, each.is_paid) for each in found.charges] == [(1, False), (2, False), (8, True)]
    assert stopped(found) == [(1, "retry_later"), (2, "retry_later")]


def test_a_charge_that_waited_for_the_customer_waits_and_nothing_else_is_charged() -> None:
    asked = begun(1, is_paid=False, code="not_confirmed", was_asked=True, ended_at=NOW + 25 * HOUR)
    found = tried(used(1, 20), used(3, 100), payments=[asked])
    assert [each.is_paid for each in found.charges] == [False]
    assert stopped(found) == [(25, "suspended")]


def test_a_worker_that_was_late_decides_from_what_it_found() -> None:
    found = tried(used(1, 20), used(1.1, 30), payments=[begun(1.2, 5000)])
    assert charged(found) == [(1.2, 5000)]
    assert found.charges[0].payment_id == "pay_1.2"


def test_other_terms_are_paid_as_the_bank_answered_then() -> None:
    declined = begun(1, is_paid=False, code="card_declined")
    terms = replace(TERMS, amount=Money(3000, "USD"))
    offer = replace(OFFER, one=TopUp(Money(3000, "USD"), Credits(30 * MICROS)))
    found = tried(used(1, 20), terms=terms, offer=offer, payments=[declined])
    assert [((each.at - NOW) / HOUR, each.is_paid) for each in found.charges] == [(1, False), (2, True)]


def test_a_refund_of_a_charge_that_was_made_switches_it_off() -> None:
    back = Movement(NOW + 5 * HOUR, -25 * MICROS, of="pay_1")
    found = tried(used(1, 20), back, used(9, 90), payments=[begun(1, went_back_at=NOW + 5 * HOUR)])
    assert (charged(found), stopped(found)) == ([(1, 2500)], [(5, "money_went_back")])


def test_a_refund_of_a_charge_that_would_not_have_been_made_moves_nothing() -> None:
    back = Movement(NOW + 5 * HOUR, -25 * MICROS, of="pay_1")
    assert charged(tried(back, payments=[begun(1, went_back_at=NOW + 5 * HOUR)])) == []


def test_a_question_is_answered_as_it_was_and_otherwise_by_nobody() -> None:
    terms = replace(TERMS, caution=Caution(Brake.OFF, ask_above=Money(2000, "USD")))
    assert charged(tried(used(1, 20), terms=terms)) == []
    asked = Question(NOW + HOUR, 1, is_yes=True, answered_at=NOW + 4 * HOUR)
    found = tried(used(1, 20), terms=terms, questions=[asked])
    assert (charged(found), stopped(found)) == ([(4, 2500)], [(1, "asks")])


def test_quiet_hours_end_and_what_waited_is_charged() -> None:
    terms = replace(TERMS, caution=Caution(Brake.OFF, quiet_from=0, quiet_until=6 * 60))
    assert charged(tried(used(1, 20), terms=terms)) == [(6, 2500)]


def test_the_default_passes_on_as_it_did() -> None:
    old, new = CARD, Saved("pm_2", "card", "master", NOW, NOW + 9 * HOUR)
    debit = Saved("pm_3", "crypto", "", NOW + HOUR)
    found = defaults((old, new, debit), [(NOW + 2 * HOUR, "pm_2")], ("crypto",))
    assert found == [(CARD.saved_at, "pm_1"), (NOW + 2 * HOUR, "pm_2"), (NOW + 9 * HOUR, "pm_1")]


def test_a_preview_without_bounds_ends_early_and_says_so() -> None:
    much = replace(TERMS, threshold=Credits(10**9 * MICROS), period_limit=Money(10**9, "USD"))
    found = tried(terms=much)
    assert (len(found.charges), found.is_cut) == (MOST_CHARGES, True)
    assert found.ends == found.charges[-1].at
    words = sentence(found, much, CreditUnit("USD"))
    assert words == ("By 1 Sep 2026 already: 300 charges, $150,000.00 in all. No more are counted.")
