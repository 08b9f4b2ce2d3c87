"""A hold keeps its place in the allowance and in the steps: what was captured and may still be never passes a limit."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.authorizations import AuthorizationRequest, Authorized
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.models.usage import Spending
from app.services.authorizations import holds
from app.services.balance import summary
from app.services.catalog import versions
from app.services.customers import registration
from app.services.ledger import grants
from app.services.verification.verify import verify
from tests.support import spend

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogs"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def proved(app: Flask) -> object:
    """Whatever a test did, the books hold."""
    yield
    assert verify() == []


def buyer(catalog: str, units: int, *, plan: str = "", text: str = "") -> Customer:
    """Return a customer of an example catalog, or of this text, with so much credit."""
    versions.apply(text or (EXAMPLES / f"{catalog}.toml").read_text())
    made = registration.create(name="Acme", email="billing@acme.example", catalog=catalog, external_id="a", plan=plan)
    grants.give(made.customer_id, kind="promotional", credits=Credits(units * MICROS), granted_by="t", reason="Test")
    return made


def ask(of: Customer, meter: str, quantity: int, **more: object) -> Authorized:
    """Ask for units of a meter."""
    return holds.authorize(AuthorizationRequest(of.customer_id, meter, quantity, **more))  # type: ignore[arg-type]


def takes(of: Customer, micros: int) -> Authorized:
    """Ask for credit and use it at once."""
    return holds.authorize(AuthorizationRequest(of.customer_id, micros=micros, at_once=True))


def stands(of: Customer) -> tuple[int, int, int]:
    """Return the balance, what is held, and what may still be used."""
    with as_customer(of.customer_id):
        numbers = summary.numbers()
        held = db.session.scalars(select(Spending.held_micros)).one()
    return numbers.remaining_credits.micros, held, numbers.available_to_use.micros


@pytest.mark.both_databases
def test_others_use_the_allowance_that_a_hold_counted_on_and_no_limit_is_passed(app: Flask) -> None:
    with clock.at(NOON):
        acme = buyer("analytics", 250_000, plan="personal")
        first = ask(acme, "enrichments", 200)
        assert (first.micros, first.available_after_micros) == (0, 250_000 * MICROS)
        second = ask(acme, "enrichments", 1_000, at_once=True)
        assert (second.captured_micros, second.available_after_micros) == (0, 10_000 * MICROS)
        assert stands(acme) == (250_000 * MICROS, 240_000 * MICROS, 10_000 * MICROS)
        assert takes(acme, 250_000 * MICROS).reason == "insufficient_credits"
        assert takes(acme, 10_000 * MICROS).allowed
        assert holds.capture(first.id).micros == 240_000 * MICROS
        assert stands(acme) == (0, 0, 0)


@pytest.mark.both_databases
def test_the_days_limit_holds_where_a_meter_has_an_allowance(app: Flask) -> None:
    text = (EXAMPLES / "gateway.toml").read_text()
    with clock.at(NOON):
        included = 'monthly = "0"\nallowances = { requests = 100000 }'
        acme = buyer("gateway", 100, text=text.replace('monthly = "0"', included, 1))
        spend.chooses(acme, "20")
        assert ask(acme, "requests", 50_000).micros == 0
        assert ask(acme, "requests", 100_000, at_once=True).available_after_micros == 0
        assert ask(acme, "requests", 1_000).reason == "daily_limit"
        assert takes(acme, 1).reason == "daily_limit"
