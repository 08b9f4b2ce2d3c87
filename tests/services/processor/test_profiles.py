"""A customer's name and address follow to the processor: after the commit, once, and the last change last."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services import jobs, wake_ups
from app.services.customers import directory
from app.services.processor import customers, profiles
from tests.architecture.source import APP, modules, named
from tests.support import shop
from tests.support.api import api_for
from tests.support.client import outside_contexts
from tests.support.outcome import faults

SEND = jobs.JOBS["profiles_sent"]


@pytest.fixture
def known(alice_actor: Actor, acme: Customer) -> Customer:
    """Acme, which the processor knows."""
    shop.add_method(alice_actor)
    return acme


def at_processor(settings: Settings) -> tuple[str, str]:
    (found,) = controls.objects(settings, "customer")
    return found["name"], found["email"]


def updates(settings: Settings) -> list[dict[str, Any]]:
    """Return the requests that changed a customer, the oldest first."""
    made = [each for each in controls.requests(settings, 1000) if each["line"].startswith("post /v1/customers/")]
    return made[::-1]


def change(customer: Customer, **values: str) -> None:
    directory.change(customer.customer_id, directory.Change(**values), by="test")


def due(customer: Customer) -> bool:
    with as_service("look at the customer"):
        row = db.session.scalar(select(Customer.profile_due_at).where(Customer.customer_id == customer.customer_id))
        return row is not None


@pytest.mark.both_databases
def test_a_change_by_the_api_is_sent_after_its_commit(app: Flask, settings: Settings, known: Customer) -> None:
    waiting = wake_ups.queue().waiting()
    body = {"name": "Acme GmbH", "email": "Rechnung@Acme.example"}
    assert api_for(app).open("PATCH", f"/customers/{known.customer_id}", json=body).status_code == 200
    assert at_processor(settings) == ("Acme", "billing@acme.example") and wake_ups.queue().waiting() == waiting + 1
    assert SEND(10) == 1 and SEND(10) == 0
    assert at_processor(settings) == ("Acme GmbH", "rechnung@acme.example") and not due(known)


def test_what_did_not_change_is_not_sent(settings: Settings, known: Customer) -> None:
    change(known, name="Acme", email="billing@acme.example")
    change(known, external_id="acme-2")
    assert SEND(10) == 0 and updates(settings) == []


def test_there_and_back_again_is_sent_each_time(settings: Settings, known: Customer) -> None:
    for name in ("B", "A", "B", "A"):
        change(known, name=name)
        assert SEND(10) == 1
        assert at_processor(settings)[0] == name
    assert len({each["key"] for each in updates(settings)}) == 4


@pytest.mark.both_databases
def test_of_two_changes_the_last_wins_also_while_the_first_is_being_sent(
    app: Flask, settings: Settings, known: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway, started = app.extensions["purser.gateway"], clock.now()
    update = gateway.update_customer

    def meanwhile(*at: str, **asked: str) -> object:
        change(known, name="Second")
        assert SEND(10) == 0, "nobody else sends before the lease is over"
        return update(*at, **asked)

    with clock.at(started):
        change(known, name="First")
        monkeypatch.setattr(gateway, "update_customer", meanwhile)
        assert SEND(10) == 0
        monkeypatch.undo()
        assert at_processor(settings)[0] == "First" and due(known)
    with clock.at(started + profiles.LEASE):
        assert SEND(10) == 1
    assert at_processor(settings)[0] == "Second" and not due(known)


def test_a_worker_that_comes_back_after_its_lease_says_nothing(settings: Settings, known: Customer) -> None:
    started = clock.now()
    with clock.at(started):
        change(known, name="First")
        with as_service("be killed"):
            assert profiles._claim() == known.customer_id
    with clock.at(started + profiles.LEASE):
        assert SEND(10) == 1
    assert at_processor(settings)[0] == "First" and len(updates(settings)) == 1


@pytest.mark.parametrize("fault", ["reset_before", "reset_after", "500_after"])
def test_what_the_processor_does_not_answer_is_sent_again(
    app: Flask, settings: Settings, known: Customer, fault: str
) -> None:
    started = clock.now()
    with clock.at(started), faults(app, ("update_customer", fault, 9)):
        change(known, name="Later")
        assert SEND(10) == 0 and due(known)
    with clock.at(started + profiles.LEASE):
        assert SEND(10) == 1
    assert at_processor(settings)[0] == "Later" and not due(known)


def test_a_customer_whom_the_processor_does_not_know_is_made_with_the_new_name(
    settings: Settings, acme: Customer
) -> None:
    change(acme, name="Newly named")
    assert SEND(10) == 1 and updates(settings) == []
    customers.of(acme.customer_id)
    assert at_processor(settings)[0] == "Newly named" and not due(acme)


def test_a_name_that_changes_while_the_record_is_being_made_follows(
    app: Flask, settings: Settings, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = app.extensions["purser.gateway"]
    create = gateway.create_customer

    def meanwhile(**asked: str) -> object:
        made = create(**asked)
        change(acme, name="Changed meanwhile")
        SEND(10)
        return made

    monkeypatch.setattr(gateway, "create_customer", meanwhile)
    customers.of(acme.customer_id)
    monkeypatch.undo()
    assert SEND(10) == 1
    assert at_processor(settings)[0] == "Changed meanwhile" and not due(acme)


def test_one_who_was_deleted_there_is_not_sent_for_ever(settings: Settings, known: Customer) -> None:
    (found,) = controls.objects(settings, "customer")
    controls.delete_customer(settings, found["id"])
    change(known, name="Gone")
    assert SEND(10) == 1 and not due(known)


@pytest.mark.both_databases
def test_many_workers_send_it_once(app: Flask, settings: Settings, known: Customer) -> None:
    change(known, name="Once")

    def sends(_number: int) -> int:
        with app.app_context():
            return SEND(10)

    with outside_contexts(), ThreadPoolExecutor(4) as pool:
        done = list(pool.map(sends, range(4)))
    assert sum(done) == 1 and len(updates(settings)) == 1


def test_nothing_else_changes_a_name_or_an_address() -> None:
    writers = [
        named(path)
        for path in modules("services", "blueprints", "api", "cli")
        if "setattr(customer" in path.read_text() or "update(Customer).values(name" in path.read_text()
    ]
    assert writers == [named(APP / "services" / "customers" / "directory.py")]
