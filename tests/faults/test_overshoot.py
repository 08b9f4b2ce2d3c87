"""Twelve processes at the edge of a limit: what is authorized never passes it; what is only reported, by how much."""

import os
import signal
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.config import Settings
from app.domain.money import MICROS
from app.models.authorizations import Authorization
from app.models.database import db
from app.models.scope import as_service
from app.models.usage import Spending
from app.services.authorizations import expiry
from app.services.verification.verify import verify
from tests.support import tiers
from tests.support.edges import EDGE, at_an_edge, spent
from tests.support.spenders import Worker, heard, send_work, spenders

NOW = datetime(2026, 11, 21, 23, 59, 30, tzinfo=UTC)
WORKERS = tiers.sample_of(4, proof=12)
ROUNDS = tiers.sample_of(dict.fromkeys(("postgresql", "sqlite"), 1), proof={"postgresql": 10, "sqlite": 3})
CALLS = tiers.sample_of(8, proof=4)
REPORTED = tiers.sample_of(1, proof=3)


@pytest.mark.both_databases
@pytest.mark.case("AC-55", "AC-44")
def test_what_is_authorized_never_passes_the_edge_and_what_is_reported_by_what_was_in_flight(
    app: Flask, settings: Settings, catalog: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds = 2 * ROUNDS[db.engine.dialect.name]
    with spenders(settings, NOW, WORKERS) as workers:
        authorized = [authorized_round(workers, number) for number in range(rounds)]
        reported = [reported_round(workers, number) for number in range(REPORTED)]
    with capsys.disabled():
        print(f"\n{db.engine.dialect.name}, {WORKERS} workers, {rounds} rounds, overshoot {max(authorized)} micros")
        print(f"reported afterwards: overshoot {max(reported) / MICROS:.2f} credits of at most {WORKERS - 1}")
    assert authorized == [0] * rounds
    assert max(reported) <= (WORKERS - 1) * MICROS  # each worker can have had one report in flight
    assert verify() == []


def authorized_round(workers: list[Worker], number: int) -> int:
    """Let all of them ask, and return by how many micros an edge was passed."""
    customer = at_an_edge(f"Edge{number}", "day" if number % 2 else "balance", NOW)
    send_work(workers, "authorize", customer, number, CALLS)
    allowed = heard(workers)
    used, held = spent(customer)
    assert used == allowed
    with as_service("test"):
        refused = (Authorization.customer_id == customer.customer_id, Authorization.state == "refused")
        assert db.session.scalar(select(func.count()).where(*refused)), "nobody came to the edge"
    return max(0, used + held - EDGE)


def reported_round(workers: list[Worker], number: int) -> int:
    """Let all of them use and report, and return by how many micros the limit was passed."""
    customer = at_an_edge(f"Report{number}", "day", NOW)
    send_work(workers, "report", customer, number, CALLS)
    reported = heard(workers)
    used, _held = spent(customer)
    assert used == reported
    return max(0, used - EDGE)


@pytest.mark.case("AC-55")
@pytest.mark.fault("A6")
def test_workers_killed_at_the_edge_leave_it_as_it_is(app: Flask, settings: Settings, catalog: str) -> None:
    with spenders(settings, NOW, 4) as workers:
        customer = at_an_edge("Edge", "day", NOW)
        send_work(workers, "authorize", customer, "killed", 200)
        for victim in workers[:2]:
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
        heard(workers[2:])
    used, held = spent(customer)
    assert 0 < used + held <= EDGE
    assert verify() == []
    with clock.at(NOW.replace(day=22, hour=1)):  # what the dead held is free once its time is over
        while expiry.expire_due():
            pass
    assert spent(customer) == (used, 0)
    with as_service("test"):
        assert db.session.get_one(Spending, customer.customer_id).held_micros == 0
    assert verify() == []
