"""Whether credit is bought now, and how much: a table of cases, and rules that hold for all of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.auto_recharge.caution import Caution
from app.domain.auto_recharge.decision import INTERVAL, LOOK_AGAIN, Answer, Facts, Outcome, decide
from app.domain.auto_recharge.retries import Retry
from app.domain.auto_recharge.terms import Terms
from app.domain.money import MICROS, Credits, Money
from app.domain.tax.prices import UNTAXED, Taxation
from app.domain.tax.treatment import Category, Reason, Treatment
from app.domain.top_ups import TopUp

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ENDS = NOW + timedelta(days=10)
MIDNIGHT = NOW + timedelta(hours=12)


def dollars(amount: float) -> Credits:
    return Credits(int(amount * MICROS))


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def taxed(percent: str) -> Taxation:
    if not Decimal(percent):
        return UNTAXED
    return Taxation(Treatment(Category.STANDARD, Decimal(percent), "VAT", "FR", Reason.STANDARD))


TERMS = Terms(enabled=True, threshold=dollars(20), period_limit=usd(5000), amount=usd(2500), version=1)
ASKING = replace(TERMS, caution=Caution(ask_above=usd(2400)))
FACTS = Facts(
    terms=TERMS,
    standing="good",
    remaining=dollars(19.999999),
    in_flight=dollars(0),
    is_under_way=False,
    one=TopUp(usd(2500), dollars(25)),
    most=usd(500000),
    used=usd(0),
    period_ends=ENDS,
    has_method=True,
)
TAXED = TopUp(usd(2500), dollars(25), taxation=taxed("20"))
DEAR = TopUp(usd(4168), dollars(25), taxation=taxed("20"))
CASES: list[tuple[dict[str, Any], Outcome, int, datetime | None]] = [
    ({}, Outcome.CHARGE, 2500, None),
    ({"remaining": dollars(20)}, Outcome.ENOUGH, 0, None),
    ({"terms": replace(TERMS, enabled=False)}, Outcome.OFF, 0, None),
    ({"money_went_back": True}, Outcome.MONEY_WENT_BACK, 0, None),
    ({"money_went_back": True, "remaining": dollars(900)}, Outcome.MONEY_WENT_BACK, 0, None),
    ({"remaining": dollars(-5)}, Outcome.CHARGE, 2500, None),
    ({"remaining": dollars(-5.000001)}, Outcome.CHARGE, 5000, None),
    ({"remaining": dollars(-500)}, Outcome.CHARGE, 5000, None),
    ({"remaining": dollars(-500), "used": usd(2500)}, Outcome.CHARGE, 2500, None),
    ({"remaining": dollars(-500), "used": usd(2501)}, Outcome.LIMIT_REACHED, 0, ENDS),
    ({"used": usd(5000)}, Outcome.LIMIT_REACHED, 0, ENDS),
    ({"one": TAXED}, Outcome.CHARGE, 3000, None),
    ({"one": TAXED, "remaining": dollars(-50)}, Outcome.CHARGE, 3000, None),
    ({"one": TAXED, "used": usd(2001)}, Outcome.LIMIT_REACHED, 0, ENDS),
    ({"one": TopUp(usd(4167), dollars(25), taxation=taxed("20"))}, Outcome.CHARGE, 5000, None),
    ({"one": DEAR}, Outcome.ABOVE_LIMIT, 0, NOW + LOOK_AGAIN),
    ({"one": DEAR, "remaining": dollars(99)}, Outcome.ABOVE_LIMIT, 0, None),
    ({"used": usd(9000)}, Outcome.LIMIT_REACHED, 0, ENDS),
    ({"remaining": dollars(-500), "most": usd(4000)}, Outcome.CHARGE, 2500, None),
    ({"remaining": dollars(-5), "in_flight": dollars(25)}, Outcome.ENOUGH, 0, None),
    ({"remaining": dollars(-5), "in_flight": dollars(24.999999)}, Outcome.CHARGE, 2500, None),
    ({"standing": "suspended"}, Outcome.NOT_SERVED, 0, NOW + LOOK_AGAIN),
    ({"standing": "closed"}, Outcome.NOT_SERVED, 0, NOW + LOOK_AGAIN),
    ({"standing": "past_due"}, Outcome.CHARGE, 2500, None),
    ({"one": None}, Outcome.NOT_SOLD, 0, NOW + LOOK_AGAIN),
    ({"is_under_way": True}, Outcome.UNDER_WAY, 0, NOW + LOOK_AGAIN),
    ({"has_method": False}, Outcome.NO_METHOD, 0, NOW + LOOK_AGAIN),
    ({"retry": Retry(4, None, "card_declined")}, Outcome.SUSPENDED, 0, NOW + LOOK_AGAIN),
    ({"retry": Retry(1, NOW + timedelta(seconds=1))}, Outcome.RETRY_LATER, 0, NOW + timedelta(seconds=1)),
    ({"retry": Retry(2, NOW + timedelta(hours=6))}, Outcome.RETRY_LATER, 0, NOW + LOOK_AGAIN),
    ({"retry": Retry(1, NOW)}, Outcome.CHARGE, 2500, None),
    ({"last_begun": NOW - INTERVAL}, Outcome.CHARGE, 2500, None),
    ({"last_begun": NOW - INTERVAL + timedelta(seconds=1)}, Outcome.TOO_SOON, 2500, NOW + INTERVAL),
    ({"last_begun": NOW + timedelta(seconds=5)}, Outcome.TOO_SOON, 2500, NOW + INTERVAL),
    ({"last_begun": NOW, "used": usd(5000)}, Outcome.LIMIT_REACHED, 0, ENDS),
    ({"terms": ASKING}, Outcome.ASKS, 2500, MIDNIGHT),
    ({"terms": ASKING, "answer": Answer(True, 1, MIDNIGHT, 2500)}, Outcome.CHARGE, 2500, None),
    (
        {"terms": ASKING, "remaining": dollars(-30), "answer": Answer(True, 1, MIDNIGHT, 2500)},
        Outcome.CHARGE,
        2500,
        None,
    ),
    ({"terms": ASKING, "answer": Answer(True, 1, MIDNIGHT, 1000)}, Outcome.ASKS, 2500, MIDNIGHT),  # of another amount
    ({"answer": Answer(False, 1, MIDNIGHT, 9000)}, Outcome.REFUSED, 0, MIDNIGHT),
]


@pytest.mark.case("AC-3")
@pytest.mark.parametrize(("changes", "outcome", "minor", "again"), CASES)
def test_what_follows_from_the_facts(
    changes: dict[str, Any], outcome: Outcome, minor: int, again: datetime | None
) -> None:
    found = decide(replace(FACTS, **changes), NOW)
    charged = found.purchase.amount.amount_minor if found.purchase else 0
    assert (found.outcome, charged, found.look_again) == (outcome, minor, again)


@pytest.mark.case("AC-3")
@given(
    remaining=st.integers(-(10**9), 10**9),
    in_flight=st.integers(0, 10**9),
    threshold=st.integers(-(10**9), 10**9),
    price=st.integers(1, 10_000),
    gives=st.integers(1, 10**9),
    used=st.integers(0, 100_000),
    limit=st.integers(1, 100_000),
    most=st.none() | st.integers(1, 50_000),
    percent=st.sampled_from(["0", "5.5", "20"]),
)
def test_one_charge_closes_the_gap_with_the_fewest_purchases_that_the_limits_leave(
    remaining: int, in_flight: int, threshold: int, price: int, gives: int, used: int, limit: int, most: int | None,
    percent: str,
) -> None:  # fmt: skip
    """The period's limit counts the tax on them all, rounded once; what is sold at once is before tax."""
    facts = replace(
        FACTS,
        terms=replace(TERMS, threshold=Credits(threshold), period_limit=usd(limit)),
        remaining=Credits(remaining),
        in_flight=Credits(in_flight),
        one=TopUp(usd(price), Credits(gives), "pack", 30, taxed(percent)),
        most=usd(most) if most else None,
        used=usd(used),
    )
    found = decide(facts, NOW)
    has = remaining + in_flight
    share = Decimal(percent) / 100

    def total(count: int) -> int:
        return count * price + int(count * price * share + Decimal("0.5"))

    def allowed(count: int) -> bool:
        return used + total(count) <= limit and (not most or count * price <= most)

    if total(1) > limit:
        assert found.outcome is Outcome.ABOVE_LIMIT
    elif has >= threshold:
        assert found.outcome is Outcome.ENOUGH
    elif not allowed(1):
        assert found.outcome is Outcome.LIMIT_REACHED
    else:
        assert found.purchase is not None and found.outcome is Outcome.CHARGE
        bought = found.purchase
        assert (bought.amount, bought.credits) == (usd(total(found.count)), Credits(found.count * gives))
        assert (bought.pack, bought.expires_after_days) == ("pack", 30)
        assert used + bought.amount.amount_minor <= limit
        closes = has + bought.credits.micros >= threshold
        one_less_closes = has + (found.count - 1) * gives >= threshold
        assert not one_less_closes
        assert closes or not allowed(found.count + 1)
