"""Deliveries: one for each fact and endpoint, sent again and tried out by hand, and seen by nobody else."""

from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from flask import Flask

from app import clock
from app.config import Settings, WrongSetting
from app.domain.errors import NotFound, Refused
from app.domain.webhooks import SCHEDULE, TRIES, wait
from app.models.customers import Customer
from app.models.scope import as_customer, as_service
from app.services import wake_ups
from app.services.operations import dead_letters
from app.services.outbox import events
from app.services.transaction import transaction
from app.services.webhooks import deliveries, endpoints, fan_out, log, seller_endpoints
from tests.support.databases import Database, settings_for
from tests.support.receiver import receiving
from tests.support.webhook_cast import log_of, only, secret_of, send, settings, write_events

__all__ = ["settings"]
HOOK = "http://127.0.0.1:9/hook"


def claimed() -> list[deliveries.Claim]:
    """Claim what is due, as one worker."""
    claims: list[deliveries.Claim] = []
    deliveries._claim(claims, deliveries._waiting(16, []))
    return claims


def test_the_waits_are_those_of_the_design_with_up_to_a_tenth_more() -> None:
    seconds = [5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert [wait(number, 0) for number in range(1, TRIES)] == [timedelta(seconds=each) for each in seconds]
    assert all(
        SCHEDULE[number - 1] < (longest := wait(number, 999))
        and longest is not None
        and longest < SCHEDULE[number - 1] * 11 / 10
        for number in range(1, TRIES)
    )
    assert wait(TRIES, 0) is None
    assert wait(TRIES + 1, 0) == SCHEDULE[0]  # sent again by hand: the whole schedule once more


def test_a_fact_is_delivered_as_the_design_says_and_its_signature_holds(
    app: Flask, acme: Customer, tmp_path: Path
) -> None:
    with receiving(tmp_path) as receiver, clock.at(clock.now()):
        endpoints.save(acme.customer_id, receiver.url(), by="alice")
        write_events(acme.customer_id, "one")
        assert send() == 1
        (got,) = receiver.requests()
    found = only(acme.customer_id)
    assert got.event == {
        "type": "balance.low",
        "timestamp": f"{found.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "data": {"customer": acme.customer_id, "fact": "one"},
        "seq": 1,
    }
    assert got.headers["webhook-id"] == found.event_id
    assert got.body == found.body
    assert got.signed_by(secret_of(acme.customer_id))


@pytest.mark.both_databases
@pytest.mark.case("AC-35")
def test_events_are_spread_once_however_often_and_wherever_it_is_tried(app: Flask, acme: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    write_events(acme.customer_id, *(str(number) for number in range(5)))
    assert fan_out.spread_due(limit=3) == 3
    assert fan_out.spread_due() == 2
    assert fan_out.spread_due() == 0
    sequences = [each.body.rpartition('"seq":')[2] for each in log_of(acme.customer_id)]
    assert sorted(sequences) == ["1}", "2}", "3}", "4}", "5}"]


def test_a_fact_wakes_the_worker_that_spreads_and_a_delivery_the_one_that_sends(app: Flask, acme: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    wake_ups.queue()._engine().flush()
    write_events(acme.customer_id, "one")
    assert wake_ups.queue().waiting() == 1
    fan_out.spread_due()
    assert wake_ups.queue().waiting() == 2


@pytest.mark.both_databases
def test_a_fact_that_is_rolled_back_sends_nothing(app: Flask, acme: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    with pytest.raises(KeyError), as_service("write an event"), transaction() as session:
        events.write(session, acme.customer_id, "balance.low", "one", {})
        raise KeyError
    assert send() == 0


def test_a_test_event_is_sent_and_logged_but_not_too_often(app: Flask, acme: Customer, tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        endpoints.save(acme.customer_id, receiver.url(), by="alice")
        log.send_test(acme.customer_id, by="alice")
        assert only(acme.customer_id).next_try_at is not None
        assert send() == 1
        (got,) = receiver.requests()
        assert got.event["type"] == "webhook.test" and "seq" not in got.event
        assert got.signed_by(secret_of(acme.customer_id))
    assert only(acme.customer_id).state == "delivered"
    for _ in range(log.TESTS_AN_HOUR - 1):
        log.send_test(acme.customer_id, by="alice")
    with pytest.raises(Refused) as refused:
        log.send_test(acme.customer_id, by="alice")
    assert refused.value.status == 429
    with clock.at(clock.now() + timedelta(hours=1, seconds=1)):
        log.send_test(acme.customer_id, by="alice")


def test_without_an_address_there_is_nothing_to_test(app: Flask, acme: Customer) -> None:
    with pytest.raises(Refused) as refused:
        log.send_test(acme.customer_id, by="alice")
    assert (refused.value.reason, refused.value.status) == ("webhook_missing", 409)


@pytest.mark.both_databases
def test_a_delivery_is_sent_again_with_the_same_id(app: Flask, acme: Customer, tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        endpoints.save(acme.customer_id, receiver.url(), by="alice")
        write_events(acme.customer_id, "one")
        assert send() == 1
        delivery = only(acme.customer_id)
        again = log.send_again(delivery.id, by="alice", customer_id=acme.customer_id)
        assert again.state == "pending"
        with pytest.raises(Refused) as refused:
            log.send_again(delivery.id, by="alice", customer_id=acme.customer_id)
        assert refused.value.reason == "delivery_pending"
        assert send() == 1
        first, second = receiver.requests()
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert (only(acme.customer_id).state, only(acme.customer_id).tries) == ("delivered", 2)


def test_nobody_sends_anothers_delivery_again_or_sees_it(app: Flask, acme: Customer, globex: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    write_events(acme.customer_id, "one")
    send()
    delivery = only(acme.customer_id)
    with as_customer(globex.customer_id):
        assert log.listed() == []
        with pytest.raises(NotFound):
            log.one(delivery.id)
    with pytest.raises(NotFound):
        log.send_again(delivery.id, by="mallory", customer_id=globex.customer_id, to_seller=False)
    endpoints.save(acme.customer_id, "", by="alice")
    with pytest.raises(Refused) as refused:
        log.send_again(delivery.id, by="alice", customer_id=acme.customer_id)
    assert refused.value.reason == "webhook_missing"


@pytest.mark.both_databases
def test_what_was_put_aside_is_a_dead_letter_and_goes_through_the_schedule_again(app: Flask, acme: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    now = clock.now()
    with clock.at(now):
        write_events(acme.customer_id, "one")
    for _ in range(TRIES):
        with clock.at(now):
            assert send() == 1
        now = only(acme.customer_id).next_try_at or now
    (letter,) = dead_letters.listed()
    assert (letter.kind, letter.id, letter.tries) == ("delivery", only(acme.customer_id).id, TRIES)
    assert dead_letters.run_again(letter.id) == 1
    with clock.at(clock.now() + timedelta(days=10)):
        assert send() == 1
    assert (only(acme.customer_id).state, only(acme.customer_id).tries) == ("pending", TRIES + 1)


@pytest.mark.both_databases
def test_the_log_turns_its_pages_by_key(app: Flask, acme: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    write_events(acme.customer_id, *(str(number) for number in range(7)))
    send()
    pages, after = [], None
    with as_customer(acme.customer_id):
        while page := log.listed(customer_id=acme.customer_id, after=after, limit=3):
            pages.append([each.id for each in page])
            after = (page[-1].created_at, page[-1].id)
        whole = [each.id for each in log.listed(limit=200)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [each for page in pages for each in page] == whole
    assert len(set(whole)) == 7


@pytest.mark.both_databases
def test_a_worker_that_comes_back_after_its_lease_notes_nothing(app: Flask, acme: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    write_events(acme.customer_id, "one")
    fan_out.spread_due()
    with as_service("be slow"):
        (late,) = claimed()
    with clock.at(clock.now() + deliveries.LEASE + timedelta(seconds=1)):
        assert send() == 1
    before = only(acme.customer_id)
    with as_service("come back"):
        deliveries._finish(late, deliveries.Answered(200, 1))
    assert only(acme.customer_id) == before
    assert (before.state, before.tries) == ("pending", 2)


def test_an_answer_410_of_an_address_left_meanwhile_switches_nothing_off(app: Flask, acme: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    write_events(acme.customer_id, "one")
    fan_out.spread_due()
    with as_service("be slow"):
        (late,) = claimed()
    moved = endpoints.save(acme.customer_id, "http://127.0.0.1:9/moved", by="alice")
    with as_service("come back"):
        deliveries._finish(late, deliveries.Answered(410, 1))
    with as_customer(acme.customer_id):
        assert endpoints.of(acme.customer_id) == moved
    assert moved is not None and moved.active


def test_an_endpoint_of_the_sellers_that_is_gone_is_switched_off_with_a_line_in_the_log(
    app: Flask, acme: Customer
) -> None:
    endpoint, _secret = seller_endpoints.create(HOOK, [])
    write_events(acme.customer_id, "one")
    fan_out.spread_due()
    with as_service("ask one that is gone"), structlog.testing.capture_logs() as logs:
        (claim,) = claimed()
        deliveries._finish(claim, deliveries.Answered(410, 1))
    assert not seller_endpoints.one(endpoint.id).active
    logged = [(line["id"], line["by"], line["why"]) for line in logs if line["event"] == "seller_endpoint_disabled"]
    assert logged == [(endpoint.id, "worker", "410")]


def test_this_machine_may_be_named_in_demos_and_tests_only(database: Database) -> None:
    assert settings_for(database, webhooks_allow_loopback=True).webhooks_allow_loopback
    values = {"SECRET_KEY": "0" * 32, "WEBHOOKS_ALLOW_LOOPBACK": "1", "DATABASE_URL": "sqlite:///none.db"}
    with pytest.raises(WrongSetting, match=r"^WEBHOOKS_ALLOW_LOOPBACK is for the demo only"):
        Settings.from_env(values)
    assert Settings.from_env(values | {"DEMO": "1"}).webhooks_allow_loopback
    assert not Settings.from_env(values | {"WEBHOOKS_ALLOW_LOOPBACK": "0"}).webhooks_allow_loopback
