"""O1–O8: hosts' addresses that fail, hang, redirect, want no more, drip, move, answer too much, and change their secret.

The receiver is a process of its own; the worker is one where it is killed.
"""

import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.errors import Refused
from app.domain.webhooks import SCHEDULE, TRIES
from app.gateways import webhook_sender
from app.models.customers import Customer
from app.models.scope import as_customer, as_service
from app.models.webhooks import WebhookDelivery
from app.services.transaction import transaction
from app.services.webhooks import deliveries, endpoints
from tests.support import programs, tiers
from tests.support.databases import environment
from tests.support.receiver import Receiver, receiving
from tests.support.webhook_cast import log_of, only, secret_of, send, settings, tries, write_events
from tests.support.worker import until, working

__all__ = ["settings"]
PATIENCE = 240


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as made:
        yield made


def at(customer: Customer, url: str) -> None:
    endpoints.save(customer.customer_id, url, by="test")


@pytest.mark.fault("O1")
@pytest.mark.parametrize("status", [500, 404])
def test_an_address_that_fails_is_tried_on_the_whole_schedule_and_then_put_aside(
    app: Flask, acme: Customer, receiver: Receiver, status: int
) -> None:
    at(acme, receiver.url(str(status)))
    now = clock.now()
    with clock.at(now):
        write_events(acme.customer_id, "one")
        assert send() == 1
    for number, pause in enumerate(SCHEDULE, 1):
        found = only(acme.customer_id)
        assert (found.state, found.tries, found.last_status) == ("pending", number, status)
        assert found.next_try_at is not None and pause <= found.next_try_at - now <= pause * 11 / 10
        with clock.at(found.next_try_at - timedelta(milliseconds=1)):
            assert send() == 0
        now = found.next_try_at
        with clock.at(now):
            assert send() == 1
    found = only(acme.customer_id)
    assert (found.state, found.tries, found.next_try_at) == ("dead", TRIES, None)
    assert [each.status for each in tries(found)] == [status] * TRIES
    sent = receiver.requests()
    assert len(sent) == TRIES
    assert len({(each.body, each.headers["webhook-id"]) for each in sent}) == 1
    with clock.at(now + timedelta(days=30)):
        assert send() == 0


@pytest.mark.fault("O1")
def test_an_address_that_is_back_gets_everything_and_can_put_it_in_order(
    app: Flask, acme: Customer, receiver: Receiver
) -> None:
    at(acme, receiver.url("500"))
    write_events(acme.customer_id, "one", "two", "three")
    assert send() == 3
    at(acme, receiver.url("204"))
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert send() == 3
    assert [each.state for each in log_of(acme.customer_id)] == ["delivered"] * 3
    arrived = [each.event for each in receiver.requests() if each.path == "/204"]
    assert {each["seq"]: each["data"]["fact"] for each in arrived} == {1: "one", 2: "two", 3: "three"}


@pytest.mark.fault("O2", "O5")
@pytest.mark.parametrize("behaviour", tiers.some(1, ["hang", "drip"]))
def test_an_address_that_never_comes_to_an_end_keeps_nobody_elses_events(
    monkeypatch: pytest.MonkeyPatch, app: Flask, acme: Customer, globex: Customer, receiver: Receiver, behaviour: str
) -> None:
    monkeypatch.setattr(webhook_sender, "SECONDS", 3)
    at(acme, receiver.url(behaviour))
    at(globex, receiver.url())
    now = clock.now()
    with clock.at(now):
        write_events(acme.customer_id, *(str(number) for number in range(20)))
        write_events(globex.customer_id, "one")
        assert send() < 21  # what waits for the address that hangs is put off after the first of them
    assert only(globex.customer_id).state == "delivered"
    hanging = log_of(acme.customer_id)
    assert {each.state for each in hanging} == {"pending"}
    tried = [each for each in hanging if each.tries]
    assert 1 <= len(tried) <= deliveries.AT_ONCE
    assert {each.problem for each in tried} == {"It did not answer within 10 seconds."}
    assert {each.next_try_at for each in hanging if not each.tries} == {now + deliveries.PAUSE}


@pytest.mark.fault("O3")
def test_a_redirect_is_a_failure_and_is_not_followed(app: Flask, acme: Customer, receiver: Receiver) -> None:
    at(acme, receiver.url("redirect"))
    write_events(acme.customer_id, "one")
    assert send() == 1
    found = only(acme.customer_id)
    assert (found.state, found.last_status) == ("pending", 302)
    assert found.problem == "It answered 302, a redirect, which is never followed."
    assert [each.path for each in receiver.requests()] == ["/redirect"]


@pytest.mark.fault("O4")
def test_an_address_that_is_gone_is_switched_off_and_sent_nothing_more(
    app: Flask, acme: Customer, receiver: Receiver
) -> None:
    at(acme, receiver.url("410"))
    write_events(acme.customer_id, "one")
    assert send() == 1
    with as_customer(acme.customer_id):
        endpoint = endpoints.of(acme.customer_id)
    assert endpoint is not None and not endpoint.active
    assert endpoint.disabled_reason == "It answered 410: it no longer accepts events."
    write_events(acme.customer_id, "two")
    assert send() == 0
    found = only(acme.customer_id)
    assert (found.state, found.last_status, found.problem) == ("dropped", 410, endpoint.disabled_reason)
    at(acme, receiver.url("200"))  # saved again, it is on again: for events from now on
    write_events(acme.customer_id, "three")
    assert send() == 1
    assert [each.event["data"]["fact"] for each in receiver.requests()] == ["one", "three"]


@pytest.mark.fault("O4")
def test_what_waits_for_an_address_that_is_gone_is_dropped(app: Flask, acme: Customer, receiver: Receiver) -> None:
    at(acme, receiver.url("500"))
    write_events(acme.customer_id, "one", "two")
    assert send() == 2
    at(acme, receiver.url("410"))
    write_events(acme.customer_id, "three")
    assert send() == 1
    assert [each.state for each in log_of(acme.customer_id)] == ["dropped"] * 3
    assert len(receiver.requests()) == 3


@pytest.mark.fault("O7")
def test_a_huge_answer_counts_by_its_status_and_is_left_where_it_is(
    app: Flask, acme: Customer, receiver: Receiver
) -> None:
    at(acme, receiver.url("huge"))
    write_events(acme.customer_id, "one")
    assert send() == 1
    assert only(acme.customer_id).state == "delivered"
    assert receiver.sent() < 32 * 1024 * 1024


@pytest.mark.fault("O8")
def test_for_a_day_after_a_rotation_events_are_signed_with_both_secrets(
    app: Flask, acme: Customer, receiver: Receiver
) -> None:
    at(acme, receiver.url())
    old = secret_of(acme.customer_id)
    write_events(acme.customer_id, "before")
    assert send() == 1
    turned = clock.now()
    with clock.at(turned):
        twice = endpoints.rotate(acme.customer_id, by="test").signing_twice
    new = secret_of(acme.customer_id)
    assert new != old
    with clock.at(turned + timedelta(hours=23, minutes=59)):
        write_events(acme.customer_id, "between")
        assert send() == 1
    with clock.at(turned + timedelta(hours=24, seconds=1)):
        write_events(acme.customer_id, "after")
        assert send() == 1
    signatures = [each.headers["webhook-signature"].count("v1,") for each in receiver.requests()]
    assert signatures == [1, 2, 1]
    with pytest.raises(Refused):  # the older secret must be named: it ends at once
        endpoints.rotate(acme.customer_id, by="test")
    endpoints.rotate(acme.customer_id, by="test", ends=twice)
    newest = secret_of(acme.customer_id)
    write_events(acme.customer_id, "now")
    assert send() == 1
    got = receiver.requests()[-1]
    assert (got.signed_by(newest), got.signed_by(new), got.signed_by(old)) == (True, True, False)


@pytest.mark.fault("O1")
def test_an_event_is_delivered_by_a_real_worker_soon_after_it_was_written(
    app: Flask, settings: Settings, acme: Customer, receiver: Receiver, tmp_path: Path
) -> None:
    at(acme, receiver.url())
    with working(settings, tmp_path, "--every", "0.2") as worker:
        write_events(acme.customer_id, "one", "two")
        until(lambda: [each.state for each in log_of(acme.customer_id)] == ["delivered"] * 2)
        worker.process.terminate()
        assert worker.process.wait(PATIENCE) == 0
    assert "Traceback" not in worker.said()
    assert sorted(each.event["seq"] for each in receiver.requests()) == [1, 2]


@pytest.mark.fault("A8", "Q1")
@pytest.mark.parametrize(("moment", "arrives"), [(2, 1), (3, 2)], ids=["before it is sent", "after it is sent"])
def test_a_worker_killed_over_a_delivery_loses_nothing_and_what_comes_twice_is_the_same(
    app: Flask, settings: Settings, acme: Customer, receiver: Receiver, moment: int, arrives: int
) -> None:
    at(acme, receiver.url())
    write_events(acme.customer_id, "one")
    now = clock.now()
    killed = sender_at(settings, moment, now)
    said, _ = killed.communicate(timeout=PATIENCE)
    assert killed.returncode == -signal.SIGKILL, said
    with clock.at(now + timedelta(seconds=1)):
        assert send() == 0  # the lease holds
        assert only(acme.customer_id).under_way
    with clock.at(now + deliveries.LEASE + timedelta(seconds=1)):
        assert send() == 1
        assert send() == 0
    found = only(acme.customer_id)
    assert (found.state, found.tries) == ("delivered", 2)
    got = receiver.requests()
    assert len(got) == arrives
    assert len({(each.headers["webhook-id"], each.body) for each in got}) == 1


@pytest.mark.both_databases
@pytest.mark.fault("Q1")
def test_many_workers_at_once_send_each_event_once(
    app: Flask, settings: Settings, acme: Customer, globex: Customer, receiver: Receiver
) -> None:
    for each in (acme, globex):
        at(each, receiver.url())
        write_events(each.customer_id, *(str(number) for number in range(30)))
    crew = [sender_at(settings, 0, clock.now()) for _ in range(4)]
    said = [each.communicate(timeout=PATIENCE)[0] for each in crew]
    assert [each.returncode for each in crew] == [0] * 4, said
    assert send() == 0
    for each in (acme, globex):
        assert {(found.state, found.tries) for found in log_of(each.customer_id)} == {("delivered", 1)}
    arrived = [(each.event["data"]["customer"], each.event["seq"]) for each in receiver.requests()]
    assert sorted(arrived) == sorted((each.customer_id, seq) for each in (acme, globex) for seq in range(1, 31))


def test_a_delivery_that_its_workers_die_over_is_put_aside_and_the_rest_flows(
    app: Flask, settings: Settings, acme: Customer, globex: Customer, receiver: Receiver
) -> None:
    at(acme, receiver.url())
    at(globex, receiver.url())
    write_events(acme.customer_id, "one")
    now = clock.now()
    killed = sender_at(settings, 2, now)
    killed.communicate(timeout=PATIENCE)
    assert killed.returncode == -signal.SIGKILL
    begun = only(acme.customer_id)
    assert (begun.tries, begun.under_way) == (1, True)
    with as_service("let as many have died as may"), transaction() as session:
        session.get_one(WebhookDelivery, begun.id).tries = TRIES
    write_events(globex.customer_id, "two")
    with clock.at(now + deliveries.LEASE + timedelta(seconds=1)):
        send()
    assert only(acme.customer_id).state == "dead"
    assert only(globex.customer_id).state == "delivered"


def sender_at(settings: Settings, moment: int, now: datetime) -> programs.Program:
    return programs.start("tests.programs.sender_at", str(moment), now.isoformat(), env=environment(settings))
