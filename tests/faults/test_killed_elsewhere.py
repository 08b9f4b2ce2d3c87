"""The same deaths (kill -9) where money goes back, a method is saved, and other rails carry the money."""

from typing import Any

import pytest

from app.config import Settings
from tests.support import cast, tiers
from tests.support.crash_plan import Kill, Step
from tests.support.crash_player import BACK, GIVEN_UP, NOTHING, PAID, ends, killed

BUY = Step("buy", method="visa")
CONFIRMED = (Kill("after confirm_intent"), Kill("before fetch_intent"), Kill("after fetch_intent"))


@pytest.mark.fault("A1", "A2", "A3", "A5", "A6", "A7")
@pytest.mark.case("AC-41/42")
def test_a_refund_killed_anywhere_sends_the_money_once(settings: Settings, catalog: str) -> None:
    step = Step("refund")
    runs = killed(settings, step, Kill("insert into refunds"), Kill("before commit"), before=(BUY,))
    assert ends(runs) == [PAID] * len(runs)
    kills = (
        Kill("after commit"),
        Kill("before create_refund"),
        Kill("after create_refund"),
        Kill("insert into transfers"),
        Kill("before commit", 2),
        Kill("after commit", 2),
    )
    runs = killed(settings, step, *kills, before=(BUY,))
    assert ends(runs) == [BACK] * len(runs)


@pytest.mark.proof
@pytest.mark.fault("A1", "A2", "A3", "A5", "A6", "A7")
def test_a_setup_killed_anywhere_saves_the_card_once_or_not_at_all(settings: Settings, catalog: str) -> None:
    """That both sides hold the same methods is asked after every run."""
    kills = (
        Kill("insert into setups"),
        Kill("after begin_setup"),
        Kill("before confirm_setup"),
        Kill("after confirm_setup"),
        Kill("after fetch_setup"),
        Kill("insert into payment_methods"),
        Kill("after commit", 3),
    )
    runs = killed(settings, Step("save", method="visa"), *kills)
    assert ends(runs) == [NOTHING] * len(runs)


@pytest.mark.fault("A5")
def test_a_debit_killed_after_its_confirmation_is_credited_when_the_money_is_there(
    settings: Settings, catalog: str
) -> None:
    cast.apply_catalog("platform")
    runs = killed(settings, Step("buy", method="sepa"), *CONFIRMED, catalog="platform")
    assert ends(runs) == ends(runs, "resubmitted") == [PAID] * len(runs)


@pytest.mark.proof
@pytest.mark.fault("A5")
@pytest.mark.parametrize(
    ("wallet", "after", "end"),
    tiers.each_once(["paypal_once", "crypto_once"], [((), GIVEN_UP), ((Step("return"),), PAID)]),
)
def test_a_wallet_killed_before_the_customer_is_sent_there_is_paid_once_or_given_up(
    settings: Settings, catalog: str, wallet: str, after: tuple[Step, ...], end: dict[str, Any]
) -> None:
    kills = (Kill("after confirm_one_time"), Kill("after fetch_intent"))
    runs = killed(settings, Step("buy", method=wallet), *kills, after=after)
    assert ends(runs) == ends(runs, "resubmitted") == [end] * len(runs)


@pytest.mark.proof
@pytest.mark.fault("A4", "A5")
@pytest.mark.case("AC-11", "AC-12")
def test_going_on_with_a_charge_killed_anywhere_can_be_gone_on_with_again(settings: Settings, catalog: str) -> None:
    charge, resume = Step("charge", method="asks"), Step("resume", part=1)
    kills = (Kill("insert into attempts"), Kill("before confirm_intent"), Kill("after confirm_intent"))
    runs = killed(settings, resume, *kills, before=(charge,), after=(resume,))
    assert ends(runs) == ends(runs, "resubmitted") == [PAID] * len(runs)
