"""What a plan would have cost, and what a choice is called, in words."""

import pytest

from app.domain.amounts import CreditUnit
from app.domain.catalog import Plan, Seats
from app.domain.money import Credits, Money
from app.domain.subscriptions.choice import Choice, Interval
from app.domain.subscriptions.last_months import Would
from app.domain.subscriptions.words import choice_words
from app.presenters.plans.plan import seats_words
from app.presenters.plans.plan_cards import past_words

EURO, TOKENS = CreditUnit("EUR"), CreditUnit("tokens", "tokens")
FREE, TEAM = Plan("free", "Free"), Plan("team", "Team", monthly=Money(4900, "EUR"), seats=Seats(3))
ALONE, BIG = Plan("alone", "Alone", monthly=Money(1200, "EUR"), seats=Seats(1, 1)), Plan("big", "Big", on_request=True)


def would(plan: int, micros: int, months: int = 3, over: tuple[str, ...] = ()) -> Would:
    return Would(months, Money(plan, "EUR"), Credits(micros), over)


@pytest.mark.parametrize(
    ("found", "unit", "said"),
    [
        (None, EURO, ""),
        (would(3600, 0), EURO, "On your last 3 months: €36.00."),
        (would(0, 1_255_000, 1), EURO, "On your last month: €1.26."),
        (would(3600, 1_000_000), EURO, "On your last 3 months: €37.00 (€36.00 and €1.00 of usage)."),
        (would(3600, 84_000 * 10**6), TOKENS, "On your last 3 months: €36.00 and 84,000\xa0tokens."),
        (would(0, 84_000 * 10**6), TOKENS, "On your last 3 months: 84,000\xa0tokens."),
        (would(0, 0, 2, ("Sessions",)), EURO, "On your last 2 months: €0.00. You used more Sessions than it allows."),
        (
            would(0, 0, 2, ("A", "B", "C")),
            EURO,
            "On your last 2 months: €0.00. You used more A, B and C than it allows.",
        ),
    ],
)
def test_money_is_added_up_and_a_named_unit_stands_beside_it(found: Would | None, unit: CreditUnit, said: str) -> None:
    assert past_words(found, unit) == said


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (Choice(FREE, Interval.MONTHLY, 1, "EUR"), "Free"),
        (Choice(TEAM, Interval.ANNUAL, 5, "EUR"), "Team, billed annually, 5 seats"),
        (Choice(TEAM, Interval.MONTHLY, 1, "EUR"), "Team, billed monthly, 1 seat"),
        (Choice(ALONE, Interval.MONTHLY, 1, "EUR"), "Alone, billed monthly"),
        (Choice(BIG, Interval.MONTHLY, 1, "EUR"), "Big"),
    ],
)
def test_a_choice_is_called_by_what_was_chosen(choice: Choice, said: str) -> None:
    assert choice_words(choice) == said


@pytest.mark.parametrize(
    ("seats", "said"),
    [
        (Seats(1), "1 seat included"),
        (Seats(1, 1), "1 seat"),
        (Seats(3, 25, Money(1500, "EUR")), "3 seats included, one more €15.00 a month, at most 25"),
        (Seats(3, None, Money(0, "EUR")), "3 seats included"),
    ],
)
def test_seats_say_what_one_more_costs(seats: Seats, said: str) -> None:
    assert seats_words(seats, Interval.MONTHLY) == said
