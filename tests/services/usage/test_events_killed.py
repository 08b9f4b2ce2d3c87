"""The same events from eight processes, with retries, some killed with SIGKILL: each is counted once (I17)."""

import json
import os
import random
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.config import Settings
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.models.usage import Spending, UsageEvent, UsageEventKey, UsageSubject, UsageTotal
from app.services.verification.verify import verify
from tests.support import meters, programs
from tests.support.databases import environment
from tests.support.worker_crew import BAD, TIMEOUT

WORKERS, EVENTS, CONTESTED, BATCH = 8, 160, 12, 10
Event = list[Any]


def plan(number: int, customers: list[Customer]) -> list[list[Event]]:
    """Return a worker's batches: every event there is, in an order of its own, some twice.

    The contested ids say one thing where the worker's number is even, and another where it is odd.
    """
    chance = random.Random(number)  # noqa: S311  # the same plan on every run
    events: list[Event] = []
    for index in range(EVENTS):
        owner = customers[index % len(customers)].customer_id
        if index % 2:
            events.append([f"users-{index}", owner, "users", 1, f"subject-{index % 30}"])
        else:
            events.append([f"requests-{index}", owner, "requests", 1000 + index, ""])
    events += [
        [f"contested-{index}", customers[0].customer_id, "runs" if number % 2 else "requests", 1, ""]
        for index in range(CONTESTED)
    ]
    events += chance.sample(events, 20)
    chance.shuffle(events)
    return [events[begin : begin + BATCH] for begin in range(0, len(events), BATCH)]


def reported(settings: Settings, plans: list[list[list[Event]]], kills: list[list[int]]) -> tuple[list[Any], int]:
    """Let the workers report, and return their answers and how many were killed."""
    work = json.dumps({"workers": plans, "kills": kills})
    crew = programs.run("tests.programs.reporter", env=environment(settings), said=work, timeout=TIMEOUT)
    assert crew.returncode == 0, crew.said[-5000:]
    lines = crew.said.splitlines()
    assert [line for line in lines if any(each in line for each in BAD)] == []
    return [json.loads(line) for line in lines if line.startswith("[")], json.loads(lines[-1])["killed"]


def test_the_same_events_from_eight_processes_and_killed_ones_are_counted_once(app: Flask, settings: Settings) -> None:
    meters.apply()
    customers = [meters.customer(name) for name in ("Acme", "Globex", "Initech")]
    plans = [plan(number, customers) for number in range(WORKERS)]
    chance = random.Random(os.environ["CRASH_SEED"])  # noqa: S311  # played again with the same seed
    kills = [[chance.randrange(WORKERS), index + chance.randint(0, 1)] for index in range(6)]

    answers, killed = reported(settings, plans, kills)

    assert killed, "nobody was killed: the test would show less than it says"
    with as_service("look at every row"):
        events = db.session.execute(
            sa.select(UsageEvent.id, UsageEvent.customer_id, UsageEvent.meter, UsageEvent.quantity, UsageEvent.subject)
        ).all()
        keys = db.session.scalar(sa.select(sa.func.count()).select_from(UsageEventKey))
        subjects = db.session.scalar(sa.select(sa.func.count()).select_from(UsageSubject))
        quantities = db.session.execute(sa.select(UsageTotal.meter, UsageTotal.quantity, UsageTotal.micros)).all()
        waiting = db.session.scalar(sa.select(sa.func.sum(Spending.unposted_micros)))
    once = {event[0] for batch in plans[0] for event in batch}
    assert sorted(event.id for event in events) == sorted(once)
    assert keys == len(once) == EVENTS + CONTESTED
    requests = [event.quantity for event in events if event.meter == "requests"]
    assert sum(row.quantity for row in quantities if row.meter == "requests") == sum(requests)
    seen = {(event.customer_id, event.subject) for event in events if event.meter == "users"}
    assert sum(row.quantity for row in quantities if row.meter == "users") == len(seen) == subjects
    assert waiting == sum(row.micros for row in quantities)
    contested_ids_went_to_one_side(answers, {event.id: event.meter for event in events})
    assert verify() == []


def contested_ids_went_to_one_side(answers: list[Any], meter_of: dict[str, str]) -> None:
    """Whoever said what was counted heard so; whoever said anything else was refused each time."""
    heard: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for number, ends in answers:
        for event_id, reason in ends:
            heard[event_id, bool(number % 2)].add(reason)
    for (event_id, is_odd), reasons in heard.items():
        agrees = not event_id.startswith("contested") or (meter_of[event_id] == "runs") == is_odd
        assert reasons == ({""} if agrees else {"id_reused"}), event_id
