"""A conversation about tax numbers through all states: confirmed, refused, silent, blocked, changed, withheld (AC-68, AC-69)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import NotFound, Refused
from app.gateways.vies import Service
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry, OutboxEvent
from app.models.scope import as_service
from app.models.tax import TaxRegistration
from app.services import jobs
from app.services.tax import registrations
from app.services.tax.checking import LEASE, the_vies
from app.services.transaction import transaction
from tests.support.vies_server import HTML, FakeVies, answering, error

NUMBER = "DE136695976"
ASK = jobs.JOBS["tax_numbers_checked"]


@pytest.fixture
def fake(app: Flask) -> Iterator[FakeVies]:
    with answering() as running:
        the_vies.set(app, Service(running.url))
        yield running


def add(acme: Customer, value: str = NUMBER) -> str:
    return registrations.add(acme.customer_id, kind="eu_vat", country=value[:2], value=value, by="mem_alice").id


def row(registration_id: str) -> TaxRegistration:
    with as_service("look"):
        found = db.session.get_one(TaxRegistration, registration_id, populate_existing=True)
        db.session.expunge(found)
        return found


def events(acme: Customer) -> list[str]:
    with as_service("look"):
        kept = select(OutboxEvent.type).where(OutboxEvent.type.like("tax_registration.%"))
        return list(db.session.scalars(kept.order_by(OutboxEvent.sequence)))


@pytest.mark.both_databases
@pytest.mark.case("AC-68")
def test_a_number_is_saved_at_once_and_confirmed_afterwards(fake: FakeVies, acme: Customer) -> None:
    fake.answers({"valid": True, "name": "Acme Beispiel GmbH"})
    made = add(acme)
    assert (row(made).state, fake.asked) == ("pending", [])
    assert ASK(10) == 1
    found = row(made)
    assert (found.state, found.why, found.name) == ("verified", "", "Acme Beispiel GmbH")
    assert found.verified_at is not None and found.check_at is not None
    assert events(acme) == ["tax_registration.verified"]
    with as_service("look"):
        actions = select(AuditEntry.action).where(AuditEntry.subject == made).order_by(AuditEntry.at, AuditEntry.id)
        assert list(db.session.scalars(actions)) == ["tax_registration.added", "tax_registration.checked"]
    assert ASK(10) == 0
    assert len(fake.asked) == 1


@pytest.mark.case("AC-68")
@pytest.mark.parametrize(
    "says",
    [error("MS_UNAVAILABLE"), error("IP_BLOCKED"), HTML, (503, HTML), (429, HTML), {"valid": False, "userError": "TIMEOUT"}],
    ids=["member state", "blocked", "a page", "unavailable", "too many", "an outage as an answer"],
)  # fmt: skip
def test_an_outage_is_a_state_and_is_asked_out(fake: FakeVies, acme: Customer, says: object) -> None:
    fake.answers(says, {"valid": True})  # type: ignore[arg-type]
    started = clock.now()
    with clock.at(started):
        made = add(acme)
        ASK(10)
    assert (row(made).state, row(made).why, events(acme)) == ("unavailable", "no_answer", [])
    with clock.at(started + timedelta(seconds=30)):
        ASK(10)
    assert row(made).state == "unavailable"
    with clock.at(started + timedelta(minutes=2)):
        assert ASK(10) == 1
    assert (row(made).state, events(acme)) == ("verified", ["tax_registration.verified"])


@pytest.mark.case("AC-68")
def test_a_service_that_changes_its_mind_changes_the_state_and_an_outage_does_not(
    fake: FakeVies, acme: Customer
) -> None:
    started = clock.now()
    said: list[tuple[timedelta, object, str]] = [
        (timedelta(0), {"valid": False}, "unverified"),
        (timedelta(days=1), {"valid": True}, "verified"),
        (timedelta(days=31), error("MS_UNAVAILABLE"), "verified"),
        (timedelta(days=31, minutes=2), {"valid": False}, "unverified"),
        (timedelta(days=62), (503, HTML), "unverified"),
        (timedelta(days=63), {"valid": True}, "verified"),
    ]
    with clock.at(started):
        made = add(acme)
    for wait, says, state in said:
        fake.answers(says)  # type: ignore[arg-type]
        with clock.at(started + wait):
            ASK(10)
        assert row(made).state == state, wait
    names = [f"tax_registration.{each}" for each in ("rejected", "verified", "rejected", "verified")]
    assert (events(acme), len(fake.asked)) == (names, 6)


def test_one_who_blocks_us_is_asked_no_more_in_this_round_and_a_slow_state_keeps_no_other_waiting(
    fake: FakeVies, acme: Customer
) -> None:
    first, second = add(acme), add(acme, "FR40303265045")
    fake.answers((429, HTML))
    ASK(10)
    assert (len(fake.asked), row(second).state) == (1, "pending")
    fake.answers(error("MS_UNAVAILABLE"), {"valid": True})
    with clock.at(clock.now() + timedelta(minutes=2)):
        ASK(10)
    assert {row(first).state, row(second).state} == {"unavailable", "verified"}


@pytest.mark.case("AC-69")
def test_a_number_that_is_removed_is_asked_about_no_more_and_may_come_again(fake: FakeVies, acme: Customer) -> None:
    made = add(acme)
    registrations.remove(acme.customer_id, made, by="mem_alice")
    assert (ASK(10), fake.asked, row(made).removed_by) == (0, [], "mem_alice")
    with pytest.raises(NotFound):
        registrations.remove(acme.customer_id, made, by="mem_alice")
    again = add(acme)
    assert again != made
    with pytest.raises(Refused, match="in the list already"):
        add(acme)
    with as_service("look"):
        assert [each.id for each in registrations.listed(acme.customer_id)] == [again]


def test_a_worker_that_dies_over_a_question_leaves_it_due_when_its_lease_is_over(
    fake: FakeVies, acme: Customer
) -> None:
    started = clock.now()
    with clock.at(started):
        made = add(acme)
        the_answer, fake.says[:] = fake.says[:], []  # the answer never comes: the handler breaks off
        ASK(10)
        fake.says[:] = the_answer
    assert row(made).state == "unavailable"
    with as_service("a killed worker's claim"), transaction() as session:
        held = session.get_one(TaxRegistration, made)
        held.check_at, held.tries = started + LEASE, held.tries + 1
    with clock.at(started + LEASE - timedelta(seconds=1)):
        assert ASK(10) == 0
    with clock.at(started + LEASE):
        assert ASK(10) == 1
    assert row(made).state == "verified"


def test_what_nobody_confirms_stays_unverified_and_is_never_asked(fake: FakeVies, acme: Customer) -> None:
    made = [
        registrations.add(acme.customer_id, kind=kind, country=country, value=value, by="mem_alice").id
        for kind, country, value in (
            ("us_ein", "US", "91-1144442"),
            ("other", "SG", "M90312345A"),
            ("eu_oss_vat", "EU", "EU372022452"),
        )
    ]
    assert (ASK(10), fake.asked) == (0, [])
    assert [(row(each).state, row(each).why) for each in made] == [
        ("unverified", "no_service"),
        ("unverified", "unknown_form"),
        ("unverified", "for_shops"),
    ]


def test_there_are_so_many_numbers_and_no_more(fake: FakeVies, acme: Customer) -> None:
    for index in range(registrations.MOST):
        registrations.add(acme.customer_id, kind="other", country="DE", value=f"number {index}", by="mem_alice")
    with pytest.raises(Refused, match="Remove one first"):
        add(acme)


def test_an_answer_about_a_number_that_was_removed_meanwhile_is_let_be(
    app: Flask, fake: FakeVies, acme: Customer
) -> None:
    made = add(acme)

    def removes() -> None:
        with app.app_context():
            registrations.remove(acme.customer_id, made, by="mem_alice")

    fake.meanwhile = removes
    assert (ASK(10), row(made).state, events(acme)) == (0, "pending", [])


def test_an_answer_that_comes_after_a_newer_question_is_let_be(app: Flask, fake: FakeVies, acme: Customer) -> None:
    made = add(acme)

    def asks_too() -> None:
        with app.app_context(), as_service("a second worker, after the lease"), transaction() as session:
            session.get_one(TaxRegistration, made).tries += 1

    fake.meanwhile = asks_too
    fake.answers({"valid": False})
    assert (ASK(10), row(made).state, events(acme)) == (0, "pending", [])
