"""The upgrade to one form of addresses: each member keeps the mailbox, and two that have one lose nothing."""

import logging

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_corrections import BEFORE, CUSTOMER
from tests.architecture.test_upgrades_corrections import ROWS as BEFORE_ROWS
from tests.support.databases import Database

__all__ = ["empty"]
AFTER = "0055"
MEMBER = (
    "insert into members (id, email, name, theme, created_at, newsletter, location, company, time_zone, language, "
    "sessions_ended) values (:id, :email, 'Zoe', 'system', :at, false, '', '', '', '', 0)"
)
EMAILS = {
    "mem_1": ("zoe@xn--acm-dma.example", "zoe@acmé.example"),
    "mem_2": ("max@müll.example", "max@müll.example"),
    "mem_3": ("max@xn--mll-hoa.example", "max@xn--mll-hoa.example"),
    "mem_4": ("xn--@acme.example", "xn--@acme.example"),
    "mem_5": ("a@xn--n3h.example", "a@xn--n3h.example"),
}


def test_a_host_beyond_ascii_is_kept_as_people_write_it(empty: Database, caplog: pytest.LogCaptureFixture) -> None:
    engine, at = create_engine(empty.owner_url, poolclass=pool.NullPool), "2026-11-01 00:00:00"
    command.upgrade(configuration(empty.owner_url), BEFORE)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(text(BEFORE_ROWS[0]), {"customer": CUSTOMER, "at": at})
    command.upgrade(configuration(empty.owner_url), "0054")
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(text("update customers set email = 'billing@xn--acm-dma.example'"))
        for key, (before, _after) in EMAILS.items():
            connection.execute(text(MEMBER), {"id": key, "email": before, "at": at})
    with caplog.at_level(logging.WARNING):
        command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        assert connection.scalar(text("select email from customers")) == "billing@acmé.example"
        found = dict(connection.execute(text("select id, email from members")).all())  # type: ignore[arg-type]
        assert found == {key: after for key, (_before, after) in EMAILS.items()}
    if empty.kind == "postgresql":
        with engine.connect() as connection:
            asked = "select relforcerowsecurity from pg_class where relname = 'customers'"
            assert connection.scalar(text(asked)) is True
    said = [each.getMessage() for each in caplog.records if each.name == "purser.upgrade"]
    assert len(said) == 1 and "mem_2 and mem_3" in said[0]
