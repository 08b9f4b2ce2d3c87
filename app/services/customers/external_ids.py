"""The seller's own ids of customers: each names its customer wherever ours does, also as a part of an address."""

import re

from app.domain.errors import Refused

LONGEST = 200
ADDRESS_WORDS = (
    "auto_recharge",
    "balance",
    "balance_transactions",
    "credit_codes",
    "credit_grants",
    "invoice_address",
    "invoice_notifications",
    "invoices",
    "members",
    "notification_channel",
    "payment_methods",
    "payments",
    "price_changes",
    "pro_formas",
    "referrals",
    "spend_management",
    "ssh_keys",
    "statement",
    "subscription",
    "tax_registrations",
    "top_ups",
    "unapplied_cash",
    "usage",
    "usage_alerts",
    "usage_events",
)
"""What follows a customer in an address of the Billing API, now or later: after a slash no id of a customer says it."""
_PARTS = re.compile("/(?:" + "|".join(ADDRESS_WORDS) + ")(?:/|$)")
_UNPRINTABLE = "has a line break or another character that cannot be seen. Type it again without."


def check(external_id: str) -> None:
    """Refuse what could not name the customer everywhere, or could name another: one like ours, or an address."""
    if not 1 <= len(external_id) <= LONGEST:
        raise _refused("An external id has 1 to 200 characters.", "external_id_malformed")
    if not external_id.isprintable():
        raise _refused(f"The external id {_UNPRINTABLE}", "external_id_unprintable")
    if external_id != external_id.strip():
        raise _refused("An external id does not begin or end with a space.", "external_id_malformed")
    if external_id.lower().startswith("cus_"):
        words = "An external id does not begin with cus_: our own ids of customers do."
        raise _refused(words, "external_id_reserved")
    if _PARTS.search(external_id):
        words = "No part of an external id behind a slash is a word of the API's addresses, such as balance or usage."
        raise _refused(words, "external_id_reserved")
    if {".", ".."} & set(external_id.split("/")):
        words = "No part of an external id is . or .. alone: programs take it for a step within an address."
        raise _refused(words, "external_id_malformed")


def _refused(sentence: str, reason: str) -> Refused:
    return Refused(sentence, reason, 422, "external_id")
