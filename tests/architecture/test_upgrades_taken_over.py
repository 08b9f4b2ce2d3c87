"""The upgrade to what corrections take over: those of paid invoices have taken over all, and stay final."""

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DBAPIError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_references import NOTHING, SUMS, TEXTS
from tests.architecture.test_upgrades_references import ROWS as BEFORE_ROWS
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0023", "0024"
CUSTOMER = "cus_00000000000000000000000000"
MORE = "buyer_reference, seller_city, seller_postal_code, seller_contact, seller_phone"
DOCUMENTS = (("inv_1", "invoice", "payment"), ("cn_2", "credit_note", "correction"), ("inv_3", "invoice", "correction"))
PAYMENT = (
    "insert into payments (id, customer_id, purpose, state, amount_minor, currency, credits_micros, pack, rail, off_session, "
    "form_key, processor_id, received_minor, refunded_minor, disputed_minor, corrected_minor, action_url, problem, created_by, "
    "treatment, settled_before_documents, created_at, updated_at, next_check_at) values ('pay_1', :customer, 'top_up', "
    "'succeeded', 100, 'USD', 1000000, '', 'paypal', false, 'form', 'pi_1', 100, 0, 0, 0, '', '', 'mem_alice', '', false, "
    ":at, :at, :at)"
)
CORRECTION = (
    "insert into corrections (id, customer_id, corrected_id, credit_note_id, replacement_id, payment_id, difference_minor, "
    "sold_on, preview, created_by, created_at) values ('{}', :customer, '{}', '{}', '{}', {}, 0, '2026-11-01', 'm', 'a', :at)"
)


def rows() -> list[str]:
    """Return the statements that write an invoice, and its correction when it was paid."""
    _customer, _address, _document, line, tax, _number = BEFORE_ROWS
    made = [_customer, PAYMENT]
    for place, (name, kind, source) in enumerate(DOCUMENTS, 1):
        state, returns = ("issued", "'inv_1'") if kind == "credit_note" else ("paid", "null")
        paid = 0 if kind == "credit_note" else 100
        made += [
            (
                f"insert into documents (id, customer_id, kind, state, prefix, source_type, source_id, payment_id, returns_id, "
                f"currency, catalog, catalog_version, {TEXTS}, {MORE}, {SUMS}) values ('{name}', :customer, '{kind}', 'draft', "
                f"'RG', '{source}', '1', 'pay_1', {returns}, 'USD', 'gateway', 1, {NOTHING}, '', '', '', '', '', 100, 0, 100, 0, "
                f"0, 100, 0, 0, 0, 0, 0)"
            ),
            line.replace("inv_1", name),
            tax.replace("inv_1", name),
            (
                f"update documents set state = '{state}', number = 'RG-2026-00000{place}', year = 2026, place = {place}, "
                f"issued_at = :at, paid_minor = {paid} where id = '{name}'"
            ),
        ]
    return [*made, CORRECTION.format("cor_1", "inv_1", "cn_2", "inv_3", "'pay_1'")]


def test_what_was_corrected_has_taken_over_what_was_paid_and_stays_final(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), BEFORE)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    own = {"customer": CUSTOMER, "at": "2026-11-01 00:00:00"}
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in rows():
            connection.execute(text(statement), own)
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        found = connection.execute(text("select id, taken_over_minor from documents order by place")).all()
        assert [tuple(each) for each in found] == [("inv_1", 0), ("cn_2", 100), ("inv_3", 100)]
        kept = connection.execute(text("select id, corrected_id, replacement_id, payment_id from corrections")).all()
        assert [tuple(each) for each in kept] == [("cor_1", "inv_1", "inv_3", "pay_1")]
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for change in ("taken_over_minor = 1", "customer_name = 'Other'"):
            with pytest.raises(DBAPIError, match="final"), connection.begin_nested():
                connection.execute(text(f"update documents set {change} where id = 'inv_3'"))
        for twice, words in (
            (CORRECTION.format("cor_2", "inv_3", "cn_2", "inv_1", "null").replace(" 0, '2026", " 7, '2026"), "ck_corr"),
            (CORRECTION.format("cor_2", "inv_1", "inv_1", "inv_1", "null"), "(?i)unique constraint"),
        ):
            with pytest.raises(DBAPIError, match=words), connection.begin_nested():
                connection.execute(text(twice), own)
        connection.execute(
            text(CORRECTION.format("cor_2", "inv_3", "inv_1", "inv_1", "null")), own
        )  # of one that is due
