"""Undoing a change of settings within a day: the same use case puts back what was there, and writes its own entry.

Nothing is undone over a later change: each entry of the kind since is looked at, and the version that was read is
handed to the use case, so that a change at this very moment is refused as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from app import clock
from app.domain.addresses.address import Address
from app.domain.errors import Forbidden, NotFound, Refused
from app.domain.language import marked
from app.domain.mails import Topic
from app.domain.money import Credits
from app.domain.people.activity import is_first_address, may_undo, touched
from app.domain.people.members import Actor
from app.domain.spend_management import Limits
from app.domain.usage_alerts import Threshold
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.services.alerts import thresholds
from app.services.catalog import versions
from app.services.customers import address as addresses
from app.services.customers import invoice_recipients
from app.services.people import activity
from app.services.people.activity import Entry
from app.services.spend_management import limits

CHANGED_LATER = Refused(
    marked("This was changed again later, so it can no longer be undone. Change it on its own page."),
    "changed_later",
    409,
)
TOO_LATE = Refused(marked("A change can be undone within 24 hours. Change it on its own page."), "undo_too_late", 409)
NEVER = Refused(marked("This cannot be undone here."), "undo_never", 409)
FIRST = Refused(marked("The first invoice address cannot be undone. Change it on its own page."), "undo_never", 409)
UNFIT = Refused(marked("What was there before can no longer be kept. Change it on its own page."), "undo_unfit", 409)
BY_MAIL = Refused(
    marked("A billing e-mail is changed once it has confirmed by mail. Change it on Invoice notifications."),
    "undo_by_mail",
    409,
)


def undo(actor: Actor, entry_id: str, *, address: str = "") -> None:
    """Put back what the entry changed, or refuse: 403 for a viewer, 404 for no such entry, 409 with the reason."""
    if not actor.may_manage:
        raise Forbidden
    entry = activity.one(actor.customer_id, entry_id)
    if entry is None:
        raise NotFound("entry")
    putting_back = _WAYS.get(entry.action)
    if putting_back is None:
        raise NEVER.copied()
    if is_first_address(entry.action, entry.before):
        raise FIRST.copied()
    if not may_undo(entry.action, entry.before, entry.at, clock.now()):
        raise TOO_LATE.copied()
    fields = touched(entry.before, entry.after)
    if any(fields & touched(each.before, each.after) for each in activity.later(actor.customer_id, entry)):
        raise CHANGED_LATER.copied()
    try:
        putting_back(actor, entry, fields, address)
    except Refused as refusal:
        if refusal.status == 422:  # it says what to enter, and nothing is entered here
            raise UNFIT.copied() from refusal
        raise


def _limits(actor: Actor, entry: Entry, fields: frozenset[str], address: str) -> None:
    with as_customer(actor.customer_id):
        customer = db.session.get_one(Customer, actor.customer_id, populate_existing=True)
        now = limits.current(customer, versions.of(customer))
    _ask_as_it_was_left(now.chosen(), entry, fields)
    kept: dict[str, Any] = now.chosen() | {each: entry.before.get(each) for each in fields}
    wanted = Limits(
        bool(kept["enabled"]),
        _credits(kept["daily_limit_micros"]),
        _credits(kept["notify_threshold_micros"]),
        now.version,
    )
    limits.change(actor.customer_id, wanted, webhook_url=None, by=actor.member_id, address=address)


def _address(actor: Actor, entry: Entry, fields: frozenset[str], address: str) -> None:
    with as_customer(actor.customer_id):
        now = addresses.current(actor.customer_id)
    held = asdict(now.address) | {"po_number": now.po_number, "buyer_reference": now.buyer_reference}
    _ask_as_it_was_left(held, entry, fields)
    kept: dict[str, Any] = held | {each: entry.before.get(each) or "" for each in fields}
    po, reference = kept.pop("po_number"), kept.pop("buyer_reference")
    addresses.change(
        actor.customer_id,
        replace(Address(), **kept),
        po,
        now.version,
        by=actor.member_id,
        as_typed=True,
        address=address,
        reference=reference,
    )


def _recipients(actor: Actor, entry: Entry, fields: frozenset[str], address: str) -> None:
    if not fields <= {"recipients", "language"}:
        raise BY_MAIL.copied()
    with as_customer(actor.customer_id):
        now = invoice_recipients.current(actor.customer_id)
    held: dict[str, Any] = {each.email: sorted(each.topics) for each in now.recipients}
    held = {"recipients": held, "language": now.language}
    _ask_as_it_was_left(held, entry, fields)
    kept = held | {each: entry.before[each] for each in fields}
    wanted = {email: frozenset(Topic(each) for each in topics) for email, topics in kept["recipients"].items()}
    invoice_recipients.replace(
        actor.customer_id,
        now.billing_email,
        wanted,
        now.version,
        by=actor.member_id,
        address=address,
        keeps_pending=True,
        language=kept["language"],
    )


def _alerts(actor: Actor, entry: Entry, fields: frozenset[str], address: str) -> None:
    with as_customer(actor.customer_id):
        now = thresholds.current()
    held: dict[str, Any] = thresholds.audited(now)
    _ask_as_it_was_left(held, entry, fields)
    kept = held | {each: entry.before.get(each, []) for each in fields}
    thresholds.replace(
        actor.customer_id,
        [_threshold(each) for each in kept["alerts"]],
        kept["emails"],
        now.version,
        actor=actor.member_id,
        address=address,
    )


_WAYS: Mapping[str, Callable[[Actor, Entry, frozenset[str], str], None]] = {
    "spend_management.changed": _limits,
    "invoice_address.changed": _address,
    "invoice_notifications.changed": _recipients,
    "usage_alerts.changed": _alerts,
}


def _ask_as_it_was_left(held: Mapping[str, object], entry: Entry, fields: frozenset[str]) -> None:
    """Refuse where a field is no longer what the entry made of it, by whatever way that wrote no such entry."""
    if any(held.get(each) != entry.after.get(each) for each in fields):
        raise CHANGED_LATER.copied()


def _threshold(said: str) -> Threshold:
    meter, quantity, *percent = said.split(" ")
    return Threshold(meter, int(quantity), bool(percent))


def _credits(micros: int | None) -> Credits | None:
    return None if micros is None else Credits(micros)
