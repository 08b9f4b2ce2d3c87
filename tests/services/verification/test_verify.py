"""`flask portal verify`: silent success on a whole ledger; else a sentence a violation, and an exit status above 0."""

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from app.models.customers import Customer
from app.services.verification import verify
from tests.support.client import outside_contexts
from tests.support.databases import Database


def _verify(app: Flask, *words: str) -> Result:
    with outside_contexts():
        return app.test_cli_runner().invoke(args=["portal", "verify", *words])


def test_a_whole_ledger_passes(app: Flask, history_of_acme: Customer, globex: Customer) -> None:
    for words in [(), ("--customer", history_of_acme.customer_id), ("--customer", globex.customer_id)]:
        result = _verify(app, *words)
        assert (result.exit_code, result.output.splitlines()[-1]) == (0, "Every invariant holds.")


def test_a_customer_who_is_not_there_is_not_proved(app: Flask, acme: Customer) -> None:
    assert _verify(app, "--customer", "cus_nobody").exit_code == 1


def test_damage_is_named_for_all_and_for_its_customer_alone(
    app: Flask, acme: Customer, globex: Customer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _by_hand(
        database, f"update accounts set balance = 5 where name = 'clearing' and customer_id = '{acme.customer_id}'"
    )
    said = f"I7 {acme.customer_id}: money is left in clearing (money:USD)"
    for words in [(), ("--customer", acme.customer_id)]:
        result = _verify(app, *words)
        assert result.exit_code == 1
        assert said in result.stderr.splitlines()
        assert "3 invariants do not hold." in result.stderr
    assert _verify(app, "--customer", globex.customer_id).exit_code == 0
    together = verify.verify()
    monkeypatch.setattr(verify, "_SMALL", 0)
    assert verify.verify() == together, "of a large ledger each proof is asked by itself"


def test_a_thousand_rows_of_a_proof_are_named_and_that_there_are_more(
    app: Flask, acme: Customer, globex: Customer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verify.MOST == 1_000
    monkeypatch.setattr(verify, "MOST", 3)
    _by_hand(database, "update accounts set balance = 5")
    named = [each.row_id for each in verify.verify() if "sum of its transfers" in each.sentence]
    assert len(named) == 4
    assert named[-1] == "and more rows than are named here"


def _by_hand(database: Database, damage: str) -> None:
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(damage)
