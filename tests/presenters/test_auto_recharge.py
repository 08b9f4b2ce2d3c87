"""How auto-recharge stands, in one sentence that the figures beside it bear out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.decision import Facts, decide
from app.domain.auto_recharge.terms import Terms
from app.domain.money import MICROS, Credits, Money
from app.domain.top_ups import TopUp
from app.models.auto_recharge import AutoRechargeDecision
from app.models.payments import Payment
from app.presenters import auto_recharge
from app.services.auto_recharge.standing import Standing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DOLLARS = CreditUnit("USD")
FACTS = Facts(
    terms=Terms(
        enabled=True, threshold=Credits(20 * MICROS), period_limit=Money(5000, "USD"), amount=Money(2500, "USD")
    ),
    standing="good",
    remaining=Credits(-5 * MICROS),
    in_flight=Credits(0),
    is_under_way=False,
    one=TopUp(Money(2500, "USD"), Credits(25 * MICROS)),
    most=Money(500000, "USD"),
    used=Money(0, "USD"),
    period_ends=NOW + timedelta(days=9),
    has_method=True,
)
DEBIT = Payment(amount_minor=7500, currency="USD", state="processing", rail="sepa_debit")
LIMIT = (
    "Your credit is below $20.00, and what the limit leaves ($0.00) is less than one purchase. "
    "Nothing is charged automatically before 30 Nov 2026, unless you raise the limit."
)
UNDER_WAY = "$75.00 is on its way by SEPA direct debit, which takes days. Nothing else is charged meanwhile."


@pytest.mark.parametrize(
    ("changes", "payment", "sentence"),
    [
        (
            {"remaining": Credits(25 * MICROS)},
            None,
            "Nothing is due: your credit is $25.00, and $20.00 or more is enough.",
        ),
        ({"in_flight": Credits(75 * MICROS), "is_under_way": True}, DEBIT, UNDER_WAY),
        (
            {"in_flight": Credits(75 * MICROS)},
            None,
            "Your credit is −$5.00, below $20.00. $75.00 more is on its way, so nothing else is charged.",
        ),
        ({}, None, "Your credit is −$5.00, below $20.00: $25.00 is charged to your payment method in a moment."),
        (
            {"last_begun": NOW},
            None,
            "Your credit is −$5.00, below $20.00: $25.00 is charged to your payment method in a moment.",
        ),
        (
            {"last_begun": NOW, "used": Money(5000, "USD")},
            None,
            LIMIT,
        ),
    ],
)
def test_the_sentence_says_what_is_so(changes: dict[str, object], payment: Payment | None, sentence: str) -> None:
    facts = replace(FACTS, **changes)  # type: ignore[arg-type]
    found = Standing(NOW, facts, decide(facts, NOW), None, payment, None)
    assert auto_recharge.said(found, DOLLARS).sentence == sentence


def test_switched_off_by_a_dispute_it_says_so_until_the_terms_are_saved_again() -> None:
    off = replace(FACTS, terms=replace(FACTS.terms, enabled=False, version=2))
    found = Standing(NOW, off, decide(off, NOW), None, None, None)
    last = AutoRechargeDecision(outcome="money_went_back", settings_version=1, at=NOW)
    assert auto_recharge.said(found, DOLLARS, last).sentence == (
        "Switched off on 21 Nov 2026, because an automatic charge was refunded or is disputed. "
        "Nothing is charged automatically until you switch it on again."
    )
    saved = replace(found, facts=replace(off, terms=replace(off.terms, version=3)))
    assert auto_recharge.said(saved, DOLLARS, last).sentence == "Nothing is charged automatically."


def test_switched_off_with_a_debit_on_its_way_it_says_both() -> None:
    off = replace(FACTS, terms=replace(FACTS.terms, enabled=False), is_under_way=True)
    found = Standing(NOW, off, decide(off, NOW), None, DEBIT, None)
    said = auto_recharge.said(found, DOLLARS)
    assert (said.sentence, said.link) == (f"Nothing new is charged automatically. {UNDER_WAY}", "payment")
