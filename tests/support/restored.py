"""What the tests of comparing books share."""

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from app import clock
from app.models.reversals import Reconciliation
from app.services import jobs
from app.services.reconciliation import books as reconciliation_books
from tests.support.databases import Database

MANY = 200
HOUR = timedelta(hours=1)


def books(app: Flask, wait: timedelta = timedelta(0)) -> Reconciliation:
    """Look through the books, and let the worker work on what was found."""
    with app.app_context(), clock.at(clock.now() + wait):
        look = reconciliation_books.run()
        for _ in range(2):
            jobs.run_due()
        return look


def by_hand(database: Database, statement: str) -> None:
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
