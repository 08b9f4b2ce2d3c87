"""What may be chosen of the plans, and why not."""

from dataclasses import replace

import pytest

from app.domain.catalog import Seats
from app.domain.errors import Refused
from app.domain.subscriptions.choice import chosen
from tests.domain.subscriptions.test_change import FREE, PERSONAL, PLANS, TEAM, eur
from tests.domain.test_catalog_rules import good

SMALL = replace(TEAM, key="small", title="Small", seats=Seats(1, 3, eur("15.00"), None))
ASKED = replace(TEAM, key="asked", title="Asked", monthly=None, annual=None, on_request=True)
CATALOG = good(plans=replace(PLANS, tiers=(FREE, PERSONAL, SMALL, TEAM, ASKED)), meters=())


@pytest.mark.parametrize(
    ("plan", "interval", "seats", "used", "reason", "words"),
    [
        ("small", "monthly", None, 4, "seats_in_use", "4 seats are in use, and Small has at most 3. Free 1 of them first."),
        ("small", "monthly", 2, 3, "seats_in_use", "3 seats are in use. Free 1 of them first, or keep 3."),
        ("small", "monthly", 4, 0, "too_many_seats", "Small has at most 3 seats."),
        ("small", "monthly", 0, 0, "too_few_seats", "Small includes 1 seat: fewer cost the same."),
        ("personal", "monthly", 2, 0, "no_seats", "Personal is not sold by seats."),
        ("free", "annual", None, 0, "interval_unknown", "Free is not sold that way."),
        ("asked", "monthly", None, 0, "plan_on_request", "Asked is sold on request. Write to us about it."),
        ("gone", "monthly", None, 0, "plan_unknown", "This plan is not offered."),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_refused_with_the_reason(
    plan: str, interval: str, seats: int | None, used: int, reason: str, words: str
) -> None:
    with pytest.raises(Refused) as refused:
        chosen(CATALOG, plan, interval, seats, used)
    assert (refused.value.reason, refused.value.sentence, refused.value.status) == (reason, words, 422)


def test_four_members_fit_on_a_plan_with_five_seats() -> None:
    assert chosen(CATALOG, "team", "monthly", 5, 4).seats == 5
