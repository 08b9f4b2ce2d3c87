"""What `verify` proves row by row, because no statement says it alike on both databases: a thousand rows at a time."""

import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Protocol

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.currencies import exponent
from app.domain.money import Credits, Money
from app.domain.rating import DEAREST
from app.domain.top_ups import credits_for
from app.models.authorizations import Authorization
from app.models.catalogs import CatalogVersion
from app.models.customers import Customer
from app.models.documents import Document
from app.models.ledger import Grant, Transfer
from app.models.payments import Payment, PaymentMethod
from app.models.reversals import Dispute
from app.services.verification import authorization_proofs
from app.services.verification.ledger_proofs import Found, Look
from app.services.verification.referral_proofs import REFERRAL_LOOKS
from app.services.verification.subscription_proofs import SUBSCRIPTION_LOOKS
from app.services.verification.terms_proofs import TERMS_LOOKS

_AT_ONCE = {"yield_per": 1_000}
_DIGESTS = 10_000
"""So many digests of requests are remembered: hosts ask for the same again and again."""


class _Asked(Protocol):
    """What the row of an authorization says of its request."""

    digest: str
    meter: str
    quantity: int
    micros: int
    captured_micros: int
    state: str
    created_at: datetime
    expires_at: datetime


def _other_than_asked(session: Session, customer_id: str | None, since: str = "") -> Iterator[Found]:
    """Yield the authorizations whose meter, amount or time is not what the digest of their request says."""
    table = Authorization
    wanted = select(
        table.customer_id,
        table.id,
        table.digest,
        table.meter,
        table.quantity,
        table.micros,
        table.captured_micros,
        table.state,
        table.created_at,
        table.expires_at,
    )
    if customer_id is not None:
        wanted = wanted.where(table.customer_id == customer_id)
    if since:
        wanted = wanted.where(table.id >= since)
    for row in session.execute(wanted, execution_options=_AT_ONCE):
        if not _is_as_asked(row):
            yield row.customer_id, row.id


def _other_than_asked_since(session: Session, hold: str) -> Iterator[Found]:
    return _other_than_asked(session, None, hold)


def _is_as_asked(row: _Asked) -> bool:
    """Say whether a request that says what the row says has its digest. What was used at once was captured whole."""
    if row.micros >= DEAREST:
        return True  # more was asked for than is kept
    ttl = (row.expires_at - row.created_at).total_seconds()
    micros = 0 if row.meter else row.micros  # a quantity was asked for: what it costs is Purser's to say
    for at_once in (False, True):
        if _digest(row.meter, row.quantity, micros, round(ttl), at_once=at_once) == row.digest:
            return row.state == "refused" or not at_once or row.micros == row.captured_micros
    return False


@lru_cache(_DIGESTS)
def _digest(meter: str, quantity: int, micros: int, ttl_seconds: int, *, at_once: bool) -> str:
    return AuthorizationRequest("", meter, quantity, micros, "", ttl_seconds, at_once=at_once).digest


def _other_than_bought(session: Session, customer_id: str | None) -> Iterator[Found]:
    """Yield the grants that are not what their payment's amount buys at the rate of its promise (AC-18)."""
    wanted = (
        select(
            Grant.customer_id,
            Grant.id,
            Grant.micros,
            Payment.received_minor,
            Payment.amount_minor,
            Payment.credits_micros,
            Payment.currency,
        )
        .join(Payment, (Payment.customer_id == Grant.customer_id) & (Payment.id == Grant.payment_id))
        .where(Payment.received_minor != Payment.amount_minor)
    )
    if customer_id is not None:
        wanted = wanted.where(Grant.customer_id == customer_id)
    for owner, grant_id, micros, received, ordered, promised, currency in session.execute(
        wanted, execution_options=_AT_ONCE
    ):
        bought = credits_for(Money(received, currency), Money(ordered, currency), Credits(promised))
        if bought.micros != micros:
            yield owner, grant_id


def _of_another_catalog(session: Session, customer_id: str | None) -> Iterator[Found]:
    """Yield the customers whose catalog, as it was sold, is not there or has another currency or credit unit."""
    sold = {
        (row.catalog, row.version): tomllib.loads(row.text)["credits"]
        for row in session.execute(select(CatalogVersion.catalog, CatalogVersion.version, CatalogVersion.text))
    }
    table = Customer
    wanted = select(table.customer_id, table.catalog, table.catalog_version, table.currency, table.credit_unit)
    if customer_id is not None:
        wanted = wanted.where(table.customer_id == customer_id)
    for owner, catalog, version, currency, unit in session.execute(wanted, execution_options=_AT_ONCE):
        terms = sold.get((catalog, version), {})
        if (terms.get("currency"), terms.get("unit")) != (currency, unit):
            yield owner, f"{catalog} version {version}"


def _of_unpaid_overage(session: Session, customer_id: str | None) -> Iterator[Found]:
    """Yield the customers whose protection is not used by just the share of overage that is still due."""
    unpaid = defaultdict[str, int](int)
    wanted = select(Document).where(
        Document.overage_micros > 0, Document.kind == "invoice", Document.state.in_(("open", "uncollectible"))
    )
    for each in session.scalars(wanted if customer_id is None else wanted.where(Document.customer_id == customer_id)):
        settled = Fraction(each.paid_minor + each.credited_minor, each.payable_minor)
        unpaid[each.customer_id] += ceil(each.overage_micros * (1 - settled))
    table = Customer
    customers = select(table.customer_id, table.overage_protection_micros, table.invoiced_overage_micros)
    if customer_id is not None:
        customers = customers.where(table.customer_id == customer_id)
    for owner, left, used in session.execute(customers, execution_options=_AT_ONCE):
        if used != min(unpaid[owner], left + used):
            yield owner, owner


def _of_exposure(session: Session, customer_id: str | None) -> Iterator[Found]:
    """Yield the customers who are served without credit by other terms than theirs, unserved, or not to be lent to."""
    sold = {
        (row.catalog, row.version): tomllib.loads(row.text).get("arrears", {}).get("exposure", 0)
        for row in session.execute(select(CatalogVersion.catalog, CatalogVersion.version, CatalogVersion.text))
    }
    table, saved = Customer, PaymentMethod
    ended = clock.now() - timedelta(days=1)  # a job ends what a card's date ends
    over = saved.exp_year * 12 + saved.exp_month < ended.year * 12 + ended.month
    has_method = exists().where(
        saved.customer_id == table.customer_id, saved.removed_at.is_(None), or_(saved.exp_year.is_(None), ~over)
    )
    names = (table.customer_id, table.catalog, table.catalog_version, table.standing, table.exposure_micros)
    lost = exists().where(
        Document.customer_id == table.customer_id, Document.state == "uncollectible", Document.overage_micros > 0
    )
    disputed = exists().where(Dispute.customer_id == table.customer_id, Dispute.state == "open")
    rows = select(*names, and_(has_method, ~lost, ~disputed)).where(table.exposure_micros > 0)
    if customer_id is not None:
        rows = rows.where(table.customer_id == customer_id)
    for owner, catalog, version, standing, micros, is_lent_to in session.execute(rows, execution_options=_AT_ONCE):
        exposure = Fraction(str(sold.get((catalog, version), 0))) * 1_000_000
        if micros != exposure or not is_lent_to or standing not in {"good", "past_due"}:
            yield owner, owner


def _of_credit_payments(session: Session, customer_id: str | None) -> Iterator[Found]:
    """Yield the invoices of which credit has paid, while they were open, something else than left the balance."""
    posted, said = defaultdict[tuple[str, str], int](int), dict[tuple[str, str], tuple[int, str]]()
    signed = case((Transfer.kind == "credit_applied", Transfer.amount), else_=-Transfer.amount)
    name = func.substr(Transfer.source_id, 1, 30)
    moved = select(Transfer.customer_id, name, func.sum(signed)).where(Transfer.source_type == "credit_payment")
    rows = select(Document.customer_id, Document.id, Document.credit_paid_minor, Document.currency)
    paid = rows.where(Document.credit_paid_minor > 0)
    if customer_id is not None:
        moved, paid = moved.where(Transfer.customer_id == customer_id), paid.where(Document.customer_id == customer_id)
    for owner, document, micros in session.execute(moved.group_by(Transfer.customer_id, name)):
        posted[owner, document] = int(micros)
    for owner, document, minor, currency in session.execute(paid, execution_options=_AT_ONCE):
        said[owner, document] = (minor, currency)
    for key in sorted({*posted, *said}):
        minor, currency = said.get(key, (0, "USD"))
        if posted[key] != minor * 10 ** (6 - exponent(currency)):
            yield key


LOOKS = (
    Look("I19", authorization_proofs.RESERVED, authorization_proofs.reserved_otherwise),
    Look("units", "the customer's catalog is not there, or is in another currency or credit unit", _of_another_catalog),
    Look(
        "I19",
        "an authorization is for another meter, amount or time than was asked for",
        _other_than_asked,
        _other_than_asked_since,
    ),
    Look("I9", "a grant is not what the amount received buys at the rate of the promise", _other_than_bought),
    Look("I6", "what unpaid invoices use of the overage protection is not what is due of them", _of_unpaid_overage),
    Look(
        "I21", "a customer is served without credit further, or less far, than its terms and methods say", _of_exposure
    ),
    Look("I9", "what credit has paid of an open invoice is not what left the balance for it", _of_credit_payments),
    *TERMS_LOOKS,
    *SUBSCRIPTION_LOOKS,
    *REFERRAL_LOOKS,
)
