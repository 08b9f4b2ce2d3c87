"""A hold keeps its place in the allowance and in the steps: what was captured and may still be never passes a limit."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest, Authorized
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.authorizations import expiry, holds
from app.services.balance import summary
from app.services.catalog import versions
from app.services.customers import registration
from app.services.ledger import grants
from app.services.verification.verify import verify
from tests.support import meters, spend, stepped, terms

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogs"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVE = datetime(2026, 12, 20, 23, 59, tzinfo=UTC)


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
    return numbers.remaining_credits.micros, numbers.held.micros, numbers.available_to_use.micros


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


@pytest.mark.both_databases
def test_who_has_only_the_allowance_left_is_served_until_it_is_held(app: Flask) -> None:
    with clock.at(NOON):
        acme = buyer("analytics", 1_200, plan="personal")
        assert takes(acme, 1_200 * MICROS).allowed
        first = ask(acme, "enrichments", 900)
        assert ask(acme, "enrichments", 100).allowed
        assert ask(acme, "enrichments", 1).reason == "insufficient_credits"
        assert ask(acme, "enrichments", 1, at_once=True).reason == "insufficient_credits"
        holds.release(first.id)
        assert ask(acme, "enrichments", 900, at_once=True).captured_micros == 0
        assert stands(acme) == (0, 0, 0)


@pytest.mark.both_databases
def test_a_capture_counts_its_own_hold_once_against_the_plans_limit(app: Flask) -> None:
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="capped", credit=100)  # allows 150, of which 60 are included
        assert ask(acme, "included", 90, at_once=True).allowed
        other, mine = ask(acme, "included", 20), ask(acme, "included", 30)
        with pytest.raises(Refused) as refusal:
            holds.capture(mine.id, quantity=41)
        assert refusal.value.reason == "plan_limit"
        assert holds.capture(mine.id, quantity=40).hold.captured_quantity == 40
        assert holds.capture(other.id).hold.state == "captured"
        assert ask(acme, "included", 1).reason == "plan_limit"


@pytest.mark.both_databases
def test_reported_usage_moves_what_is_held_and_passes_the_limit_by_no_more_than_it_costs_there(app: Flask) -> None:
    """A unit that is reported costs what it costs where the meter stands, and makes what is held dearer by its place."""
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="", credit=1)
        held = ask(acme, "rising", 40)  # 0.80 for the first 40
        assert stands(acme) == (MICROS, 800_000, 200_000)
        meters.accept_one(acme.customer_id, id="one", meter="rising", quantity=10)
        # The ten cost 0.20; those that are held are the 11th to the 50th now, ten of them at 0.10.
        assert stands(acme) == (800_000, 1_600_000, 0)
        assert ask(acme, "included", 100).allowed, "what costs nothing is still served"
        assert takes(acme, 1).reason == "insufficient_credits"
        assert holds.capture(held.id).micros == 1_600_000
        balance, _held, _left = stands(acme)
        assert -balance == 800_000 <= 10 * 100_000, "ten units behind the forty that were held cost 1.00"


@pytest.mark.both_databases
@pytest.mark.fault("T5")
def test_a_hold_that_outlasts_its_period_reserves_the_dearest_way_to_capture_it(app: Flask) -> None:
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="", credit=60)
        assert ask(acme, "falling", 60, at_once=True).captured_micros == 21_428_571  # 60 of 2.50 for seven
    with clock.at(EVE):
        short = ask(acme, "falling", 14, ttl_seconds=30)
        assert short.micros == MICROS, "14 of 0.50 for seven: it ends with the period"
        long = ask(acme, "falling", 14, ttl_seconds=86_400)
        assert long.micros == 5 * MICROS + 1, "the first of the next period, in two parts: 14 of 2.50 for seven"
        holds.release(short.id)
        assert stands(acme)[1] == 5 * MICROS + 1
    with clock.at(EVE.replace(day=21, hour=0)):
        assert holds.capture(long.id).micros == 5 * MICROS
        assert stands(acme)[1] == 0


@pytest.mark.both_databases
def test_another_plan_reserves_anew_what_is_held(app: Flask) -> None:
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="plenty", credit=100)
        held = ask(acme, "falling", 30)
        assert (held.micros, stands(acme)[1]) == (0, 0), "all of it is included"
        terms.gives(acme, "capped")
        assert stands(acme)[1] == 10_714_286  # 30 of 2.50 for seven
        assert holds.capture(held.id).micros == 10_714_286
        assert stands(acme)[1] == 0


@pytest.mark.both_databases
def test_holds_that_end_leave_their_place_to_the_others(app: Flask) -> None:
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="", credit=10)
        ask(acme, "rising", 40, ttl_seconds=60)
        kept = ask(acme, "rising", 40, ttl_seconds=3_600)
        assert (kept.micros, stands(acme)[1]) == (4 * MICROS, 4_800_000)
    with clock.at(NOON.replace(minute=2)):
        assert stands(acme)[1] == 800_000, "whether a job has seen it or not"
        assert expiry.expire_due() == 1
        assert stands(acme) == (10 * MICROS, 800_000, 9_200_000)
