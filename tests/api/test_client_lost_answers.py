"""The Python client where answers are lost and hosts are killed: what was done is done once, and held for no longer than a lease."""

import os
import signal
from datetime import timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.authorizations import expiry
from app.services.verification.verify import verify
from tests.api.test_client import key, library
from tests.support import programs, shop
from tests.support.losing_proxy import losing
from tests.support.server import Server

__all__ = ["key", "library"]


@pytest.mark.parametrize("given", ["order-1", None])
def test_a_purchase_whose_answers_are_lost_is_made_once(
    app: Flask,
    library: ModuleType,
    key: str,
    live_server: Server,
    acme: Customer,
    alice_actor: Actor,
    given: str | None,
) -> None:
    shop.add_method(alice_actor)
    with losing(live_server.url, answers=2) as proxy:
        purser = library.Purser(proxy.url, key)
        purser._sleep = lambda _seconds: None
        body = {"amount": {"amount_minor": 2500, "currency": "USD"}}
        paid = purser.top_ups.buy("acme", body, key=given)
        assert paid["state"] == "succeeded"
        sent = [name for _path, name in proxy.sent]
        assert len(sent) == 3 and len(set(sent)) == 1 and sent[0] == (given or sent[0])
    assert shop.charges(app) == [2500]


def test_whatever_answer_is_lost_it_is_done_once_and_said_so(
    library: ModuleType, key: str, live_server: Server, acme: Customer
) -> None:
    with losing(live_server.url) as proxy:
        purser = library.Purser(proxy.url, key)
        purser._sleep = lambda _seconds: None

        def lost(answers: int) -> None:
            proxy.loses = answers

        lost(1)
        asked = purser.authorize("acme", credits=Decimal(5))
        assert asked.allowed
        lost(2)
        taken = purser.capture(asked.authorization, credits=Decimal(2), keep=True)
        assert (taken.state, taken.credits_used) == ("held", 2)
        lost(2)
        purser.release(asked.authorization)
        lost(2)
        event = {"id": "one", "customer": "acme", "meter": "requests", "quantity": 2_500}
        reported = purser.report([event])
        assert (reported.accepted, reported.duplicates) == (0, 1)
        lost(2)
        limits = purser.spend_management.read("acme") | {"enabled": True, "daily_limit": "60", "webhook_url": None}
        saved = purser.spend_management.replace("acme", {name: limits[name] for name in LIMITS})
        assert (saved["daily_limit"], saved["version"]) == ("60.00", 1)
        origin = {"origin": "https://app.example.com"}
        purser.frame_origins.add(origin)
        lost(2)
        purser.frame_origins.remove(**origin)
        assert purser.frame_origins.listed()["data"] == []
        balance = purser.balance("acme")
    assert (Decimal(balance["held"]), Decimal(balance["remaining_credits"])) == (0, 7)


UNSAID = 2
"""What four threads may have spent and not said yet."""
LIMITS = ("enabled", "daily_limit", "notify_threshold", "webhook_url", "version")


@pytest.mark.proof
def test_a_killed_host_loses_one_block_at_most_and_for_no_longer_than_its_lease(
    app: Flask, library: ModuleType, key: str, live_server: Server, acme: Customer
) -> None:
    purser = library.Purser(live_server.url, key)
    served = spends(live_server, key, killed_after=30)
    balance = purser.balance("acme")
    held, left = Decimal(balance["held"]), Decimal(balance["remaining_credits"])
    captured = 10 - left
    assert held in {0, 5}, "one block, or none between two"
    assert captured - UNSAID <= served <= captured + held, "what was served was promised before"
    with app.app_context(), clock.at(clock.now() + timedelta(seconds=61)):
        expiry.expire_due()
        balance = purser.balance("acme")
    assert (Decimal(balance["held"]), Decimal(balance["remaining_credits"])) == (0, left)
    # Another host spends what is left, and nobody more than there is.
    assert captured + spends(live_server, key) == 60
    assert Decimal(purser.balance("acme")["available_to_use"]) == 0
    assert verify() == []


def spends(server: Server, key: str, killed_after: int = 0) -> Decimal:
    """Let a host of four threads spend 0.5 at a time of blocks of 5, until it is killed or refused; return what it served."""
    words = (server.url, key, "acme", "0.5", "5", str(killed_after or 1_000), "settle")
    host: Any = programs.start("tests.programs.lease_spender", *words, env=os.environ)
    lines = list[str]()
    with host.stdout, host.stdin:
        for line in host.stdout:
            lines.append(line)
            if line == "done\n" or len(lines) == killed_after:
                break
        os.kill(host.pid, signal.SIGKILL)
        lines += host.stdout
    host.wait(60)
    return Decimal(lines.count("spent\n")) / 2
