"""Links in mails that bring a payment on: each works once, for a day at most, and only its hash is kept (AC-12).

And the way back from the bank: whoever comes from there sees how the payment ended, signed in or not, for the same day.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Exists, exists, select, update
from sqlalchemy.orm import aliased

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.money import Money
from app.domain.payments import ACTION_LIFETIME, PaymentState, Purpose, method_name
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import ResumeLink
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_service
from app.services import audit, portal_links
from app.services.catalog import versions
from app.services.transaction import transaction

LONGEST = 100


@dataclass(frozen=True)
class Resumable:
    """What a link leads to, as whoever holds it may see it: no more than the mail has said."""

    payment_id: str
    customer_id: str
    state: PaymentState
    amount: Money
    method: str
    seller: str
    customer: str
    until: datetime
    is_open: bool
    """Whether the link may still be used: not yet used, and the payment waits for it."""
    is_paid_otherwise: bool
    """Whether the payment was given up and the same was bought and paid by another one since."""
    purpose: Purpose
    is_at_checkout: bool
    """Whether it is made on the processor's own page: no bank was asked yet."""


def make(customer_id: str, payment_id: str, until: datetime) -> str:
    """Return a new token for the payment that works once, until then."""
    token = ids.new_token()
    with transaction() as session:
        session.add(
            ResumeLink(
                id=ids.new("rsl"),
                customer_id=customer_id,
                payment_id=payment_id,
                token_hash=_hash(token),
                created_at=clock.now(),
                expires_at=until,
            )
        )
    return token


def look(token: str) -> Resumable:
    """Return what the link leads to; looking changes nothing, because programs open mailed links too.

    Refuses (404) a link that never was, and (410) one whose day is over: it shows nothing any more.
    """
    with as_service("look at a mailed link"):
        link, payment, customer, method, is_bought = _read(token)
        is_open = link.used_at is None and payment.state == PaymentState.REQUIRES_ACTION
        return _shown(payment, customer, method, link.expires_at, is_open=is_open, is_bought=is_bought)


def use(token: str, address: str) -> str:
    """Use the link up and return its payment's id; refuse (410) when it was used or its payment waits no longer.

    A link whose payment has ended without it was not used: it is refused with words of its own.

    Every other link of the payment that was mailed so far is used up with it.
    """
    now = clock.now()
    with as_service("use a mailed link"):
        link, payment, _customer, _method, is_bought = _read(token)
        if payment.state != PaymentState.REQUIRES_ACTION and link.used_at is None:
            raise _not_needed(PaymentState(payment.state), is_bought=is_bought)
        mine = (ResumeLink.customer_id == link.customer_id, ResumeLink.payment_id == link.payment_id)
        with transaction() as session:
            taken = session.execute(
                update(ResumeLink)
                .where(*mine, ResumeLink.id == link.id, ResumeLink.used_at.is_(None), ResumeLink.expires_at > now)
                .values(used_at=now)
                .returning(ResumeLink.id)
                .execution_options(synchronize_session=False)
            ).scalar_one_or_none()
            if taken is None:
                raise _used()
            session.execute(
                update(ResumeLink)
                .where(*mine, ResumeLink.used_at.is_(None))
                .values(used_at=now)
                .execution_options(synchronize_session=False)
            )
            audit.record(session, link.customer_id, "mailed link", "payment.resumed", payment.id, address=address)
        return payment.id


def return_url(payment_id: str) -> str:
    """Return where the bank or the wallet sends the payer back to: with a proof that only this portal can make."""
    return portal_links.page("resume.came_back", payment_id=payment_id, proof=_proof(payment_id))


def came_back(payment_id: str, proof: str) -> Resumable | None:
    """Return the payment that the way back is for; None when the proof is another one's, or its day is over."""
    if not ids.is_id(payment_id, "pay") or not hmac.compare_digest(proof.encode(), _proof(payment_id).encode()):
        return None
    with as_service("look at the payment that somebody comes back from"):
        found = db.session.execute(
            select(Payment, Customer, PaymentMethod, _bought())
            .join(Customer, Customer.customer_id == Payment.customer_id)
            .outerjoin(
                PaymentMethod,
                (PaymentMethod.customer_id == Payment.customer_id) & (PaymentMethod.id == Payment.method_id),
            )
            .where(Payment.id == payment_id)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if found is None or (until := found[0].created_at + ACTION_LIFETIME) <= clock.now():
            return None
        payment, customer, method, is_bought = found
        return _shown(payment, customer, method, until, is_open=False, is_bought=is_bought)


def _shown(
    payment: Payment,
    customer: Customer,
    method: PaymentMethod | None,
    until: datetime,
    *,
    is_open: bool,
    is_bought: bool,
) -> Resumable:
    return Resumable(
        payment_id=payment.id,
        customer_id=payment.customer_id,
        state=PaymentState(payment.state),
        amount=Money(payment.received_minor or payment.amount_minor, payment.currency),
        method=method_name(method.brand, method.last4) if method else method_name(payment.rail),
        seller=versions.of(customer).seller_name,
        customer=customer.name,
        until=until,
        is_open=is_open,
        is_paid_otherwise=is_bought and payment.state == PaymentState.CANCELED,
        purpose=Purpose(payment.purpose),
        is_at_checkout=payment.checkout_id is not None,
    )


def _bought() -> Exists:
    """Whether the same was bought by another payment since."""
    other = aliased(Payment)
    return exists().where(
        other.customer_id == Payment.customer_id,
        other.purpose == Payment.purpose,
        other.credits_micros == Payment.credits_micros,
        other.pack == Payment.pack,
        other.created_at > Payment.created_at,
        other.state == PaymentState.SUCCEEDED.value,
    )


def _proof(payment_id: str) -> str:
    made = hmac.new(settings().secret_key.encode(), f"way back of {payment_id}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _read(token: str) -> tuple[ResumeLink, Payment, Customer, PaymentMethod | None, bool]:
    """Return the link with what it leads to, and whether the same was bought by another payment since."""
    found = None
    if token and len(token) <= LONGEST:
        found = db.session.execute(
            select(ResumeLink, Payment, Customer, PaymentMethod, _bought())
            .join(Payment, (Payment.customer_id == ResumeLink.customer_id) & (Payment.id == ResumeLink.payment_id))
            .join(Customer, Customer.customer_id == ResumeLink.customer_id)
            .outerjoin(
                PaymentMethod,
                (PaymentMethod.customer_id == Payment.customer_id) & (PaymentMethod.id == Payment.method_id),
            )
            .where(ResumeLink.token_hash == _hash(token))
            .execution_options(populate_existing=True)
        ).one_or_none()
    if found is None:
        raise NotFound("link")
    link, payment, customer, method, is_bought = found
    if link.expires_at <= clock.now():
        raise Refused(
            _("This link was valid for a day. Sign in to see the state of the payment or to pay in another way."),
            "link_expired",
            410,
        )
    return link, payment, customer, method, is_bought


def _used() -> Refused:
    words = _("Each link works once. Sign in to see the state of the payment and to continue.")
    return Refused(words, "link_used", 410)


def _not_needed(state: PaymentState, *, is_bought: bool) -> Refused:
    match state:
        case PaymentState.CANCELED if is_bought:
            words = _("You paid for the same purchase in another way. This payment was cancelled without a charge.")
        case PaymentState.CANCELED:
            words = _("This payment was cancelled, and nothing was charged for it.")
        case PaymentState.FAILED:
            words = _("This payment did not go through, and nothing was charged for it.")
        case PaymentState.PROCESSING:
            words = _("This payment is already in progress.")
        case _:
            words = _("This payment has already been made.")
    look = _("Sign in to see its state.")
    return Refused(f"{words} {look}", "link_not_needed", 410)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
