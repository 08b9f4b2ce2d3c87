"""Cancel a plan to the end of what is paid, and keep it after all."""

from typing import Any

from app import clock
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.mails import PLAN_CANCELED, PLAN_KEPT
from app.domain.notices import stamp
from app.models.scope import as_service
from app.models.subscriptions import Subscription
from app.services import audit
from app.services.ledger import posting
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails
from app.services.subscriptions import announced, applying, reads
from app.services.transaction import transaction

LONGEST_REASON = 500


def cancel(customer_id: str, *, by: str, reason: str = "") -> Subscription:
    """Let the plan end with its plan period, on request with the billing period; until then everything stays.

    Twice is once. Then the customer has the default plan. A scheduled change is replaced. Refuses (409) a plan that
    costs nothing, and one for which a payment is under way.
    """
    if len(reason) > LONGEST_REASON:
        raise Refused(
            _("Shorten the reason to {most} characters.", most=LONGEST_REASON), "reason_too_long", 422, "reason"
        )
    now = clock.now()
    with as_service("cancel a plan"), transaction() as session:
        books = posting.lock(session, customer_id)
        has = reads.current(session, books.customer, now, lock=True)
        row = has.row
        if row.cancel_at is not None:
            return row
        if not has.can_end:
            raise Refused(_("A plan that costs nothing cannot be cancelled."), "nothing_to_cancel")
        if reads.waiting(session, customer_id) is not None:
            words = _("A change of your plan is being paid. Give it up first, then cancel.")
            raise Refused(words, "change_under_way")
        applying.replace_scheduled(books, now)
        row.cancel_at, row.canceled_at, row.cancel_reason = max(has.period.ends_at, now), now, reason.strip()
        row.version += 1
        _write(books, row, by, "subscription.canceled")
        _mail(books, row, PLAN_CANCELED)
        return row


def keep(customer_id: str, *, by: str) -> Subscription:
    """Keep a plan that was cancelled: it is renewed as before. Twice is once."""
    now = clock.now()
    with as_service("keep a plan"), transaction() as session:
        books = posting.lock(session, customer_id)
        has = reads.current(session, books.customer, now, lock=True)
        row = has.row
        if row.cancel_at is None:
            return row
        row.cancel_at, row.canceled_at, row.cancel_reason = None, None, ""
        row.version += 1
        _write(books, row, by, "subscription.kept")
        goes_on = announced.following(session, has, has.has, books.customer.catalog_version, has.period.ends_at)
        _mail(books, row, PLAN_KEPT, price_minor=goes_on.price.amount_minor)
        return row


def _write(books: Books, row: Subscription, by: str, event: str) -> None:
    facts: dict[str, object] = {"subscription": row.id, "version": row.version}
    if row.cancel_at is not None:
        facts |= {"cancel_at": stamp(row.cancel_at), "reason": row.cancel_reason}
    audit.record(books.session, books.customer_id, by, event, row.id, after=facts)
    books.session.flush()
    books.outbox.write(event, f"{row.id}:{row.version}", facts)


def _mail(books: Books, row: Subscription, template: str, price_minor: int | None = None) -> None:
    key, to = f"{template}:{row.id}:{row.version}", books.customer.email
    price = {} if price_minor is None else {"price_minor": price_minor}
    facts: dict[str, Any] = {"version": row.version, **price}
    billing_mails.write(books.session, books.customer_id, template, key=key, to=to, **facts)
