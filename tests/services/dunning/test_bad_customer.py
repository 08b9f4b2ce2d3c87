"""A customer whose rows cannot be written stops no other's invoice from being collected."""

from flask import Flask

from app import clock
from app.services import jobs
from tests.services.test_poisoned import poison
from tests.support import dunning, periods
from tests.support.databases import Database
from tests.support.periods import OVER, manager, now_of
from tests.support.shop import GOOD, add_method


def test_one_that_cannot_be_collected_stops_no_other(app: Flask, database: Database) -> None:
    bad, good = periods.customer(), periods.customer()
    with clock.at(OVER):
        add_method(manager(good), GOOD)
    first, second = dunning.invoiced(bad), dunning.invoiced(good)
    poison(database, f"new.customer_id = '{bad.customer_id}'")
    with clock.at(OVER):
        jobs.JOBS["invoices_collected"](1)
    assert (now_of(first).state, now_of(second).state) == ("open", "paid")
