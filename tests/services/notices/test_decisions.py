"""Notices: each once for its occasion, decided from the rows, sent as an event and a mail (I27)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.domain.usage_alerts import Threshold
from app.models.customers import Customer
from app.models.database import db
from app.models.limits import Notice
from app.models.scope import as_service
from app.models.usage import Spending
from app.services import jobs
from app.services.alerts import thresholds
from app.services.authorizations import holds
from app.services.notices import decisions
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import spend
from tests.support.noon import MIDNIGHT, NOON, TODAY, noon
from tests.support.noon import since_november as acme

__all__ = ["acme", "noon"]


def rules(customer: Customer) -> list[str]:
    return [name for name, _occasion in spend.given(customer)]


def test_nothing_is_sent_while_nothing_is_reached(acme: Customer) -> None:
    spend.chooses(acme, "50", "40")
    spend.uses(acme, "39.99")
    spend.decided()
    assert (spend.given(acme), spend.events(acme), spend.mailed(acme)) == ([], [], [])


def test_equality_reaches_the_threshold(acme: Customer) -> None:
    spend.chooses(acme, "50", "40")
    spend.uses(acme, "40")
    spend.decided()
    assert spend.given(acme) == [("daily_threshold", TODAY)]
    ((event, data),) = spend.events(acme)
    assert event == "spend.threshold_reached"
    assert data == {
        "customer": acme.customer_id,
        "utc_date": TODAY,
        "threshold": "40.00",
        "used": "40.00",
        "credit_unit": "USD",
        "portal_url": "http://localhost/billing/spend-management/",
    }
    assert spend.mailed(acme) == [("spend_threshold", "billing@acme.example")]


def test_the_limit_is_sent_as_the_interface_promises(acme: Customer) -> None:
    spend.chooses(acme, "25")
    spend.uses(acme, "25")
    spend.decided()
    ((event, data),) = spend.events(acme)
    assert event == "spend.daily_limit_reached"
    assert data == {
        "customer": acme.customer_id,
        "utc_date": TODAY,
        "limit": "25.00",
        "used": "25.00",
        "held": "0.00",
        "reason": "used_up",
        "credit_unit": "USD",
        "blocked_until": "2026-11-22T00:00:00Z",
        "portal_url": "http://localhost/billing/spend-management/",
    }
    assert spend.mailed(acme) == [("spend_limit", "billing@acme.example")]


@pytest.mark.both_databases
@pytest.mark.case("AC-53")
def test_one_notice_a_day_however_often_it_is_looked_at(acme: Customer) -> None:
    spend.chooses(acme, "50", "40")
    for _ in range(5):
        spend.uses(acme, "20")
        spend.decided()
    assert spend.given(acme) == [("daily_threshold", TODAY), ("daily_limit", TODAY)]
    with clock.at(NOON + timedelta(days=1)):
        for _ in range(3):
            spend.uses(acme, "45")
            spend.decided()
    assert rules(acme).count("daily_threshold") == rules(acme).count("daily_limit") == 2
    assert len(spend.mailed(acme)) == 4


def test_off_discloses_nothing(acme: Customer) -> None:
    spend.chooses(acme, "25", "20", on=False)
    spend.uses(acme, "100")
    spend.decided()
    assert spend.given(acme) == []


def test_a_limit_lowered_below_todays_use_is_sent_at_once(acme: Customer) -> None:
    spend.uses(acme, "30")
    spend.decided()
    spend.chooses(acme, "25")
    spend.decided()
    assert spend.given(acme) == [("daily_limit", TODAY)]


@pytest.mark.case("AC-52")
def test_the_day_turns_at_midnight_utc_and_that_is_sent(acme: Customer) -> None:
    spend.chooses(acme, "25")
    spend.uses(acme, "25")
    spend.decided()
    with clock.at(MIDNIGHT - timedelta(microseconds=1)):
        spend.decided()
        assert rules(acme) == ["daily_limit"]
    with clock.at(MIDNIGHT):
        spend.decided()
        assert rules(acme) == ["daily_limit", "daily_limit_reset"]
        spend.decided()
    (_reached, (event, data)) = spend.events(acme)
    assert event == "spend.daily_limit_reset"
    assert (data["utc_date"], data["reset_at"], data["reason"]) == (TODAY, "2026-11-22T00:00:00Z", "new_day")
    assert len(spend.mailed(acme)) == 1


def test_a_raised_limit_clears_it_before_midnight_and_midnight_does_not_clear_it_again(acme: Customer) -> None:
    spend.chooses(acme, "25")
    spend.uses(acme, "25")
    spend.decided()
    with clock.at(NOON + timedelta(minutes=5)):
        spend.chooses(acme, "60")
        spend.decided()
    assert rules(acme) == ["daily_limit", "daily_limit_reset"]
    assert spend.events(acme)[1][1]["reason"] == "limit_changed"
    with clock.at(MIDNIGHT):
        spend.decided()
    assert rules(acme) == ["daily_limit", "daily_limit_reset"]


def test_one_call_too_large_blocks_nobody_and_the_limit_is_sent_when_it_is_reached(acme: Customer) -> None:
    spend.chooses(acme, "25")
    spend.uses(acme, "4.39")
    assert spend.asks(acme, "20.62") == (False, "daily_limit")
    spend.decided()
    assert (spend.events(acme), spend.given(acme)) == ([], [("call_refused", TODAY)])
    assert spend.asks(acme, "20.60") == (True, "")
    assert spend.asks(acme, "0.02") == (False, "daily_limit")
    spend.decided()
    assert (spend.events(acme), spend.given(acme)) == ([], [("call_refused", TODAY)])
    assert spend.asks(acme, "0.01") == (True, "")
    spend.decided()
    ((event, data),) = spend.events(acme)
    assert (event, data["used"], data["blocked_until"]) == (
        "spend.daily_limit_reached", "25.00", "2026-11-22T00:00:00Z",
    )  # fmt: skip
    assert spend.mailed(acme) == [("spend_limit", "billing@acme.example")] * 2


def test_verify_asks_no_event_of_a_notice_that_is_a_mail_alone(acme: Customer) -> None:
    spend.chooses(acme, "25")
    assert spend.asks(acme, "30") == (False, "daily_limit")
    with clock.at(NOON + timedelta(minutes=1)):
        decisions.decide_due()
    with clock.at(NOON + timedelta(minutes=2)):
        jobs.run_due()
        assert spend.given(acme) == [("call_refused", TODAY)]
        assert verify(acme.customer_id) == []


def test_a_refused_call_is_mailed_once_a_day_and_again_for_another_limit(acme: Customer) -> None:
    spend.chooses(acme, "25")
    for minute in (1, 2):
        with clock.at(NOON + timedelta(minutes=minute)):
            assert spend.asks(acme, "26") == (False, "daily_limit")
            spend.decided()
    assert spend.given(acme) == [("call_refused", TODAY)]
    with clock.at(NOON + timedelta(minutes=3)):
        spend.chooses(acme, "26")
        spend.decided()
        assert spend.given(acme) == [("call_refused", TODAY)]
        assert spend.asks(acme, "27") == (False, "daily_limit")
        spend.decided()
    with clock.at(MIDNIGHT):
        spend.decided()
    assert spend.given(acme) == [("call_refused", TODAY), ("call_refused", f"{TODAY}:2")], "nothing was reached"
    assert len(spend.mailed(acme)) == 2


def test_what_is_held_may_come_back_so_it_blocks_nobody(acme: Customer) -> None:
    spend.chooses(acme, "7")
    spend.uses(acme, "3.5")
    held = spend.holds(acme, "3.5")
    assert spend.asks(acme, "1") == (False, "daily_limit")
    spend.decided()
    assert (spend.events(acme), spend.given(acme)) == ([], [("call_refused", TODAY)])
    holds.release(held)
    assert spend.asks(acme, "1") == (True, "")


@pytest.mark.both_databases
def test_a_low_balance_is_sent_once_until_it_recovers(acme: Customer) -> None:
    spend.uses(acme, "981")
    spend.decided()
    spend.uses(acme, "1")
    with clock.at(NOON + timedelta(days=1)):
        spend.uses(acme, "1")
        spend.decided()
    assert spend.given(acme) == [("balance_low", TODAY)]
    assert spend.events(acme)[0][1]["remaining"] == "19.00"
    assert spend.events(acme)[0][1]["low_balance"] == "20.00"
    with clock.at(NOON + timedelta(days=2)):
        spend.gives(acme, "100")
        spend.decided()
        assert rules(acme) == ["balance_low", "balance_recovered"]
    with clock.at(NOON + timedelta(days=3)):
        spend.uses(acme, "100")
        spend.decided()
    assert rules(acme) == ["balance_low", "balance_recovered", "balance_low"]
    assert [template for template, _to in spend.mailed(acme)] == ["balance_low", "balance_recovered", "balance_low"]


def test_used_up_is_one_mail_not_two(acme: Customer) -> None:
    spend.uses(acme, "1010")
    spend.decided()
    assert sorted(rules(acme)) == ["balance_depleted", "balance_low"]
    assert [event for event, _data in spend.events(acme)] == ["balance.depleted"]
    assert spend.events(acme)[0][1]["remaining"] == "-10.00"
    assert spend.mailed(acme) == [("balance_depleted", "billing@acme.example")]


def test_whoever_was_only_given_credit_is_sent_nothing(acme: Customer, globex: Customer) -> None:
    spend.gives(globex, "5")
    spend.decided()
    assert spend.given(globex) == []


@pytest.mark.both_databases
def test_a_usage_alert_goes_to_every_confirmed_address_once_a_period(acme: Customer) -> None:
    thresholds.add(acme.customer_id, Threshold("requests", 2500), actor="test")
    spend.confirmed(acme, "ops@acme.example", "cfo@acme.example")
    spend.uses(acme, "0.9996")
    spend.decided()
    assert spend.given(acme) == []
    for _ in range(2):
        spend.uses(acme, "1")
        spend.decided()
    ((rule, occasion),) = spend.given(acme)
    assert rule == "usage_alert" and occasion.startswith("1:alr_")
    assert spend.mailed(acme) == [("usage_alert", "cfo@acme.example"), ("usage_alert", "ops@acme.example")]
    ((event, data),) = spend.events(acme)
    assert event == "usage.alert"
    assert (data["meter"], data["threshold"], data["quantity"]) == ("requests", 2500, 4999)
    with clock.at(datetime(2026, 12, 1, 12, tzinfo=UTC)):
        spend.uses(acme, "1")
        spend.decided()
    assert [occasion.partition(":")[0] for _rule, occasion in spend.given(acme)] == ["1", "2"]


@pytest.mark.both_databases
def test_one_customer_that_fails_does_not_keep_the_others_back(acme: Customer, globex: Customer) -> None:
    spend.chooses(acme, "25")
    spend.chooses(globex, "25")
    spend.uses(acme, "25")
    spend.uses(globex, "25")
    first, second = sorted([acme, globex], key=lambda each: each.customer_id)
    with as_service("test"), transaction() as session:
        session.get_one(Customer, first.customer_id).catalog = "gone"
    with pytest.raises(Exception, match="catalog"):
        decisions.decide_due()
    assert "daily_limit" in rules(second) and rules(first) == []


@pytest.mark.both_databases
def test_a_notice_is_sent_after_its_commit_and_once_by_many(acme: Customer) -> None:
    spend.chooses(acme, "25", "20")
    spend.uses(acme, "25")
    assert decisions.decide_due() == 1
    assert spend.events(acme) == []
    assert (decisions.send_due(), decisions.send_due()) == (2, 0)
    assert [event for event, _data in spend.events(acme)] == ["spend.threshold_reached", "spend.daily_limit_reached"]


@pytest.mark.both_databases
def test_the_job_does_it_all(acme: Customer) -> None:
    spend.chooses(acme, "25")
    spend.uses(acme, "25")
    done = jobs.run_due(names=("notices_decided", "notices_sent", "mails_sent"))
    assert done["notices_sent"] == 1 and done["mails_sent"] == 1
    with as_service("test"):
        assert db.session.scalar(select(Spending.dirty).where(Spending.customer_id == acme.customer_id)) is False
        assert db.session.scalars(select(Notice.state)).all() == ["done"]
