"""Tables: columns and constraints, no rules. Importing the package knows every table."""

from app.models import (
    api_keys,
    authorizations,
    auto_recharge,
    catalogs,
    customers,
    events,
    ledger,
    limits,
    mails,
    members,
    payments,
    reversals,
    sandbox,
    setups,
    usage,
    webhooks,
)

__all__ = [
    "api_keys",
    "authorizations",
    "auto_recharge",
    "catalogs",
    "customers",
    "events",
    "ledger",
    "limits",
    "mails",
    "members",
    "payments",
    "reversals",
    "sandbox",
    "setups",
    "usage",
    "webhooks",
]
