"""The proofs of `verify` about referrals: what each invoice counts for, and what was given for each month."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.documents import Document
from app.models.events import OutboxEvent
from app.models.referrals import Referral, ReferralEarning
from app.services.verification.ledger_proofs import Found, Look, Proof

_AT_ONCE = 1_000

REFERRAL_PROOFS = (
    Proof(
        "referrals",
        "what was given for referrals is not what its months and their grants say",
        """
        select r.customer_id, r.code as row_id from referrers r
        left join (select customer_id, sum(micros) micros from referral_credits group by customer_id) c
          on c.customer_id = r.customer_id
        where r.granted_micros <> coalesce(c.micros, 0)
        union all select c.customer_id, c.grant_id from referral_credits c
        left join grants g on g.customer_id = c.customer_id and g.id = c.grant_id
        where g.id is null or g.kind <> 'referral' or g.micros <> c.micros
        union all select g.customer_id, g.id from grants g
        where g.granted_by = 'referrals' and not exists (
          select 1 from referral_credits c where c.customer_id = g.customer_id and c.grant_id = g.id)""",
    ),
    Proof(
        "referrals",
        "an earning belongs to no invoice of the customer who was invited",
        """
        select e.customer_id, e.document_id as row_id from referral_earnings e
        join referrals r on r.customer_id = e.customer_id and r.id = e.referral_id
        left join every_documents d on d.id = e.document_id and d.customer_id = r.invited_id and d.kind = 'invoice'
        where d.id is null""",
    ),
)


@dataclass(frozen=True)
class _Counted:
    """What an inviter's row says of an invoice; nothing where there is none."""

    net: int = 0
    most: int = 0


def _miscounted(session: Session, customer_id: str | None) -> Iterator[Found]:
    """Yield the invoices that count for something else than their rows and credit notes come to.

    Of a customer of whom something happened that is not counted yet nothing is said.
    """
    last = ""
    while True:
        wanted = select(Referral).where(Referral.id > last)
        wanted = wanted if customer_id is None else wanted.where(Referral.customer_id == customer_id)
        referrals = session.scalars(wanted.order_by(Referral.id).limit(_AT_ONCE)).all()
        for each in referrals:
            if not _waits(session, each):
                yield from _of(session, each)
        if len(referrals) < _AT_ONCE:
            return
        last = referrals[-1].id


def _waits(session: Session, referral: Referral) -> bool:
    newest = session.scalar(
        select(func.max(OutboxEvent.sequence)).where(OutboxEvent.customer_id == referral.invited_id)
    )
    return (newest or 0) > referral.seen_sequence


def _of(session: Session, referral: Referral) -> Iterator[Found]:
    rows = {
        name: _Counted(net, most)
        for name, net, most in session.execute(
            select(ReferralEarning.document_id, ReferralEarning.net_minor, ReferralEarning.most_minor).where(
                ReferralEarning.customer_id == referral.customer_id, ReferralEarning.referral_id == referral.id
            )
        )
    }
    notes = {
        name: int(minor)
        for name, minor in session.execute(
            select(Document.returns_id, func.sum(Document.total_minor))
            .where(
                Document.customer_id == referral.invited_id,
                Document.kind == "credit_note",
                Document.state == "issued",
            )
            .group_by(Document.returns_id)
        )
    }
    invoices = select(Document).where(Document.customer_id == referral.invited_id, Document.kind == "invoice")
    for document in session.scalars(invoices):
        row = rows.get(document.id, _Counted())
        worth = 0 if referral.is_oneself else _worth(document, notes.get(document.id, 0))
        paid_at = document.paid_at or document.issued_at
        in_time = paid_at is not None and paid_at < referral.ends_at
        if row.net != min(worth, row.most) or (in_time and row.most < worth):
            yield referral.customer_id, document.id


def _worth(document: Document, returned: int) -> int:
    """Return the net of an invoice as far as money has paid it, to the nearest minor unit."""
    if document.state in {"draft", "void"} or not document.total_minor:
        return 0
    came = document.paid_minor + document.credits_applied_minor
    if not came:
        return 0
    unpaid = document.payable_minor - document.paid_minor - document.credited_minor
    share = Fraction(max(0, document.total_minor - unpaid - returned), document.total_minor)
    return int(document.net_minor * share + Fraction(1, 2))


REFERRAL_LOOKS = (Look("referrals", "an invoice of an invited customer counts for something else", _miscounted),)
