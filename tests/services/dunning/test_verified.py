"""`verify` holds attempts and standing to the rows: damage by hand is named."""

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, text

from app import clock
from app.services.verification.verify import verify
from tests.support import dunning, periods
from tests.support.databases import Database
from tests.support.periods import OVER, manager
from tests.support.shop import BROKE, add_method


@pytest.mark.parametrize(
    ("invariant", "statement"),
    [
        ("I32", "update collection_attempts set state = 'succeeded' where place = 0"),
        ("I32", "delete from collection_attempts where place = 0"),
        ("I32", "update collection_attempts set place = 9 where state = 'waiting'"),
        ("I32", "update collection_attempts set due_at = '2027-01-01 00:00:00.000000' where place = 0"),
        ("I31", "update customers set standing = 'good'"),
        ("I31", "update documents set state = 'uncollectible' where kind = 'invoice'"),
    ],
)
def test_damage_is_named(app: Flask, database: Database, invariant: str, statement: str) -> None:
    small = periods.customer()
    with clock.at(OVER):
        add_method(manager(small), BROKE)
    dunning.invoiced(small)
    dunning.collects()
    assert verify() == []
    engine = create_engine(database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    assert invariant in {each.invariant for each in verify(small.customer_id)}
