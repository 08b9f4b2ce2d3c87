"""Planned faults of the sandbox: one row per fault, used up one request or event at a time.

A fault hits one *call*: the sandbox asks the SDK not to repeat the request by itself, so that one planted fault is one
answer lost. With `flaky_` before its name the SDK may repeat it, as it does with the real processor.
"""

import stripe
import uuid_utils
from requests import ConnectionError as NoConnection
from requests import ReadTimeout
from sqlalchemy import delete, func, insert, select, update
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from app.domain.errors import ensure
from app.gateways.sandbox.store import FAULTS, Store, opened

FLAKY = "flaky_"
BEFORE = ("refuse", "reset_before", "timeout_before", "500_before", "409", "429")
"""Nothing is executed."""
AFTER = ("reset_after", "timeout_after", "500_after", "garbled_after")
"""Executed, and the answer is lost, or comes as bytes that are no text."""
TWISTS = ("other_amount", "other_currency", "processing")
"""A confirmation ends otherwise: another amount or currency is received, or the money is only on its way."""
EVENTS = ("duplicate", "reorder", "lose", "late")
"""What happens to an event: delivered twice, after those that follow it, never, or three days late."""
NAMES = (*BEFORE, *AFTER, *TWISTS, *EVENTS)
CALLS = (
    "create_customer", "fetch_customer", "update_customer", "list_tax_ids", "create_tax_id", "delete_tax_id",
    "attach_method", "detach_method", "fetch_method", "list_methods",
    "create_intent", "confirm_intent", "fetch_intent", "cancel_intent", "list_intents",
    "create_setup", "confirm_setup", "fetch_setup", "cancel_setup", "fetch_mandate",
    "create_funding_instructions", "fetch_cash_balance", "update_cash_balance", "list_cash_movements",
    "apply_customer_balance", "fund_cash_balance",
    "create_refund", "fetch_refund", "list_refunds", "fetch_dispute", "list_disputes", "create_portal_session",
    "fetch_event", "list_events", "list_webhook_endpoints",
)  # fmt: skip


def plant(database_url: str, matches: str, fault: str, times: int = 1) -> None:
    """Let the next `times` that match fail. `matches`: a call, `event:<type>`, `event:*`, or `*` for any call."""
    ensure(matches in {*CALLS, "*"} or matches.startswith("event:"), f"no such call: {matches}")
    ensure(fault.removeprefix(FLAKY) in NAMES, f"no such fault: {fault}")
    ensure((fault in EVENTS) == matches.startswith("event:"), f"{fault} cannot happen to {matches}")
    with opened(database_url) as store:
        number = uuid_utils.uuid7().int >> 66  # grows with time and fits a whole number of the database
        latest = store.connection.execute(select(func.max(FAULTS.c.id))).scalar_one_or_none() or 0
        number = max(number, latest + 1)  # two of the same moment begin alike
        store.connection.execute(insert(FAULTS).values(id=number, matches=matches, fault=fault, remaining=times))


def planted(database_url: str) -> list[tuple[str, str, int]]:
    """Return what is still to come: matches, fault, how often."""
    with opened(database_url) as store:
        rows = store.connection.execute(
            select(FAULTS.c.matches, FAULTS.c.fault, FAULTS.c.remaining)
            .where(FAULTS.c.remaining > 0)
            .order_by(FAULTS.c.id)
        )
        return [(row.matches, row.fault, row.remaining) for row in rows]


def clear(database_url: str) -> None:
    """Let the sandbox behave again."""
    with opened(database_url) as store:
        store.connection.execute(delete(FAULTS))


def take(store: Store, *matches: str) -> str:
    """Use up one fault that matches, the oldest first; return its name, or nothing."""
    candidates = store.connection.execute(
        select(FAULTS.c.id, FAULTS.c.fault)
        .where(FAULTS.c.matches.in_(matches), FAULTS.c.remaining > 0)
        .order_by(FAULTS.c.id)
    ).all()
    for number, fault in candidates:
        used = store.connection.execute(
            update(FAULTS).where(FAULTS.c.id == number, FAULTS.c.remaining > 0).values(remaining=FAULTS.c.remaining - 1)
        )
        if used.rowcount == 1:
            return str(fault)
    return ""


def strike(fault: str, url: str) -> None:
    """Raise what the SDK raises for a connection that fails in this way; return for faults that are answers."""
    may_repeat = fault.startswith(FLAKY)
    match fault.removeprefix(FLAKY):
        case "refuse":
            nobody = NewConnectionError(HTTPSConnection("api.stripe.com"), "connection refused")
            cause: Exception = NoConnection(MaxRetryError(HTTPConnectionPool("api.stripe.com"), url, nobody))
        case "reset_before" | "reset_after":
            cause = NoConnection(
                ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))
            )
        case "timeout_before" | "timeout_after":
            cause = ReadTimeout("Read timed out. (read timeout=20)")
        case _:
            return
    message = f"Unexpected error communicating with Stripe.\n\n(Network error: {type(cause).__name__}: {cause})"
    raise stripe.APIConnectionError(message, should_retry=may_repeat) from cause  # type: ignore[no-untyped-call]
