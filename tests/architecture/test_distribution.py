"""The tables can be divided by customer among several servers, as Citus divides them: what stands in the way is named.

A server sees its own customers' rows alone. It can hold a key unique only where the key names the customer, and a
foreign key only where both sides are the same customer's, or where every server has a copy of the other side.
"""

from sqlalchemy import Table, UniqueConstraint

from tests.architecture.test_tables import OWNED, SERVICE_ONLY, TABLES

ACROSS_CUSTOMERS = {
    ("customers", ("external_id",)): "the host product's own id of the customer",
    ("customers", ("processor_customer",)): "given by the processor; two customers must never share one",
    ("payments", ("processor_id",)): "given by the processor; its webhooks name nothing else",
    ("payments", ("checkout_id",)): "given by the processor; its webhooks name nothing else",
    ("setups", ("processor_id",)): "given by the processor; its webhooks name nothing else",
    ("refunds", ("processor_id",)): "given by the processor; its webhooks name nothing else",
    ("disputes", ("processor_id",)): "given by the processor; its webhooks name nothing else",
    ("cash_movements", ("processor_id",)): "given by the processor; one customer's cash is never another's",
    ("resume_links", ("token_hash",)): "the link holds nothing but its token",
    ("alert_recipients", ("token_hash",)): "the link holds nothing but its token",
    ("invoice_notifications", ("token_hash",)): "the link holds nothing but its token",
    ("invoice_recipients", ("token_hash",)): "the link holds nothing but its token",
    ("documents", ("catalog", "kind", "number")): "a seller gives each number once, whoever its customer is",
    ("referrers", ("code",)): "the link holds nothing but its code",
    ("referrals", ("invited_id",)): "a customer was invited by one other at most",
    ("attempts", ("idempotency_key",)): "the processor's key space is one for all our customers",
}
"""Unique across customers, because somebody outside gives or sees these ids without naming the customer."""
ON_EVERY_SERVER = {
    ("credit_code_redemptions", ("code",)): "credit_codes: few rows, the seller's",
    ("digest_subscriptions", ("member_id",)): "members: a person may belong to several customers",
}
"""Foreign keys of customers' tables into tables that are nobody's, of which every server has a copy."""
NOBODYS = {
    "catalog_versions", "credit_codes", "frame_origins", "identities", "members", "number_series", "passkey_challenges",
    "passkeys", "password_reset_requests", "proved_segments", "recovery_codes", "seller_endpoints", "sign_in_links", "ssh_keys",
    "two_factor", "usage_archives", "api_requests", "inbox_events", "reconciliations", "sandbox_faults", "sandbox_objects",
    "sandbox_requests",
}  # fmt: skip
"""Tables without a customer: people, what the seller sells, and what the processor and hosts send."""
BEFORE_THE_CUSTOMER = ("customers", ("customer_id",))
"""What tables that are asked before the customer is known may name: then `customers` has a copy on every server, too."""


def unique_keys(table: Table) -> list[tuple[str, ...]]:
    """Return the columns of every unique constraint and unique index."""
    constraints = [tuple(each.columns.keys()) for each in table.constraints if isinstance(each, UniqueConstraint)]
    return constraints + [tuple(each.columns.keys()) for each in table.indexes if each.unique]


def test_every_table_is_a_customers_or_named_as_nobodys() -> None:
    assert {table.name for table in TABLES if table not in OWNED} == SERVICE_ONLY | NOBODYS


def test_every_unique_key_of_a_customer_begins_with_the_customer() -> None:
    keys = {(table.name, key) for table in OWNED for key in unique_keys(table)}
    assert {(name, key) for name, key in keys if key[0] != "customer_id"} == ACROSS_CUSTOMERS.keys()


def test_every_primary_key_of_a_customer_begins_with_the_customer() -> None:
    primary = {table.name: table.primary_key.columns.keys() for table in OWNED}
    assert {name: key for name, key in primary.items() if key[0] != "customer_id"} == {}


def test_every_foreign_key_of_a_customer_stays_with_the_customer() -> None:
    keys = {
        (table.name, tuple(key.column_keys))
        for table in OWNED
        for key in table.foreign_key_constraints
        if (key.column_keys[0], key.elements[0].column.name) != ("customer_id", "customer_id")
        or key.referred_table not in OWNED
    }
    assert keys == ON_EVERY_SERVER.keys()


def test_what_is_on_every_server_names_no_more_of_a_customer_than_its_id() -> None:
    keys = [(table, key) for table in TABLES if table not in OWNED for key in table.foreign_key_constraints]
    named = {
        (t.name, (key.referred_table.name, tuple(key.column_keys))) for t, key in keys if key.referred_table in OWNED
    }
    assert named == {(name, BEFORE_THE_CUSTOMER) for name in SERVICE_ONLY}
