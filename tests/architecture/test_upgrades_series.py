"""The upgrades of what is kept as proved: by series, where it is forgotten, and with the form of its digests."""

from alembic import command
from sqlalchemy import create_engine, inspect, pool, text

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_due import ROWS, VALUES
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0064", "0066"
BEFORE_FORMS, FORMS = "0075", "0076"
MADE = {
    "transfers": "c0746c4df032",
    "usage_events": "24919f4c3cae",
    "authorizations": "687f8ae4e947",
    "outbox_events": "b84ba41a8fc1",
}
SEGMENT = """
insert into proved_segments (series, before_key, from_key, rows, parts, digest, days_before, proofs, proved_at, read_at)
values ('{}', 'b', 'a', 2, 0, 'd', '2026-11-01', 'p', :at, :at)"""
WRITTEN = (
    (
        "insert into accounts (customer_id, unit, name, balance, version, floor, debt) values (:customer, 'credits:USD', "
        "'credits', 0, 0, 0, 0)"
    ),
    (
        "insert into proved_segments (before_id, from_id, transfers, allocations, digest, days_before, proofs, proved_at, "
        "read_at) values ('txn_2', '', 1, 0, 'd', '2026-11-01', 'p', :at, :at)"
    ),
    (
        "insert into proved_accounts (customer_id, unit, name, balance, sequence, posted_micros) values (:customer, "
        "'credits:USD', 'credits', 1, 1, 0)"
    ),
    (
        "insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, quantity, "
        "micros, properties) values (:customer, 'e1', :at, '2026-11-01', :at, 1, 'requests', '', 2, 3, '{}')"
    ),
)


def test_what_was_kept_is_forgotten_and_events_stay(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), "0016")
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(text(ROWS[0]), VALUES)
    command.upgrade(configuration(empty.owner_url), BEFORE)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in WRITTEN:
            connection.execute(text(statement), VALUES)
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for table in ("proved_segments", "proved_accounts", "proved_usage"):
            assert connection.scalar(text(f"select count(*) from {table}")) == 0
        assert connection.execute(text("select id, quantity, micros from usage_events")).all() == [("e1", 2, 3)]
    indexes = {each["name"] for each in inspect(engine).get_indexes("usage_events")}
    assert ("ix_usage_events_received_at" in indexes) is (empty.kind == "postgresql")


def test_what_is_kept_stays_and_says_how_its_digests_were_made(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), BEFORE_FORMS)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        for name in MADE:
            connection.execute(text(SEGMENT.format(name)), VALUES)
    command.upgrade(configuration(empty.owner_url), FORMS)
    with engine.begin() as connection:
        kept = connection.execute(text("select series, form, digest, found_at from proved_segments")).all()
    assert sorted(tuple(each) for each in kept) == sorted((name, form, "d", None) for name, form in MADE.items())
