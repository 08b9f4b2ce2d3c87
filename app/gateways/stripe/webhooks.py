"""Webhooks of the processor: verified before they are read, and read with suspicion."""

import json
import re
import time
from datetime import UTC, datetime
from typing import Any

import stripe
import structlog
from stripe import WebhookSignature

from app.domain.payments import ProcessorEvent
from app.gateways.processor import BadWebhook

log = structlog.get_logger()
TOLERANCE_SECONDS = 300
_ID = re.compile(r"[A-Za-z0-9_]{1,100}", re.ASCII)
# Sellers choose the ids of coupons, plans, products and, imported, customers: `25%off`, `user-42@shop`. Nothing is cut
# or written that is no text: control characters, and halves of surrogate pairs, which no database takes.
_OBJECT_ID = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{1,500}")
_TYPE = re.compile(r"[a-z0-9_.]{1,100}", re.ASCII)
_LOOKED_AT_THROUGH = {"customer_cash_balance_transaction": "customer"}
"""Objects that are fetched in a list of what names them: the event is about that."""
_EARLIEST, _LATEST = 1_262_304_000, 4_102_444_800  # 2010 and 2100: anything else is not a time of ours


def read(body: bytes, signature: str, *, secret: str, live: bool) -> ProcessorEvent:
    """Return the event, or raise `BadWebhook` unless it is the processor's, for us, fresh and well formed."""
    if not secret.strip():
        raise BadWebhook("no webhook secret is configured")
    _verify(body, signature, secret)
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise BadWebhook("not JSON") from problem
    found = _event(event)
    if found.livemode != live:
        raise BadWebhook("test and live do not match")
    if found.account:
        raise BadWebhook("an event of another account")
    return found


def listed(event: "stripe.Event") -> ProcessorEvent | None:
    """Return an event that the processor was asked for, or None when it is none that we could have been sent."""
    try:
        return _event(event.to_dict())
    except BadWebhook as problem:
        log.warning("event_unreadable", why=str(problem))
        return None


def _verify(body: bytes, signature: str, secret: str) -> None:
    try:
        WebhookSignature.verify_header(body, signature, secret, TOLERANCE_SECONDS)
        stamped = [int(part.removeprefix("t=")) for part in signature.split(",") if part.startswith("t=")]
    except Exception as problem:  # a stranger's bytes: whatever the SDK trips over, it is not a signature
        raise BadWebhook("the signature is wrong or old") from problem
    if not stamped or stamped[0] > time.time() + TOLERANCE_SECONDS:  # the SDK looks at old ones only
        raise BadWebhook("the signature is from the future")


def _event(event: Any) -> ProcessorEvent:
    if not isinstance(event, dict) or event.get("object") != "event":
        raise BadWebhook("not an event")
    data = event.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    if not isinstance(about, dict):
        raise BadWebhook("an event about nothing")
    created, livemode, account = event.get("created"), event.get("livemode"), event.get("account") or ""
    if type(created) is not int or not _EARLIEST <= created <= _LATEST:
        raise BadWebhook("an event at no moment")
    if type(livemode) is not bool or not isinstance(account, str):
        raise BadWebhook("an event of no mode or account")
    kind = _text(about.get("object"), _TYPE)
    named = _LOOKED_AT_THROUGH.get(kind, "id")
    return ProcessorEvent(
        id=_text(event.get("id"), _ID),
        type=_text(event.get("type"), _TYPE),
        object_type=kind,
        # Some objects of events have no id of their own (a balance): nothing of ours is fetched by it.
        object_id=_text(about[named], _OBJECT_ID) if about.get(named) is not None else "",
        created_at=datetime.fromtimestamp(created, UTC),
        livemode=livemode,
        account=account,
    )


def _text(value: object, form: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise BadWebhook("an event with an id or type of another form")
    return value
