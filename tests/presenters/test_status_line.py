"""The status line in words: the true reason, what follows, and a button that leads somewhere or whom to ask."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app import languages
from app.domain import language
from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.decision import Outcome
from app.domain.catalog import Catalog
from app.domain.forecast.run_out import Expiry
from app.domain.money import MICROS, Credits
from app.domain.numbers import Debt
from app.domain.reservations import Reservation
from app.domain.status_line import Facts, Kind, rank
from app.presenters.status.status_line import StatusWords, words
from app.services.catalog import versions
from tests.domain.test_status_line import (
    CARD,
    FORECAST,
    KEPT_GOING,
    NOW,
    PAYMENT,
    SOON,
    TODAY,
    facts,
    metered,
    numbers,
    stopped,
    suspended,
)

USD = CreditUnit("USD")
GATEWAY = (Path(__file__).parents[2] / "examples/catalogs/gateway.toml").read_text()
NOT_OFFERED = GATEWAY.replace("[spend_management]\noffered = true", "[spend_management]\noffered = false")


def catalog(text: str = GATEWAY) -> Catalog:
    return versions.parse(text)


def said(so: Facts, *, may_manage: bool = True, sold: str = GATEWAY) -> StatusWords:
    found = words(rank(so), catalog(sold), USD, ask="" if may_manage else "Alice Adams or Carol")
    assert found is not None
    return found


def below(clawed: int, overrun: int) -> dict[str, object]:
    return {"debt": Debt(Credits(clawed * MICROS), Credits(overrun * MICROS))}


@pytest.mark.parametrize(
    ("so", "fact", "follows", "button"),
    [
        (facts(suspended()), "Calls are refused: your account is suspended.", "", "Pay what is overdue"),
        (
            facts(failed=replace(PAYMENT, rail="sepa_debit", problem="account_closed")),
            "Your payment of $50.00 failed on 28 Nov.",
            "The bank account is closed. Nothing was charged.",
            "Add credits",
        ),
        (
            facts(waiting=replace(PAYMENT, at_checkout=True)),
            "Pay $50.00 on our payment processor’s page.",
            "Nothing is charged until you do.",
            "Continue",
        ),
        (
            facts(waiting=PAYMENT),
            "Your bank asks you to confirm $50.00.",
            "Nothing is charged until you do.",
            "Continue",
        ),
        (facts(numbers(0, overage=0)), "Calls are refused: there is no credit yet.", "", "Add credits"),
        (
            facts(numbers(-50), **below(0, 50)),
            "Calls are refused: your balance is −$50.00.",
            "The overage protection of $50.00 is used up.",
            "Add credits",
        ),
        (
            facts(numbers(-62), **below(62, 0)),
            "Calls are refused: your balance is −$62.00.",
            "A payment was refunded or disputed after its credit was used. The next $12.00 you add cover what is owed first.",
            "Add credits",
        ),
        (
            facts(numbers(5, held=55)),
            "Calls are refused: calls in progress hold all that is left.",
            "Without them, $55.00 would be left.",
            None,
        ),
        (
            facts(numbers(limit=10, used_today=12)),
            "Calls are refused until 00:00 UTC.",
            "$12.00 of today’s limit of $10.00 is used.",
            "Raise the limit",
        ),
        (
            facts(numbers(limit=10, used_today=12), meters=(metered(3),)),
            "Calls beyond what your plan includes are refused until 00:00 UTC.",
            "$12.00 of today’s limit of $10.00 is used.",
            "Raise the limit",
        ),
        (
            facts(meters=(metered(99, held=1),), resets_at=NOW + timedelta(days=3)),
            "Calls for Calls are refused until 1 Dec 2026, 00:00 UTC.",
            "99 of your plan’s 100 calls used and 1 held.",
            "See usage",
        ),
        (
            facts(numbers(4), recharge=stopped()),
            "Auto-recharge has stopped: each charge was declined.",
            "Your credit is $4.00, below $20.00.",
            "See auto-recharge",
        ),
        (
            facts(numbers(4), recharge=replace(stopped(), why="authentication_required")),
            "Auto-recharge has stopped: your bank asked for you and was not answered.",
            "Your credit is $4.00, below $20.00.",
            "See auto-recharge",
        ),
        (
            facts(numbers(4), recharge=replace(stopped(Outcome.LIMIT_REACHED), until=NOW)),
            "Auto-recharge has stopped: its limit leaves less than one purchase.",
            "Your credit is $4.00, below $20.00. The limit starts over on 28 Nov 2026.",
            "See auto-recharge",
        ),
        (
            facts(numbers(4), recharge=stopped(Outcome.NO_METHOD)),
            "Auto-recharge has stopped: there is no payment method to charge.",
            "Your credit is $4.00, below $20.00.",
            "See auto-recharge",
        ),
        (
            facts(numbers(4), recharge=stopped(Outcome.ASKS)),
            "An automatic charge of $25.00 waits for your yes.",
            "Your credit is $4.00, below $20.00.",
            "Answer",
        ),
        (
            facts(recharge=replace(stopped(Outcome.MONEY_WENT_BACK), at=NOW)),
            "Auto-recharge was switched off on 28 Nov 2026: an automatic charge was refunded or is disputed.",
            "Nothing is charged automatically until you switch it on again.",
            "See auto-recharge",
        ),
        (
            facts(forecast=FORECAST, recharged=replace(KEPT_GOING, expected=FORECAST.expected)),
            "At the last days’ pace your credit lasts until about 1 Dec 2026, with what auto-recharge buys.",
            "Then $50.00 of overage protection is used.",
            "Add credits",
        ),
        (
            facts(
                forecast=FORECAST,
                recharged=replace(KEPT_GOING, expected=SOON, charges_on=None, held_by=Outcome.SUSPENDED),
            ),
            "At the last days’ pace your credit lasts until about 1 Dec 2026.",
            "Then $50.00 of overage protection is used. Auto-recharge is not counted on: its charges were declined.",
            "Add credits",
        ),
        (
            facts(numbers(-20), **below(0, 20), forecast=FORECAST),
            "Your balance is −$20.00: more was used than you had credit for.",
            "$30.00 of overage protection is left, enough for about 3 days.",
            "Add credits",
        ),
        (
            facts(numbers(-20), **below(0, 20), forecast=FORECAST, recharged=KEPT_GOING),  # by itself, whatever comes
            "Your balance is −$20.00: more was used than you had credit for.",
            "$30.00 of overage protection is left, enough for about 3 days.",
            "Add credits",
        ),
        (
            facts(numbers(-20), **below(20, 0)),
            "Your balance is −$20.00: a payment was refunded or disputed after its credit was used.",
            "$30.00 of overage protection is left.",
            "Add credits",
        ),
        (
            facts(numbers(limit=10, used_today=7, held=2)),
            "90 % of today’s limit of $10.00 is used or held.",
            "At the limit, calls are refused until 00:00 UTC.",
            "Raise the limit",
        ),
        (
            facts(meters=(metered(93),), resets_at=NOW),
            "Calls: 93 % of your plan’s 100 calls used.",
            "Beyond it, calls are refused until 28 Nov 2026.",
            "See usage",
        ),
        (
            facts(forecast=FORECAST),
            "At the last days’ pace your credit lasts until about 1 Dec 2026.",
            "Then $50.00 of overage protection is used.",
            "Add credits",
        ),
        (facts(expiry=Expiry(TODAY, 5 * MICROS, 5 * MICROS)), "$5.00 expires on 28 Nov 2026.", "", None),
        (
            facts(card=CARD),
            "Visa ending in 4242 expires at the end of 12/2026.",
            "It is the method that is charged by default.",
            "Add the new card",
        ),
    ],
)
def test_the_fact_what_follows_and_one_button(so: Facts, fact: str, follows: str, button: str | None) -> None:
    line = said(so)
    text = str(line.fact).replace('<time datetime="2026-11-29T00:00:00Z" data-time="both">', "").replace("</time>", "")
    after = (
        str(line.follows).replace('<time datetime="2026-11-29T00:00:00Z" data-time="both">', "").replace("</time>", "")
    )
    assert (text, after, line.link.words if line.link else None) == (fact, follows, button)


def test_a_balance_below_zero_by_use_says_nothing_of_money_that_went_back() -> None:
    for so in (facts(numbers(-20), **below(0, 20)), facts(numbers(-60), **below(0, 60))):
        line = said(so)
        assert (
            "refunded" not in f"{line.fact} {line.follows}" and "more was used" in f"{line.fact} {line.follows}".lower()
        )


def everything() -> list[Facts]:
    """Return facts for every kind of line."""
    found = [
        facts(suspended()), facts(failed=PAYMENT), facts(waiting=PAYMENT), facts(numbers(0, overage=0)),
        facts(numbers(5, held=55)), facts(numbers(limit=10, used_today=12)), facts(meters=(metered(100),)),
        facts(recharge=stopped()), facts(recharge=stopped(Outcome.ASKS)),
        facts(recharge=stopped(Outcome.MONEY_WENT_BACK)),
        facts(numbers(-20), **below(0, 20)), facts(numbers(limit=10, used_today=9)), facts(meters=(metered(93),)),
        facts(forecast=FORECAST), facts(expiry=Expiry(TODAY, 5, 5)), facts(card=CARD),
    ]  # fmt: skip
    assert [line.kind for line in filter(None, map(rank, found))] == list(Kind)
    return found


def test_every_line_is_said_in_the_language() -> None:
    language.register(languages.catalog)
    names = {"Alice Adams or Carol", "UTC", "Visa", "Calls", "calls", catalog().seller_name}
    with language.using(languages.PSEUDO):
        for so in everything():
            for line in (said(so), said(so, may_manage=False)):
                text = re.sub(
                    r"<[^>]*>", "", f"{line.fact} {line.follows} {line.ask} {line.link.words if line.link else ''}"
                )
                for each in sorted(names, key=len, reverse=True):
                    text = text.replace(each, "")
                assert not re.search("[A-Za-z]{2,}", text), text


def test_a_viewer_gets_the_same_fact_and_whom_to_ask_and_no_button_to_change_anything() -> None:
    for so in everything():
        mine, theirs = said(so), said(so, may_manage=False)
        assert (theirs.fact, theirs.follows) == (mine.fact, mine.follows)
        if mine.link is not None and mine.link.words != "See usage":
            assert theirs.link is None and theirs.ask.startswith("Ask Alice Adams or Carol to ")


def test_a_limit_of_the_seller_that_nobody_can_change_has_no_button() -> None:
    line = said(facts(numbers(limit=10, used_today=12)), sold=NOT_OFFERED)
    assert line.link is None and line.ask == "Relay Networks, Inc. has set this limit."


def test_nothing_urgent_is_no_line() -> None:
    assert words(rank(facts(meters=(Reservation(None),))), catalog(), USD, ask="") is None
