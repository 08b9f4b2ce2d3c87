"""Notices that come again on a day on which they had cleared: each is sent, under a key of its own."""

from datetime import timedelta

from app import clock
from app.models.customers import Customer
from tests.support import spend
from tests.support.noon import MIDNIGHT, NOON, TODAY, noon
from tests.support.noon import since_november as acme

__all__ = ["acme", "noon"]


def test_a_raised_limit_that_is_reached_the_same_day_is_sent_again(acme: Customer) -> None:
    for number, limit in enumerate(["25", "60", "70"]):
        with clock.at(NOON + timedelta(minutes=number)):
            spend.chooses(acme, limit)
            spend.decided()
            spend.uses(acme, "35" if number == 1 else "25" if number == 0 else "10")
            spend.decided()
            spend.decided()
    again = [TODAY, f"{TODAY}:2", f"{TODAY}:3"]
    assert [occasion for rule, occasion in spend.given(acme) if rule == "daily_limit"] == again
    assert [occasion for rule, occasion in spend.given(acme) if rule == "daily_limit_reset"] == again[:2]
    sent = [data for event, data in spend.events(acme) if event == "spend.daily_limit_reached"]
    assert [(data["utc_date"], data["limit"]) for data in sent] == [
        (TODAY, "25.00"),
        (TODAY, "60.00"),
        (TODAY, "70.00"),
    ]
    assert [template for template, _to in spend.mailed(acme)] == ["spend_limit"] * 3
    with clock.at(MIDNIGHT):
        spend.decided()
    assert spend.events(acme)[-1][1]["reason"] == "new_day"
    assert [occasion for rule, occasion in spend.given(acme) if rule == "daily_limit_reset"] == again


def test_a_balance_that_is_used_up_again_the_same_day_is_sent_again(acme: Customer) -> None:
    for number, (gift, use) in enumerate([("100", "1110"), ("150", "135"), ("25", "50")]):
        with clock.at(NOON + timedelta(minutes=number)):
            spend.gives(acme, gift)
            spend.decided()
            spend.uses(acme, use)
            spend.decided()
            spend.decided()
    assert [event for event, _data in spend.events(acme)] == [
        "balance.depleted",
        "balance.recovered",
        "balance.low",
        "balance.recovered",
        "balance.depleted",
    ]
    assert [template for template, _to in spend.mailed(acme)] == [
        "balance_depleted",
        "balance_recovered",
        "balance_low",
        "balance_recovered",
        "balance_depleted",
    ]
    assert {data["utc_date"] for _event, data in spend.events(acme)} == {TODAY}
