"""A document that has a number is final: no statement of the application's roles changes it, on either database."""

import pytest
from flask import Flask
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DBAPIError

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.verification.verify import verify
from tests.support.databases import Database
from tests.support.documents import documents_of, let_documents_change
from tests.support.reversals import buys, sends_back

CHANGES = [
    "update documents set total_minor = total_minor + 1, net_minor = net_minor + 1",
    "update documents set number = 'RG-2026-000099'",
    "update documents set customer_name = 'Another'",
    "update documents set buyer_country = 'FR'",
    "update documents set buyer_reference = 'Another'",
    "update documents set seller_phone = '110'",
    "update documents set issued_at = null",
    "update documents set returned_minor = total_minor + 1",
    "update documents set paid_minor = payable_minor + 1",
    "delete from documents",
    "update document_lines set net_minor = 1",
    "update document_lines set description = 'Other'",
    "delete from document_lines",
    "insert into document_lines select customer_id, document_id, 2, kind, description, quantity, unit_price, meter,"  # noqa: ISC004  # one statement
    " begins_on, ends_on, net_minor, category, percent_micros from document_lines",
    "update document_taxes set reason = 'standard'",
    "delete from document_taxes",
    "update number_series set last = last + 2",
    "update number_series set last = last - 1",
    "delete from number_series",
]


@pytest.mark.both_databases
def test_no_role_changes_a_final_document(app: Flask, database: Database, acme: Customer, alice_actor: Actor) -> None:
    buys(app, alice_actor, 2500)
    engine = create_engine(database.url, poolclass=pool.NullPool)
    for role in ("purser_service", "purser_app") if database.kind == "postgresql" else ("",):
        for change in CHANGES:
            with engine.connect() as connection:
                if role:
                    connection.execute(
                        text("select set_config('role', :role, true), set_config('app.customer_id', :id, true)"),
                        {"role": role, "id": acme.customer_id},
                    )
                with pytest.raises(DBAPIError):
                    connection.execute(text(change))
    assert verify() == []


DAMAGES = {
    "a document's lines, tax and total do not add up": ["update document_lines set net_minor = 1"],
    "the tax of a rate is not its share of what is taxed": [
        "update document_taxes set tax_minor = 7, category = 'S', percent_micros = 1000000 where net_minor = 1000"
    ],
    "a series of numbers leaves one out, or gives one twice": ["update number_series set last = 7"],
    "a payment that was received has not exactly one document of its amount": [
        "update documents set source_id = 'pay_other' where kind = 'invoice'"
    ],
    "a payment's document is not what was decided at its order": [
        "update payments set net_minor = net_minor - 1",
    ],
    "what was returned of a document is not what its credit notes say, or more than it came to": [
        "update documents set returned_minor = 999 where kind = 'invoice'"
    ],
    "money that went back has not exactly one credit note of its amount": [
        "update documents set source_id = 'ref_other' where kind = 'credit_note'"
    ],
}


@pytest.mark.parametrize("sentence", DAMAGES)
def test_damage_by_hand_is_named(
    app: Flask, database: Database, acme: Customer, alice_actor: Actor, sentence: str
) -> None:
    sends_back(buys(app, alice_actor, 2500), 1000)
    assert len(documents_of(acme)) == 2
    engine = create_engine(database.superuser_url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        let_documents_change(connection)
        for damage in DAMAGES[sentence]:
            connection.execute(text(damage))
    assert sentence in {each.sentence for each in verify()}
