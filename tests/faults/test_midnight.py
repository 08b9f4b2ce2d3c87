"""The day of a limit begins and ends at 00:00:00 UTC on any host, and each notice of a day is given once (AC-52, AC-53).

Each doing is a real process with its own `TZ`; its clock is the injected one, so that midnight comes when it is told to.
On PostgreSQL the process' sessions are in that zone too (`PGTZ`).
"""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.config import Settings
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import BalanceDay
from app.models.scope import as_service
from tests.support import spend
from tests.support.databases import environment
from tests.support.server import ROOT

LIMIT = 5_000_000
SECOND = timedelta(seconds=1)
DAYS = [
    # The host's zone, its offset just before midnight UTC, and the midnight: days on which its clocks are changed too.
    ("Etc/GMT+12", "-1200", "2026-11-21"),
    ("Pacific/Kiritimati", "+1400", "2026-11-21"),
    ("Europe/Berlin", "+0200", "2026-10-25"),
    ("America/New_York", "-0400", "2026-11-01"),
]


@pytest.fixture
def acme(catalog: str) -> Customer:
    """Acme, a customer since August, with credit and a daily limit of $5.00."""
    made = spend.since_august()
    spend.chooses(made, "5")
    return made


def does(settings: Settings, zone: str, *steps: list[Any], kill_at: int = 0) -> list[Any]:
    """Do the steps in a process on a host in that zone; return its answers."""
    command = [sys.executable, "-m", "tests.faults.day_turner", str(kill_at), json.dumps(steps)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(settings, TZ=zone, PGTZ=zone), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == (-9 if kill_at else 0) or (kill_at and done.returncode == 0), done.stderr[-3000:]
    return [json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("answer ")]


def used(customer: Customer) -> dict[str, int]:
    with as_service("test"):
        rows = db.session.execute(
            select(BalanceDay.day, BalanceDay.used_micros).where(
                BalanceDay.customer_id == customer.customer_id, BalanceDay.used_micros > 0
            )
        ).all()
    return {day.isoformat(): micros for day, micros in rows}


@pytest.mark.case("AC-52")
@pytest.mark.fault("T2", "T3")
@pytest.mark.parametrize(("zone", "offset", "midnight"), DAYS)
def test_the_day_turns_at_midnight_utc_on_any_host(
    app: Flask, settings: Settings, acme: Customer, zone: str, offset: str, midnight: str
) -> None:
    turn = datetime.fromisoformat(f"{midnight}T00:00:00+00:00")
    customer = acme.customer_id
    before, last, at, after = (
        each.isoformat() for each in (turn - SECOND, turn - timedelta(microseconds=1), turn, turn + SECOND)
    )
    answers = does(
        settings,
        zone,
        [before, "zone"],
        [before, "asks", customer, "a", LIMIT],
        [before, "works"],
        [last, "asks", customer, "b", 1],
        [last, "works"],
        [at, "asks", customer, "c", LIMIT],
        [at, "works"],
        [after, "asks", customer, "d", 1],
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
    assert used(acme) == {yesterday: LIMIT, midnight: LIMIT}
    assert sorted(spend.given(acme)) == sorted(
        [("daily_limit", yesterday), ("daily_limit_reset", yesterday), ("daily_limit", midnight)]
    )
    assert [event for event, _data in spend.events(acme)] == [
        "spend.daily_limit_reached",
        "spend.daily_limit_reset",
        "spend.daily_limit_reached",
    ]
    assert [template for template, _to in spend.mailed(acme)] == ["spend_limit"] * 2


@pytest.mark.case("AC-52")
def test_hosts_in_different_zones_share_one_day(app: Flask, settings: Settings, acme: Customer) -> None:
    moments = ["2026-11-21T00:00:00+00:00", "2026-11-21T11:59:59+00:00", "2026-11-21T23:59:59.999999+00:00"]
    zones = ["Pacific/Kiritimati", "America/New_York", "Etc/GMT+12"]
    for moment, zone in zip(moments, zones, strict=True):
        does(settings, zone, [moment, "asks", acme.customer_id, zone, 2_000_000])
    assert used(acme) == {"2026-11-21": 4_000_000}


@pytest.mark.case("AC-53")
@pytest.mark.fault("Q1")
def test_one_notice_a_day_whatever_dies_and_is_started_again(app: Flask, settings: Settings, acme: Customer) -> None:
    spend.chooses(acme, "5", "4")
    noon, next_noon = (datetime(2026, 11, day, 12, tzinfo=UTC) for day in (20, 21))
    does(settings, "UTC", [noon.isoformat(), "reports", acme.customer_id, "all of it", 12_500])
    for moment in range(1, 8):
        when = (noon + moment * SECOND).isoformat()
        does(settings, "UTC", [when, "works"], [when, "works"], kill_at=moment)
    later = (noon + timedelta(minutes=10)).isoformat()  # a mail in a dead worker's hand waits for its lease
    does(
        settings,
        "UTC",
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
def test_four_workers_at_the_same_moment_tell_it_once(app: Flask, settings: Settings, acme: Customer) -> None:
    spend.chooses(acme, "5", "4")
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC).isoformat()
    does(settings, "UTC", [noon, "reports", acme.customer_id, "all", 12_500])
    command = [sys.executable, "-m", "tests.faults.day_turner", "0", json.dumps([[noon, "works"]] * 5)]
    crew = [subprocess.Popen(command, cwd=ROOT, env=environment(settings), stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [each.wait(120) for each in crew] == [0] * 4
    assert sorted(spend.given(acme)) == [("daily_limit", "2026-11-21"), ("daily_threshold", "2026-11-21")]
    assert len(spend.events(acme)) == len(spend.mailed(acme)) == 2
