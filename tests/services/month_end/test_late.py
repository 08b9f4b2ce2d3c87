"""A month that cannot be run is tried less and less often, holds nobody up, and is shown to the seller."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from structlog.testing import capture_logs

from app import clock
from app.services.verification.verify import verify
from tests.api.test_metrics import samples
from tests.services.test_poisoned import poison
from tests.support import plans
from tests.support.client import outside_contexts
from tests.support.databases import Database
from tests.support.months import at, begins, runs
from tests.support.plans import BEGIN

JULY = at(2027, 7, 1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def mend(database: Database) -> None:
    engine = create_engine(database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        wanted = "select name from sqlite_master where type = 'trigger' and name like 'poison_%'"
        for name in connection.scalars(text(wanted)).all():
            connection.execute(text(f"drop trigger {name}"))
    engine.dispose()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_month_that_cannot_be_run_is_tried_less_and_less_and_run_once_it_can_be(
    app: Flask, database: Database
) -> None:
    bad = begins(BEGIN, "team")
    runs(BEGIN)
    poison(database, f"new.customer_id = '{bad.customer_id}'")
    with capture_logs() as logs:
        assert [runs(JULY + number * MINUTE) for number in range(120)] == [0] * 120
    tries = [each["customer"] for each in logs if each["event"] == "month_not_run"]
    assert 8 <= len(tries) <= 16 and set(tries) == {bad.customer_id}
    mend(database)
    assert (runs(JULY + 4 * HOUR), len(plans.invoices(bad)), verify()) == (1, 2, [])
    poison(database, f"new.customer_id = '{bad.customer_id}'")
    with capture_logs() as logs:
        runs(at(2027, 8, 1))
    assert [each["tries"] for each in logs if each["event"] == "month_left_alone"] == [1]


def test_who_has_failed_is_kept_out_of_those_that_are_run_together(app: Flask, database: Database) -> None:
    bad, *good = (begins(BEGIN, "team") for _each in range(3))
    runs(BEGIN)
    day_later = [begins(BEGIN + DAY, "team") for _each in range(2)]
    runs(BEGIN + DAY)
    poison(database, f"new.customer_id = '{bad.customer_id}'")
    assert runs(JULY) == len(good)
    with capture_logs() as logs:
        assert runs(JULY + DAY) == len(day_later)
    failed = [each["event"] for each in logs if each["log_level"] == "error"]
    assert failed == ["month_not_run"], "those of this day were run together, and it was not among them"
    assert [len(plans.invoices(each)) for each in (bad, *good, *day_later)] == [1, 2, 2, 2, 2]


def test_a_month_that_is_late_is_shown_by_a_command_and_counted(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    found = list[tuple[float, str, str]]()
    for moment in (JULY + HOUR - MINUTE, JULY + HOUR):
        with clock.at(moment), outside_contexts():
            said = app.test_cli_runner().invoke(args=["portal", "late-months"])
            late = samples(app.test_client().get("/metrics").text)["purser_months_late",]
        found.append((late, said.stdout, said.stderr))
    assert found == [
        (0, "", "No month is late.\n"),
        (1, f"{acme.customer_id}  Month Ltd  2027-07-01T00:00:00+00:00\n", ""),
    ]
