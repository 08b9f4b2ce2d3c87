"""The Python client against the running portal, as a host uses it."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.domain.money import MICROS, Credits
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.access import api_keys
from app.services.ledger import grants
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support.ports import free_port
from tests.support.server import ROOT, Server
from tests.support.worker import until

LASTED = timedelta(minutes=6)
"""Longer than a lease asks for."""


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The client, as it is installed beside a host."""
    monkeypatch.syspath_prepend(str(ROOT / "clients" / "python"))
    import purser_client

    purser_client.Purser.__init__.__kwdefaults__["timeout"] = 60  # a busy machine is no fault of the portal's
    yield purser_client
    for name in [name for name in sys.modules if name.startswith("purser_client")]:
        del sys.modules[name]


@pytest.fixture
def key(app: Flask, acme: Customer) -> str:
    """A key of the seller's; Acme has 10.00, and 50.00 that it may use below zero."""
    credit = Credits(10 * MICROS)
    grants.give(acme.customer_id, kind="promotional", credits=credit, granted_by="test", reason="Test")
    return api_keys.create("host", ["all"])[1]


def test_a_host_asks_captures_reports_and_leases(
    library: ModuleType, key: str, live_server: Server, acme: Customer
) -> None:
    purser = library.Purser(live_server.url, key)

    answer = purser.authorize("acme", meter="requests", quantity=5_000, key="job-1")
    assert (answer.allowed, answer.credits, answer.available_to_use) == (True, Decimal(2), Decimal(58))
    assert purser.authorize("acme", meter="requests", quantity=5_000, key="job-1") == answer
    taken = purser.capture(answer.authorization, quantity=2_000)
    assert (taken.state, taken.credits_used) == ("captured", Decimal("0.8"))
    assert purser.capture(answer.authorization, quantity=2_000) == taken  # an answer that was lost is asked for again

    event = {"id": "one", "customer": "acme", "meter": "requests", "quantity": 500}
    assert purser.report([event]).accepted == 1
    assert purser.report([event]).duplicates == 1
    with pytest.raises(library.Refused) as refusal:
        purser.capture(answer.authorization, quantity=1)
    assert (refusal.value.status, refusal.value.reason) == (409, "authorization_captured")

    with library.Lease(purser, "acme", credits=Decimal(5)) as lease, ThreadPoolExecutor(4) as threads:
        spent = list(threads.map(lambda _: lease.spend(Decimal("0.5")), range(24)))
        assert spent == [True] * 24
        assert Decimal(purser.balance(acme.customer_id)["held"]) == 5
    balance = purser.balance(acme.customer_id)
    assert (Decimal(balance["held"]), Decimal(balance["available_to_use"])) == (0, 47)

    with library.Lease(purser, "acme", meter="requests", quantity=100_000, pause=60) as lease:
        assert lease.spend(10)
        assert not lease.spend(10_000_000)
        assert lease.refusal.reason == "insufficient_credits"
        assert not lease.spend(1)  # asked again only after the pause
    assert Decimal(purser.balance(acme.customer_id)["available_to_use"]) == Decimal("46.996")
    assert verify() == []


def test_a_lease_takes_what_is_left_and_never_more(
    library: ModuleType, key: str, live_server: Server, acme: Customer
) -> None:
    purser = library.Purser(live_server.url, key)
    with library.Lease(purser, "acme", credits=Decimal(25), pause=0) as lease:
        spent = sum(lease.spend(7) for _ in range(12))
    assert spent == 8  # 56 of the 60 there are
    balance = purser.balance(acme.customer_id)
    assert (Decimal(balance["held"]), Decimal(balance["available_to_use"])) == (0, 4)


def test_what_a_lease_spent_is_charged_before_its_hold_expires_though_nothing_is_spent_any_more(
    library: ModuleType, key: str, live_server: Server, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    purser = library.Purser(live_server.url, key)
    lease = library.Lease(purser, "acme", credits=Decimal(5), ttl_seconds=60)
    monkeypatch.setattr(sys.modules["purser_client.lease"], "MARGIN", 59.9)  # all but a moment of it
    assert lease.spend(3)
    until(lambda: _stands(purser, acme) == (0, 57))
    assert lease.write_off() == 0  # nothing is left to be charged
    with as_service("look at the hold"):
        assert db.session.scalars(select(Authorization.state)).all() == ["captured"]


@pytest.mark.parametrize("meter", [None, "requests"])
def test_what_a_lease_spent_is_charged_once_when_its_hold_is_over(
    library: ModuleType,
    key: str,
    live_server: Server,
    acme: Customer,
    meter: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    purser = library.Purser(live_server.url, key)
    block = {"credits": Decimal(5)} if meter is None else {"meter": meter, "quantity": 10_000}
    lease = _overdue(library, purser, block, 3 if meter is None else 7_500, monkeypatch)
    _lose_the_next_answer(library, purser, monkeypatch)
    with pytest.raises(library.Unavailable):
        lease.settle()
    assert lease.spend(1)  # what was lost is asked for again, and charged before anything else is spent
    lease.settle()
    lease.settle()
    assert _stands(purser, acme) == (0, 56 if meter is None else Decimal("56.9996"))
    assert verify() == []


def test_what_a_lease_spent_and_nobody_lets_it_charge_is_kept_and_named(
    library: ModuleType, key: str, live_server: Server, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    purser = library.Purser(live_server.url, key)
    lease = _overdue(library, purser, {"credits": Decimal(5)}, 3, monkeypatch)
    _set_standing(acme, "suspended")
    for _ in range(2):
        with pytest.raises(library.NotCharged) as problem:
            lease.settle()
        rejected = problem.value
        assert (rejected.customer, rejected.meter, rejected.amount, rejected.reason) == ("acme", None, 3, "suspended")
        assert not lease.spend(1)
        assert lease.refusal.reason == "suspended"
    _set_standing(acme, "good")
    lease.settle()
    assert _stands(purser, acme) == (0, 57)
    lease = _overdue(library, purser, {"credits": Decimal(5)}, 3, monkeypatch)
    assert lease.write_off() == 3
    lease.settle()
    assert sum(_stands(purser, acme)) == 57


def _overdue(
    library: ModuleType, purser: Any, block: dict[str, Any], amount: int, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Return a lease whose hold is over, with what was spent of it not captured: its process was asleep."""
    monkeypatch.setattr(sys.modules["purser_client.lease"], "MARGIN", -60.0)
    lease = library.Lease(purser, "acme", pause=0, **block)
    assert lease.spend(amount)
    with as_service("let its time pass"), transaction() as session:
        for hold in session.scalars(select(Authorization).where(Authorization.state == "held")):
            hold.created_at, hold.expires_at = hold.created_at - LASTED, hold.expires_at - LASTED
    return lease


def _lose_the_next_answer(library: ModuleType, purser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next authorization happen, and its answer get lost on the way."""
    call, lost = purser.call, []

    def losing(method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        said = call(method, path, *args, **kwargs)
        if path == "/authorizations" and not lost:
            lost.append(said)
            raise library.Unavailable("lost")
        return said

    monkeypatch.setattr(purser, "call", losing)


def _set_standing(customer: Customer, standing: str) -> None:
    with as_service("suspend a customer, or no longer"), transaction() as session:
        session.execute(update(Customer).where(Customer.customer_id == customer.customer_id).values(standing=standing))


def _stands(purser: Any, customer: Customer) -> tuple[Decimal, Decimal]:
    balance = purser.balance(customer.customer_id)
    return Decimal(balance["held"]), Decimal(balance["available_to_use"])


def test_with_purser_away_the_answer_is_no(library: ModuleType) -> None:
    purser = library.Purser(f"http://127.0.0.1:{free_port()}", "sk_none", timeout=1)
    answer = purser.authorize("acme", credits=Decimal(1))
    assert (answer.allowed, answer.reason) == (False, "unavailable")
    with pytest.raises(library.Unavailable):
        purser.capture("hold_00000000000000000000000000")
    lease = library.Lease(purser, "acme", credits=Decimal(1))
    assert not lease.spend(1)
    assert lease.refusal.reason == "unavailable"
