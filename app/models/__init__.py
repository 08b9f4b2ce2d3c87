"""Tables: columns and constraints, no rules. Importing the package knows every table."""

from app.models import catalogs, customers, events, ledger, mails, members, payments, reversals, sandbox, setups

__all__ = [
    "catalogs",
    "customers",
    "events",
    "ledger",
    "mails",
    "members",
    "payments",
    "reversals",
    "sandbox",
    "setups",
]
