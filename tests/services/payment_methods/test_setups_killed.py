"""The process dies (kill -9) at every moment of saving a method: it is saved on both sides afterwards, or on neither."""

import json
import signal
from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import PaymentMethod
from app.models.scope import as_customer
from app.services import jobs
from app.services.payment_methods import saved
from tests.support import cast, programs, shop
from tests.support.databases import environment

# Until the confirmation arrives at the processor nothing is saved; from then on its word counts.
UNSAVED = (
    ("before create_customer", 1),
    ("after create_customer", 1),
    ("insert into setups", 1),
    ("before begin_setup", 1),
    ("after begin_setup", 1),
    ("before confirm_setup", 1),
)
SAVED = (
    ("after confirm_setup", 1),
    ("before fetch_setup", 1),
    ("after fetch_setup", 1),
    ("insert into payment_methods", 1),
    ("insert into audit_entries", 1),
    ("before detach_method", 1),
    ("after detach_method", 1),
)


def die(settings: Settings, plans: list[list[object]]) -> list[int]:
    """Let a process die as each plan says; return how each ended."""
    work = json.dumps(plans)
    program = programs.run("tests.programs.method_saver", env=environment(settings), said=work, timeout=240)
    assert program.returncode == 0, program.said[-5000:]
    ends: list[int] = json.loads(program.said.splitlines()[-1])
    return ends


def recover() -> None:
    """Let the worker run for some minutes."""
    for minutes in (2, 5, 10, 20):
        with clock.at(clock.now() + timedelta(minutes=minutes)):
            jobs.run_due()


def both_sides(app: Flask, customer: Customer) -> tuple[list[str], list[str]]:
    """Return what is saved here and what the processor holds for the customer, by the processor's ids."""
    with as_customer(customer.customer_id):
        here = sorted(method.processor_id for method in saved.saved())
        owner = db.session.get_one(Customer, customer.customer_id).processor_customer
    there = controls.objects(app.extensions["purser.settings"], "payment_method", owner=owner) if owner else []
    return here, sorted(each["id"] for each in there if each["customer"])


@pytest.mark.fault("A2", "A3", "A4", "A5")
def test_killed_anywhere_a_first_method_is_saved_on_both_sides_or_on_neither(
    app: Flask, settings: Settings, catalog: str
) -> None:
    kills = [*UNSAVED, *SAVED[:5]]
    made = [cast.make_customer(f"Customer{number}") for number, _kill in enumerate(kills)]
    plans = [[each.customer_id, "mem_saver", shop.GOOD, *kill] for each, kill in zip(made, kills, strict=True)]
    assert die(settings, plans) == [-signal.SIGKILL] * len(kills), "each was killed"
    recover()
    found = [both_sides(app, each) for each in made]
    assert [here == there for here, there in found] == [True] * len(kills)
    assert [len(here) for here, _there in found] == [0] * len(UNSAVED) + [1] * 5


@pytest.mark.fault("A5", "A6")
def test_killed_while_a_card_is_replaced_one_of_the_two_stays_on_both_sides(
    app: Flask, settings: Settings, catalog: str
) -> None:
    kills = [*UNSAVED[2:], *SAVED]
    made = [cast.make_customer(f"Customer{number}") for number, _kill in enumerate(kills)]
    firsts = []
    for each, number in zip(made, range(len(made)), strict=True):
        part = cast.Part(f"Saver {number}", f"saver{number}@acme.example", cast.ALICE.role)
        firsts.append(shop.add_method(cast.make_actor(part, each)).processor_id)
    plans = [[each.customer_id, "mem_saver", shop.GOOD, *kill] for each, kill in zip(made, kills, strict=True)]
    assert die(settings, plans) == [-signal.SIGKILL] * len(kills), "each was killed"
    recover()
    found = [both_sides(app, each) for each in made]
    assert [here == there for here, there in found] == [True] * len(kills)
    assert [here == [first] for (here, _there), first in zip(found, firsts, strict=True)] == (
        [True] * len(UNSAVED[2:]) + [False] * len(SAVED)
    )
    with as_customer(made[-1].customer_id):
        assert [method.is_default for method in saved.saved()] == [True]
        assert db.session.query(PaymentMethod).count() == 2
