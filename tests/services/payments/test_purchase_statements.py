"""The transaction that settles a purchase: each row that it stands on is read once, and the accounts are locked once."""

import pytest
from flask import Flask

from app.demo.payment_methods import add_test_method
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.payments import at_once
from app.services.verification.verify import verify
from tests.support import cast, usage_cast
from tests.support.databases import Database
from tests.support.statements import locks, reads, round_trips, transactions
from tests.support.unheard import buys


@pytest.fixture(autouse=True)
def the_usual_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be decided ahead (`test_at_once.py`)."""
    monkeypatch.setattr(at_once, "read", lambda _payment_id: None)


NOW = {"sqlite": 26, "postgresql": 10}
"""How many statements it takes. What is written together is one on PostgreSQL, and one for each table on SQLite."""
NOW_WITH_USAGE = {"sqlite": 34, "postgresql": 15}


def _settling(app: Flask, actor: Actor) -> list[str]:
    """Buy, and return the statements of the one transaction that posts to the ledger."""
    with as_customer(actor.customer_id):
        visa = add_test_method(actor, "pm_card_visa").id
    with transactions() as seen:
        assert buys(app, actor, visa).state == "succeeded"
    (settling,) = [each for each in seen if any("INSERT INTO transfers" in statement for statement in each)]
    return settling


def _each_once(settling: list[str], *tables: str, on_postgresql: bool) -> None:
    for table in tables:
        # Whether a grant is due is one question, which looks at what is held where one is over.
        found = [each for each in reads(settling, table) if "FROM grants" not in each]
        assert len(found) == 1, f"{table}:\n" + "\n".join(found)
    if on_postgresql:
        for table in ("payments", "spending", "accounts", "customers"):
            assert len(locks(settling, table)) == 1, table


def test_it_reads_and_locks_each_row_once(app: Flask, database: Database, acme: Customer, alice_actor: Actor) -> None:
    settling = _settling(app, alice_actor)
    _each_once(settling, "payments", "spending", "accounts", "customers", on_postgresql=database.kind == "postgresql")
    assert len(reads(settling, "catalog_versions")) == 1  # for the document: its seller, prefixes and taxes
    assert len(settling) == NOW[database.kind], "\n".join(settling)
    assert verify() == []


def test_what_is_locked_and_read_is_one_round_trip(app: Flask, database: Database, alice_actor: Actor) -> None:
    with as_customer(alice_actor.customer_id):
        visa = add_test_method(alice_actor, "pm_card_visa").id
    with round_trips() as seen:
        assert buys(app, alice_actor, visa).state == "succeeded"
    if database.kind == "postgresql":
        together = seen.index("statements that are sent together")
        assert [each[:22] for each in seen[together + 1 :][:2]] == ["WITH w_new_transfers A", "WITH w_numbered_docume"]
    else:
        assert "statements that are sent together" not in seen
    assert verify() == []


@pytest.mark.parametrize("burn", ["realtime", "at_invoice"])
def test_with_usage_to_be_posted_it_reads_the_catalog_once_too(app: Flask, database: Database, burn: str) -> None:
    customer = usage_cast.metered(burn=burn)
    actor = cast.make_actor(cast.ALICE, customer)
    usage_cast.uses(customer, "requests", 50_000)
    settling = _settling(app, actor)
    once = ("payments", "spending", "accounts")  # the terms of its usage come with the catalog, not with the customer
    _each_once(settling, *once, on_postgresql=database.kind == "postgresql")
    assert len(reads(settling, "catalog_versions")) == 2  # what usage costs, and what the document says
    more = 2 if burn == "at_invoice" else 0  # the period's days, and which of its rows the history has
    assert len(settling) == NOW_WITH_USAGE[database.kind] + more, "\n".join(settling)
    assert verify() == []
