"""The hot calls over HTTP, by the front: at the edge of a limit from many hosts at once, and while web processes die."""

import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.config import Settings
from app.domain.money import MICROS
from app.models.authorizations import Authorization
from app.models.database import db
from app.models.scope import as_service
from app.models.usage import Spending, UsageEvent
from app.services.access import api_keys
from app.services.authorizations import expiry
from app.services.verification.verify import verify
from tests.support import tiers
from tests.support.edges import EDGE, at_an_edge, spent
from tests.support.hosts import Calling, Host, Portals, Sent, portals

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WEBS = 2
HOSTS, CALLS = tiers.sample_of((8, 8), proof=(32, 60))
EDGES = {"balance": "insufficient_credits", "day": "daily_limit"}
STORIES = tiers.sample_of(10, proof=60)
POINTS = ("before", "inside", "after", "from outside")
KILLS = tiers.sample_of(1, proof=3)
"""How often at each of the points."""
LONG = {"ttl_seconds": 80_000}
"""The hosts' clocks go on by what a killed request keeps its key for."""
UNIT = 400
"""Micros that a request of the example catalog costs."""


def credits_of(micros: int) -> str:
    return str(Decimal(micros) / MICROS)


def micros_of(text: str) -> int:
    return int(Decimal(text) * MICROS)


def hosts(found: Portals, many: int) -> list[Host]:
    _key, text = api_keys.create("hosts", ["usage:write"])
    return [Host(found, text, NOW, number % len(found.ports)) for number in range(many)]


def spends(host: Host, chance: random.Random, customer: str, name: str) -> int:
    """Ask for something and use it, a part of it, more than it, or nothing. Return what was used."""
    wanted = chance.randrange(1, 2 * MICROS)
    asked: dict[str, object] = {"customer": customer, "credits": credits_of(wanted)}
    if chance.random() < 0.4:
        asked = {"customer": customer, "meter": "requests", "quantity": chance.randrange(1, 5_000)}
    at_once = chance.random() < 0.4
    made = host.asks(Sent("authorizations", {**asked, "capture": at_once}, name))
    if at_once or not made["allowed"]:
        return micros_of(made["credits"]) if made["allowed"] else 0
    capture = f"authorizations/{made['authorization']}/capture"
    in_full = {"quantity": 6_000} if "meter" in asked else {"credits": credits_of(3 * MICROS)}
    match chance.randrange(4):
        case 0:
            return micros_of(host.asks(Sent(capture))["credits_used"])
        case 1:
            more = host.asks(Sent(capture, {**in_full, "keep": True}, f"{name}-more"), *EDGES.values())
            return micros_of(more["credits_used"]) if more else 0
        case 2:
            host.asks(Sent(f"authorizations/{made['authorization']}/release"))
    return 0


@pytest.mark.both_databases
@pytest.mark.case("AC-55", "AC-44")
@pytest.mark.parametrize("edge", EDGES)
def test_hosts_at_an_edge_never_pass_it(app: Flask, settings: Settings, catalog: str, edge: str) -> None:
    customer = at_an_edge("Edge", edge, NOW)

    def works(host: Host, number: int) -> int:
        chance = random.Random(f"{edge}:{number}")  # noqa: S311  # a test's dice
        return sum(spends(host, chance, customer.customer_id, f"{number}-{call}") for call in range(CALLS))

    with portals(settings) as found:
        for place in range(WEBS):
            found.start(place=place)
        crew = hosts(found, HOSTS)
        used = sum(host.ended() for host in begun(works, crew))
        asked_of_flask = found.end()
    assert spent(customer)[0] == used
    assert sum(spent(customer)) <= EDGE
    reasons = {said.get("reason") for host in crew for _sent, said in host.answers}
    assert reasons >= {None, EDGES[edge]}, "nobody came to the edge"
    assert not {"authorizations", "release"} & set(asked_of_flask), "the front let one go on"
    assert verify() == []


def begun(work: Any, crew: Sequence[Host]) -> list[Calling]:
    """Let each host do it at the same time."""
    calling = [Calling(host, work, number) for number, host in enumerate(crew)]
    for each in calling:
        each.start()
    return calling


def takes(host: Host, chance: random.Random, customer: str, name: str) -> int:
    """Use some credit in one of the ways there are, and return what it must have cost."""
    wanted, units, asked = chance.randrange(10, MICROS), chance.randrange(2, 900), "authorizations"
    match chance.randrange(6):
        case 0:
            host.asks(Sent(asked, {"customer": customer, "credits": credits_of(wanted), "capture": True}, name))
            return wanted
        case 1:
            host.asks(Sent("usage_events", {"id": name, "customer": customer, "meter": "requests", "quantity": units}))
            return UNIT * units
        case 2:
            held = host.asks(Sent(asked, {"customer": customer, "meter": "requests", "quantity": units, **LONG}, name))
            host.asks(Sent(f"{asked}/{held['authorization']}/capture"))
            return UNIT * units
        case 3:
            held = host.asks(Sent(asked, {"customer": customer, "credits": credits_of(wanted), **LONG}, name))
            part: dict[str, object] = {"credits": credits_of(wanted // 2), "keep": True}
            host.asks(Sent(f"{asked}/{held['authorization']}/capture", part, f"{name}-part"))
            return wanted // 2
        case 4:
            held = host.asks(Sent(asked, {"customer": customer, "credits": credits_of(wanted), **LONG}, name))
            host.asks(Sent(f"{asked}/{held['authorization']}/release"))
            return 0
        case _:
            host.asks(Sent(asked, {"customer": customer, "credits": credits_of(wanted), "ttl_seconds": 3600}, name))
            return 0


@pytest.mark.both_databases
@pytest.mark.case("AC-1")
@pytest.mark.fault("A1", "A6", "A7")
def test_web_processes_killed_in_their_calls_lose_nothing_and_do_nothing_twice(
    app: Flask, settings: Settings, catalog: str
) -> None:
    """Each call is sent until it is answered; at last all are sent once more, and answered as they were."""
    customers = [at_an_edge(name, "far", NOW).customer_id for name in ("Acme", "Globex")]
    points = [each for each in POINTS if each != "inside" or not settings.on_postgresql]
    dice = random.Random(os.environ["CRASH_SEED"])  # noqa: S311  # played again with the same seed

    def works(host: Host, number: int) -> int:
        chance = random.Random(f"{os.environ['CRASH_SEED']}:{number}")  # noqa: S311  # as above
        return sum(takes(host, chance, chance.choice(customers), f"{number}-{call}") for call in range(STORIES))

    with portals(settings) as found:
        plan = [(point, dice.randrange(1, 12)) for point in points for _ in range(KILLS)]
        web = found.start(*words(*plan[0]))
        crew = hosts(found, 4)
        calling, died = begun(works, crew), 0
        for (point, at), after in zip(plan, [*plan[1:], None], strict=True):
            if point == "from outside":
                waits_for(crew, calling, at)
                web.kill()
            while web.poll() is None and any(each.is_alive() for each in calling):
                calling[0].join(0.01)
            died += web.poll() is not None
            if web.poll() is None:
                break
            web = found.start(*(words(*after) if after else ()))
        used = sum(each.ended() for each in calling)
        found.kill()
        found.start()
        for host in crew:
            agrees_once_more(host)
    assert died >= tiers.sample_of(2, proof=len(plan) // 2), "hardly anybody died: this shows nothing"
    with as_service("look at every row"):
        assert db.session.scalar(select(func.sum(UsageEvent.micros))) == used
        assert db.session.scalar(select(func.sum(Spending.unposted_micros))) == used
        asked = {sent.key for host in crew for sent, _said in host.answers if sent.path == "authorizations"}
        assert db.session.scalar(select(func.count()).select_from(Authorization)) == len(asked)
    with clock.at(NOW + timedelta(days=2)):  # what is held ends
        while expiry.expire_due():
            pass
        with as_service("look at what is held"):
            assert db.session.scalar(select(func.sum(Spending.held_micros))) == 0
        assert verify() == []


def words(point: str, at: int) -> tuple[str, ...]:
    return () if point == "from outside" else (point, str(at))


def waits_for(crew: Sequence[Host], calling: Sequence[Calling], more: int) -> None:
    """Wait until so many more calls were answered, or all are done."""
    heard = sum(len(host.answers) for host in crew)
    while sum(len(host.answers) for host in crew) < heard + more and any(each.is_alive() for each in calling):
        calling[0].join(0.001)


def agrees_once_more(host: Host) -> None:
    """Send everything again, in its order; what was answered is there."""
    heard, host.answers = host.answers, []
    for sent, said in heard:
        again = host.asks(sent)
        if sent.path == "usage_events":
            assert (again["accepted"], again["duplicates"], again["rejected"]) == (0, 1, [])
        else:
            same = ("authorization", "allowed", "credits", "reason", "credits_used", "captured")
            assert {name: again.get(name) for name in same} == {name: said.get(name) for name in same}, sent
    host.answers = heard
    host.hang_up()
