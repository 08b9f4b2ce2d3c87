"""The seller's commands about money: one line each, and an exit status that a script can trust."""

import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.verification.verify import verify
from tests.services.invoices.test_corrections_more_tax import bought_in_oslo
from tests.support.client import outside_contexts
from tests.support.corrections import BERLIN, at, corrects
from tests.support.databases import Database
from tests.support.documents import documents_of
from tests.support.periods import pays
from tests.support.reversals import buys, payment_of
from tests.support.shop import GOOD, add_method, remaining


def by_hand(database: Database, statement: str) -> None:
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def _run(app: Flask, *words: str) -> Result:
    with outside_contexts():
        return app.test_cli_runner().invoke(args=["portal", *words])


def test_the_seller_refunds_and_reconciles_by_command(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 2500)
    made = _run(app, "refund", payment.id, "--amount", "10.00", "--reason", "Not needed")
    assert (made.exit_code, made.output.split()[0][:4], made.stderr) == (0, "ref_", ""), made.output
    assert "10.00 USD succeeded" in made.output
    assert remaining(acme) == 15_000_000
    for words, sentence in [
        (("--amount", "1.00", "--reason", "w" * 301), "The reason is longer than 300 characters. Shorten it."),
        (("--amount", "15.01"), "Enter at most $15.00: no more of this payment is left"),
        (("--amount", "ten"), "digits"),
        (("--amount", "10.00"), "a few minutes ago"),
    ]:
        refused = _run(app, "refund", payment.id, "--reason", "Why", *words)
        assert (refused.exit_code, sentence in refused.output) == (1, True), refused.output
    assert _run(app, "refund", payment.id, "--amount", "10.00", "--reason", "Why", "--repeat").exit_code == 0
    assert _run(app, "refund", payment.id, "--reason", "All of it").exit_code == 0
    assert (payment_of(payment).state, remaining(acme)) == ("refunded", 0)
    assert _run(app, "refund", payment.id, "--reason", "Again").exit_code == 1
    looked = _run(app, "reconcile", "--since", "2026-01-01")
    assert (looked.exit_code, "Nothing needs your attention." in looked.output) == (0, True), looked.output
    assert verify() == []


def test_a_refund_names_the_other_payment_of_a_corrected_invoice(app: Flask) -> None:
    customer, actor, payment = bought_in_oslo(app)
    corrects(customer, documents_of(customer)[0], at(BERLIN))
    difference = pays(actor, documents_of(customer)[-1], add_method(actor, GOOD).id, 1_900)
    said = "{} has paid for the same invoice: {} USD of it is left.\n"
    for one, other, left in ((payment, difference, "19.00"), (difference, payment, "95.00")):
        part = _run(app, "refund", one.id, "--amount", "5.00", "--reason", "A part of it")
        assert (part.exit_code, part.stderr) == (0, said.format(other.id, left)), part.output
        assert len(part.stdout.splitlines()) == 1


def test_the_command_names_what_a_person_must_look_at(
    app: Flask, database: Database, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    by_hand(database, "update payments set state = 'canceled'")
    looked = _run(app, "reconcile")
    assert looked.exit_code == 1
    assert "refund or credit it" in looked.stderr
