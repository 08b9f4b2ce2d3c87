"""The day of a limit begins and ends at 00:00:00 UTC on any host, and each notice of a day is given once (AC-52, AC-53).

Each doing is a real process on a machine with its own `TZ`; its clock is the injected one, so that midnight comes when it is
set to. On PostgreSQL the process' sessions are in that zone too (`PGTZ`).
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from sqlalchemy import select

from app.config import Settings
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import BalanceDay
from app.models.scope import as_service
from tests.support import programs, spend
from tests.support.api import api_for
from tests.support.databases import environment
from tests.support.server import serving

LIMIT = 5_000_000
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
DAYS = [
    # The host's zone, its offset just before midnight UTC, and the midnight: days on which its clocks are changed too.
    ("Europe/Berlin", "+0200", "2026-10-25"),
    ("America/New_York", "-0400", "2026-11-01"),
    ("Etc/GMT+12", "-1200", "2026-11-21"),
    ("Pacific/Kiritimati", "+1400", "2026-11-21"),
]


@pytest.fixture
def acme(catalog: str) -> Customer:
    """Acme, a customer since August, with credit and a daily limit of $5.00."""
    return limited("Acme")


def limited(name: str) -> Customer:
    made = spend.since_august(name)
    spend.chooses(made, "5")
    return made


class Machine:
    """A host's machine, on which processes do what they are sent."""

    def __init__(self, process: programs.Program, log: Path) -> None:
        self._process, self._log = process, log
        self._is_ready = False

    def does(self, *steps: list[Any], kill_at: int = 0, many: int = 1) -> list[Any]:
        """Do the steps in a process, or in so many at once; return their answers."""
        assert self._process.stdin is not None
        if not self._is_ready:
            self._is_ready = self._reads() == "ready"
        print(json.dumps([kill_at, many, steps]), file=self._process.stdin, flush=True)
        answers = []
        while (word := self._reads()).startswith("answer "):
            answers.append(json.loads(word.removeprefix("answer ")))
        ended = json.loads(word.removeprefix("over "))
        assert ended in ([0] * many, [-9 if kill_at else 0] * many), self._log.read_text()[-3000:]
        return answers

    def _reads(self) -> str:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            if line.startswith(("ready", "answer ", "over ")):
                return line.rstrip()
        raise AssertionError(self._log.read_text()[-3000:])


@contextmanager
def machines(settings: Settings, directory: Path, *zones: str) -> Iterator[list[Machine]]:
    """Let a machine run in each of the zones inside the block, all started at once."""
    with ExitStack() as stack:
        running = []
        for number, zone in enumerate(zones):
            log = directory / f"machine-{number}.log"
            environ = environment(settings, TZ=zone, PGTZ=zone)
            errors = stack.enter_context(log.open("wb"))
            process = programs.start("tests.programs.day_turner", env=environ, errors=errors)
            stack.callback(process.communicate)
            stack.callback(process.kill)
            running.append(Machine(process, log))
        yield running


def used(customer: Customer) -> dict[str, int]:
    with as_service("test"):
        rows = db.session.execute(
            select(BalanceDay.day, BalanceDay.used_micros).where(
                BalanceDay.customer_id == customer.customer_id, BalanceDay.used_micros > 0
            )
        ).all()
    return {day.isoformat(): micros for day, micros in rows}


def midnight_comes(machine: Machine, customer: Customer, offset: str, midnight: str) -> None:
    """Let a midnight come to the machine, and see that the customer's day ends then, to the microsecond."""
    turn = datetime.fromisoformat(f"{midnight}T00:00:00+00:00")
    before, last, at, after = (each.isoformat() for each in (turn - SECOND, turn - TICK, turn, turn + SECOND))
    answers = machine.does(
        [before, "zone"],
        [before, "asks", customer.customer_id, "a", LIMIT],
        [before, "works"],
        [last, "asks", customer.customer_id, "b", 1],
        [last, "works"],
        [at, "asks", customer.customer_id, "c", LIMIT],
        [at, "works"],
        [after, "asks", customer.customer_id, "d", 1],
        [after, "works"],
    )
    assert answers[0] == offset
    asked = [each for each in answers[1:] if isinstance(each, list)]
    assert asked == [
        [True, "", None],
        [False, "daily_limit", 1],
        [True, "", None],
        [False, "daily_limit", 86_399],
    ]
    yesterday = (turn - SECOND).date().isoformat()
    assert used(customer) == {yesterday: LIMIT, midnight: LIMIT}
    assert sorted(spend.given(customer)) == sorted(
        [("daily_limit", yesterday), ("daily_limit_reset", yesterday), ("daily_limit", midnight)]
    )
    assert [event for event, _data in spend.events(customer)] == [
        "spend.daily_limit_reached",
        "spend.daily_limit_reset",
        "spend.daily_limit_reached",
    ]
    assert [template for template, _to in spend.mailed(customer)] == ["spend_limit"] * 2


@pytest.mark.case("AC-52")
@pytest.mark.fault("T2", "T3")
def test_the_day_turns_at_midnight_utc_on_any_host_and_is_one_for_all(
    app: Flask, settings: Settings, acme: Customer, tmp_path: Path
) -> None:
    with machines(settings, tmp_path, *(zone for zone, _offset, _midnight in DAYS)) as running:
        for machine, (zone, offset, midnight) in zip(running, DAYS, strict=True):
            midnight_comes(machine, limited(zone), offset, midnight)
        times = [
            "2026-11-21T00:00:00",
            "2026-11-21T11:59:59",
            "2026-11-21T12:00:00",
            "2026-11-21T23:59:59.999999",
        ]
        for key, (machine, moment) in enumerate(zip(running, times, strict=True)):
            machine.does([f"{moment}+00:00", "asks", acme.customer_id, str(key), 1_000_000])
    assert used(acme) == {"2026-11-21": 4_000_000}


@pytest.mark.case("AC-52")
@pytest.mark.fault("T2")
def test_a_web_server_answers_by_the_day_of_utc(app: Flask, settings: Settings, acme: Customer, tmp_path: Path) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    key = api_for(app).key
    zone = "Pacific/Kiritimati"
    with serving(settings, tmp_path, "tests.programs.portal_at:app", TZ=zone, PGTZ=zone) as server:

        def asks(moment: datetime, credit: str) -> list[Any]:
            body = json.dumps({"customer": acme.customer_id, "credits": credit, "capture": True}).encode()
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            request = Request(f"{server.url}/v1/authorizations", body, {**headers, "X-Now": moment.isoformat()})
            with urlopen(request, timeout=60) as answer:
                said = json.load(answer)
            return [said["allowed"], said.get("reason"), said.get("retry_after")]

        answers = [
            asks(midnight - SECOND, "5"),
            asks(midnight - TICK, "0.000001"),
            asks(midnight, "5"),
            asks(midnight + SECOND, "0.000001"),
        ]
    assert answers == [
        [True, None, None],
        [False, "daily_limit", 1],
        [True, None, None],
        [False, "daily_limit", 86_399],
    ]
    assert used(acme) == {"2026-11-20": LIMIT, "2026-11-21": LIMIT}


@pytest.mark.case("AC-53")
@pytest.mark.fault("Q1")
def test_one_notice_a_day_whatever_dies_and_is_started_again(
    app: Flask, settings: Settings, acme: Customer, tmp_path: Path
) -> None:
    spend.chooses(acme, "5", "4")
    noon, next_noon = (datetime(2026, 11, day, 12, tzinfo=UTC) for day in (20, 21))
    later = (noon + timedelta(minutes=10)).isoformat()  # a mail in a dead worker's hand waits for its lease
    with machines(settings, tmp_path, "UTC") as (machine,):
        machine.does([noon.isoformat(), "reports", acme.customer_id, "all of it", 12_500])
        for moment in range(1, 8):
            when = (noon + moment * SECOND).isoformat()
            machine.does([when, "works"], [when, "works"], kill_at=moment)
        machine.does(
            [later, "works"],
            [later, "works"],
            [next_noon.isoformat(), "reports", acme.customer_id, "the same again", 12_500],
            [next_noon.isoformat(), "works"],
            [next_noon.isoformat(), "works"],
        )
    assert sorted(spend.given(acme)) == [
        ("daily_limit", "2026-11-20"),
        ("daily_limit", "2026-11-21"),
        ("daily_limit_reset", "2026-11-20"),
        ("daily_threshold", "2026-11-20"),
        ("daily_threshold", "2026-11-21"),
    ]
    assert sorted(event for event, _data in spend.events(acme)) == sorted(
        ["spend.daily_limit_reached", "spend.threshold_reached"] * 2 + ["spend.daily_limit_reset"]
    )
    assert sorted(template for template, _to in spend.mailed(acme)) == ["spend_limit"] * 2 + ["spend_threshold"] * 2


@pytest.mark.case("AC-53")
def test_four_workers_at_the_same_moment_send_it_once(
    app: Flask, settings: Settings, acme: Customer, tmp_path: Path
) -> None:
    spend.chooses(acme, "5", "4")
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC).isoformat()
    with machines(settings, tmp_path, "UTC") as (machine,):
        machine.does([noon, "reports", acme.customer_id, "all", 12_500])
        machine.does(*[[noon, "works"]] * 5, many=4)
    assert sorted(spend.given(acme)) == [("daily_limit", "2026-11-21"), ("daily_threshold", "2026-11-21")]
    assert len(spend.events(acme)) == len(spend.mailed(acme)) == 2
